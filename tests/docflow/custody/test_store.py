"""The watch over the store: its word, the bytes, and what nothing names."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import select, text

import storage
from docflow import audit, clock, custody, outbox
from docflow.office import Office
from tests import factories
from tests.docflow.custody.conftest import PDF, House, run


class Lying:
    """A store that breaks a promise, or its silence."""

    def __init__(self, store: storage.Store, *promises: storage.Promise) -> None:
        self._store, self._promises = store, promises

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def probe(self) -> tuple[storage.Promise, ...]:
        if not self._promises:
            raise storage.StoreUnavailable("no answer")
        return self._promises


def alarms(office: Office) -> list[str]:
    with office.db.read() as session:
        return [str(said) for said in custody.alarms(session, office.settings)]


def events(office: Office, action: str) -> list[dict[str, Any]]:
    with office.db.read() as session:
        rows = session.scalars(
            select(audit.Event.details).where(audit.Event.action == action).order_by(audit.Event.id)
        )
        return list(rows)


def test_a_store_that_holds_its_word_raises_no_alarm(house: House) -> None:
    assert alarms(house.office) == [], "before the first probe nothing is said"
    custody.probe.probe(run(house.office))
    assert alarms(house.office) == []
    assert events(house.office, "store.broke-its-word") == []


@pytest.mark.parametrize("name", ["retention", "hold", "unchanged", "side-door"])
def test_a_broken_promise_is_an_alarm_and_an_event_once(house: House, name: str) -> None:
    lying: Any = Lying(house.office.store, storage.Promise(name, False, "broken"))
    office = replace(house.office, store=lying)
    for _ in range(2):
        custody.probe.probe(run(office))
    assert len(alarms(office)) == 1
    assert events(office, "store.broke-its-word") == [{"promises": [name]}]
    custody.probe.probe(run(house.office))
    assert alarms(office) == []
    assert len(events(office, "store.holds-its-word")) == 1


def test_a_store_without_locks_is_an_alarm_only_where_they_are_asked_for(house: House) -> None:
    lying: Any = Lying(house.office.store, storage.Promise("retention", None))
    office = replace(house.office, store=lying)
    custody.probe.probe(run(office))
    assert alarms(office) == []
    wants = replace(office, settings=office.settings.model_copy(update={"retention_days": 30}))
    assert len(alarms(wants)) == 1
    with office.db.begin() as session:
        custody.holds.place(session, house.entry.id, "δίκη", by=house.person("registrar"))
    assert len(alarms(office)) == 1


def test_a_store_that_is_silent_or_was_not_probed_is_an_alarm(house: House) -> None:
    lying: Any = Lying(house.office.store)
    custody.probe.probe(run(replace(house.office, store=lying)))
    assert len(alarms(house.office)) == 1
    custody.probe.probe(run(house.office))
    with house.office.db.read() as session:
        late = clock.now() + timedelta(days=3)
        assert len(custody.alarms(session, house.office.settings, at=late)) == 1


def test_a_probe_is_asked_for_once(house: House) -> None:
    with house.office.db.begin() as session:
        custody.probe.soon(session)
        session.flush()
        custody.probe.soon(session)
    with house.office.db.read() as session:
        jobs = session.scalars(select(outbox.Job).where(outbox.Job.task == custody.probe.TASK))
        assert len(jobs.all()) == 1


def checked(office: Office) -> custody.StoreRun:
    """A run over all objects, slice by slice."""
    with office.db.begin() as session:
        run_id = custody.digests.begin(session).id
    while True:
        custody.digests.check_slice(run(office), run_id=run_id)
        with office.db.read() as session:
            row = session.get_one(custody.StoreRun, run_id)
        if row.state != custody.RunState.RUNNING:
            return row


def path_of(office: Office, digest: str) -> Path:
    assert isinstance(office.store, storage.DirectoryStore)
    return office.store.root / digest[:2] / digest


def test_damaged_and_missing_objects_are_found_and_mended_ones_told(house: House) -> None:
    office = house.office
    with office.db.begin() as session:
        others = [factories.uploaded(office, PDF + bytes([n])) for n in range(3)]
        factories.letter(session, house.town, *others)
    assert (checked(office).findings, alarms(office)) == (0, [])
    path_of(office, others[0].sha256).unlink()
    path_of(office, house.digest).chmod(0o600)
    path_of(office, house.digest).write_bytes(PDF[:-1] + b"!")
    assert checked(office).findings == 2
    assert checked(office).findings == 2
    assert len(alarms(office)) == 1
    with office.db.read() as session:
        found = {one.digest: one.what for one in custody.digests.findings(session)}
    assert found == {house.digest: "altered", others[0].sha256: "missing"}
    assert len(events(office, "store.object-damaged")) == 2, "told once"
    details = {finding.detail for finding in custody.verify_objects(office)}
    assert details == {
        f"object {house.digest} was altered in the store",
        f"object {others[0].sha256} is not in the store",
    }
    path_of(office, house.digest).write_bytes(PDF)
    office.store.put_bytes(PDF + b"\0")
    assert (checked(office).findings, alarms(office)) == (0, [])
    assert len(events(office, "store.object-mended")) == 2


def test_the_check_keeps_its_rate_by_slices(house: House, monkeypatch: Any) -> None:
    monkeypatch.setattr(custody.digests, "_SLICE", 1)
    monkeypatch.setattr(custody.digests, "_STEP", 1)
    office = replace(
        house.office,
        settings=house.office.settings.model_copy(update={"digest_mb_per_second": 1}),
    )
    with office.db.begin() as session:
        big = [factories.uploaded(office, os.urandom(1 << 20)) for _ in range(3)]
        factories.letter(session, house.town, *big)
    with office.db.begin() as session:
        run_id = custody.digests.begin(session).id
    custody.digests.check_slice(run(office), run_id=run_id)
    with office.db.read() as session:
        row = session.get_one(custody.StoreRun, run_id)
        job = session.scalars(
            select(outbox.Job)
            .where(outbox.Job.task == custody.digests.SLICE_TASK)
            .order_by(outbox.Job.id.desc())
        ).first()
    assert row.state == custody.RunState.RUNNING
    assert row.bytes >= 1 << 20
    assert job.run_after - job.created_at > timedelta(milliseconds=900), "the next waits"


def test_a_store_that_is_away_is_no_finding(house: House) -> None:
    class Away:
        def open(self, _: str) -> None:
            raise storage.StoreUnavailable("gone")

    away: Any = Away()
    with pytest.raises(custody.StoreAway):
        custody.digests.check(replace(house.office, store=away), house.digest)


def aged(office: Office, digest: str, days: float) -> None:
    at = path_of(office, digest).stat().st_mtime - days * 86400
    os.utime(path_of(office, digest), (at, at))


def swept(office: Office, *, after: timedelta = timedelta(0)) -> None:
    with clock.pretend(clock.now() + after):
        custody.orphans.sweep(run(office))


def test_an_orphan_is_removed_when_it_was_one_for_days(house: House) -> None:
    office = house.office
    orphan = office.store.put_bytes(b"nobody names me").sha256
    aged(office, orphan, 10)
    aged(office, house.digest, 10)
    swept(office)
    with office.db.read() as session:
        assert [one.digest for one in custody.orphans.listed(session)] == [orphan]
        assert custody.orphans.totals(session) == (1, 15)
    swept(office, after=timedelta(days=6))
    assert office.store.exists(orphan), "seen for less than a week"
    swept(office, after=timedelta(days=8))
    assert not office.store.exists(orphan)
    assert office.store.read(house.digest) == PDF
    assert events(office, "store.orphans-removed") == [{"sha256": [orphan]}]


def test_a_young_object_is_no_orphan_and_none_that_is_named_again(house: House) -> None:
    office = house.office
    young = office.store.put_bytes(b"its row comes in a moment").sha256
    upload = factories.uploaded(office, b"%PDF-1.4 registered late")
    aged(office, upload.sha256, 10)
    swept(office)
    with office.db.begin() as session:
        factories.letter(session, house.town, upload)
    swept(office, after=timedelta(days=8))
    assert office.store.exists(young)
    assert office.store.exists(upload.sha256)
    with office.db.read() as session:
        assert custody.orphans.totals(session) == (0, 0) or young in {
            one.digest for one in custody.orphans.listed(session)
        }


def test_what_an_open_job_names_is_no_orphan(house: House) -> None:
    office = house.office
    digest = office.store.put_bytes(b"a job will need me").sha256
    aged(office, digest, 10)
    with office.db.begin() as session:
        outbox.enqueue(session, "custody.guard", entry_id=None, note=digest)
    swept(office)
    swept(office, after=timedelta(days=8))
    assert office.store.exists(digest)


def test_uploads_that_come_while_the_sweep_runs_are_never_lost(house: House) -> None:
    """Old orphans are put again and registered, by several clerks at once, during sweeps."""
    office = house.office
    contents = [b"%PDF-1.4 scanned twice " + bytes([n]) for n in range(24)]
    digests = [office.store.put_bytes(content).sha256 for content in contents]
    for digest in digests:
        aged(office, digest, 30)
    swept(office)
    with office.db.begin() as session:  # all of them are due
        session.execute(text("UPDATE store_orphans SET first_seen_at = now() - interval '9 days'"))
    begin = threading.Barrier(5)

    def register(part: list[bytes]) -> None:
        begin.wait()
        for content in part:
            upload = factories.uploaded(office, content)
            with office.db.begin() as session:
                factories.letter(session, house.town, upload)

    def sweep() -> None:
        begin.wait()
        for _ in range(3):
            custody.orphans.sweep(run(office))

    with ThreadPoolExecutor(5) as pool:
        work = [pool.submit(register, contents[n:16:4]) for n in range(4)]
        work.append(pool.submit(sweep))
        for one in work:
            one.result()
    for content, digest in zip(contents[:16], digests[:16], strict=True):
        assert office.store.read(digest) == content
    assert [office.store.exists(digest) for digest in digests[16:]] == [False] * 8
    assert house.verified().findings == ()


def test_the_objects_of_an_entry_are_its_files_and_what_came_of_them(house: House) -> None:
    with house.office.db.begin() as session:
        session.execute(
            text(
                "INSERT INTO papers (entry_id, kind, language, sha256)"
                " VALUES (:id, 'receipt', 'el', :digest)"
            ),
            {"id": house.entry.id, "digest": "a" * 64},
        )
        assert custody.references.of_entry(session, house.entry.id) == {house.digest, "a" * 64}
        assert custody.references.needed(session) == sorted([house.digest, "a" * 64])
        assert custody.references.needed(session, after="a" * 64, limit=5) == [
            one for one in [house.digest] if one > "a" * 64
        ]


def test_a_file_altered_in_its_row_is_named(house: House, by_hand: psycopg.Connection[Any]) -> None:
    house.sequenced()
    by_hand.execute("UPDATE files SET sha256 = repeat('b', 64)")
    assert any("file 1 of entry" in finding.detail for finding in house.verified().findings)
