"""Commands about the log: proofs for outsiders, its heads and its keys."""

from pathlib import Path
from typing import Annotated

import typer

from docflow.cli.application import audit, run
from docflow.cli.options import ActAs, AsJson, Book, Data

Body = Annotated[str | None, typer.Option("--body", metavar="CODE", help="Body; the first one.")]


@audit.command("proof")
def proof(
    number: Annotated[str, typer.Argument(metavar="NUMBER/YEAR")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE.tlog-proof", help="Where to write it.")
    ],
    book: Book = None,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Write the proof that an entry stands in the log, for anybody to check offline."""
    run("proving", "proof", data, number=number, book=book, output=output, acting_as=acting_as)


@audit.command("check")
def check(
    source: Annotated[Path, typer.Argument(metavar="FILE.tlog-proof", exists=True, dir_okay=False)],
    key: Annotated[
        str, typer.Option(metavar="KEY", help="Public key of the log, or a file that holds it.")
    ],
    documents: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[DOCUMENT]...", exists=True, dir_okay=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge a proof offline, and whether documents are those that were registered."""
    run(
        *("proving", "check", None),
        source=source,
        key=key,
        documents=documents or [],
        as_json=as_json,
    )


@audit.command("head")
def head(body: Body = None, data: Data = None) -> None:
    """Print the newest signed head of the log; keep it somewhere else."""
    run("proving", "head", data, body=body)


@audit.command("key")
def key(body: Body = None, data: Data = None) -> None:
    """Print the public keys of the log."""
    run("proving", "key", data, body=body)


@audit.command("witness")
def witness(
    url: Annotated[str, typer.Argument(metavar="URL", help="The log: https://HOST/log/BODY")],
    key: Annotated[
        str, typer.Option(metavar="KEY", help="Public key of the log, or a file that holds it.")
    ],
    kept: Annotated[
        Path, typer.Option("--keep", metavar="FILE", help="Where what was seen is kept.")
    ],
    sign_with: Annotated[
        Path | None,
        typer.Option("--sign-with", metavar="PEM", exists=True, help="Sign what is seen."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The witness's name, such as its host.")
    ] = None,
) -> None:
    """Look at the log of another body: does it go on from what it was? Run it by a timer."""
    if sign_with is not None and not name:
        raise typer.BadParameter("needs --name as well", param_hint="--sign-with")
    run(
        *("proving", "witness", None),
        url=url,
        key=key,
        kept=kept,
        sign_with=sign_with,
        name=name,
    )


@audit.command("new-key")
def new_key(
    output: Annotated[Path, typer.Argument(metavar="FILE.pem", help="Where to write it.")],
) -> None:
    """Make a key that signs the heads of the log."""
    run("proving", "new_key", None, output=output)
