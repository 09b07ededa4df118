"""The commands that close days and years of a book, and export it."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from docflow.cli.application import books, run
from docflow.cli.options import ActAs, AsJson, Book, Data, Direction

BookCode = Annotated[str, typer.Argument(metavar="BOOK", help="Code of the book.")]
Year = Annotated[int, typer.Argument(min=1, max=9999)]


class Format(StrEnum):
    PDF = "pdf"
    CSV = "csv"
    XLSX = "xlsx"
    XML = "xml"


class Words(StrEnum):
    EL = "el"
    EN = "en"


@books.command()
def days(
    book: BookCode, acting_as: ActAs = None, as_json: AsJson = False, data: Data = None
) -> None:
    """List the daily registers of a book; exit code 1 where one is overdue."""
    run("closings", "days", data, book=book, acting_as=acting_as, as_json=as_json)


@books.command()
def close_days(
    book: BookCode, acting_as: ActAs = None, as_json: AsJson = False, data: Data = None
) -> None:
    """Close every day that is over, without waiting for the system."""
    run("closings", "close_days", data, book=book, acting_as=acting_as, as_json=as_json)


@books.command()
def verify_days(
    book: BookCode, acting_as: ActAs = None, as_json: AsJson = False, data: Data = None
) -> None:
    """Check that each closed day still agrees with the book; exit code 1 where one does not."""
    run("closings", "verify_days", data, book=book, acting_as=acting_as, as_json=as_json)


@books.command()
def close_year(
    book: BookCode,
    year: Year,
    output: Annotated[
        Path | None, typer.Option("-o", metavar="FILE", help="Write the declaration here too.")
    ] = None,
    only_report: Annotated[
        bool, typer.Option("--report", help="Only say what is in the way; close nothing.")
    ] = False,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Close the year of a book for good, with a sealed declaration."""
    run(
        "closings",
        "close_year",
        data,
        book=book,
        year=year,
        output=output,
        acting_as=acting_as,
        only_report=only_report,
        as_json=as_json,
    )


@books.command()
def export(
    output: Annotated[Path, typer.Option("-o", metavar="FILE")],
    first_day: Annotated[str, typer.Option("--from", metavar="DATE", help="YYYY-MM-DD.")],
    last_day: Annotated[str, typer.Option("--to", metavar="DATE", help="YYYY-MM-DD.")],
    form: Annotated[Format, typer.Option("--format")] = Format.PDF,
    book: Book = None,
    direction: Annotated[Direction | None, typer.Option()] = None,
    words: Annotated[Words, typer.Option("--language", help="Of heads and words.")] = Words.EL,
    delimiter: Annotated[str, typer.Option(help="Of a CSV: ; or ,")] = ";",
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Write the register of a period into a file: PDF, CSV, XLSX or XML."""
    if delimiter not in (";", ","):
        raise typer.BadParameter("; or ,", param_hint="--delimiter")
    run(
        "closings",
        "export",
        data,
        output=output,
        form=form.value,
        first_day=first_day,
        last_day=last_day,
        book=book,
        direction=direction.value if direction else None,
        words=words.value,
        delimiter=delimiter,
        acting_as=acting_as,
    )
