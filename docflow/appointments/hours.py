"""Hours as people type them: “09:00-13:00, 17:30-19:00”."""

import re
from itertools import pairwise

from docflow.appointments.models import DAY
from docflow.errors import Invalid
from docflow.i18n import t

_SPAN = re.compile(r"(\d{1,2})[:.]?(\d{2})?\s*[-–—]\s*(\d{1,2})[:.]?(\d{2})?")


class BadHours(Invalid):
    """Hours are written as 09:00-13:00, several with a comma between them."""


def read(typed: str, *, field: str) -> list[tuple[int, int]]:
    """The spans of a day, in minutes; none for an empty field. Raises BadHours."""
    found = []
    for part in filter(None, (one.strip() for one in typed.split(","))):
        match = _SPAN.fullmatch(part)
        if match is None:
            raise _bad(typed, field)
        hour, minute, to_hour, to_minute = (int(one or 0) for one in match.groups())
        start, end = hour * 60 + minute, to_hour * 60 + to_minute
        if minute > 59 or to_minute > 59 or not start < end <= DAY:
            raise _bad(typed, field)
        found.append((start, end))
    found.sort()
    if any(one[1] > other[0] for one, other in pairwise(found)):
        raise _bad(typed, field)
    return found


def write(spans: list[tuple[int, int]]) -> str:
    """The spans as one types them."""
    return ", ".join(f"{clock_of(start)}-{clock_of(end)}" for start, end in sorted(spans))


def clock_of(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _bad(typed: str, field: str) -> BadHours:
    return BadHours(
        t("Write hours as 09:00-13:00, several with a comma, not “{typed}”.", typed=typed[:60]),
        field=field,
    )
