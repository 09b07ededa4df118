"""Registered before it is described: for a queue, and the envelope that stays closed ((b) 20)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from docflow import audit, circulation, clock, kinds, parties, registry, routing, search
from docflow.calendars import Calendar
from docflow.errors import DocflowError
from docflow.kinds import Defaults, Definition, Field, FieldType
from docflow.registry import DeliveryMethod, Entry, Grade, NoSuchEntry, ProvisionalMode
from tests import factories
from tests.factories import Town

SENDER = parties.Contact(name="Αναγνώστου Μαρία")


def _at_once(session: Session, town: Town, **changes: Any) -> Entry:
    typed = {"sender": None, "delivery_method": DeliveryMethod.COUNTER, "subject": "", **changes}
    new = factories.incoming(**typed)
    return _registered(session, town, registry.provisional.for_the_queue(new))


def _registered(session: Session, town: Town, new: registry.NewEntry, by: str = "clerk") -> Entry:
    return registry.register(
        session,
        new,
        [],
        by=town.person(session, by),
        zone=factories.ZONE,
        ocr_languages=[],
    )


def _envelope(session: Session, town: Town, unit: str = "ΟΔΟΠ", **changes: Any) -> Entry:
    new = factories.incoming(
        sender=SENDER, subject="δεν μετράει", addressee_unit_id=town.units[unit], **changes
    )
    return _registered(session, town, registry.provisional.closed_envelope(new))


def _describe(session: Session, town: Town, entry: Entry, by: str, **more: Any) -> Entry:
    fields = {"subject": "Αίτηση βεβαίωσης οφειλών", **more.pop("fields", {})}
    return registry.provisional.describe(
        session,
        entry.id,
        registry.provisional.Description(fields=fields, **more),
        by=town.person(session, by),
        zone=factories.ZONE,
    )


def _sees(session: Session, town: Town, entry: Entry, *people: str) -> list[str]:
    seen = []
    for username in people:
        try:
            registry.get(session, entry.id, by=town.person(session, username))
        except NoSuchEntry:
            continue
        seen.append(username)
    return seen


def test_nothing_but_the_way_of_delivery_is_needed_for_a_number(
    session: Session, town: Town
) -> None:
    entry = _at_once(session, town)
    assert (entry.number, entry.subject, entry.sender_name) == (
        1,
        "Προς περιγραφή",
        "Άγνωστος αποστολέας",
    )
    waits = registry.provisional.waiting_for(session, entry.id)
    assert waits is not None
    assert waits.mode == ProvisionalMode.QUEUE


def test_describing_fills_in_what_was_left_open_and_keeps_the_registration(
    session: Session, town: Town
) -> None:
    entry = _at_once(session, town)
    _describe(session, town, entry, "clerk", fields={"sender": SENDER, "sender_reference": "Α 1"})
    now = registry.current(session, entry)
    assert (now.subject, now.sender_name, now.sender_reference) == (
        "Αίτηση βεβαίωσης οφειλών",
        "Αναγνώστου Μαρία",
        "Α 1",
    )
    assert entry.subject == "Προς περιγραφή"
    assert registry.provisional.waiting_for(session, entry.id) is None
    found = search.search(session, "βεβαίωση οφειλών", by=town.person(session, "clerk"))
    assert [hit.line.id for hit in found.hits] == [entry.id]


def test_a_kind_with_its_fields_can_be_given_at_the_description(
    session: Session, town: Town
) -> None:
    kinds.define(
        session,
        "aitisi",
        Definition(
            "Αίτηση", fields=(Field("plate", FieldType.PLATE, "Πινακίδα", is_required=True),)
        ),
        by=town.person(session, "administrator"),
    )
    entry = _at_once(session, town)
    with pytest.raises(kinds.BadValues), session.begin_nested():
        _describe(session, town, entry, "clerk", kind="aitisi")
    _describe(session, town, entry, "clerk", kind="aitisi", values={"plate": "ΙΒΡ 1"})
    known = registry.kind_of(session, entry)
    assert known is not None
    assert known.values == {"plate": "ΙΒΡ-1"}


def test_an_entry_is_described_once(session: Session, town: Town) -> None:
    entry = _at_once(session, town)
    _describe(session, town, entry, "clerk")
    with pytest.raises(registry.provisional.AlreadyDescribed):
        _describe(session, town, entry, "clerk")
    with pytest.raises(registry.provisional.AlreadyDescribed):
        _describe(session, town, factories.letter(session, town), "clerk")
    for statement in (
        "UPDATE provisional_entries SET described_at = NULL, described_by = NULL",
        "UPDATE provisional_entries SET mode = 'envelope'",
        "DELETE FROM provisional_entries",
    ):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(statement))


def test_only_a_clerk_of_the_book_describes(session: Session, town: Town) -> None:
    entry = _at_once(session, town)
    with pytest.raises(registry.provisional.NotYoursToDescribe):
        _describe(session, town, entry, "secretary")
    with pytest.raises(NoSuchEntry):
        _describe(session, town, entry, "lawyer")


def test_the_rules_of_registration_hold_for_the_description(session: Session, town: Town) -> None:
    entry = _at_once(session, town)
    with pytest.raises(registry.BadSubject), session.begin_nested():
        _describe(session, town, entry, "clerk", fields={"subject": "  "})
    assert registry.provisional.waiting_for(session, entry.id) is not None


def test_what_is_not_described_is_charged_but_not_answered_or_filed(
    session: Session, town: Town
) -> None:
    entry = _at_once(session, town)
    factories.accepted(session, town, entry)
    engineer = town.person(session, "engineer")
    with pytest.raises(registry.provisional.NotDescribed):
        circulation.begin_answer(session, entry.id, factories.content(), by=engineer)
    with pytest.raises(registry.provisional.NotDescribed):
        routing.file(session, entry.id, by=engineer, reason="τίποτα")
    _describe(session, town, entry, "clerk")
    circulation.begin_answer(session, entry.id, factories.content(), by=engineer)


def test_the_list_tells_what_waits_and_since_when(session: Session, town: Town) -> None:
    with clock.pretend(clock.now() - timedelta(days=3)):
        old = _at_once(session, town)
    new = _at_once(session, town)
    described = _at_once(session, town)
    _describe(session, town, described, "clerk")
    envelope = _envelope(session, town)
    clerk = town.person(session, "clerk")
    waits = registry.provisional.undescribed(session, by=clerk, zone=factories.ZONE)
    assert [(one.line.id, one.mode, one.days, one.is_mine) for one in waits] == [
        (old.id, "queue", 3, True),
        (new.id, "queue", 0, True),
        (envelope.id, "envelope", 0, False),
    ]
    assert registry.provisional.count_undescribed(session, by=clerk) == 2
    assert registry.provisional.count_undescribed(session, by=town.person(session, "lawyer")) == 0


def test_an_envelope_shows_nothing_of_what_was_typed(session: Session, town: Town) -> None:
    entry = _envelope(session, town, has_personal_data=True)
    assert (entry.subject, entry.grade) == ("Κλειστός φάκελος", Grade.CONFIDENTIAL)
    assert entry.sender_name == SENDER.name


def test_an_envelope_goes_to_the_unit_that_it_is_addressed_to(session: Session, town: Town) -> None:
    entry = _envelope(session, town)
    assert session.get_one(registry.Handling, entry.id).unit_id == town.units["ΟΔΟΠ"]
    new = registry.provisional.closed_envelope(factories.incoming())
    with pytest.raises(registry.AddresseeMissing) as missing:
        _registered(session, town, new)
    assert missing.value.field == "addressee_unit_id"


def test_what_was_in_an_envelope_is_open_to_its_head_alone(session: Session, town: Town) -> None:
    everybody = ("clerk", "registrar", "auditor", "director", "engineer", "mayor", "lawyer")
    entry = _envelope(session, town)
    assert _sees(session, town, entry, *everybody) == ["clerk", "registrar", "auditor", "director"]
    for nobody in ("clerk", "registrar"):
        with pytest.raises(registry.provisional.NotYoursToDescribe):
            _describe(session, town, entry, nobody)
    _describe(session, town, entry, "director")
    assert _sees(session, town, entry, *everybody) == ["director"]
    for other in ("clerk", "auditor"):
        found = search.search(session, "βεβαίωση οφειλών", by=town.person(session, other))
        assert found.total == 0


def test_an_envelope_that_was_charged_is_opened_by_that_person(
    session: Session, town: Town
) -> None:
    entry = _envelope(session, town)
    director = town.person(session, "director")
    routing.charge(session, entry.id, by=director, to=town.target("ΟΔΟΠ", "engineer"))
    with pytest.raises(registry.provisional.NotYoursToDescribe):
        _describe(session, town, entry, "director")
    _describe(session, town, entry, "engineer")
    assert _sees(session, town, entry, "clerk", "director", "engineer", "colleague") == [
        "director",
        "engineer",
    ]


def test_a_graded_entry_is_seen_by_those_who_work_on_it(session: Session, town: Town) -> None:
    everybody = ("clerk", "registrar", "auditor", "secretary", "director", "engineer", "colleague")
    entry = factories.letter(session, town, grade=Grade.CONFIDENTIAL)
    # The clerk registered it; it lies with the secretariat, whose head charges it
    assert _sees(session, town, entry, *everybody) == ["clerk", "secretary"]
    factories.accepted(session, town, entry)
    assert _sees(session, town, entry, *everybody) == [
        "clerk",
        "secretary",
        "director",
        "engineer",
    ]


def test_restricted_use_is_marked_but_open(session: Session, town: Town) -> None:
    entry = factories.letter(session, town, grade=Grade.RESTRICTED, has_personal_data=True)
    assert _sees(session, town, entry, "auditor", "registrar") == ["auditor", "registrar"]
    row = session.get_one(Entry, entry.id)
    assert (row.grade, row.has_personal_data) == ("restricted", True)


def test_the_answer_to_a_graded_entry_is_graded(session: Session, town: Town) -> None:
    entry = factories.letter(session, town, grade=Grade.CONFIDENTIAL)
    answer = factories.letter(
        session,
        town,
        direction=registry.Direction.OUTGOING,
        sender=None,
        recipients=(SENDER,),
        relations=((entry.id, registry.Relation.ANSWERS),),
    )
    assert answer.grade == Grade.CONFIDENTIAL


@pytest.mark.parametrize("code", ["secret", "top-secret"])
def test_state_secrets_are_refused_with_what_to_do(code: str) -> None:
    with pytest.raises(registry.StateSecret) as refused:
        registry.grade(code)
    assert "security officer" in str(refused.value)


def test_a_grade_is_one_of_those_known() -> None:
    assert registry.grade("") is None
    assert registry.grade("restricted") is Grade.RESTRICTED
    with pytest.raises(DocflowError):
        registry.grade("cosmic")


def test_who_changes_a_grade_is_found_out(session: Session, town: Town) -> None:
    graded = factories.letter(session, town, grade=Grade.RESTRICTED)
    before = registry.digests.core_digest(graded)
    graded.grade = Grade.UNCLASSIFIED.value
    assert registry.digests.core_digest(graded) != before
    session.expire(graded)


def _kind(session: Session, town: Town, code: str = "aitisi", **more: Any) -> None:
    definition = Definition("Αίτηση", fields=(Field("plate", FieldType.PLATE, "Πινακίδα"),), **more)
    kinds.define(session, code, definition, by=town.person(session, "administrator"))


def test_a_kind_given_at_the_description_brings_priority_and_deadline(
    session: Session, town: Town
) -> None:
    _kind(session, town, defaults=Defaults(priority="urgent", days=5))
    entry = _at_once(session, town)
    _describe(session, town, entry, "clerk", kind="aitisi")
    handling = session.get_one(registry.Handling, entry.id)
    received_on = clock.local(entry.received_at, factories.ZONE).date()
    ends = Calendar().at_or_after(received_on + timedelta(days=5))
    assert (handling.priority, handling.due_on) == ("urgent", ends)
    [event] = [
        one
        for one in audit.history(session, [("entry", entry.id)])
        if one.action == "entry.kind-given"
    ]
    due_on = handling.due_on.isoformat()
    assert (event.details["priority"], event.details["due_on"]) == ("urgent", due_on)


def test_what_the_head_said_meanwhile_stands_before_the_default_of_a_kind(
    session: Session, town: Town
) -> None:
    _kind(session, town, defaults=Defaults(priority="urgent", days=5))
    entry = _at_once(session, town)
    handling = session.get_one(registry.Handling, entry.id)
    handling.due_on = clock.today() + timedelta(days=30)
    handling.priority = "very-urgent"
    session.flush()
    _describe(session, town, entry, "clerk", kind="aitisi")
    assert (handling.priority, handling.due_on) == (
        "very-urgent",
        clock.today() + timedelta(days=30),
    )


def test_the_values_given_at_the_description_are_found(session: Session, town: Town) -> None:
    _kind(session, town)
    entry = _at_once(session, town)
    _describe(session, town, entry, "clerk", kind="aitisi", values={"plate": "ΙΒΡ 7722"})
    found = search.search(session, "ΙΒΡ-7722", by=town.person(session, "clerk"))
    assert [hit.line.id for hit in found.hits] == [entry.id]


def test_an_entry_that_has_its_kind_keeps_it_at_the_description(
    session: Session, town: Town
) -> None:
    _kind(session, town)
    _kind(session, town, "allo")
    entry = factories.letter(session, town, kind="aitisi", provisional=ProvisionalMode.QUEUE)
    with pytest.raises(registry.provisional.OtherKind):
        _describe(session, town, entry, "clerk", kind="allo", reason="x")
    said = {"kind": "aitisi", "values": {"plate": "ΙΒΡ 7722"}, "reason": "x"}
    _describe(session, town, entry, "clerk", **said)
    known = registry.kind_of(session, entry)
    assert known is not None
    assert (known.kind.code, known.values) == ("aitisi", {"plate": "ΙΒΡ-7722"})
    found = search.search(session, "ΙΒΡ-7722", by=town.person(session, "clerk"))
    assert [hit.line.id for hit in found.hits] == [entry.id]


def test_what_was_said_at_the_registration_is_corrected_with_a_reason_and_a_mark(
    session: Session, town: Town
) -> None:
    entry = factories.letter(
        session,
        town,
        provisional=ProvisionalMode.QUEUE,
        sender=SENDER,
        sender_reference="12/ΑΒ",
        subject="Κανονικό θέμα",
    )
    others = {"sender": parties.Contact(name="Άλλος"), "sender_reference": "99"}
    with pytest.raises(registry.GivenAtRegistration) as refused:
        _describe(session, town, entry, "clerk", fields=others)
    assert str(refused.value).startswith(
        "This was said at the registration: Subject, Sender, Sender’s number."
    )
    assert registry.provisional.waiting_for(session, entry.id) is not None
    more = {**others, "attachments_count": 2}
    _describe(session, town, entry, "clerk", fields=more, reason="λάθος ανάγνωση")
    assert {
        (one.field, one.kind, one.reason) for one in registry.corrections(session, entry.id)
    } == {
        ("subject", "correction", "λάθος ανάγνωση"),
        ("sender", "correction", "λάθος ανάγνωση"),
        ("sender_reference", "correction", "λάθος ανάγνωση"),
        ("attachments_count", "completion", ""),
    }
    assert registry.details(session, entry, by=town.person(session, "clerk")).line.is_corrected


def test_an_address_may_be_added_to_a_sender_who_was_named(session: Session, town: Town) -> None:
    entry = factories.letter(session, town, provisional=ProvisionalMode.QUEUE, sender=SENDER)
    fuller = parties.Contact(name=SENDER.name, address="Ερμού 1")
    fields = {"subject": entry.subject, "sender": fuller}
    _describe(session, town, entry, "clerk", fields=fields)
    assert registry.current(session, entry).sender_address == "Ερμού 1"
    assert not registry.details(session, entry, by=town.person(session, "clerk")).line.is_corrected
