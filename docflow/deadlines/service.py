"""What people do with the clock of an item: let it stand still, run on, and have more days.

Who may: the one who is responsible, or the head; more days are the head's to give. How many, and
how often, is said in the body's terms. Source: ν. 2690/1999 art. 4; domain rows 58 and 59.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from docflow import audit, calendars, clock, notices, registry, routing
from docflow.calendars import ClockEventKind, ClockState, Standing, Step
from docflow.deadlines import applicants
from docflow.errors import Conflict, Invalid
from docflow.i18n import t
from docflow.notices import NoticeKind
from docflow.principal import Principal
from docflow.registry import Entry, Handling


class NoDeadline(Conflict):
    """The item has no deadline."""


class DeadlinePassed(Conflict):
    """The deadline has passed."""


class AlreadySuspended(Conflict):
    """The deadline is suspended already."""


class NotSuspended(Conflict):
    """The deadline is not suspended."""


class ExtensionTooLong(Invalid):
    """A deadline is not extended by more than the terms of the body allow."""


@dataclass(frozen=True, slots=True)
class ClockView:
    """The clock of an entry as its page shows it, with what the person may do now.

    `extension_left` is by how many days it can still be extended; 0: not at all.
    """

    standing: Standing
    due_on: date | None
    history: list[calendars.clocks.ClockLine]
    may_suspend: bool = False
    may_resume: bool = False
    may_extend: bool = False
    extension_left: int = 0
    suspended_by: str = ""
    suspended_at: datetime | None = None
    notices: tuple[applicants.NoticeInfo, ...] = ()


def suspend(
    session: Session, entry_id: int, *, by: Principal, reason: str, seen: int | None = None
) -> Standing:
    """Let the clock stand still until the applicant has done what the reason says.

    Raises NoSuchEntry, StateChanged, NotAllowed, NoDeadline, AlreadySuspended, DeadlinePassed,
    ReasonMissing.
    """
    item, by, standing = _held(session, entry_id, by, seen)
    if standing.state is ClockState.SUSPENDED:
        raise AlreadySuspended(
            t(
                "The deadline is suspended already. {what}",
                what=routing.happened(session, entry_id),
            )
        )
    due_on = _running(standing)
    today = clock.today()
    if (standing.limit_on or due_on) < today:
        raise DeadlinePassed(
            t("The deadline passed on {day}: it cannot stand still.", day=f"{due_on:%d/%m/%Y}")
        )
    step = Step(ClockEventKind.SUSPENDED, today)
    return _noted(session, item, step, by, "deadline.suspended", routing.clean_reason(reason))


def resume(
    session: Session, entry_id: int, *, by: Principal, reason: str = "", seen: int | None = None
) -> Standing:
    """Let the clock run on: the days that were left count from today.

    Raises as `suspend`, and NotSuspended.
    """
    item, by, standing = _held(session, entry_id, by, seen)
    if standing.state is not ClockState.SUSPENDED:
        raise NotSuspended(
            t("The deadline runs already. {what}", what=routing.happened(session, entry_id))
        )
    step = Step(ClockEventKind.RESUMED, clock.today())
    clean = routing.clean_text(reason, "reason")
    return _noted(session, item, step, by, "deadline.resumed", clean)


def stand_still(
    session: Session, entry_id: int, *, by: Principal, reason: str, is_told: bool = True
) -> bool:
    """Suspend the clock where it runs, for a package that checked the right; whether it did.

    A clock that is over, stands still already, or never began is left as it is. Who handles the
    item gets a notice where `is_told`.
    """
    return _let(session, entry_id, ClockEventKind.SUSPENDED, by, reason, is_told)


def run_on(
    session: Session, entry_id: int, *, by: Principal, reason: str = "", is_told: bool = True
) -> bool:
    """Let a suspended clock run on, as `stand_still`; whether it did."""
    return _let(session, entry_id, ClockEventKind.RESUMED, by, reason, is_told)


def _let(
    session: Session,
    entry_id: int,
    kind: ClockEventKind,
    by: Principal,
    reason: str,
    is_told: bool,
) -> bool:
    wanted = ClockState.RUNNING if kind is ClockEventKind.SUSPENDED else ClockState.SUSPENDED
    handling = routing.lock_handling(session, entry_id)
    if handling is None or handling.state == registry.HandlingState.CLOSED:
        return False
    entry = session.get_one(Entry, entry_id)
    standing = _standing(session, entry, handling)
    today = clock.today()
    last = standing.limit_on or standing.due_on
    if standing.state is not wanted or (
        wanted is ClockState.RUNNING and (last is None or last < today)
    ):
        return False
    item = routing.Item(entry, handling, by)
    _noted(session, item, Step(kind, today), by, f"deadline.{kind}", reason, is_told)
    return True


def extend(
    session: Session,
    entry_id: int,
    *,
    by: Principal,
    days: int,
    reason: str,
    seen: int | None = None,
) -> Standing:
    """Give the item more days, counted from its deadline. Only a head does.

    Raises as `suspend`, NotResponsible, ExtensionTooLong, routing.ClockStandsStill.
    """
    item = routing.held(session, entry_id, by, seen=seen)
    by = routing.require_head(item)
    routing.require_open(session, item.handling)
    standing = _standing(session, item.entry, item.handling)
    if standing.state is ClockState.SUSPENDED:
        raise routing.ClockStandsStill(
            t("The deadline is suspended. Let it run on first, then extend it.")
        )
    due_on = _running(standing)
    today = clock.today()
    if standing.is_statutory and (standing.limit_on or due_on) < today:
        raise DeadlinePassed(
            t(
                "The law’s time limit ended on {day}: it is not extended afterwards.",
                day=f"{standing.limit_on:%d/%m/%Y}",
            )
        )
    terms = calendars.terms.current(session, item.entry.body_id)[0]
    left = _left(terms, standing)
    if not left:
        raise ExtensionTooLong(
            t(
                "It was extended {times} times, by {days} days: no more is allowed here.",
                times=standing.extensions,
                days=standing.extended_days,
            ),
            field="days",
        )
    if not 1 <= days <= left:
        raise ExtensionTooLong(
            t("It can be extended by 1 to {left} days.", left=left), field="days"
        )
    step = Step(ClockEventKind.EXTENDED, today, days=days, unit=standing.unit)
    clean = routing.clean_reason(reason)
    return _noted(session, item, step, by, "deadline.extended", clean, days=days)


def view(session: Session, entry: Entry, *, by: Principal) -> ClockView | None:
    """The clock of an entry that the caller got through `registry.get`; None without one."""
    handling = session.get(Handling, entry.id)
    if handling is None:
        return None
    standing = _standing(session, entry, handling)
    calendar = calendars.of(session, entry.body_id)
    lines = calendars.clocks.history(session, entry.id, calendar=calendar)
    if not lines and standing == Standing():
        return None
    shown = ClockView(
        standing,
        handling.due_on,
        lines,
        notices=tuple(applicants.of_entry(session, entry.id)),
    )
    if handling.state == registry.HandlingState.CLOSED or _is_annulled(session, entry):
        return shown
    who = routing.own_rights(session, entry, by)
    heads = routing.is_head(who, entry, handling)
    steers = heads or routing.is_responsible(who, handling)
    runs = standing.state is ClockState.RUNNING
    passed = standing.limit_on is not None and standing.limit_on < clock.today()
    left = _left(calendars.terms.current(session, entry.body_id)[0], standing)
    stops = next((one for one in reversed(lines) if one.kind is ClockEventKind.SUSPENDED), None)
    return ClockView(
        standing,
        handling.due_on,
        lines,
        may_suspend=steers and runs and not passed,
        may_resume=steers and standing.state is ClockState.SUSPENDED,
        may_extend=heads and runs and left > 0 and not (standing.is_statutory and passed),
        extension_left=left,
        suspended_by=stops.person if stops else "",
        suspended_at=stops.at if stops else None,
        notices=shown.notices,
    )


@routing.after_forwarding
def forwarded(
    session: Session, entry: Entry, handling: Handling, by: Principal, competent: str
) -> None:
    """The item went to the competent body: the clock begins anew there, and the applicant is told.

    Our own deadline stays as it was, for what we did in time or not.
    """
    today = clock.today()
    terms = calendars.terms.current(session, entry.body_id)[0]
    step = Step(
        ClockEventKind.FORWARDED,
        today,
        starts_on=today,
        days=terms.competent_days,
        unit=terms.competent_unit,
    )
    _note(session, entry, handling, step, by, "")
    applicants.tell_forwarded(session, entry, terms, competent, by=by)


@routing.after_reopening
def opened_again(session: Session, entry: Entry, handling: Handling, by: Principal) -> None:
    """What had gone to another body is ours again, and so is its clock."""
    if _standing(session, entry, handling).state is ClockState.FORWARDED:
        step = Step(ClockEventKind.TAKEN_BACK, clock.today())
        _note(session, entry, handling, step, by, "")


def _held(
    session: Session, entry_id: int, by: Principal, seen: int | None
) -> tuple[routing.Item, Principal, Standing]:
    item = routing.held(session, entry_id, by, seen=seen)
    by = routing.require_head_or_responsible(
        item, t("Only the responsible person or the head of the unit can stop the deadline.")
    )
    routing.require_open(session, item.handling)
    return item, by, _standing(session, item.entry, item.handling)


def _standing(session: Session, entry: Entry, handling: Handling) -> Standing:
    return calendars.clocks.known(session, entry.id, shown=handling.due_on).standing


def _running(standing: Standing) -> date:
    """The day of a clock that runs. Raises NoDeadline."""
    if standing.state is not ClockState.RUNNING or standing.due_on is None:
        raise NoDeadline(t("The item has no deadline. Its head marks one."))
    return standing.due_on


def _left(terms: calendars.Terms, standing: Standing) -> int:
    if standing.extensions >= terms.extensions:
        return 0
    return max(0, terms.extension_days - standing.extended_days)


def _noted(
    session: Session,
    item: routing.Item,
    step: Step,
    by: Principal,
    action: str,
    reason: str,
    is_told: bool = True,
    **details: Any,
) -> Standing:
    entry, handling = item.entry, item.handling
    standing = _note(session, entry, handling, step, by, reason)
    routing.moved(handling)
    audit.record(
        session,
        action,
        by=by,
        subject=("entry", entry.id),
        due_on=standing.due_on.isoformat() if standing.due_on else None,
        **details,
    )
    if is_told:
        head = routing.heads(session, handling.unit_id)
        notices.tell(
            session,
            [handling.user_id, *head],
            kind=NoticeKind.DEADLINE_CHANGED,
            about=("entry", entry.id),
            by=by,
        )
    return standing


def _note(
    session: Session, entry: Entry, handling: Handling, step: Step, by: Principal, reason: str
) -> Standing:
    standing = calendars.clocks.note(
        session,
        entry.id,
        step,
        calendar=calendars.of(session, entry.body_id),
        by=by,
        reason=reason,
        shown=handling.due_on,
    )
    handling.follow(standing)
    return standing


def _is_annulled(session: Session, entry: Entry) -> bool:
    return session.get(registry.Annulment, entry.id) is not None
