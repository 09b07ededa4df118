"""The commands that work on an installation and its register."""

from pathlib import Path
from typing import Annotated

import typer

from docflow.cli.application import app, audit, jobs, run
from docflow.cli.options import ActAs, AsJson, Book, Data, Direction, PasswordFile


@app.command()
def up(
    data: Data = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the pages.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Open the demo municipality.")] = False,
    restore: Annotated[
        Path | None,
        typer.Option(
            metavar="BACKUPS",
            file_okay=False,
            exists=True,
            help="Put back the newest backup of this directory; --data must be a new one.",
        ),
    ] = None,
) -> None:
    """Run everything on this machine until Ctrl-C."""
    run("stack", "up", data, port=port, demo=demo, restore=restore)


@app.command()
def doctor(
    data: Data = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this check (repeatable)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what is missing or wrong, and how to mend it."""
    run("examination", "doctor", data, only=only or [], as_json=as_json)


@app.command()
def migrate(data: Data = None) -> None:
    """Bring the database's schema and the store to the version of the code."""
    run("schema", "migrate", data)


@app.command()
def demo(data: Data = None) -> None:
    """Fill an empty database with the demo municipality, and print its logins."""
    run("municipality", "demo", data)


@app.command()
def init(
    body: Annotated[str, typer.Option(metavar="NAME", help="Name of the body.")],
    administrator: Annotated[str, typer.Option(metavar="USER", help="The first administrator.")],
    administrator_name: Annotated[str, typer.Option(metavar="NAME", help="His full name.")],
    secretariat: Annotated[
        str, typer.Option(metavar="NAME", help="Unit where new entries land.")
    ] = "Τμήμα Γραμματείας και Πρωτοκόλλου",
    city: Annotated[str, typer.Option(help="In the date line of letters.")] = "",
    address: Annotated[str, typer.Option()] = "",
    phone: Annotated[str, typer.Option()] = "",
    email: Annotated[str, typer.Option()] = "",
    website: Annotated[str, typer.Option()] = "",
    letterhead: Annotated[
        list[str] | None,
        typer.Option(metavar="LINE", help="Line above the body's name (repeatable)."),
    ] = None,
    password_file: PasswordFile = None,
    data: Data = None,
) -> None:
    """Set up an empty installation: body, secretariat, two books, administrator."""
    address_book = {
        "city": city,
        "address": address,
        "phone": phone,
        "email": email,
        "website": website,
        "letterhead": letterhead or ["ΕΛΛΗΝΙΚΗ ΔΗΜΟΚΡΑΤΙΑ"],
    }
    run(
        "people",
        "init",
        data,
        name=body,
        secretariat=secretariat,
        administrator=administrator,
        administrator_name=administrator_name,
        password_file=password_file,
        details=address_book,
    )


@app.command()
def create_user(
    username: Annotated[str, typer.Argument(help="Latin letters, digits, dot and dash.")],
    name: Annotated[str, typer.Option(help="Full name.")],
    title: Annotated[str, typer.Option(help="As printed under a signature.")] = "",
    email: Annotated[str, typer.Option()] = "",
    role: Annotated[
        list[str] | None,
        typer.Option(metavar="ROLE[:UNIT]", help="A role, in a unit by its code (repeatable)."),
    ] = None,
    technical: Annotated[
        bool,
        typer.Option("--technical", help="An account of a program: it cannot log in."),
    ] = False,
    password_file: PasswordFile = None,
    data: Data = None,
) -> None:
    """Make an account. The password is asked for, unless a file is named."""
    run(
        "people",
        "create_user",
        data,
        username=username,
        name=name,
        title=title,
        email=email,
        roles=role or [],
        technical=technical,
        password_file=password_file,
    )


@app.command()
def create_token(
    username: Annotated[str, typer.Argument(help="Who acts with the token.")],
    scope: Annotated[
        list[str],
        typer.Option(help="register, read, route, draft, sign, annul or audit (repeatable)."),
    ],
    name: Annotated[str, typer.Option(help="What it is for.")] = "",
    days: Annotated[int | None, typer.Option(min=1, help="It expires after so many days.")] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Make an access token for a program. It is shown once."""
    run(
        "people",
        "create_token",
        data,
        username=username,
        scopes=scope,
        name=name,
        days=days,
        as_json=as_json,
    )


@app.command()
def register(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", exists=True, dir_okay=False, readable=True),
    ],
    direction: Annotated[Direction, typer.Option()],
    subject: Annotated[str, typer.Option()],
    sender: Annotated[str | None, typer.Option("--from", metavar="NAME", help="Sender.")] = None,
    to: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Recipient (repeatable).")
    ] = None,
    sender_reference: Annotated[str, typer.Option(help="The sender's own number.")] = "",
    sender_date: Annotated[
        str | None, typer.Option(metavar="DATE", help="YYYY-MM-DD or DD/MM/YYYY.")
    ] = None,
    book: Book = None,
    acting_as: ActAs = None,
    idempotency_key: Annotated[
        str | None, typer.Option(help="The same key again gives the same entry.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option(metavar="CODE", help="Kind of document: see `kinds list`.")
    ] = None,
    value: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=VALUE", help="A field of the kind (repeatable)."),
    ] = None,
    duplicate_reason: Annotated[
        str, typer.Option(help="Why it is registered although it seems to be there already.")
    ] = "",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Register a document with its files, and print its number."""
    run(
        "entries",
        "register",
        data,
        files=files,
        direction=direction.value,
        subject=subject,
        sender=sender,
        recipients=to or [],
        reference=sender_reference,
        dated=sender_date,
        book=book,
        acting_as=acting_as,
        key=idempotency_key,
        kind=kind,
        values=value or [],
        duplicate_reason=duplicate_reason,
        as_json=as_json,
    )


@app.command()
def show(
    number: Annotated[str, typer.Argument(metavar="NUMBER/YEAR")],
    book: Book = None,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why you open a confidential entry; it is kept.")
    ] = "",
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Show an entry. That it was shown is noted, like every reading."""
    run(
        "entries",
        "show",
        data,
        reason=reason,
        cited=number,
        book=book,
        acting_as=acting_as,
        as_json=as_json,
    )


@app.command()
def search(
    query: Annotated[str, typer.Argument()] = "",
    first_day: Annotated[str | None, typer.Option("--first-day", metavar="DAY")] = None,
    last_day: Annotated[str | None, typer.Option("--last-day", metavar="DAY")] = None,
    year: Annotated[str | None, typer.Option()] = None,
    book: Annotated[str | None, typer.Option(metavar="CODE")] = None,
    direction: Annotated[str | None, typer.Option()] = None,
    state: Annotated[str | None, typer.Option()] = None,
    unit: Annotated[str | None, typer.Option(metavar="CODE")] = None,
    kind: Annotated[str | None, typer.Option(metavar="CODE")] = None,
    channel: Annotated[str | None, typer.Option()] = None,
    language: Annotated[str | None, typer.Option(help="el, en, hu, cs, de or fr.")] = None,
    files: Annotated[bool | None, typer.Option("--files/--no-files")] = None,
    newest: Annotated[bool, typer.Option("--newest", help="The newest first.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 25,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Find entries by number, name, code, or words of subject and files, within filters."""
    run(
        "entries",
        "search",
        data,
        query=query,
        narrowed={
            "first_day": first_day,
            "last_day": last_day,
            "year": year,
            "book": book,
            "direction": direction,
            "state": state,
            "kind": kind,
            "channel": channel,
            "language": language,
            "has_files": files,
        },
        unit=unit,
        newest=newest,
        limit=limit,
        acting_as=acting_as,
        as_json=as_json,
    )


@audit.command("verify")
def verify_trail(
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            metavar="FILE",
            help="A head of the log that you kept (repeatable).",
        ),
    ] = None,
    objects: Annotated[
        bool, typer.Option("--objects", help="Read every stored file as well.")
    ] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Check the whole audit trail against the database; exit code 1 where something was altered."""
    run("trail", "verify", data, kept=checkpoint or [], objects=objects, as_json=as_json)


@audit.command("check-numbers")
def check_numbers(acting_as: ActAs = None, as_json: AsJson = False, data: Data = None) -> None:
    """Check that each book-year is one unbroken series; exit code 1 where it is not."""
    run("trail", "check_numbers", data, acting_as=acting_as, as_json=as_json)


@jobs.command("list")
def list_jobs(as_json: AsJson = False, data: Data = None) -> None:
    """List the jobs that failed, with the reason, and count the others."""
    run("jobs", "list_failed", data, as_json=as_json)


@jobs.command("retry")
def retry_jobs(
    ids: Annotated[list[int], typer.Argument(metavar="ID...")], data: Data = None
) -> None:
    """Let failed jobs run again."""
    run("jobs", "retry", data, ids=ids)
