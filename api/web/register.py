"""The clerk's form: one screen from the letter on the counter to its number."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import counts, forms, numbering_form, proposals, registration
from api.web.render import block, page
from docflow import clock, documents, kinds, organization, parties, registry
from docflow.errors import Conflict, DocflowError, Forbidden, Invalid, NotFound
from docflow.i18n import Text
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import STATE_SECRETS, DeliveryMethod, Direction, Grade, Priority

router = APIRouter()
_TODAY_LINES = 15
_PLACE = re.compile(r"([\w.-]{1,40})/(\d{1,4})/(\d{1,9}(?:-\w{1,9})?)")


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form: as typed, with the errors by field and the files that are kept."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, Text] = field(default_factory=dict)
    kept: list[forms.KeptFile] = field(default_factory=list)
    form_key: str = ""
    alike: Sequence[registry.Alike] = ()


@router.get("/register")
def show(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    direction: str = "incoming",
    kind: str | None = None,
    like: str = "",
    kept: str = "",
    arrival: int | None = None,
    reservation: int | None = None,
) -> Response:
    """An empty form, with what the clerk chose last time.

    `kind` chooses another kind of document; `like` (book/year/number) takes the sender of an entry.
    `kept` is the signed note of a file that is stored already: a scan without a number.
    `arrival` and `reservation` are ids of what it will register, or whose number it takes.
    """
    known = direction if direction in set(Direction) else Direction.INCOMING
    values: dict[str, str] = {**registration.remembered(request, by), "direction": known}
    if kind is not None:
        values["kind"] = kind
    with office.db.read() as session:
        values |= sender_of(session, like, by)
        chosen = _kind(session, values, by)
        if chosen is not None:
            values |= _defaults(chosen)
        else:
            values.pop("kind", None)
        values |= numbering_form.prefilled(session, arrival=arrival, reservation=reservation, by=by)
    files = forms.kept_again(office, [kept]) if kept else []
    return _show(request, office, by, Typed(values=values, kept=files))


@router.get("/register/kind")
def kind_fields(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    kind: str = "",
) -> Response:
    """The fields of a kind, for the form when another kind is chosen in it."""
    with office.db.read() as session:
        chosen = _kind(session, {"kind": forms.clean(kind)}, by)
    return block(
        request, "web/kinds/fields.html", "kind_fields", chosen=chosen, values={}, errors={}
    )


@router.post("/register")
def register(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Register the document. On an error the form comes back as it was, files included.

    The form's key makes a second press of the same form give the same entry. The button says
    what is meant: `act` is "now" (a number at once for whoever waits), "envelope" (closed: sender
    and addressee only), "keep" (the next document has the same sender), a direction (the form
    turns to it, nothing is registered), or nothing.
    """
    kept: list[documents.Upload] = []
    try:
        forms.receive(office, form, "files", into=kept, body_id=by.body_id)
        if forms.text(form, "act") in set(Direction):
            return _turned(request, office, by, form, kept)
        new = _meant(form, office, registration.remembered(request, by), by)
        with office.db.begin() as session:
            entry = registry.register(
                session,
                new,
                kept,
                by=by,
                zone=office.settings.zone,
                ocr_languages=office.settings.ocr_languages,
                idempotency_key=forms.text(form, "form_key")[:100] or None,
                duplicate_reason=forms.text(form, "duplicate_reason"),
            )
            if office.settings.mail_receipts:
                registry.mail_receipt_by_itself(session, entry, by=by)
            proposals.record(session, office, entry, form, by)
            book = session.get_one(registry.Book, entry.book_id)
            place = f"{book.code}/{entry.year}/{registry.places.word(entry)}"
    except (Invalid, Conflict, Forbidden, NotFound, documents.StoreUnavailable) as error:
        return _again(request, office, by, form, kept, error)
    response = RedirectResponse(_next(form, place, entry.direction), 303)
    registration.remember(response, by, form)
    counts.forget(request, by)
    return response


def _meant(
    form: FormData, office: Office, memory: Mapping[str, str], by: Principal
) -> registry.NewEntry:
    """What is registered. Raises Invalid with the field to blame."""
    act = forms.text(form, "act")
    new = registration.new_entry(form, office)
    if act == "now":
        of_kind = _defaults_of(office, memory, by)
        return registry.provisional.for_the_queue(registration.without_memory(new, memory, of_kind))
    if new.kind and new.kind_version is None:
        # Sent from within the choice of the kind, before its defaults stood in the form
        of_kind = _defaults_of(office, {"kind": new.kind}, by)
        new = replace(new, subject=new.subject or of_kind.get("subject", ""))
    return registry.provisional.closed_envelope(new) if act == "envelope" else new


