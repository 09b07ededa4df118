"""Reading and writing with the digest taken on the way."""

import hashlib
import re
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from storage.errors import DigestMismatch, StoreUnavailable, TooLarge

CHUNK = 1024 * 1024
"""Bytes that are held in memory at a time."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Source(Protocol):
    """What can be read from: a file, or the answer of a server."""

    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


class Reading:
    """An object that is being read: iterate over it in chunks of 1 MiB, or call `read`.

    When the last byte was taken from the store the digest is compared, before that piece is
    handed out; so a receiver never has all bytes of a changed object.
    """

    def __init__(
        self,
        source: Source,
        *,
        sha256: str,
        size: int,
        failures: tuple[type[Exception], ...] = (OSError,),
    ) -> None:
        self.sha256 = sha256
        self.size = size
        self._source = source
        self._failures = failures
        self._digest = hashlib.sha256()
        self._seen = 0

    def read(self, size: int = -1, /) -> bytes:
        """The next `size` bytes, fewer at the end; without `size` all that are left.

        Raises DigestMismatch, StoreUnavailable.
        """
        if size < 0:
            return b"".join(self)
        try:
            piece = self._source.read(size)
        except self._failures as exc:
            raise StoreUnavailable(f"{self.sha256} cannot be read on: {exc}") from exc
        self._digest.update(piece)
        self._seen += len(piece)
        at_end = self._seen >= self.size or (not piece and size > 0)
        if at_end and self._digest.hexdigest() != self.sha256:
            raise DigestMismatch(f"The stored bytes of {self.sha256} are not those that were put.")
        return piece

    def close(self) -> None:
        self._source.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        piece = self.read(CHUNK)
        if not piece:
            self.close()
            raise StopIteration
        return piece

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def copy_hashing(stream: BinaryIO, target: BinaryIO, *, limit: int) -> tuple[str, int]:
    """Copy `stream` into `target`; the SHA-256 (hexadecimal) and the number of bytes.

    Raises TooLarge beyond `limit` bytes, StoreUnavailable where `target` cannot take them.
    """
    digest = hashlib.sha256()
    size = 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"More than {limit} bytes.")
        digest.update(chunk)
        try:
            target.write(chunk)
        except OSError as exc:
            raise StoreUnavailable(f"The bytes cannot be written: {exc}") from exc
    return digest.hexdigest(), size


def is_digest(name: str) -> bool:
    """Whether `name` is a SHA-256 as we write it; anything else could lead out of the store."""
    return _DIGEST.fullmatch(name) is not None
