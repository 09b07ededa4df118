"""Watched folders: what a scanner writes there becomes batches.

A file is taken when it has not changed for some seconds and is whole; then its bytes are stored,
its batch is committed, and only then is it moved to `taken/` beside it. Whoever dies in between
finds the file again, and its digest says that the batch is there.
"""

import logging
import os
import stat
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from docflow import organization
from docflow.errors import Unavailable
from docflow.office import Office
from docflow.principal import system
from docflow.scans import intake
from docflow.scans.models import Source
from docflow.scans.wholeness import looks_whole

log = logging.getLogger(__name__)

TAKEN = "taken"
POLL_SECONDS = 2.0
_PATIENCE = 20  # times the settling time, for a file that looks cut off but may yet grow


@dataclass(slots=True)
class _Seen:
    """A file as it was at a look, and since when it has been so."""

    size: int
    changed_at: int
    since: float


@dataclass
class Watcher:
    """Looks into folders; remembers what it saw there."""

    office: Office
    folders: Sequence[Path]
    _seen: dict[Path, _Seen] = field(default_factory=dict)

    def look(self) -> list[int]:
        """One look into every folder; the ids of the batches that were taken, known ones too.

        Raises Unavailable where database or store are away: the files wait.
        """
        taken = []
        present: set[Path] = set()
        for folder in self.folders:
            for path in _files(folder):
                present.add(path)
                if self._is_settled(path):
                    batch_id = self._take(path)
                    if batch_id is not None:
                        taken.append(batch_id)
        for gone in set(self._seen) - present:
            del self._seen[gone]
        return taken

    def _is_settled(self, path: Path) -> bool:
        """Whether the file has been as it is for long enough, and is whole or given up on."""
        try:
            status = path.stat()
        except OSError:
            return False
        now, quiet = time.monotonic(), self.office.settings.scan_settle_seconds
        before = self._seen.get(path)
        if before is None or (before.size, before.changed_at) != (
            status.st_size,
            status.st_mtime_ns,
        ):
            self._seen[path] = before = _Seen(status.st_size, status.st_mtime_ns, now)
        waited = now - before.since
        if waited < quiet:
            return False
        return waited >= quiet * _PATIENCE or looks_whole(path)

    def _take(self, path: Path) -> int | None:
        before = self._seen[path]
        with self.office.db.read() as session:
            body = organization.first_body(session)
        if body is None:
            return None
        by = system(body.id)
        try:
            with path.open("rb") as stream:
                result = intake.take(self.office, stream, path.name, source=Source.FOLDER, by=by)
                status = os.fstat(stream.fileno())
        except OSError as error:
            log.warning("%s cannot be read now: %s", path.name, error)
            return None
        if (status.st_size, status.st_mtime_ns) != (before.size, before.changed_at):
            # It grew while it was read. The batch that was made of its beginning stays: nothing
            # is dropped; the whole file becomes another when it has settled.
            log.warning("%s changed while it was read", path.name)
            return None
        self._put_aside(path, result)
        return result.batch_id

    def _put_aside(self, path: Path, result: intake.Taken) -> None:
        """Move the file, and note where the same one had been moved before."""
        folder = path.parent / TAKEN
        folder.mkdir(exist_ok=True)
        number = f"{result.batch_id:07d}-"
        came_before = not result.is_new and any(folder.glob(f"{number}*"))
        if came_before:
            with self.office.db.begin() as session:
                body = organization.first_body(session)
                assert body is not None  # it was there a moment ago, and is never deleted
                intake.came_again(session, result.batch_id, name=path.name, by=system(body.id))
        path.replace(folder / f"{number}{path.name}")
        _sync(folder)
        _sync(path.parent)
        del self._seen[path]
        log.info("%s is batch %d", path.name, result.batch_id)


def watch(office: Office, folders: Sequence[Path], *, stop: threading.Event) -> None:
    """Look again and again until `stop` is set. A folder that is away is looked for again."""
    watcher = Watcher(office, folders)
    while not stop.is_set():
        try:
            watcher.look()
        except Unavailable as error:
            log.warning("scans wait in their folder: %s", error)
        stop.wait(POLL_SECONDS)


def _files(folder: Path) -> list[Path]:
    """The plain files of the folder, the oldest first; no links, nothing hidden or unfinished."""
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                hidden = entry.name.startswith((".", "~")) or entry.name.endswith(
                    (".part", ".tmp", ".filepart", ".crdownload")
                )
                if not hidden and stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
                    found.append((entry.stat().st_mtime_ns, Path(entry.path)))
    except OSError as error:
        log.warning("the folder %s cannot be read: %s", folder.name, error)
        return []
    return [path for _, path in sorted(found)]


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
