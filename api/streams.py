"""Sending stored files: the right is checked before, no connection is held while bytes flow."""

from collections.abc import Iterator
from urllib.parse import quote

from fastapi import Response
from fastapi.responses import StreamingResponse

import storage
from docflow import documents
from docflow.i18n import t
from docflow.office import Office

_INLINE = {"application/pdf", "image/jpeg", "image/png", "image/webp", "text/plain"}


def stored_file(
    office: Office,
    *,
    sha256: str,
    name: str,
    media_type: str,
    download: bool = False,
) -> Response:
    """The bytes of an object. What a browser could run (HTML, SVG) is only ever downloaded.

    A changed object breaks the transfer off: its digest is checked on the way.
    Raises BytesMissing and StoreUnavailable.
    """
    try:
        reading = office.store.open(sha256)
    except storage.KeyDestroyed as error:
        raise documents.BytesMissing(
            t("The file was erased by order; nobody can read it any more.")
        ) from error
    except storage.NoSuchObject as error:
        raise documents.BytesMissing(documents.PROBLEMS["missing"]) from error
    except storage.StorageError as error:
        raise documents.store_unavailable() from error
    shown = media_type in _INLINE and not download
    way = "inline" if shown else "attachment"
    headers = {
        "Content-Disposition": f"{way}; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Length": str(reading.size),
        "ETag": f'"{sha256}"',
    }
    return StreamingResponse(
        _chunks(reading),
        media_type=media_type if shown else "application/octet-stream",
        headers=headers,
    )


def _chunks(reading: storage.Reading) -> Iterator[bytes]:
    with reading:
        yield from reading
