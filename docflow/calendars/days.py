"""The calendar of a body, and the administrator's changes to it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import audit, clock, organization
from docflow.calendars.models import BodyCalendar, CalendarDay
from docflow.errors import Conflict, Invalid, NotFound
from docflow.folding import line
from docflow.i18n import t
from docflow.principal import Principal
from docflow.workdays import Calendar, Country, OwnDay

MAX_NAME, MAX_OWN = 120, 500
_LEAP_YEAR = 2024


class BadDay(Invalid):
    """This day cannot stand in the calendar."""


class DayKnown(Conflict):
    """The calendar has this day already."""


class NoSuchDay(NotFound):
    """The calendar has no such day of the body’s own."""


@dataclass(frozen=True, slots=True)
class OwnDayInfo:
    """A day of the body's own as lists show it."""

    id: int
    day: OwnDay
    added_by: str
    added_at: datetime


Changed = Callable[[Session, int], None]
_changed: list[Changed] = []


def after_change(function: Changed) -> Changed:
    """Have the function called with session and body when the calendar of a body changes."""
    _changed.append(function)
    return function


def of(session: Session, body_id: int) -> Calendar:
    """The working days of a body as they are now."""
    country = session.scalar(select(BodyCalendar.country).where(BodyCalendar.body_id == body_id))
    rows = session.scalars(_own(body_id))
    return Calendar(Country(country or Country.GREECE), tuple(_day(row) for row in rows))


def own_days(session: Session, *, by: Principal) -> list[OwnDayInfo]:
    """What the body added to the national calendar, by date and name."""
    rows = session.scalars(_own(by.body_id)).all()
    people = organization.names(session, [row.added_by for row in rows])
    return [
        OwnDayInfo(row.id, _day(row), people.get(row.added_by, ""), row.added_at) for row in rows
    ]


def choose_country(session: Session, country: Country, *, by: Principal) -> None:
    """Keep the national holidays of this country from now on."""
    _require_administrator(by)
    now = {"country": country, "set_by": by.person_id, "set_at": clock.now()}
    before = of(session, by.body_id).country
    session.execute(
        insert(BodyCalendar)
        .values(body_id=by.body_id, **now)
        .on_conflict_do_update(index_elements=[BodyCalendar.body_id], set_=now)
    )
    if before is not country:
        audit.record(
            session,
            "calendar.country-chosen",
            by=by,
            subject=("body", by.body_id),
            country=country,
            before=before,
        )
        _tell(session, by.body_id)


def add(session: Session, wanted: OwnDay, *, by: Principal) -> CalendarDay:
    """Put a day of the body's own into the calendar. Raises NotAllowed, BadDay, DayKnown."""
    _require_administrator(by)
    clean = _checked(wanted)
    session.get_one(organization.Body, by.body_id, with_for_update=True)  # one change at a time
    known = [_day(row) for row in session.scalars(_own(by.body_id))]
    if len(known) >= MAX_OWN:
        raise BadDay(t("The calendar holds at most {max} days of its own.", max=MAX_OWN))
    for one in known:
        if (one.on, one.month, one.day) == (clean.on, clean.month, clean.day) and _overlap(
            one, clean
        ):
            raise DayKnown(
                t("“{name}” stands on this day already. Take it away first.", name=one.name),
                field="on" if clean.on else "day",
            )
    row = CalendarDay(
        body_id=by.body_id,
        name=clean.name,
        is_working=clean.is_working,
        on_date=clean.on,
        month=clean.month or None,
        day=clean.day or None,
        valid_from=clean.valid_from,
        valid_to=clean.valid_to,
        added_by=by.person_id,
    )
    session.add(row)
    session.flush()  # its id, for the event
    audit.record(
        session,
        "calendar.day-added",
        by=by,
        subject=("body", by.body_id),
        day=row.id,
        name=clean.name,
        on=_shown(clean),
        is_working=clean.is_working,
    )
    _tell(session, by.body_id)
    return row


def remove(session: Session, day_id: int, *, by: Principal) -> None:
    """Take a day of the body's own out of the calendar. Raises NoSuchDay, NotAllowed."""
    _require_administrator(by)
    row = session.scalar(
        select(CalendarDay)
        .where(
            CalendarDay.id == day_id,
            CalendarDay.body_id == by.body_id,
            CalendarDay.removed_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchDay(t("This day is not in the calendar; somebody may have taken it away."))
    row.removed_by, row.removed_at = by.person_id, clock.now()
    audit.record(
        session,
        "calendar.day-removed",
        by=by,
        subject=("body", by.body_id),
        day=row.id,
        name=row.name,
        on=_shown(_day(row)),
    )
    _tell(session, by.body_id)


def _checked(wanted: OwnDay) -> OwnDay:
    name = line(wanted.name)
    if not name:
        raise BadDay(t("Write what the day is called."), field="name")
    if len(name) > MAX_NAME:
        raise BadDay(t("At most {max} characters fit here.", max=MAX_NAME), field="name")
    if wanted.on is not None:
        if wanted.month or wanted.day:
            raise BadDay(t("Give either one date, or a day of each year."), field="on")
        return OwnDay(name, wanted.is_working, on=wanted.on)
    try:
        date(_LEAP_YEAR, wanted.month, wanted.day)
    except ValueError as error:
        raise BadDay(t("Write a date, or a day and a month that exist."), field="day") from error
    if wanted.valid_from and wanted.valid_to and wanted.valid_to < wanted.valid_from:
        raise BadDay(t("The last day is before the first."), field="valid_to")
    return OwnDay(
        name,
        wanted.is_working,
        month=wanted.month,
        day=wanted.day,
        valid_from=wanted.valid_from,
        valid_to=wanted.valid_to,
    )


def _overlap(one: OwnDay, other: OwnDay) -> bool:
    return (one.valid_from or date.min) <= (other.valid_to or date.max) and (
        other.valid_from or date.min
    ) <= (one.valid_to or date.max)


def _shown(day: OwnDay) -> str:
    return day.on.isoformat() if day.on else f"--{day.month:02}-{day.day:02}"


def _own(body_id: int) -> Select[CalendarDay]:
    return (
        select(CalendarDay)
        .where(CalendarDay.body_id == body_id, CalendarDay.removed_at.is_(None))
        .order_by(CalendarDay.on_date, CalendarDay.month, CalendarDay.day, CalendarDay.id)
    )


def _day(row: CalendarDay) -> OwnDay:
    return OwnDay(
        row.name,
        row.is_working,
        on=row.on_date,
        month=row.month or 0,
        day=row.day or 0,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )


def _tell(session: Session, body_id: int) -> None:
    session.flush()
    for function in _changed:
        function(session, body_id)


def _require_administrator(by: Principal) -> None:
    by.require_scope("administer")
    by.require(by.is_administrator, t("Only the administrator keeps the calendar."))
