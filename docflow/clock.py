"""The time: instants are UTC, days and years are those of the office's official zone."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

OFFICIAL_ZONE = "Europe/Athens"

_zone = OFFICIAL_ZONE
_pretended: ContextVar[datetime | None] = ContextVar("pretended", default=None)


def now() -> datetime:
    """This instant, in UTC."""
    return _pretended.get() or datetime.now(UTC)


@contextmanager
def pretend(instant: datetime) -> Iterator[None]:
    """Let it be `instant` in this block, for this thread (or task) alone.

    Only the demo and tests may say this (an architecture test enforces it): a register that can be
    told the time is worth nothing. Times that the database itself sets stay true.
    """
    token = _pretended.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _pretended.reset(token)


def set_zone(zone: str) -> None:
    """Let days be those of this zone in the whole process: the settings of the office name it."""
    global _zone  # of the process, as the time zone of a computer is
    _zone = zone


def local(instant: datetime, zone: str | None = None) -> datetime:
    """The instant as the wall clock of the office shows it."""
    return instant.astimezone(ZoneInfo(zone or _zone))


def today(zone: str | None = None) -> date:
    return local(now(), zone).date()
