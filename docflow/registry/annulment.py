"""Striking entries out: an annulled entry keeps its number, stays readable, and is inert.

A clerk asks, with the reason and the act that allows it; the registrar, another person, approves
or refuses. The database refuses an annulment without the two. Only the number of a document whose
issue failed is struck out by the installation itself.
Source: domain rows 14 to 16; Italian DPR 445/2000 art. 54 as model.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, notices
from docflow.errors import Conflict, Forbidden, Invalid, NotFound
from docflow.folding import line
from docflow.i18n import t
from docflow.notices import NoticeKind
from docflow.principal import Principal, Role
from docflow.registry.access import may_write, visible_to
from docflow.registry.changes import AnnulmentRequest, RequestState
from docflow.registry.models import Annulment, Book, Entry
from docflow.registry.notices import tell_annulment
from docflow.registry.queries import get, hold

MAX_REASON = 2000


class AlreadyAnnulled(Conflict):
    """An entry is annulled once; its reason cannot be rewritten."""


class ReasonMissing(Invalid):
    """This act needs a reason."""


class NotYoursToAnnul(Forbidden):
    """A clerk of the book asks for an annulment, and the registrar decides."""


class ReasonTooLong(Invalid):
    """A reason has at most 2,000 characters."""


class SamePerson(Forbidden):
    """Who asked for an annulment does not decide on it."""


class AlreadyRequested(Conflict):
    """Somebody has asked for the annulment of this entry already."""


class NoSuchRequest(NotFound):
    """There is no such request, or it is not open to this person."""


class AlreadyDecided(Conflict):
    """A request is decided once."""


def request_annulment(
    session: Session, entry_id: int, *, reason: str, authority: str = "", by: Principal
) -> AnnulmentRequest:
    """Ask that an entry be annulled. It goes on as before until the registrar decides.

    Raises NotYoursToAnnul, AlreadyAnnulled, AlreadyRequested, ReasonMissing, ReasonTooLong, and
    what a package says that does not allow it (`before_annulment`).
    """
    by.require_scope("annul")
    entry = get(session, entry_id, by=by, lock=True)
    if not may_write(by, session.get_one(Book, entry.book_id)):
        raise NotYoursToAnnul(
            t("Only the registry asks for an annulment. Ask a clerk of this book.")
        )
    _require_possible(session, entry)
    reason, authority = _reason(reason), _text(authority, "authority")
    if pending(session, entry.id) is not None:
        raise AlreadyRequested(
            t("The annulment of {label} was asked for already.", label=entry.label)
        )
    row = AnnulmentRequest(
        entry_id=entry.id,
        reason=reason,
        authority=authority,
        requested_by=by.person_id,
        requested_at=clock.now(),
        state=RequestState.PENDING,
    )
    session.add(row)
    session.flush()  # its id, for the event
    audit.record(
        session,
        "annulment.requested",
        by=by,
        subject=("entry", entry.id),
        request=row.id,
        reason=reason,
        authority=authority,
    )
    deciders = notices.holders(session, by.body_id, Role.REGISTRAR)
    _tell(session, deciders, NoticeKind.ANNULMENT_ASKED, entry, by)
    return row


def approve_annulment(session: Session, request_id: int, *, by: Principal) -> Annulment:
    """The registrar agrees: the entry is annulled. A sender who wrote electronically is told.

    Raises NoSuchRequest, NotYoursToAnnul, SamePerson, AlreadyDecided, AlreadyAnnulled, and what
    a package says that does not allow it (`before_annulment`).
    """
    row, entry = _to_decide(session, request_id, by)
    _require_possible(session, entry)
    _decide(session, row, RequestState.APPROVED, "", by)
    session.flush()  # the database asks for the approval before the annulment
    annulment = _strike_out(session, entry, row.reason, by, request=row)
    tell_annulment(session, entry, annulment)
    _tell(session, [row.requested_by], NoticeKind.ANNULMENT_APPROVED, entry, by)
    return annulment


def refuse_annulment(
    session: Session, request_id: int, *, reason: str, by: Principal
) -> AnnulmentRequest:
    """The registrar does not agree, and says why. The entry stays as it is.

    Raises NoSuchRequest, NotYoursToAnnul, SamePerson, AlreadyDecided, ReasonMissing.
    """
    row, entry = _to_decide(session, request_id, by)
    _decide(session, row, RequestState.REFUSED, _reason(reason), by)
    audit.record(
        session,
        "annulment.refused",
        by=by,
        subject=("entry", entry.id),
        request=row.id,
        reason=row.decision_reason,
    )
    _tell(session, [row.requested_by], NoticeKind.ANNULMENT_REFUSED, entry, by)
    return row


def withdraw_annulment(session: Session, request_id: int, *, by: Principal) -> AnnulmentRequest:
    """Who asked takes the request back. Raises NoSuchRequest, NotYoursToAnnul, AlreadyDecided."""
    by.require_scope("annul")
    row, entry = _held(session, request_id, by)
    if row.requested_by != by.user_id:
        raise NotYoursToAnnul(t("Only the person who asked takes the request back."))
    _decide(session, row, RequestState.WITHDRAWN, "", by)
    audit.record(session, "annulment.withdrawn", by=by, subject=("entry", entry.id), request=row.id)
    return row


def strike_out(session: Session, entry: Entry, *, reason: str, by: Principal) -> Annulment:
    """The installation itself annuls the number of a document whose issue failed.

    Raises AlreadyAnnulled, ReasonMissing, ReasonTooLong, and SamePerson for a person.
    """
    if by.user_id is not None:
        raise SamePerson(t("An annulment needs two people: ask for it, and another decides."))
    hold(session, entry.id)
    _require_standing(session, entry)
    return _strike_out(session, entry, _reason(reason), by, request=None)


def pending(session: Session, entry_id: int) -> AnnulmentRequest | None:
    """The request on which the registrar has not decided yet."""
    return session.scalar(
        select(AnnulmentRequest).where(
            AnnulmentRequest.entry_id == entry_id, AnnulmentRequest.state == RequestState.PENDING
        )
    )


Then = Callable[[Session, Entry], None]
_before_annulment: list[Then] = []
_after_annulment: list[Then] = []
_after_erasure: list[Then] = []


def before_annulment(function: Then) -> Then:
    """Register what an upper package has against the annulment of an entry: it raises a Conflict.

    Asked at the request and again at the approval.
    """
    _before_annulment.append(function)
    return function


def after_annulment(function: Then) -> Then:
    """Register what an upper package does, in the same transaction, when an entry is annulled."""
    _after_annulment.append(function)
    return function


def after_erasure(function: Then) -> Then:
    """Register what an upper package does, in the same transaction, when an entry’s personal data
    are erased: its own rows about the entry lose theirs.
    """
    _after_erasure.append(function)
    return function


def tell_erased(session: Session, entry: Entry) -> None:
    """Called by the package that erases."""
    for function in _after_erasure:
        function(session, entry)


def require_not_annulled(session: Session, entry: Entry) -> None:
    """An annulled entry cannot be charged, answered, signed, sent, related or corrected.

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


