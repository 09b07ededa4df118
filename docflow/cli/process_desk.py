"""Commands for processes: of applications, and of the office’s own work."""

from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import ActAs, AsJson, Data

processes = typer.Typer(
    help="Processes of applications and of the office.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(processes, name="processes")

Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="As the list names it.")]


@processes.command("list")
def listing(
    state: Annotated[
        str, typer.Option(help="running, stopped, ended or cancelled; without it all.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Name the newest processes, where they stand, and why they stopped."""
    run(
        "processing",
        "listing",
        data,
        state=state,
        limit=limit,
        acting_as=acting_as,
        as_json=as_json,
    )


@processes.command()
def repair(
    number: Number,
    given: Annotated[
        list[str] | None,
        typer.Option("--given", metavar="NAME=VALUE", help="What the process should know."),
    ] = None,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Set a stopped process going again; what failed is tried once more."""
    run("processing", "repair", data, number=number, given=given or [], acting_as=acting_as)


@processes.command()
def cancel(
    number: Number,
    reason: Annotated[str, typer.Option("--reason", prompt=True)],
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """End a process for good."""
    run("processing", "cancel", data, number=number, reason=reason, acting_as=acting_as)


@processes.command()
def check(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file of BPMN 2.0.")],
) -> None:
    """Say what keeps a process definition from being deployed, line by line."""
    run("processing", "check", None, file=file)


@processes.command()
def templates(acting_as: ActAs = None, as_json: AsJson = False, data: Data = None) -> None:
    """Name the templates of the office’s own processes, with the kinds that begin them."""
    run("process_tying", "templates", data, acting_as=acting_as, as_json=as_json)


@processes.command()
def deploy(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file of BPMN 2.0.")],
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Check a template, and let processes begin by it from now on."""
    run("process_tying", "deploy", data, file=file, acting_as=acting_as)


@processes.command()
def withdraw(
    code: Annotated[str, typer.Argument(metavar="CODE")], acting_as: ActAs = None, data: Data = None
) -> None:
    """Offer a template no more; what began by it goes on."""
    run("process_tying", "withdraw", data, code=code, acting_as=acting_as)


@processes.command()
def tie(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="Code of the kind of document.")],
    template: Annotated[
        str | None, typer.Argument(metavar="CODE", help="Of the template; none without it.")
    ] = None,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Let documents of a kind begin this process when they come in, or none."""
    run("process_tying", "tie", data, kind=kind, template=template, acting_as=acting_as)
