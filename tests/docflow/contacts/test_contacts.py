"""The way of a request by telephone: who is it, answered at once or passed on, and followed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import appointments, audit, clock, contacts, messages, parties, registry, routing
from docflow.contacts import (
    Channel,
    Contact,
    ContactState,
    Passing,
    Purpose,
    Said,
    Which,
    forgetting,
)
from docflow.parties import TraceKind
from docflow.principal import NotAllowed, Principal
from docflow.registry import Grade, HandlingState
from tests import factories
from tests.factories import LANGUAGES, ZONE, Town

NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
SAID = Said(
    full_name="Ελένη Γεωργίου",
    phone="210 5550001",
    subject="Λακκούβα στην οδό Ερμού",
    note="Μεγάλη",
)


@pytest.fixture
def morning() -> Iterator[None]:
    with clock.pretend(NOW):
        yield


@pytest.fixture
def clerk(session: Session, town: Town, morning: None) -> Principal:
    return town.person(session, "clerk")


def eleni(session: Session, town: Town, **changes: str) -> registry.Entry:
    """A letter of hers; its sender is in the directory from then on."""
    known = parties.Contact("Ελένη Γεωργίου", email="eleni@example.gr")
    sender = replace(known, **changes)
    return factories.letter(session, town, sender=sender)


def party_of(entry: registry.Entry) -> int:
    assert entry.sender_party_id is not None
    return entry.sender_party_id


def passed(session: Session, town: Town, clerk: Principal, row: Contact) -> registry.Entry:
    return contacts.pass_on(
        session,
        row.id,
        SAID,
        Passing(town.units["ΟΔΟΠ"]),
        seen=row.version,
        by=clerk,
        zone=ZONE,
        ocr_languages=LANGUAGES,
    )


def test_what_is_known_is_answered_at_once(session: Session, clerk: Principal) -> None:
    row = contacts.take(session, Said(), by=clerk)
    with pytest.raises(contacts.BadContact) as refused:
        contacts.solve(session, row.id, Said(), seen=row.version, by=clerk)
    assert refused.value.field == "subject"
    with clock.pretend(NOW + timedelta(minutes=3)):
        contacts.solve(session, row.id, SAID, article="ores", seen=row.version, by=clerk)
    assert (row.state, row.article) == (ContactState.SOLVED, "ores")
    assert row.answered_at == NOW + timedelta(minutes=3)
    assert [step.kind for step in contacts.steps(session, row.id)] == ["solved", "taken"]
    events = audit.history(session, [("contact", row.id)])
    assert [event.action for event in events] == ["contact.taken", "contact.solved"]
    assert "Ερμού" not in str([event.details for event in events])
    [measure] = contacts.figures(session, NOW.date(), NOW.date(), by=clerk, zone=ZONE)
    assert (measure.contacts, measure.share_at_once, measure.median_minutes) == (1, 1.0, 3.0)


def test_a_request_is_registered_and_goes_straight_to_the_unit(
    session: Session, town: Town, clerk: Principal
) -> None:
    row = contacts.take(session, SAID, by=clerk)
    entry = passed(session, town, clerk, row)
    assert (row.state, row.entry_id) == (ContactState.PASSED, entry.id)
    assert (entry.delivery_method, entry.subject) == ("phone", SAID.subject)
    handling = session.get_one(registry.Handling, entry.id)
    assert (handling.state, handling.unit_id) == (HandlingState.CHARGED, town.units["ΟΔΟΠ"])
    assert contacts.listing(session, Which.WAITING, by=clerk) == ([], 0)
    engineer = town.person(session, "engineer")
    routing.accept(session, entry.id, by=engineer)
    routing.file(session, entry.id, by=engineer, reason="Επισκευάστηκε")
    session.flush()
    [line], _ = contacts.listing(session, Which.WAITING, by=clerk)
    assert (line.is_answered, line.label) == (True, entry.label)
    contacts.solve(session, row.id, SAID, seen=row.version, by=clerk)
    assert row.state == ContactState.CLOSED
    with pytest.raises(routing.NotResponsible):  # only in the transaction that registers it
        routing.direct(session, entry, routing.Target(town.units["ΤΥ"]), by=engineer)


def test_a_call_back_is_promised_and_tells_when_it_is_late(
    session: Session, clerk: Principal
) -> None:
    row = contacts.take(session, Said(), by=clerk)
    until = NOW + timedelta(hours=4)
    with pytest.raises(contacts.BadContact) as refused:
        contacts.promise(
            session, row.id, replace(SAID, phone=""), call_at=until, seen=row.version, by=clerk
        )
    assert refused.value.field == "phone"
    contacts.promise(session, row.id, SAID, call_at=until, seen=row.version, by=clerk)
    with clock.pretend(until + timedelta(minutes=1)):
        [line], _ = contacts.listing(session, Which.WAITING, by=clerk)
        assert line.is_late
        later = until + timedelta(hours=1)
        contacts.promise(
            session, row.id, SAID, call_at=later, tried=True, seen=row.version, by=clerk
        )
    assert contacts.steps(session, row.id)[0].kind == "tried"
    contacts.solve(session, row.id, SAID, seen=row.version, by=clerk)
    contacts.reopen(session, row.id, seen=row.version, by=clerk)
    assert row.state == ContactState.OPEN


def test_two_who_go_on_with_one_contact(session: Session, town: Town, clerk: Principal) -> None:
    row = contacts.take(session, SAID, by=clerk)
    seen = row.version
    registrar = town.person(session, "registrar")
    contacts.save(session, row.id, SAID, seen=seen, by=registrar)
    with pytest.raises(contacts.ContactChanged, match="Ορέστης Καλλέργης went on"):
        contacts.solve(session, row.id, SAID, seen=seen, by=clerk)
    events = audit.history(session, [("contact", row.id)])
    assert [event.action for event in events] == ["contact.taken", "contact.saved"]
    assert "Ερμού" not in str([event.details for event in events])


def test_contacts_of_others_units_are_not_there(
    session: Session, town: Town, clerk: Principal
) -> None:
    engineer, colleague = town.person(session, "engineer"), town.person(session, "colleague")
    lawyer, mayor = town.person(session, "lawyer"), town.person(session, "mayor")
    row = contacts.take(session, SAID, by=engineer)
    for one in (engineer, colleague, clerk, town.person(session, "director")):
        assert contacts.get(session, row.id, by=one) is row
        assert contacts.listing(session, Which.ALL, by=one)[1] == 1
    with pytest.raises(contacts.NoSuchContact):
        contacts.get(session, row.id, by=lawyer)
    assert contacts.listing(session, Which.ALL, by=lawyer)[1] == 0
    auditor = town.person(session, "auditor")
    with pytest.raises(contacts.NotYoursToLog):
        contacts.take(session, SAID, by=auditor)
    with pytest.raises(contacts.NotYoursToRead):
        contacts.listing(session, Which.ALL, by=auditor)
    assert contacts.listing(session, Which.ALL, by=mayor)[1] == 0


def test_a_caller_is_found_by_name_or_telephone(
    session: Session, town: Town, clerk: Principal
) -> None:
    party_id = party_of(eleni(session, town, phone="210-555 0001"))
    for typed in ("ελενη γεωρ", "2105550001", "eleni@example.gr"):
        assert [one.id for one in contacts.candidates(session, typed, by=clerk)] == [party_id]
    assert contacts.candidates(session, "ελενη", by=town.person(session, "engineer")) == []
    row = contacts.take(session, Said(), party_id=party_id, by=clerk)
    assert (row.full_name, row.phone) == ("Ελένη Γεωργίου", "210-555 0001")


def test_a_view_is_opened_for_a_purpose_and_that_is_kept(
    session: Session, town: Town, clerk: Principal
) -> None:
    entry = eleni(session, town)
    party_id = party_of(entry)
    with pytest.raises(contacts.PurposeNeeded):
        contacts.view(session, party_id, by=clerk)
    contacts.open_for(session, party_id, Purpose.SERVING, by=clerk)
    row = contacts.take(session, SAID, party_id=party_id, by=clerk)
    session.flush()
    view = contacts.view(session, party_id, by=clerk)
    assert {trace.about for trace in view.traces} == {("entry", entry.id), ("contact", row.id)}
    contacts.open_for(session, party_id, Purpose.PAYMENT, by=clerk)
    session.flush()
    assert contacts.view(session, party_id, by=clerk).traces == []
    with (
        clock.pretend(NOW + contacts.HOLDS + timedelta(minutes=1)),
        pytest.raises(contacts.PurposeNeeded),
    ):
        contacts.looked_again(session, party_id, by=clerk)
    time = (NOW, NOW + timedelta(days=1))
    looks = contacts.looks_between(session, *time, by=town.person(session, "auditor"))
    assert [(look.party_id, look.purpose) for look in looks] == [
        (party_id, Purpose.PAYMENT),
        (party_id, Purpose.SERVING),
    ]
    with pytest.raises(NotAllowed):
        contacts.looks_between(session, *time, by=clerk)
    assert [event.action for event in audit.history(session, [("party", party_id)])] == [
        "person.viewed",
        "person.viewed",
    ]


def test_a_view_tells_what_is_open_and_what_a_message_is_about(
    session: Session, town: Town, clerk: Principal
) -> None:
    entry = eleni(session, town)
    party_id = party_of(entry)
    over = contacts.take(session, SAID, party_id=party_id, by=clerk)
    contacts.solve(session, over.id, SAID, seen=over.version, by=clerk)
    live = contacts.take(session, SAID, party_id=party_id, by=clerk)
    messages.send(
        session,
        body_id=town.body_id,
        to=messages.Addressee(email="eleni@example.gr"),
        kind="application-message",
        values={"number": entry.label},
        about=("entry", entry.id),
        by=clerk,
    )
    contacts.open_for(session, party_id, Purpose.SERVING, by=clerk)
    session.flush()
    traces = contacts.view(session, party_id, by=clerk).traces
    assert [one.about for one in traces if one.is_open] == [("contact", live.id)]
    [told] = [one for one in traces if one.kind is TraceKind.MESSAGE]
    [letter] = [one for one in traces if one.kind is TraceKind.ENTRY]
    assert (told.number, told.href) == (entry.label, letter.href)


def test_who_sits_at_the_counter_stays_there(
    session: Session, town: Town, clerk: Principal
) -> None:
    assert contacts.last_channel(session, by=clerk) is Channel.PHONE
    contacts.take(session, replace(SAID, channel=Channel.COUNTER), by=clerk)
    assert contacts.last_channel(session, by=clerk) is Channel.COUNTER
    assert contacts.last_channel(session, by=town.person(session, "engineer")) is Channel.PHONE


def test_staff_of_a_unit_see_whom_they_have_to_do_with_and_nothing_else(
    session: Session, town: Town, clerk: Principal
) -> None:
    mine, other = eleni(session, town), eleni(session, town)
    factories.accepted(session, town, mine)
    party_id = party_of(mine)
    engineer, lawyer = town.person(session, "engineer"), town.person(session, "lawyer")
    for purpose in (Purpose.DIRECTORY, Purpose.ACCESS):
        with pytest.raises(contacts.NotForThisPurpose):
            contacts.open_for(session, party_id, purpose, by=engineer)
    contacts.open_for(session, party_id, Purpose.HANDLING, by=engineer)
    session.flush()
    view = contacts.view(session, party_id, by=engineer)
    assert {trace.about for trace in view.traces} == {("entry", mine.id)}
    assert other.id not in {trace.about[1] for trace in view.traces if trace.about}
    assert not view.with_tax_number
    with pytest.raises(contacts.NoSuchPerson):
        contacts.open_for(session, party_id, Purpose.HANDLING, by=lawyer)


def test_an_address_that_one_types_opens_nobodys_view(
    session: Session, town: Town, morning: None
) -> None:
    party_id = party_of(eleni(session, town))
    engineer = town.person(session, "engineer")
    contacts.take(session, replace(SAID, email="eleni@example.gr"), by=engineer)
    with pytest.raises(contacts.NoSuchPerson):
        contacts.reach(session, party_id, by=engineer)


def test_a_confidential_entry_is_in_no_view_of_who_may_not_see_it(
    session: Session, town: Town, clerk: Principal
) -> None:
    plain = eleni(session, town)
    party_id = party_of(plain)
    sender = parties.Contact("Ελένη Γεωργίου", email="eleni@example.gr", party_id=party_id)
    factories.letter(session, town, sender=sender, grade=Grade.CONFIDENTIAL)
    registrar = town.person(session, "registrar")
    contacts.open_for(session, party_id, Purpose.ACCESS, by=registrar)
    session.flush()
    view = contacts.view(session, party_id, by=registrar)
    assert [trace.about for trace in view.traces] == [("entry", plain.id)]


def test_the_view_follows_a_merge(session: Session, town: Town, clerk: Principal) -> None:
    first, second = eleni(session, town), eleni(session, town, email="")
    other = factories.letter(session, town, sender=parties.Contact("Ε. Γεωργίου"))
    kept = party_of(first)
    parties.merging.merge(session, party_of(other), kept, reason="Ίδια", by=clerk)
    session.flush()
    party = contacts.open_for(session, party_of(other), Purpose.SERVING, by=clerk)
    session.flush()
    assert party.id == kept
    view = contacts.view(session, kept, by=clerk)
    numbers = {
        trace.about[1] for trace in view.traces if trace.kind is TraceKind.ENTRY and trace.about
    }
    assert {first.id, other.id} <= numbers
    assert view.merged == 1
    assert second.sender_party_id is not None


def test_names_and_words_are_forgotten_and_figures_stay(
    session: Session, town: Town, clerk: Principal
) -> None:
    done = contacts.take(session, SAID, by=clerk)
    contacts.solve(session, done.id, SAID, seen=done.version, by=clerk)
    waiting = contacts.take(session, SAID, by=clerk)
    with clock.pretend(NOW + timedelta(days=731)):
        forgetting.forget_before(session, days=730)
    session.expire_all()
    assert (done.full_name, done.note, done.phone) == ("", "", "")
    assert waiting.full_name == "Ελένη Γεωργίου"
    assert session.scalars(select(Contact.channel)).all() == [Channel.PHONE, Channel.PHONE]


def test_a_request_that_was_passed_on_is_forgotten_after_its_entry_ended(
    session: Session, town: Town, clerk: Principal
) -> None:
    row, open_one = (contacts.take(session, SAID, by=clerk) for _ in range(2))
    entry = passed(session, town, clerk, row)
    passed(session, town, clerk, open_one)
    engineer = town.person(session, "engineer")
    with clock.pretend(NOW + timedelta(days=700)):
        routing.accept(session, entry.id, by=engineer)
        routing.file(session, entry.id, by=engineer, reason="Επισκευάστηκε")
        session.flush()
    for days, name in ((731, SAID.full_name), (1431, "")):
        with clock.pretend(NOW + timedelta(days=days)):
            forgetting.forget_before(session, days=730)
        session.expire_all()
        assert row.full_name == name
    assert open_one.full_name == SAID.full_name


def test_an_erasure_takes_the_link_to_the_person(
    session: Session, town: Town, clerk: Principal
) -> None:
    party_id = party_of(eleni(session, town))
    row = contacts.take(session, SAID, party_id=party_id, by=clerk)
    entry = passed(session, town, clerk, row)
    calendar = appointments.keeping.create(
        session,
        appointments.CalendarData(
            title="Άδειες", unit_id=town.units["ΟΔΟΠ"], week={1: "09:00-10:00"}
        ),
        by=town.person(session, "director"),
    )
    wanted = appointments.Wanted(
        calendar.id,
        datetime(2026, 11, 30, 7, 0, tzinfo=UTC),
        SAID.full_name,
        entry_id=entry.id,
        party_id=party_id,
    )
    hour = appointments.book(session, wanted, by=clerk)
    registry.tell_erased(session, entry)
    session.expire_all()
    assert (row.party_id, hour.party_id) == (None, None)
