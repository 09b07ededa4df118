"""Old registers: upload, mapping of columns, dry run with its report, import, all with progress."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.streams import stored_file
from api.web import forms
from api.web.address import RowId
from api.web.render import block, page
from docflow import clock, documents, imports, registry
from docflow.errors import DocflowError, Invalid, NotFound
from docflow.i18n import Text, t
from docflow.imports import Duplicates, Field, Form
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter(prefix="/imports")
FIELD_NAMES: Mapping[Field, Text] = {
    Field.NUMBER: t("Number"),
    Field.DATE: t("Date of registration"),
    Field.TIME: t("Time of registration"),
    Field.DIRECTION: t("Direction"),
    Field.SENDER: t("Sender"),
    Field.RECIPIENT: t("Recipient"),
    Field.SUBJECT: t("Subject"),
    Field.REFERENCE: t("Sender’s number"),
    Field.DATED: t("Date of document"),
    Field.DELIVERY: t("Way of delivery"),
    Field.ATTACHMENTS: t("Attachments"),
    Field.ATTACHMENTS_NOTE: t("What is attached"),
    Field.UNIT: t("Unit or charge"),
    Field.FILE: t("File of the archive"),
    Field.REMARKS: t("Remarks"),
}
STATES: Mapping[str, tuple[Text, str]] = {
    "mapping": (t("Columns to be chosen"), "yellow"),
    "checking": (t("Being checked"), "blue"),
    "checked": (t("Checked"), "yellow"),
    "importing": (t("Being taken over"), "blue"),
    "sealed": (t("Taken over and sealed"), "green"),
    "cancelled": (t("Cancelled"), "grey"),
    "failed": (t("Failed"), "red"),
}


@router.get("")
def overview(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """The old registers, and the form for another."""
    return _overview(request, office, by)


@router.post("")
def begin(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Keep the file and guess its columns."""
    kept: list[documents.Upload] = []
    try:
        forms.receive(office, form, "file", into=kept, body_id=by.body_id)
        if not kept:
            raise imports.NoTable(t("Choose the file with the old register."), field="file")
        import_id = imports.begin(
            office,
            kept[-1],
            by=by,
            year=forms.whole(form, "year"),
            taken_from=forms.text(form, "taken_from"),
            book=forms.text(form, "book") or None,
        )
    except DocflowError as error:
        if isinstance(error, NotFound) or error.field:
            return _overview(request, office, by, form=form, error=error, kept=kept)
        raise
    return RedirectResponse(f"/imports/{import_id}", 303)


