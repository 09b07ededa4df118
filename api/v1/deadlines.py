"""/api/v1: the clock of an entry, deadlines of a month, working days, terms of deadlines."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api.deps import TheOffice
from api.v1 import opening, shapes
from api.v1.address import At
from api.v1.fields import (
    Body,
    Day,
    Id,
    Line,
    Needed,
    ReasonBody,
    Seen,
    Text,
)
from api.v1.reads import ReadRoute
from api.v1.security import Administrator, Reader, Router
from docflow import calendars, clock, deadlines, registry, routing
from docflow.calendars import Addressee, ClockEventKind, ClockState, Country, DayUnit
from docflow.principal import Principal

router = APIRouter(tags=["deadlines"], route_class=ReadRoute)
_LONGEST = 400  # days of one question


class ClockStep(BaseModel):
    """What happened to the clock, and until when it ran after that."""

    kind: ClockEventKind
    on: date
    starts_on: date | None = Field(description="Of a period: the day that is not counted.")
    days: int | None
    unit: DayUnit | None
    is_statutory: bool
    asked_on: date | None = Field(description="The day before holidays were looked at.")
    due_on: date | None
    moved_for: str | None = Field(description="The holiday for which the day moved, in Greek.")
    is_moved: bool = Field(description="Nobody works on `asked_on`: the next working day counts.")
    reason: str
    person: str
    at: datetime


class ToldApplicant(BaseModel):
    kind: deadlines.NoticeKind
    state: deadlines.NoticeState
    about_on: date
    sent_at: datetime | None


class Clock(BaseModel):
    """The deadline of an entry, computed from what was written once."""

    state: ClockState
    due_on: date | None = Field(description="Null where there is none, or it stands still.")
    limit_on: date | None = Field(description="End of the period, before a nearer day was marked.")
    is_statutory: bool
    suspended_on: date | None
    remaining: int | None = Field(description="Days that are left while it stands still.")
    theirs_on: date | None = Field(description="End of the period at the competent body.")
    extension_left: int = Field(description="By how many days it can still be extended.")
    may_suspend: bool
    may_resume: bool
    may_extend: bool
    history: list[ClockStep]
    notices: list[ToldApplicant]


@router.get("/entries/{book}/{year}/{number}/clock")
def of_entry(entry: opening.OfEntry, by: Reader, office: TheOffice) -> Clock:
    """Until when the entry is to be answered, and how that came about."""
    with office.db.read() as session:
        return _clock(session, entry, by)


class Extension(ReasonBody):
    days: int = Field(ge=1, le=10_000, examples=[10])


class Reason(Body):
    reason: Text = ""


@router.post("/entries/{book}/{year}/{number}/clock/suspension")
def suspend(at: At, body: ReasonBody, by: Router, office: TheOffice, seen: Seen = None) -> Clock:
    """Let the clock stand still until the applicant has done what the reason says."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        deadlines.suspend(session, entry.id, by=by, reason=body.reason, seen=seen)
        return _clock(session, entry, by)


@router.post("/entries/{book}/{year}/{number}/clock/resumption")
def resume(at: At, body: Reason, by: Router, office: TheOffice, seen: Seen = None) -> Clock:
    """Let the clock run on: the days that were left count from today."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        deadlines.resume(session, entry.id, by=by, reason=body.reason, seen=seen)
        return _clock(session, entry, by)


@router.post("/entries/{book}/{year}/{number}/clock/extension")
def extend(at: At, body: Extension, by: Router, office: TheOffice, seen: Seen = None) -> Clock:
    """Give the entry more days, with a reason; only a head, and within the terms."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        deadlines.extend(session, entry.id, by=by, days=body.days, reason=body.reason, seen=seen)
        return _clock(session, entry, by)


class Answer(BaseModel):
    """An opinion, or a part of the work, that is asked of the caller or of his units."""

    id: int
    kind: routing.ContributionKind
    due_on: date
    line: shapes.Line


class Deadlines(BaseModel):
    items: list[shapes.Line]
    answers: list[Answer] = Field(description="Due on these days, whatever the item itself has.")
    total: int = Field(description="Of the days asked for; more than `items` beyond 500.")
    overdue: int = Field(description="Of all days, those with an overdue answer among them.")
    suspended: int = Field(description="Items whose clock stands still.")


@router.get("/deadlines")
def agenda(
    by: Reader,
    office: TheOffice,
    first: Annotated[Day, Query(description="The first day.")],
    last: Annotated[Day, Query(description="The last one, at most 400 days on.")],
    whose: Annotated[deadlines.Whose, Query()] = deadlines.Whose.MINE,
) -> Deadlines:
    """Open items by their deadline, and answers that are due: the caller's, or his units'."""
    end = min(last, date.fromordinal(first.toordinal() + _LONGEST))
    with office.db.read() as session:
        found = deadlines.agenda(session, first, end, whose=whose, by=by)
    return Deadlines(
        items=shapes.lines(found.lines),
        answers=[Answer.model_validate(one, from_attributes=True) for one in found.asked],
        total=found.total,
        overdue=found.overdue,
        suspended=found.suspended,
    )


class OwnDayBody(Body):
    """A day of the body's own: one date (`on`), or `day` and `month` of each year."""

    name: Annotated[Needed, Field(examples=["Πολιούχος"])]
    is_working: bool = Field(False, description="A working day in place of a holiday or weekend.")
    on: Day | None = None
    month: int = Field(0, ge=0, le=12)
    day: int = Field(0, ge=0, le=31)
    valid_from: Day | None = None
    valid_to: Day | None = None