def _strike_out(
    session: Session, entry: Entry, reason: str, by: Principal, *, request: AnnulmentRequest | None
) -> Annulment:
    row = Annulment(
        entry_id=entry.id,
        reason=reason,
        annulled_by=by.user_id,
        annulled_at=clock.now(),
        request_id=request.id if request else None,
    )
    session.add(row)
    session.flush()  # while the state is as the database wants to see it
    audit.record(
        session,
        "entry.annulled",
        by=by,
        subject=("entry", entry.id),
        reason=reason,
        request=row.request_id,
    )
    for then in _after_annulment:
        then(session, entry)
    return row


def _require_standing(session: Session, entry: Entry) -> None:
    if session.get(Annulment, entry.id) is not None:
        raise AlreadyAnnulled(t("{label} is annulled already.", label=entry.label))


def _require_possible(session: Session, entry: Entry) -> None:
    _require_standing(session, entry)
    for against in _before_annulment:
        against(session, entry)


def _held(session: Session, request_id: int, by: Principal) -> tuple[AnnulmentRequest, Entry]:
    """The request and its entry, held, when the person may see the entry."""
    entry_id = session.scalar(
        select(AnnulmentRequest.entry_id)
        .join(Entry, Entry.id == AnnulmentRequest.entry_id)
        .where(AnnulmentRequest.id == request_id, visible_to(by))
    )
    if entry_id is None:
        raise NoSuchRequest(t("There is no such request, or it is not open to you."))
    entry = get(session, entry_id, by=by, lock=True)
    row = session.scalars(
        select(AnnulmentRequest)
        .where(AnnulmentRequest.id == request_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    return row, entry


def _to_decide(session: Session, request_id: int, by: Principal) -> tuple[AnnulmentRequest, Entry]:
    by.require_scope("annul")
    row, entry = _held(session, request_id, by)
    if not by.is_registrar:
        raise NotYoursToAnnul(t("Only the head of the registry decides on an annulment."))
    if row.requested_by == by.user_id:
        raise SamePerson(t("You asked for this annulment: another person must decide on it."))
    _require_undecided(row)
    return row, entry


def _tell(
    session: Session, user_ids: Sequence[int], kind: NoticeKind, entry: Entry, by: Principal
) -> None:
    notices.tell(session, user_ids, kind=kind, about=("entry", entry.id), by=by)


def _decide(
    session: Session, row: AnnulmentRequest, state: RequestState, reason: str, by: Principal
) -> None:
    _require_undecided(row)
    row.state, row.decision_reason = state, reason
    row.decided_by, row.decided_at = by.person_id, clock.now()
    asked = ("entry", row.entry_id)
    notices.settle(session, about=asked, kinds=[NoticeKind.ANNULMENT_ASKED])


def _require_undecided(row: AnnulmentRequest) -> None:
    if row.state != RequestState.PENDING:
        raise AlreadyDecided(t("This request was decided already. Look again."))


def _reason(text: str) -> str:
    reason = _text(text, "reason")
    if not reason:
        raise ReasonMissing(t("Write the reason."), field="reason")
    return reason


def _text(text: str, field: str) -> str:
    clean = line(text)
    if len(clean) > MAX_REASON:
        raise ReasonTooLong(t("At most {max} characters fit here.", max=MAX_REASON), field=field)
    return clean
