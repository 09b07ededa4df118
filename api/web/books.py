"""The books: what they are, how they number, their years, who reads them; the contiguity check."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import books_words as words
from api.web import forms
from api.web.render import block, page
from docflow import clock, organization, registry
from docflow.errors import DocflowError
from docflow.i18n import Text
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import Numbering, Policy, Scheme, YearState, books, masks, years

router = APIRouter()
BookCode = Annotated[str, Path(pattern=r"^[\w.-]{1,40}$")]
Year = Annotated[int, Path(ge=1, le=9999)]
_LONGEST_MASK = 200


@dataclass(frozen=True, slots=True)
class Row:
    """A book as a row of the list."""

    code: str
    title: str
    kind: Text
    is_default: bool
    is_closed: bool
    year: int | None  # the newest year, where the person may know of it
    last: str
    is_open: bool


@router.get("/books")
def listing(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """All books that the person may know of, and the way to all that is done with them."""
    zone = office.settings.zone
    with office.db.read() as session:
        rows = [_row(session, book, by, zone) for book in books.listing(session, by=by)]
        waiting = registry.arrivals.count_waiting(session, body_id=by.body_id)
        held = len(registry.reservations.listing(session, by=by))
    return page(
        request,
        "web/books/books.html",
        rows=rows,
        may_create=by.is_administrator,
        arrives=by.is_clerk or by.is_registrar or by.is_auditor,
        arrivals=waiting,
        held=held,
    )


def _row(session: Session, book: registry.Book, by: Principal, zone: str) -> Row:
    found = years.listing(session, book, by=by)
    newest = found[0] if found else None
    lasts = newest.lasts if newest else {}
    return Row(
        code=book.code,
        title=book.title,
        kind=words.KINDS[books.kind_of(book)],
        is_default=book.is_default,
        is_closed=book.closed_at is not None,
        year=newest.year if newest else None,
        last=" · ".join(str(last) for last in lasts.values()),
        is_open=years.open_now(session, book, zone=zone),
    )


@router.get("/books/new")
def begin(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """The empty form of a new book."""
    by.require(by.is_administrator, books.ADMINISTRATOR)
    return _new(request, office, {"kind": books.BookKind.THEMATIC, **_typed(Policy())}, {})


@router.post("/books/new")
def create(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Create the book; on an error the form comes back as it was."""
    try:
        with office.db.begin() as session:
            book = books.create(
                session,
                code=forms.text(form, "code"),
                title=forms.text(form, "title"),
                kind=forms.choice(form, "kind", books.BookKind, otherwise=books.BookKind.THEMATIC),
                policy=_policy(form),
                opens_by_hand=bool(forms.text(form, "opens_by_hand")),
                by=by,
            )
            code = book.code
    except DocflowError as error:
        typed = forms.as_typed(form)
        return _new(request, office, typed, {error.field or "form": error.message}, error)
    return RedirectResponse(f"/books/{code}?done=book-created", 303)


def _new(
    request: Request,
    office: Office,
    typed: Mapping[str, str],
    errors: Mapping[str, Text],
    error: DocflowError | None = None,
) -> Response:
    return page(
        request,
        "web/books/new.html",
        status_code=problems.status_of(error) if error else 200,
        values=typed,
        errors=errors,
        kinds=words.KINDS.items(),
        **_policy_choices(office, typed),
    )


