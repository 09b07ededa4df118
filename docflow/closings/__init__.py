"""Closing days and years: sealed daily registers in a chain, and the act that closes a year."""

from docflow.closings.access import (
    NotYoursToClose,
    book_named,
    books,
    may_close,
    may_read,
    require_close,
)
from docflow.closings.declarations import Preparation
from docflow.closings.making import (
    AlreadyClosed,
    DayNotOver,
    DayNotSettled,
    EarlierDayOpen,
    NotSealed,
    close_day,
    close_due,
    preview,
)
from docflow.closings.models import DailyRegister, DayWait, RegisterStart, YearClosing
from docflow.closings.queries import (
    BookState,
    DayLine,
    NoSuchClosing,
    NoSuchRegister,
    YearLine,
    closing_of,
    listing,
    overview,
    register_of,
    state_of,
)
from docflow.closings.verification import verify_days
from docflow.closings.years import (
    ChangedMeanwhile,
    NoSuchYear,
    NotConfirmed,
    YearNotReady,
    close_year,
    prepare_year,
    require_confirmed,
)

__all__ = [
    "AlreadyClosed",
    "BookState",
    "ChangedMeanwhile",
    "DailyRegister",
    "DayLine",
    "DayNotOver",
    "DayNotSettled",
    "DayWait",
    "EarlierDayOpen",
    "NoSuchClosing",
    "NoSuchRegister",
    "NoSuchYear",
    "NotConfirmed",
    "NotSealed",
    "NotYoursToClose",
    "Preparation",
    "RegisterStart",
    "YearClosing",
    "YearLine",
    "YearNotReady",
    "book_named",
    "books",
    "close_day",
    "close_due",
    "close_year",
    "closing_of",
    "listing",
    "may_close",
    "may_read",
    "overview",
    "prepare_year",
    "preview",
    "register_of",
    "require_close",
    "require_confirmed",
    "state_of",
    "verify_days",
]
