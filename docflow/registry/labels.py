"""Labels for the paper, and which size a person's printer takes (domain row 27)."""

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from docflow import audit, clock, organization, printing
from docflow.db import Base
from docflow.errors import Invalid
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import codes, queries
from docflow.registry.annulment import require_not_annulled
from docflow.registry.models import Book, Direction

# Marks the code of a label: the same address on a receipt or a copy does not split a batch of
# scans. A fragment never leaves the phone that reads it.
MARK = "#L"
PRINTED = "entry.label-printed"


class BadLabelPlace(Invalid):
    """A sheet of labels has no such place."""


class LabelPreference(Base):
    """The size of label that a person printed last."""

    __tablename__ = "label_preferences"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    size: Mapped[str]


def label(
    office: Office,
    entry_id: int,
    *,
    by: Principal,
    size: printing.LabelSize | None = None,
    language: str,
    first: int = 1,
    copies: int = 1,
) -> bytes:
    """The label of an entry as PDF; each print is an event, a reprint marked as one.

    Without a size it is the one that the person used last. `first` is the place on a sheet.
    Raises NoSuchEntry, AlreadyAnnulled, BadLabelPlace.
    """
    with office.db.begin() as session:
        entry = queries.get(session, entry_id, by=by)
        require_not_annulled(session, entry)
        chosen = size or preferred_size(session, by)
        places = printing.places(chosen)
        if not 1 <= first <= places or not 1 <= copies <= 100:
            raise BadLabelPlace(
                t("The sheet has places 1 to {places}; print 1 to 100 labels.", places=places),
                field="first",
            )
        body = organization.body(session, entry.body_id)
        book = session.get_one(Book, entry.book_id)
        data = printing.LabelData(
            issuer=body.name,
            number=entry.number,
            year=entry.year,
            direction=Direction(entry.direction).value,
            registered_at=clock.local(entry.registered_at, office.settings.zone),
            verification_url=codes.url(office.settings.public_url, entry.verification_code) + MARK,
            verification_code=codes.shown(entry.verification_code),
            book=book.title,
            shown_number=entry.label,
        )
        before = _printed(session, entry.id)
        _remember(session, by, size)
        audit.record(
            session,
            PRINTED,
            by=by,
            subject=("entry", entry.id),
            size=chosen,
            copies=copies,
            print=before + 1,
        )
    return printing.label(data, size=chosen, language=language, first=first, copies=copies)


def preferred_size(session: Session, by: Principal) -> printing.LabelSize:
    """The size that the person printed last, else that of the common roll."""
    kept = session.get(LabelPreference, by.user_id) if by.user_id is not None else None
    for size in printing.LABEL_SIZES:
        if kept is not None and size == kept.size:
            return size
    return "62x29"


def _remember(session: Session, by: Principal, size: printing.LabelSize | None) -> None:
    if size is not None and by.user_id is not None:
        session.merge(LabelPreference(user_id=by.user_id, size=size))


def _printed(session: Session, entry_id: int) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(audit.Event)
            .where(
                audit.Event.subject_type == "entry",
                audit.Event.subject_id == entry_id,
                audit.Event.action == PRINTED,
            )
        )
        or 0
    )
