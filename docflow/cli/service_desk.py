"""Commands for the services of the citizens."""

from pathlib import Path
from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import ActAs, AsJson, Data

services = typer.Typer(
    help="Services that citizens can ask for.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(services, name="services")

Folder = Annotated[
    str,
    typer.Argument(metavar="FOLDER", help="Directory, ZIP file, or code of one that is shipped."),
]
Code = Annotated[str, typer.Argument(metavar="CODE")]


@services.command()
def check(folder: Folder, as_json: AsJson = False) -> None:
    """Say what is wrong in the folder of a service; needs no installation. Exit code 1 if so."""
    run("servicing", "check", None, folder=folder, as_json=as_json)


@services.command()
def deploy(
    folder: Folder,
    unit: Annotated[
        str | None, typer.Option(metavar="CODE", help="Competent unit; else as the folder says.")
    ] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Only load it.")] = False,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Load a folder, and let it hold for new applications (--as an administrator)."""
    run("servicing", "deploy", data, folder=folder, unit=unit, draft=draft, acting_as=acting_as)


@services.command("list")
def listing(acting_as: ActAs = None, as_json: AsJson = False, data: Data = None) -> None:
    """Name the services with their versions, drafts and withdrawn ones too."""
    run("servicing", "listing", data, acting_as=acting_as, as_json=as_json)


@services.command()
def export(
    code: Code,
    to: Annotated[Path, typer.Argument(metavar="FILE", help="ZIP file to be written.")],
    version: Annotated[
        int | None, typer.Option(metavar="N", help="Number; the one that holds without it.")
    ] = None,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Write the folder of a service, with the words that the office wrote since."""
    run("servicing", "export", data, code=code, to=to, version=version, acting_as=acting_as)


@services.command()
def withdraw(
    code: Code,
    reason: Annotated[str, typer.Option(help="Why; it stands in the history.")],
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Offer a service no more; what runs goes on."""
    run("servicing", "withdraw", data, code=code, reason=reason, acting_as=acting_as)
