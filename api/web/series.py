"""A batch of one sender: a row for each document, one press, all numbers or none."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms, registration
from api.web.register import sender_of
from api.web.render import page
from docflow import documents, organization, registry
from docflow.errors import Conflict, DocflowError, Forbidden, Invalid, NotFound
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import DeliveryMethod, Direction

router = APIRouter()
_ROWS, _MORE, _MOST = 6, 6, 60
_IN_ITEM = re.compile(r"items\.(\d+)\.(\w+)")


@dataclass(frozen=True, slots=True)
class Typed:
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, Text] = field(default_factory=dict)
    kept: Mapping[int, Sequence[forms.KeptFile]] = field(default_factory=dict)
    rows: int = _ROWS
    form_key: str = ""
    alike: Sequence[registry.Alike] = ()


@router.get("/register/series")
def show(request: Request, by: CurrentUser, office: TheOffice, like: str = "") -> Response:
    """Empty rows under one sender; `like` (book/year/number) takes the sender of an entry."""
    values = registration.remembered(request, by)
    with office.db.read() as session:
        values |= sender_of(session, like, by)
    return _show(request, office, by, Typed(values=values))


@router.post("/register/series")
def register(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Register every row that says something; `act` "rows" gives more empty ones."""
    rows = min(max(forms.whole(form, "rows", otherwise=_ROWS), 1), _MOST)
    kept: dict[int, list[documents.Upload]] = {place: [] for place in range(rows)}
    meant: list[int] = []
    try:
        for place in range(rows):
            forms.receive(
                office,
                form,
                f"files-{place}",
                into=kept[place],
                body_id=by.body_id,
                kept=f"kept-{place}",
            )
        if forms.text(form, "act") == "rows":
            typed = _typed(office, form, kept, min(rows + _MORE, _MOST))
            return _show(request, office, by, typed)
        common = registration.new_entry(form, office)
        meant = [place for place in range(rows) if _is_filled(form, place, kept[place])]
        items = [(_one(form, common, place), kept[place]) for place in meant]
        if not items:
            raise registry.BadSubject(
                t("Write the subject (at least 3 characters)."), field="subject-0"
            )
        with office.db.begin() as session:
            entries = registry.register_together(
                session,
                items,
                by=by,
                zone=office.settings.zone,
                ocr_languages=office.settings.ocr_languages,
                idempotency_key=forms.text(form, "form_key")[:100] or None,
                duplicate_reason=forms.text(form, "duplicate_reason"),
            )
            ids = ",".join(str(entry.id) for entry in entries)
    except (Invalid, Conflict, Forbidden, NotFound, documents.StoreUnavailable) as error:
        typed = _typed(office, form, kept, rows, error, meant)
        status = 422 if isinstance(error, NotFound) else problems.status_of(error)
        return _show(request, office, by, typed, status_code=status)
    response = RedirectResponse(f"/register/series/done?ids={ids}", 303)
    registration.remember(response, by, form)
    return response


@router.get("/register/series/done")
def done(request: Request, by: CurrentUser, office: TheOffice, ids: str = "") -> Response:
    """The numbers that a batch got, with their labels."""
    wanted = [int(one) for one in ids.split(",")[:_MOST] if one.isdecimal() and len(one) < 19]
    with office.db.read() as session:
        lines = registry.lines_of(session, wanted, by=by)
    return page(request, "web/kinds/series_done.html", lines=lines)


def _is_filled(form: FormData, place: int, files: Sequence[documents.Upload]) -> bool:
    names = ("subject", "sender_reference", "sender_dated_on", "attachments_count")
    return bool(files) or any(forms.text(form, f"{name}-{place}") for name in names)


def _one(form: FormData, common: registry.NewEntry, place: int) -> registry.NewEntry:
    """The document of a row, with what is common to all. Raises Invalid with the field to blame."""
    return replace(
        common,
        subject=forms.text(form, f"subject-{place}"),
        sender_reference=forms.text(form, f"sender_reference-{place}"),
        sender_dated_on=forms.day(form, f"sender_dated_on-{place}"),
        attachments_count=forms.whole(form, f"attachments_count-{place}"),
    )


def _typed(
    office: Office,
    form: FormData,
    kept: Mapping[int, Sequence[documents.Upload]],
    rows: int,
    error: DocflowError | None = None,
    meant: Sequence[int] = (),
) -> Typed:
    """What stands in the form again; an error of an item at the row that it came from."""
    errors: dict[str, Text] = {}
    if error is not None:
        name = error.field or "form"
        item = _IN_ITEM.fullmatch(name)
        if item is not None:
            row, name = meant[int(item[1])], registration.FIELDS.get(item[2], item[2])
            name = f"{name}-{row}" if name in _OF_ROWS else name
        errors[name] = error.message
    return Typed(
        values=forms.as_typed(form),
        errors=errors,
        kept={place: forms.kept_notes(office, files) for place, files in kept.items()},
        rows=rows,
        form_key=forms.text(form, "form_key"),
        alike=error.alike if isinstance(error, registry.DuplicateFound) else (),
    )


_OF_ROWS = ("subject", "sender_reference", "sender_dated_on", "attachments_count")


def _show(
    request: Request, office: Office, by: Principal, typed: Typed, *, status_code: int = 200
) -> Response:
    with office.db.read() as session:
        books = registry.books_open_to(session, by, to_write=True)
        by.require(bool(books), registry.NOT_A_CLERK)
        context: dict[str, Any] = {
            "books": [(book.code, book.title) for book in books],
            "units": organization.units(session, by.body_id),
        }
    return page(
        request,
        "web/kinds/series.html",
        status_code=status_code,
        values={**typed.values, "direction": Direction.INCOMING.value},
        errors=typed.errors,
        kept=typed.kept,
        rows=typed.rows,
        alike=typed.alike,
        form_key=typed.form_key or secrets.token_urlsafe(16),
        methods=list(DeliveryMethod),
        **context,
    )
