"""The register as a file: choose the part and the form; what is large is made by a job."""

from datetime import date
from urllib.parse import quote

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
from docflow import clock, exports, registry
from docflow.errors import DocflowError, Invalid
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import Direction

router = APIRouter(prefix="/exports")
_DELIMITERS = {"semicolon": ";", "comma": ","}


@router.get("")
def ask(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """The form, and the files that were made for the person."""
    today = clock.today(office.settings.zone)
    typed = {
        "first_day": f"{date(today.year, 1, 1):%d/%m/%Y}",
        "last_day": f"{today:%d/%m/%Y}",
        "format": exports.Format.PDF.value,
        "delimiter": "semicolon",
    }
    return _page(request, office, by, typed=typed)


@router.post("")
def export(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """A small export at once; a large one as a job, whose file is then listed here."""
    try:
        wanted = _wanted(form)
        kind = forms.choice(form, "format", exports.Format, otherwise=exports.Format.PDF)
        delimiter = _DELIMITERS.get(forms.text(form, "delimiter"), ";")
        if exports.is_small(exports.size(office, wanted, by=by), kind):
            return _at_once(office, wanted, kind, by, delimiter)
        with office.db.begin() as session:
            exports.request(session, wanted, kind, by=by, language=by.language, delimiter=delimiter)
    except (Invalid, registry.NoSuchBook) as error:
        return _page(request, office, by, typed=forms.as_typed(form), error=error)
    return RedirectResponse("/exports?done=export-asked", 303)


@router.get("/list")
def listing(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """The list alone, for a page that waits."""
    with office.db.read() as session:
        made = exports.listing(session, by=by)
    return block(request, "web/exports/exports.html", "made", made=made)


@router.get("/{export_id}/file")
def file(export_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """The file of an export, to its owner alone."""
    with office.db.read() as session:
        row = exports.file_of(session, export_id, by=by)
    return stored_file(
        office,
        sha256=str(row.sha256),
        name=exports.name_of(row),
        media_type=exports.MEDIA_TYPES[exports.Format(row.format)],
        download=True,
    )


def _wanted(form: FormData) -> exports.Wanted:
    first, last = forms.day(form, "first_day"), forms.day(form, "last_day")
    if first is None or last is None:
        missing = "first_day" if first is None else "last_day"
        raise exports.BadPeriod(t("Write the first and the last day."), field=missing)
    direction = forms.text(form, "direction")
    return exports.Wanted(
        first_day=first,
        last_day=last,
        book=forms.text(form, "book") or None,
        direction=forms.choice(form, "direction", Direction, otherwise=Direction.INCOMING)
        if direction
        else None,
    )


def _at_once(
    office: Office, wanted: exports.Wanted, kind: exports.Format, by: Principal, delimiter: str
) -> Response:
    with exports.made(
        office, wanted, kind, by=by, language=by.language, delimiter=delimiter
    ) as made:
        data = made.path.read_bytes()  # bounded: at most `AT_ONCE` entries
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(made.name)}",
            "Cache-Control": "no-store",
        }
        return Response(data, media_type=made.media_type, headers=headers)


def _page(
    request: Request,
    office: Office,
    by: Principal,
    *,
    typed: dict[str, str],
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        books = [(book.code, book.title) for book in registry.books_open_to(session, by)]
        made = exports.listing(session, by=by)
    return page(
        request,
        "web/exports/exports.html",
        status_code=problems.status_of(error) if error else 200,
        typed=typed,
        books=books,
        directions=list(Direction),
        formats=[(one.value, one.value.upper()) for one in exports.Format],
        made=made,
        errors={(error.field or "form"): error.message} if error else {},
    )
