"""Retention, legal holds, and the probe that tries to break them (signing.md: some servers lie)."""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from minio.commonconfig import COMPLIANCE
from minio.error import S3Error
from minio.retention import Retention

import storage
from storage import probing
from storage.s3 import S3Store
from tests import stack

SOON, NEVER_YOUNG = timedelta(seconds=3), timedelta(seconds=-5)


@pytest.fixture(params=["directory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> storage.Store:
    url = f"file:{tmp_path / 'objects'}"
    if request.param == "s3":
        url = stack.shared(stack.S3Server).url(f"locks-{uuid.uuid4().hex}")
    opened = storage.open_store(url)
    opened.prepare()
    return opened


def test_a_retained_object_is_not_deleted(store: storage.Store) -> None:
    sha256 = store.put_bytes(b"a registered document").sha256
    store.retain(sha256, until=datetime.now(UTC) + timedelta(days=1))
    with pytest.raises(storage.Held):
        store.delete(sha256, min_age=NEVER_YOUNG)
    assert store.read(sha256) == b"a registered document"


def test_a_retention_is_not_shortened(store: storage.Store) -> None:
    sha256 = store.put_bytes(b"kept for a day").sha256
    store.retain(sha256, until=datetime.now(UTC) + timedelta(days=1))
    store.retain(sha256, until=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(storage.Held):
        store.delete(sha256, min_age=NEVER_YOUNG)


def test_a_held_object_stays_until_it_is_released(store: storage.Store) -> None:
    sha256 = store.put_bytes(b"evidence").sha256
    store.hold(sha256)
    store.hold(sha256)
    with pytest.raises(storage.Held):
        store.delete(sha256, min_age=NEVER_YOUNG)
    store.release(sha256)
    store.release(sha256)
    store.delete(sha256, min_age=NEVER_YOUNG)
    assert not store.exists(sha256)


def test_what_is_not_there_cannot_be_locked(store: storage.Store) -> None:
    absent = "0" * 64
    with pytest.raises(storage.NoSuchObject):
        store.retain(absent, until=datetime.now(UTC))
    for act in (store.hold, store.release):
        with pytest.raises(storage.NoSuchObject):
            act(absent)


def test_a_good_store_keeps_all_that_it_promises(store: storage.Store) -> None:
    promises = {promise.name: promise.is_kept for promise in store.probe()}
    assert set(promises.values()) == {True}
    assert {"unchanged", "retention", "shortening", "hold"} <= set(promises)
    assert list(store.iterate()) == [], "a canary is no object"
    assert {promise.is_kept for promise in store.probe()} == {True}, "again, beside its canaries"


def test_a_bucket_without_lock_says_that_it_promises_none() -> None:
    server = stack.shared(stack.S3Server)
    store = storage.open_store(server.url(f"plain-{uuid.uuid4().hex}"))
    assert isinstance(store, S3Store)
    store._client.make_bucket(store.bucket)
    promises = {promise.name: promise.is_kept for promise in store.probe()}
    assert (promises["unchanged"], promises["retention"], promises["hold"]) == (True, None, None)
    sha256 = store.put_bytes(b"x").sha256
    with pytest.raises(storage.NoRetention):
        store.hold(sha256)
    with pytest.raises(storage.NoRetention):
        store.retain(sha256, until=datetime.now(UTC) + timedelta(days=1))


class Lying:
    """The client of a server that breaks one promise."""

    def __init__(self, client: Any, broken: str) -> None:
        self._client, self._broken = client, broken
        self._gone: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def put_object(self, bucket: str, name: str, *given: Any, **more: Any) -> Any:
        if self._broken == "digest":
            more.pop("metadata", None)
        return self._client.put_object(bucket, name, *given, **more)

    def remove_object(self, bucket: str, name: str, version_id: str | None = None) -> None:
        if self._broken == "hold" and self._client.is_object_legal_hold_enabled(
            bucket, name, version_id=version_id
        ):
            return self._gone.add(name)
        try:
            self._client.remove_object(bucket, name, version_id=version_id)
        except S3Error:
            if self._broken != "retention":
                raise
            self._gone.add(name)

    def stat_object(self, bucket: str, name: str, **more: Any) -> Any:
        if name in self._gone:
            return self._client.stat_object(bucket, "nothing")
        return self._client.stat_object(bucket, name, **more)

    def get_object_retention(self, bucket: str, name: str, **more: Any) -> Any:
        known = self._client.get_object_retention(bucket, name, **more)
        if self._broken == "shortening":
            return Retention(COMPLIANCE, known.retain_until_date - timedelta(hours=20))
        return known


@pytest.mark.parametrize("broken", ["digest", "retention", "shortening", "hold"])
def test_the_probe_finds_a_server_that_does_not_hold_its_word(broken: str) -> None:
    store = storage.open_store(stack.shared(stack.S3Server).url(f"lying-{uuid.uuid4().hex}"))
    store.prepare()
    assert isinstance(store, S3Store)
    lying: Any = Lying(store._client, broken)
    found = {one.name: one.is_kept for one in probing.probe(lying, store.bucket, "127.0.0.1")}
    assert [name for name, is_kept in found.items() if is_kept is False] == [broken]


def test_a_destroyed_key_destroys_the_object(tmp_path: Path) -> None:
    from tests.storage.test_contract import Keys

    inner = storage.DirectoryStore(tmp_path / "objects")
    inner.prepare()
    keys = Keys()
    store = storage.SealedStore(inner, keys)
    data = b"a name and a number" * 9000
    sha256 = store.put_bytes(data).sha256
    raw, _ = inner.open_raw(sha256)
    with raw:
        assert b"a name" not in raw.read(), "nothing of it lies there in plain"
    keys.kept[sha256] = None
    with pytest.raises(storage.KeyDestroyed):
        store.read(sha256)
    assert store.put_bytes(data).sha256 == sha256, "the same bytes may come again"
    assert store.read(sha256) == data


def test_objects_of_before_encryption_are_read_as_they_are(tmp_path: Path) -> None:
    from tests.storage.test_contract import Keys

    inner = storage.DirectoryStore(tmp_path / "objects")
    inner.prepare()
    sha256 = inner.put_bytes(b"old").sha256
    store = storage.SealedStore(inner, Keys())
    assert store.read(sha256) == b"old"
    with store.local_copy(sha256) as path:
        assert path.read_bytes() == b"old"


def test_encrypted_pieces_are_neither_moved_nor_left_out(tmp_path: Path) -> None:
    from tests.storage.test_contract import Keys

    inner = storage.DirectoryStore(tmp_path / "objects")
    inner.prepare()
    store = storage.SealedStore(inner, Keys())
    sha256 = store.put_bytes(bytes(range(256)) * 1024).sha256
    path = inner.root / sha256[:2] / sha256
    whole, piece = path.read_bytes(), 64 * 1024 + 16
    first, second = whole[4 : 4 + piece], whole[4 + piece : 4 + 2 * piece]
    for changed in (
        whole[:4] + second + first + whole[4 + 2 * piece :],
        whole[:4] + whole[4 + piece :],
        whole[:-piece],
        b"XXXX" + whole[4:],
    ):
        path.unlink()
        path.write_bytes(changed)
        with pytest.raises(storage.DigestMismatch):
            store.read(sha256)


def test_what_lay_there_unencrypted_is_read_though_its_encryption_broke_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key is kept before the bytes are put; the process may die between the two."""
    from tests.storage.test_contract import Keys

    inner = storage.DirectoryStore(tmp_path / "objects")
    inner.prepare()
    plain = inner.put_bytes(b"from before encryption")
    store = storage.SealedStore(inner, Keys())

    def full(*_: object, **__: object) -> None:
        raise storage.StoreUnavailable("no room")

    monkeypatch.setattr(type(inner), "put_as", full)
    with pytest.raises(storage.StoreUnavailable):
        store.put_bytes(b"from before encryption")
    assert store.read(plain.sha256) == b"from before encryption"
    assert store.open_sealed(plain.sha256) is None
