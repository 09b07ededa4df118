"""The clock, and pretending another time for the demo and for tests."""

import threading
from datetime import UTC, datetime, timedelta, timezone

from docflow import clock

NEW_YEAR = datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))


def test_it_is_the_pretended_instant_within_the_block() -> None:
    with clock.pretend(NEW_YEAR):
        assert clock.now() == NEW_YEAR
        assert clock.now().tzinfo is UTC
        assert clock.today("Europe/Athens").year == 2026
        assert clock.today("UTC").year == 2025


def test_the_true_time_comes_back_also_after_a_failure() -> None:
    try:
        with clock.pretend(NEW_YEAR):
            raise ValueError
    except ValueError:
        assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert clock.now() > NEW_YEAR


def test_days_are_those_of_the_offices_zone() -> None:
    midnight = datetime(2026, 5, 4, 23, 30, tzinfo=UTC)
    try:
        with clock.pretend(midnight):
            assert clock.today().day == 5
            clock.set_zone("UTC")
            assert clock.today().day == 4
            assert clock.local(midnight).hour == 23
            assert clock.today("Europe/Athens").day == 5
    finally:
        clock.set_zone(clock.OFFICIAL_ZONE)


def test_pretending_may_be_nested() -> None:
    with clock.pretend(NEW_YEAR):
        with clock.pretend(NEW_YEAR - timedelta(days=1)):
            assert clock.now() == NEW_YEAR - timedelta(days=1)
        assert clock.now() == NEW_YEAR


def test_another_thread_knows_the_true_time() -> None:
    seen: list[datetime] = []
    with clock.pretend(NEW_YEAR):
        thread = threading.Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
    assert seen[0] > NEW_YEAR
