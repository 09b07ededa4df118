"""A disk without room, under the store and under the copies on their way to it.

A limit on the size of files is refused like a full disk (an OSError, at the write or only when the
buffers are written out), and needs neither a disk nor rights.
"""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest

import storage
from docflow import documents
from docflow.office import Office
from storage.directory import DirectoryStore
from tests import stack

# Smaller than a buffer, larger than one, larger than a piece that is copied at a time.
SIZES = (3_000, 300_000, 3_000_000)


@contextmanager
def no_room() -> Iterator[None]:
    """Files of this process can have a kibibyte at most."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", SIZES)
def test_a_full_store_says_so_and_keeps_nothing_of_the_object(tmp_path: Path, size: int) -> None:
    store, data = DirectoryStore(tmp_path / "store"), os.urandom(size)
    store.prepare()
    with no_room(), pytest.raises(storage.StoreUnavailable):
        store.put_bytes(data)
    assert list(store.iterate()) == []
    assert list((tmp_path / "store" / "tmp").iterdir()) == []
    assert store.read(store.put_bytes(data).sha256) == data


def test_a_full_temporary_directory_is_told_like_a_store_that_is_away() -> None:
    """What goes to S3 passes through a file where it is too large for the memory."""
    store = storage.open_store(stack.shared(stack.S3Server).url("full-disk"))
    store.prepare()
    with no_room(), pytest.raises(storage.StoreUnavailable):
        store.put(BytesIO(os.urandom(5 << 20)), limit=6 << 20)
    assert list(store.iterate()) == []


def test_nothing_is_taken_in_while_there_is_no_room(office: Office) -> None:
    with no_room(), pytest.raises(documents.StoreUnavailable, match="Nothing was registered"):
        documents.receive(office, BytesIO(b"x" * 3_000), "επιστολή.txt")
    assert documents.receive(office, BytesIO(b"x" * 3_000), "επιστολή.txt").size == 3_000
