"""The one view of a person: opened for a purpose, noted before it is shown.

The purpose decides what kinds of things are shown; the rights of who looks decide which of them.
The registry opens the view of anybody who turns to the house, staff of a unit that of a person
with whom they have something to do already; of others they learn not even that they are known.
Source: domain rows S2-2, S3-3; GDPR art. 5 par. 1 b and c, 15, 32.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from docflow import audit, clock, parties, reads
from docflow.contacts.models import Contact, PersonView, Purpose
from docflow.errors import Forbidden, NotFound
from docflow.i18n import Text, t
from docflow.parties import Party, Trace, TraceKind, Whose
from docflow.principal import Principal, Role

HOLDS = timedelta(hours=1)  # a purpose, for one conversation or one look into a matter
SAME_LOOK = timedelta(minutes=5)  # a page that is shown again after an act is no second look
MOST = 200
_ALL = tuple(TraceKind)
SHOWN: dict[Purpose, tuple[TraceKind, ...]] = {
    Purpose.SERVING: _ALL,
    Purpose.HANDLING: (
        TraceKind.ENTRY,
        TraceKind.APPLICATION,
        TraceKind.PICKUP,
        TraceKind.APPOINTMENT,
        TraceKind.CONTACT,
    ),
    Purpose.PAYMENT: (TraceKind.PAYMENT, TraceKind.APPLICATION),
    Purpose.ACCESS: _ALL,
    Purpose.DIRECTORY: (TraceKind.ENTRY, TraceKind.ACCOUNT),
    Purpose.AUDIT: (TraceKind.ENTRY,),
}
PURPOSES: dict[Purpose, Text] = {
    Purpose.SERVING: t("The person asks something, at the counter or by telephone"),
    Purpose.HANDLING: t("I handle a matter of this person"),
    Purpose.PAYMENT: t("A payment of this person"),
    Purpose.ACCESS: t("The person asks what we keep of him (GDPR art. 15)"),
    Purpose.DIRECTORY: t("To put the directory right: one person or two?"),
    Purpose.AUDIT: t("Audit"),
}
_OWN_WORK = (TraceKind.ENTRY, TraceKind.APPLICATION, TraceKind.APPOINTMENT, TraceKind.CONTACT)


class NoSuchPerson(NotFound):
    """There is no such person, or you have nothing to do with him."""


class PurposeNeeded(Forbidden):
    """Say first why you open the view of this person."""


class NotForThisPurpose(Forbidden):
    """Your role does not open the view of a person for this purpose."""


@dataclass(frozen=True, slots=True)
class View:
    """What a purpose shows of a person."""

    party: Party
    purpose: Purpose
    shown: tuple[TraceKind, ...]
    traces: Sequence[Trace]
    merged: int  # parties of the directory that turned out to be this person
    is_cut: bool  # there is more than is shown
    with_tax_number: bool


def purposes_of(by: Principal) -> list[Purpose]:
    """For what the person may open views at all."""
    serves = by.is_clerk or by.is_registrar
    works = serves or bool(by.roles & {Role.HEAD, Role.EMPLOYEE, Role.SIGNER})
    return [
        purpose
        for purpose, allowed in (
            (Purpose.SERVING, works),
            (Purpose.HANDLING, works),
            (Purpose.PAYMENT, works),
            (Purpose.ACCESS, serves),
            (Purpose.DIRECTORY, parties.directory.may_keep(by)),
            (Purpose.AUDIT, by.is_auditor),
        )
        if allowed
    ]


def reach(session: Session, party_id: int, *, by: Principal) -> Party:
    """The person whom this principal may look at, followed to the survivor of merges.

    Raises NoSuchPerson also for one who exists and is none of his affair.
    """
    by.require_scope("read")
    party = session.scalar(select(Party).where(Party.id == party_id, Party.body_id == by.body_id))
    if party is None or not purposes_of(by):
        raise _unknown()
    party = parties.survivor(session, party)
    if parties.directory.may_read(by):
        return party
    # An e-mail address anybody can type into a request of his own: it opens nobody's view.
    known = replace(whose(session, party), emails=frozenset())
    if not parties.traces.of(session, known, _OWN_WORK, by=by, limit=1):
        raise _unknown()
    return party


def _unknown() -> NoSuchPerson:
    return NoSuchPerson(t("There is no such person, or nothing of his is open to you."))


def whose(session: Session, party: Party) -> Whose:
    """By what the person is known, all that were merged into him included."""
    ids = parties.family(session, party.id)
    rows = session.execute(select(Party.tax_number, Party.email).where(Party.id.in_(ids))).all()
    return Whose(
        party.body_id,
        tuple(ids),
        frozenset(tax_number for tax_number, _ in rows if tax_number),
        frozenset(email.lower() for _, email in rows if email),
    )


def open_for(
    session: Session,
    party_id: int,
    purpose: Purpose,
    *,
    contact: Contact | None = None,
    by: Principal,
) -> Party:
    """Note why the person's view is opened. Raises NoSuchPerson, NotForThisPurpose."""
    party = reach(session, party_id, by=by)
    if purpose not in purposes_of(by):
        raise NotForThisPurpose(t("Choose one of the purposes that are offered."), field="purpose")
    _note(session, party, purpose, contact, by)
    return party


