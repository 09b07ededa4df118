"""Commands about messages to citizens: what was sent, another try, mails that came back."""

from pathlib import Path
from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import ActAs, AsJson, Data

messages = typer.Typer(
    help="Messages to citizens by e-mail and SMS.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(messages, name="messages")


@messages.command("list")
def list_messages(
    failed: Annotated[bool, typer.Option("--failed", help="Only what failed.")] = False,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List what was sent to citizens, with what became of it."""
    run("messaging", "list_messages", data, failed=failed, acting_as=acting_as, as_json=as_json)


@messages.command("again")
def again(
    message: Annotated[int, typer.Argument(metavar="ID")],
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Send once more what failed for good."""
    run("messaging", "again", data, message_id=message, acting_as=acting_as)


@messages.command("bounced")
def bounced(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Reports of a mail server.")],
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Note what reports of undelivered mails (RFC 3464, .eml) say of ours."""
    run("messaging", "bounced", data, files=files, acting_as=acting_as)


@messages.command("try-sms")
def try_sms(
    phone: Annotated[str, typer.Argument(metavar="NUMBER")],
    data: Data = None,
) -> None:
    """Send a text by the gateway of the settings, and say what it answered."""
    run("messaging", "try_sms", data, phone=phone)
