"""Deadlines of entries: clocks that stand still and run on, reminders, notices, calendars."""

from docflow.calendars import Addressee
from docflow.deadlines import answers, applicants, feeds, reckoning, reminding
from docflow.deadlines.agenda import Agenda, Whose, agenda, month
from docflow.deadlines.feeds import NoSuchFeed
from docflow.deadlines.models import (
    ApplicantNotice,
    CalendarFeed,
    ContributionReminder,
    DeadlineReminder,
    NoticeKind,
    NoticeState,
)
from docflow.deadlines.reminding import escalated
from docflow.deadlines.service import (
    AlreadySuspended,
    ClockView,
    DeadlinePassed,
    ExtensionTooLong,
    NoDeadline,
    NotSuspended,
    extend,
    resume,
    run_on,
    stand_still,
    suspend,
    view,
)

__all__ = [
    "Addressee",
    "Agenda",
    "AlreadySuspended",
    "ApplicantNotice",
    "CalendarFeed",
    "ClockView",
    "ContributionReminder",
    "DeadlinePassed",
    "DeadlineReminder",
    "ExtensionTooLong",
    "NoDeadline",
    "NoSuchFeed",
    "NotSuspended",
    "NoticeKind",
    "NoticeState",
    "Whose",
    "agenda",
    "answers",
    "applicants",
    "escalated",
    "extend",
    "feeds",
    "month",
    "reckoning",
    "reminding",
    "resume",
    "run_on",
    "stand_still",
    "suspend",
    "view",
]
