"""Objects as files of a directory: DIR/ab/abcd…, read-only, each written once.

An object is written under a temporary name, synced, renamed into place, and its directory synced:
after a power cut it is there whole, or not there. A put takes the store's lock shared and a
deletion takes it alone, so that an orphan which is just being put again cannot be swept.

Retention and holds are files beside it (DIR/kept/), which every deletion of ours respects. They do
not bind whoever may write in the directory by other means: for that, take S3 with Object Lock.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from storage.contract import MIN_AGE, Listed, Promise, Stored
from storage.errors import DigestMismatch, Held, NoSuchObject, StoreUnavailable, TooYoung
from storage.reading import Reading, copy_hashing, is_digest

_TEMPORARY = "tmp"
_KEPT = "kept"
_LOCK = "lock"
_READ_ONLY = 0o440
_LEFT_OVER = timedelta(days=1)


class DirectoryStore:
    """A store on a file system; several processes of one machine may use it at a time."""

    failures: tuple[type[Exception], ...] = (OSError,)

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self._settled: set[Path] = set()

    def prepare(self) -> None:
        with _disk("The directory of the store cannot be made"):
            temporary = self.root / _TEMPORARY
            temporary.mkdir(parents=True, exist_ok=True)
            _sync(self.root.parent)
            _sync(self.root)
            for left in temporary.iterdir():
                if _age(left.stat()) > _LEFT_OVER:
                    left.unlink(missing_ok=True)

    def check(self) -> None:
        probe = os.urandom(64)
        with (
            _disk("Nothing can be written"),
            tempfile.NamedTemporaryFile(dir=self.root / _TEMPORARY) as file,
        ):
            file.write(probe)
            file.flush()
            os.fsync(file.fileno())
            if Path(file.name).read_bytes() != probe:
                raise DigestMismatch(f"{self.root} does not give back what was written.")

    def put(self, stream: BinaryIO, *, limit: int) -> Stored:
        with _disk("The object cannot be stored"):
            descriptor, name = tempfile.mkstemp(dir=self.root / _TEMPORARY)
        temporary = Path(name)
        try:
            with _written(descriptor) as target:
                sha256, size = copy_hashing(stream, target, limit=limit)
                with _disk("The object cannot be stored"):
                    target.flush()
                    os.fchmod(target.fileno(), _READ_ONLY)
                    os.fsync(target.fileno())
            with _disk("The object cannot be stored"):
                self._publish(temporary, sha256, size)
        finally:
            with _disk("The temporary file cannot be removed"):
                temporary.unlink(missing_ok=True)
        return Stored(sha256=sha256, size=size)

    def put_bytes(self, data: bytes) -> Stored:
        return self.put(BytesIO(data), limit=len(data))

    def open(self, sha256: str) -> Reading:
        if not self.exists(sha256):
            raise _no_such(sha256)
        with _disk("The object cannot be read"):
            file = self._path(sha256).open("rb")
            return Reading(file, sha256=sha256, size=os.fstat(file.fileno()).st_size)

    def read(self, sha256: str) -> bytes:
        with self.open(sha256) as reading:
            return reading.read()

    def exists(self, sha256: str) -> bool:
        with _disk("The store cannot be read"):
            if not self.root.is_dir():
                raise StoreUnavailable(f"{self.root} is not there.")
            return is_digest(sha256) and self._path(sha256).is_file()

    @contextmanager
    def local_copy(self, sha256: str) -> Iterator[Path]:
        with self.open(sha256) as reading:
            for _ in reading:
                pass
        yield self._path(sha256)

    def delete(self, sha256: str, *, min_age: timedelta = MIN_AGE) -> None:
        with self._locked(fcntl.LOCK_EX), _disk("The object cannot be deleted"):
            if not self.exists(sha256):
                raise _no_such(sha256)
            path = self._path(sha256)
            if _age(path.stat()) < min_age:
                raise TooYoung(f"{sha256} was put less than {min_age} ago.")
            if self._kept(sha256, "hold").exists() or self._until(sha256) > datetime.now(UTC):
                raise Held(f"{sha256} is under retention or a legal hold.")
            path.unlink()
            _sync(path.parent)

    def iterate(self) -> Iterator[Listed]:
        with _disk("The store cannot be listed"):
            folders = sorted(p for p in self.root.iterdir() if len(p.name) == 2 and p.is_dir())
        for folder in folders:
            with _disk("The store cannot be listed"):
                files = sorted(p for p in folder.iterdir() if is_digest(p.name))
                found = [(path.name, path.stat()) for path in files]
            for name, status in found:
                stored_at = datetime.fromtimestamp(status.st_mtime, UTC)
                yield Listed(sha256=name, size=status.st_size, stored_at=stored_at)

    def retain(self, sha256: str, *, until: datetime) -> None:
        self._require(sha256)
        with self._locked(fcntl.LOCK_EX), _disk("The retention cannot be noted"):
            if until > self._until(sha256):
                self._note(self._kept(sha256, "until"), until.astimezone(UTC).isoformat())

    def hold(self, sha256: str) -> None:
        self._require(sha256)
        with self._locked(fcntl.LOCK_EX), _disk("The hold cannot be noted"):
            self._note(self._kept(sha256, "hold"), "")

    def release(self, sha256: str) -> None:
        self._require(sha256)
        with self._locked(fcntl.LOCK_EX), _disk("The hold cannot be taken away"):
            self._kept(sha256, "hold").unlink(missing_ok=True)

    def probe(self) -> tuple[Promise, ...]:
        canary = os.urandom(64)
        sha256 = self.put_bytes(canary).sha256
        try:
            unchanged = self.read(sha256) == canary
            until = datetime.now(UTC) + timedelta(days=1)
            self.retain(sha256, until=until)
            retained = not self._is_deleted(sha256)
            self.retain(sha256, until=until - timedelta(hours=20))
            unshortened = self._until(sha256) == until
            self._kept(sha256, "until").unlink()
            self.hold(sha256)
            held = not self._is_deleted(sha256)
        except (DigestMismatch, NoSuchObject):
            return (Promise("unchanged", False, "the canary did not come back as it went in"),)
        finally:
            for path in (*map(self._kept, (sha256,) * 2, ("until", "hold")), self._path(sha256)):
                path.unlink(missing_ok=True)
        return (
            Promise("unchanged", unchanged),
            Promise("retention", retained, "kept by Docflow, not by the disk"),
            Promise("shortening", unshortened),
            Promise("hold", held, "kept by Docflow, not by the disk"),
        )

    def put_as(self, name: str, file: BinaryIO, *, size: int) -> None:
        with _disk("The object cannot be stored"):
            descriptor, place = tempfile.mkstemp(dir=self.root / _TEMPORARY)
            temporary = Path(place)
            try:
                with os.fdopen(descriptor, "wb") as target:
                    shutil.copyfileobj(file, target)
                    target.flush()
                    os.fchmod(target.fileno(), _READ_ONLY)
                    os.fsync(target.fileno())
                path = self._path(name)
                with self._locked(fcntl.LOCK_SH):
                    self._settle(path.parent)
                    temporary.replace(path)
                    _sync(path.parent)
            finally:
                temporary.unlink(missing_ok=True)

    def open_raw(self, name: str) -> tuple[BinaryIO, int]:
        if not self.exists(name):
            raise _no_such(name)
        with _disk("The object cannot be read"):
            file = self._path(name).open("rb")
            return file, os.fstat(file.fileno()).st_size

    def touch(self, name: str, *, size: int) -> bool:
        with self._locked(fcntl.LOCK_SH), _disk("The object cannot be stored"):
            path = self._path(name)
            if not path.exists() or path.stat().st_size != size:
                return False
            os.utime(path)
            _sync(path.parent)
            return True

    def _is_deleted(self, sha256: str) -> bool:
        try:
            self.delete(sha256, min_age=timedelta(0))
        except Held:
            return False
        return True

    def _require(self, sha256: str) -> None:
        if not self.exists(sha256):
            raise _no_such(sha256)

    def _kept(self, sha256: str, what: str) -> Path:
        return self.root / _KEPT / f"{sha256}.{what}"

    def _until(self, sha256: str) -> datetime:
        try:
            return datetime.fromisoformat(self._kept(sha256, "until").read_text())
        except FileNotFoundError:
            return datetime.fromtimestamp(0, UTC)

    def _note(self, path: Path, said: str) -> None:
        path.parent.mkdir(exist_ok=True)
        fresh = path.with_name(path.name + ".new")
        with fresh.open("w") as file:
            file.write(said)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        _sync(path.parent)

    def _publish(self, temporary: Path, sha256: str, size: int) -> None:
        path = self._path(sha256)
        with self._locked(fcntl.LOCK_SH):
            self._settle(path.parent)
            if path.exists() and path.stat().st_size == size:
                # The first writer may not have synced the directory yet: we answer only after it.
                os.utime(path)
            else:
                temporary.replace(path)
            _sync(path.parent)

    def _settle(self, folder: Path) -> None:
        """Make `folder` durable. One that another process made may not be so yet."""
        if folder not in self._settled or not folder.is_dir():
            folder.mkdir(exist_ok=True)
            _sync(self.root)
            self._settled.add(folder)

    def _path(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        with _disk("The lock of the store cannot be taken"):
            descriptor = os.open(self.root / _LOCK, os.O_RDWR | os.O_CREAT, 0o660)
        try:
            fcntl.flock(descriptor, how)
            yield
        finally:
            os.close(descriptor)


def _no_such(sha256: str) -> NoSuchObject:
    return NoSuchObject(f"No object has the digest {sha256[:80]!r}.")


@contextmanager
def _disk(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise StoreUnavailable(f"{what}: {exc}") from exc


@contextmanager
def _written(descriptor: int) -> Iterator[BinaryIO]:
    """The file to write in; closing it tries once more what the disk had no room for."""
    target = os.fdopen(descriptor, "wb")
    try:
        yield target
    finally:
        with _disk("The object cannot be stored"):
            target.close()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _age(status: os.stat_result) -> timedelta:
    return timedelta(seconds=time.time() - status.st_mtime)
