"""The stamp of the register on a copy of a file (domain rows 26 and 73). Nothing stored changes.

A file that bears an electronic signature is left as it is: its copy is a cover page with the stamp,
which says why, and holds the file inside, byte for byte.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

import ocr
import storage
from docflow import audit, clock, documents, organization, printing
from docflow.errors import Conflict
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import codes, queries
from docflow.registry.annulment import require_not_annulled
from docflow.registry.current import current
from docflow.registry.models import Book, Direction, Entry

PDF = "application/pdf"


class NotStampable(Conflict):
    """There is no PDF of this file to make a stamped copy of."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """A copy with the stamp; `is_cover` where the stamp stands on a page of its own."""

    pdf: bytes
    is_cover: bool


def stamped(
    office: Office,
    entry_id: int,
    *,
    by: Principal,
    position: int = 1,
    corner: printing.Corner | None = None,
    language: str,
) -> Stamped:
    """A copy of a file of the entry with the stamp on its first page, in a free corner unless one
    is chosen; each is an event.

    Raises NoSuchEntry, AlreadyAnnulled, documents.NoSuchFile, NotStampable, StoreUnavailable.
    """
    with office.db.begin() as session:
        entry = queries.get(session, entry_id, by=by)
        require_not_annulled(session, entry)
        info = _file(session, entry.id, position)
        info.require_open()
        data = _data(office, session, entry)
    source = info.sha256 if info.is_pdf else info.shown_sha256
    if source is None:
        raise NotStampable(
            t("Only a PDF, or a picture that was read, can be stamped. Print a label instead.")
        )
    original = documents.read_bytes(office, source)
    made = _made(office, original, source, data, info, corner, language)
    with office.db.begin() as session:
        entry = queries.get(session, entry_id, by=by)
        require_not_annulled(session, entry)
        audit.record(
            session,
            "entry.copy-stamped",
            by=by,
            subject=("entry", entry.id),
            file=position,
            is_cover=made.is_cover,
        )
    return made


def _made(
    office: Office,
    original: bytes,
    source: str,
    data: printing.MarkData,
    info: documents.FileInfo,
    corner: printing.Corner | None,
    language: str,
) -> Stamped:
    try:
        if b"/ByteRange" in original:
            raise printing.PrintingError("signed", "the PDF bears a digital signature")
        place = corner or _free_corner(office, source)
        pdf = printing.stamped_copy(original, data, corner=place, language=language)
        return Stamped(pdf, is_cover=False)
    except printing.PrintingError as error:
        if error.code != "signed":
            raise NotStampable(
                t("This PDF cannot be stamped: it is locked or damaged. Print a label instead.")
            ) from error
    cover = printing.cover_copy(
        original, data, file_name=info.name, sha256=info.sha256, language=language
    )
    return Stamped(cover, is_cover=True)


def _free_corner(office: Office, sha256: str) -> printing.Corner:
    """Where there is room; the usual corner where the page cannot be looked at."""
    try:
        with office.store.local_copy(sha256) as path:
            found, _ = ocr.free_corner(
                path, width=printing.MARK_WIDTH, height=printing.MARK_HEIGHT, margin=12
            )
            return found
    except ocr.Unreadable:
        return "top-right"
    except storage.StorageError as error:
        raise documents.store_unavailable() from error


def _file(session: Session, entry_id: int, position: int) -> documents.FileInfo:
    for info in documents.files(session, entry_id):
        if info.position == position:
            return info
    raise documents.NoSuchFile(t("This entry has no file {position}.", position=position))


def _data(office: Office, session: Session, entry: Entry) -> printing.MarkData:
    unit_id = current(session, entry).addressee_unit_id
    units = organization.unit_names(session, [unit_id])
    return printing.MarkData(
        issuer=organization.body(session, entry.body_id).name,
        book=session.get_one(Book, entry.book_id).title,
        number=entry.label,
        direction=Direction(entry.direction).value,
        registered_at=clock.local(entry.registered_at, office.settings.zone),
        verification_code=codes.shown(entry.verification_code),
        verification_url=codes.url(office.settings.public_url, entry.verification_code),
        unit=units.get(unit_id or 0, ""),
    )
