"""Commands about notices: what a person was told, what was sent, the key of push messages."""

from pathlib import Path
from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import ActAs, AsJson, Data

notices = typer.Typer(
    help="What people are told, and how it is sent.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(notices, name="notices")


@notices.command("list")
def list_notices(
    unread: Annotated[bool, typer.Option("--unread", help="Unread ones only.")] = False,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List the notices of a person, the newest first."""
    run("noticing", "list_notices", data, unread=unread, acting_as=acting_as, as_json=as_json)


@notices.command("sent")
def sent(
    failed: Annotated[bool, typer.Option("--failed", help="Only what failed.")] = False,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List mails and push messages with what became of them; for administrators."""
    run("noticing", "sent", data, failed=failed, acting_as=acting_as, as_json=as_json)


@notices.command("again")
def again(
    sending: Annotated[int, typer.Argument(metavar="ID")],
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Send once more what failed for good; for administrators."""
    run("noticing", "again", data, sending_id=sending, acting_as=acting_as)


@notices.command("push-key")
def push_key(
    output: Annotated[Path, typer.Argument(metavar="FILE", help="DOCFLOW_PUSH_KEY.")],
) -> None:
    """Make the key by which push services know this installation."""
    run("noticing", "push_key", None, output=output)
