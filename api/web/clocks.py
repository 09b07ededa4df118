"""The clock of an entry on its page: until when, why then, and what one can do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api.web import forms
from api.web.handling import Act, Unsent, seen
from docflow import deadlines, registry
from docflow.calendars import ClockEventKind, DayUnit, clocks
from docflow.deadlines import ClockView
from docflow.i18n import Text, t
from docflow.principal import Principal


@dataclass(frozen=True, slots=True)
class ClockStep:
    """An event of the clock in words; `moved` says for which holiday the day is another one."""

    what: Text
    moved: Text | None
    reason: str
    person: str
    at: datetime


def _suspend(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    reason = forms.text(form, "reason")
    deadlines.suspend(session, entry_id, by=by, reason=reason, seen=seen(form))


def _resume(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    reason = forms.text(form, "reason")
    deadlines.resume(session, entry_id, by=by, reason=reason, seen=seen(form))


def _extend(session: Session, entry_id: int, form: FormData, by: Principal) -> None:
    days, reason = forms.whole(form, "days"), forms.text(form, "reason")
    deadlines.extend(session, entry_id, by=by, days=days, reason=reason, seen=seen(form))


ACTS: Mapping[str, Act] = {
    "stop-clock": _suspend,
    "run-clock": _resume,
    "extend-clock": _extend,
}


def context(session: Session, entry: registry.Entry, *, by: Principal) -> dict[str, object]:
    """What the entry's page shows of its clock; `clock` is None where there is none."""
    view = deadlines.view(session, entry, by=by)
    lines = view.history if view else []
    return {"clock": view, "clock_steps": [step(line) for line in lines]}


def unsent(act: str, form: FormData, view: ClockView | None) -> list[Unsent]:
    """The reason that somebody wrote into a form that the page does not offer any more."""
    offered = {
        "stop-clock": view is not None and view.may_suspend,
        "run-clock": view is not None and view.may_resume,
        "extend-clock": view is not None and view.may_extend,
    }
    text = forms.text(form, "reason")
    return [] if offered.get(act, True) or not text else [Unsent(t("Reason"), text)]


def step(line: clocks.ClockLine) -> ClockStep:
    """The event as people read it."""
    return ClockStep(_what(line), _moved(line), line.reason, line.person, line.at)


def counted(days: int, unit: DayUnit | None) -> Text:
    """So many days, of that unit."""
    if unit is DayUnit.WORKING:
        return t("one working day") if days == 1 else t("{n} working days", n=days)
    return t("one calendar day") if days == 1 else t("{n} calendar days", n=days)


def _what(line: clocks.ClockLine) -> Text:
    due = f"{line.due_on:%d/%m/%Y}" if line.due_on else ""
    days = counted(line.days or 0, line.unit)
    match line.kind:
        case ClockEventKind.STARTED:
            first = f"{line.starts_on:%d/%m/%Y}" if line.starts_on else ""
            if line.is_statutory:
                return t(
                    "Time limit of the law: {days} from {first}, until {due}",
                    days=days,
                    first=first,
                    due=due,
                )
            return t("{days} from {first}, until {due}", days=days, first=first, due=due)
        case ClockEventKind.SET:
            if line.asked_on is None:
                return t("The day that was set was taken away")
            return t("Set to {due}", due=due)
        case ClockEventKind.SUSPENDED:
            return t("Stopped: the applicant must do something first")
        case ClockEventKind.RESUMED:
            return t("Runs on, until {due}", due=due)
        case ClockEventKind.EXTENDED:
            return t("Extended by {days}, until {due}", days=days, due=due)
        case ClockEventKind.FORWARDED:
            if not due:
                return t("Went to the competent body")
            return t("Began anew at the competent body, until {due}", due=due)
        case ClockEventKind.TAKEN_BACK:
            return t("Came back: our own deadline holds again")
        case ClockEventKind.RECKONED:
            return t("Computed anew since the holidays changed: {due}", due=due)


def _moved(line: clocks.ClockLine) -> Text | None:
    if not line.is_moved or line.asked_on is None:
        return None
    day = f"{line.asked_on:%d/%m/%Y}"
    if line.moved_for:
        return t(
            "{day} is a holiday ({name}): moved to the next working day.",
            day=day,
            name=line.moved_for,
        )
    return t("Nobody works on {day}: moved to the next working day.", day=day)
