"""Keeping the calendars: who may, what they say, and days that differ.

The head of the unit keeps them, the person whose hours they are, and the administrator, who reads
no names in them. Booking into them is for the unit and for the registry, which answers the
telephone for all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from docflow import audit, clock, organization
from docflow.appointments import hours
from docflow.appointments.models import DAY, DiaryCalendar, DiaryException
from docflow.errors import Conflict, Forbidden, Invalid, NotFound
from docflow.folding import line
from docflow.i18n import t
from docflow.principal import Principal, Role

MAX_TITLE, MAX_REASON, MOST_EXCEPTIONS = 120, 300, 400


class NoSuchCalendar(NotFound):
    """There is no such calendar of appointments."""


class NotYourCalendar(Forbidden):
    """The unit and its head keep this calendar."""


class BadCalendar(Invalid):
    """Something of the calendar is missing or does not fit."""


class CalendarChanged(Conflict):
    """Somebody else changed the calendar meanwhile."""


@dataclass(frozen=True, slots=True)
class CalendarData:
    """What is said of a calendar. `week` maps a weekday (1 = Monday) to hours as typed."""

    title: str
    unit_id: int
    user_id: int | None = None
    title_en: str = ""
    place: str = ""
    week: dict[int, str] = field(default_factory=dict)
    minutes: int = 20
    places: int = 1
    services: tuple[str, ...] = ()
    lead_hours: int = 12
    horizon_days: int = 60
    remind_hours: int = 24
    is_public: bool = True


def serves(by: Principal) -> bool:
    """Whether appointments are any of the person's business."""
    roles = {Role.CLERK, Role.REGISTRAR, Role.HEAD, Role.EMPLOYEE, Role.ADMINISTRATOR}
    return bool(by.roles & roles)


def may_keep(by: Principal, unit_id: int, user_id: int | None) -> bool:
    """Whether the person says when one can come."""
    return (
        by.is_administrator or by.heads(unit_id) or (user_id is not None and user_id == by.user_id)
    )


def may_see(by: Principal, calendar: DiaryCalendar) -> bool:
    """Whether the person sees who comes, and books for others."""
    return (
        by.is_clerk
        or by.is_registrar
        or by.works_in(calendar.unit_id)
        or calendar.user_id in by.person_ids
        or by.works_for(calendar.unit_id) is not None
    )


def get(
    session: Session, calendar_id: int, *, by: Principal, lock: bool = False, to_keep: bool = False
) -> DiaryCalendar:
    """A calendar of the body that the person sees, or keeps. Raises NoSuchCalendar."""
    calendar = held(session, calendar_id, body_id=by.body_id, lock=lock)
    if to_keep:
        if not may_keep(by, calendar.unit_id, calendar.user_id):
            raise NotYourCalendar(t("Only the head of the unit and its owner keep this calendar."))
    elif not may_see(by, calendar):
        raise NoSuchCalendar(t("There is no such calendar."))
    return calendar


