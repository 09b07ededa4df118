"""The commands for files: those that wait for a person, reading again, the quarantine."""

from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import ActAs, AsJson, Book, Data

files = typer.Typer(
    help="Files that could not be read, or are kept closed.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(files, name="files")

Cited = Annotated[str, typer.Argument(metavar="NUMBER/YEAR")]
Place = Annotated[int, typer.Argument(metavar="FILE", min=1, help="Its position in the entry.")]
Closed = Annotated[int, typer.Argument(metavar="ID", help="As `files quarantine` lists it.")]


@files.command("waiting")
def waiting(
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List the files that wait for a person."""
    run("files", "waiting", data, limit=limit, acting_as=acting_as, as_json=as_json)


@files.command("read-again")
def read_again(
    cited: Cited,
    place: Place,
    book: Book = None,
    language: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="As ell or hun (repeatable).")
    ] = None,
    page: Annotated[
        list[int] | None, typer.Option(min=1, help="Only this page (repeatable).")
    ] = None,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Have a file, or pages of it, read once more."""
    run(
        "files",
        "read_again",
        data,
        cited=cited,
        place=place,
        book=book,
        languages=language or [],
        pages=page or [],
        acting_as=acting_as,
    )


@files.command("settle")
def settle(
    cited: Cited, place: Place, book: Book = None, acting_as: ActAs = None, data: Data = None
) -> None:
    """Leave a file as it is: it goes from the list of those that wait."""
    run("files", "settle", data, cited=cited, place=place, book=book, acting_as=acting_as)


@files.command("quarantine")
def quarantine(acting_as: ActAs = None, as_json: AsJson = False, data: Data = None) -> None:
    """List the files that are kept closed."""
    run("files", "quarantine", data, acting_as=acting_as, as_json=as_json)


@files.command("release")
def release(
    file_id: Closed,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")],
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Let a closed file out; it is read as any other."""
    run("files", "release", data, file_id=file_id, reason=reason, acting_as=acting_as)
