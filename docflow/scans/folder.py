"""Watched folders: what a scanner writes there becomes batches.

A file is taken when it has not changed for some seconds and is whole; then its bytes are stored,
its batch is committed, and only then is it moved to `taken/` beside it. Whoever dies in between
finds the file again, and its digest says that the batch is there. A file that cannot be taken stays
where it is and is tried again later; the others do not wait for it.
"""

import logging
import os
import stat
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from docflow import documents, organization
from docflow.errors import DocflowError, Unavailable
from docflow.office import Office
from docflow.principal import system
from docflow.scans import intake
from docflow.scans.models import Source
from docflow.scans.wholeness import looks_whole

log = logging.getLogger(__name__)

TAKEN = "taken"
POLL_SECONDS = 2.0
_PATIENCE = 20  # times the settling time, for a file that looks cut off but may yet grow
_LONGEST_PAUSE = 3600.0  # seconds, for a file that cannot be taken
_NAMES_TO_TRY = 1000

_State = tuple[int, int, int, int]  # which file it is, and as of when


@dataclass(slots=True)
class _Seen:
    """A file as it was at a look, and since when it has been so."""

    state: _State
    since: float
    failures: int = 0
    not_before: float = 0.0


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
                    batch_id = self._tried(path)
                    if batch_id is not None:
                        taken.append(batch_id)
        for gone in set(self._seen) - present:
            del self._seen[gone]
        return taken

    def _is_settled(self, path: Path) -> bool:
        """Whether the file has been as it is for long enough, and is whole or given up on."""
        state = _state(path)
        if state is None:
            return False
        now, quiet = monotonic(), self.office.settings.scan_settle_seconds
        before = self._seen.get(path)
        if before is None or before.state != state:
            self._seen[path] = before = _Seen(state, now)
        waited = now - before.since
        if waited < quiet or now < before.not_before:
            return False
        return waited >= quiet * _PATIENCE or looks_whole(path)

    def _tried(self, path: Path) -> int | None:
        """Take the file; one that cannot be taken stays, and keeps no other from being taken."""
        seen = self._seen[path]
        try:
            return self._take(path, seen.state)
        except Unavailable:
            raise
        except (DocflowError, OSError) as error:
            # It may be large: each time it waits twice as long.
            pause = self.office.settings.scan_settle_seconds * _PATIENCE * 2**seen.failures
            seen.failures = min(seen.failures + 1, 20)
            seen.not_before = monotonic() + min(pause, _LONGEST_PAUSE)
            log.warning("%s cannot be taken now: %s", documents.clean_name(path.name), error)
            return None

    def _take(self, path: Path, before: _State) -> int | None:
        with self.office.db.read() as session:
            body = organization.first_body(session)
        if body is None:
            return None
        # The stream stays open until the file is moved: until then no other file has its inode.
        with path.open("rb") as stream:
            if _of(os.fstat(stream.fileno())) == before:
                by = system(body.id)
                result = intake.take(self.office, stream, path.name, source=Source.FOLDER, by=by)
                if _of(os.fstat(stream.fileno())) == before == _state(path):
                    return result.batch_id if self._put_aside(path, before, result) else None
        # It grew while it was read, or another file has its name by now. The batch that was made
        # of what was read stays: nothing is dropped; the file that is there becomes another when
        # it has settled, or is known by its digest.
        log.warning("%s changed while it was read", documents.clean_name(path.name))
        return None

    def _put_aside(self, path: Path, state: _State, result: intake.Taken) -> bool:
        """Move the file that was read, and note where the same one had been moved before.

        False where another file took its name at the last moment: that one is given back.
        """
        folder = path.parent / TAKEN
        folder.mkdir(exist_ok=True)
        number, name = f"{result.batch_id:07d}-", documents.clean_name(path.name)
        came_before = not result.is_new and any(folder.glob(f"{number}*"))
        moved = folder / f"{number}{name}"
        path.replace(moved)
        if _state(moved) != state:
            _give_back(moved, path)
            log.warning("%s was replaced while it was taken", name)
            return False
        _sync(folder)
        _sync(path.parent)
        del self._seen[path]
        log.info("%s is batch %d", name, result.batch_id)
        if came_before:  # only a note: a file that cannot be moved is not noted at each look
            with self.office.db.begin() as session:
                body = organization.first_body(session)
                assert body is not None  # it was there a moment ago, and is never deleted
                intake.came_again(session, result.batch_id, name=name, by=system(body.id))
        return True


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


def _of(status: os.stat_result) -> _State:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _state(path: Path) -> _State | None:
    """Which file has this name now; None where there is none."""
    try:
        return _of(path.lstat())
    except OSError:
        return None


def _give_back(moved: Path, path: Path) -> None:
    """Back where it came from, under a name that nobody else has taken meanwhile."""
    for number in range(1, _NAMES_TO_TRY):
        free = path if number == 1 else path.with_name(f"{number}-{path.name}")
        try:
            os.link(moved, free)  # unlike a renaming, never onto another file
        except FileExistsError:
            continue
        except OSError:  # a file system without links
            if free.exists():
                continue
            moved.rename(free)
            return
        moved.unlink()
        return
    raise FileExistsError(f"no free name for {moved.name}")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
