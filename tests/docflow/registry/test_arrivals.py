"""Arrival numbers: given at once, unbroken, then registered once or ended with a reason."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, registry
from docflow.office import Office
from docflow.parties import Contact
from docflow.principal import NotAllowed
from docflow.registry import Arrival, DeliveryMethod, Direction, Policy, arrivals, books
from docflow.registry.arrivals import NewArrival
from docflow.registry.waiting import ArrivalEnd, ArrivalOutcome
from tests import factories
from tests.docflow.steps import athens
from tests.factories import ZONE, Town

MAY = athens(2026, 5, 4, 10, 0)


def arrive(session: Session, town: Town, *, by: str = "clerk", **said: Any) -> Arrival:
    new = NewArrival(**{"delivery_method": DeliveryMethod.POST, "sender_name": "ΔΕΥΑ", **said})
    return arrivals.arrive(session, new, by=town.person(session, by), zone=ZONE)


def test_an_item_gets_its_arrival_number_at_once_and_its_registry_number_later(
    session: Session, town: Town
) -> None:
    with clock.pretend(MAY):
        arrival = arrive(session, town, delivery_detail="RE123456789GR", is_openable=False)
    with clock.pretend(athens(2026, 5, 5, 9, 0)):
        entry = factories.letter(session, town, arrival_id=arrival.id)
    assert arrivals.label(arrival) == "ΠΑΡ-1/2026"
    assert (entry.received_at, entry.arrival_id) == (MAY, arrival.id)
    by = town.person(session, "clerk")
    assert arrivals.listing(session, by=by) == []
    [shown] = arrivals.listing(session, by=by, only_waiting=False)
    assert (shown.entry_label, shown.is_waiting, shown.is_openable) == (entry.label, False, False)
    actions = [line.action for line in audit.history(session, [("arrival", arrival.id)])]
    assert actions == ["arrival.noted"]


def test_an_arrival_is_registered_once_or_ended_once(session: Session, town: Town) -> None:
    clerk = town.person(session, "clerk")
    first, second = arrive(session, town), arrive(session, town)
    factories.letter(session, town, arrival_id=first.id)
    with pytest.raises(arrivals.ArrivalDone, match="registered already"):
        factories.letter(session, town, arrival_id=first.id)
    with pytest.raises(arrivals.ArrivalDone, match="registered already"):
        arrivals.end(session, first.id, ArrivalOutcome.JUNK, reason="διαφήμιση", by=clerk)
    arrivals.end(session, second.id, ArrivalOutcome.JUNK, reason="διαφήμιση", by=clerk)
    with pytest.raises(arrivals.ArrivalDone, match="ended already"):
        factories.letter(session, town, arrival_id=second.id)
    with pytest.raises(arrivals.ArrivalDone, match="ended already"):
        arrivals.end(session, second.id, ArrivalOutcome.EMPTY, reason="ξανά", by=clerk)


def test_an_end_needs_a_reason_and_a_clerk(session: Session, town: Town) -> None:
    arrival = arrive(session, town)
    with pytest.raises(arrivals.ArrivalReasonMissing):
        arrivals.end(
            session, arrival.id, ArrivalOutcome.JUNK, reason=" ", by=town.person(session, "clerk")
        )
    with pytest.raises(NotAllowed):
        arrivals.end(
            session,
            arrival.id,
            ArrivalOutcome.JUNK,
            reason="όχι",
            by=town.person(session, "auditor"),
        )
    for who in ("engineer", "administrator"):
        with pytest.raises(NotAllowed):
            arrive(session, town, by=who)
        with pytest.raises(NotAllowed):
            arrivals.listing(session, by=town.person(session, who))
        with pytest.raises(arrivals.NoSuchArrival):
            arrivals.get(session, arrival.id, by=town.person(session, who))
    with pytest.raises(arrivals.ArrivalTooLong):
        arrive(session, town, note="α" * 1001)
    assert session.get(ArrivalEnd, arrival.id) is None


def test_only_an_incoming_document_comes_from_an_arrival(session: Session, town: Town) -> None:
    arrival = arrive(session, town)
    with pytest.raises(arrivals.OnlyIncomingArrive):
        factories.letter(
            session,
            town,
            direction=Direction.OUTGOING,
            recipients=(Contact(name="Πολίτης"),),
            arrival_id=arrival.id,
        )
    with pytest.raises(arrivals.NoSuchArrival):
        factories.letter(session, town, arrival_id=987_654)


def test_a_book_that_uses_arrival_numbers_gives_one_to_every_incoming_document(
    session: Session, town: Town
) -> None:
    administrator = town.person(session, "administrator")
    books.set_policy(
        session,
        "koino",
        policy=Policy(uses_arrivals=True),
        opens_by_hand=False,
        by=administrator,
    )
    session.expire_all()
    with clock.pretend(MAY):
        entry = factories.letter(session, town)
        sent = factories.letter(
            session, town, direction=Direction.OUTGOING, recipients=(Contact(name="Πολίτης"),)
        )
    arrival = session.get_one(Arrival, entry.arrival_id)
    assert (arrivals.label(arrival), arrival.sender_name) == ("ΠΑΡ-1/2026", entry.sender_name)
    assert sent.arrival_id is None
    assert entry.received_at == arrival.arrived_at


def test_arrivals_of_a_new_year_begin_with_one_and_time_does_not_turn_round(
    session: Session, town: Town
) -> None:
    with clock.pretend(athens(2026, 12, 31, 23, 59)):
        old = arrive(session, town)
    with clock.pretend(athens(2026, 12, 31, 23, 50)):
        earlier = arrive(session, town)
    with clock.pretend(athens(2027, 1, 1, 0, 1)):
        new = arrive(session, town)
    labels = [arrivals.label(one) for one in (old, earlier, new)]
    assert labels == ["ΠΑΡ-1/2026", "ΠΑΡ-2/2026", "ΠΑΡ-1/2027"]
    assert earlier.arrived_at == old.arrived_at


def test_many_at_the_counter_leave_no_gap_in_the_arrivals(committed: Office) -> None:
    with committed.db.begin() as session:
        town = factories.municipality(session)

    def work(i: int) -> None:
        try:
            with committed.db.begin() as session:
                arrive(session, town)
                if i % 3 == 0:
                    raise TimeoutError
        except TimeoutError:
            pass

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(work, range(45)))
    with committed.db.read() as session:
        rows = session.execute(
            select(Arrival.number, Arrival.arrived_at).order_by(Arrival.number)
        ).all()
        waiting = arrivals.count_waiting(session, body_id=town.body_id)
    assert [row.number for row in rows] == list(range(1, 31))
    assert [row.arrived_at for row in rows] == sorted(row.arrived_at for row in rows)
    assert waiting == 30


def test_two_clerks_do_not_register_one_arrival_twice(committed: Office) -> None:
    with committed.db.begin() as session:
        town = factories.municipality(session)
        arrival = arrive(session, town)

    def work(i: int) -> bool:
        try:
            with committed.db.begin() as session:
                if i % 2:
                    factories.letter(session, town, arrival_id=arrival.id)
                else:
                    arrivals.end(
                        session,
                        arrival.id,
                        ArrivalOutcome.MISTAKE,
                        reason="διπλό",
                        by=town.person(session, "clerk"),
                    )
        except arrivals.ArrivalDone:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 1
    with committed.db.read() as session:
        assert registry.arrivals.count_waiting(session, body_id=town.body_id) == 0
