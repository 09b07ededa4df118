"""`docflow processes`: the templates of the office, and the kinds of document that begin them."""

from pathlib import Path

from docflow import processes
from docflow.cli import finding
from docflow.cli.failures import CannotDo
from docflow.cli.output import language, print_json, say
from docflow.i18n import t
from docflow.processes import BadProcessTemplate


def templates(data: Path | None, *, acting_as: str | None, as_json: bool) -> int:
    """Print the templates. Raises NotAllowed."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        found = processes.templates.listing(session, by=by, with_withdrawn=True)
    if as_json:
        print_json(
            [
                {
                    "code": one.code,
                    "title": one.title.in_language(language()),
                    "version": one.version,
                    "is_withdrawn": one.is_withdrawn,
                    "kinds": list(one.kinds),
                }
                for one in found
            ]
        )
        return 0
    for one in found:
        mark = "-" if one.is_withdrawn else " "
        title, kinds = one.title.in_language(language()), ", ".join(one.kinds) or "–"
        say(f"{mark} {one.code:<24} v{one.version:<3} {title}  ({kinds})")
    return 0


def deploy(data: Path | None, *, file: str, acting_as: str | None) -> int:
    """Print what is wrong with the file, or deploy it. Raises NotAllowed, CannotDo."""
    try:
        xml = Path(file).read_bytes()
    except OSError as error:
        raise CannotDo(t("{file} cannot be read.", file=file)) from error
    try:
        with finding.office(data) as office, office.db.begin() as session:
            by = finding.acting(session, acting_as)
            found = processes.templates.deploy(session, xml, by=by)
    except BadProcessTemplate as error:
        for one in error.problems:
            say(f"{file}:{one.line or 1}: {one.message.in_language(language())}")
        return 1
    say(t("“{code}” is deployed at version {n}.", code=found.code, n=found.version))
    return 0


def withdraw(data: Path | None, *, code: str, acting_as: str | None) -> int:
    """Raises NotAllowed, NoSuchTemplate, TemplateInUse."""
    with finding.office(data) as office, office.db.begin() as session:
        processes.templates.withdraw(session, code, by=finding.acting(session, acting_as))
    say(t("The template is offered no more."))
    return 0


def tie(data: Path | None, *, kind: str, template: str | None, acting_as: str | None) -> int:
    """Raises NotAllowed, NoSuchKind, NoSuchTemplate, NeverComesIn."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        processes.tie(session, kind, template, by=by)
    say(
        t("Documents of the kind “{kind}” begin “{code}”.", kind=kind, code=template)
        if template
        else t("Documents of the kind “{kind}” begin no process.", kind=kind)
    )
    return 0
