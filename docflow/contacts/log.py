"""The way of a request over the telephone or the counter, from the first word to the answer.

Who is it and what does he want? Can it be answered at once, from what the house knows? Then it is,
and that is noted. If not, it becomes an entry with the competent unit, or an answer is promised for
a time; both are followed until the person has his answer. Source: domain rows S3-3, S1-13.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, kinds, organization, parties, registry, routing
from docflow.contacts.models import Channel, Contact, ContactState, ContactStep, StepKind
from docflow.errors import Conflict, Forbidden, Invalid, NotFound
from docflow.folding import line, lines
from docflow.i18n import t
from docflow.principal import Principal, Role
from docflow.registry import DeliveryMethod, Direction, NewEntry

MAX_SUBJECT, MAX_NOTE = 300, 4000
LONGEST_PROMISE = timedelta(days=366)
REQUEST_KIND = "aitima"  # kind of document of a request, where the body has one of this code
LIVE = (ContactState.OPEN, ContactState.TO_CALL, ContactState.PASSED)
_CAME_BY = {
    Channel.COUNTER: DeliveryMethod.COUNTER,
    Channel.PHONE: DeliveryMethod.PHONE,
    Channel.POST: DeliveryMethod.POST,
    Channel.EMAIL: DeliveryMethod.EMAIL,
    Channel.FAX: DeliveryMethod.FAX,
    Channel.PORTAL: DeliveryMethod.PORTAL,
}


class NoSuchContact(NotFound):
    """There is no such contact, or it is not yours to see."""


class NotYoursToLog(Forbidden):
    """Only those who serve the public keep the log of contacts."""


class ContactChanged(Conflict):
    """Somebody else went on with this contact meanwhile."""


class BadContact(Invalid):
    """Something about the contact is missing or too long."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is typed of a contact."""

    channel: Channel = Channel.PHONE
    full_name: str = ""
    phone: str = ""
    email: str = ""
    subject: str = ""
    note: str = ""
    service_code: str = ""


def may_log(by: Principal) -> bool:
    """Whether the person serves the public: registry, and staff of the units."""
    return by.is_clerk or by.is_registrar or bool(by.roles & {Role.HEAD, Role.EMPLOYEE})


def get(session: Session, contact_id: int, *, by: Principal, lock: bool = False) -> Contact:
    """A contact that the person may see: the registry all, others their own and their units'.

    Raises NoSuchContact.
    """
    query = select(Contact).where(Contact.id == contact_id, Contact.body_id == by.body_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query)
    if row is None or not may_see(by, row):
        raise NoSuchContact(t("There is no such contact."))
    return row


def may_see(by: Principal, row: Contact) -> bool:
    if by.is_clerk or by.is_registrar:
        return True
    return may_log(by) and (row.taken_by in by.person_ids or by.works_in(row.unit_id))


def take(session: Session, said: Said, *, party_id: int | None = None, by: Principal) -> Contact:
    """Somebody is on the line. Raises NotYoursToLog, BadContact."""
    _require_logging(by)
    if party_id is not None:
        said = _as_known(session, said, party_id, by)
    row = Contact(
        body_id=by.body_id,
        party_id=party_id,
        state=ContactState.OPEN,
        began_at=clock.now(),
        taken_by=by.person_id,
        unit_id=min(by.unit_ids, default=None),
        version=0,
        **_clean(said),
    )
    session.add(row)
    _step(session, row, StepKind.TAKEN, by)
    audit.record(session, "contact.taken", by=by, subject=("contact", row.id), channel=said.channel)
    return row


def identify(
    session: Session, contact_id: int, party_id: int, *, seen: int, by: Principal
) -> Contact:
    """We know who it is. The caller has checked that he may look at this person.

    Raises NoSuchContact, ContactChanged, BadContact.
    """
    row = _held(session, contact_id, seen, by)
    party = _party(session, party_id, by)
    row.party_id = party.id
    row.full_name = row.full_name or party.name
    row.phone, row.email = row.phone or party.phone, row.email or party.email
    _step(session, row, StepKind.IDENTIFIED, by)
    audit.record(session, "contact.identified", by=by, subject=("contact", row.id), party=party.id)
    return row


