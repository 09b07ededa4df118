"""Commands for payments: the bank's file, and what is owed."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import ActAs, AsJson, Data

payments = typer.Typer(
    help="What citizens owe, and the files of the bank.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(payments, name="payments")


class Basket(StrEnum):
    CHECK = "check"
    OPEN = "open"
    ENDED = "ended"
    ALL = "all"


@payments.command("list")
def listing(
    basket: Annotated[Basket, typer.Option(help="Which payments.")] = Basket.CHECK,
    text: Annotated[
        str, typer.Option(metavar="TEXT", help="Payment code, number, tax number or name.")
    ] = "",
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Name the payments that the user (--as) may see."""
    run(
        "paying",
        "listing",
        data,
        basket=basket.value,
        text=text,
        acting_as=acting_as,
        as_json=as_json,
    )


@payments.command("import")
def take(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="CSV or camt.053.")
    ],
    account: Annotated[
        str, typer.Option(metavar="IBAN", help="Account of a CSV file; the current one without.")
    ] = "",
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Take in a file of the bank (--as somebody of the unit that keeps the account)."""
    run("paying", "take", data, file=file, account=account, acting_as=acting_as, as_json=as_json)
