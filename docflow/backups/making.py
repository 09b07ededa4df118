"""Making a backup while everybody works.

One snapshot of the database gives both the dump and the list of the objects that its rows name.
Bytes are stored before the rows that name them, so every object of the list was there at that
moment; they are copied after it, each only once over all backups of a place.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Self, cast

from sqlalchemy import select, text
from sqlalchemy.orm import Session

import storage
from docflow import __version__, audit, clock, custody, documents, organization, principal
from docflow.backups import dumping
from docflow.backups.errors import OtherInstallation
from docflow.backups.models import Backup, BackupState
from docflow.backups.place import Kept, Manifest, Place, flush, sha256_of, unusable
from docflow.errors import DocflowError
from docflow.i18n import t
from docflow.object_keys import ObjectKey, ObjectKeyShare
from docflow.office import Office

Progress = Callable[[int, int], None]
NO_KEYS: tuple[Path, ...] = ()
_STEP = 5000
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """A backup that was made; `forgotten` are the older ones that it made superfluous."""

    manifest: Manifest
    new_objects: int
    new_bytes: int
    forgotten: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return not self.manifest.missing


def make(
    office: Office,
    directory: Path,
    *,
    keep: int | None = None,
    keys: Sequence[Path] = NO_KEYS,
    progress: Progress | None = None,
) -> Outcome:
    """Make a backup in `directory`, and keep only the newest `keep` of them.

    `keys` are files and directories to be put beside it: with them whoever has the backup has
    everything. Objects that cannot be read are named in the manifest; the rest is saved. Raises
    BackupPlaceUnusable, BackupRunning, OtherInstallation, BackupProgramMissing, DumpFailed.
    """
    place = Place(directory)
    name = f"{clock.now():%Y-%m-%dT%H%M%SZ}"
    with office.db.begin() as session:
        row = Backup(place=str(directory), name=name)
        session.add(row)
        session.flush()
        backup_id = row.id
    try:
        with place.locked():
            outcome = _make(office, place, name, keys, progress)
            if keep is not None and outcome.is_whole:
                # Beside one that lacks something the older ones stay: they may hold it.
                outcome = replace(outcome, forgotten=tuple(place.forget(keep)))
    except OSError as error:
        failure: DocflowError = unusable(directory, error)
        _end(office, backup_id, BackupState.FAILED, str(failure))
        raise failure from error
    except DocflowError as failure:
        _end(office, backup_id, BackupState.FAILED, str(failure))
        raise
    state = BackupState.DONE if outcome.is_whole else BackupState.INCOMPLETE
    _end(office, backup_id, state, None if outcome.is_whole else _said(outcome), outcome)
    return outcome


def _make(
    office: Office, place: Place, name: str, keys: Sequence[Path], progress: Progress | None
) -> Outcome:
    known = _known(place, office)
    before = {kept.name: kept for kept in known.values()}
    made = place.begin(name)
    dumped, listed = made / "database.dump", made / "objects.txt"
    with office.db.read() as session:
        snapshot = session.scalar(text("SELECT pg_export_snapshot()"))
        assert snapshot is not None
        revision = session.scalar(text("SELECT version_num FROM alembic_version"))
        heads, origins = _heads(session)
        wanted = _named(session)
        marks = _key_marks(session)
        dumping.dump(
            office.settings.database_url.get_secret_value(),
            dumped,
            snapshot=snapshot,
            programs=office.settings.postgres_programs,
        )
    dumping.contents(dumped, programs=office.settings.postgres_programs)
    flush(dumped)
    missing, fresh, fresh_bytes = [], 0, 0
    with listed.open("w") as lines:
        for done, digest in enumerate(wanted, start=1):
            kept = known.get((digest, marks.get(digest, "")))
            if kept is None or not place.object_path(kept.sha256).exists():
                taken = _take(office, place, digest, marks.get(digest, ""))
                older = before.get(digest)
                if taken is not None:
                    kept, is_new = taken
                    fresh, fresh_bytes = fresh + is_new, fresh_bytes + kept.size * is_new
                elif older is not None and place.holds(older):
                    kept = older  # the store lost it since; this backup need not
                else:
                    missing.append(digest)
                    continue
            lines.write(f"{kept.name} {kept.sha256} {kept.size} {kept.key}".rstrip() + "\n")
            if progress:
                progress(done, len(wanted))
    flush(listed)
    _put_keys(keys, made / "keys")
    missing = _still_needed(office, missing)
    database_sha256, size = sha256_of(dumped)
    manifest = Manifest(
        name=name,
        made_at=clock.now().isoformat(),
        version=__version__,
        revision=str(revision),
        origins=origins,
        heads=heads,
        database_sha256=database_sha256,
        database_size=size,
        objects=len(wanted) - len(missing),
        objects_sha256=sha256_of(listed)[0],
        missing=tuple(missing),
    )
    place.finish(made, manifest)
    return Outcome(manifest, fresh, fresh_bytes, ())


def _known(place: Place, office: Office) -> dict[tuple[str, str], Kept]:
    """What the newest backup here holds. Raises OtherInstallation."""
    names = place.names()
    if not names:
        return {}
    with office.db.read() as session:
        _, origins = _heads(session)
    theirs = place.manifest(names[-1]).origins
    if theirs and origins and not set(theirs) & set(origins):
        raise OtherInstallation(
            t(
                "{place} holds backups of another installation ({origins}). Give another "
                "directory.",
                place=str(place.directory),
                origins=", ".join(theirs),
            )
        )
    return {(kept.name, kept.key): kept for kept in place.kept(names[-1])}


def _heads(session: Session) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The newest signed head of each body's log, and the logs' names."""
    found = [audit.latest(session, body.id) for body in organization.bodies(session)]
    notes = tuple(head.note for head in found if head is not None)
    return notes, tuple(note.splitlines()[0] for note in notes)


