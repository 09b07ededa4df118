"""The application of the command line, and how a command gets to what does its work.

What a command does is imported when it runs: `docflow --help` shall not load a database driver, nor
the relay a signing library.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import typer

from docflow.cli.options import Data

app = typer.Typer(
    name="docflow",
    help="Electronic protocol and document management for public bodies.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
audit = typer.Typer(
    help="Prove that nothing was altered.", no_args_is_help=True, rich_markup_mode=None
)
jobs = typer.Typer(help="Jobs that failed.", no_args_is_help=True, rich_markup_mode=None)
books = typer.Typer(
    help="Books, their years, reserved numbers, arrivals.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(audit, name="audit")
app.add_typer(books, name="books")
app.add_typer(jobs, name="jobs")

_given: dict[str, Path] = {}  # what stands before the name of the command


@app.callback()
def before(data: Data = None) -> None:
    """Options of every command may stand before its name too."""
    _given.clear()
    if data is not None:
        _given["data"] = data


def run(module: str, function: str, data: Path | None, **arguments: Any) -> None:
    """Call the function that does the work, with the data directory wherever it was given."""
    work = getattr(import_module(f"docflow.cli.{module}"), function)
    code = work(data or _given.get("data"), **arguments)
    if code:
        raise typer.Exit(code)
