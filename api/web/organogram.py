"""The organogram: its tree on a day, a unit with its names, heads and posts, files of it."""

from datetime import date

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import RowId
from api.web.render import page
from docflow import clock, organization
from docflow.errors import Conflict, DocflowError, Invalid, NotFound
from docflow.office import Office
from docflow.organization import changes, organogram, positions, roles, sheets
from docflow.principal import Principal, Role

router = APIRouter()


@router.get("/organogram")
def tree(request: Request, by: CurrentUser, office: TheOffice, on: str = "") -> Response:
    """The units of today, or of the day that was typed."""
    day, error = _day(on)
    with office.db.read() as session:
        found = organogram.tree(session, by=by, zone=office.settings.zone, day=day)
        planned = changes.listing(session, by=by, limit=30) if by.is_administrator else []
    return page(
        request,
        "web/organogram/tree.html",
        status_code=problems.status_of(error) if error else 200,
        units=found,
        changes=planned,
        on=day or clock.today(office.settings.zone),
        is_today=day is None or day == clock.today(office.settings.zone),
        values={"on": on},
        errors={"on": error.message} if error else {},
    )


def _day(typed: str) -> tuple[date | None, DocflowError | None]:
    try:
        return forms.parse_day(forms.clean(typed)[:20], field="on"), None
    except forms.BadDate as error:
        return None, error


@router.get("/organogram/export.{form}")
def export(form: str, by: CurrentUser, office: TheOffice) -> Response:
    """All units that there ever were, as CSV or JSON; what a person works in is no secret."""
    with office.db.read() as session:
        body = organization.body(session, by.body_id).code
        units = organogram.every_unit(session, by=by, zone=office.settings.zone)
    today = clock.today(office.settings.zone)
    if form == "json":
        data, kind = sheets.as_json(units, body=body, on=today), "application/json"
    elif form == "csv":
        data, kind = sheets.as_csv(units), "text/csv; charset=utf-8"
    else:
        raise organization.NoSuchUnit(organization.no_such_unit())
    name = f'attachment; filename="organogram-{body}-{today:%Y%m%d}.{form}"'
    return Response(data, media_type=kind, headers={"Content-Disposition": name})


@router.get("/organogram/units/{unit_id}")
def unit(request: Request, unit_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """A unit, also one that is over."""
    return _unit(request, office, by, unit_id)


@router.post("/organogram/units/{unit_id}/posts")
def begin_post(
    request: Request, unit_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Add a post to the unit."""
    try:
        role = forms.choice(form, "role", Role, otherwise=Role.EMPLOYEE)
        with office.db.begin() as session:
            positions.begin(session, unit_id, forms.text(form, "title"), role, by=by)
    except (Invalid, Conflict) as error:
        return _unit(request, office, by, unit_id, form=forms.as_typed(form), error=error)
    return _back(unit_id, "position-begun")


@router.post("/organogram/units/{unit_id}/posts/{position_id}")
def keep_post(
    request: Request,
    unit_id: RowId,
    position_id: RowId,
    form: TheForm,
    by: CurrentUser,
    office: TheOffice,
) -> Response:
    """Fill a post, leave it vacant, or end it: `act`."""
    act = forms.text(form, "act")
    try:
        with office.db.begin() as session:
            if act == "vacate":
                positions.vacate(session, position_id, by=by)
            elif act == "end":
                positions.end(session, position_id, by=by)
            else:
                positions.fill(
                    session,
                    position_id,
                    forms.optional_id(form, "user_id") or 0,
                    by=by,
                    valid_from=forms.day(form, "valid_from"),
                    valid_to=forms.day(form, "valid_to"),
                )
    except (Invalid, Conflict, NotFound) as error:
        typed = {**forms.as_typed(form), "position": str(position_id)}
        return _unit(request, office, by, unit_id, form=typed, error=error)
    done = {"vacate": "position-vacated", "end": "position-ended"}.get(act, "position-filled")
    return _back(unit_id, done)


def _back(unit_id: int, done: str) -> Response:
    return RedirectResponse(f"/organogram/units/{unit_id}?done={done}", 303)


def _unit(
    request: Request,
    office: Office,
    by: Principal,
    unit_id: int,
    *,
    form: dict[str, str] | None = None,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        found = organogram.one(session, unit_id, by=by, zone=office.settings.zone)
        names = organogram.names_over_time(session, unit_id)
        heads = organogram.heads_over_time(session, unit_id)
        units = organogram.every_unit(session, by=by, zone=office.settings.zone)
        people = organization.deputies.colleagues(session, by=by) if by.is_administrator else []
    return page(
        request,
        "web/organogram/unit.html",
        status_code=problems.status_of(error) if error else 200,
        unit=found,
        names=names,
        heads=heads,
        by_code={one.code: one for one in units},
        below=[one for one in units if one.parent_id == unit_id and not one.is_over],
        people=people,
        unit_roles=sorted(roles.UNIT_ROLES),
        values=form or {},
        errors={(error.field or "form"): error.message} if error else {},
    )
