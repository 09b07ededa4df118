"""The command that prints statistics."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import ActAs, AsJson, Book, Data, Direction


class GroupBy(StrEnum):
    UNIT = "unit"
    KIND = "kind"
    CHANNEL = "channel"
    DIRECTION = "direction"
    MONTH = "month"


class Form(StrEnum):
    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"


@app.command()
def statistics(
    first_day: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="DATE", help="YYYY-MM-DD; from the first of January without it."
        ),
    ] = None,
    last_day: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="YYYY-MM-DD; today without it.")
    ] = None,
    by: Annotated[GroupBy, typer.Option(help="What to put together.")] = GroupBy.UNIT,
    book: Book = None,
    direction: Annotated[Direction | None, typer.Option()] = None,
    output: Annotated[
        Path | None, typer.Option("-o", metavar="FILE", help="Write a file instead.")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="Of the file.")] = Form.CSV,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Counts, times and punctuality, over what the user (--as) may see."""
    run(
        "statistics",
        "show",
        data,
        first_day=first_day,
        last_day=last_day,
        by=by.value,
        book=book,
        direction=direction.value if direction else None,
        output=output,
        form=form.value,
        acting_as=acting_as,
        as_json=as_json,
    )
