"""/api/v1/process-templates: processes of the office's own work, and the kinds that begin them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response, UploadFile
from pydantic import BaseModel, Field

from api.deps import TheOffice
from api.v1 import shapes
from api.v1.fields import Body, Code
from api.v1.kinds import KindCode
from api.v1.language import Language
from api.v1.reads import ReadRoute
from api.v1.security import Administrator
from docflow import processes
from docflow.processes import MAX_BYTES, TaskKind, templates

router = APIRouter(tags=["processes"], route_class=ReadRoute)
TemplateCode = Annotated[
    Code, Path(description="Code of the template, as `GET /process-templates` names it.")
]


class TemplateStep(BaseModel):
    """A step or event of a template, in the order of its flow."""

    element_id: str = Field(examples=["opinion"])
    kind: TaskKind
    name: str = Field(examples=["Γνώμη της Νομικής Υπηρεσίας"])
    who: str = Field(
        description="Of a step of the staff: `unit` (the competent one) or `unit:CODE`.",
        examples=["unit:50"],
    )
    days: int | None
    asks_for: list[str] = Field(description="What its form asks for.")


class TemplateVersion(shapes.Shape):
    number: int
    digest: str = Field(description="SHA-256 of the file.")
    deployed_by: str
    deployed_at: datetime


class Template(BaseModel):
    """A template in the version by which processes begin now."""

    code: str = Field(examples=["access_to_documents"])
    title: str = Field(examples=["Πρόσβαση σε έγγραφα"])
    version: int
    is_withdrawn: bool
    kinds: list[str] = Field(description="Codes of the kinds of document that begin it.")
    steps: list[TemplateStep]
    versions: list[TemplateVersion] = Field(description="The last first.")


class Templates(BaseModel):
    items: list[Template]


class Tie(BaseModel):
    """The process that documents of a kind begin when they come in."""

    kind: str
    template: str | None = Field(description="Null: none.")
    title: str
    version: int = Field(description="Send it back as `seen` with a change.")


class NewTie(Body):
    template: Code | None = Field(
        description="Code of the template; null: no process.", examples=["access_to_documents"]
    )
    seen: int | None = Field(
        None,
        ge=0,
        le=2**63 - 1,
        description="The `version` on which you decided; another one gives `tie-changed`.",
    )


@router.get("/process-templates")
def listing(
    by: Administrator,
    office: TheOffice,
    language: Language,
    withdrawn: Annotated[bool, Query(description="Withdrawn ones too.")] = False,
) -> Templates:
    """The templates of the body (administrators)."""
    with office.db.read() as session:
        found = templates.listing(session, by=by, with_withdrawn=withdrawn)
    return Templates(items=[_shape(one, language) for one in found])


@router.post("/process-templates", status_code=201)
def deploy(
    file: UploadFile, by: Administrator, office: TheOffice, language: Language, response: Response
) -> Template:
    """Check a file of BPMN 2.0, and let processes begin by it from now on.

    The id of its process is the code: where a template has it, this is its next version. The
    problem `bad-process-template` names each fault with its line under `errors`.
    """
    xml = file.file.read(MAX_BYTES + 1)
    with office.db.begin() as session:
        found = templates.deploy(session, xml, by=by)
    response.headers["Location"] = f"/api/v1/process-templates/{found.code}"
    return _shape(found, language)


@router.get("/process-templates/{code}")
def details(
    code: TemplateCode, by: Administrator, office: TheOffice, language: Language
) -> Template:
    """A template with its steps and versions."""
    with office.db.read() as session:
        return _shape(templates.named(session, code, by=by), language)


@router.get(
    "/process-templates/{code}/file",
    response_class=Response,
    responses={200: {"content": {"application/xml": {}}}},
)
def file(
    code: TemplateCode,
    by: Administrator,
    office: TheOffice,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Response:
    """The file of the version that holds, or of another one."""
    with office.db.read() as session:
        xml = templates.file(session, code, by=by, number=version)
    return Response(xml, media_type="application/xml")


@router.delete("/process-templates/{code}", status_code=204)
def withdraw(code: TemplateCode, by: Administrator, office: TheOffice) -> None:
    """Offer a template no more; what began by it goes on."""
    with office.db.begin() as session:
        templates.withdraw(session, code, by=by)


@router.get("/kinds/{code}/process", tags=["kinds"])
def of_kind(code: KindCode, by: Administrator, office: TheOffice, language: Language) -> Tie:
    """The process that documents of the kind begin."""
    with office.db.read() as session:
        return _tie(code, processes.of_kind(session, code, by=by), language)


@router.put("/kinds/{code}/process", tags=["kinds"])
def tie(
    code: KindCode, body: NewTie, by: Administrator, office: TheOffice, language: Language
) -> Tie:
    """Let documents of the kind begin a process when they come in, from now on."""
    with office.db.begin() as session:
        made = processes.tie(session, code, body.template, by=by, seen=body.seen)
    return _tie(code, made, language)


def _tie(kind: str, made: processes.Tie, language: str) -> Tie:
    return Tie(
        kind=kind,
        template=made.template,
        title=made.title.in_language(language),
        version=made.version,
    )


def _shape(one: processes.TemplateInfo, language: str) -> Template:
    return Template(
        code=one.code,
        title=one.title.in_language(language),
        version=one.version,
        is_withdrawn=one.is_withdrawn,
        kinds=list(one.kinds),
        steps=[
            TemplateStep(
                element_id=step.id,
                kind=step.kind,
                name=step.name.in_language(language),
                who=step.who,
                days=step.days,
                asks_for=[field.label.in_language(language) for field in step.fields],
            )
            for step in one.definition.elements
        ],
        versions=[TemplateVersion.model_validate(version) for version in one.versions],
    )
