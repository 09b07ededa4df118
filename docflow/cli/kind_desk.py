"""Commands for kinds of document, and for entries that wait for their description."""

from pathlib import Path
from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import ActAs, AsJson, Data

kinds = typer.Typer(
    help="Kinds of document with their fields.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(kinds, name="kinds")

Code = Annotated[str, typer.Argument(metavar="CODE")]


@kinds.command("list")
def listing(acting_as: ActAs = None, as_json: AsJson = False, data: Data = None) -> None:
    """Name the kinds, with those withdrawn."""
    run("kinding", "listing", data, acting_as=acting_as, as_json=as_json)


@kinds.command()
def define(
    code: Code,
    definition: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="JSON, see docs.")
    ],
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Define a kind from a file, or give it a new version (--as an administrator)."""
    run("kinding", "define", data, code=code, path=definition, acting_as=acting_as)


@kinds.command()
def retire(code: Code, acting_as: ActAs = None, data: Data = None) -> None:
    """Offer a kind no more; entries keep it."""
    run("kinding", "retire", data, code=code, acting_as=acting_as)


@app.command()
def undescribed(acting_as: ActAs = None, as_json: AsJson = False, data: Data = None) -> None:
    """List the entries that wait for their description, the oldest first."""
    run("kinding", "undescribed", data, acting_as=acting_as, as_json=as_json)
