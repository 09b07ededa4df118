"""Changing the organogram: what to do, a dry run that shows where everything goes, then the act.

The steps travel in the form as JSON, with what the person saw (`seen`), so that nothing is carried
out that was not shown.
"""

import json
from collections.abc import Mapping
from datetime import date

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData, UploadFile

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms, organogram_form
from api.web.address import RowId
from api.web.render import page
from docflow import clock, organization
from docflow.errors import Conflict, DocflowError, Invalid
from docflow.i18n import t
from docflow.office import Office
from docflow.organization import Placing, Step, applying, changes, organogram, sheets, steps
from docflow.principal import Principal

router = APIRouter()
MOST_SHOWN = 100  # items of a unit that are placed one by one


@router.get("/organogram/change")
def choose(request: Request, by: CurrentUser, office: TheOffice, unit: str = "") -> Response:
    """The kinds of change, each with its form; `unit` is the code to begin with."""
    return _choose(request, office, by, values={"code": unit[:20]})


@router.post("/organogram/dry-run")
def dry_run(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Show what the change would do. Nothing is written."""
    try:
        wanted, on = organogram_form.steps_of(form), forms.day(form, "on")
    except (Invalid, Conflict) as error:
        return _choose(request, office, by, values=forms.as_typed(form), error=error, form=form)
    return _plan(request, office, by, wanted, on, form)


@router.post("/organogram/import")
def take(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Show what a file would change. Nothing is written."""
    by.require(by.is_administrator, changes.NOT_ADMINISTRATOR)
    part = form.get("file")
    try:
        if not isinstance(part, UploadFile) or not part.filename:
            raise sheets.BadSheet(t("Choose a file."), field="file")
        part.file.seek(0)
        rows = sheets.read(part.file.read(sheets.MAX_BYTES + 1))
        with office.db.read() as session:
            wanted = sheets.compare(session, rows, by=by, zone=office.settings.zone)
        on = forms.day(form, "on")
    except Invalid as error:
        return _choose(request, office, by, values=forms.as_typed(form), error=error, form=form)
    if not wanted:
        return RedirectResponse("/organogram?done=nothing-to-change", 303)
    return _plan(request, office, by, wanted, on, form)


@router.post("/organogram/carry-out")
def carry_out(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Do what the dry run showed, today or on its day."""
    wanted: list[Step] = []
    on = None
    try:
        wanted, on = steps.from_json(_kept(form)), forms.day(form, "on")
        with office.db.begin() as session:
            row = changes.change(
                session,
                wanted,
                by=by,
                on=on,
                authority=forms.text(form, "authority"),
                placements=_placements(form),
                seen=forms.text(form, "seen"),
            )
            is_done = row.done_at is not None
    except (Invalid, Conflict) as error:
        if not wanted:
            return _choose(request, office, by, values={}, error=error)
        return _plan(request, office, by, wanted, on, form, error=error)
    done = "organogram-changed" if is_done else "organogram-planned"
    return RedirectResponse(f"/organogram?done={done}", 303)


@router.get("/organogram/changes/{change_id}")
def show(request: Request, change_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """A change that was made or is planned."""
    by.require(by.is_administrator, changes.NOT_ADMINISTRATOR)
    with office.db.read() as session:
        found = changes.one(session, change_id, by=by)
        units = organogram.every_unit(session, by=by, zone=office.settings.zone)
    names = {one.code: one.name for one in units}
    return page(
        request,
        "web/organogram/change.html",
        change=found,
        told=[organogram_form.told(one, names) for one in found.steps],
    )


@router.post("/organogram/changes/{change_id}/cancel")
def cancel(request: Request, change_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """Give up a change that is still to come."""
    with office.db.begin() as session:
        changes.cancel(session, change_id, by=by)
    return RedirectResponse("/organogram?done=organogram-cancelled", 303)


def _kept(form: FormData) -> object:
    try:
        return json.loads(forms.text(form, "steps"))
    except (ValueError, RecursionError) as error:
        raise steps.BadStep(t("A change has at least one step."), field="steps") from error


def _placements(form: FormData) -> dict[str, Placing]:
    return {
        name.removeprefix("place-"): Placing(value)
        for name, value in form.multi_items()
        if name.startswith("place-") and isinstance(value, str) and value
    }


def _plan(
    request: Request,
    office: Office,
    by: Principal,
    wanted: list[Step],
    on: date | None,
    form: FormData,
    *,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        found = changes.dry_run(session, wanted, by=by)
        headless = applying.heirs_without_head(session, found)
        names = organization.names(
            session, (item.user_id for one in found.dissolutions for item in one.shown)
        )
    unit_names = {one.code: one.name for one in found.units}
    return page(
        request,
        "web/organogram/plan.html",
        status_code=problems.status_of(error) if error else 200,
        plan=found,
        told=[organogram_form.told(one, unit_names) for one in wanted],
        headless=headless,
        people=names,
        unit_names=unit_names,
        carriers={one.name: one.title for one in organization.work.carriers()},
        destinations=[
            (one.code, "\u2003" * one.depth + one.name)
            for one in found.units
            if one.mark != "dissolved"
        ],
        most=MOST_SHOWN,
        steps=json.dumps(steps.as_json(wanted), ensure_ascii=False),
        on=on,
        is_later=on is not None and on > clock.today(office.settings.zone),
        values=forms.as_typed(form),
        errors={(error.field or "form"): error.message} if error else {},
    )


def _choose(
    request: Request,
    office: Office,
    by: Principal,
    *,
    values: Mapping[str, str],
    error: DocflowError | None = None,
    form: FormData | None = None,
) -> Response:
    by.require(by.is_administrator, changes.NOT_ADMINISTRATOR)
    with office.db.read() as session:
        units = organogram.tree(session, by=by, zone=office.settings.zone)
        people = organization.usernames(session, by.body_id)
    return page(
        request,
        "web/organogram/choose.html",
        status_code=problems.status_of(error) if error else 200,
        units=units,
        choices=[(one.code, "\u2003" * one.depth + one.name) for one in units],
        people=[
            (username, f"{name} – {title}" if title else name) for username, name, title in people
        ],
        chosen=forms.texts(form, "codes") if form else [],
        open_act=forms.text(form, "act") if form else "",
        values=values,
        errors={(error.field or "form"): error.message} if error else {},
    )
