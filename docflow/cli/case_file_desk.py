"""Commands for case files and classification plans."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from docflow.cli.application import app, run
from docflow.cli.options import ActAs, AsJson, Data

files = typer.Typer(
    help="Case files and what lies in them.", no_args_is_help=True, rich_markup_mode=None
)
classification = typer.Typer(
    help="Classification plans in versions.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(files, name="case-file")
app.add_typer(classification, name="classification")

Code = Annotated[str, typer.Argument(metavar="CODE")]
Entry = Annotated[str, typer.Argument(metavar="NUMBER/YEAR", help="With the book: koino:15/2026.")]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept.")]
PlanCode = Annotated[str, typer.Argument(metavar="PLAN")]


class Form(StrEnum):
    PDF = "pdf"
    ZIP = "zip"


class ListForm(StrEnum):
    CSV = "csv"
    JSON = "json"


@files.command("list")
def listing(
    words: Annotated[str, typer.Argument(metavar="[WORDS]", help="Of code and title.")] = "",
    unit: Annotated[str | None, typer.Option(metavar="CODE")] = None,
    class_code: Annotated[
        str, typer.Option("--class", metavar="CODE", help="And what lies under it.")
    ] = "",
    is_open: Annotated[
        bool | None, typer.Option("--open/--closed", help="Only open, or closed ones.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    acting_as: ActAs = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List case files, the newest first."""
    run(
        "case_filing",
        "listing",
        data,
        words=words,
        unit=unit,
        class_code=class_code,
        is_open=is_open,
        limit=limit,
        acting_as=acting_as,
        as_json=as_json,
    )


@files.command()
def show(code: Code, acting_as: ActAs = None, as_json: AsJson = False, data: Data = None) -> None:
    """Show a case file with its contents."""
    run("case_filing", "show", data, code=code, acting_as=acting_as, as_json=as_json)


@files.command("open")
def open_file(
    title: Annotated[str, typer.Argument()],
    unit: Annotated[str, typer.Option(metavar="CODE", help="Unit that keeps it.")],
    class_code: Annotated[str, typer.Option("--class", metavar="CODE")] = "",
    under: Annotated[
        str | None, typer.Option(metavar="CODE", help="A sub-file of this case file.")
    ] = None,
    place: Annotated[str, typer.Option(help="Where the paper lies.")] = "",
    confidential: Annotated[bool, typer.Option("--confidential")] = False,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Open a case file, and print its code."""
    run(
        "case_filing",
        "open_file",
        data,
        title=title,
        unit=unit,
        class_code=class_code,
        under=under,
        place=place,
        confidential=confidential,
        acting_as=acting_as,
    )


@files.command("file")
def put_in(
    code: Code,
    entry: Entry,
    reference: Annotated[bool, typer.Option("--reference", help="It belongs elsewhere.")] = False,
    pages: Annotated[int | None, typer.Option(min=0, help="As counted on paper.")] = None,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Put an entry into a case file."""
    run(
        "case_filing",
        "put_in",
        data,
        code=code,
        entry=entry,
        reference=reference,
        pages=pages,
        acting_as=acting_as,
    )


@files.command()
def move(
    code: Code,
    entry: Entry,
    to: Annotated[str, typer.Argument(metavar="CODE")],
    reason: Reason,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Move an entry into another case file."""
    run(
        "case_filing",
        "move",
        data,
        code=code,
        entry=entry,
        to=to,
        reason=reason,
        acting_as=acting_as,
    )


@files.command()
def take_out(
    code: Code, entry: Entry, reason: Reason, acting_as: ActAs = None, data: Data = None
) -> None:
    """Take an entry out of a case file."""
    run(
        "case_filing",
        "move",
        data,
        code=code,
        entry=entry,
        to=None,
        reason=reason,
        acting_as=acting_as,
    )


@files.command()
def close(code: Code, reason: Reason = "", acting_as: ActAs = None, data: Data = None) -> None:
    """Close a case file."""
    run("case_filing", "close", data, code=code, reason=reason, acting_as=acting_as)


@files.command()
def reopen(code: Code, reason: Reason, acting_as: ActAs = None, data: Data = None) -> None:
    """Open a closed case file again."""
    run("case_filing", "reopen", data, code=code, reason=reason, acting_as=acting_as)


@files.command()
def export(
    code: Code,
    out: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False)],
    form: Annotated[Form, typer.Option()] = Form.ZIP,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why you open its confidential documents.")
    ] = "",
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Write a whole case file as one PDF, or as ZIP. Each document is noted as read."""
    run(
        "case_filing",
        "export",
        data,
        code=code,
        form=form.value,
        out=out,
        reason=reason,
        acting_as=acting_as,
    )


@classification.command("list")
def list_plans(acting_as: ActAs = None, as_json: AsJson = False, data: Data = None) -> None:
    """Name the plans with their versions."""
    run("case_filing", "list_plans", data, acting_as=acting_as, as_json=as_json)


@classification.command("import")
def import_plan(
    plan: PlanCode,
    path: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="CSV or JSON.")
    ],
    title: Annotated[str, typer.Option(help="Of a plan that begins.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what changes.")] = False,
    in_force: Annotated[
        str | None, typer.Option(metavar="DATE", help="Put it in force from this day.")
    ] = None,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Keep a list of classes as the draft of a plan (--as an administrator)."""
    run(
        "case_filing",
        "import_plan",
        data,
        code=plan,
        path=path,
        title=title,
        dry_run=dry_run,
        first_day=in_force,
        acting_as=acting_as,
    )


@classification.command("export")
def export_plan(
    plan: PlanCode,
    out: Annotated[Path | None, typer.Option(metavar="FILE", dir_okay=False)] = None,
    version: Annotated[int | None, typer.Option(min=1, help="The newest without it.")] = None,
    form: Annotated[ListForm, typer.Option()] = ListForm.CSV,
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Print the classes of a plan, or write them to a file."""
    run(
        "case_filing",
        "export_plan",
        data,
        code=plan,
        number=version,
        form=form.value,
        out=out,
        acting_as=acting_as,
    )


@classification.command()
def mask(
    mask: Annotated[str, typer.Argument(metavar="MASK", help="As Φ.{class}/{unit}-{n}/{year}.")],
    acting_as: ActAs = None,
    data: Data = None,
) -> None:
    """Set how the codes of new case files look (--as an administrator)."""
    run("case_filing", "set_mask", data, mask=mask, acting_as=acting_as)
