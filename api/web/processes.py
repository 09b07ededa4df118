"""Steps of processes that wait for the staff, and where a process stands, with its picture."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from api import problems, step_values
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import AfterId
from api.web.render import page
from docflow import clock, processes, reads, registry, services
from docflow.errors import DocflowError, NotFound
from docflow.i18n import Text
from docflow.office import Office
from docflow.principal import Principal
from docflow.processes import InstanceState, Whose

router = APIRouter()
PAGE_SIZE = 50
RowId = Annotated[int, Path(ge=1, le=2**62)]


@router.get("/steps")
def steps(
    request: Request, by: CurrentUser, office: TheOffice, whose: str = "", after: AfterId = None
) -> Response:
    """The steps that wait for the person's units."""
    chosen = Whose(whose) if whose in set(Whose) else Whose.ALL
    with office.db.read() as session:
        found = processes.steps(
            session,
            by=by,
            whose=chosen,
            after=after,
            limit=PAGE_SIZE + 1,
            language=request.state.language,
        )
        counts = {one: processes.count(session, by=by, whose=one) for one in Whose}
        titles = _titles(session, by)
    return page(
        request,
        "web/processes/steps.html",
        steps=found[:PAGE_SIZE],
        titles=titles,
        next_after=found[PAGE_SIZE - 1].task.id if len(found) > PAGE_SIZE else None,
        after=after,
        whose=chosen,
        counts=counts,
        most=processes.MOST_COUNTED,
        today=clock.today(office.settings.zone),
    )


