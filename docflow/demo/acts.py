"""What people of the municipality do with a letter, each act through the domain's own functions.

Each function here gives an `EntryAct`, which the agenda plays at its instant.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from docflow import deadlines, documents, registry, routing
from docflow.demo.correspondents import Correspondent
from docflow.demo.house import House
from docflow.parties import Contact
from docflow.principal import Principal
from docflow.registry import DeliveryMethod, Direction, NewEntry, Priority, Relation

EntryAct = Callable[[Session, int], None]


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that reaches the municipality, or passes between its units."""

    subject: str
    sender: Correspondent | None
    unit: str  # code of the unit that will handle it
    method: DeliveryMethod = DeliveryMethod.EMAIL
    detail: str = ""
    reference: str = ""
    dated_on: date | None = None
    received_at: datetime | None = None
    attachments: tuple[str, ...] = ()
    book: str | None = None
    kind: str | None = None
    from_unit: str | None = None  # of an internal letter


def register(
    session: Session,
    house: House,
    letter: Letter,
    uploads: Sequence[documents.Upload],
    *,
    by: Principal,
) -> registry.Entry:
    """Enter the letter in its book, with the files that came with it."""
    internal = letter.from_unit is not None
    sender = (
        Contact(name=house.unit_name(letter.from_unit))
        if letter.from_unit is not None
        else letter.sender.contact
        if letter.sender
        else None
    )
    return enter(
        session,
        house,
        NewEntry(
            direction=Direction.INTERNAL if internal else Direction.INCOMING,
            subject=letter.subject,
            book=letter.book,
            sender=sender,
            sender_reference=letter.reference,
            sender_dated_on=letter.dated_on,
            delivery_method=letter.method,
            delivery_detail=letter.detail,
            attachments_count=len(letter.attachments),
            attachments_note=", ".join(letter.attachments),
            addressee_unit_id=house.units[letter.unit],
            kind=letter.kind,
            received_at=letter.received_at,
        ),
        by=by,
        uploads=uploads,
    )


def enter(
    session: Session,
    house: House,
    new: NewEntry,
    *,
    by: Principal,
    uploads: Sequence[documents.Upload] = (),
) -> registry.Entry:
    return registry.register(
        session,
        new,
        uploads,
        by=by,
        zone=house.settings.zone,
        ocr_languages=house.settings.ocr_languages,
        guard_duplicates=False,  # one scan serves many letters of the demo
    )


def mark(
    by: Principal,
    priority: Priority,
    *,
    instructions: str = "",
    due_on: date | None = None,
) -> EntryAct:
    def act(session: Session, entry_id: int) -> None:
        routing.mark(
            session,
            entry_id,
            by=by,
            priority=priority,
            instructions=instructions,
            due_on=due_on,
        )

    return act


def charge(
    house: House,
    by: Principal,
    unit: str,
    *,
    person: Principal | None = None,
    inform: Sequence[str] = (),
    instructions: str = "",
) -> EntryAct:
    target = routing.Target(house.units[unit], person.person_id if person else None)
    told = [routing.Target(house.units[code]) for code in inform if code != unit]

    def act(session: Session, entry_id: int) -> None:
        routing.charge(session, entry_id, by=by, to=target, inform=told, instructions=instructions)

    return act


def accept(by: Principal) -> EntryAct:
    def act(session: Session, entry_id: int) -> None:
        routing.accept(session, entry_id, by=by)

    return act


def send_back(by: Principal, reason: str) -> EntryAct:
    def act(session: Session, entry_id: int) -> None:
        routing.send_back(session, entry_id, by=by, reason=reason)

    return act


def pass_on(house: House, by: Principal, unit: str, person: Principal, why: str) -> EntryAct:
    target = routing.Target(house.units[unit], person.person_id)

    def act(session: Session, entry_id: int) -> None:
        routing.pass_on(session, entry_id, by=by, to=target, instructions=why)

    return act


def stop_clock(by: Principal, reason: str) -> EntryAct:
    def act(session: Session, entry_id: int) -> None:
        deadlines.suspend(session, entry_id, by=by, reason=reason)

    return act


def extend(by: Principal, days: int, reason: str) -> EntryAct:
    def act(session: Session, entry_id: int) -> None:
        deadlines.extend(session, entry_id, by=by, days=days, reason=reason)

    return act


def take_note(by: Principal, unit_id: int) -> EntryAct:
    """A unit that was informed takes note."""

    def act(session: Session, entry_id: int) -> None:
        for row in routing.charges(session, entry_id, by=by):
            if row.kind == "information" and row.unit_id == unit_id and row.ended_at is None:
                routing.acknowledge(session, row.id, by=by)

    return act


def file(by: Principal, reason: str) -> EntryAct:
    def act(session: Session, entry_id: int) -> None:
        routing.file(session, entry_id, by=by, reason=reason)

    return act


def annul(by: Principal, registrar: Principal, reason: str) -> EntryAct:
    """The clerk asks, the head of the registry agrees."""

    def act(session: Session, entry_id: int) -> None:
        request = registry.request_annulment(session, entry_id, reason=reason, by=by)
        registry.approve_annulment(session, request.id, by=registrar)

    return act


def answer_on_paper(
    house: House, by: Principal, *, clerk: Principal, subject: str, unit: str
) -> EntryAct:
    """The answer as it was given before the office signed electronically: the clerk enters the
    signed paper as outgoing, tied to what it answers, and the item is closed by it.
    """

    def act(session: Session, entry_id: int) -> None:
        entry = registry.get(session, entry_id, by=by)
        now = registry.current(session, entry)
        answer = enter(
            session,
            house,
            NewEntry(
                direction=Direction.OUTGOING,
                subject=subject,
                recipients=(
                    Contact(
                        name=now.sender_name,
                        party_id=now.sender_party_id,
                        address=now.sender_address,
                        email=now.sender_email,
                    ),
                ),
                delivery_method=DeliveryMethod.POST,
                relations=((entry.id, Relation.ANSWERS),),
            ),
            by=clerk,
        )
        registry.open_to_unit(session, answer.id, house.units[unit])
        registry.open_to_person(session, answer.id, by.person_id)
        routing.close_by_answer(session, entry, answer=answer, by=by)

    return act
