"""The emergency register's pages: kits, the way back from a file or from paper, the periods."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import RowId
from api.web.emergency_sheets import from_sheets
from api.web.render import page
from docflow import clock, documents, emergency, registry
from docflow.emergency import Authorised, Journal
from docflow.errors import DocflowError, NotFound
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter(prefix="/emergency")
_NO_FILE = t("Choose the file that the emergency page saved.")


@router.get("")
def overview(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """The kits, what to do when the system is back, and the periods."""
    return _overview(request, office, by)


@router.post("/kits")
def prepare(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Reserve the numbers of a new kit."""
    try:
        with office.db.begin() as session:
            kit_id = emergency.prepare(
                session,
                by=by,
                place=forms.text(form, "place"),
                numbers=forms.whole(form, "numbers"),
                year=forms.whole(form, "year"),
                zone=office.settings.zone,
                book=forms.text(form, "book") or None,
            )
    except DocflowError as error:
        if isinstance(error, NotFound) or error.field:
            return _overview(request, office, by, form=form, error=error)
        raise
    return RedirectResponse(f"/emergency?prepared={kit_id}", 303)


@router.get("/kits/{kit_id}/sheets.pdf")
def sheets(kit_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """The kit on paper."""
    pdf = emergency.sheets(office, kit_id, by=by, language=by.language)
    return Response(pdf, media_type="application/pdf")


@router.get("/kits/{kit_id}/offline.html")
def offline(kit_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """The kit's page, to be kept: it is never shown from here, where it could not run."""
    html = emergency.offline_page(office, kit_id, by=by, language=by.language)
    with office.db.read() as session:
        code = emergency.kit(session, kit_id, by=by).code
    name = f"docflow-emergency-{code}.html"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(html, media_type="application/octet-stream", headers=headers)


@router.post("/recovery")
def recover(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Look at the file of an offline page, then (second press) take it over."""
    kept: list[documents.Upload] = []
    try:
        forms.receive(office, form, "file", into=kept, body_id=by.body_id)
        if not kept:
            raise emergency.NoJournal(_NO_FILE, field="file")
        journal = _journal(office, kept[-1], by)
    except DocflowError as error:
        return _overview(request, office, by, form=form, error=error)
    return _recovery(request, office, by, form, journal, kept[-1:])


def _recovery(
    request: Request,
    office: Office,
    by: Principal,
    form: FormData,
    journal: Journal,
    kept: list[documents.Upload],
) -> Response:
    error: DocflowError | None = None
    try:
        match forms.text(form, "act"):
            case "recover":
                return _recovered(office, by, form, journal)
            case "authorise":
                with office.db.begin() as session:
                    emergency.authorise(
                        session, journal, _late(form, journal, office.settings.zone), by=by
                    )
    except DocflowError as found:
        error = found
    with office.db.read() as session:
        seen = emergency.examine(session, journal, by=by, zone=office.settings.zone)
    return page(
        request,
        "web/emergency/recovery.html",
        status_code=problems.status_of(error) if error else 200,
        journal=journal,
        seen=seen,
        kept=forms.kept_notes(office, kept),
        left_out=forms.texts(form, "leave_out"),
        typed=forms.as_typed(form),
        errors={error.field or "form": error.message} if error else {},
        may_authorise=by.is_registrar,
        may_register=by.is_clerk,
    )


@router.get("/kits/{kit_id}/paper")
def paper(request: Request, kit_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """The form for typing what stands on the sheets of a kit."""
    with office.db.read() as session:
        kit = emergency.kit(session, kit_id, by=by)
    return _paper(request, kit, {})


@router.post("/kits/{kit_id}/paper")
def type_in(
    request: Request, kit_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Check what was typed; with the second button, register it."""
    with office.db.read() as session:
        kit = emergency.kit(session, kit_id, by=by)
    typed = forms.as_typed(form)
    try:
        journal = from_sheets(form, kit, zone=office.settings.zone)
        if typed.get("act") == "recover":
            return _recovered(office, by, form, journal)
    except DocflowError as error:
        errors = {error.field or "form": error.message}
        return _paper(request, kit, typed, errors=errors, status=problems.status_of(error))
    with office.db.read() as session:
        (seen,) = emergency.examine(session, journal, by=by, zone=office.settings.zone)
    return _paper(request, kit, typed, seen=seen)


@router.get("/periods/{period_id}")
def period(request: Request, period_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """The report of one period: cause, authorisations, totals, each number and its entry."""
    with office.db.read() as session:
        found = emergency.periods(session, by=by, period_id=period_id)
    if not found:
        raise emergency.NoSuchKit(t("There is no such period of emergency."))
    counted: dict[date, int] = {}
    for used in found[0].used:
        day = clock.local(used.noted_at, office.settings.zone).date()
        counted[day] = counted.get(day, 0) + 1
    return page(request, "web/emergency/period.html", period=found[0], counted=counted)


def _journal(office: Office, upload: documents.Upload, by: Principal) -> Journal:
    data = documents.read_bytes(office, upload.sha256)
    code = emergency.kit_code(data)
    with office.db.read() as session:
        kit = emergency.kit_of_code(session, code, by=by)
    return emergency.read(data, kit)


def _recovered(office: Office, by: Principal, form: FormData, journal: Journal) -> Response:
    """Take the journal over and show the period. Raises what `emergency.recover` does."""
    numbers = {int(text) for text in forms.texts(form, "leave_out") if text.isdecimal()}
    with office.db.begin() as session:
        made = emergency.recover(
            session,
            journal,
            by=by,
            zone=office.settings.zone,
            ocr_languages=office.settings.ocr_languages,
            leave_out=numbers,
            late=_late(form, journal, office.settings.zone),
        )
        origin = emergency.origin(session, made[0].entry_id) if made else None
    if origin is None:
        return RedirectResponse("/emergency?done=nothing-new", 303)
    return RedirectResponse(f"/emergency/periods/{origin.period_id}?done=recovered", 303)


def _late(form: FormData, journal: Journal, zone: str) -> list[Authorised]:
    """The authorisation that is stated now: it begins where the first day's one ended."""
    name = forms.text(form, "late_by")
    if not name:
        return []
    starts = [one.at for emergency_ in journal.emergencies for one in emergency_.authorised]
    on = forms.day(form, "late_on")
    latest = clock.local(max(starts), zone)  # the day that is typed is one of the office's
    at = datetime.combine(on, latest.time(), latest.tzinfo) if on else latest
    return [Authorised(name, at, forms.text(form, "late_note"))]


def _overview(
    request: Request,
    office: Office,
    by: Principal,
    *,
    form: FormData | None = None,
    error: DocflowError | None = None,
) -> Response:
    this_year = clock.today(office.settings.zone).year
    with office.db.read() as session:
        context: dict[str, Any] = {
            "kits": emergency.kits(session, by=by),
            "periods": emergency.periods(session, by=by),
            "books": [
                (book.code, book.title)
                for book in registry.books_open_to(session, by)
                if not book.is_confidential
            ],
        }
    values: Mapping[str, str] = {"numbers": "50", "year": str(this_year)}
    errors: dict[str, Text] = {}
    status = 200
    if error is not None:
        errors = {error.field or "form": error.message}
        # What is not found is the kit that the file names, not the page.
        status = 422 if isinstance(error, NotFound) else problems.status_of(error)
    return page(
        request,
        "web/emergency/overview.html",
        status_code=status,
        years=[this_year, this_year + 1],
        typed=forms.as_typed(form) if form else values,
        errors=errors,
        prepared=request.query_params.get("prepared", ""),
        may_prepare=by.is_registrar,
        may_recover=by.is_clerk or by.is_registrar,
        may_take=emergency.may_take(by),
        **context,
    )


def _paper(
    request: Request,
    kit: emergency.KitInfo,
    typed: Mapping[str, str],
    *,
    seen: emergency.Examined | None = None,
    errors: Mapping[str, Text] | None = None,
    status: int = 200,
) -> Response:
    return page(
        request,
        "web/emergency/paper.html",
        status_code=status,
        kit=kit,
        typed=typed,
        errors=errors or {},
        seen=seen,
        bad={one.noted.number: one.problem for one in seen.bad} if seen else {},
        directions=list(registry.Direction),
    )
