"""All stores keep the same promises: the directory, S3 against a real server, the encrypted one."""

import hashlib
import io
import os
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import storage
from docflow.embedded.processes import free_port
from storage.s3 import S3Store
from tests import stack

ABSENT = hashlib.sha256(b"never stored").hexdigest()


class Keys:
    """Keys of objects in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes | None] = {}

    def find(self, sha256: str) -> bytes | None:
        key = self.kept.get(sha256, b"")
        if key is None:
            raise storage.KeyDestroyed(sha256)
        return key or None

    def keep(self, sha256: str, key: bytes) -> bytes:
        if self.kept.get(sha256) is None:
            self.kept[sha256] = key
        return self.find(sha256) or key


@pytest.fixture(params=["directory", "s3", "sealed-directory", "sealed-s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> storage.Store:
    if request.param.endswith("directory"):
        url = f"file:{tmp_path / 'objects'}"
    else:
        server = stack.shared(stack.S3Server)
        url = server.url(f"test-{uuid.uuid4().hex}")
    opened = storage.open_store(url)
    opened.prepare()
    if request.param.startswith("sealed"):
        return storage.SealedStore(opened, Keys())  # type: ignore[arg-type]  # both are raw
    return opened


@pytest.fixture
def damage(store: storage.Store) -> Callable[[str, bytes], None]:
    """Change stored bytes behind the store's back."""

    def change(sha256: str, data: bytes) -> None:
        inner = store.inner if isinstance(store, storage.SealedStore) else store
        if isinstance(inner, storage.DirectoryStore):
            path = inner.root / sha256[:2] / sha256
            path.unlink()
            path.write_bytes(data)
        else:
            assert isinstance(inner, S3Store)
            key = f"{sha256[:2]}/{sha256[2:4]}/{sha256}"
            inner._client.put_object(inner.bucket, key, io.BytesIO(data), len(data))

    return change


class Endless(io.RawIOBase):
    """A stream without end, as a client may send it."""

    taken = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self.taken += size
        return b"x" * size


class Broken(io.RawIOBase):
    """A stream that breaks off, as when the client hangs up."""

    def __init__(self) -> None:
        self.pieces = [b"first"]

    def read(self, size: int = -1) -> bytes:
        if self.pieces:
            return self.pieces.pop()
        raise ConnectionResetError("the client hung up")


def digests(store: storage.Store) -> list[str]:
    return [item.sha256 for item in store.iterate()]


@given(data=st.binary(max_size=2000))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_come_back_as_they_went_in(store: storage.Store, data: bytes) -> None:
    stored = store.put(io.BytesIO(data), limit=2000)
    assert stored == storage.Stored(sha256=hashlib.sha256(data).hexdigest(), size=len(data))
    assert store.read(stored.sha256) == data


def test_a_large_object_comes_back_in_chunks_of_a_mebibyte(store: storage.Store) -> None:
    data = os.urandom(2 * storage.CHUNK + 17)
    sha256 = store.put_bytes(data).sha256
    with store.open(sha256) as reading:
        assert reading.size == len(data)
        chunks = list(reading)
    assert [len(chunk) for chunk in chunks] == [storage.CHUNK, storage.CHUNK, 17]
    assert b"".join(chunks) == data


def test_an_object_can_be_read_like_a_file(store: storage.Store) -> None:
    sha256 = store.put_bytes(b"Protocol").sha256
    with store.open(sha256) as reading:
        assert [reading.read(5), reading.read(5), reading.read(5)] == [b"Proto", b"col", b""]


def test_the_same_bytes_are_kept_once(store: storage.Store) -> None:
    first, second = store.put_bytes(b"twice"), store.put_bytes(b"twice")
    assert first == second
    assert digests(store) == [first.sha256]


