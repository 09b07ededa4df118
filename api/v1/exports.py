"""/api/v1/exports: the register as PDF, CSV, XLSX or XML."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import TheOffice
from api.streams import stored_file
from api.v1.fields import Body, Code, Day, Id
from api.v1.language import Language
from api.v1.reads import ReadRoute
from api.v1.security import Reader
from docflow import exports
from docflow.registry import Direction

router = APIRouter(prefix="/exports", tags=["exports"], route_class=ReadRoute)
_A_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {media_type.split(";")[0]: {} for media_type in exports.MEDIA_TYPES.values()},
        "description": "The file.",
    }
}


@router.get("/register", response_class=Response, responses=_A_FILE)
def register(
    by: Reader,
    office: TheOffice,
    language: Language,
    first_day: Annotated[date, Query(examples=["2026-01-01"])],
    last_day: Annotated[date, Query(examples=["2026-12-31"])],
    format: Annotated[exports.Format, Query(description="csv, xlsx, xml or pdf.")],
    book: Annotated[Code | None, Query()] = None,
    direction: Direction | None = None,
    delimiter: Annotated[Literal[";", ","], Query(description="Of a CSV.")] = ";",
) -> Response:
    """A part of the register at once; at most 2,000 entries (250 as PDF), else ask with POST."""
    wanted = exports.Wanted(first_day, last_day, book, direction)
    exports.require_small(office, wanted, format, by=by)
    with exports.made(
        office, wanted, format, by=by, language=language, delimiter=delimiter
    ) as made:
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(made.name)}",
            "Cache-Control": "no-store",
        }
        return Response(made.path.read_bytes(), media_type=made.media_type, headers=headers)


class NewExport(Body):
    """A part of the register: a period (both days included), perhaps one book or direction."""

    first_day: Day = Field(examples=["2026-01-01"])
    last_day: Day = Field(examples=["2026-12-31"])
    format: exports.Format = Field(examples=["xlsx"])
    book: Code | None = None
    direction: Direction | None = None
    delimiter: Literal[";", ","] = ";"


class ExportShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    format: exports.Format
    state: exports.ExportState
    rows: int | None
    size: int | None
    problem: str | None
    created_at: datetime
    finished_at: datetime | None


class Exports(BaseModel):
    items: list[ExportShape]


@router.post("", status_code=202)
def ask(body: NewExport, by: Reader, office: TheOffice, language: Language) -> ExportShape:
    """Have a file made by a job; it waits for a week."""
    wanted = exports.Wanted(body.first_day, body.last_day, body.book, body.direction)
    with office.db.begin() as session:
        row = exports.request(
            session, wanted, body.format, by=by, language=language, delimiter=body.delimiter
        )
        return ExportShape.model_validate(row)


@router.get("")
def listing(by: Reader, office: TheOffice) -> Exports:
    """The caller's own exports, the newest first."""
    with office.db.read() as session:
        return Exports(
            items=[ExportShape.model_validate(one) for one in exports.listing(session, by=by)]
        )


@router.get("/{export_id}")
def one(export_id: Id, by: Reader, office: TheOffice) -> ExportShape:
    """How an export stands."""
    with office.db.read() as session:
        return ExportShape.model_validate(exports.get(session, export_id, by=by))


@router.get("/{export_id}/file", response_class=Response, responses=_A_FILE)
def file(export_id: Id, by: Reader, office: TheOffice) -> Response:
    """The file of an export that is done."""
    with office.db.read() as session:
        row = exports.file_of(session, export_id, by=by)
    return stored_file(
        office,
        sha256=str(row.sha256),
        name=exports.name_of(row),
        media_type=exports.MEDIA_TYPES[exports.Format(row.format)],
        download=True,
    )
