"""Putting a backup back: into an empty place only, brought to the code's version, and verified.

Nothing is taken for granted: the digests of the dump and of every object are compared, and the
whole trail is checked against the signed heads that the backup carries.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

import storage
from docflow import audit, documents, migrations, organization, principal
from docflow.backups import dumping
from docflow.backups.errors import BackupTooNew, NoSuchBackup, PlaceNotEmpty
from docflow.backups.place import Manifest, Place, damaged, sha256_of, unreadable
from docflow.db import DatabaseUnavailable
from docflow.i18n import t
from docflow.office import Office, open_office
from docflow.settings import Settings

Step = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that was put back, and what the check of the whole trail found in it."""

    manifest: Manifest
    migrated_from: str | None
    verification: audit.Verification

    @property
    def is_sound(self) -> bool:
        return self.verification.is_sound and not self.manifest.missing


def chosen(directory: Path, name: str | None = None) -> Manifest:
    """The backup of this name, the newest without one. Raises NoSuchBackup, BackupDamaged."""
    place = Place(directory)
    names = place.names()
    if not names:
        raise NoSuchBackup(t("There is no backup in {place}.", place=str(directory)))
    return place.manifest(name or names[-1])


def check(directory: Path, manifest: Manifest, *, step: Step | None = None) -> None:
    """Compare every byte of a backup with its manifest. Raises BackupDamaged."""
    place = Place(directory)
    folder = directory / manifest.name
    if sha256_of(folder / "database.dump")[0] != manifest.database_sha256:
        raise damaged(manifest.name, "database.dump")
    if sha256_of(folder / "objects.txt")[0] != manifest.objects_sha256:
        raise damaged(manifest.name, "objects.txt")
    for done, kept in enumerate(place.kept(manifest.name), start=1):
        path = place.object_path(kept.sha256)
        if not path.exists() or sha256_of(path)[0] != kept.sha256:
            raise damaged(manifest.name, str(path.relative_to(directory)))
        if step:
            step("check", done, manifest.objects)


def restore(
    settings: Settings, directory: Path, *, name: str | None = None, step: Step | None = None
) -> Restored:
    """Put a backup back as the owner of the schema, and check all of it.

    Raises NoSuchBackup, BackupDamaged, BackupTooNew, BackupPlaceUnusable (the file of a setting is
    missing) and PlaceNotEmpty before anything is written; DumpFailed and StoreUnavailable later,
    after which the place is cleared by hand and restored anew.
    """
    owner = settings.owner_database_url
    assert owner is not None  # the command line asks for it
    url = owner.get_secret_value()
    manifest = chosen(directory, name)
    known = migrations.revisions()
    if manifest.revision not in known:
        raise BackupTooNew(
            t(
                "The backup {name} was made by version {version}, which is newer than this one. "
                "Install that version and restore there.",
                name=manifest.name,
                version=manifest.version,
            )
        )
    roots = _roots(settings)
    store = storage.open_store(settings.storage_url.get_secret_value())
    _require_empty(url, store)
    check(directory, manifest, step=step)
    _put_objects(store, Place(directory), manifest, step)
    dumping.restore(
        url, directory / manifest.name / "database.dump", programs=settings.postgres_programs
    )
    if manifest.revision != known[0]:
        migrations.upgrade(url)
    office = open_office(settings, pool=2)
    try:
        verification = _verified(office, manifest, roots, step)
        _note(office, manifest, verification)
    finally:
        office.db.dispose()
    is_older = manifest.revision != known[0]
    return Restored(manifest, manifest.revision if is_older else None, verification)


def _require_empty(url: str, store: storage.Store) -> None:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            tables = connection.scalar(
                text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
            )
    except OperationalError as error:
        raise DatabaseUnavailable(t("The database does not answer.")) from error
    finally:
        engine.dispose()
    try:
        store.prepare()
        has_objects = next(iter(store.iterate()), None) is not None
    except storage.StorageError as error:
        raise documents.store_unavailable() from error
    if tables or has_objects:
        raise PlaceNotEmpty(
            t(
                "There is something in the database or in the store already. A backup is restored "
                "into an empty place only: make a new database and a new store, and name them."
            )
        )


def _put_objects(store: storage.Store, place: Place, manifest: Manifest, step: Step | None) -> None:
    try:
        for done, kept in enumerate(place.kept(manifest.name), start=1):
            with place.object_path(kept.sha256).open("rb") as file:
                if kept.key:
                    # Encrypted: put as it lay there, under the digest of its plain bytes.
                    cast(storage.Raw, store).put_as(kept.name, file, size=kept.size)
                elif store.put(file, limit=kept.size).sha256 != kept.name:
                    raise damaged(manifest.name, kept.name)
            if step:
                step("objects", done, manifest.objects)
    except storage.StorageError as error:
        raise documents.store_unavailable() from error


def _roots(settings: Settings) -> list[bytes]:
    """The roots that timestamps are judged by; read before anything is written."""
    if settings.trust_roots is None:
        return []
    try:
        return [settings.trust_roots.read_bytes()]
    except OSError as error:
        raise unreadable(settings.trust_roots, error) from error


def _verified(
    office: Office, manifest: Manifest, roots: list[bytes], step: Step | None
) -> audit.Verification:
    with office.db.read() as session:
        return audit.verify(
            session,
            kept=manifest.heads,
            trust_roots=roots,
            progress=(lambda done, total: step("trail", done, total)) if step else None,
        )


def _note(office: Office, manifest: Manifest, verification: audit.Verification) -> None:
    """The trail says that the register stands here from a backup, and what was found."""
    with office.db.begin() as session:
        for body in organization.bodies(session):
            audit.record(
                session,
                "backup.restored",
                by=principal.system(body.id),
                subject=("backup", 0),
                name=manifest.name,
                made_at=manifest.made_at,
                database=manifest.database_sha256,
                is_sound=verification.is_sound,
                missing=len(manifest.missing),
            )


def all_backups(directory: Path) -> Iterator[Manifest]:
    """The backups of a directory, the oldest first. Raises BackupDamaged."""
    place = Place(directory)
    for name in place.names():
        yield place.manifest(name)