def save(session: Session, contact_id: int, said: Said, *, seen: int, by: Principal) -> Contact:
    """What he wants, as far as it is known. Raises NoSuchContact, ContactChanged, BadContact."""
    row = _held(session, contact_id, seen, by)
    _write(row, said)
    _step(session, row, StepKind.CLASSIFIED, by)
    audit.record(
        session, "contact.saved", by=by, subject=("contact", row.id), service=row.service_code
    )
    return row


def solve(
    session: Session, contact_id: int, said: Said, *, article: str = "", seen: int, by: Principal
) -> Contact:
    """Answered at once; `article` names what in the knowledge base answered it."""
    row = _held(session, contact_id, seen, by)
    _require_live(row)
    _write(row, said)
    _require_subject(row)
    at_once = row.state == ContactState.OPEN
    row.article = line(article)[:100]
    row.state = ContactState.SOLVED if at_once else ContactState.CLOSED
    row.answered_at, row.call_at = clock.now(), None
    _step(session, row, StepKind.SOLVED if at_once else StepKind.CLOSED, by)
    audit.record(
        session,
        "contact.solved" if at_once else "contact.closed",
        by=by,
        subject=("contact", row.id),
        service=row.service_code,
        article=row.article,
    )
    return row


def promise(
    session: Session,
    contact_id: int,
    said: Said,
    *,
    call_at: datetime,
    tried: bool = False,
    seen: int,
    by: Principal,
) -> Contact:
    """An answer by telephone or mail until this time; `tried`: nobody answered just now.

    Raises BadContact where there is no way to reach him, or the time is over.
    """
    row = _held(session, contact_id, seen, by)
    _require_live(row)
    _write(row, said)
    _require_subject(row)
    if not (row.phone or row.email):
        raise BadContact(t("Write a telephone number or an e-mail address."), field="phone")
    now = clock.now()
    if call_at <= now:
        raise BadContact(t("This time is over."), field="call_at")
    if call_at > now + LONGEST_PROMISE:
        raise BadContact(t("Promise an answer within a year."), field="call_at")
    row.call_at = call_at
    if row.state != ContactState.PASSED:
        row.state = ContactState.TO_CALL
    _step(session, row, StepKind.TRIED if tried else StepKind.PROMISED, by, call_at=call_at)
    audit.record(
        session,
        "contact.not-reached" if tried else "contact.promised",
        by=by,
        subject=("contact", row.id),
        until=call_at.isoformat(),
    )
    return row


@dataclass(frozen=True, slots=True)
class Passing:
    """To whom a request goes, and how it is registered."""

    unit_id: int
    kind: str | None = None  # code of the kind of document; None: that of a request
    book: str | None = None
    priority: registry.Priority | None = None


def pass_on(
    session: Session,
    contact_id: int,
    said: Said,
    passing: Passing,
    *,
    seen: int,
    by: Principal,
    zone: str,
    ocr_languages: list[str],
) -> registry.Entry:
    """Register the request and hand it straight to the competent unit; the entry.

    Raises NoSuchContact, ContactChanged, BadContact, and what registering and charging raise.
    """
    row = _held(session, contact_id, seen, by)
    _require_live(row)
    if row.entry_id is not None:
        raise ContactChanged(t("This request is registered already."))
    _write(row, said)
    _require_subject(row)
    if not row.full_name:
        raise BadContact(t("Write the name. A request has a sender."), field="name")
    method = _CAME_BY[Channel(row.channel)]
    new = NewEntry(
        direction=Direction.INCOMING,
        subject=row.subject,
        book=passing.book,
        sender=parties.Contact(
            name=row.full_name, email=row.email, phone=row.phone, party_id=row.party_id
        ),
        delivery_method=method,
        delivery_detail=row.phone if method is DeliveryMethod.PHONE else "",
        addressee_unit_id=passing.unit_id,
        kind=passing.kind or request_kind(session, by),
        priority=passing.priority,
    )
    entry = registry.register(
        session,
        new,
        (),
        by=by,
        zone=zone,
        ocr_languages=ocr_languages,
        idempotency_key=f"contact-{row.id}",
        guard_duplicates=False,  # a second call about the same is a contact of its own
    )
    session.flush()
    routing.direct(
        session, entry, routing.Target(passing.unit_id), by=by, instructions=row.note[:2000]
    )
    row.entry_id, row.state = entry.id, ContactState.PASSED
    row.party_id = row.party_id or entry.sender_party_id
    _step(session, row, StepKind.PASSED, by)
    audit.record(
        session,
        "contact.passed",
        by=by,
        subject=("contact", row.id),
        entry=entry.id,
        unit=passing.unit_id,
    )
    return entry


