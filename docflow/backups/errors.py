"""What can go wrong with backups, in words that say what to do."""

from docflow.errors import Conflict, Invalid, NotFound, Unavailable


class BackupPlaceUnusable(Unavailable):
    """The directory of the backups cannot be used."""


class BackupRunning(Conflict):
    """Another backup into the same directory is under way."""


class OtherInstallation(Conflict):
    """The directory holds backups of another installation."""


class BackupProgramMissing(Unavailable):
    """A program of PostgreSQL that backups need is missing."""


class DumpFailed(Unavailable):
    """PostgreSQL could not give out, or take in, its contents."""


class NoSuchBackup(NotFound):
    """There is no such backup."""


class BackupDamaged(Invalid):
    """The backup is not as it was made."""


class BackupTooNew(Conflict):
    """The backup was made by a newer version of the product."""


class PlaceNotEmpty(Conflict):
    """A backup is only restored into an empty database and an empty store."""
