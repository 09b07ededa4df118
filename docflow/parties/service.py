"""The directory of senders and recipients: found while typing, remembered when used."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import clock
from docflow.errors import Invalid
from docflow.folding import fold, line
from docflow.i18n import t
from docflow.parties.families import survivor
from docflow.parties.models import Party, PartyKind
from docflow.principal import Principal

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,200}\.[^@\s]{2,60}")
_COMPANY = re.compile(
    r"\b(α\.?ε\.?|ε\.?ε\.?|ο\.?ε\.?|ι\.?κ\.?ε\.?|ε\.?π\.?ε\.?|υιοι|ltd|gmbh|kft)(\W|$)"
)
_PUBLIC = re.compile(
    r"^(δημοσ\b|δημοσι|υπουργει|περιφερεια|αποκεντρωμενη|δ\.?ο\.?υ|ελληνικη αστυνομια|πανεπιστημι|"
    r"ειρηνοδικει|πρωτοδικει|δευα|αναδε|γεν\. γραμμ|e-?εφκα|σχολει|νοσοκομει)"
)
MAX_NAME, MAX_LINE = 300, 500
_NOTED_ANEW = timedelta(hours=1)  # a party in use is not written at each use: its row would be hot


class BadTaxNumber(Invalid):
    """An ΑΦΜ has nine digits, of which the last checks the others."""


class BadEmail(Invalid):
    """This is not an e-mail address."""


class BadName(Invalid):
    """A name is needed, and not longer than 300 characters."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A sender or recipient as typed or chosen; `party_id` when it came from the directory."""

    name: str
    party_id: int | None = None
    tax_number: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""


def checked(contact: Contact, *, field: str = "name") -> Contact:
    """The contact with its fields as clean lines.

    Raises BadName, BadTaxNumber, BadEmail with `field` as the input to blame.
    """
    clean = Contact(
        name=check_name(contact.name, field=field),
        party_id=contact.party_id,
        tax_number="".join(contact.tax_number.split()),
        email=line(contact.email),
        phone=line(contact.phone)[:MAX_LINE],
        address=line(contact.address)[:MAX_LINE],
    )
    if clean.tax_number and not is_tax_number(clean.tax_number):
        raise BadTaxNumber(
            t(
                "“{number}” is not a valid ΑΦΜ: check its nine digits.",
                number=clean.tax_number,
            ),
            field=field,
        )
    if clean.email:
        check_email(clean.email, field=field)
    return clean


def remember(session: Session, contacts: Sequence[Contact], *, by: Principal) -> list[Party]:
    """The party of each (checked) contact: chosen, found by name and ΑΦΜ, or made new.

    Two people who name the same new party at once get the same row. Rows are made and touched in
    one order, so that two registrations cannot wait for each other.
    """
    ordered = sorted(set(contacts), key=lambda one: (fold(one.name), one.tax_number))
    known = _known(session, ordered, by)
    missing = [one for one in ordered if _match(known, one) is None]
    now = clock.now()
    if missing:
        made = _make(session, missing, by, now)
        known += made
        if any(_match(known, one) is None for one in missing):  # somebody was faster with one
            known = _known(session, ordered, by)
    found: dict[Contact, Party] = {}
    for contact in ordered:
        party = _match(known, contact)
        assert party is not None  # made above, or by somebody who committed first
        party = survivor(session, party)
        found[contact] = party
        if party.last_used_at is None or now - party.last_used_at > _NOTED_ANEW:
            party.last_used_at, party.uses = now, party.uses + 1
        party.email = party.email or contact.email
        party.address = party.address or contact.address
    return [found[contact] for contact in contacts]


def _known(session: Session, contacts: Sequence[Contact], by: Principal) -> list[Party]:
    """Parties that the contacts may mean, those with an ΑΦΜ first."""
    keys = {fold(contact.name) for contact in contacts}
    query = (
        select(Party)
        .where(Party.body_id == by.body_id, Party.name_key.in_(keys))
        .order_by(Party.tax_number.desc(), Party.id)
    )
    return list(session.scalars(query))


def _match(known: Sequence[Party], contact: Contact) -> Party | None:
    """The chosen party, unless its name was edited after the choice; else by name and ΑΦΜ."""
    named = [party for party in known if party.name_key == fold(contact.name)]
    chosen = [party for party in named if party.id == contact.party_id]
    if contact.tax_number:
        named = [party for party in named if party.tax_number == contact.tax_number]
    return next(iter(chosen or named), None)


def _make(
    session: Session, contacts: Sequence[Contact], by: Principal, now: datetime
) -> list[Party]:
    """The parties that were made; none for a contact that somebody else has just made."""
    rows = {
        (fold(contact.name), contact.tax_number): {
            "body_id": by.body_id,
            "kind": guess_kind(contact.name),
            "name": contact.name,
            "name_key": fold(contact.name),
            "tax_number": contact.tax_number,
            "email": contact.email,
            "phone": contact.phone,
            "address": contact.address,
            "last_used_at": now,
            "uses": 1,
        }
        for contact in contacts
    }
    query = insert(Party).values(list(rows.values())).on_conflict_do_nothing()
    return list(session.scalars(query.returning(Party)))


def check_email(email: str, *, field: str) -> None:
    """Raise BadEmail unless this can be an address."""
    if not _EMAIL.fullmatch(email):
        raise BadEmail(
            t(
                "“{email}” is not an e-mail address. Write it as name@example.gr.",
                email=email,
            ),
            field=field,
        )


def check_name(name: str, *, field: str) -> str:
    """The name in one line. Raises BadName."""
    clean = line(name)
    if not clean:
        raise BadName(t("Write the name."), field=field)
    if len(clean) > MAX_NAME:
        raise BadName(
            t(
                "The name has {n} characters; at most {max} fit.",
                n=len(clean),
                max=MAX_NAME,
            ),
            field=field,
        )
    return clean


def is_tax_number(number: str) -> bool:
    """Whether the nine digits of an ΑΦΜ agree with its check digit (powers of two, modulo 11)."""
    if len(number) != 9 or not number.isascii() or not number.isdigit() or number == "0" * 9:
        return False
    total = sum(int(digit) << (8 - place) for place, digit in enumerate(number[:8]))
    return total % 11 % 10 == int(number[8])


def guess_kind(name: str) -> PartyKind:
    """Person, company or public body, as the name suggests; a first guess for the directory."""
    key = fold(name)
    if _PUBLIC.search(key):
        return PartyKind.PUBLIC_BODY
    return PartyKind.COMPANY if _COMPANY.search(key) else PartyKind.PERSON
