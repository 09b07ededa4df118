"""The cover of a case file as a form: of a new one, perhaps begun with a document, or changed."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import RowId, path_of
from api.web.case_files import TOLD, errors_of, status_of
from api.web.render import page
from docflow import case_files, clock, organization, reads, registry
from docflow.errors import DocflowError
from docflow.folding import by_name
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter(prefix="/case-files")


@router.get("/new")
def blank(
    request: Request, by: CurrentUser, office: TheOffice, entry: str = "", parent: str = ""
) -> Response:
    """The form of a new file; `entry` is a document that it begins with, `parent` a file."""
    with office.db.read() as session:
        values = _beginning(session, forms.clean(entry), forms.clean(parent), by)
    return _cover_page(request, office, by, None, values, {})


@router.post("/new")
def open_file(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Open the file, and put the document into it that it begins with."""
    try:
        with office.db.begin() as session:
            zone = office.settings.zone
            file = case_files.open_file(
                session,
                _cover(form),
                by=by,
                zone=zone,
                parent_id=forms.optional_id(form, "parent_id"),
            )
            first = forms.text(form, "entry")
            if first:
                entry = registry.cited(session, first, by=by)
                case_files.file_entry(session, file.id, entry.id, by=by, zone=zone)
            file_id = file.id
    except TOLD as error:
        return _cover_page(request, office, by, None, forms.as_typed(form), errors_of(error), error)
    return RedirectResponse(f"/case-files/{file_id}?done=case-file-opened", 303)


@router.get("/{file_id}/cover")
def cover(request: Request, file_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """The cover as a form, with what stands on it now."""
    with office.db.read() as session:
        file = case_files.get(session, file_id, by=by)
        values = _values(session, file)
    return _cover_page(request, office, by, file_id, values, {})


@router.post("/{file_id}/cover")
def amend(
    request: Request, file_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Write another cover; the form comes back where somebody else was faster."""
    try:
        with office.db.begin() as session:
            case_files.amend(
                session,
                file_id,
                _cover(form),
                version=forms.whole(form, "version"),
                by=by,
                zone=office.settings.zone,
            )
    except TOLD as error:
        values = forms.as_typed(form)
        if isinstance(error, case_files.CaseFileChanged):
            with office.db.read() as session:
                values["version"] = str(case_files.get(session, file_id, by=by).version)
        return _cover_page(request, office, by, file_id, values, errors_of(error), error)
    return RedirectResponse(f"/case-files/{file_id}?done=case-file-changed", 303)


def _cover_page(
    request: Request,
    office: Office,
    by: Principal,
    file_id: int | None,
    values: dict[str, str],
    errors: dict[str, Text],
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        units = organization.units(session, by.body_id)
        if not (by.is_clerk or by.is_registrar):
            units = [unit for unit in units if by.works_in(unit.id) or by.works_for(unit.id)]
        people = {unit.id: organization.people_of(session, unit.id) for unit in units}
        code = case_files.get(session, file_id, by=by).code if file_id else ""
        today = clock.today(office.settings.zone)
        context = {
            "units": units,
            "people": sorted(
                {one.id: one.full_name for found in people.values() for one in found}.items(),
                key=lambda pair: by_name(pair[1]),
            ),
            "class_choices": case_files.classes.in_force(session, today, by=by),
            "parent": _parent(session, values.get("parent_id", ""), by),
            "mask": (mask := case_files.masks.mask_of(session, by.body_id)),
            "mask_parts": case_files.masks.parts(mask),
        }
    return page(
        request,
        "web/case_files/cover.html",
        status_code=status_of(error),
        code=code,
        file_id=file_id,
        values=values,
        errors=errors,
        **context,
    )


def _parent(session: Session, typed: str, by: Principal) -> case_files.CaseFile | None:
    if not typed.isdecimal() or len(typed) > 18:
        return None
    return case_files.get(session, int(typed), by=by)


def _beginning(session: Session, cited: str, parent: str, by: Principal) -> dict[str, str]:
    """What the form of a new file begins with, of an entry or of the file above."""
    values: dict[str, str] = {}
    above = _parent(session, parent, by)
    if above is not None:
        values = {"parent_id": str(above.id), "unit_id": str(above.unit_id)}
        if above.is_confidential:
            values["is_confidential"] = "1"
    elif len(by.unit_ids) == 1:
        values = {"unit_id": str(next(iter(by.unit_ids)))}
    if cited:
        entry = registry.cited(session, cited, by=by)
        line = registry.details(session, entry, by=by).line
        given = case_files.classes.of_entries(session, [entry.id]).get(entry.id)
        handling = session.get(registry.Handling, entry.id)
        values |= {
            "entry": f"{line.book}:{line.place}/{line.year}",
            "title": line.subject[:300],
            "class_code": given.name if given else "",
        }
        if handling is not None and (by.is_clerk or by.works_in(handling.unit_id)):
            values["unit_id"] = str(handling.unit_id)
        if handling is not None and handling.user_id:
            values["responsible_id"] = str(handling.user_id)
        if reads.is_confidential(session, entry):
            values["is_confidential"] = "1"
        values["back"] = path_of(session, entry.id, by)
    return values


def _values(session: Session, file: case_files.CaseFile) -> dict[str, str]:
    known = case_files.classes.by_ids(session, [file.class_id]).get(file.class_id or 0)
    return {
        "version": str(file.version),
        "title": file.title,
        "unit_id": str(file.unit_id),
        "class_code": known.name if known else "",
        "responsible_id": str(file.responsible_id or ""),
        "is_confidential": "1" if file.is_confidential else "",
        "paper_place": file.paper_place,
    }


def _cover(form: FormData) -> case_files.Cover:
    """Raises Invalid with the field to blame."""
    unit_id = forms.optional_id(form, "unit_id")
    if unit_id is None:
        raise case_files.BadCaseFile(t("Choose the unit."), field="unit_id")
    return case_files.Cover(
        title=forms.text(form, "title"),
        unit_id=unit_id,
        class_code=forms.text(form, "class_code"),
        responsible_id=forms.optional_id(form, "responsible_id"),
        is_confidential=bool(forms.text(form, "is_confidential")),
        paper_place=forms.text(form, "paper_place"),
    )
