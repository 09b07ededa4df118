"""The commands for scans, stamps and mailed receipts."""

from pathlib import Path
from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import ActAs, AsJson, Book, Data

scans = typer.Typer(
    help="Batches of scans, split by their labels.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(scans, name="scans")

Cited = Annotated[str, typer.Argument(metavar="NUMBER/YEAR")]
Waiting = Annotated[int, typer.Argument(metavar="ID", help="As `scans review` lists it.")]


@scans.command("watch")
def watch(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FOLDER...", help="Else those of DOCFLOW_SCAN_FOLDERS."),
    ] = None,
    data: Data = None,
) -> None:
    """Take what scanners write into folders, until stopped."""
    run("scans", "watch", data, folders=folders or [])


@scans.command("add")
def add(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", exists=True, dir_okay=False, readable=True),
    ],
    private: Annotated[
        bool, typer.Option("--private", help="Nobody else sees them; for confidential books.")
    ] = False,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Send files as batches; their documents go to their entries by the labels."""
    run("scans", "add", data, files=files, private=private, acting_as=acting_as, as_json=as_json)


@scans.command("list")
def listing(
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 30,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List the batches, the newest first."""
    run("scans", "listing", data, limit=limit, acting_as=acting_as, as_json=as_json)


@scans.command("review")
def review(acting_as: ActAs = None, as_json: AsJson = False, data: Data = None) -> None:
    """List the documents that wait for a decision."""
    run("scans", "review", data, acting_as=acting_as, as_json=as_json)


@scans.command("attach")
def attach(
    document: Waiting,
    number: Cited,
    book: Book = None,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """File a document that waits under an entry."""
    run("scans", "attach", data, document=document, cited=number, book=book, acting_as=acting_as)


@scans.command("discard")
def discard(
    document: Waiting,
    reason: Annotated[str, typer.Option(help="It stays with the scan.")],
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Set a document that waits aside. It stays in its batch, and can be taken back."""
    run("scans", "discard", data, document=document, reason=reason, acting_as=acting_as)


@scans.command("scanners")
def scanners(as_json: AsJson = False, data: Data = None) -> None:
    """List the scanners that this machine sees."""
    run("scans", "scanners", data, as_json=as_json)


@scans.command("scan")
def scan(
    device: Annotated[str, typer.Argument(help="As `scans scanners` lists it.")],
    resolution: Annotated[int, typer.Option(help="Dots per inch.")] = 300,
    mode: Annotated[str, typer.Option(help="Gray, Color or Lineart.")] = "Gray",
    source: Annotated[str, typer.Option("--from", help="feeder or glass.")] = "feeder",
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Let a scanner work; its sheets become a batch."""
    run(
        "scans",
        "scan",
        data,
        device=device,
        resolution=resolution,
        mode=mode,
        source=source,
        acting_as=acting_as,
    )


@app.command()
def stamp(
    number: Cited,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="OUT.pdf", dir_okay=False)],
    file: Annotated[int, typer.Option(min=1, help="Place of the file in the entry.")] = 1,
    book: Book = None,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Write a copy of a file with the stamp of the register on it."""
    run(
        "scans",
        "stamp",
        data,
        cited=number,
        output=output,
        file=file,
        book=book,
        acting_as=acting_as,
    )


@app.command()
def mail_receipt(
    number: Cited,
    to: Annotated[str, typer.Option(metavar="ADDRESS", help="Else the sender's.")] = "",
    book: Book = None,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Send the receipt of an entry by e-mail, once to each address."""
    run("scans", "mail_receipt", data, cited=number, email=to, book=book, acting_as=acting_as)
