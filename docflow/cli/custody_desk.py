"""Commands about the store, holds, erasures, and who read what."""

from pathlib import Path
from typing import Annotated

import typer

from docflow.cli.application import app, audit, run
from docflow.cli.options import ActAs, AsJson, Book, Data

storage = typer.Typer(
    help="The store: does it hold its word?", no_args_is_help=True, rich_markup_mode=None
)
holds = typer.Typer(help="Legal holds and erasures.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(storage, name="storage")
app.add_typer(holds, name="holds")

Cited = Annotated[str, typer.Argument(metavar="NUMBER/YEAR")]
Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept for good.")]


@storage.command("state")
def state(acting_as: ActAs = None, as_json: AsJson = False, data: Data = None) -> None:
    """Show the last probe, checks, orphans and holds; exit code 1 where something is wrong."""
    run("keeping", "state", data, acting_as=acting_as, as_json=as_json)


@storage.command("probe")
def probe(as_json: AsJson = False, data: Data = None) -> None:
    """Try now to break what the store promises; exit code 1 where it does not hold its word."""
    run("keeping", "probe", data, as_json=as_json)


@storage.command("check")
def check(as_json: AsJson = False, data: Data = None) -> None:
    """Read every stored file now and compare it with its digest; exit code 1 for a finding."""
    run("keeping", "check", data, as_json=as_json)


@storage.command("new-key")
def new_key(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="DOCFLOW_STORE_KEYS.")],
    body: Annotated[str, typer.Argument(metavar="CODE", help="Code of the body.")],
) -> None:
    """Make a key that encrypts the files of a body; the newest one is used for new files."""
    run("keeping", "new_key", None, directory=directory, body=body)


@storage.command("rewrap")
def rewrap(data: Data = None) -> None:
    """Wrap the keys of all files by the newest key of their body (after a change of keys)."""
    run("keeping", "rewrap", data)


@holds.command("list")
def list_holds(acting_as: ActAs = None, as_json: AsJson = False, data: Data = None) -> None:
    """List legal holds and erasures."""
    run("keeping", "list_holds", data, acting_as=acting_as, as_json=as_json)


@holds.command("place")
def place(
    number: Cited, reason: Why, book: Book = None, acting_as: ActAs = None, data: Data = None
) -> None:
    """Put a legal hold on an entry: nothing of it is taken away while it stands."""
    run("keeping", "place", data, cited=number, book=book, reason=reason, acting_as=acting_as)


@holds.command("release")
def release(
    hold: Annotated[int, typer.Argument(metavar="ID")],
    reason: Why,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Take a legal hold away."""
    run("keeping", "release", data, hold_id=hold, reason=reason, acting_as=acting_as)


@holds.command("erase")
def erase(
    number: Cited,
    basis: Annotated[str, typer.Option(metavar="TEXT", help="The law, or the decision.")],
    reason: Why,
    book: Book = None,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Ask that the personal data of an entry be erased; another person decides."""
    run(
        *("keeping", "erase", data),
        cited=number,
        book=book,
        basis=basis,
        reason=reason,
        acting_as=acting_as,
    )


@holds.command("decide")
def decide(
    erasure: Annotated[int, typer.Argument(metavar="ID")],
    approve: Annotated[
        bool, typer.Option("--approve/--refuse", help="Erase for good, or leave it as it is.")
    ],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Needed for a refusal.")] = "",
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Decide on an erasure that another person asked for."""
    run(
        *("keeping", "decide", data),
        erasure_id=erasure,
        approve=approve,
        reason=reason,
        acting_as=acting_as,
    )


@audit.command("reads")
def reads(
    month: Annotated[str, typer.Argument(metavar="YYYY-MM")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write .csv or .pdf."),
    ] = None,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Report who read what in a month, for the data protection officer."""
    run(
        *("keeping", "reads_of", data),
        month=month,
        output=output,
        acting_as=acting_as,
        as_json=as_json,
    )


@audit.command("consistency")
def consistency(
    old: Annotated[int, typer.Argument(min=1, help="Events in the older head of the log.")],
    new: Annotated[int | None, typer.Argument(min=1, help="In the newer; the newest one.")] = None,
    body: Annotated[str | None, typer.Option("--body", metavar="CODE")] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Prove that nothing of an older state of the log was changed, for any two of its heads."""
    run("proving", "consistency", data, old=old, new=new, body=body, as_json=as_json)