def _turned(
    request: Request, office: Office, by: Principal, form: FormData, kept: list[documents.Upload]
) -> Response:
    """The form for another direction, with all that was typed: also what only the other shows.

    Who was typed as sender is the recipient of the other direction, and the other way round.
    """
    values = forms.as_typed(form)
    direction = values["direction"] = values.pop("act")
    sender, recipients = values.get("sender", "").strip(), values.get("recipients", "").strip()
    if direction != Direction.INCOMING and not recipients:
        values["recipients"] = sender
    if direction != Direction.OUTGOING and not sender and "\n" not in recipients:
        values["sender"] = recipients
    with office.db.read() as session:
        offered = {one.code for one in kinds.listing(session, by, direction=direction)}
        chosen = _kind(session, values, by)
    if chosen is not None and chosen.code not in offered:
        values.pop("kind")
        if values.get("subject") == chosen.definition.defaults.subject:
            values.pop("subject")  # nobody typed it
    notes = forms.kept_notes(office, kept)
    return _show(
        request, office, by, Typed(values, kept=notes, form_key=values.get("form_key", ""))
    )


def _next(form: FormData, place: str, direction: str) -> str:
    """The page of the entry; or the form again, where the next document has the same sender."""
    if forms.text(form, "act") != "keep":
        return f"/entries/{place}?registered=1"
    return f"/register?direction={direction}&like={place}"


def sender_of(session: Session, like: str, by: Principal) -> dict[str, str]:
    """The sender of the entry at book/year/number, as fields of a form; empty where it is not."""
    place = _PLACE.fullmatch(forms.clean(like))
    if place is None:
        return {}
    try:
        entry = registry.numbered(session, place[1], int(place[2]), place[3], by=by)
    except registry.NoSuchEntry:
        return {}
    now = registry.current(session, entry)
    return {
        "sender": now.sender_name,
        "sender_party_id": str(now.sender_party_id or ""),
        "sender_email": now.sender_email,
        "sender_address": now.sender_address,
        "like": place[0],
        "like_label": entry.label,
    }


def _kind(session: Session, values: Mapping[str, str], by: Principal) -> kinds.Chosen | None:
    """The kind that the form names, in the version that it showed where it says so."""
    code, version = values.get("kind", ""), values.get("kind_version", "")
    if not code:
        return None
    known = int(version) if version.isdecimal() and len(version) < 10 else None
    try:
        return kinds.named(session, code, by=by, version=known)
    except kinds.NoSuchKind:
        return None


def _defaults(chosen: kinds.Chosen) -> dict[str, str]:
    """What the kind puts into an empty form, over what is remembered."""
    said = chosen.definition.defaults
    found = {
        "subject": said.subject,
        "addressee_unit_id": str(said.addressee_unit_id or ""),
        "delivery_method": said.delivery_method,
    }
    return {name: value for name, value in found.items() if value}


def _defaults_of(office: Office, values: Mapping[str, str], by: Principal) -> dict[str, str]:
    with office.db.read() as session:
        chosen = _kind(session, values, by)
    return _defaults(chosen) if chosen else {}


def _again(
    request: Request,
    office: Office,
    by: Principal,
    form: FormData,
    kept: list[documents.Upload],
    error: DocflowError,
) -> Response:
    values = forms.as_typed(form)
    name = error.field or "form"
    errors = {registration.FIELDS.get(name, name): error.message}
    if isinstance(error, kinds.BadValues):
        errors = dict(error.faults)
    if isinstance(error, kinds.KindChanged):
        values.pop("kind_version", None)  # the fields of now, with what was typed where it fits
    typed = Typed(
        values=values,
        errors=errors,
        kept=forms.kept_notes(office, kept),
        form_key=forms.text(form, "form_key"),
        alike=error.alike if isinstance(error, registry.DuplicateFound) else (),
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
        direction = typed.values.get("direction") or Direction.INCOMING
        context: dict[str, Any] = {
            "books": [(book.code, book.title) for book in books],
            "units": organization.units(session, by.body_id),
            "today": _today(session, office, by),
            "kinds": kinds.listing(session, by, direction=direction),
            "chosen": _kind(session, typed.values, by),
            **numbering_form.offered(session, books, zone=office.settings.zone),
        }
    return page(
        request,
        "web/register.html",
        status_code=status_code,
        values=typed.values,
        errors=typed.errors,
        kept=typed.kept,
        alike=typed.alike,
        form_key=typed.form_key or secrets.token_urlsafe(16),
        directions=list(Direction),
        methods=list(DeliveryMethod),
        priorities=list(Priority),
        grades=[*Grade, *STATE_SECRETS],
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
