"""Working days of Greek public bodies: Monday to Friday but for holidays, Orthodox Easter included.

Source: ν. 4808/2021 art. 60 and the public sector's own holidays, from the library `holidays`; the
holiday of the town's patron saint is a setting (`local_holidays`).
"""

from collections.abc import Collection
from datetime import date, timedelta
from functools import cache

COUNTRY = "GR"


def is_working(day: date, *, local: Collection[str] = ()) -> bool:
    """Whether offices work on this day; `local` are the town's own holidays as MM-DD."""
    return day.weekday() < 5 and day not in _holidays(day.year) and f"{day:%m-%d}" not in local


def next_working_day(day: date, *, local: Collection[str] = ()) -> date:
    """The first working day after this one."""
    day += timedelta(days=1)
    while not is_working(day, local=local):
        day += timedelta(days=1)
    return day


@cache
def _holidays(year: int) -> frozenset[date]:
    # Imported here: the library takes half a second, and most processes need no holidays.
    from holidays import country_holidays

    return frozenset(country_holidays(COUNTRY, years=year))