def _named(session: Session) -> list[str]:
    wanted: list[str] = []
    while part := custody.references.needed(
        session, after=wanted[-1] if wanted else "", limit=_STEP
    ):
        wanted += part
    return wanted


def _key_marks(session: Session) -> dict[str, str]:
    """A mark of each object's key: encrypted anew, the same object lies there in other bytes."""
    marks: dict[str, str] = {}
    for table in (ObjectKeyShare, ObjectKey):  # any of them opens the bytes; the first row counts
        rows = session.execute(
            select(table.digest, table.wrapped)
            .where(table.wrapped.is_not(None))
            .order_by(table.digest, table.body_id.desc())
        )
        marks |= {
            digest: hashlib.sha256(wrapped or b"").hexdigest()[:16] for digest, wrapped in rows
        }
    return marks


def _take(office: Office, place: Place, digest: str, mark: str) -> tuple[Kept, bool] | None:
    """Copy an object as it lies in the store; None where it is missing or not what it was."""
    try:
        # Encrypted bytes are read once in plain first: a copy of what was altered helps nobody.
        with office.store.open(digest) as plain:
            for _ in plain if mark else ():
                pass
        source = _sealed(office.store, digest) if mark else None
        with source or office.store.open(digest) as given:
            sha256, size, is_new = place.take(cast(BinaryIO, given))
    except (storage.NoSuchObject, storage.DigestMismatch):
        return None
    except storage.StorageError as error:
        raise documents.store_unavailable() from error
    return Kept(digest, sha256, size, mark if source else ""), is_new


class _Sealed:
    """Encrypted bytes being copied; a store that fails is not taken for the backup's disk."""

    def __init__(self, source: BinaryIO, failures: tuple[type[Exception], ...]) -> None:
        self._source, self._failures = source, failures

    def read(self, size: int = -1, /) -> bytes:
        try:
            return self._source.read(size)
        except self._failures as error:
            raise storage.StoreUnavailable(f"An object cannot be read on: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._source.close()


def _sealed(store: storage.Store, digest: str) -> _Sealed | None:
    """The object as it lies there encrypted; None where it lies there in plain bytes."""
    if not isinstance(store, storage.SealedStore):
        return None
    source = store.open_sealed(digest)
    return None if source is None else _Sealed(source, store.inner.failures)


def _still_needed(office: Office, missing: Sequence[str]) -> list[str]:
    """An object may have been erased while we copied: then no row needs it any more."""
    if not missing:
        return []
    with office.db.read() as session:
        now = set(_named(session))
    return [digest for digest in missing if digest in now]


def _put_keys(keys: Sequence[Path], target: Path) -> None:
    for path in keys:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                copy = target / file.relative_to(path.parent)
                copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                copy.touch(mode=0o600)
                copy.write_bytes(file.read_bytes())
                flush(copy)


def _said(outcome: Outcome) -> str:
    missing = outcome.manifest.missing
    return str(
        t(
            "{n} objects are missing in the store or were altered: {names}",
            n=len(missing),
            names=", ".join(missing[:_SHOWN]),
        )
    )


def _end(
    office: Office,
    backup_id: int,
    state: BackupState,
    problem: str | None,
    outcome: Outcome | None = None,
) -> None:
    with office.db.begin() as session:
        row = session.get_one(Backup, backup_id)
        row.state, row.problem, row.finished_at = state, problem, clock.now()
        if outcome is None:
            return
        row.database_size = outcome.manifest.database_size
        row.objects = outcome.manifest.objects
        row.new_objects, row.new_bytes = outcome.new_objects, outcome.new_bytes
        for body in organization.bodies(session):
            audit.record(
                session,
                "backup.made",
                by=principal.system(body.id),
                subject=("backup", backup_id),
                database=outcome.manifest.database_sha256,
                objects=outcome.manifest.objects_sha256,
                missing=len(outcome.manifest.missing),
            )


def latest(session: Session, *states: BackupState) -> Backup | None:
    """The newest backup that was begun; of those in one of these states, if any are named."""
    query = select(Backup).order_by(Backup.id.desc()).limit(1)
    return session.scalar(query.where(Backup.state.in_(states)) if states else query)


def age(backup: Backup) -> timedelta:
    """How long ago the backup was begun: what was written since is not in it."""
    return clock.now() - backup.started_at
