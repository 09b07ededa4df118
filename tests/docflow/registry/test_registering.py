"""What a registration takes, writes and refuses (domain rows 8, 28 to 31)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import audit, clock, documents, outbox, parties, registry
from docflow.errors import Invalid
from docflow.office import Office
from docflow.organization import NoSuchUnit, NotAllowed
from docflow.registry import Direction, Entry, Handling, HandlingState, Recipient, Relation
from docflow.registry.service import BadKey
from tests import factories
from tests.docflow.steps import athens, watched
from tests.factories import Town


def test_an_incoming_letter_lands_with_the_secretariat(session: Session, town: Town) -> None:
    entry = factories.letter(session, town)
    handling = session.get_one(Handling, entry.id)
    assert (handling.state, handling.unit_id) == (HandlingState.NEW, town.units["ΓΡΑΜ"])


def test_an_outgoing_letter_is_nobodys_work(session: Session, town: Town) -> None:
    entry = factories.letter(
        session,
        town,
        direction=Direction.OUTGOING,
        sender=None,
        recipients=(parties.Contact(name="Υπουργείο Εσωτερικών"),),
    )
    assert session.get(Handling, entry.id) is None


def test_recipients_and_copies_keep_their_order(session: Session, town: Town) -> None:
    contacts = [parties.Contact(name=name) for name in ("Ωμέγα", "Άλφα", "Βήτα", "Άλφα")]
    entry = factories.letter(
        session,
        town,
        direction=Direction.OUTGOING,
        recipients=tuple(contacts[:2]),
        copies=tuple(contacts[2:]),
    )
    rows = session.scalars(
        select(Recipient).where(Recipient.entry_id == entry.id).order_by(Recipient.position)
    )
    assert [(row.name, row.is_copy) for row in rows] == [
        ("Ωμέγα", False),
        ("Άλφα", False),
        ("Βήτα", True),
        ("Άλφα", True),
    ]


def test_registering_is_an_event_of_the_person(session: Session, town: Town) -> None:
    entry = factories.letter(session, town)
    [line] = audit.history(session, [("entry", entry.id)])
    assert (line.action, line.actor_name, line.at) == (
        "entry.registered",
        "Μαρία Νικολάου",
        entry.registered_at,
    )


def test_registering_asks_for_each_file_to_be_read(office: Office, town: Town) -> None:
    uploads = [factories.uploaded(office, data, f"{data!r}.txt") for data in (b"a", b"b")]
    with office.db.begin() as session:
        entry = factories.letter(session, town, *uploads)
        files = documents.files(session, entry.id)
        jobs = session.scalars(select(outbox.Job).order_by(outbox.Job.id)).all()
    assert [(job.task, job.args) for job in jobs] == [
        ("documents.read", {"file_id": file.id}) for file in files
    ]


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"subject": "  "}, registry.BadSubject, "subject"),
        ({"subject": "\x00\x01 αβ"}, registry.BadSubject, "subject"),
        ({"subject": "α" * 1001}, registry.BadSubject, "subject"),
        ({"subject": "α" * 10_000}, registry.BadSubject, "subject"),
        ({"sender": None}, registry.SenderMissing, "sender"),
        ({"sender": parties.Contact(name=" \n")}, parties.BadName, "sender"),
        ({"sender": parties.Contact(name="α" * 301)}, parties.BadName, "sender"),
        (
            {"sender": parties.Contact(name="Α", tax_number="123456789")},
            parties.BadTaxNumber,
            "sender",
        ),
        ({"sender": parties.Contact(name="Α", email="όχι")}, parties.BadEmail, "sender"),
        ({"direction": Direction.OUTGOING}, registry.RecipientMissing, "recipient"),
        ({"sender_dated_on": date(1899, 12, 31)}, registry.BadDate, "sender_dated_on"),
        ({"attachments_count": -1}, registry.BadCount, "attachments_count"),
        ({"attachments_count": 10_000}, registry.BadCount, "attachments_count"),
        ({"sender_reference": "α" * 301}, registry.TooLong, "sender_reference"),
        ({"delivery_detail": "α" * 301}, registry.TooLong, "delivery_detail"),
        ({"attachments_note": "α" * 301}, registry.TooLong, "attachments_note"),
    ],
)
def test_wrong_input_is_refused_and_its_field_named(
    session: Session, town: Town, changes: dict[str, Any], error: type[Invalid], field: str
) -> None:
    with pytest.raises(error) as caught:
        factories.letter(session, town, **changes)
    assert caught.value.field == field
    assert session.scalar(select(func.count()).select_from(Entry)) == 0


def test_a_document_is_not_dated_tomorrow(session: Session, town: Town) -> None:
    with clock.pretend(athens(2026, 3, 1, 0, 30)):  # in UTC it is still February
        factories.letter(session, town, sender_dated_on=date(2026, 3, 1))
        with pytest.raises(registry.BadDate):
            factories.letter(session, town, sender_dated_on=date(2026, 3, 2))


def test_a_document_is_not_received_in_the_future(session: Session, town: Town) -> None:
    now = clock.now()
    entry = factories.letter(session, town, received_at=now - timedelta(days=2))
    assert entry.received_at == now - timedelta(days=2)
    with pytest.raises(registry.BadDate):
        factories.letter(session, town, received_at=now + timedelta(hours=1))


def test_typed_text_is_kept_in_one_line_with_composed_accents(session: Session, town: Town) -> None:
    entry = factories.letter(
        session, town, subject=" Αι\u0301τηση\r\n\tγια\x00 άδεια\ud800 ", sender_reference="αρ.\n 7"
    )
    assert (entry.subject, entry.sender_reference) == ("Αίτηση για άδεια", "αρ. 7")


def test_the_longest_subject_fits(session: Session, town: Town) -> None:
    assert len(factories.letter(session, town, subject="ή" * 1000).subject) == 1000


def test_a_unit_of_another_body_is_no_addressee(session: Session, town: Town) -> None:
    other = factories.municipality(session, code="allos")
    with pytest.raises(NoSuchUnit):
        factories.letter(session, town, addressee_unit_id=other.units["ΓΡΑΜ"])


def test_an_entry_is_tied_only_to_one_that_the_person_may_see(session: Session, town: Town) -> None:
    seen, hidden = factories.letter(session, town), factories.secret_letter(session, town)
    factories.letter(session, town, relations=((seen.id, Relation.ANSWERS),))
    with pytest.raises(registry.NoSuchEntry):
        factories.letter(session, town, relations=((hidden.id, Relation.ANSWERS),))


def test_a_token_without_the_scope_does_not_register(session: Session, town: Town) -> None:
    from dataclasses import replace

    by = replace(town.person(session, "clerk"), scopes=frozenset({"read"}))
    with pytest.raises(NotAllowed, match="register"):
        registry.register(
            session,
            factories.incoming(),
            [],
            by=by,
            zone=factories.ZONE,
            ocr_languages=factories.LANGUAGES,
        )


def test_the_same_key_gives_the_same_entry(session: Session, town: Town) -> None:
    asked: dict[str, Any] = {"subject": "Αίτηση", "sender": parties.Contact(name="Α. Β.")}
    first = factories.letter(session, town, idempotency_key="k1", **asked)
    again = factories.letter(session, town, idempotency_key="k1", **asked)
    other = factories.letter(session, town, idempotency_key="k2", **asked)
    assert (again.id, other.number) == (first.id, 2)


def test_a_key_is_refused_to_another_request(session: Session, town: Town) -> None:
    factories.letter(session, town, idempotency_key="k", subject="Αίτηση")
    with pytest.raises(registry.KeyReused):
        factories.letter(session, town, idempotency_key="k", subject="Άλλη αίτηση")


def test_the_key_of_another_person_is_another_key(session: Session, town: Town) -> None:
    first = factories.letter(session, town, idempotency_key="k")
    second = factories.secret_letter(session, town, idempotency_key="k")
    assert first.id != second.id


@pytest.mark.parametrize("key", ["x" * 201, "a\x00b", "a\nb"])
def test_a_key_that_no_database_should_hold_is_refused(
    session: Session, town: Town, key: str
) -> None:
    with pytest.raises(BadKey):
        factories.letter(session, town, idempotency_key=key)


def test_the_same_key_twice_at_once_registers_once(committed: Office) -> None:
    with committed.db.begin() as session:
        town = factories.municipality(session)
        clerk = town.person(session, "clerk")
    new, together = factories.incoming(), Barrier(6)

    def send(_: int) -> int:
        together.wait()
        with committed.db.begin() as session:
            return registry.register(
                session,
                new,
                [],
                by=clerk,
                zone=factories.ZONE,
                ocr_languages=factories.LANGUAGES,
                idempotency_key="submit-1",
            ).number

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(send, range(6))) == {1}
    with committed.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Entry)) == 1


def test_a_registration_holds_its_series_for_three_statements(office: Office, town: Town) -> None:
    """Each statement under the lock delays every other clerk; see benchmarks/README.md."""
    upload = factories.uploaded(office, b"%PDF-1.4 x")
    with office.db.begin() as session:
        factories.letter(session, town)  # opens the year
        by = town.person(session, "clerk")
        with watched(session) as statements:
            registry.register(
                session,
                factories.incoming(sender=parties.Contact(name="Σύλλογος Κατοίκων")),
                [upload],
                by=by,
                zone=factories.ZONE,
                ocr_languages=factories.LANGUAGES,
                idempotency_key="k",
            )
    locked = next(i for i, one in enumerate(statements) if "FOR UPDATE" in one)
    heads = [" ".join(one.split()[:3]) for one in statements[locked + 1 :]]
    assert sorted(heads) == [
        "INSERT INTO audit_events",
        "INSERT INTO entries",
        "UPDATE book_years SET",
    ]
    # Two ask whether it is registered already, one for the terms of deadlines.
    assert len(statements) <= 21, "\n".join(statements)
