"""Each book-year is one unbroken series: numbers without gaps, times that follow them."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from docflow import clock, registry
from docflow.office import Office
from docflow.parties import Contact
from docflow.registry import Book, BookYear, Entry
from tests import factories
from tests.docflow.steps import athens, watched
from tests.factories import Town


def test_numbers_follow_each_other(session: Session, town: Town) -> None:
    assert [factories.letter(session, town).number for _ in range(3)] == [1, 2, 3]


def test_each_book_has_its_own_series(session: Session, town: Town) -> None:
    factories.letter(session, town)
    assert factories.secret_letter(session, town).number == 1


def test_fifty_clerks_at_once_with_failures_leave_no_gap(committed: Office) -> None:
    """Domain row 1: some transactions die before, some after their number was taken."""
    with committed.db.begin() as session:
        town = factories.municipality(session)
        clerk = town.person(session, "clerk")
    chance = random.Random(7)
    fates = ["dies"] * 17 + ["lives"] * 33
    chance.shuffle(fates)

    def work(fate: str) -> tuple[int, datetime]:
        with committed.db.begin() as session:
            entry = registry.register(
                session,
                factories.incoming(),
                [],
                by=clerk,
                zone=factories.ZONE,
                ocr_languages=factories.LANGUAGES,
            )
            if fate == "dies":
                raise RuntimeError("the clerk's computer died")
            return entry.number, entry.registered_at

    with ThreadPoolExecutor(50) as pool:
        futures = [pool.submit(work, fate) for fate in fates]
    given_out = sorted(future.result() for future in futures if not future.exception())
    assert [number for number, _ in given_out] == list(range(1, 34))
    assert given_out == sorted(given_out, key=lambda entry: entry[1])
    with committed.db.read() as session:
        by = town.person(session, "auditor")
        [series] = [s for s in registry.contiguity(session, by=by) if s.book == "koino"]
    assert (series.last_number, series.entries, series.problems) == (33, 33, ())


def test_new_senders_named_at_once_are_one_party(committed: Office) -> None:
    """Two transactions that meet the same unknown sender must not trip over each other."""
    with committed.db.begin() as session:
        town = factories.municipality(session)
        clerk = town.person(session, "clerk")
    names = ["ΔΕΥΑ Παραδείγματος", "Περιφέρεια Αττικής", "Υπουργείο Εσωτερικών"]

    def work(i: int) -> int | None:
        mixed = random.Random(i).sample(names, 3)
        with committed.db.begin() as session:
            entry = registry.register(
                session,
                factories.incoming(
                    sender=Contact(name=mixed[0]),
                    copies=tuple(Contact(name=name) for name in mixed[1:]),
                ),
                [],
                by=clerk,
                zone=factories.ZONE,
                ocr_languages=factories.LANGUAGES,
            )
            return entry.sender_party_id

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(work, range(24)))
    assert len(set(found)) == 3


@pytest.mark.parametrize(
    ("instant", "year"),
    [
        (athens(2026, 12, 31, 23, 59, second=59, microsecond=900_000), 2026),
        (athens(2027, 1, 1, 0, 0, microsecond=100_000), 2027),  # in UTC still the old year
        (datetime(2026, 12, 31, 21, 59, 59, tzinfo=UTC), 2026),
        (datetime(2026, 12, 31, 22, 0, tzinfo=UTC), 2027),
    ],
)
def test_the_year_is_that_of_the_clock_on_the_offices_wall(
    session: Session, town: Town, instant: datetime, year: int
) -> None:
    with clock.pretend(instant):
        entry = factories.letter(session, town)
    assert (entry.year, entry.number) == (year, 1)


def test_a_new_year_begins_with_number_one(session: Session, town: Town) -> None:
    with clock.pretend(athens(2026, 12, 31, 23, 59)):
        old = [factories.letter(session, town).label for _ in range(2)]
    with clock.pretend(athens(2027, 1, 1, 0, 1)):
        new = [factories.letter(session, town).label for _ in range(2)]
    assert (old, new) == (["1/2026", "2/2026"], ["1/2027", "2/2027"])


def test_the_year_that_turns_while_one_waits_for_the_lock_is_the_new_one(
    session: Session, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time that counts is the one after the lock."""
    with watched(session) as statements:

        def now() -> datetime:
            is_locked = any("book_years" in statement for statement in statements)
            wall = athens(2027, 1, 1) if is_locked else athens(2026, 12, 31, 23, 59, second=59)
            return wall.astimezone(UTC)

        monkeypatch.setattr(clock, "now", now)
        entry = factories.letter(session, town)
    assert entry.label == "1/2027"


