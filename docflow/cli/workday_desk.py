"""Commands for the working days of a body."""

from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import ActAs, AsJson, Data

workdays = typer.Typer(
    help="Holidays and working days, by which deadlines count.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(workdays, name="workdays")

Day = Annotated[str, typer.Argument(metavar="DAY", help="YYYY-MM-DD.")]
OwnDay = Annotated[
    str, typer.Argument(metavar="DAY", help="YYYY-MM-DD once, or MM-DD for each year.")
]


@workdays.command("list")
def listing(
    year: Annotated[int, typer.Option(help="Without it this year.")] = 0,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Name the holidays of a year and the days that the body added."""
    run("workdaying", "listing", data, year=year, acting_as=acting_as, as_json=as_json)


@workdays.command()
def add(
    day: OwnDay,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    working: Annotated[bool, typer.Option("--working", help="All work on this day.")] = False,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Add a holiday of the body's own, or a working day (--as an administrator)."""
    run("workdaying", "add", data, day=day, name=name, working=working, acting_as=acting_as)


@workdays.command()
def remove(
    day_id: Annotated[int, typer.Argument(metavar="ID", help="As the list names it.")],
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Take a day of the body's own out of the calendar."""
    run("workdaying", "remove", data, day_id=day_id, acting_as=acting_as)


@workdays.command()
def until(
    first: Day,
    days: Annotated[int, typer.Argument(metavar="DAYS", min=0, max=3650)],
    calendar_days: Annotated[
        bool, typer.Option("--calendar", help="Count calendar days, not working days.")
    ] = False,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Say on which day a period ends that begins after a day."""
    run(
        "workdaying",
        "until",
        data,
        first=first,
        days=days,
        calendar_days=calendar_days,
        acting_as=acting_as,
    )
