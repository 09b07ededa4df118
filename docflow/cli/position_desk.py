"""Commands for the posts of units."""

from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import ActAs, AsJson, Data

positions = typer.Typer(
    help="Posts of units: who holds them.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(positions, name="positions")

Number = Annotated[int, typer.Argument(metavar="ID", min=1, help="As “list” names it.")]
Unit = Annotated[str, typer.Option(metavar="CODE", help="Code of the unit.")]


@positions.command("list")
def listing(
    unit: Annotated[str | None, typer.Option(metavar="CODE", help="Of this unit alone.")] = None,
    vacant: Annotated[bool, typer.Option("--vacant", help="Only those that nobody holds.")] = False,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Name the posts of today with their holders."""
    run(
        "posts",
        "listing",
        data,
        unit=unit,
        vacant=vacant,
        acting_as=acting_as,
        as_json=as_json,
    )


@positions.command()
def begin(
    title: Annotated[str, typer.Argument(metavar="TITLE")],
    unit: Unit,
    role: Annotated[
        str, typer.Option(help="What its holder has in the unit: head, employee or clerk.")
    ] = "employee",
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Add a post to a unit, vacant at first."""
    run("posts", "begin", data, title=title, unit=unit, role=role, acting_as=acting_as)


@positions.command()
def fill(
    number: Number,
    user: Annotated[str, typer.Option(metavar="USER", help="Who takes it, by user name.")],
    first: Annotated[str | None, typer.Option("--from", metavar="DAY")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DAY")] = None,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Put somebody on a vacant post; he gets its role in the unit."""
    run(
        "posts", "fill", data, number=number, user=user, first=first, last=last, acting_as=acting_as
    )


@positions.command()
def vacate(number: Number, acting_as: ActAs = None, data: Data = None) -> None:
    """Let its holder leave the post today, and the role with it."""
    run("posts", "vacate", data, number=number, acting_as=acting_as)


@positions.command()
def end(number: Number, acting_as: ActAs = None, data: Data = None) -> None:
    """End a post; whoever holds it leaves it."""
    run("posts", "end", data, number=number, acting_as=acting_as)
