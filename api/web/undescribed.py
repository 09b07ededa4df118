"""What was registered and waits for its description: the list, and the form that describes."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import counts, forms, proposals, registration
from api.web.address import Address, At
from api.web.render import page
from docflow import kinds, organization, reads, registry
from docflow.errors import Conflict, DocflowError, Invalid, NotFound
from docflow.i18n import Text
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import DeliveryMethod

router = APIRouter()


@router.get("/to-describe")
def listing(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """Entries with a number and no description yet, the oldest first."""
    with office.db.read() as session:
        found = registry.provisional.undescribed(session, by=by, zone=office.settings.zone)
    return page(request, "web/kinds/undescribed.html", found=found)


@router.get("/entries/{book}/{year}/{number}/describe")
def show(request: Request, at: At, by: CurrentUser, office: TheOffice, kind: str = "") -> Response:
    """The form that describes; what was said at the registration stands in it."""
    with office.db.read() as session:
        entry = at.entry(session, by)
    reads.opened(office.db, entry, by=by)
    return _show(request, office, by, at, {"kind": kind} if kind else {}, {})


@router.post("/entries/{book}/{year}/{number}/describe")
def describe(
    request: Request, at: At, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Fill in what was left open, then go on with the next one that waits."""
    try:
        description = registry.provisional.Description(
            fields=_fields(form),
            kind=forms.text(form, "kind") or None,
            kind_version=forms.optional_id(form, "kind_version"),
            values=registration.values(form),
            reason=forms.text(form, "reason"),
        )
        with office.db.begin() as session:
            entry = at.entry(session, by)
            registry.provisional.describe(
                session, entry.id, description, by=by, zone=office.settings.zone
            )
            proposals.record(session, office, entry, form, by)
    except (Invalid, Conflict) as error:
        return _again(request, office, by, at, form, error)
    counts.forget(request, by)
    return RedirectResponse(f"{at.path}?done=described", 303)


def _fields(form: FormData) -> dict[str, object]:
    """What the form says, as `registry.provisional.describe` takes it. Raises Invalid."""
    said: dict[str, object] = {"subject": forms.text(form, "subject")}
    lines = ("sender_reference", "delivery_detail", "attachments_note")
    said.update((name, forms.text(form, name)) for name in lines if name in form)
    if "sender_dated_on" in form:
        said["sender_dated_on"] = forms.day(form, "sender_dated_on")
    if "delivery_method" in form:
        said["delivery_method"] = registration.delivery_method(form)
    if "attachments_count" in form:
        said["attachments_count"] = forms.whole(form, "attachments_count")
    if "addressee_unit_id" in form:
        said["addressee_unit_id"] = forms.optional_id(form, "addressee_unit_id")
    sender = registration.sender(form)
    if sender is not None:
        said["sender"] = sender
    return said


def _again(
    request: Request,
    office: Office,
    by: Principal,
    at: Address,
    form: FormData,
    error: DocflowError,
) -> Response:
    errors: Mapping[str, Text] = {error.field or "form": error.message}
    if isinstance(error, kinds.BadValues):
        errors = error.faults
    status = 422 if isinstance(error, NotFound) else problems.status_of(error)
    return _show(request, office, by, at, forms.as_typed(form), errors, status_code=status)


def _show(
    request: Request,
    office: Office,
    by: Principal,
    at: Address,
    typed: Mapping[str, str],
    errors: Mapping[str, Text],
    *,
    status_code: int = 200,
) -> Response:
    with office.db.read() as session:
        entry = at.entry(session, by)
        waits = registry.provisional.waiting_for(session, entry.id)
        if waits is None or not registry.provisional.may_describe(session, entry, waits, by=by):
            return RedirectResponse(at.path, 303)
        values = {**_registered(registry.current(session, entry)), **typed}
        known = registry.kind_of(session, entry)
        if known is not None:  # it never changes; what its fields say may be filled in
            said = kinds.typed(known.kind.definition.fields, known.values)
            values = {
                **{kinds.PREFIX + code: value for code, value in said.items()},
                **values,
                "kind": known.kind.code,
            }
        context: dict[str, Any] = {
            "entry": entry,
            "mode": waits.mode,
            "values": values,
            "units": organization.units(session, by.body_id),
            **_kinds(session, entry, at, known, values.get("kind", ""), by),
        }
    offered = proposals.of_entry(office, entry, at, by=by, form="describe-form")
    return page(
        request,
        "web/kinds/describe.html",
        status_code=status_code,
        errors=errors,
        **offered,
        path=at.path,
        methods=list(DeliveryMethod),
        **context,
    )


def _kinds(
    session: Session,
    entry: registry.Entry,
    at: Address,
    known: registry.KindNow | None,
    code: str,
    by: Principal,
) -> dict[str, Any]:
    """What there is to choose from, and what is chosen; an entry that has a kind keeps it."""
    if known is not None:
        return {"kinds": [], "chosen": known.kind}
    return {
        "kinds": kinds.listing(session, by, direction=entry.direction, book=at.book),
        "chosen": kinds.named(session, code, by=by) if code else None,
    }


def _registered(now: registry.Current) -> dict[str, str]:
    """What the registration says already; placeholders leave their fields empty."""
    placeholders = (
        registry.provisional.TO_DESCRIBE,
        registry.provisional.CLOSED_ENVELOPE,
        registry.provisional.UNKNOWN_SENDER,
    )
    known = {
        "subject": now.subject,
        "sender": now.sender_name,
        "sender_party_id": str(now.sender_party_id or ""),
        "sender_email": now.sender_email,
        "sender_address": now.sender_address,
        "sender_reference": now.sender_reference,
        "sender_dated_on": f"{now.sender_dated_on:%d/%m/%Y}" if now.sender_dated_on else "",
        "delivery_method": now.delivery_method,
        "delivery_detail": now.delivery_detail,
        "attachments_count": str(now.attachments_count or ""),
        "attachments_note": now.attachments_note,
        "addressee_unit_id": str(now.addressee_unit_id or ""),
    }
    return {name: "" if value in placeholders else value for name, value in known.items()}
