"""The commands for backups and the state of the installation."""

from pathlib import Path
from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import AsJson, Data

Directory = Annotated[Path, typer.Argument(metavar="DIRECTORY", file_okay=False)]


@app.command()
def backup(
    directory: Directory,
    keep: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Remove all but the newest N backups.")
    ] = None,
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Put the keys beside it. Guard it like them.")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Make a backup of database and files, while everybody works.

    Files that an earlier backup in the directory holds are not copied again.
    """
    run(
        "backing_up",
        "backup",
        data,
        directory=directory,
        keep=keep,
        with_keys=with_keys,
        as_json=as_json,
    )


@app.command()
def backups(
    directory: Directory,
    check: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Compare every byte of this one (or “newest”)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the backups of a directory, or check one."""
    run("backing_up", "list_backups", None, directory=directory, check=check, as_json=as_json)


@app.command()
def restore(
    directory: Directory,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which one; the newest without it.")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup back into an empty database and an empty store, and check all of it.

    On one machine: docflow up --data NEW --restore DIRECTORY.
    """
    run("backing_up", "restore", data, directory=directory, name=name, as_json=as_json)


@app.command()
def state(data: Data = None, as_json: AsJson = False) -> None:
    """How the installation is: queues, log, backups, store. Exit code 1 where a limit is passed."""
    run("backing_up", "show_state", data, as_json=as_json)
