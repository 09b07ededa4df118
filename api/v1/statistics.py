"""/api/v1/statistics and /board: figures over what the caller may see."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.deps import TheOffice
from api.v1.fields import Code, Day, Id
from api.v1.language import Language
from api.v1.reads import ReadRoute
from api.v1.security import Reader
from docflow import statistics
from docflow.registry import Direction
from docflow.statistics import By, StatisticsFormat, Wanted

router = APIRouter(tags=["statistics"], route_class=ReadRoute)
_A_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {kind.split(";")[0]: {} for kind in statistics.FORMATS.values()},
        "description": "The file.",
    }
}


class Asked(BaseModel):
    """Of which entries, and by what they are put together."""

    first_day: Day = Field(examples=["2026-01-01"])
    last_day: Day = Field(examples=["2026-12-31"])
    by: By = By.UNIT
    book: Code | None = None
    direction: Direction | None = None
    unit: Id | None = None

    def wanted(self) -> Wanted:
        return Wanted(self.first_day, self.last_day, self.by, self.book, self.direction, self.unit)


class Measures(BaseModel):
    """Times are hours from the receipt to the end of the handling, shares from 0 to 1."""

    entries: int
    open: int
    closed: int
    overdue: int = Field(description="Open, and the deadline has passed.")
    late: int = Field(description="Closed after the deadline.")
    on_time: int
    on_time_share: float | None = Field(description="Of what was to be ready by now.")
    mean: float | None
    median: float | None
    p90: float | None
    answered: int
    answer_mean: float | None
    answer_longest: float | None
    escalated: int = Field(description="Somebody above the handler had to be reminded.")
    escalated_share: float | None


class Group(Measures):
    key: str = Field(description="Id, code or month (2026-05); empty for what has none.")
    title: str


class Figures(BaseModel):
    first_day: date
    last_day: date
    by: By
    groups: list[Group]
    total: Measures


@router.get("/statistics")
def figures(
    asked: Annotated[Asked, Query()], by: Reader, office: TheOffice, language: Language
) -> Figures:
    """Counts, times and punctuality of the entries registered in the period."""
    with office.db.read() as session:
        found = statistics.figures(
            session, asked.wanted(), by=by, language=language, zone=office.settings.zone
        )
    return Figures.model_validate(statistics.as_json(found))


@router.get("/statistics/file", response_class=Response, responses=_A_FILE)
def file(
    asked: Annotated[Asked, Query()],
    by: Reader,
    office: TheOffice,
    language: Language,
    format: Annotated[StatisticsFormat, Query()] = StatisticsFormat.CSV,
) -> Response:
    """The same as a file."""
    with office.db.read() as session:
        found = statistics.figures(
            session, asked.wanted(), by=by, language=language, zone=office.settings.zone
        )
    data = statistics.written(found, format, language=language)
    return Response(data, media_type=statistics.FORMATS[format])


class Load(BaseModel):
    """Open work of a unit, or of a person in it, and how deadlines were kept of late."""

    unit_id: int
    unit: str
    person_id: int | None = Field(description="null: of the unit, or with nobody in it yet.")
    person: str
    open: int
    new: int = Field(description="Not accepted yet.")
    ages: dict[str, int] = Field(description="By days since the registration.")
    overdue: int
    due_soon: int
    on_time: int
    late: int
    on_time_share: float | None


class LoadOfUnit(Load):
    people: list[Load]


class Board(BaseModel):
    closed_since: date = Field(description="Closed items are counted since then.")
    units: list[LoadOfUnit]
    total: Load


@router.get("/board")
def board(by: Reader, office: TheOffice) -> Board:
    """The load of the units that the caller heads, and of the people in them."""
    with office.db.read() as session:
        found = statistics.board(session, by=by, zone=office.settings.zone)
    return Board(
        closed_since=found.closed_since,
        units=[
            LoadOfUnit(
                **_load(unit),
                people=[Load(**_load(one)) for one in found.people.get(unit.unit_id, ())],
            )
            for unit in found.units
        ],
        total=Load(**_load(found.total)),
    )


def _load(load: statistics.Load) -> dict[str, Any]:
    return {name: getattr(load, name) for name in Load.model_fields}