@router.get("/steps/{task_id}")
def step(request: Request, task_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """One step: what it is about, what it asks for, and the way of the application."""
    return _step(request, office, by, task_id)


@router.post("/steps/{task_id}/complete")
def complete(
    request: Request, task_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Complete the step for good."""
    typed = forms.as_typed(form)
    values = {
        name.removeprefix(_FIELD): value for name, value in typed.items() if name.startswith(_FIELD)
    }
    try:
        with office.db.begin() as session:
            processes.complete(session, task_id, values, by=by, seen=_seen(form))
    except processes.BadAnswer as error:
        errors = {_FIELD + name: message for name, message in error.errors.items()}
        return _step(request, office, by, task_id, typed=typed, errors=errors, status_code=422)
    except DocflowError as error:
        return _refused(request, office, by, task_id, error, typed)
    return RedirectResponse("/steps?done=step-completed", 303)


@router.post("/steps/{task_id}/take")
def take(
    request: Request, task_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Take the step in hand."""
    try:
        with office.db.begin() as session:
            processes.take(session, task_id, by=by, seen=_seen(form))
    except DocflowError as error:
        return _refused(request, office, by, task_id, error, {})
    return RedirectResponse(f"/steps/{task_id}?done=step-taken", 303)


@router.post("/steps/{task_id}/put-back")
def put_back(
    request: Request, task_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Give the step back to the unit."""
    try:
        with office.db.begin() as session:
            processes.put_back(session, task_id, by=by, seen=_seen(form))
    except DocflowError as error:
        return _refused(request, office, by, task_id, error, {})
    return RedirectResponse(f"/steps/{task_id}?done=step-put-back", 303)


@router.get("/processes")
def listing(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    state: str = "",
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> Response:
    """All processes of the body, for administrators."""
    chosen = InstanceState(state) if state in set(InstanceState) else None
    with office.db.read() as session:
        found = processes.instances(
            session,
            by=by,
            state=chosen,
            before=before,
            limit=PAGE_SIZE + 1,
            language=request.state.language,
        )
        titles = _titles(session, by)
    return page(
        request,
        "web/processes/list.html",
        listed=found[:PAGE_SIZE],
        titles=titles,
        next_before=found[PAGE_SIZE - 1].id if len(found) > PAGE_SIZE else None,
        before=before,
        state=chosen,
        states=list(InstanceState),
    )


@router.get("/processes/{instance_id}")
def show(request: Request, instance_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """Where a process stands: its stages, and its picture."""
    return _process(request, office, by, instance_id)


@router.get("/processes/{instance_id}/picture.bpmn")
def picture(instance_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """The definition by which the process runs."""
    with office.db.read() as session:
        xml = processes.picture(session, instance_id, by=by)
    return Response(xml, media_type="application/xml")


@router.post("/processes/{instance_id}/repair")
def repair(
    request: Request, instance_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Set a stopped process going again."""
    try:
        given = processes.repairing.given(forms.text(form, "given"))
        with office.db.begin() as session:
            processes.repair(session, instance_id, by=by, given=given)
    except NotFound:
        raise
    except DocflowError as error:
        return _process(request, office, by, instance_id, form=forms.as_typed(form), error=error)
    return RedirectResponse(f"/processes/{instance_id}?done=process-repaired", 303)


@router.post("/processes/{instance_id}/cancel")
def cancel(
    request: Request, instance_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """End a process for good."""
    try:
        with office.db.begin() as session:
            reason = forms.text(form, "reason")
            processes.repairing.cancel(session, instance_id, by=by, reason=reason)
    except NotFound:
        raise
    except DocflowError as error:
        return _process(request, office, by, instance_id, form=forms.as_typed(form), error=error)
    return RedirectResponse(f"/processes/{instance_id}?done=process-cancelled", 303)


_FIELD = "field-"  # before the names of a definition, which may be any


def _seen(form: Any) -> int | None:
    return forms.optional_id(form, "seen")


def _refused(
    request: Request,
    office: Office,
    by: Principal,
    task_id: int,
    error: DocflowError,
    typed: Mapping[str, str],
) -> Response:
    """The page as it is now, with what was typed and what is to be said."""
    if isinstance(error, NotFound):
        raise error
    status = problems.status_of(error)
    errors = {"form": error.message}
    return _step(request, office, by, task_id, typed=typed, errors=errors, status_code=status)


def _step(
    request: Request,
    office: Office,
    by: Principal,
    task_id: int,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, Text] | None = None,
    status_code: int = 200,
) -> Response:
    language = request.state.language
    with office.db.read() as session:
        found = processes.step(session, task_id, by=by, language=language)
        known = processes.known(session, task_id, by=by)
        position = processes.position(session, found.task.instance_id, by=by, language=language)
        about = found.task.entry_id
        entry = registry.get(session, about, by=by) if about is not None else None
        if entry is not None:
            reads.require_reason(session, entry, by=by)
    if entry is not None:
        reads.opened(office.db, entry, by=by)
    is_mine = found.task.taken_by in by.person_ids
    return page(
        request,
        "web/processes/step.html",
        status_code=status_code,
        prefix=_FIELD,
        found=found,
        position=position,
        known=step_values.shown(found.task.shows, known, language),
        values=typed
        if typed is not None
        else {
            _FIELD + name: value
            for name, value in step_values.typed(found.task.fields, known).items()
        },
        typed=typed or {},
        errors=errors or {},
        is_mine=is_mine,
        is_free=found.task.taken_by is None,
        may_put_back=is_mine or by.heads(found.task.unit_id),
        today=clock.today(office.settings.zone),
    )


def _process(
    request: Request,
    office: Office,
    by: Principal,
    instance_id: int,
    *,
    form: Mapping[str, str] | None = None,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        position = processes.position(session, instance_id, by=by, language=request.state.language)
        titles = _titles(session, by)
    return page(
        request,
        "web/processes/process.html",
        status_code=problems.status_of(error) if error else 200,
        position=position,
        titles=titles,
        typed=form or {},
        errors={error.field or "form": error.message} if error else {},
        back=request.query_params.get("back", ""),
    )


def _titles(session: Session, by: Principal) -> dict[str, str]:
    """The titles of the body's services, in the person's language."""
    found = services.titles(session, by.body_id)
    return {code: services.said(texts, by.language) for code, texts in found.items()}
