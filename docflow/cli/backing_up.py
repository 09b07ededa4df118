"""`docflow backup`, `backups`, `restore`, and `state`."""

from pathlib import Path

from docflow import backups, operation, tables
from docflow.cli import finding
from docflow.cli.failures import CannotDo
from docflow.cli.output import print_json, say, shown, warn
from docflow.cli.progress import Progress
from docflow.embedded.record import read_state
from docflow.i18n import t
from docflow.settings import Settings

__all__ = [
    "backup",
    "list_backups",
    "restore",
    "show_state",
    "tables",
]  # `tables`: every table and check

_STEPS = {
    "check": t("The backup is checked"),
    "objects": t("Files are put back"),
    "trail": t("The trail is checked"),
}


def backup(
    data: Path | None, *, directory: Path, keep: int | None, with_keys: bool, as_json: bool
) -> int:
    """Make a backup; 1 where objects were missing."""
    settings = finding.settings(data)
    keys = _keys(settings, data) if with_keys else []
    progress = None if as_json else Progress(t("Files are copied"))
    with finding.office(data) as office:
        outcome = backups.make(
            office, directory.absolute(), keep=keep, keys=keys, progress=progress
        )
    manifest = outcome.manifest
    if as_json:
        print_json(
            {
                "name": manifest.name,
                "whole": outcome.is_whole,
                "database_size": manifest.database_size,
                "objects": manifest.objects,
                "new_objects": outcome.new_objects,
                "new_bytes": outcome.new_bytes,
                "missing": list(manifest.missing),
                "forgotten": list(outcome.forgotten),
            }
        )
        return int(not outcome.is_whole)
    say(
        t(
            "Backup {name}: database {size} MB, {objects} files, {new} of them new ({mb} MB).",
            name=manifest.name,
            size=_mb(manifest.database_size),
            objects=manifest.objects,
            new=outcome.new_objects,
            mb=_mb(outcome.new_bytes),
        )
    )
    if keys:
        warn(t("The keys are in it: whoever has this backup can sign and read everything."))
    else:
        say(t("Keys are not in it; keep them elsewhere (docs/backup.md says which)."))
    for digest in manifest.missing:
        warn(t("missing or altered in the store: {digest}", digest=digest))
    return int(not outcome.is_whole)


def list_backups(_: Path | None, *, directory: Path, check: str | None, as_json: bool) -> int:
    """What backups a directory holds; `check` compares every byte of one."""
    if check is not None:
        manifest = backups.chosen(directory, None if check == "newest" else check)
        backups.check(directory, manifest, step=None if as_json else _Steps())
        if as_json:
            print_json({"name": manifest.name, "sound": True})
        else:
            say(t("The backup {name} is as it was made.", name=manifest.name))
        return 0
    found = list(backups.all_backups(directory))
    if as_json:
        print_json(
            [
                {
                    "name": one.name,
                    "version": one.version,
                    "database_size": one.database_size,
                    "objects": one.objects,
                    "missing": len(one.missing),
                }
                for one in found
            ]
        )
        return 0
    for one in found:
        say(
            t(
                "{name}  database {size} MB, {objects} files, {missing} missing",
                name=one.name,
                size=_mb(one.database_size),
                objects=one.objects,
                missing=len(one.missing),
            )
        )
    if not found:
        say(t("There is no backup in {place}.", place=str(directory)))
    return 0


def restore(data: Path | None, *, directory: Path, name: str | None, as_json: bool) -> int:
    """Put a backup back; 1 where the check of the trail finds something."""
    settings = finding.settings(data)
    if settings.owner_database_url is None:
        raise CannotDo(
            t("Set DOCFLOW_OWNER_DATABASE_URL: only the owner of the schema can change it.")
        )
    restored = backups.restore(settings, directory, name=name, step=None if as_json else _Steps())
    findings = restored.verification.findings
    if as_json:
        print_json(
            {
                "name": restored.manifest.name,
                "sound": restored.is_sound,
                "leaves": restored.verification.leaves,
                "missing": list(restored.manifest.missing),
                "findings": [found.detail for found in findings],
            }
        )
        return int(not restored.is_sound)
    if restored.migrated_from is not None:
        say(t("The schema was brought from {old} to this version.", old=restored.migrated_from))
    say(
        t(
            "The backup {name} of version {version} was put back: {leaves} events, {objects} "
            "files.",
            name=restored.manifest.name,
            version=restored.manifest.version,
            leaves=restored.verification.leaves,
            objects=restored.manifest.objects,
        )
    )
    for found in findings:
        warn(f"{found.what}: {found.detail}")
    for digest in restored.manifest.missing:
        warn(t("was missing when the backup was made: {digest}", digest=digest))
    if restored.is_sound:
        say(t("Nothing was altered."))
    return int(not restored.is_sound)


def show_state(data: Path | None, *, as_json: bool) -> int:
    """A line a queue, then log, backup and what is wrong; 1 where a limit is passed."""
    with finding.office(data) as office, office.db.read() as session:
        now = operation.state(session, office.settings)
    passed = list(operation.passed(now, office.settings))
    if as_json:
        print_json(
            {
                "queues": {queue.name: queue.open for queue in now.queues},
                "failed_jobs": now.failed_jobs,
                "waiting_events": now.waiting_events,
                "head_at": now.head_at and now.head_at.isoformat(),
                "backup": now.backup and now.backup.name,
                "whole_backup_at": now.whole_backup_at and now.whole_backup_at.isoformat(),
                "alarms": {name: str(what) for name, what in passed},
            }
        )
        return int(bool(passed))
    for queue in now.queues:
        say(t("Queue {name}: {n} open", name=queue.name, n=queue.open))
    zone = office.settings.zone
    none = t("not there yet")
    say(t("Failed jobs: {n}", n=now.failed_jobs))
    say(t("Signed head of the log: {when}", when=shown(now.head_at, zone) if now.head_at else none))
    whole = now.whole_backup_at
    say(t("Whole backup: {when}", when=shown(whole, zone) if whole else none))
    for _, what in passed:
        warn(what)
    if not passed:
        say(t("Everything is as it should be."))
    return int(bool(passed))


def _keys(settings: Settings, data: Path | None) -> list[Path]:
    """The files with keys: of the embedded stack all that it keeps, else what the settings name."""
    found = [settings.seal_key, settings.seal_keys, settings.store_keys, settings.trust_roots]
    found += [Path(one) for one in settings.log_keys]  # one in a token is no file
    directory = finding.data_directory(data).absolute()
    if read_state(directory) is not None:
        found = [directory / "secrets.json", directory / "pki", settings.store_keys]
    return [path for path in found if path is not None and path.exists()]


class _Steps:
    """Progress over several steps."""

    def __init__(self) -> None:
        self._progress = {name: Progress(title) for name, title in _STEPS.items()}

    def __call__(self, name: str, done: int, total: int) -> None:
        self._progress[name](done, total)


def _mb(size: int) -> str:
    return f"{size / 1_000_000:.1f}"