def test_the_same_bytes_may_come_from_many_at_once(store: storage.Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        stored = set(pool.map(store.put_bytes, [b"at once"] * 24))
    assert len(stored) == 1
    assert store.read(stored.pop().sha256) == b"at once"


def test_a_stream_beyond_the_limit_is_refused_and_leaves_nothing(store: storage.Store) -> None:
    endless = Endless()
    with pytest.raises(storage.TooLarge):
        store.put(endless, limit=3 * storage.CHUNK)  # type: ignore[arg-type]
    assert endless.taken <= 4 * storage.CHUNK
    assert digests(store) == []


def test_exactly_the_limit_is_allowed(store: storage.Store) -> None:
    assert store.put(io.BytesIO(b"12345"), limit=5).size == 5
    with pytest.raises(storage.TooLarge):
        store.put(io.BytesIO(b"123456"), limit=5)


def test_a_stream_that_breaks_off_leaves_nothing(store: storage.Store) -> None:
    with pytest.raises(ConnectionResetError):
        store.put(Broken(), limit=100)  # type: ignore[arg-type]
    assert digests(store) == []
    if isinstance(store, storage.DirectoryStore):
        assert list((store.root / "tmp").iterdir()) == []


@pytest.mark.parametrize("name", [ABSENT, "../../etc/passwd", "", ABSENT.upper(), ABSENT + "\0"])
def test_what_is_not_there_is_said_before_any_byte(store: storage.Store, name: str) -> None:
    assert not store.exists(name)
    for ask in (store.open, store.read, store.delete):
        with pytest.raises(storage.NoSuchObject):
            ask(name)
    with pytest.raises(storage.NoSuchObject), store.local_copy(name):
        pytest.fail("there is nothing to copy")


def test_changed_bytes_are_never_taken_for_the_stored_ones(
    store: storage.Store, damage: Callable[[str, bytes], None]
) -> None:
    data = b"a" * (storage.CHUNK + 5)
    sha256 = store.put_bytes(data).sha256
    damage(sha256, data[:-1] + b"b")
    received: list[bytes] = []
    with pytest.raises(storage.DigestMismatch), store.open(sha256) as reading:
        received.extend(reading)
    assert len(b"".join(received)) < len(data), "a receiver must not get the whole of it"
    with pytest.raises(storage.DigestMismatch):
        store.read(sha256)
    with pytest.raises(storage.DigestMismatch), store.local_copy(sha256):
        pytest.fail("a damaged file must not be worked on")


@pytest.mark.parametrize("left", [b"", b"cut", b"the whole and more"])
def test_cut_or_lengthened_bytes_are_noticed(
    store: storage.Store, damage: Callable[[str, bytes], None], left: bytes
) -> None:
    sha256 = store.put_bytes(b"the whole").sha256
    damage(sha256, left)
    with pytest.raises(storage.DigestMismatch):
        store.read(sha256)


def test_a_cut_object_is_mended_by_the_same_bytes(
    store: storage.Store, damage: Callable[[str, bytes], None]
) -> None:
    sha256 = store.put_bytes(b"the whole").sha256
    damage(sha256, b"cut")
    assert store.put_bytes(b"the whole").sha256 == sha256
    assert store.read(sha256) == b"the whole"


def test_a_local_copy_is_a_file_with_the_bytes(store: storage.Store) -> None:
    sha256 = store.put_bytes(b"%PDF-").sha256
    with store.local_copy(sha256) as path:
        assert path.read_bytes() == b"%PDF-"
    if isinstance(store, S3Store):
        assert not path.exists()


def test_a_young_object_is_not_deleted(store: storage.Store) -> None:
    sha256 = store.put_bytes(b"an upload whose row is not written yet").sha256
    with pytest.raises(storage.TooYoung):
        store.delete(sha256)
    assert store.exists(sha256)


def test_an_old_orphan_is_deleted(store: storage.Store) -> None:
    sha256 = store.put_bytes(b"orphan").sha256
    kept = store.put_bytes(b"not an orphan").sha256
    store.delete(sha256, min_age=timedelta(seconds=-5))
    assert not store.exists(sha256)
    assert digests(store) == [kept]


def test_the_listing_tells_size_and_time(store: storage.Store) -> None:
    stored = {store.put_bytes(os.urandom(n)).sha256: n for n in range(1, 6)}
    listed = list(store.iterate())
    more = 20 if isinstance(store, storage.SealedStore) else 0  # mark and tag
    assert {item.sha256: item.size - more for item in listed} == stored
    assert [item.sha256 for item in listed] == sorted(stored)
    assert all(item.stored_at.utcoffset() == timedelta(0) for item in listed)


def test_a_good_store_passes_its_check_and_keeps_no_trace_of_it(store: storage.Store) -> None:
    store.check()
    assert digests(store) == []


def test_preparing_twice_changes_nothing(store: storage.Store) -> None:
    sha256 = store.put_bytes(b"kept").sha256
    store.prepare()
    assert store.read(sha256) == b"kept"


@pytest.fixture
def gone(tmp_path: Path) -> dict[str, storage.Store]:
    """Stores whose disk or server is not there."""
    port = free_port()
    return {
        "directory": storage.open_store(f"file:{tmp_path / 'not-mounted'}"),
        "s3": storage.open_store(f"s3://k:s@127.0.0.1:{port}/bucket"),
    }


@pytest.mark.parametrize("kind", ["directory", "s3"])
def test_a_store_that_is_down_says_so_every_time(gone: dict[str, storage.Store], kind: str) -> None:
    store = gone[kind]
    for ask in (
        lambda: store.put_bytes(b"x"),
        lambda: store.read(ABSENT),
        lambda: store.exists(ABSENT),
        lambda: store.delete(ABSENT),
        lambda: list(store.iterate()),
        store.check,
    ):
        with pytest.raises(storage.StoreUnavailable):
            ask()
