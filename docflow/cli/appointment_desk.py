"""Commands for appointments: the list of a day on paper, and a day called off."""

from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import ActAs, AsJson, Data

appointments = typer.Typer(
    help="Appointments of citizens.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(appointments, name="appointments")

CalendarId = Annotated[int, typer.Argument(metavar="CALENDAR", help="Id of the calendar.", min=1)]


@appointments.command("list")
def listing(
    day: Annotated[str, typer.Option(metavar="DAY", help="YYYY-MM-DD; today without it.")] = "",
    calendar: Annotated[int, typer.Option(metavar="ID", help="One calendar alone.", min=0)] = 0,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Print who comes on a day, calendar by calendar with its id."""
    run(
        "appointing",
        "listing",
        data,
        day=day,
        calendar=calendar,
        acting_as=acting_as,
        as_json=as_json,
    )


@appointments.command("call-off")
def call_off(
    calendar: CalendarId,
    first: Annotated[str, typer.Argument(metavar="DAY", help="YYYY-MM-DD.")],
    last: Annotated[str, typer.Option(metavar="DAY", help="The last day; else that one.")] = "",
    reason: Annotated[str, typer.Option(metavar="TEXT", help="As the persons are told it.")] = "",
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Close days, tell who was to come, and print who must be called."""
    run(
        "appointing",
        "call_off",
        data,
        calendar=calendar,
        first=first,
        last=last,
        reason=reason,
        acting_as=acting_as,
    )
