"""Working days of a body, the terms of its deadlines, and the clock of each entry."""

from docflow.calendars import clocks, terms
from docflow.calendars.days import (
    BadDay,
    DayKnown,
    NoSuchDay,
    OwnDayInfo,
    add,
    after_change,
    choose_country,
    of,
    own_days,
    remove,
)
from docflow.calendars.models import (
    BodyCalendar,
    CalendarDay,
    ClockEvent,
    ClockEventKind,
    DeadlineTerms,
)
from docflow.calendars.reckoning import ClockState, Standing, Step, after
from docflow.calendars.terms import (
    Addressee,
    BadTerms,
    Notice,
    Reminder,
    Rule,
    Terms,
    TermsChanged,
)
from docflow.workdays import Calendar, Country, DayUnit, OwnDay

__all__ = [
    "Addressee",
    "BadDay",
    "BadTerms",
    "BodyCalendar",
    "Calendar",
    "CalendarDay",
    "ClockEvent",
    "ClockEventKind",
    "ClockState",
    "Country",
    "DayKnown",
    "DayUnit",
    "DeadlineTerms",
    "NoSuchDay",
    "Notice",
    "OwnDay",
    "OwnDayInfo",
    "Reminder",
    "Rule",
    "Standing",
    "Step",
    "Terms",
    "TermsChanged",
    "add",
    "after",
    "after_change",
    "choose_country",
    "clocks",
    "of",
    "own_days",
    "remove",
    "terms",
]
