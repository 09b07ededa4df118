"""The commands of the register of residents."""

from pathlib import Path
from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import ActAs, AsJson, Data

residents = typer.Typer(
    help="The register of residents, for certificates that issue themselves.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(residents, name="residents")

Table = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True)]


@residents.command("import")
def take(
    file: Table,
    removal_is_meant: Annotated[
        bool, typer.Option("--whole", help="The list is whole: remove who is missing in it.")
    ] = False,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Let the list in a CSV or XLSX file hold from now on (--as an administrator)."""
    run(
        "residing",
        "take",
        data,
        file=file,
        removal_is_meant=removal_is_meant,
        acting_as=acting_as,
        as_json=as_json,
    )


@residents.command("lists")
def lists(acting_as: ActAs = None, as_json: AsJson = False, data: Data = None) -> None:
    """Name the lists that were given, the newest first."""
    run("residing", "lists", data, acting_as=acting_as, as_json=as_json)
