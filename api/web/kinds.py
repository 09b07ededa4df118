"""Kinds of document: the administrator's list and form, with the typed fields of each kind."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.render import page
from docflow import kinds, organization, processes, registry
from docflow.errors import Conflict, DocflowError, Invalid, NotFound
from docflow.i18n import Text, t
from docflow.kinds import Defaults, Definition, Field, FieldType
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import DeliveryMethod, Direction, Grade, Priority

router = APIRouter()
_BLANK_ROWS, _MOST_ROWS = 3, 40
_NOT_YOURS = t("Only the administrator defines kinds of document.")


@router.get("/kinds")
def listing(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """All kinds, with those withdrawn."""
    by.require(by.is_administrator, _NOT_YOURS)
    with office.db.read() as session:
        found = kinds.listing(session, by, with_retired=True)
        units = organization.unit_names(
            session, [kind.definition.defaults.addressee_unit_id for kind in found]
        )
        ties = processes.of_kinds(session, by=by)
    return page(request, "web/kinds/list.html", found=found, unit_names=units, ties=ties)


@router.get("/kinds/new")
def blank(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    return _show(request, office, by, None, {}, {})


@router.post("/kinds/new")
def define(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Begin a new kind; the form comes back with what is wrong in it."""
    try:
        definition, code = _definition(form), forms.text(form, "code")
        with office.db.begin() as session:
            kinds.define(session, code, definition, by=by)
    except (Invalid, Conflict, NotFound) as error:
        return _again(request, office, by, None, form, error)
    return RedirectResponse("/kinds?done=kind", 303)


@router.get("/kinds/{code}")
def show(request: Request, code: str, by: CurrentUser, office: TheOffice) -> Response:
    """The form of a kind, as it is defined now."""
    by.require(by.is_administrator, _NOT_YOURS)
    with office.db.read() as session:
        chosen = kinds.named(session, code[:40], by=by)
    return _show(request, office, by, code, _typed(chosen), {})


