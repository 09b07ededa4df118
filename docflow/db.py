"""The database: one engine a process, one visible transaction a use case.

Only this module commits. `begin()` commits when its block ends and rolls back when it fails;
`read()` is PostgreSQL's own READ ONLY. A lost connection becomes `DatabaseUnavailable`, a deadlock
`TwoAtOnce`, and what a trigger refuses for a reason that people can mend becomes the error that
explains it (`explain`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar

import psycopg
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    Engine,
    MetaData,
    Text,
    create_engine,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session

from docflow.errors import DocflowError, Unavailable
from docflow.i18n import t


class Base(DeclarativeBase):
    """All tables; a `datetime` is an instant with zone, a `dict` is JSON, text has no length."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: BigInteger,
        str: Text,
        datetime: DateTime(timezone=True),
        date: Date,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """The column holds one of the enum's values (text with a CHECK: PostgreSQL enums age badly)."""
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=f"{column}_known")


_explained: dict[str, Callable[[], DocflowError]] = {}


def explain(constraint: str, error: Callable[[], DocflowError]) -> None:
    """Let what a trigger refuses in the name of `constraint` be told to people as this error."""
    _explained[constraint] = error


class DatabaseUnavailable(Unavailable):
    """The database does not answer."""


class OutcomeUnknown(DatabaseUnavailable):
    """The database went away at the last moment: what was to be saved may be there."""


class TwoAtOnce(Unavailable):
    """Two acts met in the database, and this one gave way."""


# The driver's own error comes from COPY, which SQLAlchemy does not see.
_AWAY = (OperationalError, PoolTimeout, psycopg.OperationalError)


class Database:
    """Connections to PostgreSQL for one process."""

    def __init__(self, url: str, *, pool: int = 5) -> None:
        self.engine: Engine = create_engine(
            url,
            pool_size=pool,
            max_overflow=0,
            pool_timeout=10,
            pool_pre_ping=True,
            hide_parameters=True,  # no personal data in tracebacks
            # A question of many joins is asked in milliseconds: to compile it takes longer.
            connect_args={"connect_timeout": 5, "options": "-c timezone=UTC -c jit=off"},
        )

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """One transaction: committed at the end of the block, rolled back by any exception.

        Raises OutcomeUnknown where the database went away while it committed.
        """
        is_written = False
        try:
            with (
                Session(self.engine, expire_on_commit=False) as session,
                session.begin(),
            ):
                yield session
                session.flush()
                is_written = True  # all that is left is to commit
        except _AWAY as error:
            raise _unavailable(error, is_written=is_written) from error
        except InternalError as error:
            if not _could_not_work(error):
                raise
            raise _unavailable(error, is_written=is_written) from error
        except IntegrityError as error:
            explained = _explained.get(_constraint(error) or "")
            if explained is None:
                raise
            raise explained() from error

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that PostgreSQL lets only read, of one moment of the database."""
        options = {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
        try:
            with (
                Session(self.engine, expire_on_commit=False) as session,
                session.begin(),
            ):
                session.connection(execution_options=options)
                yield session
        except _AWAY as error:
            raise _unavailable(error) from error
        except InternalError as error:
            if not _could_not_work(error):
                raise
            raise _unavailable(error) from error

    def dispose(self) -> None:
        self.engine.dispose()


def _constraint(error: IntegrityError) -> str | None:
    return error.orig.diag.constraint_name if isinstance(error.orig, psycopg.Error) else None


def _could_not_work(error: InternalError) -> bool:
    """Whether PostgreSQL itself failed (XX000): it says so where its log finds no room on the disk,
    also while it commits. What a statement did wrong has a code of its own.
    """
    return isinstance(error.orig, psycopg.Error) and error.orig.sqlstate == "XX000"


def _unavailable(error: Exception, *, is_written: bool = False) -> Unavailable:
    orig = error.orig if isinstance(error, OperationalError) else error
    if isinstance(orig, psycopg.errors.DeadlockDetected | psycopg.errors.SerializationFailure):
        return TwoAtOnce(
            t("Somebody else did the same just now. Nothing was saved; please try again.")
        )
    if is_written:
        return OutcomeUnknown(
            t(
                "The database went away at the last moment, so that we cannot say whether this was "
                "saved. Look whether it is there before you do it again. A registration is not "
                "made twice where the same form is sent once more."
            )
        )
    return DatabaseUnavailable(
        t("The database does not answer. Nothing was saved; please try again in a minute.")
    )