def held(session: Session, calendar_id: int, *, body_id: int, lock: bool) -> DiaryCalendar:
    """A calendar, whoever asks; held where something in it is decided, so that all wait in turn."""
    query = select(DiaryCalendar).where(
        DiaryCalendar.id == calendar_id, DiaryCalendar.body_id == body_id
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    calendar = session.scalar(query)
    if calendar is None:
        raise NoSuchCalendar(t("There is no such calendar."))
    return calendar


def listing(session: Session, *, by: Principal) -> list[DiaryCalendar]:
    """The calendars that the person sees or keeps, those that are open first."""
    rows = session.scalars(
        select(DiaryCalendar)
        .where(DiaryCalendar.body_id == by.body_id)
        .order_by(DiaryCalendar.is_open.desc(), DiaryCalendar.title, DiaryCalendar.id)
    )
    return [row for row in rows if may_see(by, row) or may_keep(by, row.unit_id, row.user_id)]


def for_service(
    session: Session, body_id: int, service_code: str = "", *, by_citizen: bool = True
) -> list[DiaryCalendar]:
    """The open calendars in which one comes for a service; those for any matter too.

    Without a service all of them.
    """
    query = select(DiaryCalendar).where(DiaryCalendar.body_id == body_id, DiaryCalendar.is_open)
    if by_citizen:
        query = query.where(DiaryCalendar.is_public)
    if service_code:
        query = query.where(
            or_(
                DiaryCalendar.services.contains([service_code]),
                DiaryCalendar.services == [],
            )
        )
    return list(session.scalars(query.order_by(DiaryCalendar.title, DiaryCalendar.id)))


def offered(session: Session, body_id: int, service_code: str) -> bool:
    """Whether a citizen can book an hour for this very service by himself."""
    return any(
        service_code in calendar.services
        for calendar in for_service(session, body_id, service_code)
    )


def create(session: Session, data: CalendarData, *, by: Principal) -> DiaryCalendar:
    """A new calendar. Raises NotYourCalendar, BadCalendar, BadHours."""
    by.require_scope("administer")
    values = _checked(session, data, by)
    calendar = DiaryCalendar(
        body_id=by.body_id, is_open=True, changed_by=by.person_id, changed_at=clock.now(), **values
    )
    session.add(calendar)
    session.flush()
    audit.record(
        session,
        "diary.created",
        by=by,
        subject=("appointment-calendar", calendar.id),
        unit=calendar.unit_id,
        person=calendar.user_id,
    )
    return calendar


def change(
    session: Session,
    calendar_id: int,
    data: CalendarData,
    *,
    is_open: bool,
    seen: int,
    by: Principal,
) -> DiaryCalendar:
    """Say anew what holds from now on; appointments that were made stay.

    Raises NoSuchCalendar, NotYourCalendar, CalendarChanged, BadCalendar, BadHours.
    """
    by.require_scope("administer")
    calendar = get(session, calendar_id, by=by, lock=True, to_keep=True)
    if calendar.version != seen:
        who = organization.names(session, [calendar.changed_by]).get(calendar.changed_by, "")
        raise CalendarChanged(
            t(
                "{who} changed this calendar on {at}. Look at it again; your input stands below.",
                who=who,
                at=f"{clock.local(calendar.changed_at):%d/%m/%Y %H:%M}",
            )
        )
    for name, value in _checked(session, data, by).items():
        setattr(calendar, name, value)
    calendar.is_open = is_open
    calendar.version += 1
    calendar.changed_by, calendar.changed_at = by.person_id, clock.now()
    audit.record(
        session,
        "diary.changed",
        by=by,
        subject=("appointment-calendar", calendar.id),
        version=calendar.version,
        is_open=is_open,
    )
    return calendar


def _checked(session: Session, data: CalendarData, by: Principal) -> dict[str, object]:
    title = line(data.title)
    if not 1 <= len(title) <= MAX_TITLE:
        raise BadCalendar(
            t("Write what one comes for, in at most {max} characters.", max=MAX_TITLE),
            field="title",
        )
    if data.unit_id not in {unit.id for unit in organization.units(session, by.body_id)}:
        raise BadCalendar(t("Choose the unit."), field="unit")
    if data.user_id is not None and data.user_id not in {
        person.id for person in organization.people_of(session, data.unit_id)
    }:
        raise BadCalendar(t("This person does not work in the unit."), field="unit")
    if not may_keep(by, data.unit_id, data.user_id):
        raise NotYourCalendar(t("Only the head of the unit and its owner keep this calendar."))
    week = [
        [day, start, end]
        for day, typed in sorted(data.week.items())
        if 1 <= day <= 7
        for start, end in hours.read(typed, field=f"day{day}")
    ]
    bounds = (
        ("minutes", data.minutes, 5, 480),
        ("places", data.places, 1, 50),
        ("lead_hours", data.lead_hours, 0, 720),
        ("horizon_days", data.horizon_days, 1, 366),
        ("remind_hours", data.remind_hours, 0, 168),
    )
    for name, value, least, most in bounds:
        if not least <= value <= most:
            raise BadCalendar(
                t("Write a number from {least} to {most}.", least=least, most=most), field=name
            )
    return {
        "title": title,
        "title_en": line(data.title_en)[:MAX_TITLE],
        "place": line(data.place)[:MAX_REASON],
        "unit_id": data.unit_id,
        "user_id": data.user_id,
        "week": week,
        "services": sorted({code for code in map(line, data.services) if code}),
        "is_public": data.is_public,
        **{name: value for name, value, _, _ in bounds},
    }


def typed_week(calendar: DiaryCalendar) -> dict[int, str]:
    """The hours of each weekday as one types them."""
    return {
        day: hours.write([(start, end) for weekday, start, end in calendar.week if weekday == day])
        for day in range(1, 8)
    }


@dataclass(frozen=True, slots=True)
class ExceptionInfo:
    id: int
    on: date
    is_closed: bool
    hours: str  # empty: the whole day
    reason: str
    added_by: str
    added_at: datetime


def exceptions(session: Session, calendar_id: int, *, first: date) -> list[ExceptionInfo]:
    """Days that differ, from `first` on. The caller got the calendar by `get`."""
    rows = session.scalars(
        select(DiaryException)
        .where(
            DiaryException.calendar_id == calendar_id,
            DiaryException.on_date >= first,
            DiaryException.removed_at.is_(None),
        )
        .order_by(DiaryException.on_date, DiaryException.from_minute)
        .limit(MOST_EXCEPTIONS)
    ).all()
    people = organization.names(session, [row.added_by for row in rows])
    return [
        ExceptionInfo(
            row.id,
            row.on_date,
            row.is_closed,
            _hours(row),
            row.reason,
            people.get(row.added_by, ""),
            row.added_at,
        )
        for row in rows
    ]


def _hours(row: DiaryException) -> str:
    if row.from_minute is None or row.to_minute is None:
        return ""
    return hours.write([(row.from_minute, row.to_minute)])


def except_day(
    session: Session,
    calendar: DiaryCalendar,
    on: date,
    *,
    is_closed: bool,
    typed_hours: str = "",
    reason: str = "",
    by: Principal,
) -> Sequence[DiaryException]:
    """Close or open hours of one day; the calendar is held. Raises BadCalendar, BadHours.

    Appointments in hours that are closed are called off by `calling_off`, which calls this.
    """
    if on < clock.today():
        raise BadCalendar(t("This day is over."), field="on")
    spans = hours.read(typed_hours, field="hours")
    if not spans and not is_closed:
        raise BadCalendar(t("Write the hours of this day."), field="hours")
    clean = line(reason)
    if len(clean) > MAX_REASON:
        raise BadCalendar(t("At most {max} characters fit here.", max=MAX_REASON), field="reason")
    rows = [
        DiaryException(
            calendar_id=calendar.id,
            on_date=on,
            is_closed=is_closed,
            from_minute=start if (start, end) != (0, DAY) else None,
            to_minute=end if (start, end) != (0, DAY) else None,
            reason=clean,
            added_by=by.person_id,
        )
        for start, end in (spans or [(0, DAY)])
    ]
    session.add_all(rows)
    session.flush()
    audit.record(
        session,
        "diary.day-closed" if is_closed else "diary.day-opened",
        by=by,
        subject=("appointment-calendar", calendar.id),
        on=on.isoformat(),
        hours=hours.write(spans),
    )
    return rows


def open_day(
    session: Session, calendar_id: int, on: date, typed_hours: str, *, reason: str, by: Principal
) -> None:
    """Further hours on one day, be it a holiday. Raises NoSuchCalendar, BadCalendar, BadHours."""
    by.require_scope("administer")
    calendar = get(session, calendar_id, by=by, lock=True, to_keep=True)
    except_day(
        session, calendar, on, is_closed=False, typed_hours=typed_hours, reason=reason, by=by
    )


def take_away(session: Session, calendar_id: int, exception_id: int, *, by: Principal) -> None:
    """The day is as the week says again; who was told otherwise is not told once more."""
    by.require_scope("administer")
    calendar = get(session, calendar_id, by=by, lock=True, to_keep=True)
    row = session.get(DiaryException, exception_id)
    if row is None or row.calendar_id != calendar.id or row.removed_at is not None:
        raise NoSuchCalendar(t("This day is as the week says; somebody may have changed it."))
    row.removed_by, row.removed_at = by.person_id, clock.now()
    audit.record(
        session,
        "diary.day-as-usual",
        by=by,
        subject=("appointment-calendar", calendar.id),
        on=row.on_date.isoformat(),
    )