def test_the_hour_that_comes_twice_keeps_its_order(session: Session, town: Town) -> None:
    """Last Sunday of October: 03:30 summer time, then 03:30 winter time, an hour later."""
    summer = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    with clock.pretend(summer):
        first = factories.letter(session, town)
    with clock.pretend(summer + timedelta(hours=1)):
        second = factories.letter(session, town)
    shown = [clock.local(entry.registered_at).strftime("%H:%M %z") for entry in (first, second)]
    assert shown == ["03:30 +0300", "03:30 +0200"]
    assert first.registered_at < second.registered_at


def test_a_clock_that_is_set_back_does_not_turn_the_times_round(
    session: Session, town: Town
) -> None:
    with clock.pretend(athens(2026, 5, 4, 12, 0)):
        first = factories.letter(session, town)
    with clock.pretend(athens(2026, 5, 4, 11, 0)):
        second = factories.letter(session, town)
    assert (second.number, second.registered_at) == (2, first.registered_at)


def test_a_closed_year_gives_no_number(session: Session, town: Town) -> None:
    with clock.pretend(athens(2026, 5, 4)):
        factories.letter(session, town)
        session.execute(text("UPDATE book_years SET closed_at = now()"))
        with pytest.raises(registry.YearClosed, match="is closed"):
            factories.letter(session, town)


def test_a_transaction_that_fails_gives_its_number_back(office: Office, town: Town) -> None:
    def die(session: Session) -> None:
        factories.letter(session, town)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), office.db.begin() as session:
        die(session)
    with office.db.begin() as session:
        assert factories.letter(session, town).number == 1


@given(
    st.lists(
        st.tuples(
            st.integers(0, 480 * 24 * 60).map(lambda m: athens(2025, 11, 1) + timedelta(minutes=m)),
            st.booleans(),
        ),
        max_size=12,
    )
)
@hypothesis_settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_numbers_are_contiguous_whatever_the_clock_says_and_whoever_fails(
    office: Office, town: Town, acts: list[tuple[datetime, bool]]
) -> None:
    for wall, fails in acts:
        with clock.pretend(wall):
            try:
                with office.db.begin() as session:
                    factories.letter(session, town)
                    if fails:
                        raise TimeoutError
            except TimeoutError:
                continue
    with office.db.begin() as session:
        series = session.execute(
            select(Entry.year, Entry.number, Entry.registered_at).order_by(Entry.year, Entry.number)
        ).all()
        counters = {row.year: row.last_number for row in session.scalars(select(BookYear))}
    for year in {row.year for row in series}:
        own = [row for row in series if row.year == year]
        assert [row.number for row in own] == list(range(1, len(own) + 1))
        assert [row.registered_at for row in own] == sorted(row.registered_at for row in own)
        assert counters[year] == len(own)


def test_a_time_ahead_of_the_clock_is_told_until_the_clock_comes_up_to_it(
    session: Session, town: Town
) -> None:
    home = session.get_one(Book, town.books["koino"])
    by = town.person(session, "registrar")
    with clock.pretend(athens(2026, 5, 4, 12, 0)):  # the clock has jumped
        factories.letter(session, town)
        assert registry.years.find(session, home, 2026, by=by).ahead_until is None
    with clock.pretend(athens(2026, 5, 4, 9, 0)):
        entry = factories.letter(session, town)
        assert registry.years.find(session, home, 2026, by=by).ahead_until == entry.registered_at
    assert entry.registered_at == athens(2026, 5, 4, 12, 0)
    with clock.pretend(athens(2026, 5, 4, 11, 55)):
        assert registry.years.find(session, home, 2026, by=by).ahead_until is None
