"""A backup is of one moment, holds everything once, and comes back whole or is refused."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

import storage
from docflow import audit, backups, clock, documents, migrations, outbox, registry
from docflow.backups import dumping, place, scheduled
from docflow.object_keys import ObjectKey
from docflow.office import Office, open_office
from docflow.settings import Settings
from tests import factories, stack
from tests.docflow.audit.test_audit import place as sequence_all
from tests.docflow.audit.test_audit import sign

LETTER = b"%PDF-1.4 the letter"


class House:
    """An installation with a municipality, and a place for another."""

    def __init__(self, office: Office, directory: Path, empty: Settings) -> None:
        self.office, self.directory, self.empty = office, directory, empty
        with office.db.begin() as session:
            self.town = factories.municipality(session)

    def register(self, data: bytes, subject: str = "Αίτηση") -> registry.Entry:
        return registered(self.office, self.town, data, subject)

    def back_up(self, **how) -> backups.Outcome:
        return backups.make(self.office, self.directory, **how)

    def restore(self, **how) -> backups.Restored:
        return backups.restore(self.empty, self.directory, **how)


@pytest.fixture
def empty(
    settings: Settings, postgres: stack.PostgresServer, worker_id: str, tmp_path: Path
) -> Iterator[Settings]:
    """Settings of an installation with an empty database and an empty store."""
    name = f"docflow_{worker_id}_restored"
    postgres.create_database(name)
    yield settings.model_copy(
        update={
            "database_url": SecretStr(postgres.url(name)),
            "owner_database_url": SecretStr(postgres.owner_url(name)),
            "storage_url": SecretStr(f"file:{tmp_path / 'restored-objects'}"),
        }
    )
    postgres.drop_database(name)


@pytest.fixture
def house(committed: Office, empty: Settings, tmp_path: Path) -> House:
    return House(committed, tmp_path / "backups", empty)


@pytest.fixture
def restored(empty: Settings) -> Iterator[Office]:
    office = open_office(empty, pool=2)
    yield office
    office.db.dispose()


def registered(
    office: Office, town: factories.Town, data: bytes, subject: str = "Αίτηση"
) -> registry.Entry:
    """An entry with one file."""
    upload = documents.receive(office, BytesIO(data), "letter.pdf")
    with office.db.begin() as session:
        return factories.letter(session, town, upload, subject=subject)


def digest_of(office: Office, entry: registry.Entry) -> str:
    with office.db.read() as session:
        found = session.scalar(
            select(documents.File.sha256).where(documents.File.entry_id == entry.id)
        )
    assert found is not None
    return found


def subjects(office: Office) -> list[str]:
    with office.db.read() as session:
        return list(session.scalars(select(registry.Entry.subject).order_by(registry.Entry.id)))


def test_what_was_saved_comes_back_and_is_verified(house: House, restored: Office) -> None:
    entry = house.register(LETTER)
    sequence_all(house.office)
    sign(house.office)
    made = house.back_up()
    assert (made.is_whole, made.manifest.objects, made.new_objects) == (True, 1, 1)
    assert len(made.manifest.heads) == 1
    back = house.restore()
    assert back.is_sound, back.verification.findings
    with restored.db.read() as session:
        events = select(audit.Event.details).where(audit.Event.action == "backup.restored")
        [told] = session.scalars(events)
        assert told["name"] == made.manifest.name
    assert restored.store.read(digest_of(restored, entry)) == LETTER
    with restored.db.begin() as session:  # and work goes on, with the next number
        after = factories.letter(session, house.town)
    assert after.number == entry.number + 1


def test_an_object_is_copied_once_over_all_backups(house: House) -> None:
    house.register(LETTER)
    house.back_up()
    with clock.pretend(clock.now() + timedelta(seconds=2)):
        again = house.back_up()
    assert (again.manifest.objects, again.new_objects) == (1, 0)
    house.register(b"%PDF-1.4 another")
    with clock.pretend(clock.now() + timedelta(seconds=4)):
        third = house.back_up(keep=2)
    assert (third.manifest.objects, third.new_objects) == (2, 1)
    assert len(list(backups.all_backups(house.directory))) == 2
    assert len(third.forgotten) == 1
    assert house.restore().is_sound


def test_old_backups_go_with_the_objects_that_only_they_hold(house: House) -> None:
    upload = documents.receive(house.office, BytesIO(b"%PDF-1.4 an answer"), "a.pdf")
    house.register(LETTER)
    first = house.back_up()
    only = house.directory / "objects" / "ab" / ("ab" + "0" * 62)
    only.parent.mkdir(exist_ok=True)
    only.write_bytes(b"of the first backup alone")
    listed = house.directory / first.manifest.name / "objects.txt"
    listed.write_text(listed.read_text() + f"{only.name} {only.name} 25\n")
    with clock.pretend(clock.now() + timedelta(seconds=2)):
        house.back_up(keep=1)
    assert not only.exists()
    assert not (house.directory / first.manifest.name).exists()
    assert not place.Place(house.directory).object_path(upload.sha256).exists()


def test_what_is_registered_meanwhile_is_whole_in_it_or_not_at_all(
    house: House, restored: Office
) -> None:
    stop = threading.Event()

    def clients() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            house.register(b"%PDF-1.4 " + str(number).encode(), f"Αίτηση {number}")

    client = threading.Thread(target=clients)
    client.start()
    try:
        made = house.back_up()
    finally:
        stop.set()
        client.join()
    back = house.restore()
    assert made.is_whole
    assert back.is_sound, back.verification.findings
    found = subjects(restored)
    assert found == [f"Αίτηση {n}" for n in range(1, len(found) + 1)]
    with restored.db.read() as session:
        for digest in session.scalars(select(documents.File.sha256)):
            assert restored.store.exists(digest)


def test_a_missing_object_is_named_and_the_rest_is_saved(house: House) -> None:
    house.register(LETTER)
    lost = house.register(b"%PDF-1.4 to be lost")
    digest = digest_of(house.office, lost)
    house.office.store.delete(digest, min_age=timedelta(0))
    made = house.back_up()
    assert made.manifest.missing == (digest,)
    with house.office.db.read() as session:
        row = backups.latest(session)
        assert row is not None
        assert (row.state, row.objects) == (backups.BackupState.INCOMPLETE, 1)
        assert digest in (row.problem or "")
        assert backups.latest(session, backups.BackupState.DONE) is None
    back = house.restore()
    assert back.verification.is_sound
    assert not back.is_sound


def test_what_the_store_lost_since_stays_in_the_next_backup_and_the_older_ones_stay_too(
    house: House, restored: Office
) -> None:
    entry = house.register(LETTER)
    first = house.back_up(keep=1)
    digest = digest_of(house.office, entry)
    house.office.store.delete(digest, min_age=timedelta(0))
    with clock.pretend(clock.now() + timedelta(seconds=2)):
        second = house.back_up(keep=1)
    assert second.is_whole
    house.restore()
    assert restored.store.read(digest) == LETTER
    assert first.manifest.name in second.forgotten


def test_beside_a_backup_that_lacks_something_the_older_ones_stay(house: House) -> None:
    first = house.back_up()
    lost = house.register(LETTER)
    house.office.store.delete(digest_of(house.office, lost), min_age=timedelta(0))
    with clock.pretend(clock.now() + timedelta(seconds=2)):
        second = house.back_up(keep=1)
    assert not second.is_whole
    assert [one.name for one in backups.all_backups(house.directory)] == [
        first.manifest.name,
        second.manifest.name,
    ]


def test_rotten_bytes_of_a_backup_are_replaced(house: House) -> None:
    entry = house.register(LETTER)
    first = house.back_up()
    path = place.Place(house.directory).object_path(digest_of(house.office, entry))
    path.write_bytes(LETTER[:-1] + b"!")
    (house.directory / first.manifest.name / "objects.txt").write_text("")  # it is taken anew
    with clock.pretend(clock.now() + timedelta(seconds=2)):
        house.back_up()
    assert path.read_bytes() == LETTER


def test_an_altered_object_is_not_saved_as_if_it_were_sound(house: House) -> None:
    entry = house.register(LETTER)
    digest = digest_of(house.office, entry)
    with house.office.store.local_copy(digest) as path:
        path.chmod(0o600)
        path.write_bytes(LETTER[:-1] + b"!")
    assert house.back_up().manifest.missing == (digest,)


def test_it_is_put_only_into_an_empty_place(house: House, restored: Office) -> None:
    house.register(LETTER)
    house.back_up()
    house.restore()
    with pytest.raises(backups.PlaceNotEmpty, match="empty place"):
        house.restore()
    assert subjects(restored) == ["Αίτηση"]


def test_a_missing_file_of_roots_is_told_before_anything_is_written(
    house: House, restored: Office, tmp_path: Path
) -> None:
    house.register(LETTER)
    house.back_up()
    house.empty = house.empty.model_copy(update={"trust_roots": tmp_path / "not-there.pem"})
    with pytest.raises(backups.BackupPlaceUnusable, match="not-there"):
        house.restore()
    restored.store.prepare()
    assert next(iter(restored.store.iterate()), None) is None


def test_a_store_with_objects_is_no_empty_place(house: House, restored: Office) -> None:
    house.back_up()
    restored.store.prepare()
    restored.store.put_bytes(b"something")
    with pytest.raises(backups.PlaceNotEmpty):
        house.restore()


@pytest.mark.parametrize("what", ["database.dump", "objects.txt", "manifest.json", "object"])
def test_a_damaged_backup_is_refused_before_anything_is_written(
    house: House, restored: Office, what: str
) -> None:
    house.register(LETTER)
    made = house.back_up()
    path = house.directory / made.manifest.name / what
    if what == "object":
        [path] = (house.directory / "objects").glob("??/*")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data if what != "manifest.json" else data[: len(data) // 2])
    with pytest.raises(backups.BackupDamaged, match="altered"):
        house.restore()
    restored.store.prepare()
    assert next(iter(restored.store.iterate()), None) is None


def test_a_backup_of_something_else_is_not_mixed_in(house: House) -> None:
    house.register(LETTER)
    sequence_all(house.office)
    sign(house.office)
    made = house.back_up()
    manifest = house.directory / made.manifest.name / "manifest.json"
    said = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(said | {"origins": ["elsewhere.example/log/other"]}))
    with pytest.raises(backups.OtherInstallation, match=r"elsewhere\.example"):
        house.back_up()


def test_a_backup_of_a_newer_version_is_refused(house: House) -> None:
    made = house.back_up()
    manifest = house.directory / made.manifest.name / "manifest.json"
    said = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(said | {"revision": "9999", "version": "99.0"}))
    with pytest.raises(backups.BackupTooNew, match=r"99\.0"):
        house.restore()


def test_a_head_that_is_not_in_the_restored_log_is_found(house: House) -> None:
    """Somebody exchanged the dump for an older one, and wrote its digest into the manifest."""
    house.register(LETTER)
    sequence_all(house.office)
    sign(house.office)
    old = house.back_up()
    house.register(b"%PDF-1.4 later")
    sequence_all(house.office)
    sign(house.office)
    with clock.pretend(clock.now() + timedelta(seconds=2)):
        new = house.back_up()
    for name in ("database.dump", "objects.txt"):
        older = (house.directory / old.manifest.name / name).read_bytes()
        (house.directory / new.manifest.name / name).write_bytes(older)
    manifest = house.directory / new.manifest.name / "manifest.json"
    said = json.loads(manifest.read_text())
    for key in ("database_sha256", "database_size", "objects_sha256", "objects"):
        said[key] = getattr(old.manifest, key)
    manifest.write_text(json.dumps(said))
    back = house.restore()
    assert {finding.what for finding in back.verification.findings} == {"rolled-back"}


def test_a_backup_of_the_version_before_is_brought_up(
    house: House, postgres: stack.PostgresServer, worker_id: str, restored: Office
) -> None:
    house.register(LETTER)
    made = house.back_up()
    name = f"docflow_{worker_id}_before"
    postgres.create_database(name)
    owner, folder = postgres.owner_url(name), house.directory / made.manifest.name
    dumping.restore(owner, folder / "database.dump", programs=None)
    before = migrations.revisions()[1]
    migrations.downgrade(owner, before)
    dumping.dump(owner, folder / "old.dump", snapshot=None, programs=None)
    (folder / "old.dump").replace(folder / "database.dump")
    sha256, size = place.sha256_of(folder / "database.dump")
    said = json.loads((folder / "manifest.json").read_text())
    said |= {"revision": before, "database_sha256": sha256, "database_size": size}
    (folder / "manifest.json").write_text(json.dumps(said))
    postgres.drop_database(name)
    back = house.restore()
    assert (back.is_sound, back.migrated_from) == (True, before)
    assert subjects(restored) == ["Αίτηση"]


def test_encrypted_objects_stay_encrypted_and_need_their_keys(house: House, tmp_path: Path) -> None:
    keys = tmp_path / "store-keys"
    keys.mkdir()
    (keys / "paradeigma.key").write_text("A" * 43 + "=")
    sealed = open_office(house.office.settings.model_copy(update={"store_keys": keys}), pool=2)
    house.office = sealed
    try:
        house.register(LETTER)
        made = house.back_up()
        [raw] = (house.directory / "objects").glob("??/*")
        assert LETTER not in raw.read_bytes()
        with clock.pretend(clock.now() + timedelta(seconds=2)):
            assert house.back_up().new_objects == 0
    finally:
        sealed.db.dispose()
    house.empty = house.empty.model_copy(update={"store_keys": keys})
    assert house.restore(name=made.manifest.name).is_sound
    back = open_office(house.empty, pool=2)
    try:
        with back.db.read() as session:
            [digest] = session.scalars(select(ObjectKey.digest))
        assert back.store.read(digest) == LETTER
    finally:
        back.db.dispose()


def test_altered_encrypted_bytes_are_not_saved_as_if_they_were_sound(
    house: House, tmp_path: Path
) -> None:
    keys = tmp_path / "store-keys"
    keys.mkdir()
    (keys / "paradeigma.key").write_text("A" * 43 + "=")
    house.office = open_office(
        house.office.settings.model_copy(update={"store_keys": keys}), pool=2
    )
    try:
        digest = digest_of(house.office, house.register(LETTER))
        store = storage.open_store(house.office.settings.storage_url.get_secret_value())
        assert isinstance(store, storage.DirectoryStore)
        source, size = store.open_raw(digest)
        with source:
            raw = bytearray(source.read())
        raw[-1] ^= 1
        store.put_as(digest, BytesIO(raw), size=size)
        assert house.back_up().manifest.missing == (digest,)
    finally:
        house.office.db.dispose()


def test_two_backups_into_one_directory_do_not_meet(house: House) -> None:
    with (
        place.Place(house.directory).locked(),
        pytest.raises(backups.BackupRunning, match="under way"),
    ):
        house.back_up()


def test_what_a_broken_run_left_is_no_backup_and_is_cleared(house: House) -> None:
    left = house.directory / "2026-01-01T000000Z.unfinished"
    left.mkdir(parents=True)
    (left / "database.dump").write_bytes(b"half")
    made = house.back_up()
    assert not left.exists()
    assert [one.name for one in backups.all_backups(house.directory)] == [made.manifest.name]


def test_a_directory_that_cannot_be_used_is_told(house: House) -> None:
    house.directory.write_text("a file")
    with pytest.raises(backups.BackupPlaceUnusable, match="cannot be used"):
        house.back_up()


def test_a_missing_program_is_told_and_the_failure_stays_visible(
    house: House, tmp_path: Path
) -> None:
    settings = house.office.settings.model_copy(update={"postgres_programs": tmp_path})
    house.office = Office(settings, house.office.db, house.office.store)
    with pytest.raises(backups.BackupProgramMissing, match="pg_dump"):
        house.back_up()
    with house.office.db.read() as session:
        row = backups.latest(session)
        assert row is not None
        assert (row.state, "pg_dump" in (row.problem or "")) == ("failed", True)


def test_keys_are_put_beside_it_only_where_asked_for(house: House, tmp_path: Path) -> None:
    (tmp_path / "pki").mkdir()
    (tmp_path / "pki" / "seal.p12").write_bytes(b"key")
    plain = house.back_up()
    assert not (house.directory / plain.manifest.name / "keys").exists()
    with clock.pretend(clock.now() + timedelta(seconds=2)):
        made = house.back_up(keys=[tmp_path / "pki"])
    kept = house.directory / made.manifest.name / "keys" / "pki" / "seal.p12"
    assert kept.read_bytes() == b"key"
    assert kept.stat().st_mode & 0o077 == 0


def test_a_backup_is_made_by_itself_when_the_last_is_old(house: House) -> None:
    settings = house.office.settings.model_copy(
        update={"backup_directory": house.directory, "backup_hours": 24}
    )
    run = outbox.Run(Office(settings, house.office.db, house.office.store), 1, 1)
    scheduled.make_due(run)
    scheduled.make_due(run)
    assert len(list(backups.all_backups(house.directory))) == 1
    with clock.pretend(clock.now() + timedelta(hours=25)):
        scheduled.make_due(run)
    assert len(list(backups.all_backups(house.directory))) == 2
    with house.office.db.read() as session:
        assert session.scalar(select(func.count()).select_from(backups.Backup)) == 2


def test_a_backup_that_lacks_something_does_not_call_for_the_next_at_once(house: House) -> None:
    lost = house.register(LETTER)
    house.office.store.delete(digest_of(house.office, lost), min_age=timedelta(0))
    settings = house.office.settings.model_copy(update={"backup_directory": house.directory})
    run = outbox.Run(Office(settings, house.office.db, house.office.store), 1, 1)
    scheduled.make_due(run)
    scheduled.make_due(run)
    with house.office.db.read() as session:
        assert session.scalar(select(func.count()).select_from(backups.Backup)) == 1


def test_an_unread_store_is_not_taken_for_missing_objects(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.register(LETTER)

    def away(self: object, sha256: str) -> None:
        raise storage.StoreUnavailable("away")

    monkeypatch.setattr(type(house.office.store), "open", away)
    with pytest.raises(Exception, match="store"):
        house.back_up()
    with house.office.db.read() as session:
        row = backups.latest(session)
        assert row is not None
        assert row.state == "failed"