@router.get("/{import_id}")
def show(request: Request, import_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """One old register: its columns, its report, how far the work is."""
    return _show(request, office, by, import_id)


@router.get("/{import_id}/progress")
def progress(request: Request, import_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """How far the work is, for the page that waits; the whole page when it has ended."""
    with office.db.read() as session:
        one = imports.info(session, import_id, by=by)
    if not one.is_running:
        return Response(status_code=204, headers={"HX-Refresh": "true"})
    return block(request, "web/imports/register.html", "progress", one=one, states=STATES)


@router.post("/{import_id}/check")
def check(
    request: Request, import_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Keep the mapping and have all rows judged; `act=reread` only reads the file anew.

    Enter in a field (`act=enter`) reads anew where the form says that it is read otherwise.
    """
    try:
        with office.db.read() as session:
            one = imports.info(session, import_id, by=by)
        chosen = _form(form, one.form)
        act = forms.text(form, "act")
        if act == "reread" or (act == "enter" and chosen != one.form):
            return _show(request, office, by, import_id, typed=form, form=chosen)
        imports.check(
            office,
            import_id,
            by=by,
            mapping=_mapping(form),
            form=chosen,
            direction=_direction(form),
            duplicates=forms.choice(form, "duplicates", Duplicates, otherwise=Duplicates.REFUSE),
            by_direction=forms.text(form, "by_direction") == "1",
        )
    except Invalid as error:
        return _show(request, office, by, import_id, typed=form, error=error)
    return RedirectResponse(f"/imports/{import_id}", 303)


@router.post("/{import_id}/confirm")
def confirm(
    request: Request, import_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Take it over, without the bad rows only if the person says so."""
    without_bad = forms.text(form, "without_bad") == "1"
    try:
        with office.db.begin() as session:
            imports.confirm(
                session, import_id, by=by, zone=office.settings.zone, without_bad=without_bad
            )
    except imports.BadRowsLeft as error:
        return _show(request, office, by, import_id, error=error)
    return RedirectResponse(f"/imports/{import_id}", 303)


@router.post("/{import_id}/cancel")
def cancel(import_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """Stop; nothing stays in the register."""
    with office.db.begin() as session:
        imports.cancel(session, import_id, by=by)
    return RedirectResponse(f"/imports/{import_id}", 303)


@router.get("/{import_id}/report.csv")
def report(import_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """Every fault and gap with its row."""
    with office.db.read() as session:
        one = imports.info(session, import_id, by=by)
    if one.report_sha256 is None:
        raise imports.NoSuchImport(t("There is no report yet."))
    name = f"report-{one.book}-{one.year}.csv"
    return stored_file(
        office, sha256=one.report_sha256, name=name, media_type="text/csv", download=True
    )


def _overview(
    request: Request,
    office: Office,
    by: Principal,
    *,
    form: FormData | None = None,
    error: DocflowError | None = None,
    kept: list[documents.Upload] | None = None,
) -> Response:
    with office.db.read() as session:
        context: dict[str, Any] = {
            "registers": imports.infos(session, by=by),
            "books": [
                (book.code, book.title)
                for book in registry.books_open_to(session, by)
                if not book.is_confidential
            ],
        }
    values = {"year": str(clock.today(office.settings.zone).year - 1)}
    status = 200
    if error is not None:
        status = 422 if isinstance(error, NotFound) else problems.status_of(error)
    return page(
        request,
        "web/imports/overview.html",
        status_code=status,
        typed=forms.as_typed(form) if form else values,
        errors={error.field or "form": error.message} if error else {},
        kept=forms.kept_notes(office, kept or []),
        may_begin=by.is_registrar,
        states=STATES,
        **context,
    )


def _show(
    request: Request,
    office: Office,
    by: Principal,
    import_id: int,
    *,
    typed: FormData | None = None,
    form: Form | None = None,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        one = imports.info(session, import_id, by=by)
    read_as = form or one.form
    seen = imports.preview(office, import_id, by=by, form=read_as)
    columns: Mapping[str, int] = one.columns
    if typed is not None:
        columns = {field: place for place, field in reversed(_chosen(typed))}
        if form not in (None, one.form):  # the names of the columns may be others now
            columns = {f.value: place for f, place in imports.recognised(seen.header).items()}
    errors = {_place(error.field, columns): error.message} if error else {}
    width = max([len(seen.header), *(len(cells) for _, cells in seen.rows)], default=0)
    return page(
        request,
        "web/imports/register.html",
        status_code=problems.status_of(error) if error else 200,
        one=one,
        form=read_as,
        seen=seen,
        width=width,
        fields=FIELD_NAMES,
        columns=columns,
        encodings=imports.ENCODINGS,
        separators=list(imports.SEPARATORS),
        directions=list(registry.Direction),
        typed=forms.as_typed(typed) if typed else {},
        errors=errors,
        may_act=by.is_registrar,
        states=STATES,
        problems_named=imports.PROBLEMS,
    )


def _place(field: str | None, columns: Mapping[str, int]) -> str:
    """The input to blame: the domain names a column by what it holds, the page by its place."""
    if not field or not field.startswith("column-") or field[7:].isdecimal():
        return field or "form"
    return f"column-{columns.get(field[7:], 0)}"


def _chosen(form: FormData) -> list[tuple[int, str]]:
    """Column and field, as the selects above the sample say."""
    found = []
    for name in form:
        field, place = forms.text(form, name), name.removeprefix("column-")
        if name.startswith("column-") and field in set(Field) and place.isdecimal():
            found.append((int(place[:3]), field))
    return found


def _mapping(form: FormData) -> dict[Field, int]:
    """Field to column. Raises BadMapping where one field was chosen twice."""
    found: dict[Field, int] = {}
    for place, field in _chosen(form):
        if Field(field) in found:
            raise imports.BadMapping(
                t("Two columns cannot be the same: choose one."), field=f"column-{place}"
            )
        found[Field(field)] = place
    return found


def _form(form: FormData, known: Form) -> Form:
    encoding, separator = forms.text(form, "encoding"), forms.text(form, "separator")
    sheet = forms.text(form, "sheet")
    return replace(
        known,
        encoding=encoding if encoding in imports.ENCODINGS else known.encoding,
        separator=separator if separator in imports.SEPARATORS else known.separator,
        sheet=sheet if sheet in known.sheets else known.sheet,
        header=max(1, min(forms.whole(form, "header", otherwise=known.header), 50)),
    )


def _direction(form: FormData) -> registry.Direction | None:
    chosen = forms.text(form, "direction")
    return registry.Direction(chosen) if chosen in set(registry.Direction) else None