def looked_again(session: Session, party_id: int, *, by: Principal) -> Purpose:
    """The purpose that still holds; the look is noted. Raises NoSuchPerson, PurposeNeeded."""
    party = reach(session, party_id, by=by)
    row = _standing(session, party.id, by)
    if row is None:
        raise PurposeNeeded(t("Say why you open the view of this person; it is kept."))
    if row.at < clock.now() - SAME_LOOK:
        contact = session.get(Contact, row.contact_id) if row.contact_id else None
        _note(session, party, Purpose(row.purpose), contact, by)
    return Purpose(row.purpose)


def standing(session: Session, party_id: int, *, by: Principal) -> Purpose | None:
    """The purpose for which the person's view is open to this principal now."""
    row = _standing(session, party_id, by)
    return Purpose(row.purpose) if row else None


def _standing(session: Session, party_id: int, by: Principal) -> PersonView | None:
    return session.scalars(
        select(PersonView)
        .where(
            PersonView.user_id == by.person_id,
            PersonView.party_id == party_id,
            PersonView.at > clock.now() - HOLDS,
        )
        .order_by(PersonView.id.desc())
        .limit(1)
    ).first()


def _note(
    session: Session, party: Party, purpose: Purpose, contact: Contact | None, by: Principal
) -> None:
    same = exists().where(
        PersonView.user_id == by.person_id,
        PersonView.party_id == party.id,
        PersonView.purpose == purpose,
        PersonView.via == by.via,
        PersonView.contact_id.is_not_distinct_from(contact.id if contact else None),
        PersonView.at > clock.now() - SAME_LOOK,
    )
    if session.scalar(select(same)):
        return
    session.add(
        PersonView(
            at=clock.now(),
            body_id=by.body_id,
            user_id=by.person_id,
            user_name=by.full_name,
            via=by.via,
            party_id=party.id,
            purpose=purpose,
            contact_id=contact.id if contact else None,
        )
    )
    audit.record(session, "person.viewed", by=by, subject=("party", party.id), purpose=purpose)


def view(session: Session, party_id: int, *, by: Principal) -> View:
    """The view for the purpose that holds. The caller has noted the look (`looked_again`).

    Raises NoSuchPerson, PurposeNeeded.
    """
    party = reach(session, party_id, by=by)
    row = _standing(session, party.id, by)
    if row is None:
        raise PurposeNeeded(t("Say why you open the view of this person; it is kept."))
    purpose = Purpose(row.purpose)
    known = whose(session, party)
    found = parties.traces.of(session, known, SHOWN[purpose], by=by, limit=MOST + 1)
    return View(
        party,
        purpose,
        SHOWN[purpose],
        _numbered(found[:MOST]),
        len(known.party_ids) - 1,
        len(found) > MOST,
        with_tax_number=parties.directory.may_read(by) or purpose is Purpose.PAYMENT,
    )


def _numbered(found: Sequence[Trace]) -> list[Trace]:
    """A message bears the number and the page of what it is about, where that is shown too."""
    things = {one.about: one for one in found if one.about and one.kind is not TraceKind.MESSAGE}
    return [
        replace(one, number=thing.number, href=thing.href)
        if one.kind is TraceKind.MESSAGE and one.about and (thing := things.get(one.about))
        else one
        for one in found
    ]


@dataclass(frozen=True, slots=True)
class Look:
    """One look at one person's view, for the report."""

    at: datetime
    person: str
    via: str
    whose: str
    party_id: int
    purpose: Purpose


def looks_between(
    session: Session, first: datetime, end: datetime, *, by: Principal, limit: int = 2000
) -> list[Look]:
    """Who looked at whose view in a time, the newest first. Raises NotAllowed."""
    by.require_scope("audit")
    by.require(
        by.is_data_protection or by.is_auditor,
        t("Only the data protection officer and auditors see who looked at whose view."),
    )
    rows = session.execute(
        select(PersonView, Party.name)
        .join(Party, Party.id == PersonView.party_id)
        .where(PersonView.body_id == by.body_id, PersonView.at >= first, PersonView.at < end)
        .order_by(PersonView.id.desc())
        .limit(limit)
    )
    return [
        Look(row.at, row.user_name, row.via, name, row.party_id, Purpose(row.purpose))
        for row, name in rows
    ]


@reads.reported_beside
def for_the_officer(
    session: Session, first: datetime, end: datetime, by: Principal
) -> reads.Further:
    """Who looked at whose view in a month, and why: beside the readings of entries."""
    found = looks_between(session, first, end, by=by)
    return reads.Further(
        t("Views of persons that were opened"),
        (t("When"), t("Who"), t("Whose view"), t("Purpose")),
        [(one.at, one.person, one.whose, PURPOSES[one.purpose]) for one in found],
        t("No view of a person was opened in this month."),
    )
