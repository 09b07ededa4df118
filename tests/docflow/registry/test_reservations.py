"""A promised number leaves no hole: its document fills it, or it stands annulled with a reason."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.orm import Session

from docflow import audit, clock, organization, registry
from docflow.office import Office
from docflow.parties import Contact
from docflow.registry import Annulment, Direction, Reservation, books, reservations
from tests import factories
from tests.conftest import OneTransaction
from tests.docflow.steps import athens
from tests.factories import ZONE, Town

MAY = athens(2026, 5, 4, 10, 0)
UNTIL = date(2026, 5, 8)


def reserve(
    session: Session, town: Town, *, by: str = "clerk", **changes: Any
) -> list[Reservation]:
    wanted: dict[str, Any] = {
        "direction": Direction.OUTGOING,
        "reason": "Απόφαση Δημοτικού Συμβουλίου",
        "last_day": UNTIL,
        **changes,
    }
    return reservations.reserve(
        session, wanted.pop("book", None), by=town.person(session, by), zone=ZONE, **wanted
    )


def fill(session: Session, town: Town, row: Reservation, **changes: Any) -> registry.Entry:
    typed = {"direction": Direction.OUTGOING, "sender": None, **changes}
    if typed["direction"] is Direction.OUTGOING:
        typed.setdefault("recipients", (Contact(name="Πολίτης"),))
    return factories.letter(session, town, reservation_id=row.id, **typed)


def problems(session: Session, town: Town) -> list[str]:
    found = registry.contiguity(session, by=town.person(session, "auditor"))
    return [str(problem) for one in found for problem in one.problems]


def test_a_reserved_number_is_skipped_by_others_and_borne_by_its_document(
    session: Session, town: Town
) -> None:
    with clock.pretend(MAY):
        factories.letter(session, town)
        [row] = reserve(session, town)
        assert factories.letter(session, town).number == 3
        assert problems(session, town) == []
    with clock.pretend(MAY + timedelta(days=2)):
        entry = fill(session, town, row)
    assert (entry.label, entry.number, row.label) == ("2/2026", 2, "2/2026")
    assert entry.registered_at == MAY + timedelta(days=2)  # and row.taken_at says when it was given
    assert row.taken_at == MAY
    assert problems(session, town) == []


def test_many_numbers_are_reserved_at_once(session: Session, town: Town) -> None:
    with clock.pretend(MAY):
        rows = reserve(session, town, count=100)
        assert [row.number for row in rows] == list(range(1, 101))
        for count in (0, 101):
            with pytest.raises(reservations.BadReservation):
                reserve(session, town, count=count)
        [one] = registry.contiguity(session, by=town.person(session, "auditor"))[:1]
    assert (one.entries, one.reserved, one.last_number, one.problems) == (0, 100, 100, ())


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": " "},
        {"reason": "α" * 501},
        {"last_day": date(2026, 5, 3)},
        {"last_day": date(2027, 1, 1)},
    ],
)
def test_a_reservation_without_reason_or_end_in_its_year_is_refused(
    office: Office, town: Town, wrong: dict[str, Any]
) -> None:
    with (
        clock.pretend(MAY),
        pytest.raises(reservations.BadReservation),
        office.db.begin() as session,
    ):
        reserve(session, town, **wrong)
    with clock.pretend(MAY), office.db.begin() as session:
        assert factories.letter(session, town).number == 1  # it went back with the transaction


def test_a_number_is_filled_once_in_time_in_its_book_and_direction(
    session: Session, town: Town
) -> None:
    with clock.pretend(MAY):
        row, late = reserve(session, town, count=2)
        with pytest.raises(reservations.ReservationDiffers):
            fill(session, town, row, direction=Direction.INCOMING, sender=Contact(name="Α"))
        fill(session, town, row)
        with pytest.raises(reservations.ReservationUsed):
            fill(session, town, row)
        with pytest.raises(reservations.NoSuchReservation):
            factories.letter(
                session,
                town,
                direction=Direction.OUTGOING,
                recipients=(Contact(name="Α"),),
                reservation_id=999_999,
            )
    with (
        clock.pretend(athens(2026, 5, 9)),
        pytest.raises(reservations.ReservationExpired),
    ):
        fill(session, town, late)


def test_a_promise_that_is_over_becomes_an_annulled_entry_with_the_reason(
    session: Session, town: Town
) -> None:
    with clock.pretend(MAY):
        row, kept = reserve(session, town, count=2)
        fill(session, town, kept)
        assert reservations.end_expired(session) == []
    with clock.pretend(athens(2026, 5, 9)):
        [entry] = reservations.end_expired(session)
        assert reservations.end_expired(session) == []
    annulment = session.get_one(Annulment, entry.id)
    assert (entry.label, annulment.annulled_by) == (row.label, None)
    assert "δεν χρησιμοποιήθηκε" in annulment.reason
    assert "Απόφαση Δημοτικού Συμβουλίου" in entry.subject
    assert problems(session, town) == []
    assert [f for f in audit.verify(session).findings if "waits" not in f.detail] == []


def test_its_owner_or_a_clerk_gives_a_number_back(session: Session, town: Town) -> None:
    with clock.pretend(MAY):
        row, other = reserve(session, town, count=2, owner_id=town.users["engineer"])
        with pytest.raises(reservations.NoSuchReservation):
            reservations.give_back(session, row.id, reason="όχι", by=town.person(session, "lawyer"))
        with pytest.raises(reservations.NotYourReservation):
            reservations.give_back(
                session, row.id, reason="όχι", by=town.person(session, "auditor")
            )
        reservations.give_back(
            session, row.id, reason="Ματαιώθηκε", by=town.person(session, "engineer")
        )
        entry = reservations.give_back(
            session, other.id, reason="Λάθος", by=town.person(session, "clerk")
        )
        assert session.get_one(Annulment, entry.id).reason == "Λάθος"
        with pytest.raises(reservations.ReservationUsed):
            reservations.give_back(
                session, other.id, reason="Ξανά", by=town.person(session, "clerk")
            )
        held = reservations.listing(session, by=town.person(session, "clerk"))
        ended = reservations.listing(session, by=town.person(session, "engineer"), only_held=False)
    assert (held, [one.is_annulled for one in ended]) == ([], [True, True])


def test_reservations_of_a_confidential_book_are_not_shown(session: Session, town: Town) -> None:
    with clock.pretend(MAY):
        [row] = reserve(session, town, by="confidant", book="empisteftiko")
        for who in ("clerk", "auditor", "registrar"):
            by = town.person(session, who)
            assert reservations.listing(session, by=by) == []
            with pytest.raises(reservations.NoSuchReservation):
                reservations.get(session, row.id, by=by)
        assert len(reservations.listing(session, by=town.person(session, "confidant"))) == 1


def test_a_year_with_a_promise_is_closed_after_the_promise_ended(
    session: Session, town: Town
) -> None:
    registrar = town.person(session, "registrar")
    book = books.find(session, "koino", by=registrar)
    with clock.pretend(MAY):
        reserve(session, town, last_day=date(2026, 12, 31))
        factories.letter(session, town)
    with clock.pretend(athens(2027, 1, 2)):
        with pytest.raises(registry.years.NumbersPromised, match="1/2026"):
            registry.close_year(session, book, 2026, by=registrar, zone=ZONE)
        [ended] = reservations.end_all(session, book, 2026, reason="Κλείσιμο του έτους")
        assert (ended.year, ended.number) == (2026, 1)
        registry.close_year(session, book, 2026, by=registrar, zone=ZONE)
    assert problems(session, town) == []


def test_two_documents_at_once_do_not_fill_one_number(committed: Office) -> None:
    with committed.db.begin() as session:
        town = factories.municipality(session)
        clerk = town.person(session, "clerk")
        [row] = reserve(session, town, last_day=clock.today())

    def work(_: int) -> bool:
        try:
            with committed.db.begin() as session:
                registry.register(
                    session,
                    factories.incoming(
                        direction=Direction.OUTGOING,
                        sender=None,
                        recipients=(Contact(name="Πολίτης"),),
                        reservation_id=row.id,
                    ),
                    [],
                    by=clerk,
                    zone=ZONE,
                    ocr_languages=factories.LANGUAGES,
                    guard_duplicates=False,
                )
        except reservations.ReservationUsed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 1


class Promises(RuleBasedStateMachine):
    """Registering, reserving, filling, giving back, failing and waiting, in any order."""

    office: Office
    town: Town

    def __init__(self) -> None:
        super().__init__()
        self.now = MAY
        self.held: list[int] = []
        self.given = 0

    def _try(self, act: Any, fails: bool) -> Any:
        """Do the act in a transaction of its own; where it fails at the end, nothing stays."""
        try:
            with clock.pretend(self.now), self.office.db.begin() as session:
                done = act(session)
                if fails:
                    raise TimeoutError
                return done
        except TimeoutError:
            return None

    @rule(minutes=st.integers(-600, 3000))
    def time_passes(self, minutes: int) -> None:
        """The clock may also be set back."""
        self.now = max(MAY, self.now + timedelta(minutes=minutes))

    @rule(fails=st.booleans())
    def register(self, fails: bool) -> None:
        if self._try(lambda session: factories.letter(session, self.town), fails):
            self.given += 1

    @rule(count=st.integers(1, 4), fails=st.booleans())
    def reserve(self, count: int, fails: bool) -> None:
        last = (self.now + timedelta(days=2)).date()
        made = self._try(
            lambda session: reserve(session, self.town, count=count, last_day=last), fails
        )
        if made:
            self.given += count
            self.held += [row.id for row in made]

    @precondition(lambda self: self.held)
    @rule(which=st.integers(0, 99), fails=st.booleans())
    def fill(self, which: int, fails: bool) -> None:
        chosen = self.held[which % len(self.held)]

        def act(session: Session) -> bool:
            row = session.get_one(Reservation, chosen)
            try:
                with session.begin_nested():
                    fill(session, self.town, row)
            except reservations.ReservationExpired:
                return False
            return True

        if self._try(act, fails):
            self.held.remove(chosen)

    @precondition(lambda self: self.held)
    @rule(which=st.integers(0, 99), fails=st.booleans())
    def give_back(self, which: int, fails: bool) -> None:
        chosen = self.held[which % len(self.held)]
        done = self._try(
            lambda session: reservations.give_back(
                session, chosen, reason="Δεν χρειάζεται", by=self.town.person(session, "clerk")
            ),
            fails,
        )
        if done:
            self.held.remove(chosen)

    @rule(fails=st.booleans())
    def the_job_runs(self, fails: bool) -> None:
        ended = self._try(reservations.end_expired, fails)
        if ended:
            gone = {entry.reservation_id for entry in ended}
            self.held = [one for one in self.held if one not in gone]

    @invariant()
    def every_number_is_borne_or_held(self) -> None:
        with self.office.db.begin() as session:
            by = self.town.person(session, "auditor")
            found = [one for one in registry.contiguity(session, by=by) if one.book == "koino"]
        assert [str(p) for one in found for p in one.problems] == []
        assert sum(one.last_number for one in found) == self.given
        assert sum(one.reserved for one in found) == len(self.held)
        assert sum(one.entries for one in found) == self.given - len(self.held)


@pytest.fixture
def machine(office: Office, db: OneTransaction, town: Town) -> type[Promises]:
    """Each example in a savepoint of its own, so that all begin with an empty book."""

    class Here(Promises):
        def __init__(self) -> None:
            super().__init__()
            self.office, self.town = office, town
            self._example = db.connection.begin_nested()

        def teardown(self) -> None:
            self._example.rollback()

    return Here


def test_whatever_happens_no_number_is_lost(machine: type[Promises]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_last_day_at_the_end_of_all_time_is_refused(session: Session, town: Town) -> None:
    with clock.pretend(MAY), pytest.raises(reservations.BadReservation) as refused:
        reserve(session, town, last_day=date.max)
    assert refused.value.field == "last_day"


def test_a_number_is_not_reserved_for_a_person_of_another_body(
    session: Session, town: Town
) -> None:
    other = factories.municipality(session, code="allos")
    with clock.pretend(MAY), pytest.raises(organization.NoSuchUser):
        reserve(session, town, owner_id=other.users["clerk"])
