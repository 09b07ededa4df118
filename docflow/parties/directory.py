"""Keeping the directory: looked through, edited with its history, addresses, groups.

What an entry says of its sender or recipient is its own; nothing done here changes it.
Source: domain row 33.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.errors import Conflict, Forbidden, Invalid, NotFound
from docflow.folding import fold, line
from docflow.i18n import t
from docflow.parties.models import (
    AddressKind,
    ChangeKind,
    Party,
    PartyAddress,
    PartyChange,
    PartyGroup,
    PartyGroupMember,
    PartyKind,
)
from docflow.parties.service import MAX_LINE, Contact, checked
from docflow.principal import Principal

MAX_NOTE = 2000


class NoSuchParty(NotFound):
    """The directory has no such party."""


class NotYoursToKeep(Forbidden):
    """The registry keeps the directory."""


class PartyExists(Conflict):
    """Another party has this name and ΑΦΜ already."""


class PartyMerged(Conflict):
    """The party was merged into another one, which is kept instead."""


class BadAddress(Invalid):
    """An address has at most 500 characters, and ends after it begins."""


class NoteTooLong(Invalid):
    """A note has at most 2,000 characters."""


@dataclass(frozen=True, slots=True)
class PartyData:
    """What the directory says of a party."""

    name: str
    kind: PartyKind
    tax_number: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    code: str = ""  # of a public body, in its directory
    network_id: str = ""  # of a public body, in ΚΣΗΔΕ
    note: str = ""


FIELDS = PartyData.__slots__


def may_read(by: Principal) -> bool:
    """The registry and the auditor look through the directory."""
    return may_keep(by) or by.is_auditor


def may_keep(by: Principal) -> bool:
    """Clerks and the registrar keep it; so does who writes in a book opened to him by name."""
    return by.is_clerk or by.is_registrar or bool(by.confidential_writes)


def get(session: Session, party_id: int, *, by: Principal, lock: bool = False) -> Party:
    """A party of the body. Raises NoSuchParty, NotYoursToKeep."""
    if not may_read(by):
        raise NotYoursToKeep(t("Only the registry looks through the directory."))
    query = select(Party).where(Party.id == party_id, Party.body_id == by.body_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    party = session.scalar(query)
    if party is None:
        raise NoSuchParty(t("The directory has no such party."))
    return party


def find(
    session: Session,
    typed: str,
    *,
    by: Principal,
    kind: PartyKind | None = None,
    group_id: int | None = None,
    offset: int = 0,
    limit: int = 50,
) -> tuple[list[Party], int]:
    """Parties by any part of the name (accent-blind), ΑΦΜ, e-mail or code, and how many they are.

    One that was merged is found too, by its own name: the page leads to its survivor.
    """
    if not may_read(by):
        raise NotYoursToKeep(t("Only the registry looks through the directory."))
    conditions: list[ColumnElement[bool]] = [Party.body_id == by.body_id]
    key = fold(typed).strip()
    if key:
        conditions.append(_matching(key))
    else:
        conditions.append(Party.merged_into_id.is_(None))
    if kind is not None:
        conditions.append(Party.kind == kind)
    if group_id is not None:
        members = select(PartyGroupMember.party_id).where(PartyGroupMember.group_id == group_id)
        conditions.append(Party.id.in_(members))
    total = session.scalar(select(func.count()).select_from(Party).where(*conditions)) or 0
    rows = session.scalars(
        select(Party)
        .where(*conditions)
        .order_by(Party.name_key, Party.id)
        .offset(offset)
        .limit(limit)
    )
    return list(rows), total


def _matching(key: str) -> ColumnElement[bool]:
    escaped = key.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    meant: ColumnElement[bool] = and_(
        *(Party.name_key.like(f"%{word}%") for word in escaped.split())
    )
    if key.isdigit():
        meant = or_(meant, Party.tax_number.like(f"{escaped}%"))
    if "@" in key:
        meant = or_(meant, func.lower(Party.email).like(f"{escaped}%"))
    return or_(meant, and_(Party.code != "", func.lower(Party.code) == key))


def edit(
    session: Session, party_id: int, data: PartyData, *, reason: str = "", by: Principal
) -> Party:
    """Put the directory right. The old values stay in the party's history.

    Raises NoSuchParty, NotYoursToKeep, PartyMerged, PartyExists, BadName, BadTaxNumber, BadEmail,
    NoteTooLong.
    """
    party = _kept(session, party_id, by)
    new = _clean(data)
    old = {name: getattr(party, name) for name in FIELDS}
    changed = {name: value for name, value in new.items() if value != old[name]}
    if not changed:
        return party
    try:
        with session.begin_nested():
            for name, value in changed.items():
                setattr(party, name, value)
            party.name_key = fold(party.name)
            session.flush()
    except IntegrityError as error:
        raise PartyExists(
            t(
                "“{name}” is in the directory already with this ΑΦΜ. Merge the two instead.",
                name=new["name"],
            ),
            field="name",
        ) from error
    note_change(
        session,
        party,
        ChangeKind.EDITED,
        {name: old[name] for name in changed},
        changed,
        reason=reason,
        by=by,
    )
    return party


def _clean(data: PartyData) -> dict[str, str]:
    contact = checked(
        Contact(
            name=data.name,
            tax_number=data.tax_number,
            email=data.email,
            phone=data.phone,
            address=data.address,
        )
    )
    note = line(data.note)
    if len(note) > MAX_NOTE:
        raise NoteTooLong(t("At most {max} characters fit here.", max=MAX_NOTE), field="note")
    return {
        "name": contact.name,
        "kind": PartyKind(data.kind).value,
        "tax_number": contact.tax_number,
        "email": contact.email,
        "phone": contact.phone,
        "address": contact.address,
        "code": line(data.code)[:MAX_LINE],
        "network_id": line(data.network_id)[:MAX_LINE],
        "note": note,
    }


def add_address(
    session: Session,
    party_id: int,
    address: str,
    *,
    kind: AddressKind,
    valid_from: date | None = None,
    valid_to: date | None = None,
    by: Principal,
) -> PartyAddress:
    """A further address, with the days from and to which it holds. Raises BadAddress."""
    party = _kept(session, party_id, by)
    clean = line(address)
    if not clean or len(clean) > MAX_LINE:
        raise BadAddress(
            t("Write the address, in at most {max} characters.", max=MAX_LINE), field="address"
        )
    if valid_from and valid_to and valid_to < valid_from:
        raise BadAddress(t("The address must end after it begins."), field="valid_to")
    row = PartyAddress(
        party_id=party.id, kind=kind, address=clean, valid_from=valid_from, valid_to=valid_to
    )
    session.add(row)
    note_change(
        session,
        party,
        ChangeKind.ADDRESS_ADDED,
        {},
        {"kind": kind, "address": clean, "from": _iso(valid_from), "to": _iso(valid_to)},
        by=by,
    )
    return row


def end_address(
    session: Session, address_id: int, *, on: date | None = None, by: Principal
) -> PartyAddress:
    """The address holds to the end of `on` (today). Raises NoSuchParty, BadAddress."""
    row = session.get(PartyAddress, address_id)
    if row is None:
        raise NoSuchParty(t("The directory has no such address."))
    party = _kept(session, row.party_id, by)
    day = on or clock.today()
    if row.valid_from and day < row.valid_from:
        raise BadAddress(t("The address must end after it begins."), field="valid_to")
    old = {"address": row.address, "to": _iso(row.valid_to)}
    row.valid_to = day
    note_change(session, party, ChangeKind.ADDRESS_ENDED, old, {"to": _iso(day)}, by=by)
    return row


def addresses(session: Session, party_id: int) -> list[PartyAddress]:
    """The further addresses, those that hold first."""
    today = clock.today()
    rows = session.scalars(
        select(PartyAddress).where(PartyAddress.party_id == party_id).order_by(PartyAddress.id)
    )
    return sorted(rows, key=lambda row: row.valid_to is not None and row.valid_to < today)


def changes(session: Session, party_ids: list[int]) -> list[PartyChange]:
    """What was changed of these parties, the newest first."""
    rows = session.scalars(
        select(PartyChange)
        .where(PartyChange.party_id.in_(party_ids))
        .order_by(PartyChange.id.desc())
    )
    return list(rows)


def note_change(
    session: Session,
    party: Party,
    kind: ChangeKind,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    *,
    reason: str = "",
    by: Principal,
) -> None:
    """Write a change into the party's history, and that there was one into the audit trail."""
    clean = line(reason)[:MAX_NOTE]
    session.add(
        PartyChange(
            party_id=party.id,
            kind=kind,
            old=dict(old),
            new=dict(new),
            reason=clean,
            changed_by=by.person_id,
            changed_at=clock.now(),
        )
    )
    # The values stay in the history of the party: the trail is kept for good, they are not.
    audit.record(
        session,
        f"party.{kind}",
        by=by,
        subject=("party", party.id),
        fields=sorted({*old, *new}),
        reason=clean,
    )


def require_keeper(by: Principal) -> None:
    """Raises NotYoursToKeep."""
    if not may_keep(by):
        raise NotYoursToKeep(t("Only the registry keeps the directory. Ask a clerk."))


def _kept(session: Session, party_id: int, by: Principal) -> Party:
    """The party, held, when the person may change it. Raises PartyMerged."""
    require_keeper(by)
    by.require_scope("register")
    party = get(session, party_id, by=by, lock=True)
    if party.merged_into_id is not None:
        raise PartyMerged(t("This party was merged into another one. Change that one."))
    return party


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def groups(session: Session, *, by: Principal) -> list[tuple[PartyGroup, int]]:
    """The groups of the body, with the number of their members."""
    rows = session.execute(
        select(PartyGroup, func.count(PartyGroupMember.party_id))
        .outerjoin(PartyGroupMember, PartyGroupMember.group_id == PartyGroup.id)
        .where(PartyGroup.body_id == by.body_id)
        .group_by(PartyGroup.id)
        .order_by(PartyGroup.name_key)
    )
    return [(group, members) for group, members in rows]
