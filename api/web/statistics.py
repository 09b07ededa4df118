"""The board of a head, and the statistics of the register with their charts and files."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Request, Response

from api.deps import CurrentUser, TheOffice
from api.web import charts, forms
from api.web.render import page
from docflow import clock, organization, registry, statistics
from docflow.errors import Invalid, NotFound
from docflow.i18n import Text, t
from docflow.registry import Direction
from docflow.statistics import By, StatisticsFormat, Wanted

router = APIRouter()


class NoSuchFormat(NotFound):
    """Statistics are not written in this form."""


@router.get("/board")
def board(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """The load of the units that the person heads; each number leads to its list."""
    zone = office.settings.zone
    with office.db.read() as session:
        found = statistics.board(session, by=by, zone=zone)
    return page(
        request,
        "web/board.html",
        board=found,
        ages=statistics.AGES,
        closed_since=f"{found.closed_since:%d/%m/%Y}",
    )


@dataclass(frozen=True, slots=True)
class Typed:
    """What is wanted of the statistics, as it was typed."""

    by: str = ""
    first: str = ""
    last: str = ""
    book: str = ""
    direction: str = ""
    unit: str = ""


@router.get("/statistics")
def figures(
    request: Request, by: CurrentUser, office: TheOffice, typed: Annotated[Typed, Depends()]
) -> Response:
    """Counts, times and punctuality of a period; without one, of this year so far."""
    errors: dict[str, Text] = {}
    zone = office.settings.zone
    wanted = _this_year(zone)
    with office.db.read() as session:
        try:
            wanted = _wanted(typed, zone)
            found = statistics.figures(session, wanted, by=by, language=by.language, zone=zone)
        except Invalid as error:
            errors = {error.field or "form": error.message}
            wanted = _this_year(zone)
            found = statistics.figures(session, wanted, by=by, language=by.language, zone=zone)
        context = {
            "books": [(one.code, one.title) for one in registry.books_open_to(session, by)],
            "units": [
                one
                for one in organization.units(session, by.body_id)
                if statistics.sees_unit(by, one.id)
            ],
        }
    shown = {name: value for name, value in asdict(typed).items() if value}
    values = {
        "by": wanted.by,
        "first": f"{wanted.first_day:%d/%m/%Y}",
        "last": f"{wanted.last_day:%d/%m/%Y}",
        **shown,
    }
    is_month = wanted.by is By.MONTH
    return page(
        request,
        "web/statistics.html",
        status_code=422 if errors else 200,
        figures=found,
        columns=charts.columns(found.groups) if is_month else (),
        bars=() if is_month else charts.bars(found.groups),
        drawing=(charts.WIDTH, charts.HEIGHT),
        typed=values,
        errors=errors,
        groupings=list(By),
        directions=list(Direction),
        formats=list(StatisticsFormat),
        asked=urlencode(values),
        sees_board=statistics.sees_board(by),
        **context,
    )


@router.get("/statistics.{form}")
def file(
    form: str, by: CurrentUser, office: TheOffice, typed: Annotated[Typed, Depends()]
) -> Response:
    """The same figures as a file."""
    if form not in set(StatisticsFormat):
        raise NoSuchFormat(t("There is no such page."))
    kind, zone = StatisticsFormat(form), office.settings.zone
    with office.db.read() as session:
        wanted = _wanted(typed, zone)
        found = statistics.figures(session, wanted, by=by, language=by.language, zone=zone)
    name = f"{wanted.first_day}_{wanted.last_day}_{wanted.by}.{form}"
    return Response(
        statistics.written(found, kind, language=by.language),
        media_type=statistics.FORMATS[kind],
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"},
    )


def _this_year(zone: str) -> Wanted:
    today = clock.today(zone)
    return Wanted(date(today.year, 1, 1), today)


def _wanted(typed: Typed, zone: str) -> Wanted:
    """Raises BadDate, BadChoice."""
    year = _this_year(zone)
    try:
        grouping = By(typed.by or By.UNIT)
        direction = Direction(typed.direction) if typed.direction else None
    except ValueError as error:
        raise forms.BadChoice(t("Choose one from the list."), field="by") from error
    if typed.unit and not (typed.unit.isdecimal() and len(typed.unit) < 19):
        raise forms.BadChoice(t("Choose one from the list."), field="unit")
    return Wanted(
        first_day=forms.parse_day(typed.first, field="first") or year.first_day,
        last_day=forms.parse_day(typed.last, field="last") or year.last_day,
        by=grouping,
        book=forms.clean(typed.book)[:64] or None,
        direction=direction,
        unit_id=int(typed.unit) if typed.unit else None,
    )