@router.post("/kinds/{code}")
def redefine(
    request: Request, code: str, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Change a kind: a new version, entries keep theirs. `act` withdraws it, or offers it again."""
    act = forms.text(form, "act")
    try:
        with office.db.begin() as session:
            if act == "retire":
                kinds.retire(session, code[:40], by=by)
            elif act == "restore":
                kinds.restore(session, code[:40], by=by)
            else:
                version = forms.whole(form, "version")
                kinds.redefine(session, code[:40], _definition(form), version=version, by=by)
    except (Invalid, Conflict) as error:
        return _again(request, office, by, code, form, error)
    return RedirectResponse("/kinds?done=kind", 303)


@router.post("/kinds/{code}/process")
def tie(request: Request, code: str, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Let documents of the kind begin another process, or none, from now on."""
    try:
        with office.db.begin() as session:
            processes.tie(
                session,
                code[:40],
                forms.text(form, "template") or None,
                by=by,
                seen=forms.whole(form, "seen"),
            )
    except (Invalid, Conflict) as error:
        with office.db.read() as session:
            typed = _typed(kinds.named(session, code[:40], by=by))
        errors = {error.field or "form": error.message}
        return _show(
            request, office, by, code, typed, errors, status_code=problems.status_of(error)
        )
    return RedirectResponse(f"/kinds/{code[:40]}?done=kind-process", 303)


def _definition(form: FormData) -> Definition:
    """What the form says. Raises Invalid with the input to blame."""
    days = forms.text(form, "days")
    return Definition(
        title_el=forms.text(form, "title_el"),
        title_en=forms.text(form, "title_en"),
        directions=tuple(forms.texts(form, "directions")),
        books=tuple(forms.texts(form, "books")),
        defaults=Defaults(
            subject=forms.text(form, "subject"),
            addressee_unit_id=forms.optional_id(form, "addressee_unit_id"),
            priority=forms.text(form, "priority"),
            days=forms.whole(form, "days") if days else None,
            delivery_method=forms.text(form, "delivery_method"),
            grade=registry.grade(forms.text(form, "grade")) or "",
            has_personal_data=bool(forms.text(form, "has_personal_data")),
            retention=forms.text(form, "retention"),
        ),
        fields=tuple(_field(form, row) for row in _filled_rows(form)),
    )


def _filled_rows(form: FormData) -> list[int]:
    """The rows in which a field is named, in their order."""
    names = ("code", "title_el")
    return [
        row
        for row in range(_MOST_ROWS)
        if any(forms.text(form, f"field.{row}.{name}") for name in names)
    ]


def _field(form: FormData, row: int) -> Field:
    at = f"field.{row}"
    return Field(
        code=forms.text(form, f"{at}.code"),
        type=forms.choice(form, f"{at}.type", FieldType, otherwise=FieldType.TEXT),
        title_el=forms.text(form, f"{at}.title_el"),
        title_en=forms.text(form, f"{at}.title_en"),
        is_required=bool(forms.text(form, f"{at}.is_required")),
        help=forms.text(form, f"{at}.help"),
        max_length=forms.whole(form, f"{at}.max_length"),
        choices=tuple(forms.text(form, f"{at}.choices").splitlines()),
    )


def _typed(chosen: kinds.Chosen) -> dict[str, str]:
    """A kind as it stands in its form."""
    said, defaults = chosen.definition, chosen.definition.defaults
    values = {
        "code": chosen.code,
        "version": str(chosen.version),
        "title_el": said.title_el,
        "title_en": said.title_en,
        "directions": ",".join(said.directions),
        "books": ",".join(said.books),
        "subject": defaults.subject,
        "addressee_unit_id": str(defaults.addressee_unit_id or ""),
        "priority": defaults.priority,
        "days": "" if defaults.days is None else str(defaults.days),
        "delivery_method": defaults.delivery_method,
        "grade": defaults.grade,
        "has_personal_data": "1" if defaults.has_personal_data else "",
        "retention": defaults.retention,
    }
    for row, field in enumerate(said.fields):
        values |= {
            f"field.{row}.code": field.code,
            f"field.{row}.type": field.type,
            f"field.{row}.title_el": field.title_el,
            f"field.{row}.title_en": field.title_en,
            f"field.{row}.is_required": "1" if field.is_required else "",
            f"field.{row}.help": field.help,
            f"field.{row}.max_length": str(field.max_length or ""),
            f"field.{row}.choices": "\n".join(field.choices),
        }
    return values


def _again(
    request: Request,
    office: Office,
    by: Principal,
    code: str | None,
    form: FormData,
    error: DocflowError,
) -> Response:
    values = forms.as_typed(form)
    for several in ("directions", "books"):
        values[several] = ",".join(forms.texts(form, several))
    name = error.field or "form"
    parts = name.split(".")
    if parts[0] == "field" and len(parts) == 3 and parts[1].isdecimal():
        # The domain counts the fields that are named; the form has empty rows between them
        rows = _filled_rows(form)
        place = int(parts[1])
        name = f"field.{rows[place]}.{parts[2]}" if place < len(rows) else "form"
    status = 422 if isinstance(error, NotFound) else problems.status_of(error)
    return _show(request, office, by, code, values, {name: error.message}, status_code=status)


def _show(
    request: Request,
    office: Office,
    by: Principal,
    code: str | None,
    values: Mapping[str, str],
    errors: Mapping[str, Text],
    *,
    status_code: int = 200,
) -> Response:
    by.require(by.is_administrator, _NOT_YOURS)
    rows = [row for row in range(_MOST_ROWS) if values.get(f"field.{row}.title_el")]
    with office.db.read() as session:
        known = {kind.code: kind for kind in kinds.listing(session, by, with_retired=True)}
        context: dict[str, Any] = {
            "units": organization.units(session, by.body_id),
            "books": [(book.code, book.title) for book in registry.books_open_to(session, by)],
            "templates": processes.templates.listing(session, by=by),
            "tie": processes.of_kind(session, code, by=by) if code in known else None,
        }
    return page(
        request,
        "web/kinds/edit.html",
        status_code=status_code,
        code=code,
        is_active=known[code].is_active if code in known else True,
        values=values,
        errors=errors,
        rows=min((rows[-1] + 1 if rows else 0) + _BLANK_ROWS, _MOST_ROWS),
        field_types=list(FieldType),
        directions=list(Direction),
        methods=list(DeliveryMethod),
        priorities=list(Priority),
        grades=list(Grade),
        **context,
    )
