"""Commands for applications of citizens."""

from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import ActAs, AsJson, Data

petitions = typer.Typer(
    help="Applications of citizens.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(petitions, name="applications")
Number = Annotated[int, typer.Argument(metavar="ID", help="As `applications list` has it.")]


@petitions.command("list")
def listing(
    words: Annotated[
        str, typer.Argument(metavar="[WORDS]", help="A number, name, ΑΦΜ or e-mail address.")
    ] = "",
    service: Annotated[str, typer.Option(metavar="CODE")] = "",
    state: Annotated[
        str, typer.Option(metavar="STATE", help="running, waiting, ended or withdrawn.")
    ] = "",
    unread: Annotated[bool, typer.Option("--unread", help="Only with new messages.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List applications, the newest first."""
    run(
        "petitioning",
        "listing",
        data,
        words=words,
        service=service,
        state=state,
        unread=unread,
        limit=limit,
        acting_as=acting_as,
        as_json=as_json,
    )


@petitions.command()
def write(
    number: Number,
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Write to the applicant; he is told only that a message waits."""
    run("petitioning", "write", data, number=number, text=text, acting_as=acting_as)


@petitions.command()
def ask(
    number: Number,
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    until: Annotated[str, typer.Option(metavar="DAY", help="Until when he may answer.")],
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Ask the applicant for something; the time limit stands still meanwhile."""
    run("petitioning", "ask", data, number=number, text=text, until=until, acting_as=acting_as)
