"""Every command with its options. What a command does is imported when it runs: `docflow --help`
shall not load a database driver, nor the relay a signing library.
"""

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from docflow.cli.options import (
    ActAs,
    AsJson,
    Book,
    Data,
    Direction,
    Level,
    PasswordFile,
)

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
app.add_typer(audit, name="audit")
app.add_typer(jobs, name="jobs")

_given: dict[str, Path] = {}  # what stands before the name of the command


@app.callback()
def before(data: Data = None) -> None:
    """Options of every command may stand before its name too."""
    _given.clear()
    if data is not None:
        _given["data"] = data


def _run(module: str, function: str, data: Path | None, **arguments: Any) -> None:
    """Call the function that does the work, with the data directory wherever it was given."""
    work = getattr(import_module(f"docflow.cli.{module}"), function)
    code = work(data or _given.get("data"), **arguments)
    if code:
        raise typer.Exit(code)


# --- the installation -----------------------------------------------------------------------


@app.command()
def up(
    data: Data = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the pages.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Open the demo municipality.")] = False,
) -> None:
    """Run everything on this machine until Ctrl-C."""
    _run("stack", "up", data, port=port, demo=demo)


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
    _run("examination", "doctor", data, only=only or [], as_json=as_json)


@app.command()
def migrate(data: Data = None) -> None:
    """Bring the database's schema and the store to the version of the code."""
    _run("schema", "migrate", data)


@app.command()
def demo(data: Data = None) -> None:
    """Fill an empty database with the demo municipality, and print its logins."""
    _run("municipality", "demo", data)


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
    _run(
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
    _run(
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
    _run(
        "people",
        "create_token",
        data,
        username=username,
        scopes=scope,
        name=name,
        days=days,
        as_json=as_json,
    )


# --- the register ---------------------------------------------------------------------------


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
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Register a document with its files, and print its number."""
    _run(
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
        as_json=as_json,
    )


@app.command()
def show(
    number: Annotated[str, typer.Argument(metavar="NUMBER/YEAR")],
    book: Book = None,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Show an entry."""
    _run(
        "entries",
        "show",
        data,
        cited=number,
        book=book,
        acting_as=acting_as,
        as_json=as_json,
    )


@app.command()
def search(
    query: Annotated[str, typer.Argument()],
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 25,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Find entries by number, name, or words of subject and files."""
    _run(
        "entries",
        "search",
        data,
        query=query,
        limit=limit,
        acting_as=acting_as,
        as_json=as_json,
    )


@audit.command("verify")
def verify_trail(as_json: AsJson = False, data: Data = None) -> None:
    """Check the whole audit trail against the database; exit code 1 where something was altered."""
    _run("trail", "verify", data, as_json=as_json)


@audit.command("check-numbers")
def check_numbers(acting_as: ActAs = None, as_json: AsJson = False, data: Data = None) -> None:
    """Check that each book-year is one unbroken series; exit code 1 where it is not."""
    _run("trail", "check_numbers", data, acting_as=acting_as, as_json=as_json)


@jobs.command("list")
def list_jobs(as_json: AsJson = False, data: Data = None) -> None:
    """List the jobs that failed, with the reason, and count the others."""
    _run("jobs", "list_failed", data, as_json=as_json)


@jobs.command("retry")
def retry_jobs(
    ids: Annotated[list[int], typer.Argument(metavar="ID...")], data: Data = None
) -> None:
    """Let failed jobs run again."""
    _run("jobs", "retry", data, ids=ids)


# --- tools: no database, no running stack -----------------------------------------------------


@app.command()
def ocr(
    source: Annotated[
        Path,
        typer.Argument(metavar="INPUT", exists=True, dir_okay=False, readable=True),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="OUT.pdf", dir_okay=False)],
    text: Annotated[
        Path | None,
        typer.Option(metavar="OUT.txt", dir_okay=False, help="The text too."),
    ] = None,
    languages: Annotated[str, typer.Option(help="Joined by a plus sign.")] = "ell+eng",
    pdfa: Annotated[bool, typer.Option("--pdfa", help="Make PDF/A-2b.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read a scan, and make it a searchable PDF."""
    _run(
        "reading",
        "ocr_file",
        None,
        source=source,
        output=output,
        text=text,
        languages=languages.split("+"),
        pdfa=pdfa,
        as_json=as_json,
    )


@app.command()
def sign(
    source: Annotated[
        Path,
        typer.Argument(metavar="INPUT.pdf", exists=True, dir_okay=False, readable=True),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="OUT.pdf", dir_okay=False)],
    key: Annotated[
        Path,
        typer.Option(
            metavar="FILE.p12",
            exists=True,
            dir_okay=False,
            help="Key with certificate.",
        ),
    ],
    tsa: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="Time-stamping service (repeatable)."),
    ] = None,
    level: Annotated[
        Level | None,
        typer.Option(help="[default: B-T with --tsa, else B-B]", show_default=False),
    ] = None,
    field: Annotated[str | None, typer.Option(metavar="NAME", help="Signature field.")] = None,
    trust: Annotated[
        list[Path] | None,
        typer.Option(metavar="PEM", exists=True, help="Roots, for B-LT and B-LTA (repeatable)."),
    ] = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Sign a PDF (PAdES).

    The key's password comes from the file, from DOCFLOW_KEY_PASSWORD, or is asked for.
    """
    _run(
        "signatures",
        "sign_file",
        None,
        source=source,
        output=output,
        key_file=key,
        tsa_urls=tsa or [],
        level=level.value if level else None,
        field=field,
        trust=trust or [],
        password_file=password_file,
        as_json=as_json,
    )


@app.command()
def validate(
    source: Annotated[
        Path,
        typer.Argument(metavar="FILE.pdf", exists=True, dir_okay=False, readable=True),
    ],
    trust: Annotated[
        list[Path] | None,
        typer.Option(metavar="PEM", exists=True, dir_okay=False, help="Roots (repeatable)."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Judge for this moment (ISO 8601)."),
    ] = None,
    offline: Annotated[
        bool,
        typer.Option("--offline", help="Ask no authority; use what is in the file."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Judge the signatures of a PDF. Exit code 0 whatever the verdict is."""
    _run(
        "signatures",
        "validate_file",
        None,
        source=source,
        trust=trust or [],
        at=at,
        offline=offline,
        as_json=as_json,
    )


# --- single processes ------------------------------------------------------------------------


@app.command()
def relay(data: Data = None) -> None:
    """Ring the workers for jobs that are due."""
    _run("processes", "relay", data)


@app.command()
def sequencer(data: Data = None) -> None:
    """Give each event of the audit trail its place in the chain."""
    _run("processes", "sequencer", data)


@app.command()
def worker(
    concurrency: Annotated[int, typer.Option(min=1, help="Processes that work.")] = 2,
    queues: Annotated[str, typer.Option(help="Joined by commas.")] = "default,ocr,signing",
    data: Data = None,
) -> None:
    """Do jobs: read, sign, send."""
    _run("processes", "worker", data, concurrency=concurrency, queues=queues)


@app.command()
def serve(
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Processes that answer.")] = 1,
    trusted_proxies: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESSES",
            help="Proxies whose X-Forwarded-For and -Proto count, joined by commas.",
        ),
    ] = None,
    data: Data = None,
) -> None:
    """Serve the pages and the JSON API."""
    _run(
        "processes",
        "serve",
        data,
        host=host,
        port=port,
        workers=workers,
        trusted_proxies=trusted_proxies,
    )
