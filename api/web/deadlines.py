"""The calendar of deadlines: a month, a list, and the address for calendar programs."""

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse

from api.deps import CurrentUser, TheOffice
from api.web.render import page
from docflow import calendars, clock, deadlines, throttle
from docflow.deadlines import Whose
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter(prefix="/deadlines")
_A_MINUTE, _READS = timedelta(minutes=1), 30  # of one calendar program
_FIRST_YEAR, _LAST_YEAR = 2000, 2200


@router.get("")
def show(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    month: str = "",
    whose: str = "",
    view: str = "",
) -> Response:
    """The open items with a deadline in a month (`2026-11`), as a grid of days or a list."""
    return _page(request, office, by, month, whose, view)


@router.post("/feed")
def make_feed(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """A new secret address; it stands on this page alone, and the one before is worth nothing."""
    with office.db.begin() as session:
        secret = deadlines.feeds.make(session, by=by)
    return _page(request, office, by, "", "", "", feed=_address(office, secret))


@router.post("/feed/end")
def end_feed(by: CurrentUser, office: TheOffice) -> Response:
    with office.db.begin() as session:
        deadlines.feeds.end(session, by=by)
    return RedirectResponse("/deadlines?done=feed-ended", 303)


@router.get("/feed/{secret}.ics")
def feed(secret: Annotated[str, Path(max_length=100)], office: TheOffice) -> Response:
    """What a calendar program reads, without a login: the secret is the key."""
    with office.db.begin() as session:
        throttle.count(session, f"feed:{secret[:8]}", limit=_READS, every=_A_MINUTE)
    with office.db.begin() as session:
        text = deadlines.feeds.calendar(session, secret, url=office.settings.public_url)
        deadlines.feeds.read(session, secret)
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'inline; filename="docflow.ics"'}
    return Response(text, media_type="text/calendar; charset=utf-8", headers=headers)


def _page(
    request: Request,
    office: Office,
    by: Principal,
    month: str,
    whose: str,
    view: str,
    *,
    feed: str = "",
) -> Response:
    today = clock.today(office.settings.zone)
    day = _month(month) or today.replace(day=1)
    wanted = Whose(whose) if whose in set(Whose) else _usual(by)
    first, last = deadlines.month(day)
    with office.db.read() as session:
        found = deadlines.agenda(session, first, last, whose=wanted, by=by)
        calendar = calendars.of(session, by.body_id)
        made_at = deadlines.feeds.made_at(session, by=by)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    context: dict[str, Any] = {
        "month": day,
        "before": _shift(day, -1),
        "after": _shift(day, 1),
        "weeks": [days[n : n + 7] for n in range(0, len(days), 7)],
        "holidays": {one: name for one in days if (name := calendar.holiday(one, by.language))},
        "working": {one for one in days if calendar.is_working(one)},
        "by_day": {one: found.on(one) for one in days},
        "asked_by_day": {one: found.asked_on(one) for one in days},
    }
    return page(
        request,
        "web/deadlines/calendar.html",
        found=found,
        in_month=[line for line in found.lines if line.due_on and line.due_on.month == day.month],
        asked_in_month=[one for one in found.asked if one.due_on.month == day.month],
        whose=wanted,
        kinds_of_whose=list(Whose),
        view="list" if view == "list" else "month",
        feed=feed,
        feed_made_at=made_at,
        today=today,
        **context,
    )


def _usual(by: Principal) -> Whose:
    """A head begins with his units, others with their own items."""
    return Whose.UNIT if by.headed_unit_ids else Whose.MINE


def _month(typed: str) -> date | None:
    """The first day of a month as an address has it; None for a strange one."""
    year, _, number = typed.partition("-")
    if not (year.isdecimal() and number.isdecimal() and len(typed) == 7):
        return None
    if not (_FIRST_YEAR <= int(year) <= _LAST_YEAR and 1 <= int(number) <= 12):
        return None
    return date(int(year), int(number), 1)


def _shift(day: date, months: int) -> date:
    place = day.year * 12 + day.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


def _address(office: Office, secret: str) -> str:
    return f"{office.settings.public_url.rstrip('/')}/deadlines/feed/{secret}.ics"
