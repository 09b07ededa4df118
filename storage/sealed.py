"""Objects encrypted at rest: each with a key of its own, which is kept elsewhere.

A wrapper round another store. An object is still named by the SHA-256 of its plain bytes, so that
nothing else changes; under the name lies AES-256-GCM in pieces (the construction STREAM): a piece
that was changed, moved, left out or cut off is noticed before its bytes are handed out. Whoever
destroys an object's key has destroyed the object, wherever a copy of it may lie.

Objects that were stored before encryption was switched on have no key and are read as they are.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.contract import MIN_AGE, Listed, Promise, Raw, Stored
from storage.errors import DigestMismatch, NoSuchObject, StoreUnavailable, TooLarge
from storage.reading import CHUNK, Reading

MAGIC = b"DFE1"
PIECE = 64 * 1024  # plain bytes of a piece
_TAG = 16
_SEALED_PIECE = PIECE + _TAG
_IN_MEMORY = 4 * 1024 * 1024
KEY_BYTES = 32


class KeyDestroyed(NoSuchObject):
    """The object's key was destroyed: nobody can read it any more."""


class DataKeys(Protocol):
    """Where the keys of objects are kept. Every method may raise StoreUnavailable."""

    def find(self, sha256: str) -> bytes | None:
        """The key of an object; None where it has none (it lies there unencrypted).

        Raises KeyDestroyed.
        """

    def keep(self, sha256: str, key: bytes) -> bytes:
        """Keep a new object's key, durably; the key that counts, which another put may have kept
        before. A destroyed key makes room for the new one."""


class SealedStore:
    """A store whose objects nobody can read who has only the store."""

    def __init__(self, inner: Raw, keys: DataKeys) -> None:
        self.inner, self.keys = inner, keys

    def prepare(self) -> None:
        self.inner.prepare()

    def check(self) -> None:
        self.inner.check()

    def put(self, stream: BinaryIO, *, limit: int) -> Stored:
        key = os.urandom(KEY_BYTES)
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
            sealed = cast(BinaryIO, spool)
            stored = _seal(stream, sealed, key, limit=limit)
            # The key before the bytes: bytes without a key would be lost, a key without bytes is
            # only a row.
            counts = self.keys.keep(stored.sha256, key)
            if counts != key:
                if self.inner.touch(stored.sha256, size=_sealed_size(stored.size)):
                    return stored
                _again(sealed, key, counts)
            sealed.seek(0)
            self.inner.put_as(stored.sha256, sealed, size=_sealed_size(stored.size))
        return stored

    def put_bytes(self, data: bytes) -> Stored:
        return self.put(BytesIO(data), limit=len(data))

    def open(self, sha256: str) -> Reading:
        key = self.keys.find(sha256)
        if key is None:
            return self.inner.open(sha256)
        source, size = self.inner.open_raw(sha256)
        if not _is_sealed(source, self.inner.failures):
            # The key was kept, and the putting of the encrypted bytes never came to its end: what
            # lies there from before encryption is still good, and is held against its digest.
            source.close()
            return self.inner.open(sha256)
        opened = _Opened(source, key, size, failures=self.inner.failures)
        return Reading(opened, sha256=sha256, size=opened.size, failures=self.inner.failures)

    def open_sealed(self, sha256: str) -> BinaryIO | None:
        """The bytes as they lie there, encrypted; None where they lie unencrypted.

        For copies that stay encrypted. Raises NoSuchObject.
        """
        source, _ = self.inner.open_raw(sha256)
        is_sealed = _is_sealed(source, self.inner.failures)
        source.close()
        return self.inner.open_raw(sha256)[0] if is_sealed else None

    def read(self, sha256: str) -> bytes:
        with self.open(sha256) as reading:
            return reading.read()

    def exists(self, sha256: str) -> bool:
        return self.inner.exists(sha256)

    @contextmanager
    def local_copy(self, sha256: str) -> Iterator[Path]:
        if self.keys.find(sha256) is None:
            with self.inner.local_copy(sha256) as path:
                yield path
            return
        with tempfile.TemporaryDirectory(prefix="docflow-object-") as folder:
            path = Path(folder) / sha256
            with self.open(sha256) as reading, path.open("wb") as file:
                for chunk in reading:
                    file.write(chunk)
            yield path

    def delete(self, sha256: str, *, min_age: timedelta = MIN_AGE) -> None:
        self.inner.delete(sha256, min_age=min_age)

    def iterate(self) -> Iterator[Listed]:
        """Every object; the size is that of what lies there, a little more than the plain bytes."""
        return self.inner.iterate()

    def retain(self, sha256: str, *, until: datetime) -> None:
        self.inner.retain(sha256, until=until)

    def hold(self, sha256: str) -> None:
        self.inner.hold(sha256)

    def release(self, sha256: str) -> None:
        self.inner.release(sha256)

    def probe(self) -> tuple[Promise, ...]:
        return self.inner.probe()


