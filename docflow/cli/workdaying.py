"""`docflow workdays`."""

import re
from pathlib import Path

from docflow import calendars, clock
from docflow.calendars import DayUnit, OwnDay
from docflow.cli import finding
from docflow.cli.days import day as day_of
from docflow.cli.output import language, print_json, say
from docflow.i18n import t

_YEARLY = re.compile(r"(\d{2})-(\d{2})")


def listing(data: Path | None, *, year: int, acting_as: str | None, as_json: bool) -> int:
    """Print the holidays of the year, and the body's own days with their ids."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        calendar = calendars.of(session, by.body_id)
        own = calendars.own_days(session, by=by)
        shown = year or clock.today(office.settings.zone).year
    holidays = calendar.holidays(shown, language())
    if as_json:
        print_json(
            {
                "country": calendar.country,
                "year": shown,
                "holidays": [{"day": day.isoformat(), "name": name} for day, name in holidays],
                "own": [
                    {
                        "id": one.id,
                        "day": _written(one.day),
                        "name": one.day.name,
                        "is_working": one.day.is_working,
                    }
                    for one in own
                ],
            }
        )
        return 0
    for day, name in holidays:
        say(f"{day:%d/%m/%Y}  {name}")
    for one in own:
        mark = t("working day") if one.day.is_working else t("holiday")
        say(
            f"{one.id:>6}  {_written(one.day):>10}  {one.day.name} ({mark.in_language(language())})"
        )
    return 0


def add(data: Path | None, *, day: str, name: str, working: bool, acting_as: str | None) -> int:
    """Raises BadDay, DayKnown, NotAllowed, CannotDo."""
    yearly = _YEARLY.fullmatch(day)
    if yearly:
        wanted = OwnDay(name, working, month=int(yearly[1]), day=int(yearly[2]))
    else:
        wanted = OwnDay(name, working, on=day_of(day))
    with finding.office(data) as office, office.db.begin() as session:
        row = calendars.add(session, wanted, by=finding.acting(session, acting_as))
        number = row.id
    say(t("“{name}” is in the calendar as number {id}.", name=name, id=number))
    return 0


def remove(data: Path | None, *, day_id: int, acting_as: str | None) -> int:
    """Raises NoSuchDay, NotAllowed."""
    with finding.office(data) as office, office.db.begin() as session:
        calendars.remove(session, day_id, by=finding.acting(session, acting_as))
    say(t("The day is not in the calendar any more."))
    return 0


def until(
    data: Path | None, *, first: str, days: int, calendar_days: bool, acting_as: str | None
) -> int:
    """Print the day on which the period ends, moved to a working day."""
    begins = day_of(first)
    with finding.office(data) as office, office.db.read() as session:
        calendar = calendars.of(session, finding.acting(session, acting_as).body_id)
    unit = DayUnit.CALENDAR if calendar_days else DayUnit.WORKING
    say(f"{calendar.at_or_after(calendar.end(begins, days, unit)):%d/%m/%Y}")
    return 0


def _written(day: OwnDay) -> str:
    return day.on.isoformat() if day.on else f"{day.month:02}-{day.day:02}"