@router.get("/books/preview")
def preview(
    request: Request,
    _by: CurrentUser,
    office: TheOffice,
    mask: Annotated[str, Query(max_length=_LONGEST_MASK)] = "",
    numbering: Annotated[str, Query(max_length=20)] = "",
    scheme: Annotated[str, Query(max_length=20)] = "",
    shares_numbers: str = "",
    first_number: Annotated[str, Query(max_length=20)] = "",
    code: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """How the numbers of the policy in the form would look, for htmx."""
    typed = {
        "mask": mask,
        "numbering": numbering,
        "scheme": scheme,
        "shares_numbers": shares_numbers,
        "first_number": first_number,
        "code": code,
    }
    shown = _preview(office, typed)
    return block(request, "web/books/new.html", "preview", **shown)


def _preview(office: Office, typed: Mapping[str, str]) -> dict[str, Any]:
    """The first numbers by the policy as typed, or what is wrong with it."""
    try:
        policy = books.checked(_policy(FormData(dict(typed))))
    except DocflowError as error:
        return {"examples": [], "fault": error.message}
    day = clock.today(office.settings.zone)
    examples = masks.preview(policy, book=typed.get("code") or "koino", day=day)
    return {"examples": examples, "fault": None}


def _policy(form: FormData) -> Policy:
    """The policy of a form. Raises Invalid."""
    return Policy(
        numbering=forms.choice(form, "numbering", Numbering, otherwise=Numbering.COMMON),
        scheme=forms.choice(form, "scheme", Scheme, otherwise=Scheme.PLAIN),
        shares_numbers=bool(forms.text(form, "shares_numbers")),
        first_number=forms.whole(form, "first_number", otherwise=1),
        mask=forms.text(form, "mask"),
        uses_arrivals=bool(forms.text(form, "uses_arrivals")),
    )


def _typed(policy: Policy) -> dict[str, str]:
    """A policy as the fields of its form."""
    return {
        "numbering": str(policy.numbering),
        "scheme": str(policy.scheme),
        "shares_numbers": "on" if policy.shares_numbers else "",
        "first_number": str(policy.first_number),
        "mask": policy.mask,
        "uses_arrivals": "on" if policy.uses_arrivals else "",
    }


def _policy_choices(office: Office, typed: Mapping[str, str]) -> dict[str, Any]:
    return {
        "numberings": words.NUMBERINGS.items(),
        "schemes": words.SCHEMES.items(),
        **_preview(office, typed),
    }


@router.get("/books/{code}")
def show(request: Request, code: BookCode, by: CurrentUser, office: TheOffice) -> Response:
    """One book: its policy, its years, its readers, and what the person may do with it."""
    return _show(request, office, code, by)


def _show(
    request: Request,
    office: Office,
    code: str,
    by: Principal,
    *,
    act: str = "",
    typed: Mapping[str, str] | None = None,
    error: DocflowError | None = None,
) -> Response:
    zone = office.settings.zone
    with office.db.read() as session:
        book = books.find(session, code, by=by)
        policy = registry.policy_of(book)
        found = years.listing(session, book, by=by)
        readers = books.readers(session, book) if book.is_confidential else []
        people = organization.usernames(session, by.body_id) if by.is_administrator else []
        context: dict[str, Any] = {
            "book": book,
            "kind": words.KINDS[books.kind_of(book)],
            "policy": policy,
            "years": found,
            "readers": readers,
            "people": [(name, full_name) for name, full_name, *_ in people],
            "may_keep": books.may_keep(by, book) and book.closed_at is None,
            "may_rule": by.is_administrator and book.closed_at is None,
            "is_open": years.open_now(session, book, zone=zone),
        }
    present = clock.today(zone).year
    begun = {year.year for year in found}
    values = {**_typed(policy), "opens_by_hand": "on" if book.opens_by_hand else ""}
    if typed is not None and act == "policy":
        values = dict(typed)
    return page(
        request,
        "web/books/book.html",
        status_code=problems.status_of(error) if error else 200,
        open_act=act,
        typed=typed or {},
        errors={error.field or "form": error.message} if error else {},
        values=values,
        to_open=[year for year in (present, present + 1) if year not in begun],
        words=words,
        states=YearState,
        **_policy_choices(office, values),
        **context,
    )


@router.post("/books/{code}/acts/{act}")
def act(
    request: Request,
    code: BookCode,
    act: Annotated[str, Path(pattern=r"^[a-z-]{1,20}$")],
    form: TheForm,
    by: CurrentUser,
    office: TheOffice,
) -> Response:
    """Do something with the book: its page comes back, with what is wrong where it is."""
    do = _ACTS.get(act)
    if do is None:
        return _show(request, office, code, by)
    try:
        with office.db.begin() as session:
            do(session, code, form, by, office.settings.zone)
    except DocflowError as error:
        return _show(request, office, code, by, act=act, typed=forms.as_typed(form), error=error)
    return RedirectResponse(f"/books/{code}?done=book-{act}", 303)


def _rename(session: Session, code: str, form: FormData, by: Principal, _zone: str) -> None:
    books.rename(session, code, title=forms.text(form, "title"), by=by)


def _set_policy(session: Session, code: str, form: FormData, by: Principal, _zone: str) -> None:
    by_hand = bool(forms.text(form, "opens_by_hand"))
    books.set_policy(session, code, policy=_policy(form), opens_by_hand=by_hand, by=by)


def _open_year(session: Session, code: str, form: FormData, by: Principal, zone: str) -> None:
    book = books.find(session, code, by=by)
    registry.open_year(session, book, forms.whole(form, "year"), by=by, zone=zone)


def _grant(session: Session, code: str, form: FormData, by: Principal, _zone: str) -> None:
    user_id = organization.principal_named(
        session, forms.text(form, "username"), via=by.via
    ).person_id
    can_write = bool(forms.text(form, "can_write"))
    books.open_to(session, code, user_id, can_write=can_write, by=by)


def _revoke(session: Session, code: str, form: FormData, by: Principal, _zone: str) -> None:
    books.shut_to(session, code, forms.optional_id(form, "user_id") or 0, by=by)


def _make_default(session: Session, code: str, _form: FormData, by: Principal, _zone: str) -> None:
    books.make_default(session, code, by=by)


def _close(session: Session, code: str, _form: FormData, by: Principal, _zone: str) -> None:
    books.close_for_good(session, code, by=by)


_ACTS: Mapping[str, Callable[[Session, str, FormData, Principal, str], None]] = {
    "rename": _rename,
    "policy": _set_policy,
    "open-year": _open_year,
    "grant": _grant,
    "revoke": _revoke,
    "default": _make_default,
    "close": _close,
}


@router.get("/contiguity")
def contiguity(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """Every series that is open to the person; each is checked by a request of its own."""
    books.require_keeper(by)
    with office.db.read() as session:
        series = [
            (book.code, book.title, row.year, name, words.SERIES[name])
            for book, row, name in registry.series_open_to(session, by)
        ]
    return page(request, "web/books/contiguity.html", series=series)


@router.get("/contiguity/{code}/{year}/{series}")
def check(
    request: Request, code: BookCode, year: Year, series: str, by: CurrentUser, office: TheOffice
) -> Response:
    """The result of one series, for its row of the page; without htmx a page of its own."""
    books.require_keeper(by)
    with office.db.read() as session:
        found = [
            (book, row)
            for book, row, name in registry.series_open_to(session, by)
            if (book.code, row.year, name) == (code, year, series)
        ]
        if not found:
            raise registry.NoSuchBook(books.no_such(code))
        book, row = found[0]
        one = registry.check_series(session, book, row, series)
        title = book.title
    context: dict[str, Any] = {"one": one, "title": title, "series_name": words.SERIES[series]}
    if request.headers.get("HX-Request"):
        return block(request, "web/books/checked.html", "row", **context)
    return page(request, "web/books/checked.html", **context)
