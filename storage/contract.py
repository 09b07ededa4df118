"""What every store does, and the values it answers with."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

from storage.reading import CHUNK, Reading

__all__ = ["CHUNK", "MIN_AGE", "Listed", "Promise", "Raw", "Store", "Stored"]

MIN_AGE = timedelta(hours=24)
"""A younger object is not deleted: the request that put it may not have written its row yet."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What came in: the digest in 64 hexadecimal digits, and the size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Listed:
    """An object that stands in the store; `stored_at` is when it was last put, in UTC."""

    sha256: str
    size: int
    stored_at: datetime


@dataclass(frozen=True, slots=True)
class Promise:
    """Something that a store should hold to, and whether it does.

    `name`: unchanged (bytes come back as they went in), digest (wrong bytes are refused on
    arrival), retention (a locked object is not deleted), shortening (a lock is not shortened),
    hold (nor is an object under a legal hold), overwriting (an overwrite destroys nothing),
    side-door (no other port of the server lets locked objects go).
    `is_kept`: None where the store never promised it. `detail` is for the log, in English.
    """

    name: str
    is_kept: bool | None
    detail: str = ""


class Store(Protocol):
    """Objects named by the SHA-256 of their bytes. Every method may raise StoreUnavailable."""

    def prepare(self) -> None:
        """Make the place (directory, bucket) if it is not there, and clear half-written files."""

    def check(self) -> None:
        """Write, and take away again, a few bytes: StoreUnavailable says why that is not possible.

        Raises DigestMismatch where the bytes come back changed.
        """

    def put(self, stream: BinaryIO, *, limit: int) -> Stored:
        """Store what `stream` gives, at most `limit` bytes; durable when this returns.

        Bytes that are there already stay as they are and count as newly put. Raises TooLarge.
        Whatever `stream` itself raises passes through, and nothing is stored.
        """

    def put_bytes(self, data: bytes) -> Stored:
        """Store `data`; as `put`."""

    def open(self, sha256: str) -> Reading:
        """The object, to be read in pieces; raises NoSuchObject at once, DigestMismatch at the end.

        The last piece is held back until the digest of the whole is found right.
        """

    def read(self, sha256: str) -> bytes:
        """All bytes of the object. Raises NoSuchObject, DigestMismatch."""

    def exists(self, sha256: str) -> bool:
        """Whether an object of this name stands there; its bytes are not read."""

    def local_copy(self, sha256: str) -> AbstractContextManager[Path]:
        """A file with the object's bytes, verified, only to be read, gone after the block.

        The directory store gives its own file. Raises NoSuchObject, DigestMismatch.
        """

    def delete(self, sha256: str, *, min_age: timedelta = MIN_AGE) -> None:
        """Take an orphan away: an object that no row points to.

        Raises TooYoung where it was put less than `min_age` ago, NoSuchObject, Held.
        """

    def retain(self, sha256: str, *, until: datetime) -> None:
        """Let nobody delete the object before `until`; an earlier end than before is ignored.

        Raises NoSuchObject, NoRetention.
        """

    def hold(self, sha256: str) -> None:
        """Let nobody delete the object until the hold is taken away. As `retain`."""

    def release(self, sha256: str) -> None:
        """Take the hold away; what has none stays as it is. Raises NoSuchObject, NoRetention."""

    def probe(self) -> tuple[Promise, ...]:
        """Try to break what the store promises, on an object of the probe's own."""

    def iterate(self) -> Iterator[Listed]:
        """Every object, by digest."""


class Raw(Store, Protocol):
    """A store that also takes bytes under a name which is not their digest: what is encrypted."""

    def put_as(self, name: str, file: BinaryIO, *, size: int) -> None:
        """Store `size` bytes under `name` (64 hexadecimal digits), in place of what stood there."""

    def open_raw(self, name: str) -> tuple[BinaryIO, int]:
        """The bytes under `name` as they are, to be closed, and their number. Raises NoSuchObject.

        Reading may raise OSError or an error of the server's client: see `failures`.
        """

    failures: tuple[type[Exception], ...]

    def touch(self, name: str, *, size: int) -> bool:
        """Count what stands there as newly put; False unless it has this size."""
