"""Commands for what comes after a registration: corrections, relations, annulment by two."""

from enum import StrEnum
from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import ActAs, AsJson, Book, Data

annulments = typer.Typer(
    help="Annulments: one person asks, another decides.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(annulments, name="annulments")

Number = Annotated[str, typer.Argument(metavar="NUMBER/YEAR")]
Reason = Annotated[str, typer.Option(help="Stands in the history for good.")]
Authority = Annotated[str, typer.Option(metavar="ACT", help="Act or order that allows it.")]
RequestId = Annotated[int, typer.Argument(metavar="REQUEST", min=1)]


class Kind(StrEnum):
    RELATED = "related"
    ANSWERS = "answers"
    FORWARDS = "forwards"
    CORRECTS = "corrects"
    REPLACES = "replaces"


@app.command()
def correct(
    number: Number,
    fields: Annotated[
        list[str],
        typer.Argument(metavar="FIELD=VALUE", help="Such as subject=…, sender=…, value.iban=…"),
    ],
    reason: Reason,
    authority: Authority = "",
    book: Book = None,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Put fields of an entry right; the old values stay."""
    run(
        *("amending", "correct", data),
        cited=number,
        book=book,
        fields=fields,
        reason=reason,
        authority=authority,
        acting_as=acting_as,
    )


@app.command()
def relate(
    number: Number,
    kind: Kind,
    other: Annotated[str, typer.Argument(metavar="OTHER/YEAR")],
    book: Book = None,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Relate an entry to another one."""
    run(
        *("amending", "relate", data),
        cited=number,
        kind=kind.value,
        other=other,
        book=book,
        acting_as=acting_as,
    )


@annulments.command("list")
def waiting(acting_as: ActAs = None, as_json: AsJson = False, data: Data = None) -> None:
    """List the requests that wait for a decision."""
    run("amending", "waiting", data, acting_as=acting_as, as_json=as_json)


@annulments.command("ask")
def ask(
    number: Number,
    reason: Reason,
    authority: Authority = "",
    book: Book = None,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Ask that an entry be annulled, and print the number of the request."""
    run(
        *("amending", "ask", data),
        cited=number,
        book=book,
        reason=reason,
        authority=authority,
        acting_as=acting_as,
    )


@annulments.command("approve")
def approve(request: RequestId, acting_as: ActAs = None, data: Data = None) -> None:
    """Agree: the entry is annulled, once and for good."""
    run(
        *("amending", "decide", data),
        request_id=request,
        approve=True,
        reason="",
        acting_as=acting_as,
    )


@annulments.command("refuse")
def refuse(request: RequestId, reason: Reason, acting_as: ActAs = None, data: Data = None) -> None:
    """Do not agree, and say why."""
    run(
        *("amending", "decide", data),
        request_id=request,
        approve=False,
        reason=reason,
        acting_as=acting_as,
    )
