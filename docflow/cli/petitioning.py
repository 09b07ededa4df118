"""`docflow applications`."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from docflow import applications
from docflow.applications import Filter
from docflow.cli import finding
from docflow.cli.days import day as day_of
from docflow.cli.output import print_json, say
from docflow.i18n import t


def listing(
    data: Path | None,
    *,
    words: str,
    service: str,
    state: str,
    unread: bool,
    limit: int,
    acting_as: str | None,
    as_json: bool,
) -> int:
    """Print the applications that the person may see."""
    wanted = Filter(service=service, state=state, text=words, unread=unread)
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        found, total = applications.listing(session, by=by, wanted=wanted, limit=limit)
    if as_json:
        print_json([_as_json(one) for one in found])
        return 0
    for one in found:
        mark = "*" if one.unread else " "
        say(f"{mark} {one.id:>6}  {one.number:<12} {one.state:<9}  {one.full_name}  {one.title}")
    say(t("{n} found.", n=total))
    return 0


def write(data: Path | None, *, number: int, text: str, acting_as: str | None) -> int:
    """Send a message to the applicant."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        applications.write(session, office, number, text, by=by)
    say(t("The message was sent to the applicant."))
    return 0


def ask(data: Path | None, *, number: int, text: str, until: str, acting_as: str | None) -> int:
    """Ask the applicant for something by a day."""
    due_on = day_of(until)
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        applications.supplements.ask(session, number, text=text, due_on=due_on, by=by)
    say(t("The applicant was asked. The time limit stands still."))
    return 0


def _as_json(one: applications.Line) -> dict[str, object]:
    """Times in ISO form, as everywhere in our JSON."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(one).items()
    }