class OwnDay(OwnDayBody):
    id: int


class Holiday(BaseModel):
    day: date
    name: str


class Workdays(BaseModel):
    """The days of a year on which nobody works besides weekends, and what the body added."""

    country: Country
    year: int
    holidays: list[Holiday]
    own: list[OwnDay]


@router.get("/workdays")
def workdays(
    by: Reader, office: TheOffice, year: Annotated[int | None, Query(ge=1900, le=2999)] = None
) -> Workdays:
    """The body's calendar."""
    shown = year or clock.today(office.settings.zone).year
    with office.db.read() as session:
        return _workdays(session, by, shown)


@router.post("/workdays", status_code=201)
def add_day(body: OwnDayBody, by: Administrator, office: TheOffice) -> OwnDay:
    """Put a day of the body's own into the calendar; deadlines ahead are computed anew."""
    with office.db.begin() as session:
        row = calendars.add(session, calendars.OwnDay(**body.model_dump()), by=by)
        return OwnDay(id=row.id, **body.model_dump())


@router.delete("/workdays/{day_id}", status_code=204)
def remove_day(day_id: Id, by: Administrator, office: TheOffice) -> None:
    """Take a day of the body's own out of the calendar."""
    with office.db.begin() as session:
        calendars.remove(session, day_id, by=by)


class ChosenCountry(Body):
    country: Country


@router.put("/workdays/country")
def choose_country(body: ChosenCountry, by: Administrator, office: TheOffice) -> Workdays:
    """Keep the national holidays of this country."""
    with office.db.begin() as session:
        calendars.choose_country(session, body.country, by=by)
        return _workdays(session, by, clock.today(office.settings.zone).year)


class RuleBody(Body):
    """Days for a kind and a priority; empty ones stand for all."""

    kind: Line = ""
    priority: Line = ""
    days: int = Field(ge=1, examples=[50])
    unit: DayUnit = DayUnit.WORKING
    is_statutory: bool = False


class ReminderBody(Body):
    days: int = Field(description="Working days after the deadline; before it where negative.")
    to: Addressee


class NoticeBody(Body):
    """Texts in Greek and English; an empty one is not sent."""

    el: Text = ""
    en: Text = ""


class TermsBody(Body):
    """What holds for the deadlines of the body."""

    rules: list[RuleBody] = Field(default_factory=list)
    reminders: list[ReminderBody] = Field(default_factory=list)
    reminder_reach: int = 30
    extension_days: int = 30
    extensions: int = 1
    competent_days: int | None = None
    competent_unit: DayUnit = DayUnit.CALENDAR
    tells_delay: bool = True
    delay_days: int = 1
    only_statutory: bool = True
    delay: NoticeBody = NoticeBody()
    forwarded: NoticeBody = NoticeBody()


class Terms(TermsBody):
    version: int = Field(description="0 while the body has said nothing.")


class ChangedTerms(TermsBody):
    version: int = Field(ge=0, description="The version that you saw; another one gives 409.")


@router.get("/deadline-terms")
def terms(by: Administrator, office: TheOffice) -> Terms:
    """The terms that hold now."""
    with office.db.read() as session:
        return _terms(session, by)


@router.put("/deadline-terms")
def define_terms(body: ChangedTerms, by: Administrator, office: TheOffice) -> Terms:
    """Let these terms hold for entries registered from now on."""
    said = calendars.terms.read(body.model_dump(exclude={"version"}))
    with office.db.begin() as session:
        calendars.terms.define(session, said, version=body.version, by=by)
        return _terms(session, by)


def _terms(session: Session, by: Principal) -> Terms:
    found, version = calendars.terms.current(session, by.body_id)
    return Terms.model_validate({**found.as_json(), "version": version})


def _workdays(session: Session, by: Principal, year: int) -> Workdays:
    calendar = calendars.of(session, by.body_id)
    return Workdays(
        country=calendar.country,
        year=year,
        holidays=[
            Holiday(day=day, name=name) for day, name in calendar.holidays(year, by.language)
        ],
        own=[
            OwnDay(
                id=one.id,
                name=one.day.name,
                is_working=one.day.is_working,
                on=one.day.on,
                month=one.day.month,
                day=one.day.day,
                valid_from=one.day.valid_from,
                valid_to=one.day.valid_to,
            )
            for one in calendars.own_days(session, by=by)
        ],
    )


def _clock(session: Session, entry: registry.Entry, by: Principal) -> Clock:
    view = deadlines.view(session, entry, by=by)
    found = view or deadlines.ClockView(calendars.Standing(), None, [])
    standing = found.standing
    return Clock(
        state=standing.state,
        due_on=found.due_on,
        limit_on=standing.limit_on,
        is_statutory=standing.is_statutory,
        suspended_on=standing.suspended_on,
        remaining=standing.remaining,
        theirs_on=standing.theirs_on,
        extension_left=found.extension_left,
        may_suspend=found.may_suspend,
        may_resume=found.may_resume,
        may_extend=found.may_extend,
        history=[
            ClockStep(**{name: getattr(one, name) for name in ClockStep.model_fields})
            for one in found.history
        ],
        notices=[
            ToldApplicant(
                kind=deadlines.NoticeKind(one.kind),
                state=deadlines.NoticeState(one.state),
                about_on=one.about_on,
                sent_at=one.sent_at,
            )
            for one in found.notices
        ],
    )
