"""Commands for deputies and for the circulation sheet of a draft."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import ActAs, AsJson, Data

deputies = typer.Typer(help="Who acts for whom.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(deputies, name="deputies")

Person = Annotated[str, typer.Argument(metavar="USER", help="User name.")]
Day = Annotated[str, typer.Option(metavar="DAY", help="As 2026-12-31.")]


class Scope(StrEnum):
    COUNTERSIGN = "countersign"
    SIGN = "sign"
    ALL = "all"


class As(StrEnum):
    BY_ORDER = "by-order"
    DEPUTY = "deputy"


@deputies.command("list")
def listing(
    past: Annotated[bool, typer.Option("--past", help="Past ones too.")] = False,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Name the appointments that concern the acting person."""
    run("deputising", "listing", data, past=past, acting_as=acting_as, as_json=as_json)


@deputies.command()
def appoint(
    person: Person,
    deputy: Annotated[str, typer.Argument(metavar="DEPUTY", help="User name of who acts for him.")],
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="As 2026-12-01.")],
    last: Annotated[str, typer.Option("--to", metavar="DAY", help="The last day.")],
    scope: Annotated[Scope, typer.Option(help="What he may do.")] = Scope.ALL,
    printed: Annotated[As, typer.Option(help="What stands beside his name.")] = As.DEPUTY,
    authority: Annotated[str, typer.Option(metavar="TEXT", help="The decision, as cited.")] = "",
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Let somebody act for a person (--as an administrator, or a head of the person)."""
    run(
        "deputising",
        "appoint",
        data,
        person=person,
        deputy=deputy,
        first=first,
        last=last,
        scope=scope.value,
        printed=printed.value,
        authority=authority,
        acting_as=acting_as,
    )


@deputies.command()
def end(
    appointment: Annotated[int, typer.Argument(metavar="ID", min=1)],
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """End an appointment now; what the deputy did stays."""
    run("deputising", "end", data, appointment=appointment, acting_as=acting_as)


@app.command("circulation-sheet")
def circulation_sheet(
    draft: Annotated[int, typer.Argument(metavar="DRAFT", min=1)],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", dir_okay=False)],
    plain: Annotated[
        bool, typer.Option("--plain", help="Without reasons and written objections.")
    ] = False,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Print who did what with a draft, when and for whom, with digests."""
    run("deputising", "sheet", data, draft=draft, output=output, plain=plain, acting_as=acting_as)