def _seal(stream: BinaryIO, target: BinaryIO, key: bytes, *, limit: int) -> Stored:
    """Encrypt `stream` into `target`; the digest and size of the plain bytes. Raises TooLarge."""
    cipher, digest, size, number = AESGCM(key), hashlib.sha256(), 0, 0
    try:
        target.write(MAGIC)
        piece = _piece_of(stream)
        while True:
            size += len(piece)
            if size > limit:
                raise TooLarge(f"More than {limit} bytes.")
            digest.update(piece)
            after = _piece_of(stream) if len(piece) == PIECE else b""
            target.write(cipher.encrypt(_nonce(number, is_last=not after), piece, None))
            if not after:
                return Stored(digest.hexdigest(), size)
            piece, number = after, number + 1
    except OSError as exc:
        if isinstance(exc, ConnectionError):
            raise  # the sender's, not the disk's
        raise StoreUnavailable(f"The bytes cannot be written: {exc}") from exc


def _piece_of(stream: BinaryIO) -> bytes:
    """The next full piece; a shorter one only at the end, whatever a read gives at once."""
    parts, wanted = [], PIECE
    while wanted and (part := stream.read(wanted)):
        parts.append(part)
        wanted -= len(part)
    return b"".join(parts)


def _again(sealed: BinaryIO, key: bytes, other: bytes) -> None:
    """Encrypt what lies there with the key that counts."""
    size = sealed.seek(0, os.SEEK_END)
    sealed.seek(len(MAGIC))
    opened = _Opened(sealed, key, size, failures=(OSError,))
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
        fresh = cast(BinaryIO, spool)
        _seal(cast(BinaryIO, opened), fresh, other, limit=opened.size)
        fresh.seek(0)
        sealed.seek(0)
        while chunk := fresh.read(CHUNK):
            sealed.write(chunk)


def _nonce(number: int, *, is_last: bool) -> bytes:
    """A piece's place and whether it is the last; a key is of one object only, so none repeats."""
    return number.to_bytes(8, "big") + (b"\1" if is_last else b"\0").rjust(4, b"\0")


def _sealed_size(plain: int) -> int:
    return len(MAGIC) + plain + _TAG * max(1, -(-plain // PIECE))


def _is_sealed(source: BinaryIO, failures: tuple[type[Exception], ...]) -> bool:
    """Whether the source begins as encrypted bytes do; they are taken from it."""
    try:
        return _exactly(source, len(MAGIC)) == MAGIC
    except failures as exc:
        raise StoreUnavailable(f"An object cannot be read: {exc}") from exc


def _exactly(source: BinaryIO, size: int) -> bytes:
    parts = []
    while size and (part := source.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class _Opened:
    """What was encrypted, being read behind its first bytes: a source of plain bytes."""

    def __init__(
        self, source: BinaryIO, key: bytes, size: int, *, failures: tuple[type[Exception], ...]
    ) -> None:
        sealed = size - len(MAGIC)
        self._pieces = -(-sealed // _SEALED_PIECE)
        self.size = max(sealed - _TAG * self._pieces, 0)
        self._source, self._cipher, self._failures = source, AESGCM(key), failures
        self._number, self._left = 0, b""

    def read(self, size: int = -1, /) -> bytes:
        wanted = self.size if size < 0 else size
        while len(self._left) < wanted and self._number < self._pieces:
            self._left += self._next()
        given, self._left = self._left[:wanted], self._left[wanted:]
        return given

    def close(self) -> None:
        self._source.close()

    def _next(self) -> bytes:
        piece = _exactly(self._source, _SEALED_PIECE)
        is_last = self._number == self._pieces - 1
        try:
            plain = self._cipher.decrypt(_nonce(self._number, is_last=is_last), piece, None)
        except (InvalidTag, ValueError) as exc:
            raise DigestMismatch("The stored bytes are not those that were put.") from exc
        self._number += 1
        return plain
