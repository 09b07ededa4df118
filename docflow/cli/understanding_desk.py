"""Commands for what documents propose, and for what past entries teach."""

from pathlib import Path
from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import ActAs, AsJson, Data

learning = typer.Typer(
    help="Unit and kind of documents, learned from past entries.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(learning, name="learning")


@app.command()
def understand(
    source: Annotated[
        Path,
        typer.Argument(metavar="INPUT", exists=True, dir_okay=False, readable=True),
    ],
    languages: Annotated[str, typer.Option(help="Joined by a plus sign.")] = "ell+eng",
    as_json: AsJson = False,
) -> None:
    """Read a document, and print sender, number, date, subject and more as far as they are sure."""
    run(
        "understanding",
        "understand_file",
        None,
        source=source,
        languages=languages.split("+"),
        as_json=as_json,
    )


@learning.command("train")
def train(acting_as: ActAs = None, data: Data = None) -> None:
    """Train now (--as an administrator)."""
    run("understanding", "learn", data, acting_as=acting_as)


@learning.command("show")
def show(acting_as: ActAs = None, as_json: AsJson = False, data: Data = None) -> None:
    """Print what was learned, with the share right in the test (--as an administrator)."""
    run("understanding", "learned", data, acting_as=acting_as, as_json=as_json)
