"""The clerk's form: one screen from the letter on the counter to its number."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import Address
from api.web.render import page
from docflow import clock, documents, organization, parties, registry
from docflow.errors import Conflict, DocflowError, Forbidden, Invalid, NotFound
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import DeliveryMethod, Direction

router = APIRouter()
_MEMORY = "docflow_register"  # cookie: what the clerk chose last time
_REMEMBERED = ("delivery_method", "addressee_unit_id", "book")
_TODAY_LINES = 15
# Where the domain names an input otherwise than the form does
_FIELDS = {"received_at": "received_on"}


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form: as typed, with the errors by field and the files that are kept."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, Text] = field(default_factory=dict)
    kept: list[forms.KeptFile] = field(default_factory=list)
    form_key: str = ""


@router.get("/register")
def show(
    request: Request, by: CurrentUser, office: TheOffice, direction: str = "incoming"
) -> Response:
    """An empty form, with the choices that the clerk made last time."""
    memory = dict(parse_qsl(request.cookies.get(_MEMORY, "")))
    remembered = {name: memory.get(name, "") for name in _REMEMBERED}
    known = direction if direction in set(Direction) else Direction.INCOMING
    return _show(request, office, by, Typed(values={**remembered, "direction": known}))


@router.post("/register")
def register(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Register the document. On an error the form comes back as it was, files included.

    The form's key makes a second press of the same form give the same entry.
    """
    kept: list[documents.Upload] = []
    try:
        forms.receive(office, form, "files", into=kept)
        new = _new_entry(form, office)
        with office.db.begin() as session:
            entry = registry.register(
                session,
                new,
                kept,
                by=by,
                zone=office.settings.zone,
                ocr_languages=office.settings.ocr_languages,
                idempotency_key=forms.text(form, "form_key")[:100] or None,
            )
            book = session.get_one(registry.Book, entry.book_id)
            at = Address(book.code, entry.year, entry.number)
    except (Invalid, Conflict, Forbidden, NotFound, documents.StoreUnavailable) as error:
        return _again(request, office, by, form, kept, error)
    response = RedirectResponse(f"{at.path}?registered=1", 303)
    memory = urlencode({name: forms.text(form, name)[:40] for name in _REMEMBERED})
    response.set_cookie(_MEMORY, memory, max_age=90 * 86400, httponly=True, samesite="lax")
    return response


def _new_entry(form: FormData, office: Office) -> registry.NewEntry:
    """What the form says. Raises Invalid with the field to blame."""
    direction = forms.choice(form, "direction", Direction, otherwise=Direction.INCOMING)
    contact = parties.Contact(
        name=forms.text(form, "sender"),
        party_id=forms.optional_id(form, "sender_party_id"),
        tax_number=forms.text(form, "sender_tax_number"),
        email=forms.text(form, "sender_email"),
        address=forms.text(form, "sender_address"),
    )
    lines = forms.text(form, "recipients").splitlines()
    recipients = tuple(parties.Contact(name=line.strip()) for line in lines if line.strip())
    has_sender = bool(contact.name) and direction is not Direction.OUTGOING
    return registry.NewEntry(
        direction=direction,
        subject=forms.text(form, "subject"),
        book=forms.text(form, "book") or None,
        sender=contact if has_sender else None,
        recipients=recipients if direction is not Direction.INCOMING else (),
        sender_reference=forms.text(form, "sender_reference"),
        sender_dated_on=forms.day(form, "sender_dated_on"),
        delivery_method=forms.choice(
            form, "delivery_method", DeliveryMethod, otherwise=DeliveryMethod.COUNTER
        ),
        delivery_detail=forms.text(form, "delivery_detail"),
        attachments_count=forms.whole(form, "attachments_count"),
        attachments_note=forms.text(form, "attachments_note"),
        addressee_unit_id=forms.optional_id(form, "addressee_unit_id"),
        received_at=_received(form, office),
    )


def _received(form: FormData, office: Office) -> datetime | None:
    """When it reached the body, where that was another day than today."""
    on = forms.day(form, "received_on")
    today = clock.today(office.settings.zone)
    if on is not None and on > today:
        raise registry.BadDate(t("It cannot have come in the future."), field="received_on")
    return None if on == today else forms.midday(on, office.settings.zone)


def _again(
    request: Request,
    office: Office,
    by: Principal,
    form: FormData,
    kept: list[documents.Upload],
    error: DocflowError,
) -> Response:
    name = error.field or "form"
    typed = Typed(
        values=forms.as_typed(form),
        errors={_FIELDS.get(name, name): error.message},
        kept=forms.kept_notes(office, kept),
        form_key=forms.text(form, "form_key"),
    )
    # What is not found here is a book or a unit that the form named, not the page.
    status = 422 if isinstance(error, NotFound) else problems.status_of(error)
    return _show(request, office, by, typed, status_code=status)


def _show(
    request: Request, office: Office, by: Principal, typed: Typed, *, status_code: int = 200
) -> Response:
    with office.db.read() as session:
        books = registry.books_open_to(session, by, to_write=True)
        by.require(bool(books), registry.NOT_A_CLERK)
        context = {
            "books": [(book.code, book.title) for book in books],
            "units": organization.units(session, by.body_id),
            "today": _today(session, office, by),
        }
    return page(
        request,
        "web/register.html",
        status_code=status_code,
        values=typed.values,
        errors=typed.errors,
        kept=typed.kept,
        form_key=typed.form_key or secrets.token_urlsafe(16),
        directions=list(Direction),
        methods=list(DeliveryMethod),
        max_mb=office.settings.max_upload_mb,
        **context,
    )


def _today(session: Session, office: Office, by: Principal) -> list[registry.Line]:
    zone = office.settings.zone
    wanted = registry.Filter(first_day=clock.today(zone))
    return registry.listing(session, by, wanted, zone=zone, limit=_TODAY_LINES)


@router.get("/parties/suggest")
def suggest(by: CurrentUser, office: TheOffice, q: str = "") -> Response:
    """Senders and recipients while typing, for party-search.js."""
    with office.db.read() as session:
        found = parties.suggest(session, forms.clean(q)[:100], by=by)
    return JSONResponse(
        [
            {
                "id": party.id,
                "name": party.name,
                "tax_number": party.tax_number,
                "email": party.email,
                "address": party.address,
            }
            for party in found
        ]
    )
