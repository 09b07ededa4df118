"""What is derived from a file and can be made again: PDFs for searching and for showing."""

import logging
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.orm import Session

import ocr
import storage
from docflow import clock
from docflow.documents.intake import BytesMissing, store_unavailable
from docflow.documents.models import File, Rendition
from docflow.documents.problems import PROBLEMS
from docflow.office import Office

log = logging.getLogger(__name__)

SEARCHABLE_PDF = "searchable-pdf"  # the file with what was read lying under its pages
VIEW_PDF = "view-pdf"  # an office file as LibreOffice draws it
AT_ONCE = 200  # pages whose layer is made by the job that reads the last of them
PDF = "application/pdf"


def layered(
    office: Office, path: Path, pages: Sequence[ocr.Page], *, file_id: int
) -> storage.Stored | None:
    """The searchable PDF, where recognition added text; None where the original has it all."""
    if ocr.media_type(path) == PDF and not any(page.source == "ocr" for page in pages):
        return None
    try:
        pdf = ocr.searchable_pdf(path, pages)
    except ocr.Unreadable as error:
        log.warning("no searchable PDF: %s", error)
        return None  # the text stands in the rows; the original stays what is shown
    return keep(office, pdf, body_id=owner_of(office, file_id))


def put_rendition(
    session: Session, file_id: int, kind: str, *, sha256: str, size: int, media_type: str
) -> None:
    """Say that this rendition of the file is in the store now, in place of an older one."""
    session.merge(
        Rendition(
            file_id=file_id,
            kind=kind,
            sha256=sha256,
            size=size,
            media_type=media_type,
            made_at=clock.now(),
        )
    )


def note(session: Session, file_id: int, kind: str, stored: storage.Stored) -> None:
    """Say that this PDF of the file is in the store now."""
    put_rendition(session, file_id, kind, sha256=stored.sha256, size=stored.size, media_type=PDF)


def rendition(session: Session, file_id: int, kind: str) -> Rendition | None:
    """What was derived from the file in this way; None where it was not."""
    return session.get(Rendition, (file_id, kind))


def digest(session: Session, file_id: int, kind: str) -> str | None:
    """The digest of a rendition of the file."""
    found = rendition(session, file_id, kind)
    return found.sha256 if found else None


def page_source(session: Session, file_id: int) -> str:
    """The digest of the object whose pages were read: boxes of words belong to these pages.

    The file itself, or for an office file the PDF that was drawn of it.
    """
    drawn = digest(session, file_id, VIEW_PDF)
    return drawn or session.scalars(select(File.sha256).where(File.id == file_id)).one()


def owner_of(office: Office, file_id: int) -> int:
    """The body whose entry has the file."""
    # By table name: the register lies above.
    query = text(
        "SELECT e.body_id FROM files f JOIN entries e ON e.id = f.entry_id WHERE f.id = :id"
    )
    with office.db.read() as session:
        return int(session.execute(query, {"id": file_id}).scalar_one())


def read_bytes(office: Office, sha256: str) -> bytes:
    """The bytes of an object, checked against their digest.

    Raises BytesMissing and StoreUnavailable.
    """
    try:
        return office.store.read(sha256)
    except (storage.NoSuchObject, storage.DigestMismatch) as error:
        raise BytesMissing(PROBLEMS["missing"]) from error
    except storage.StorageError as error:
        raise store_unavailable() from error


def keep(office: Office, data: bytes, *, body_id: int | None = None) -> storage.Stored:
    """Store bytes that we made for a body; durable when this returns. Raises StoreUnavailable."""
    try:
        return office.store_of(body_id).put_bytes(data)
    except storage.StorageError as error:
        raise store_unavailable() from error
