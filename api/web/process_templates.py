"""Templates of processes of the office: deployed, looked at and withdrawn by administrators."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web.render import page
from docflow import kinds, organization, processes
from docflow.errors import Conflict, DocflowError, Invalid
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.processes import MAX_BYTES, Problem, templates

router = APIRouter(prefix="/process-templates")
Code = Annotated[str, Path(max_length=64)]
Number = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


class NoFileChosen(Invalid):
    """A process template is a file of BPMN 2.0."""


@router.get("")
def listing(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """All templates, with those withdrawn, and a form for the next file."""
    return _listing(request, office, by)


@router.post("")
def deploy(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Check a file, and let processes begin by it from now on."""
    try:
        xml = _file(form)
        with office.db.begin() as session:
            code = templates.deploy(session, xml, by=by).code
    except processes.BadProcessTemplate as error:
        return _listing(request, office, by, error=error, found=error.problems)
    except (Invalid, Conflict) as error:
        return _listing(request, office, by, error=error)
    return RedirectResponse(f"/process-templates/{code}?done=template-deployed", 303)


@router.get("/{code}")
def show(request: Request, code: Code, by: CurrentUser, office: TheOffice) -> Response:
    """A template: its picture, its steps, its versions, and the kinds that begin it."""
    return _show(request, office, by, code)


@router.get("/{code}/picture.bpmn")
def picture(code: Code, by: CurrentUser, office: TheOffice, version: Number = None) -> Response:
    """The file of a version, as it was deployed; of the one that holds, where none is named."""
    with office.db.read() as session:
        xml = templates.file(session, code, by=by, number=version)
    name = f'attachment; filename="{code}.bpmn"'
    headers = {"Content-Disposition": name} if version is not None else {}
    return Response(xml, media_type="application/xml", headers=headers)


@router.post("/{code}/withdraw")
def withdraw(request: Request, code: Code, by: CurrentUser, office: TheOffice) -> Response:
    """Offer the template no more."""
    try:
        with office.db.begin() as session:
            templates.withdraw(session, code, by=by)
    except Conflict as error:
        return _show(request, office, by, code, error=error)
    return RedirectResponse("/process-templates?done=template-withdrawn", 303)


def _file(form: FormData) -> bytes:
    part = form.get("file")
    if not isinstance(part, UploadFile) or not part.filename:
        raise NoFileChosen(t("Choose the BPMN file of the process."), field="file")
    part.file.seek(0)
    return part.file.read(MAX_BYTES + 1)  # one more is told as too large


def _listing(
    request: Request,
    office: Office,
    by: Principal,
    *,
    error: DocflowError | None = None,
    found: Sequence[Problem] = (),
) -> Response:
    with office.db.read() as session:
        listed = templates.listing(session, by=by, with_withdrawn=True)
        titles = _kinds(session, by)
    return page(
        request,
        "web/process_templates/list.html",
        status_code=problems.status_of(error) if error else 200,
        listed=listed,
        kind_titles=titles,
        problems=found,
        errors={error.field or "file": error.message} if error else {},
        max_mb=1,
    )


def _show(
    request: Request,
    office: Office,
    by: Principal,
    code: str,
    *,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        found = templates.named(session, code, by=by)
        titles = _kinds(session, by)
        units = {one.code: one.name for one in organization.units(session, by.body_id)}
    return page(
        request,
        "web/process_templates/show.html",
        status_code=problems.status_of(error) if error else 200,
        found=found,
        kind_titles=titles,
        unit_names=units,
        errors={"form": error.message} if error else {},
    )


def _kinds(session: Session, by: Principal) -> dict[str, str]:
    found = kinds.listing(session, by, with_retired=True)
    return {one.code: one.definition.title(by.language) for one in found}
