"""What people do with lines of a statement that are for no payable."""

from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.i18n import t
from docflow.payments import access, by_hand, matching, refunds, settling
from docflow.payments.models import BankLine, LineState, RefundWhy
from docflow.principal import Principal

_UNDECIDED = (LineState.OPEN, LineState.PROPOSED, LineState.TWIN)
_LIKE_ANOTHER = (LineState.TWIN, LineState.KNOWN)


def ignore(
    session: Session, line_id: int, *, reason: str, by: Principal, seen: int | None = None
) -> BankLine:
    """The line is for nothing of ours to do, with the reason; it can be opened again.

    Raises NotAllowed, NoSuchLine, ChangedMeanwhile, LineDecided, ReasonMissing.
    """
    line = _undecided(session, line_id, by, seen)
    line.reason = access.clean_reason(reason)
    line.state, line.payable_id, line.certainty = LineState.IGNORED, None, None
    _set(session, line, by, "bank-line.ignored")
    return line


def give_back(
    session: Session, line_id: int, *, reason: str, by: Principal, seen: int | None = None
) -> BankLine:
    """The body is owed nothing: the money goes into the list of refunds. Raises as `ignore`."""
    line = _undecided(session, line_id, by, seen)
    line.reason = access.clean_reason(reason)
    refunds.record(
        session,
        None,
        line.cents,
        RefundWhy.NOT_OURS,
        by=by,
        line=line,
        note=line.reason,
        body_id=line.body_id,
    )
    line.state, line.payable_id, line.certainty = LineState.REFUND, None, None
    _set(session, line, by, "bank-line.to-refund")
    return line


def reopen(session: Session, line_id: int, *, by: Principal, seen: int | None = None) -> BankLine:
    """What was ignored, proposed wrongly, or taken for another is open again; so is a line that
    was accepted for money that a person had counted before, and was more money after all
    (`settling.match` is told so then).

    Raises as `ignore`.
    """
    access.require_keeper(session, by)
    line = access.held_line(session, line_id, by=by, seen=seen)
    was = line.state
    is_decided = was not in (LineState.IGNORED, LineState.PROPOSED, *_LIKE_ANOTHER)
    if line.cents <= 0 or (is_decided and not by_hand.only_backs(session, line.id)):
        raise _decided_already(line)
    if is_decided:
        subject = ("payable", line.payable_id or 0)
        audit.record(session, "payable.unbacked", by=by, subject=subject, line=line.id)
    _set_apart(line)
    line.state, line.payable_id, line.certainty, line.reason = LineState.OPEN, None, None, ""
    _set(session, line, by, "bank-line.reopened")
    if was in _LIKE_ANOTHER:
        matching.propose(session, [line])
    return line


def _undecided(session: Session, line_id: int, by: Principal, seen: int | None) -> BankLine:
    access.require_keeper(session, by)
    line = access.held_line(session, line_id, by=by, seen=seen)
    if line.state not in _UNDECIDED or line.cents <= 0:
        raise _decided_already(line)
    _set_apart(line)
    return line


def _set_apart(line: BankLine) -> None:
    """It leaves the state in which it may stand beside the line that it looks like."""
    if line.state in _LIKE_ANOTHER:
        line.apart = line.id


def _decided_already(line: BankLine) -> settling.LineDecided:
    at = line.decided_at or clock.now()
    return settling.LineDecided(
        t(
            "This line of the statement was decided on at {at}. Look at the list again.",
            at=f"{clock.local(at):%d/%m/%Y %H:%M}",
        )
    )


def _set(session: Session, line: BankLine, by: Principal, act: str) -> None:
    line.version += 1
    line.decided_by, line.decided_at = by.user_id, clock.now()
    audit.record(session, act, by=by, subject=("bank-line", line.id))
    session.flush()
