"""Correcting an entry: the form with the values of now, and what was changed in it."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import Address, At
from api.web.render import page
from docflow import kinds, organization, parties, reads, registry
from docflow.errors import Conflict, DocflowError, Invalid
from docflow.i18n import Text
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import DeliveryMethod, Direction

router = APIRouter()
SENDER = ("sender", "sender_address", "sender_email")
LINES = ("sender_reference", "delivery_detail", "attachments_note", "subject")
SPARE_ROWS, MAX_ROWS = 2, 200
# Where the domain names a list, its first row is to blame.
_FIELDS = {
    "recipient": "recipient-1-name",
    "recipients": "recipient-1-name",
    "concerned": "concerned-1-name",
}


@router.get("/entries/{book}/{year}/{number}/correct")
def show(request: Request, at: At, by: CurrentUser, office: TheOffice) -> Response:
    """The form, with what stands in the book now."""
    with office.db.read() as session:
        entry = at.entry(session, by)
        if not registry.may_correct(session, entry, by=by):
            return RedirectResponse(at.path, 303)
        context = _context(session, entry, by)
    reads.opened(office.db, entry, by=by)
    return page(request, "web/correct.html", path=at.path, errors={}, **context)


@router.post("/entries/{book}/{year}/{number}/correct")
def correct(
    request: Request, at: At, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Put right what differs from the book; the form comes back where something is wrong."""
    try:
        with office.db.begin() as session:
            entry = at.entry(session, by)
            registry.correct(
                session,
                entry.id,
                _changes(form, _typed(session, entry)),
                reason=forms.text(form, "reason"),
                authority=forms.text(form, "authority"),
                seen=forms.whole(form, "seen"),
                by=by,
                zone=office.settings.zone,
            )
    except (Invalid, Conflict, organization.NoSuchUnit) as error:
        return _again(request, office, at, form, by, error)
    return RedirectResponse(f"{at.path}?done=correct", 303)


def _again(
    request: Request,
    office: Office,
    at: Address,
    form: FormData,
    by: Principal,
    error: DocflowError,
) -> Response:
    errors: dict[str, Text] = {_FIELDS.get(error.field or "", error.field or "form"): error.message}
    if isinstance(error, kinds.BadValues):
        errors = dict(error.faults)
    with office.db.read() as session:
        context = _context(session, at.entry(session, by), by)
    context["values"] = {**context["values"], **forms.as_typed(form)}
    if isinstance(error, registry.CorrectedMeanwhile):
        context["values"]["seen"] = str(context["seen"])
    return page(
        request,
        "web/correct.html",
        status_code=problems.status_of(error) if isinstance(error, Conflict) else 422,
        path=at.path,
        errors=errors,
        **context,
    )


def _context(session: Session, entry: registry.Entry, by: Principal) -> dict[str, Any]:
    kind = registry.kind_of(session, entry)
    now = registry.current(session, entry)
    seen = registry.corrections_count(session, entry.id)
    return {
        "entry": entry,
        "seen": seen,
        "values": {**_typed(session, entry), "seen": str(seen)},
        "chosen": kind.kind if kind and kind.kind.definition.fields else None,
        "has_sender": entry.direction != Direction.OUTGOING,
        "has_recipients": entry.direction != Direction.INCOMING or bool(now.recipients),
        "recipient_rows": len(now.recipients) + SPARE_ROWS,
        "concerned_rows": len(now.concerned) + 1,
        "units": organization.units(session, by.body_id),
        "methods": list(DeliveryMethod),
    }


def _typed(session: Session, entry: registry.Entry) -> dict[str, str]:
    """The values of now as the form has them."""
    now = registry.current(session, entry)
    typed = {
        "subject": now.subject,
        "sender": now.sender_name,
        "sender_party_id": str(now.sender_party_id or ""),
        "sender_address": now.sender_address,
        "sender_email": now.sender_email,
        "sender_reference": now.sender_reference,
        "sender_dated_on": now.sender_dated_on.strftime("%d/%m/%Y") if now.sender_dated_on else "",
        "delivery_method": now.delivery_method,
        "delivery_detail": now.delivery_detail,
        "attachments_count": str(now.attachments_count),
        "attachments_note": now.attachments_note,
        "addressee_unit_id": str(now.addressee_unit_id or ""),
    }
    for row, to in enumerate(now.recipients, start=1):
        typed[f"recipient-{row}-name"] = to.name
        typed[f"recipient-{row}-address"] = to.address
        typed[f"recipient-{row}-email"] = to.email
        typed[f"recipient-{row}-copy"] = "yes" if to.is_copy else ""
    for row, person in enumerate(now.concerned, start=1):
        typed[f"concerned-{row}-name"] = person.name
        typed[f"concerned-{row}-tax_number"] = person.tax_number
    kind = registry.kind_of(session, entry)
    if kind is not None:
        for code, value in kinds.typed(kind.kind.definition.fields, kind.values).items():
            typed[kinds.PREFIX + code] = value
    return typed


def _changes(form: FormData, before: Mapping[str, str]) -> dict[str, object]:
    """What differs from what stands in the book, as the domain wants it. Raises Invalid."""

    def differs(*names: str) -> bool:
        return any(forms.text(form, name) != before.get(name, "") for name in names)

    changes: dict[str, object] = {
        name: forms.text(form, name) for name in LINES if name in form and differs(name)
    }
    if "sender" in form and differs(*SENDER):
        changes["sender"] = parties.Contact(
            name=forms.text(form, "sender"),
            party_id=forms.optional_id(form, "sender_party_id"),
            address=forms.text(form, "sender_address"),
            email=forms.text(form, "sender_email"),
        )
    if differs("sender_dated_on"):
        changes["sender_dated_on"] = forms.day(form, "sender_dated_on")
    if differs("delivery_method"):
        changes["delivery_method"] = forms.choice(
            form, "delivery_method", DeliveryMethod, otherwise=DeliveryMethod.COUNTER
        )
    if differs("attachments_count"):
        changes["attachments_count"] = forms.whole(form, "attachments_count")
    if differs("addressee_unit_id"):
        changes["addressee_unit_id"] = forms.optional_id(form, "addressee_unit_id")
    changes.update(_lists(form, before))
    for name in form:
        if name.startswith(kinds.PREFIX) and differs(name):
            changes[name] = forms.text(form, name)
    return changes


def _lists(form: FormData, before: Mapping[str, str]) -> dict[str, object]:
    """Recipients and persons concerned, where a row of them differs; an emptied row goes."""
    changes: dict[str, object] = {}
    named = {name for name in {*form, *before} if name.startswith(("recipient-", "concerned-"))}
    changed = {name for name in named if forms.text(form, name) != before.get(name, "")}
    if any(name.startswith("recipient-") for name in changed):
        changes["recipients"] = [
            registry.To(
                parties.Contact(
                    name=forms.text(form, f"{row}-name"),
                    address=forms.text(form, f"{row}-address"),
                    email=forms.text(form, f"{row}-email"),
                ),
                is_copy=bool(forms.text(form, f"{row}-copy")),
            )
            for row in _rows(form, "recipient")
        ]
    if any(name.startswith("concerned-") for name in changed):
        changes["concerned"] = [
            parties.Contact(
                name=forms.text(form, f"{row}-name"),
                tax_number=forms.text(form, f"{row}-tax_number"),
            )
            for row in _rows(form, "concerned")
        ]
    return changes


def _rows(form: FormData, name: str) -> list[str]:
    rows = (f"{name}-{n}" for n in range(1, MAX_ROWS + 1))
    return [row for row in rows if forms.text(form, f"{row}-name")]
