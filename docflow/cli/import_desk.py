"""The commands of the emergency register and of old registers."""

from pathlib import Path
from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import ActAs, AsJson, Book, Data, Direction

imports = typer.Typer(
    help="Take registers of earlier systems over.", no_args_is_help=True, rich_markup_mode=None
)
emergency = typer.Typer(
    help="Kits for when nothing works, and the way back.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(imports, name="import")
app.add_typer(emergency, name="emergency")

Table = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True)]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write into.")]


@imports.command("register")
def register(
    file: Table,
    year: Annotated[int, typer.Option(min=1900, max=2999, help="Year of the old register.")],
    taken_from: Annotated[str, typer.Option("--from", metavar="NAME", help="The old system.")],
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=COLUMN",
            help="Column (name or number from 1) of a field (repeatable); else by its header.",
        ),
    ] = None,
    direction: Annotated[
        Direction | None, typer.Option(help="Of all rows, where no column says it.")
    ] = None,
    suffix: Annotated[
        bool, typer.Option("--suffix", help="Numbers that stand twice get sub-numbers.")
    ] = False,
    by_direction: Annotated[
        bool, typer.Option("--by-direction", help="Each direction has its own numbers.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check every row and register nothing.")
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Go on without the rows that are wrong.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the whole report (CSV) here.")
    ] = None,
    book: Book = None,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Check one year of an old register (CSV, XLSX), and take it over; exit code 1 if it cannot."""
    run(
        "importing",
        "register",
        data,
        file=file,
        year=year,
        taken_from=taken_from,
        mapping=mapping or [],
        direction=direction.value if direction else None,
        suffix=suffix,
        by_direction=by_direction,
        dry_run=dry_run,
        skip_bad=skip_bad,
        report=report,
        book=book,
        acting_as=acting_as,
        as_json=as_json,
    )


@emergency.command("prepare")
def prepare(
    place: Annotated[str, typer.Option(help="The workplace that it is for.")],
    out: Out = Path(),
    numbers: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    year: Annotated[int | None, typer.Option(help="This year without it.")] = None,
    book: Book = None,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Reserve emergency numbers; write their sheets (PDF) and their offline page (HTML)."""
    run(
        "emergencies",
        "prepare",
        data,
        place=place,
        out=out,
        numbers=numbers,
        year=year,
        book=book,
        acting_as=acting_as,
        as_json=as_json,
    )


@emergency.command("authorise")
def authorise(
    file: Table,
    name: Annotated[str, typer.Option("--by", help="Full name of who authorises it.")],
    at: Annotated[
        str, typer.Option("--at", metavar="MOMENT", help="From when, as 2026-11-17T09:00.")
    ],
    note: Annotated[str, typer.Option(help="Why the emergency went on.")] = "",
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """State who allowed an emergency beyond its time; then a clerk recovers the file."""
    run(
        "emergencies",
        "authorise",
        data,
        file=file,
        name=name,
        at=at,
        note=note,
        acting_as=acting_as,
        as_json=as_json,
    )


@emergency.command("recover")
def recover(
    file: Table,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen, and register nothing.")
    ] = False,
    leave_out: Annotated[
        list[int] | None,
        typer.Option(metavar="NUMBER", help="Emergency number that waits (repeatable)."),
    ] = None,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Register what the file of an offline page holds, each record once."""
    run(
        "emergencies",
        "recover",
        data,
        file=file,
        dry_run=dry_run,
        leave_out=leave_out or [],
        acting_as=acting_as,
        as_json=as_json,
    )
