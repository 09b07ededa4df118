"""Pictures of pages, drawn when they are asked for."""

import threading

from fastapi import Response

import ocr
import storage
from docflow import documents
from docflow.office import Office

# A browser asks for several at once; each that is drawn keeps a child process busy.
_drawing = threading.BoundedSemaphore(2)


def drawn(office: Office, sha256: str, number: int, *, turn: int = 0, dpi: int = 110) -> Response:
    """One page of a stored document as a JPEG, turned upright. Raises BytesMissing and
    StoreUnavailable; BytesMissing also where the page cannot be drawn."""
    try:
        with _drawing, office.store.local_copy(sha256) as path:
            data = ocr.page_picture(path, number, dpi=dpi, turn=turn)
    except ocr.Unreadable as error:
        raise documents.BytesMissing(documents.PROBLEMS[error.code]) from error
    except (storage.NoSuchObject, storage.DigestMismatch) as error:
        raise documents.BytesMissing(documents.PROBLEMS["missing"]) from error
    except storage.StorageError as error:
        raise documents.store_unavailable() from error
    return Response(
        data,
        media_type="image/jpeg",
        headers={"Cache-Control": "private, max-age=600", "X-Content-Type-Options": "nosniff"},
    )


def barcodes(office: Office, sha256: str, number: int) -> list[ocr.Barcode]:
    """What the codes on a page say; none where it cannot be drawn. Raises as `drawn` does."""
    try:
        with _drawing, office.store.local_copy(sha256) as path:
            return ocr.read_barcodes(path, number)
    except ocr.Unreadable:
        return []
    except (storage.NoSuchObject, storage.DigestMismatch) as error:
        raise documents.BytesMissing(documents.PROBLEMS["missing"]) from error
    except storage.StorageError as error:
        raise documents.store_unavailable() from error
