"""Striking entries out: an annulled entry keeps its number, stays readable, and is inert.

Source: domain rows 14 and 15; Italian DPR 445/2000 art. 54 as model.
"""

from collections.abc import Callable

from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.errors import Conflict, Forbidden, Invalid
from docflow.folding import line
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry.access import may_write
from docflow.registry.models import Annulment, Book, Entry
from docflow.registry.queries import get, hold

MAX_REASON = 2000


class AlreadyAnnulled(Conflict):
    """An entry is annulled once; its reason cannot be rewritten."""


class ReasonMissing(Invalid):
    """This act needs a reason."""


class NotYoursToAnnul(Forbidden):
    """Only a clerk who may write in the book annuls an entry."""


class ReasonTooLong(Invalid):
    """A reason has at most 2,000 characters."""


def annul(session: Session, entry_id: int, *, reason: str, by: Principal) -> Annulment:
    """Strike an entry out. It keeps its number, stays readable, and is inert from then on.

    Source: DPR 445/2000 art. 54 as model, domain rows 14 and 15.
    """
    by.require_scope("annul")
    entry = get(session, entry_id, by=by, lock=True)
    book = session.get_one(Book, entry.book_id)
    if not may_write(by, book):
        raise NotYoursToAnnul(t("Only the registry annuls an entry. Ask a clerk of this book."))
    return strike_out(session, entry, reason=reason, by=by)


def strike_out(session: Session, entry: Entry, *, reason: str, by: Principal) -> Annulment:
    """Annul without asking for the right: for the issue of a document that failed.

    Raises AlreadyAnnulled, ReasonMissing and ReasonTooLong.
    """
    hold(session, entry.id)
    reason = line(reason)
    if not reason:
        raise ReasonMissing(t("Write the reason of the annulment."), field="reason")
    if len(reason) > MAX_REASON:
        raise ReasonTooLong(t("At most {max} characters fit here.", max=MAX_REASON), field="reason")
    if session.get(Annulment, entry.id) is not None:
        raise AlreadyAnnulled(t("{label} is annulled already.", label=entry.label))
    row = Annulment(
        entry_id=entry.id,
        reason=reason,
        annulled_by=by.user_id,
        annulled_at=clock.now(),
    )
    session.add(row)
    audit.record(session, "entry.annulled", by=by, subject=("entry", entry.id), reason=reason)
    for then in _after_annulment:
        then(session, entry)
    return row


AfterAnnulment = Callable[[Session, Entry], None]
_after_annulment: list[AfterAnnulment] = []


def after_annulment(function: AfterAnnulment) -> AfterAnnulment:
    """Register what an upper package does, in the same transaction, when an entry is annulled."""
    _after_annulment.append(function)
    return function


def require_not_annulled(session: Session, entry: Entry) -> None:
    """An annulled entry cannot be charged, answered, signed, sent or related.

    Holds the entry, so that nobody annuls it before the act is done.
    """
    hold(session, entry.id)
    if session.get(Annulment, entry.id) is not None:
        raise AlreadyAnnulled(
            t(
                "{label} is annulled; nothing more can be done with it.",
                label=entry.label,
            )
        )
