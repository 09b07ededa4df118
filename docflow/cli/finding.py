"""Which installation a command means, and who acts in it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.orm import Session

from docflow import organization
from docflow.cli.failures import NoStack
from docflow.embedded.record import read_state
from docflow.embedded.state import settings_for
from docflow.i18n import t
from docflow.office import Office, open_office
from docflow.settings import PREFIX, Settings, load

_POINTS = f"{PREFIX}DATABASE_URL"
TECHNICAL_ACCOUNT = "cli"


def data_directory(given: Path | None) -> Path:
    """The directory of the embedded stack: as given, else DOCFLOW_DATA, else ./var."""
    return given or Path(os.environ.get(f"{PREFIX}DATA") or "var")


def settings(given: Path | None) -> Settings:
    """The settings of the installation.

    A directory given by hand goes before the environment, which goes before the stack on the
    usual directory. Raises NoStack, StackError, UnknownSetting, and pydantic's ValidationError.
    """
    in_environment = _POINTS in os.environ
    if in_environment and given is None:
        return load()
    data = data_directory(given)
    found = settings_for(data)
    if found is not None:
        return found
    if in_environment:
        return load()
    raise NoStack(
        t(
            "No stack runs on {data}. Start one with “docflow up”, or set DOCFLOW_DATABASE_URL.",
            data=str(data),
        )
    )


def export(given: Path | None) -> Settings:
    """The settings, also in the environment of this process, for the children that it makes."""
    found = settings(given)
    if given is not None or _POINTS not in os.environ:
        state = read_state(data_directory(given))
        if state is not None:
            os.environ.update(state.environment)
    return found


@contextmanager
def office(given: Path | None) -> Iterator[Office]:
    """Database and store of the installation, for the length of the block."""
    found = open_office(settings(given), pool=2)
    try:
        yield found
    finally:
        found.db.dispose()


def acting(session: Session, username: str | None) -> organization.Principal:
    """The person in whose name the command acts. Raises NoSuchUser."""
    return organization.principal_named(
        session, username or TECHNICAL_ACCOUNT, via=organization.Via.CLI
    )
