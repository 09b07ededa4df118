"""/api/v1/case-files: case files, what lies in them, and their export as one file."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from api.deps import TheOffice
from api.streams import stored_file
from api.v1 import shapes
from api.v1.fields import Body, Code, Id, Line, Needed, ReasonBody, Typed
from api.v1.language import Language
from api.v1.reads import Cursor, Limit, ReadRoute, position
from api.v1.reads import cursor as sealed
from api.v1.security import Reader, Router
from docflow import case_files, registry
from docflow.case_files import ExportForm, ItemKind, exporting
from docflow.exports import ExportState
from docflow.principal import Principal

router = APIRouter(prefix="/case-files", tags=["case files"], route_class=ReadRoute)
FileId = Annotated[Id, Path(description="`id` of the case file.")]
ItemId = Annotated[Id, Path(description="`item_id` of a document in the file.")]


class ClassShape(BaseModel):
    """A class of a classification plan."""

    plan: str = Field(examples=["Κ"])
    version: int
    code: str = Field(examples=["20.3"])
    title: str
    retention_years: int | None
    action: case_files.RetentionAction


class CaseFile(BaseModel):
    """A case file as lists show it; `documents` counts those open to the caller."""

    id: int
    code: str = Field(examples=["Φ.20.3/30-4/2026"])
    title: str
    unit_id: int
    unit: str
    classified: ClassShape | None
    responsible: str
    is_confidential: bool
    paper_place: str
    documents: int
    opened_at: datetime
    closed_at: datetime | None


class CaseFiles(BaseModel):
    items: list[CaseFile]
    next_cursor: str | None


class Document(BaseModel):
    """An entry in the file; `first_page` and `last_page` count through it."""

    item_id: int
    number: int
    kind: ItemKind
    entry: shapes.Line
    pages: int
    first_page: int
    last_page: int
    filed_at: datetime
    filed_by: str = Field(description="Empty where an answer was filed with its letter by itself.")


class WholeCaseFile(CaseFile):
    """A case file with what lies in it and is open to the caller."""

    version: int = Field(description="To be sent back by who changes or closes the file.")
    above: list[CaseFile]
    below: list[CaseFile]
    contents: list[Document]
    documents_not_open: int = Field(
        description="Documents of other units, of which only the number may be told."
    )


class CoverBody(Body):
    """What stands on the cover."""

    title: Annotated[Needed, Field(examples=["Επισκευές οδοστρώματος Κάτω Πόλης"])]
    unit_id: Id
    class_code: Annotated[Line, Field(examples=["20.3"])] = Field(
        "", description="A class in force today; `plan:code` where several plans have it."
    )
    responsible_id: Id | None = None
    is_confidential: bool = False
    paper_place: Line = ""

    def cover(self) -> case_files.Cover:
        return case_files.Cover(**self.model_dump(include=set(CoverBody.model_fields)))


class NewCaseFile(CoverBody):
    """A new file; `parent_id` makes it a sub-file, `entry` is a document that it begins with."""

    parent_id: Id | None = None
    entry: Line = Field("", examples=["15/2026"])


class ChangedCover(CoverBody):
    version: int = Field(ge=1, description="The version that you saw; another one gives 409.")


class ParentBody(Body):
    """The file above; `null` lets the file stand by itself."""

    parent_id: Id | None
    version: int = Field(ge=1)


class ClosingBody(Body):
    version: int = Field(ge=1)
    reason: Line = Field("", description="Needed while a document is still being handled.")


class ReopeningBody(ReasonBody):
    version: int = Field(ge=1)


class NewItem(Body):
    """An entry for the file, as people cite it."""

    entry: Annotated[Needed, Field(examples=["15/2026"])]
    kind: ItemKind = ItemKind.MAIN
    pages: int | None = Field(None, description="Of the paper, where they were counted.")


class MoveBody(ReasonBody):
    to: Id = Field(description="`id` of the other case file.")


class ExportBody(Body):
    form: ExportForm = Field(examples=["zip"])
    reason: Line = Field("", description="For the confidential documents among what is taken.")


class ExportShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    case_file_id: int
    form: ExportForm
    state: ExportState
    documents: int | None
    size: int | None
    problem: str | None
    created_at: datetime
    finished_at: datetime | None


_A_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {media_type: {} for media_type in exporting.MEDIA_TYPES.values()},
        "description": "The file.",
    }
}
_A_PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {}}, "description": "Cover and contents."}
}


@router.get("")
def listing(
    by: Reader,
    office: TheOffice,
    q: Typed = "",
    entry: Annotated[str, Query(max_length=80, description="Files in which it lies.")] = "",
    unit_id: Annotated[int | None, Query(ge=1)] = None,
    class_code: Annotated[Code | None, Query(description="And what lies under it.")] = None,
    is_open: bool | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> CaseFiles:
    """Case files that are open to the caller, the newest first; with `entry`, those of an entry."""
    wanted = case_files.Wanted(
        words=q, unit_id=unit_id, class_code=class_code or "", is_open=is_open, with_sub_files=True
    )
    place = f"case-files:{q}:{unit_id}:{class_code}:{is_open}"
    with office.db.read() as session:
        if entry:
            found = registry.cited(session, entry, by=by)
            placed = case_files.of_entry(session, found.id, by=by)
            return CaseFiles(items=[_line(one.file) for one in placed], next_cursor=None)
        after = position(office, by, place, cursor)
        lines = case_files.listing(session, wanted, by=by, after=after, limit=limit + 1)
    more = sealed(office, by, place, lines[limit - 1].id) if len(lines) > limit else None
    return CaseFiles(items=[_line(one) for one in lines[:limit]], next_cursor=more)


@router.post("", status_code=201)
def open_file(
    body: NewCaseFile, by: Router, office: TheOffice, response: Response
) -> WholeCaseFile:
    """Open a case file, or a sub-file."""
    zone = office.settings.zone
    with office.db.begin() as session:
        file = case_files.open_file(
            session, body.cover(), by=by, zone=zone, parent_id=body.parent_id
        )
        if body.entry:
            entry = registry.cited(session, body.entry, by=by)
            case_files.file_entry(session, file.id, entry.id, by=by, zone=zone)
        session.flush()  # what the answer reads again
        response.headers["Location"] = f"/api/v1/case-files/{file.id}"
        return _whole(session, file.id, by)


@router.get("/exports/{export_id}")
def export(export_id: Id, by: Reader, office: TheOffice) -> ExportShape:
    """How an export stands."""
    with office.db.read() as session:
        return ExportShape.model_validate(exporting.get(session, export_id, by=by))


@router.get("/exports/{export_id}/file", response_class=Response, responses=_A_FILE)
def export_file(export_id: Id, by: Reader, office: TheOffice) -> Response:
    """The file of an export that is done; for a week, and while all of it is open to the caller."""
    with office.db.read() as session:
        row, name = exporting.file_of(session, export_id, by=by)
    return stored_file(
        office,
        sha256=str(row.sha256),
        name=name,
        media_type=exporting.MEDIA_TYPES[ExportForm(row.form)],
        download=True,
    )


@router.get("/{file_id}")
def one(file_id: FileId, by: Reader, office: TheOffice) -> WholeCaseFile:
    """A case file with its contents."""
    with office.db.read() as session:
        return _whole(session, file_id, by)


@router.put("/{file_id}")
def amend(file_id: FileId, body: ChangedCover, by: Router, office: TheOffice) -> WholeCaseFile:
    """Write another cover; the code stays."""
    with office.db.begin() as session:
        zone = office.settings.zone
        cover = body.cover()
        case_files.amend(session, file_id, cover, version=body.version, by=by, zone=zone)
        session.flush()
        return _whole(session, file_id, by)


@router.put("/{file_id}/parent")
def put_under(file_id: FileId, body: ParentBody, by: Router, office: TheOffice) -> WholeCaseFile:
    """Put the file under another; never under itself, and two levels deep at most."""
    with office.db.begin() as session:
        case_files.put_under(session, file_id, body.parent_id, version=body.version, by=by)
        session.flush()
        return _whole(session, file_id, by)


@router.post("/{file_id}/closing")
def close(file_id: FileId, body: ClosingBody, by: Router, office: TheOffice) -> WholeCaseFile:
    """Close the file: nothing is filed, moved or taken out any more."""
    with office.db.begin() as session:
        case_files.close(session, file_id, version=body.version, by=by, reason=body.reason)
        session.flush()
        return _whole(session, file_id, by)


@router.post("/{file_id}/reopening")
def reopen(file_id: FileId, body: ReopeningBody, by: Router, office: TheOffice) -> WholeCaseFile:
    """Open a closed file again."""
    with office.db.begin() as session:
        case_files.reopen(session, file_id, version=body.version, by=by, reason=body.reason)
        session.flush()
        return _whole(session, file_id, by)


@router.post("/{file_id}/documents", status_code=201)
def put_in(file_id: FileId, body: NewItem, by: Router, office: TheOffice) -> WholeCaseFile:
    """Put an entry into the file."""
    with office.db.begin() as session:
        entry = registry.cited(session, body.entry, by=by)
        case_files.file_entry(
            session,
            file_id,
            entry.id,
            by=by,
            zone=office.settings.zone,
            kind=body.kind,
            pages=body.pages,
        )
        session.flush()
        return _whole(session, file_id, by)


@router.post("/documents/{item_id}/move")
def move(item_id: ItemId, body: MoveBody, by: Router, office: TheOffice) -> WholeCaseFile:
    """Move a document into another file; the file that it is in now is the answer."""
    with office.db.begin() as session:
        zone = office.settings.zone
        item = case_files.move(session, item_id, body.to, reason=body.reason, by=by, zone=zone)
        session.flush()
        return _whole(session, item.case_file_id, by)


@router.post("/documents/{item_id}/removal")
def take_out(item_id: ItemId, body: ReasonBody, by: Router, office: TheOffice) -> WholeCaseFile:
    """Take a document out of its file."""
    with office.db.begin() as session:
        item = case_files.take_out(session, item_id, reason=body.reason, by=by)
        session.flush()
        return _whole(session, item.case_file_id, by)


@router.get("/{file_id}/contents.pdf", response_class=Response, responses=_A_PDF)
def contents(file_id: FileId, by: Reader, office: TheOffice, language: Language) -> Response:
    """Cover and contents on paper."""
    pdf = exporting.contents_pdf(office, file_id, by=by, language=language)
    return Response(pdf, media_type="application/pdf", headers={"Cache-Control": "no-store"})


@router.post("/{file_id}/exports", status_code=202)
def ask(
    file_id: FileId, body: ExportBody, by: Reader, office: TheOffice, language: Language
) -> ExportShape:
    """Have the file made as one PDF, or as ZIP, by a job; it waits for a week."""
    with office.db.begin() as session:
        row = exporting.request(
            session,
            file_id,
            body.form,
            by=by,
            language=language,
            zone=office.settings.zone,
            reason=body.reason,
        )
        return ExportShape.model_validate(row)


def _line(one: case_files.FileLine) -> CaseFile:
    return CaseFile(**_fields(one))


def _fields(one: case_files.FileLine) -> dict[str, Any]:
    given = one.class_
    return {
        **{name: getattr(one, name) for name in CaseFile.model_fields if name != "classified"},
        "classified": ClassShape(
            plan=given.plan,
            version=given.version,
            code=given.code,
            title=given.title,
            retention_years=given.retention_years,
            action=case_files.RetentionAction(given.action),
        )
        if given
        else None,
    }


def _whole(session: Session, file_id: int, by: Principal) -> WholeCaseFile:
    file = case_files.get(session, file_id, by=by)
    known = case_files.details(session, file, by=by)
    found = case_files.contents(session, file.id, by=by)
    lines = shapes.lines([content.line for content in found])
    return WholeCaseFile(
        **_fields(known.line),
        version=file.version,
        above=[_line(one) for one in known.above],
        below=[_line(one) for one in known.below],
        contents=[
            Document(
                item_id=content.item_id,
                number=content.number,
                kind=content.kind,
                entry=line,
                pages=content.pages,
                first_page=content.first,
                last_page=content.last,
                filed_at=content.filed_at,
                filed_by=content.filed_by,
            )
            for content, line in zip(found, lines, strict=True)
        ],
        documents_not_open=known.not_open,
    )
