"""`docflow organogram`: the tree, files of it, and changes from a file."""

from pathlib import Path

from docflow import clock, organization
from docflow.cli import finding
from docflow.cli.days import day
from docflow.cli.failures import CannotDo
from docflow.cli.output import language, say
from docflow.cli.writing import write_whole
from docflow.i18n import t
from docflow.organization import changes, organogram, sheets, steps


def show(data: Path | None, *, on: str | None, acting_as: str | None) -> int:
    """Print the tree of a day."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        found = organogram.tree(
            session, by=by, zone=office.settings.zone, day=day(on) if on else None
        )
    for one in found:
        heads = ", ".join(head.full_name for head in one.heads) or "–"
        say(f"{'  ' * one.depth}{one.code}  {one.name}  ({heads})")
    say(t("{n} found.", n=len(found)))
    return 0


def export(data: Path | None, *, output: Path, acting_as: str | None) -> int:
    """Write the organogram, as the file's name ends. Raises CannotDo."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        zone = office.settings.zone
        units = organogram.every_unit(session, by=by, zone=zone)
        body = organization.body(session, by.body_id).code
    if output.suffix == ".csv":
        made = sheets.as_csv(units)
    elif output.suffix == ".json":
        made = sheets.as_json(units, body=body, on=clock.today(zone))
    else:
        raise CannotDo(t("Give a file that ends in .csv or .json."))
    write_whole(output, made, source=None)
    say(str(output))
    return 0


def import_file(
    data: Path | None,
    *,
    file: Path,
    carry_out: bool,
    on: str | None,
    authority: str,
    acting_as: str | None,
) -> int:
    """Try what a file says, and do it if asked; 1 where it is not possible."""
    rows = sheets.read(file.read_bytes())
    with finding.office(data) as office:
        with office.db.read() as session:
            by = finding.acting(session, acting_as)
            wanted = sheets.compare(session, rows, by=by, zone=office.settings.zone)
            if not wanted:
                say(t("The file says what stands already. Nothing was changed."))
                return 0
            plan = changes.dry_run(session, wanted, by=by)
        for one in steps.as_json(wanted):
            told = {name: value for name, value in one.items() if value not in (None, "", False)}
            say(", ".join(f"{name}={value}" for name, value in told.items()))
        for ending in plan.dissolutions:
            say(
                t(
                    "{name}: {items} open items and {people} people go to {heir}.",
                    name=ending.name,
                    items=len(ending.shown),
                    people=len({mover.user_id for mover in ending.people}),
                    heir=ending.successor or "–",
                )
            )
        for problem in plan.problems:
            say(problem.text.in_language(language()))
        if not plan.is_possible:
            return 1
        if not carry_out:
            say(t("Nothing was changed. Add --carry-out to do it."))
            return 0
        with office.db.begin() as session:
            by = finding.acting(session, acting_as)
            row = changes.change(
                session,
                wanted,
                by=by,
                on=day(on) if on else None,
                authority=authority,
                seen=plan.seen,
            )
            is_done = row.done_at is not None
    say(t("The organogram was changed.") if is_done else t("The change waits for its day."))
    return 0
