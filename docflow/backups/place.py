"""The directory that backups lie in, and how it looks to an auditor without this program.

    objects/ab/abcdef…            the bytes of all backups, each once, under their SHA-256
    2026-11-22T070533Z/           one backup: whole as soon as it has this name
        manifest.json             what it is (see `Manifest`)
        database.dump             pg_dump, custom format
        objects.txt               a line an object: name in the store, SHA-256 of the bytes that lie
                                  here, their size, mark of the key (where objects are encrypted)
        keys/                     only where asked for

Nothing is ever overwritten; what is written is flushed to the disk before it gets its name.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from docflow.backups.errors import (
    BackupDamaged,
    BackupPlaceUnusable,
    BackupRunning,
    NoSuchBackup,
)
from docflow.i18n import t

FORM = 1  # of the layout; a later one gets the next number
_CHUNK = 1024 * 1024
_UNFINISHED = ".unfinished"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is.

    `revision` is the schema's; `heads` are the signed heads of the logs in it (C2SP notes), so that
    nobody can put something else in its place; `missing` objects could not be saved.
    """

    name: str
    made_at: str
    version: str
    revision: str
    origins: tuple[str, ...]
    heads: tuple[str, ...]
    database_sha256: str
    database_size: int
    objects: int
    objects_sha256: str
    missing: tuple[str, ...]
    form: int = FORM


@dataclass(frozen=True, slots=True)
class Kept:
    """An object in a backup. `key` is empty where the object is not encrypted."""

    name: str
    sha256: str
    size: int
    key: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A directory of backups."""

    directory: Path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone in it, and it can be written. Raises BackupRunning, BackupPlaceUnusable."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self.directory / "objects").mkdir(exist_ok=True)
            descriptor = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise unusable(self.directory, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BackupRunning(
                t("Another backup into {place} is under way.", place=str(self.directory))
            ) from error
        try:
            yield
        finally:
            os.close(descriptor)

    def names(self) -> list[str]:
        """The whole backups that are here, the oldest first."""
        return sorted(path.parent.name for path in self.directory.glob("2*Z/manifest.json"))

    def manifest(self, name: str) -> Manifest:
        """Raises NoSuchBackup, BackupDamaged."""
        try:
            said = json.loads((self.directory / name / "manifest.json").read_text())
            lists = {key: tuple(said[key]) for key in ("origins", "heads", "missing")}
            return Manifest(**{**said, **lists})
        except FileNotFoundError as error:
            raise NoSuchBackup(
                t("There is no backup {name} in {place}.", name=name, place=str(self.directory))
            ) from error
        except (ValueError, TypeError, KeyError) as error:
            raise damaged(name, "manifest.json") from error

    def kept(self, name: str) -> Iterator[Kept]:
        """The objects of a backup. Raises BackupDamaged."""
        try:
            with (self.directory / name / "objects.txt").open() as lines:
                for line in lines:
                    digest, sha256, size, *key = line.split()
                    yield Kept(digest, sha256, int(size), *key)
        except (OSError, ValueError, TypeError) as error:
            raise damaged(name, "objects.txt") from error

    def begin(self, name: str) -> Path:
        """An empty directory for a new backup; what a broken run left is cleared away."""
        for left in self.directory.glob(f"*{_UNFINISHED}"):
            shutil.rmtree(left)
        made = self.directory / (name + _UNFINISHED)
        made.mkdir(mode=0o700)
        return made

    def finish(self, made: Path, manifest: Manifest) -> None:
        """Write the manifest, and give the backup its name."""
        text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1)
        (made / "manifest.json").write_text(text + "\n")
        for path in (made / "manifest.json", made):
            flush(path)
        made.rename(self.directory / manifest.name)
        flush(self.directory)

    def object_path(self, sha256: str) -> Path:
        return self.directory / "objects" / sha256[:2] / sha256

    def holds(self, kept: Kept) -> bool:
        """Whether the object's bytes are here, unchanged."""
        path = self.object_path(kept.sha256)
        return path.exists() and sha256_of(path)[0] == kept.sha256

    def take(self, source: BinaryIO) -> tuple[str, int, bool]:
        """Keep what `source` gives: its SHA-256, its size, and whether it is new here."""
        passing = self.directory / "objects" / "incoming"
        digest, size = hashlib.sha256(), 0
        with passing.open("wb") as file:
            while piece := source.read(_CHUNK):
                digest.update(piece)
                size += file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        target = self.object_path(digest.hexdigest())
        if target.exists() and sha256_of(target)[0] == digest.hexdigest():
            passing.unlink()
            return digest.hexdigest(), size, False
        if not target.parent.exists():
            target.parent.mkdir()
            flush(target.parent.parent)
        passing.rename(target)
        flush(target.parent)
        return digest.hexdigest(), size, True

    def forget(self, keep: int) -> list[str]:
        """Remove all backups but the newest `keep`, and the objects that none of those needs."""
        gone = self.names()[:-keep]
        if not gone:
            return []
        needed = {kept.sha256 for name in self.names()[-keep:] for kept in self.kept(name)}
        for name in gone:
            shutil.rmtree(self.directory / name)
        for path in (self.directory / "objects").glob("??/*"):
            if path.name not in needed:
                path.unlink()
        return gone


def sha256_of(file: Path) -> tuple[str, int]:
    """Digest and size of a file."""
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest(), file.stat().st_size


def flush(path: Path) -> None:
    """Have the disk keep a file, or the names in a directory."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unusable(place: Path, error: OSError) -> BackupPlaceUnusable:
    return BackupPlaceUnusable(
        t(
            "The directory {place} cannot be used: {problem}. Give one that can be written and has "
            "room.",
            place=str(place),
            problem=error.strerror or str(error),
        )
    )


def unreadable(file: Path, error: OSError) -> BackupPlaceUnusable:
    return BackupPlaceUnusable(
        t(
            "The file {file} cannot be read: {problem}. Put it there, or take its setting away.",
            file=str(file),
            problem=error.strerror or str(error),
        )
    )


def damaged(name: str, what: str) -> BackupDamaged:
    return BackupDamaged(
        t(
            "The backup {name} was altered or is not whole: {what}. Take another one.",
            name=name,
            what=what,
        )
    )
