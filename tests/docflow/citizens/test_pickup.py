"""The pick-up page: link and code, a few tries, an end; every try is an event (domain row 99)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from docflow import audit, citizens, clock, dispatch, documents, parties, registry
from docflow.dispatch import Delivery, DeliveryState
from docflow.office import Office
from tests import factories
from tests.factories import Town

CODE, TOKEN = "12345678", "a-link-that-nobody-guesses"


@pytest.fixture
def entry_id(office: Office, town: Town) -> int:
    """An issued document that waits behind the link."""
    with office.db.begin() as session:
        entry = factories.letter(
            session,
            town,
            direction=registry.Direction.OUTGOING,
            recipients=(parties.Contact(name="Άννα Πολίτη"),),
        )
        documents.attach(
            session,
            entry.id,
            [documents.Upload("1-2026.pdf", "ab" * 32, 100, "application/pdf")],
            by=town.person(session, "clerk"),
            languages=[],
            role=documents.FileRole.EXACT_COPY,
        )
        session.add(
            Delivery(
                entry_id=entry.id,
                channel="pickup",
                state=DeliveryState.SENT,
                recipient_name="Άννα Πολίτη",
                email="anna@example.gr",
                token=TOKEN,
                code_digest=dispatch.code_digest(TOKEN, CODE),
                expires_at=clock.now() + timedelta(days=60),
            )
        )
    return entry.id


def attempt(office: Office, code: str) -> citizens.Collected | None:
    with office.db.begin() as session:
        return citizens.try_code(session, TOKEN, code)


def why_closed(office: Office) -> str:
    with pytest.raises(citizens.PickupClosed) as caught, office.db.begin() as session:
        citizens.waiting(session, TOKEN)
    return str(caught.value)


def events(office: Office, entry_id: int) -> list[str]:
    with office.db.begin() as session:
        lines = audit.history(session, [("entry", entry_id)])
    return [line.action for line in lines if line.action.startswith("pickup")]


def test_link_and_code_give_the_document(office: Office, entry_id: int) -> None:
    assert attempt(office, CODE) == citizens.Collected("1-2026.pdf", "ab" * 32, 100)


def test_a_code_may_be_typed_in_groups(office: Office, entry_id: int) -> None:
    assert attempt(office, " 1234 5678 ") is not None


def test_before_the_code_the_page_tells_nothing_of_the_matter(
    office: Office, entry_id: int
) -> None:
    with office.db.begin() as session:
        shown = citizens.waiting(session, TOKEN)
        entry = session.get_one(registry.Entry, entry_id)
    assert (shown.body, shown.number) == ("Δήμος Παραδείγματος", entry.label)
    assert entry.subject not in repr(shown)
    assert "Πολίτη" not in repr(shown)


def test_the_first_collection_is_noted_for_the_office(office: Office, entry_id: int) -> None:
    attempt(office, CODE)
    with office.db.begin() as session:
        [info] = dispatch.deliveries(session, entry_id)
    assert info.state == "picked-up"
    assert info.picked_up_at is not None


def test_the_document_can_be_collected_again(office: Office, entry_id: int) -> None:
    attempt(office, CODE)
    with office.db.begin() as session:
        first = session.scalars(select(Delivery.picked_up_at)).one()
    assert attempt(office, CODE) is not None
    with office.db.begin() as session:
        assert session.scalars(select(Delivery.picked_up_at)).one() == first
    assert events(office, entry_id) == ["pickup.collected", "pickup.collected-again"]


def test_a_wrong_code_gives_nothing_and_is_an_event(office: Office, entry_id: int) -> None:
    assert attempt(office, "00000000") is None
    assert events(office, entry_id) == ["pickup.refused"]


@pytest.mark.parametrize("code", ["", "1234567", "123456789", "١٢٣٤٥٦٧٨", "x" * 10_000])
def test_what_is_no_code_gives_nothing(office: Office, entry_id: int, code: str) -> None:
    assert attempt(office, code) is None


def test_after_five_wrong_codes_the_right_one_is_too_late(office: Office, entry_id: int) -> None:
    for _ in range(5):
        attempt(office, "00000000")
    assert attempt(office, CODE) is None
    assert "Too many wrong codes" in why_closed(office)
    assert events(office, entry_id) == ["pickup.refused"] * 6


def test_an_expired_link_gives_nothing_and_the_try_is_an_event(
    office: Office, entry_id: int
) -> None:
    with clock.pretend(clock.now() + timedelta(days=61)):
        assert attempt(office, CODE) is None
        assert "time to pick this document up is over" in why_closed(office)
    assert events(office, entry_id) == ["pickup.refused"]


def test_an_annulled_document_is_not_given_out(office: Office, town: Town, entry_id: int) -> None:
    with office.db.begin() as session:
        factories.annulled(session, town, entry_id, reason="λάθος")
    assert attempt(office, CODE) is None
    assert "was annulled" in why_closed(office)


def test_an_unknown_link_is_not_found(office: Office, entry_id: int) -> None:
    with pytest.raises(citizens.NoSuchPickup), office.db.begin() as session:
        citizens.try_code(session, "another", CODE)
    with pytest.raises(citizens.NoSuchPickup), office.db.begin() as session:
        citizens.waiting(session, "another")


def test_the_page_of_the_application_hands_it_out_as_the_link_does(
    office: Office, town: Town, entry_id: int
) -> None:
    with office.db.begin() as session:
        asked = factories.letter(session, town)
        clerk = town.person(session, "clerk")
        registry.relate(session, entry_id, asked.id, registry.Relation.ANSWERS, by=clerk)
        delivery_id = session.scalars(select(Delivery.id)).one()

    def collect() -> citizens.Collected:
        with office.db.begin() as session:
            return citizens.collect(
                session, delivery_id, answers_id=asked.id, name="ΑΝΝΑ ΠΟΛΙΤΗ", email=""
            )

    first = collect()
    assert (first.name, first.sha256) == ("1-2026.pdf", "ab" * 32)
    assert attempt(office, CODE) == collect() == first
    with office.db.begin() as session:
        noted = [
            (event.action, event.details.get("way"))
            for event in audit.history(session, [("entry", entry_id)])
            if event.action.startswith("pickup.")
        ]
        assert session.scalars(select(Delivery.state)).one() == DeliveryState.PICKED_UP
    again = "pickup.collected-again"
    assert noted == [("pickup.collected", "application"), (again, None), (again, "application")]
