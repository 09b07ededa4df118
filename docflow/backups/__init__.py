"""Backups: database and objects of one moment, incremental, verified, and put back."""

from docflow.backups import scheduled
from docflow.backups.errors import (
    BackupDamaged,
    BackupPlaceUnusable,
    BackupProgramMissing,
    BackupRunning,
    BackupTooNew,
    DumpFailed,
    NoSuchBackup,
    OtherInstallation,
    PlaceNotEmpty,
)
from docflow.backups.making import Outcome, age, latest, make
from docflow.backups.models import Backup, BackupState
from docflow.backups.place import Manifest
from docflow.backups.restoring import Restored, all_backups, check, chosen, restore

__all__ = [
    "Backup",
    "BackupDamaged",
    "BackupPlaceUnusable",
    "BackupProgramMissing",
    "BackupRunning",
    "BackupState",
    "BackupTooNew",
    "DumpFailed",
    "Manifest",
    "NoSuchBackup",
    "OtherInstallation",
    "Outcome",
    "PlaceNotEmpty",
    "Restored",
    "age",
    "all_backups",
    "check",
    "chosen",
    "latest",
    "make",
    "restore",
    "scheduled",
]