def request_kind(session: Session, by: Principal) -> str | None:
    """The body's kind of document for requests, where it keeps one."""
    known = {kind.code for kind in kinds.listing(session, by=by) if kind.is_active}
    return REQUEST_KIND if REQUEST_KIND in known else None


def reopen(session: Session, contact_id: int, *, seen: int, by: Principal) -> Contact:
    """It was not over: the person calls again about the same."""
    row = _held(session, contact_id, seen, by)
    if row.state not in (ContactState.SOLVED, ContactState.CLOSED):
        raise ContactChanged(t("This contact is open."))
    row.state = ContactState.PASSED if row.entry_id else ContactState.OPEN
    row.answered_at = None
    _step(session, row, StepKind.REOPENED, by)
    audit.record(session, "contact.reopened", by=by, subject=("contact", row.id))
    return row


def steps(session: Session, contact_id: int) -> list[ContactStep]:
    """What was done, the newest first. The caller got the contact by `get`."""
    rows = session.scalars(
        select(ContactStep)
        .where(ContactStep.contact_id == contact_id)
        .order_by(ContactStep.position.desc())
    )
    return list(rows)


def _as_known(session: Session, said: Said, party_id: int, by: Principal) -> Said:
    party = _party(session, party_id, by)
    return replace(
        said,
        full_name=said.full_name or party.name,
        phone=said.phone or party.phone,
        email=said.email or party.email,
    )


def _party(session: Session, party_id: int, by: Principal) -> parties.Party:
    party = session.get(parties.Party, party_id)
    if party is None or party.body_id != by.body_id:
        raise BadContact(t("Choose the person from the list."), field="person")
    return parties.survivor(session, party)


def _clean(said: Said) -> dict[str, str]:
    subject, note, email = line(said.subject), lines(said.note), line(said.email)
    if len(subject) > MAX_SUBJECT:
        raise BadContact(t("At most {max} characters fit here.", max=MAX_SUBJECT), field="subject")
    if len(note) > MAX_NOTE:
        raise BadContact(t("At most {max} characters fit here.", max=MAX_NOTE), field="note")
    if email:
        parties.check_email(email, field="email")
    return {
        "channel": said.channel,
        "full_name": line(said.full_name)[:200],
        "phone": line(said.phone)[:40],
        "email": email,
        "subject": subject,
        "note": note,
        "service_code": line(said.service_code)[:100],
    }


def _write(row: Contact, said: Said) -> None:
    for name, value in _clean(said).items():
        setattr(row, name, value)


def _require_subject(row: Contact) -> None:
    if not row.subject:
        raise BadContact(t("Write in a few words what it is about."), field="subject")


def _require_logging(by: Principal) -> None:
    by.require_scope("register")
    if not may_log(by):
        raise NotYoursToLog(t("Only those who serve the public keep the log of contacts."))


def _held(session: Session, contact_id: int, seen: int, by: Principal) -> Contact:
    _require_logging(by)
    row = get(session, contact_id, by=by, lock=True)
    if row.version != seen:
        who = organization.names(session, [row.changed_by]).get(row.changed_by, "")
        raise ContactChanged(
            t(
                "{who} went on with this contact on {at}. It is shown as it is now; what you "
                "typed stands in the form.",
                who=who,
                at=f"{clock.local(row.changed_at):%d/%m/%Y %H:%M}",
            )
        )
    return row


def _require_live(row: Contact) -> None:
    if row.state not in LIVE:
        raise ContactChanged(t("This contact is over. Open it again first."))


def _step(
    session: Session,
    row: Contact,
    kind: StepKind,
    by: Principal,
    *,
    call_at: datetime | None = None,
) -> None:
    row.version += 1
    row.changed_by, row.changed_at = by.person_id, clock.now()
    session.flush()
    session.add(
        ContactStep(
            contact_id=row.id,
            position=row.version,
            kind=kind,
            call_at=call_at,
            user_id=by.person_id,
            at=clock.now(),
        )
    )
