"""Legal holds, retention, encryption and erasure: what stays, and what may go."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import storage
from docflow import audit, clock, custody, documents, object_keys, registry
from docflow.object_keys import KeyRing
from docflow.office import Office
from docflow.organization import NotAllowed, Role, User, grant
from docflow.registry.models import ERASED
from tests import factories
from tests.docflow.custody.conftest import PDF, House, furnished, run

OLD = timedelta(seconds=-5)


def test_a_hold_is_placed_and_released_with_reasons(house: House) -> None:
    registrar = house.person("registrar")
    with house.office.db.begin() as session:
        hold = custody.holds.place(session, house.entry.id, " δίκη  12/2026 ", by=registrar)
    custody.holds.guard(run(house.office), entry_id=house.entry.id)
    with pytest.raises(storage.Held):
        house.office.store.delete(house.digest, min_age=OLD)
    with house.office.db.begin() as session:
        assert custody.holds.is_held(session, house.entry.id)
        assert custody.holds.counts(session) == (1, 1, 0)
        custody.holds.release(session, hold.id, "τέλος δίκης", by=registrar)
    custody.holds.guard(run(house.office), entry_id=house.entry.id)
    house.office.store.delete(house.digest, min_age=OLD)
    with house.office.db.read() as session:
        [told] = custody.holds.holds(session, by=registrar)
        acts = [line.action for line in audit.history(session, [("entry", house.entry.id)])]
    assert (told.reason, told.release_reason) == ("δίκη 12/2026", "τέλος δίκης")
    assert acts[-2:] == ["entry.hold-placed", "entry.hold-released"]


def test_a_file_that_comes_later_is_held_too(house: House) -> None:
    with house.office.db.begin() as session:
        custody.holds.place(session, house.entry.id, "δίκη", by=house.person("registrar"))
    late = factories.uploaded(house.office, b"%PDF-1.4 late")
    with house.office.db.begin() as session:
        documents.attach(
            session,
            house.entry.id,
            [late],
            by=house.town.person(session, "clerk"),
            languages=["ell"],
            first_position=2,
        )
    custody.holds.guard(run(house.office))
    with pytest.raises(storage.Held):
        house.office.store.delete(late.sha256, min_age=OLD)


def test_bytes_that_another_held_entry_has_stay_held(house: House) -> None:
    registrar = house.person("registrar")
    with house.office.db.begin() as session:
        twin = factories.letter(session, house.town, factories.uploaded(house.office, PDF))
        holds = [
            custody.holds.place(session, entry_id, "δίκη", by=registrar)
            for entry_id in (house.entry.id, twin.id)
        ]
    custody.holds.guard(run(house.office))
    with house.office.db.begin() as session:
        custody.holds.release(session, holds[0].id, "τέλος", by=registrar)
    custody.holds.guard(run(house.office), entry_id=house.entry.id)
    with pytest.raises(storage.Held):
        house.office.store.delete(house.digest, min_age=OLD)


def test_who_may_hold_and_what_is_refused(house: House) -> None:
    registrar = house.person("registrar")
    with house.office.db.begin() as session:
        with pytest.raises(NotAllowed):
            custody.holds.place(session, house.entry.id, "δίκη", by=house.person("clerk"))
        with pytest.raises(custody.HoldReason):
            custody.holds.place(session, house.entry.id, " ", by=registrar)
        with pytest.raises(custody.NoSuchHold):
            custody.holds.release(session, 99, "τέλος", by=registrar)
        hold = custody.holds.place(session, house.entry.id, "δίκη", by=registrar)
        with pytest.raises(custody.NoSuchHold):
            custody.holds.release(session, hold.id, "τέλος", by=house.person("clerk"))
        custody.holds.release(session, hold.id, "τέλος", by=registrar)
        session.flush()
        with pytest.raises(custody.HoldEnded):
            custody.holds.release(session, hold.id, "τέλος", by=registrar)


def test_files_of_entries_are_retained_on_s3(s3: Office) -> None:
    house = furnished(replace(s3, settings=s3.settings.model_copy(update={"retention_days": 2})))
    custody.holds.guard(run(house.office))
    custody.holds.guard(run(house.office))
    with pytest.raises(storage.Held):
        house.office.store.delete(house.digest, min_age=OLD)
    with house.office.db.read() as session:
        assert custody.holds.counts(session) == (0, 0, 1)


def test_a_bucket_without_locks_is_told_and_not_tried_for_ever(house: House) -> None:
    class NoLocks:
        def hold(self, _: str) -> None:
            raise storage.NoRetention("plain bucket")

    with house.office.db.begin() as session:
        custody.holds.place(session, house.entry.id, "δίκη", by=house.person("registrar"))
    store: Any = NoLocks()
    custody.holds.guard(run(replace(house.office, store=store)), entry_id=house.entry.id)
    with house.office.db.read() as session:
        told = custody.probe.last(session, custody.RunKind.GUARDS)
    assert told is not None
    assert told.problem == "plain bucket"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "paradeigma.001.key").write_text(object_keys.new_body_key())
    return keys


@pytest.fixture
def sealed(committed: Office, folder: Path) -> House:
    """An office whose store is encrypted."""
    assert isinstance(committed.store, storage.DirectoryStore)
    ring = KeyRing(committed.db, folder)
    office = replace(committed, store=storage.SealedStore(committed.store, ring))
    with office.db.begin() as session:
        town = factories.municipality(session)
    upload = factories.uploaded(office, PDF)
    with office.db.begin() as session:
        entry = factories.letter(session, town, upload)
    return House(office, town, entry, upload.sha256)


def test_what_lies_on_the_disk_says_nothing(sealed: House) -> None:
    assert isinstance(sealed.office.store, storage.SealedStore)
    raw, _ = sealed.office.store.inner.open_raw(sealed.digest)
    with raw:
        assert b"letter" not in raw.read()
    assert sealed.office.store.read(sealed.digest) == PDF
    assert list(custody.verify_objects(sealed.office)) == []


def test_keys_change_without_encrypting_anew(sealed: House, folder: Path) -> None:
    (folder / "paradeigma.002.key").write_text(object_keys.new_body_key())
    ring = KeyRing(sealed.office.db, folder)
    assert (ring.rewrap(), ring.rewrap()) == (1, 0)
    (folder / "paradeigma.001.key").unlink()
    store = storage.SealedStore(sealed.office.store.inner, KeyRing(sealed.office.db, folder))  # type: ignore[attr-defined]
    assert store.read(sealed.digest) == PDF


def test_a_lost_or_altered_key_is_told(sealed: House, folder: Path, tmp_path: Path) -> None:
    inner = sealed.office.store.inner  # type: ignore[attr-defined]
    (folder / "paradeigma.001.key").write_text(object_keys.new_body_key())
    with pytest.raises(storage.StoreUnavailable, match="not in the directory"):
        storage.SealedStore(inner, KeyRing(sealed.office.db, folder)).read(sealed.digest)
    (folder / "paradeigma.001.key").write_text("no key")
    with pytest.raises(storage.StoreUnavailable):
        storage.SealedStore(inner, KeyRing(sealed.office.db, folder)).read(sealed.digest)
    with pytest.raises(storage.StoreUnavailable, match="has no key"):
        storage.SealedStore(inner, KeyRing(sealed.office.db, tmp_path / "none")).put_bytes(b"x")


def test_the_database_lets_no_key_be_exchanged(sealed: House) -> None:
    with pytest.raises(DBAPIError), sealed.office.db.begin() as session:
        session.execute(text("UPDATE object_keys SET wrapped = 'x'"))


def erased(house: House) -> int:
    """The letter, its erasure asked for by the registrar and approved by the officer."""
    house.sequenced()
    with house.office.db.begin() as session:
        row = custody.erasure.ask(
            session,
            house.entry.id,
            basis="απόφαση 7/2026",
            reason="δικαίωμα διαγραφής",
            by=house.town.person(session, "registrar"),
        )
    house.sequenced()
    with house.office.db.begin() as session:
        custody.erasure.approve(session, row.id, by=house.town.person(session, "lawyer"))
    house.sequenced()
    return row.id


def test_an_erasure_takes_the_data_and_the_log_still_verifies(house: House) -> None:
    with house.office.db.begin() as session:
        recipients = session.execute(text("SELECT subject, sender_name FROM entries")).one()
        assert "Αίτηση" in recipients.subject
    erasure_id = erased(house)
    outcome = house.verified()
    assert outcome.findings == ()
    with house.office.db.read() as session:
        entry = session.get_one(registry.Entry, house.entry.id)
        assert (entry.subject, entry.sender_name, entry.sender_email) == (ERASED, ERASED, "")
        assert (entry.number, entry.label, entry.registered_at) == (
            house.entry.number,
            house.entry.label,
            house.entry.registered_at,
        )
        assert custody.erasure.erased_at(session, entry.id) is not None
        [event] = session.scalars(
            text("SELECT details FROM audit_events WHERE action = 'entry.erased'")
        )
        assert event["leaves"]
        assert event["erasure"] == erasure_id
        hidden = session.scalar(text("SELECT count(*) FROM files WHERE name LIKE 'file-%'"))
        assert hidden == 1
    with house.office.db.begin() as session:
        keys = [Ed25519PrivateKey.generate()]
        audit.sign_heads(session, origins={house.town.body_id: "x/log/y"}, keys=keys)
    with house.office.db.read() as session, pytest.raises(audit.Erased):
        registry.prove(session, entry.id, by=house.town.person(session, "clerk"))


def test_the_bytes_go_when_nobody_can_be_registering_them(sealed: House) -> None:
    house = sealed
    with house.office.db.begin() as session:
        officer = session.get_one(User, house.town.users["lawyer"])
        grant(session, officer, Role.DATA_PROTECTION, None)
    erasure_id = erased(house)
    custody.erasure.erase_objects(run(house.office), erasure_id=erasure_id, digests=[house.digest])
    assert house.office.store.read(house.digest) == PDF, "put within the last day"
    inner = house.office.store.inner  # type: ignore[attr-defined]
    path = inner.root / house.digest[:2] / house.digest
    os.utime(path, (0, 0))
    inner.hold(house.digest)  # even where the bytes cannot be taken away
    with house.office.db.begin() as session:
        session.execute(text("UPDATE object_keys SET made_at = now() - interval '2 days'"))
    custody.erasure.erase_objects(run(house.office), erasure_id=erasure_id, digests=[house.digest])
    with pytest.raises(storage.KeyDestroyed):
        house.office.store.read(house.digest)
    assert path.exists()
    assert list(custody.verify_objects(house.office)) == [], "nobody needs it any more"
    inner.release(house.digest)
    custody.erasure.erase_objects(run(house.office), erasure_id=erasure_id, digests=[house.digest])
    assert not path.exists()


def test_bytes_that_another_entry_has_are_not_erased(house: House) -> None:
    with house.office.db.begin() as session:
        factories.letter(session, house.town, factories.uploaded(house.office, PDF))
    erasure_id = erased(house)
    with clock.pretend(clock.now() + timedelta(days=3)):
        custody.erasure.erase_objects(
            run(house.office), erasure_id=erasure_id, digests=[house.digest]
        )
    assert house.office.store.read(house.digest) == PDF


def test_two_people_decide_and_a_hold_forbids(house: House) -> None:
    registrar, officer = house.person("registrar"), house.person("lawyer")
    house.sequenced()
    ask = {"basis": "νόμος", "reason": "αίτημα", "by": registrar}
    with house.office.db.begin() as session:
        with pytest.raises(NotAllowed):
            custody.erasure.ask(session, house.entry.id, **{**ask, "by": house.person("clerk")})
        with pytest.raises(custody.ErasureReason):
            custody.erasure.ask(session, house.entry.id, **{**ask, "basis": ""})
        row = custody.erasure.ask(session, house.entry.id, **ask)
        with pytest.raises(custody.NotErasable):
            custody.erasure.ask(session, house.entry.id, **ask)
    with house.office.db.begin() as session:
        with pytest.raises(custody.DecidedBySame):
            custody.erasure.approve(session, row.id, by=registrar)
        with pytest.raises(custody.LogBehind):
            custody.erasure.approve(session, row.id, by=officer)
        hold = custody.holds.place(session, house.entry.id, "δίκη", by=registrar)
    house.sequenced()
    with house.office.db.begin() as session:
        with pytest.raises(custody.NotErasable):
            custody.erasure.approve(session, row.id, by=officer)
        custody.holds.release(session, hold.id, "τέλος", by=registrar)
        custody.erasure.refuse(session, row.id, reason="αβάσιμο", by=officer)
        session.flush()
        with pytest.raises(custody.ErasureDecided):
            custody.erasure.refuse(session, row.id, reason="αβάσιμο", by=officer)
        with pytest.raises(custody.NoSuchErasure):
            custody.erasure.refuse(session, 99, reason="αβάσιμο", by=officer)
        [told] = custody.erasure.requests(session, by=officer)
    assert (told.is_approved, told.decision_reason) == (False, "αβάσιμο")


def test_the_database_erases_nothing_that_two_people_did_not_decide(house: House) -> None:
    house.sequenced()
    with house.office.db.begin() as session:
        row = custody.erasure.ask(
            session, house.entry.id, basis="νόμος", reason="αίτημα", by=house.person("registrar")
        )
    with pytest.raises(DBAPIError, match="two people"), house.office.db.begin() as session:
        session.execute(text("SELECT erase_entry(:id, '{}')"), {"id": row.id})
    with pytest.raises(DBAPIError, match="another person"), house.office.db.begin() as session:
        session.execute(
            text(
                "INSERT INTO erasure_decisions (erasure_id, is_approved, reason, decided_by)"
                " VALUES (:id, true, '', :by)"
            ),
            {"id": row.id, "by": house.town.users["registrar"]},
        )


def test_a_salt_destroyed_without_an_erasure_is_named(
    house: House, by_hand: psycopg.Connection[Any]
) -> None:
    house.sequenced()
    by_hand.execute("UPDATE audit_leaves SET salt = decode(repeat('00', 32), 'hex')")
    first = house.verified().findings[0]
    assert (first.what, first.place) == ("altered", 0)


def test_data_put_back_into_an_erased_entry_are_named(
    house: House, by_hand: psycopg.Connection[Any]
) -> None:
    erased(house)
    by_hand.execute("UPDATE entries SET subject = 'Πάλι εδώ'")
    assert any("has data again" in finding.detail for finding in house.verified().findings)


def test_a_check_of_the_trail_runs_in_the_background(house: House) -> None:
    house.sequenced()
    auditor = house.person("auditor")
    with house.office.db.begin() as session:
        row = custody.verifications.ask(session, with_objects=True, by=auditor)
        assert custody.verifications.ask(session, with_objects=False, by=auditor).id == row.id
        with pytest.raises(NotAllowed):
            custody.verifications.ask(session, with_objects=False, by=house.person("clerk"))
    custody.verifications.verify(run(house.office), run_id=row.id)
    with house.office.db.read() as session:
        done = custody.verifications.get(session, row.id, by=auditor)
        assert (done.state, done.is_sound, done.outcome["findings"]) == ("done", True, [])
        assert custody.verifications.latest(session, house.town.body_id) is not None
    house.office.store.delete(house.digest, min_age=OLD)
    with house.office.db.begin() as session:
        again = custody.verifications.ask(session, with_objects=True, by=auditor)
    custody.verifications.verify(run(house.office), run_id=again.id)
    with house.office.db.read() as session:
        assert custody.verifications.get(session, again.id, by=auditor).is_sound is False
