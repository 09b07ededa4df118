"""Closings: what waits, the daily registers of a book, the closing of a year."""

from datetime import date
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.streams import stored_file
from api.web import forms
from api.web.address import Start
from api.web.render import page
from docflow import circulation, clock, closings, printing, signatures
from docflow.errors import DocflowError
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter(prefix="/closings")
PAGE_SIZE = 50
_AT_ONCE = 5  # days that a click closes: a few seconds
_PDF = "application/pdf"

BookCode = Annotated[str, Path(pattern=r"^[\w.-]{1,40}$")]
Year = Annotated[int, Path(ge=1, le=9999)]


@router.get("")
def overview(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """How each book stands: days that wait, the last register, the years."""
    with office.db.read() as session:
        states = closings.overview(session, office, by=by)
    return page(
        request,
        "web/closings/overview.html",
        states=states,
        today=clock.today(office.settings.zone),
    )


@router.get("/{book}")
def days(
    request: Request, book: BookCode, by: CurrentUser, office: TheOffice, start: Start = 0
) -> Response:
    """The closed days of a book, the newest first, and those that wait."""
    return _days(request, office, by, book, start=start)


@router.post("/{book}/days")
def close_days(request: Request, book: BookCode, by: CurrentUser, office: TheOffice) -> Response:
    """Close what is over, the oldest day first; the rest is done by the job."""
    with office.db.read() as session:
        found = closings.book_named(session, book, by)
        closings.require_close(by, found)
        before = closings.state_of(session, office, found, by=by)
    closings.close_due(office, found.id, most=_AT_ONCE, by=by)
    with office.db.read() as session:
        after = closings.state_of(session, office, found, by=by)
    if before.waiting and after.registers == before.registers:
        return _days(request, office, by, book, status_code=503)
    return RedirectResponse(f"/closings/{quote(book)}?done=day-closed", 303)


@router.get("/{book}/days/{day}/register")
def register(
    book: BookCode,
    day: date,
    by: CurrentUser,
    office: TheOffice,
    download: bool = False,
    sealed: bool = False,
) -> Response:
    """The sealed register of a day; after an erasure an extract, unless who closes wants it."""
    with office.db.begin() as session:
        found = closings.book_named(session, book, by)
        given = closings.paper(session, office, found, day, by=by, sealed=sealed)
    if given.extract is not None:
        return _shown(given.extract)
    line = given.line
    return stored_file(
        office,
        sha256=line.pdf_sha256,
        name=f"{line.identifier}.pdf",
        media_type=_PDF,
        download=download,
    )


@router.get("/{book}/days/{day}/so-far")
def so_far(
    request: Request, book: BookCode, day: date, by: CurrentUser, office: TheOffice
) -> Response:
    """The day as it stands now, marked as not closed; nothing of it is kept."""
    with office.db.read() as session:
        found = closings.book_named(session, book, by)
        draft = closings.preview(session, office, found, day, by=by)
    return _shown(draft.printed)


def _shown(data: printing.DailyRegisterData) -> Response:
    return Response(
        closings.printed(data),
        media_type=_PDF,
        headers={"Cache-Control": "no-store", "Content-Disposition": "inline"},
    )


@router.get("/{book}/years/{year}")
def year_report(
    request: Request, book: BookCode, year: Year, by: CurrentUser, office: TheOffice
) -> Response:
    """What stands in the year, and what is in the way of its closing."""
    return _year(request, office, by, book, year)


@router.post("/{book}/years/{year}")
def close_year(
    request: Request,
    book: BookCode,
    year: Year,
    form: TheForm,
    by: CurrentUser,
    office: TheOffice,
) -> Response:
    """Close the year; with the password of his key the person signs the declaration himself."""
    password = str(form.get("password", ""))
    try:
        closings.require_confirmed(forms.text(form, "sure") == "yes")
        key = None
        if password:
            with office.db.read() as session:  # whoever may not close has no password tried
                closings.require_close(by, closings.book_named(session, book, by))
            key = signatures.open_own(office, password, by=by)
        closings.close_year(office, book, year, by=by, key=key)
    except (closings.NotYoursToClose, closings.NoSuchYear):
        raise
    except DocflowError as error:
        return _year(request, office, by, book, year, error=error)
    return RedirectResponse(f"/closings/{quote(book)}/years/{year}?done=year-closed", 303)


@router.get("/{book}/years/{year}/declaration")
def declaration(book: BookCode, year: Year, by: CurrentUser, office: TheOffice) -> Response:
    """The sealed declaration of a closed year."""
    with office.db.read() as session:
        found = closings.book_named(session, book, by)
        closing = closings.closing_of(session, found, year)
    name = f"{closing.content['identifier']}.pdf"
    return stored_file(office, sha256=closing.pdf_sha256, name=name, media_type=_PDF)


def _days(
    request: Request,
    office: Office,
    by: Principal,
    book: str,
    *,
    start: int = 0,
    status_code: int = 200,
) -> Response:
    with office.db.read() as session:
        found = closings.book_named(session, book, by)
        state = closings.state_of(session, office, found, by=by)
        lines = closings.listing(session, found, start=start, limit=PAGE_SIZE)
    return page(
        request,
        "web/closings/days.html",
        status_code=status_code,
        state=state,
        lines=lines,
        start=start,
        page_size=PAGE_SIZE,
        total=state.registers,
        address=f"/closings/{quote(book)}?start=",
        today=clock.today(office.settings.zone),
    )


def _year(
    request: Request,
    office: Office,
    by: Principal,
    book: str,
    year: int,
    *,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        report = closings.prepare_year(session, office, book, year, by=by)
        has_key = session.get(circulation.Keyring, by.person_id) is not None
    return page(
        request,
        "web/closings/year.html",
        status_code=problems.status_of(error) if error else 200,
        report=report,
        may_close=closings.may_close(by, report.book),
        has_key=has_key,
        errors={(error.field or "form"): error.message} if error else {},
    )
