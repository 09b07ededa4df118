"""Services on the staff side: loading, deploying, withdrawing them, and the words that are read."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.render import page
from docflow import organization, services
from docflow.errors import DocflowError, NotFound
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter(prefix="/catalogue")
Code = Annotated[str, Path(max_length=64)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("")
def listing(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """All services of the body; for the administrator also what can be loaded."""
    return _listing(request, office, by)


@router.post("")
def load(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Load a folder as a draft: a ZIP file, or one that comes with the program."""
    try:
        loaded = services.load(office, _folder(form), by=by)
    except services.BadService as error:
        return _listing(request, office, by, error=error, found=error.problems)
    except services.BadFolder as error:
        return _listing(request, office, by, error=error)
    done = "service-loaded" if loaded.is_new else "service-known"
    return RedirectResponse(f"/catalogue/{loaded.code}?done={done}", 303)


@router.get("/{code}")
def show(request: Request, code: Code, by: CurrentUser, office: TheOffice) -> Response:
    """A service with its versions and what was done with it."""
    return _show(request, office, by, code)


@router.post("/{code}/deploy")
def deploy(
    request: Request, code: Code, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Let a version hold for new applications."""
    try:
        with office.db.begin() as session:
            services.deploy(
                session,
                forms.whole(form, "version_id"),
                unit_id=forms.optional_id(form, "unit_id"),
                seen=forms.optional_id(form, "seen"),
                by=by,
            )
    except DocflowError as error:
        return _again(request, office, by, code, form, error)
    return RedirectResponse(f"/catalogue/{code}?done=service-deployed", 303)


@router.post("/{code}/withdraw")
def withdraw(
    request: Request, code: Code, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Offer the service no more."""
    try:
        with office.db.begin() as session:
            services.withdraw(
                session,
                code,
                reason=forms.text(form, "reason"),
                seen=forms.optional_id(form, "seen"),
                by=by,
            )
    except DocflowError as error:
        return _again(request, office, by, code, form, error, open_act="withdraw")
    return RedirectResponse(f"/catalogue/{code}?done=service-withdrawn", 303)


@router.get("/{code}/versions/{number}")
def look(
    request: Request, code: Code, number: Number, by: CurrentUser, office: TheOffice
) -> Response:
    """What a version says and asks for, before it is deployed or after."""
    with office.db.read() as session:
        version = services.version(session, _version_id(session, code, number, by))
        files = services.files(session, version.id)
    return page(
        request,
        "web/services/version.html",
        service=version,
        said=version.definition,
        description=services.html(version.definition.description(by.language)),
        files=files,
    )


@router.get("/{code}/versions/{number}/folder")
def folder(code: Code, number: Number, by: CurrentUser, office: TheOffice) -> Response:
    """The folder of a version as a ZIP file, with the office's words in it."""
    with office.db.read() as session:
        version_id = _version_id(session, code, number, by)
    data = services.packed(services.export(office, version_id, by=by))
    headers = {"Content-Disposition": f'attachment; filename="{code}-{number}.zip"'}
    return Response(data, media_type="application/zip", headers=headers)


def _version_id(session: Session, code: str, number: int, by: Principal) -> int:
    found = services.versions(session, code, by=by)
    version = next((one for one in found if one.number == number), None)
    if version is None:
        raise services.NoSuchVersion(t("There is no such version of the service."))
    return version.id


def _folder(form: FormData) -> services.Folder:
    """The chosen folder. Raises BadFolder."""
    shipped = forms.text(form, "shipped")
    if shipped:
        known = services.shipped()
        if shipped not in known:
            raise services.BadFolder(t("Choose one from the list."), field="shipped")
        return services.read_folder(known[shipped])
    part = form.get("file")
    if not isinstance(part, UploadFile) or not part.filename:
        raise services.BadFolder(t("Choose the ZIP file of the service."), field="file")
    part.file.seek(0)
    data = part.file.read(services.MAX_FOLDER + 1)
    if len(data) > services.MAX_FOLDER:
        raise services.BadFolder(
            t("At most {mb} MB can be loaded.", mb=services.MAX_FOLDER >> 20), field="file"
        )
    return services.read_zip(data, part.filename)


def _listing(
    request: Request,
    office: Office,
    by: Principal,
    *,
    error: DocflowError | None = None,
    found: Sequence[services.Problem] = (),
) -> Response:
    with office.db.read() as session:
        listed = services.listing(session, by=by)
    known = {one.code for one in listed}
    return page(
        request,
        "web/services/list.html",
        status_code=problems.status_of(error) if error else 200,
        listed=listed,
        shipped=[code for code in services.shipped() if code not in known],
        errors={error.field or "form": error.message} if error else {},
        problems=found,
        max_mb=services.MAX_FOLDER >> 20,
    )


def _again(
    request: Request,
    office: Office,
    by: Principal,
    code: str,
    form: FormData,
    error: DocflowError,
    *,
    open_act: str = "",
) -> Response:
    if isinstance(error, NotFound):
        raise error
    field = error.field if error.field in ("unit_id", "reason") else "form"
    return _show(
        request,
        office,
        by,
        code,
        values=forms.as_typed(form),
        errors={field: error.message},
        open_act=open_act or f"deploy-{forms.text(form, 'version_id')}",
        status_code=problems.status_of(error),
    )


def _show(
    request: Request,
    office: Office,
    by: Principal,
    code: str,
    *,
    values: dict[str, str] | None = None,
    errors: dict[str, Text] | None = None,
    open_act: str = "",
    status_code: int = 200,
) -> Response:
    with office.db.read() as session:
        info = services.info(session, code, by=by)
        versions = services.versions(session, code, by=by)
        steps = services.steps(session, code, by=by)
        units = organization.units(session, by.body_id)
        shown = services.version(session, (info.deployed or info.newest).id)
        written = services.wordings.history(session, shown.id)
    by_code = {unit.code: unit.id for unit in units}
    return page(
        request,
        "web/services/show.html",
        status_code=status_code,
        info=info,
        versions=versions,
        steps=steps,
        units=units,
        proposed={one.id: by_code.get(one.unit) or info.unit_id for one in versions},
        shown=shown,
        written=written,
        may_write=info.deployed is not None and services.wordings.may_write(by, info.unit_id),
        values=values or {},
        errors=errors or {},
        open_act=open_act,
    )
