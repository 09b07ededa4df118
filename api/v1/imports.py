"""/api/v1/imports: registers of earlier systems, from upload to seal."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import TheOffice
from api.streams import stored_file
from api.v1.fields import Body, Code, Needed
from api.v1.reads import ReadRoute
from api.v1.security import Reader, Registrar
from api.v1.submission import Submitted, request_body
from docflow import imports, registry
from docflow.i18n import t

router = APIRouter(prefix="/imports", tags=["imports"], route_class=ReadRoute)
RowId = Annotated[int, Path(ge=1, le=2**62)]


class NewImport(Body):
    """An old register to be taken over; the table comes as the one file."""

    year: int = Field(ge=1900, le=2999)
    taken_from: Annotated[Needed, Field(examples=["Παλαιό πρόγραμμα πρωτοκόλλου"])]
    book: Code | None = None


class Import(BaseModel):
    """An old register, and how far it is."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    book: str
    year: int
    taken_from: str
    file_name: str
    file_sha256: str
    columns: dict[str, int] = Field(
        description="Field to number of its column, from 0.", examples=[{"number": 0, "date": 1}]
    )
    direction: registry.Direction | None
    duplicates: imports.Duplicates
    by_direction: bool
    state: imports.ImportState
    rows_total: int
    rows_done: int
    report: dict[str, Any] = Field(
        description="Counts, the first gaps and faults; the whole of it at `/report`. `left_out` "
        "are the numbers of rows with errors: declared missing too where it goes on without them.",
        examples=[
            {
                "rows": 100000,
                "good": 99997,
                "bad": 3,
                "warnings": 0,
                "missing": 12,
                "gaps": [["common", 40, 51]],
                "left_out": [["common", 7, 7]],
            }
        ],
    )
    problem: str | None
    begun_at: datetime
    sealed_at: datetime | None


class Imports(BaseModel):
    items: list[Import]


class Mapping(Body):
    """What each column is, and how the file is read."""

    columns: dict[imports.Field, Annotated[int, Field(ge=0, le=99)]] | None = Field(
        None, description="The recognised columns without it."
    )
    encoding: str | None = Field(None, description=" ".join(imports.ENCODINGS))
    separator: str | None = Field(None, description="; , or tab")
    header: int | None = Field(None, ge=1, le=50, description="Row with the names of columns.")
    direction: registry.Direction | None = Field(None, description="Of all rows.")
    duplicates: imports.Duplicates = imports.Duplicates.REFUSE
    by_direction: bool = False


class Confirmation(Body):
    """The decision after the report."""

    without_bad: bool = Field(False, description="Go on without the rows that are wrong.")


@router.get("")
def listing(by: Reader, office: TheOffice) -> Imports:
    """The old registers of the body, the newest first."""
    with office.db.read() as session:
        return Imports(items=[Import.model_validate(one) for one in imports.infos(session, by=by)])


@router.post("", status_code=201, openapi_extra=request_body(NewImport, files="CSV or XLSX."))
def begin(sent: Submitted, by: Registrar, office: TheOffice) -> Import:
    """Keep the file and recognise its columns (head of the registry)."""
    new = sent.body(NewImport)
    uploads = sent.stored(office, by=by)
    if len(uploads) != 1:
        raise imports.NoTable(t("Choose the file with the old register."), field="file")
    import_id = imports.begin(
        office, uploads[0], by=by, year=new.year, taken_from=new.taken_from, book=new.book
    )
    return _import(office, import_id, by)


@router.get("/{import_id}")
def read(import_id: RowId, by: Reader, office: TheOffice) -> Import:
    """One old register: its state, progress and report."""
    return _import(office, import_id, by)


@router.post("/{import_id}/check", status_code=202)
def check(import_id: RowId, body: Mapping, by: Registrar, office: TheOffice) -> Import:
    """Have every row judged; nothing is registered. See `state` for the end."""
    known = _import(office, import_id, by)
    seen = imports.preview(office, import_id, by=by)
    form = _form(office, import_id, body, by)
    columns = body.columns
    if columns is None:
        columns = {imports.Field(name): place for name, place in known.columns.items()}
        columns = columns or imports.recognised(seen.header)
    imports.check(
        office,
        import_id,
        by=by,
        mapping=columns,
        form=form,
        direction=body.direction,
        duplicates=body.duplicates,
        by_direction=body.by_direction,
    )
    return _import(office, import_id, by)


@router.post("/{import_id}/confirmation", status_code=202)
def confirm(import_id: RowId, body: Confirmation, by: Registrar, office: TheOffice) -> Import:
    """Take the register over and seal its year. See `state` for the end."""
    with office.db.begin() as session:
        imports.confirm(
            session,
            import_id,
            by=by,
            zone=office.settings.zone,
            without_bad=body.without_bad,
        )
    return _import(office, import_id, by)


@router.post("/{import_id}/cancellation")
def cancel(import_id: RowId, by: Registrar, office: TheOffice) -> Import:
    """Stop the work; nothing stays in the register."""
    with office.db.begin() as session:
        imports.cancel(session, import_id, by=by)
    return _import(office, import_id, by)


@router.get("/{import_id}/report", response_class=Response)
def report(import_id: RowId, by: Reader, office: TheOffice) -> Response:
    """Every fault and gap with its row, as CSV."""
    with office.db.read() as session:
        one = imports.info(session, import_id, by=by)
    if one.report_sha256 is None:
        raise imports.NoSuchImport(t("There is no report yet."))
    name = f"report-{one.book}-{one.year}.csv"
    return stored_file(
        office, sha256=one.report_sha256, name=name, media_type="text/csv", download=True
    )


def _import(office: TheOffice, import_id: int, by: Reader) -> Import:
    with office.db.read() as session:
        return Import.model_validate(imports.info(session, import_id, by=by))


def _form(office: TheOffice, import_id: int, body: Mapping, by: Reader) -> imports.Form:
    with office.db.read() as session:
        known = imports.info(session, import_id, by=by).form
    encoding, separator = body.encoding or known.encoding, body.separator or known.separator
    if encoding not in imports.ENCODINGS or separator not in imports.SEPARATORS:
        raise imports.BadMapping(t("Encoding or separator are not known here."), field="encoding")
    return replace(
        known, encoding=encoding, separator=separator, header=body.header or known.header
    )
