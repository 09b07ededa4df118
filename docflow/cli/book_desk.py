"""The commands for books, their years, reserved numbers and arrivals."""

from datetime import datetime
from typing import Annotated

import typer

from docflow.cli.application import books, run
from docflow.cli.options import ActAs, AsJson, Book, Data, Direction

BookCode = Annotated[str, typer.Argument(metavar="BOOK", help="Code of the book.")]


@books.command("list")
def list_books(acting_as: ActAs = None, as_json: AsJson = False, data: Data = None) -> None:
    """List the books with their years."""
    run("bookkeeping", "list_books", data, acting_as=acting_as, as_json=as_json)


@books.command()
def create(
    book: BookCode,
    title: Annotated[str, typer.Option()],
    kind: Annotated[str, typer.Option(help="common, thematic or confidential.")] = "thematic",
    mask: Annotated[str, typer.Option(help="How numbers are written.")] = "{n}/{year}",
    by_direction: Annotated[
        bool, typer.Option("--by-direction", help="A series of numbers for each direction.")
    ] = False,
    cases: Annotated[
        bool, typer.Option("--cases", help="A number is a case; documents have sub-numbers.")
    ] = False,
    shared: Annotated[
        bool, typer.Option("--shared", help="An answer may take the number of its letter.")
    ] = False,
    arrivals: Annotated[
        bool, typer.Option("--arrivals", help="An arrival number apart from the number.")
    ] = False,
    first_number: Annotated[int, typer.Option(min=1)] = 1,
    by_hand: Annotated[
        bool, typer.Option("--by-hand", help="The registrar opens each year.")
    ] = False,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Create a book."""
    run(
        "bookkeeping",
        "create",
        data,
        code=book,
        title=title,
        kind=kind,
        mask=mask,
        by_direction=by_direction,
        cases=cases,
        shared=shared,
        arrivals=arrivals,
        first_number=first_number,
        by_hand=by_hand,
        acting_as=acting_as,
    )


@books.command()
def open_year(
    book: BookCode,
    year: Annotated[int, typer.Argument(min=1, max=9999)],
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Open a year of a book that is opened by hand."""
    run("bookkeeping", "open_year", data, code=book, year=year, acting_as=acting_as)


@books.command()
def reserve(
    direction: Annotated[Direction, typer.Option()],
    reason: Annotated[str, typer.Option(help="For what the numbers are reserved.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d", "%d/%m/%Y"], help="Last day.")],
    count: Annotated[int, typer.Option(min=1, max=100)] = 1,
    book: Book = None,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Reserve numbers for documents still to come."""
    run(
        "bookkeeping",
        "reserve",
        data,
        book=book,
        direction=direction.value,
        count=count,
        reason=reason,
        last_day=until.date(),
        acting_as=acting_as,
        as_json=as_json,
    )


@books.command()
def arrive(
    method: Annotated[str, typer.Option(help="Way of delivery: counter, post, courier …")],
    sender: Annotated[str, typer.Option("--from", help="As far as the envelope says it.")] = "",
    detail: Annotated[str, typer.Option(help="Number of the registered letter …")] = "",
    note: Annotated[str, typer.Option()] = "",
    unopened: Annotated[
        bool, typer.Option("--unopened", help="The registry must not open it.")
    ] = False,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Note an arrival and print its number."""
    run(
        "bookkeeping",
        "arrive",
        data,
        sender=sender,
        method=method,
        detail=detail,
        note=note,
        is_openable=not unopened,
        acting_as=acting_as,
    )
