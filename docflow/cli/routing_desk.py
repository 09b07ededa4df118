"""Commands for charging many entries at once, and for the lists with which paper goes."""

from pathlib import Path
from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import ActAs, AsJson, Book, Data

lists = typer.Typer(
    help="Lists with which paper goes to units.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(lists, name="delivery-lists")


@app.command()
def charge(
    numbers: Annotated[list[str], typer.Argument(metavar="NUMBER/YEAR…")],
    unit: Annotated[str, typer.Option(metavar="CODE", help="Code of the unit.")],
    person: Annotated[
        str | None, typer.Option(metavar="USER", help="A person of the unit, by user name.")
    ] = None,
    instructions: Annotated[str, typer.Option(metavar="TEXT")] = "",
    on: Annotated[
        str | None, typer.Option(metavar="DAY", help="A later day, on which it is done by itself.")
    ] = None,
    book: Book = None,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Charge entries to a unit, or a person in it; those that cannot be are told, the rest goes."""
    run(
        "routing",
        "charge",
        data,
        numbers=numbers,
        unit=unit,
        person=person,
        instructions=instructions,
        on=on,
        book=book,
        acting_as=acting_as,
        as_json=as_json,
    )


@lists.command("make")
def make(acting_as: ActAs = None, as_json: AsJson = False, data: Data = None) -> None:
    """Make a list for each unit of all paper that waits to be handed over."""
    run("routing", "make_lists", data, acting_as=acting_as, as_json=as_json)


@lists.command("print")
def print_list(
    number: Annotated[int, typer.Argument(metavar="ID", min=1, help="As “make” names it.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", dir_okay=False)],
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Write a list as PDF, with the column for signatures."""
    run("routing", "print_list", data, list_id=number, output=output, acting_as=acting_as)
