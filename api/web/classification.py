"""Classification plans: what is in force, drafts from a file, the codes of case files."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms, history
from api.web.render import page
from docflow import clock
from docflow.case_files import class_lists, masks, plans
from docflow.errors import Conflict, DocflowError, Invalid, NotFound
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import NotAllowed, Principal

router = APIRouter(prefix="/classification")
_MOST_BYTES = 6 << 20
_FAULTS = 20  # rows with mistakes that the page names
_TOLD = (Invalid, Conflict, NotAllowed)


@router.get("")
def listing(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """The plans of the body with their versions, and the mask of the codes."""
    return _list_page(request, office, by)


@router.post("")
def begin(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Begin a plan, or set how the codes of case files look."""
    act = forms.text(form, "act")
    try:
        with office.db.begin() as session:
            if act == "mask":
                masks.set_mask(session, forms.text(form, "mask"), by=by)
                return RedirectResponse("/classification?done=case-file-mask", 303)
            code = forms.text(form, "code")
            plan = plans.begin(session, code, forms.text(form, "title"), by=by)
            code = plan.code
    except _TOLD as error:
        return _list_page(request, office, by, act=act, form=form, error=error)
    return RedirectResponse(f"/classification/{code}?done=plan-begun", 303)


@router.get("/{code}")
def show(
    request: Request, code: str, by: CurrentUser, office: TheOffice, version: int | None = None
) -> Response:
    """The classes of a version; of a draft, what it would change."""
    return _plan_page(request, office, by, code, version)


@router.get("/{code}/export")
def export(
    code: str, by: CurrentUser, office: TheOffice, version: int | None = None, form: str = "csv"
) -> Response:
    """The classes of a version as CSV or JSON."""
    with office.db.read() as session:
        found = plans.classes_of(session, code[:40], version, by=by)
    is_json = form == "json"
    data = class_lists.as_json(found) if is_json else class_lists.as_csv(found)
    name = f"classification-plan.{'json' if is_json else 'csv'}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    media_type = "application/json" if is_json else "text/csv; charset=utf-8"
    return Response(data, media_type=media_type, headers=headers)


@router.post("/{code}")
def act(request: Request, code: str, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Look at a list (a dry run), keep it as the draft, put the draft in force, end the plan."""
    wanted = forms.text(form, "act")
    checked = None
    try:
        if wanted in ("check", "save"):
            classes = class_lists.read(_bytes(form))
            if wanted == "check":
                with office.db.read() as session:
                    checked = plans.difference(session, code[:40], classes, by=by)
            else:
                revision = forms.whole(form, "revision")
                with office.db.begin() as session:
                    plans.save(session, code[:40], classes, revision=revision, by=by)
        elif wanted == "put-in-force":
            _put_in_force(office, code, form, by)
        elif wanted == "end":
            last_day = forms.day(form, "last_day")
            if last_day is None:
                raise forms.BadDate(t("Write the last day."), field="last_day")
            with office.db.begin() as session:
                plans.end(session, code[:40], last_day, by=by, zone=office.settings.zone)
        else:
            raise NotFound(t("There is no such page."))
    except _TOLD as error:
        return _plan_page(request, office, by, code, None, act=wanted, form=form, error=error)
    if checked is not None:
        return _plan_page(request, office, by, code, None, act=wanted, form=form, checked=checked)
    return RedirectResponse(f"/classification/{code}?done=plan-{wanted}", 303)


def _put_in_force(office: Office, code: str, form: FormData, by: Principal) -> None:
    first_day = forms.day(form, "first_day")
    if first_day is None:
        raise forms.BadDate(t("Write the first day."), field="first_day")
    with office.db.begin() as session:
        plans.put_in_force(
            session,
            code[:40],
            first_day,
            revision=forms.whole(form, "revision"),
            by=by,
            zone=office.settings.zone,
        )


def _bytes(form: FormData) -> bytes:
    """The chosen file. Raises BadPlan where none was chosen."""
    part = form.get("file")
    if not isinstance(part, UploadFile) or not part.filename:
        raise class_lists.BadPlan([(0, t("Choose the file with the list of classes."))])
    part.file.seek(0)
    return part.file.read(_MOST_BYTES)


def _list_page(
    request: Request,
    office: Office,
    by: Principal,
    *,
    act: str = "",
    form: FormData | None = None,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        found = plans.listing(session, by=by)
        mask = masks.mask_of(session, by.body_id)
    return page(
        request,
        "web/classification/plans.html",
        status_code=problems.status_of(error) if error else 200,
        plans=found,
        mask=mask,
        today=clock.today(office.settings.zone),
        may_keep=plans.may_keep(by),
        open_act=act,
        typed=forms.as_typed(form) if form is not None else {},
        errors={(error.field or "form"): error.message} if error else {},
    )


def _plan_page(
    request: Request,
    office: Office,
    by: Principal,
    code: str,
    number: int | None,
    *,
    act: str = "",
    form: FormData | None = None,
    error: DocflowError | None = None,
    checked: class_lists.Difference | None = None,
) -> Response:
    today = clock.today(office.settings.zone)
    with office.db.read() as session:
        plan = plans.named(session, code[:40], by=by)
        shown = next((one for one in plan.versions if number in (None, one.number)), None)
        if number is None:  # what holds now stands before a draft
            shown = next((one for one in plan.versions if one.holds_on(today)), shown)
        classes = (
            plans.classes_of(session, plan.code, shown.number, by=by) if shown is not None else []
        )
        context: dict[str, Any] = {
            "classes": classes,
            "depths": class_lists.depths(classes),
            "draft_changes": _draft_changes(session, plan, by),
            "history": history.told(session, [("plan", plan.id)], by=by),
        }
    faults: list[tuple[int, Text]] = []
    if isinstance(error, class_lists.BadPlan):
        faults = list(error.faults[:_FAULTS])
    return page(
        request,
        "web/classification/plan.html",
        status_code=problems.status_of(error) if error else 200,
        plan=plan,
        shown=shown,
        today=today,
        may_keep=plans.may_keep(by),
        open_act=act,
        typed=forms.as_typed(form) if form is not None else {},
        errors={(error.field or "form"): error.message} if error else {},
        faults=faults,
        checked=checked,
        **context,
    )


def _draft_changes(
    session: Session, plan: plans.PlanInfo, by: Principal
) -> class_lists.Difference | None:
    """What the draft changes against the version before it; None where there is no draft."""
    draft = plan.draft
    if draft is None:
        return None
    before = next((one for one in plan.versions if not one.is_draft), None)
    old = plans.classes_of(session, plan.code, before.number, by=by) if before else []
    return class_lists.compared(old, plans.classes_of(session, plan.code, draft.number, by=by))
