"""What the forms of the registry say, as the domain wants it; and what is remembered of them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from fastapi import Request, Response
from starlette.datastructures import FormData

from api.web import forms, numbering_form
from docflow import clock, kinds, parties, registry
from docflow.errors import Invalid
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import DeliveryMethod, Direction, Priority

_MEMORY = "docflow_register"  # cookie: what this clerk chose last
REMEMBERED = ("delivery_method", "addressee_unit_id", "book", "kind")
# Where the domain names an input otherwise than the form does
FIELDS = {"received_at": "received_on", **numbering_form.FIELDS}


class WhoIsIt(Invalid):
    """An ΑΦΜ, an e-mail or an address belongs to somebody with a name."""


def new_entry(form: FormData, office: Office) -> registry.NewEntry:
    """What the form says. Raises Invalid with the field to blame."""
    direction = forms.choice(form, "direction", Direction, otherwise=Direction.INCOMING)
    is_ours = direction is Direction.OUTGOING  # no sender, and nobody here whom it is for
    return registry.NewEntry(
        direction=direction,
        subject=forms.text(form, "subject"),
        book=forms.text(form, "book") or None,
        sender=None if is_ours else sender(form),
        recipients=_contacts(form, "recipients") if direction is not Direction.INCOMING else (),
        concerned=_concerned(form),
        sender_reference="" if is_ours else forms.text(form, "sender_reference"),
        depositor="" if is_ours else forms.text(form, "depositor"),
        sender_dated_on=forms.day(form, "sender_dated_on"),
        delivery_method=delivery_method(form),
        delivery_detail=forms.text(form, "delivery_detail"),
        attachments_count=forms.whole(form, "attachments_count"),
        attachments_note=forms.text(form, "attachments_note"),
        addressee_unit_id=None if is_ours else forms.optional_id(form, "addressee_unit_id"),
        received_at=_received(form, office),
        kind=forms.text(form, "kind") or None,
        kind_version=forms.optional_id(form, "kind_version"),
        values=values(form),
        priority=_priority(form),
        due_on=forms.day(form, "due_on"),
        grade=registry.grade(forms.text(form, "grade")),
        has_personal_data=True if forms.text(form, "has_personal_data") else None,
        **numbering_form.asked(form),
    )


def sender(form: FormData) -> parties.Contact | None:
    """The sender of the form, None where nobody was named.

    Raises WhoIsIt where the name is missing from what was typed of him.
    """
    name = forms.text(form, "sender")
    if not name:
        _require_nameless(form, "sender")
        return None
    return parties.Contact(
        name=name,
        party_id=forms.optional_id(form, "sender_party_id"),
        tax_number=forms.text(form, "sender_tax_number"),
        email=forms.text(form, "sender_email"),
        address=forms.text(form, "sender_address"),
    )


def without_memory(
    new: registry.NewEntry, memory: Mapping[str, str], of_kind: Mapping[str, str]
) -> registry.NewEntry:
    """A document for the queue, without what stood in the form before anybody looked at it.

    `memory` is what was remembered, `of_kind` the defaults of the remembered kind. A kind never
    changes afterwards, so one that nobody chose must not stick to the entry. Who wrote a subject
    of his own, or into the kind's fields, has looked.
    """
    if new.kind and (new.kind != memory.get("kind") or new.values):
        return new
    if new.subject not in ("", of_kind.get("subject", "")):
        return new
    is_guess = str(new.addressee_unit_id or "") in (
        memory.get("addressee_unit_id"),
        of_kind.get("addressee_unit_id"),
    )
    return replace(
        new,
        subject="",
        kind=None,
        kind_version=None,
        addressee_unit_id=None if is_guess else new.addressee_unit_id,
    )


def delivery_method(form: FormData) -> DeliveryMethod:
    return forms.choice(form, "delivery_method", DeliveryMethod, otherwise=DeliveryMethod.COUNTER)


def values(form: FormData) -> dict[str, str]:
    """What was typed into the fields of a kind, by code; nothing where no kind was chosen."""
    if not forms.text(form, "kind"):
        return {}
    return {
        name.removeprefix(kinds.PREFIX): forms.text(form, name)
        for name in form
        if name.startswith(kinds.PREFIX) and forms.text(form, name)
    }


def remembered(request: Request, by: Principal) -> dict[str, str]:
    """What this clerk chose last time; nothing of a colleague's at the same computer."""
    memory = dict(parse_qsl(request.cookies.get(_MEMORY, "")))
    if memory.get("user") != str(by.user_id):
        return {}
    return {name: memory[name] for name in REMEMBERED if name in memory}


def remember(response: Response, by: Principal, form: FormData) -> None:
    """Keep what was chosen, for the next document."""
    chosen: Mapping[str, str] = {name: forms.text(form, name)[:40] for name in REMEMBERED}
    memory = urlencode({**chosen, "user": str(by.user_id)})
    response.set_cookie(_MEMORY, memory, max_age=90 * 86400, httponly=True, samesite="lax")


def _contacts(form: FormData, name: str) -> tuple[parties.Contact, ...]:
    lines = forms.text(form, name).splitlines()
    return tuple(parties.Contact(name=line.strip()) for line in lines if line.strip())


def _concerned(form: FormData) -> tuple[parties.Contact, ...]:
    name = forms.text(form, "concerned")
    if not name:
        _require_nameless(form, "concerned")
        return ()
    return (
        parties.Contact(
            name=name,
            party_id=forms.optional_id(form, "concerned_party_id"),
            tax_number=forms.text(form, "concerned_tax_number"),
        ),
    )


def _require_nameless(form: FormData, name: str) -> None:
    """Nothing was typed of somebody who has no name: it would be lost."""
    if any(forms.text(form, f"{name}_{part}") for part in ("tax_number", "email", "address")):
        raise WhoIsIt(
            t("Write the name too, or clear the ΑΦΜ, the e-mail and the address."), field=name
        )


def _priority(form: FormData) -> Priority | None:
    if not forms.text(form, "priority"):
        return None
    return forms.choice(form, "priority", Priority, otherwise=Priority.NORMAL)


def _received(form: FormData, office: Office) -> datetime | None:
    """When it reached the body, where that was another day than today."""
    on = forms.day(form, "received_on")
    today = clock.today(office.settings.zone)
    if on is not None and on > today:
        raise registry.BadDate(t("It cannot have come in the future."), field="received_on")
    return None if on == today else forms.midday(on, office.settings.zone)
