"""Acts that hold several things hold them in one order: none waits for another for good."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Barrier, BrokenBarrierError, Event, current_thread
from typing import Any

import pytest
from sqlalchemy import text

from docflow import documents, registry
from docflow.db import TwoAtOnce
from docflow.office import Office
from docflow.parties import Contact, directory, merging
from docflow.registry import NewEntry, placing
from tests import factories
from tests.factories import ZONE, Town

Item = tuple[NewEntry, list[documents.Upload]]


def _town(office: Office) -> Town:
    with office.db.begin() as session:
        town = factories.municipality(session)
    with office.db.begin() as session:
        factories.letter(session, town)  # opens the year
    return town


def _same_file(office: Office) -> tuple[list[Item], Item]:
    upload = documents.receive(office, BytesIO(b"%PDF-1.4 two"), "b.pdf")
    batch: list[Item] = [(factories.incoming(), []), (factories.incoming(), [upload])]
    return batch, (factories.incoming(), [upload])


def _same_new_party(office: Office) -> tuple[list[Item], Item]:
    sender = Contact(name="Νέος Κοινός")
    batch: list[Item] = [(factories.incoming(), []), (factories.incoming(sender=sender), [])]
    return batch, (factories.incoming(sender=sender), [])


@pytest.mark.parametrize("shared", [_same_file, _same_new_party])
def test_a_batch_and_a_single_registration_do_not_block_each_other(
    committed: Office,
    monkeypatch: pytest.MonkeyPatch,
    shared: Callable[[Office], tuple[list[Item], Item]],
) -> None:
    town = _town(committed)
    batch, single = shared(committed)
    has_series, waits = Event(), Event()
    give = placing.give

    def slow(*args: Any, **named: Any) -> None:
        if current_thread().name.startswith("single"):
            waits.set()
        give(*args, **named)
        if not has_series.is_set() and current_thread().name.startswith("batch"):
            has_series.set()
            waits.wait(0.5)  # the other has all but the series now, or waits for what we hold

    monkeypatch.setattr(placing, "give", slow)
    with committed.db.read() as session:
        by = town.person(session, "clerk")

    def together() -> int:
        with committed.db.begin() as session:
            return len(
                registry.register_together(session, batch, by=by, zone=ZONE, ocr_languages=[])
            )

    def alone() -> int:
        has_series.wait(5)
        try:
            with committed.db.begin() as session:
                new, uploads = single
                registry.register(session, new, uploads, by=by, zone=ZONE, ocr_languages=[])
        except registry.DuplicateFound:
            return 0
        return 1

    with (
        ThreadPoolExecutor(1, "batch") as first,
        ThreadPoolExecutor(1, "single") as second,
    ):
        done = first.submit(together), second.submit(alone)
        assert (done[0].result(30), done[1].result(30)) == (2, 0 if shared is _same_file else 1)


def test_merging_and_separating_do_not_block_each_other(
    committed: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = _town(committed)
    with committed.db.begin() as session:
        by = town.person(session, "clerk")
        for name in ("Ένας", "Δύο"):
            factories.letter(session, town, sender=Contact(name=name))
            session.flush()
        first, second = session.scalars(text("SELECT id FROM parties ORDER BY id")).all()[-2:]
    with committed.db.begin() as session:
        merging.merge(session, second, first, reason="ίδιος", by=by)
    get, gate = directory.get, Barrier(2)

    def slow(session: Any, party_id: int, **named: Any) -> Any:
        party = get(session, party_id, **named)
        if named.get("lock") and "met" not in session.info:
            session.info["met"] = True
            try:
                gate.wait(0.5)
            except BrokenBarrierError:
                gate.reset()
        return party

    monkeypatch.setattr(directory, "get", slow)

    def separate() -> str:
        with committed.db.begin() as session:
            merging.separate(session, second, reason="είναι δύο", by=by)
        return "done"

    def merge() -> str:
        try:
            with committed.db.begin() as session:
                merging.merge(session, first, second, reason="ίδιος", by=by)
        except merging.NotMergeable:
            return "done"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert [one.result(20) for one in [pool.submit(separate), pool.submit(merge)]] == [
            "done",
            "done",
        ]


def test_a_deadlock_is_said_to_be_one_and_not_a_database_that_is_away(committed: Office) -> None:
    gate = Barrier(2)

    def crossing(keys: tuple[int, int]) -> str:
        try:
            with committed.db.begin() as session:
                session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": keys[0]})
                gate.wait(5)
                session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": keys[1]})
        except TwoAtOnce as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(crossing, [(1, 2), (2, 1)]))
    assert sorted(map(bool, told)) == [False, True]
    assert "try again" in "".join(told)
