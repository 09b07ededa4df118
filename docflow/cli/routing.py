"""`docflow charge` and `docflow delivery-lists`."""

from pathlib import Path

from docflow import organization, routing
from docflow.cli import entries, finding
from docflow.cli.days import day
from docflow.cli.failures import CannotDo
from docflow.cli.output import language, print_json, say
from docflow.cli.writing import write_whole
from docflow.i18n import t
from docflow.routing import delivery_lists


def charge(
    data: Path | None,
    *,
    numbers: list[str],
    unit: str,
    person: str | None,
    instructions: str,
    on: str | None,
    book: str | None,
    acting_as: str | None,
    as_json: bool,
) -> int:
    """Charge each, now or on a day to come; 1 where one could not be.

    Raises NoSuchEntry, NoSuchUser, BadPlanDay, CannotDo.
    """
    with finding.office(data) as office:
        with office.db.read() as session:
            by = finding.acting(session, acting_as)
            found = [one for one in organization.units(session, by.body_id) if one.code == unit]
            if not found:
                raise CannotDo(t("There is no unit with the code “{code}”.", code=unit))
            user_id = None
            if person is not None:
                user_id = organization.principal_named(session, person, via=by.via).person_id
            ids = [entries.numbered(session, one, book, by=by).id for one in numbers]
        to = routing.Target(found[0].id, user_id)
        outcomes = routing.charge_many(
            office.db, ids, by=by, to=to, instructions=instructions, on=day(on) if on else None
        )
    failed = [one for one in outcomes if one.error is not None]
    if as_json:
        print_json(
            [
                {
                    "label": one.label,
                    "charged": one.error is None,
                    "error": one.error.in_language(language()) if one.error else None,
                }
                for one in outcomes
            ]
        )
        return 1 if failed else 0
    for one in outcomes:
        say(f"{one.label:>12}  {one.error.in_language(language()) if one.error else '✓'}")
    return 1 if failed else 0


def make_lists(data: Path | None, *, acting_as: str | None, as_json: bool) -> int:
    """Make the lists and name them. Raises NothingToDeliver."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        waiting = delivery_lists.waiting(session, by=by)
        made = delivery_lists.make(session, [one.charge_id for one in waiting], by=by)
        shown = [delivery_lists.get(session, one.id, by=by)[0] for one in made]
    if as_json:
        print_json(
            [
                {"id": one.id, "number": one.number, "unit": one.unit, "documents": one.count}
                for one in shown
            ]
        )
        return 0
    for one in shown:
        say(f"{one.id:>6}  {one.number:>9}  {one.unit} ({one.count})")
    return 0


def print_list(data: Path | None, *, list_id: int, output: Path, acting_as: str | None) -> int:
    """Write a list as PDF. Raises NoSuchDeliveryList, PrintingFailed."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        sheet = delivery_lists.sheet(
            session, list_id, by=by, language=language(), zone=office.settings.zone
        )
    pdf = delivery_lists.printed(sheet, language=language())
    write_whole(output, pdf, source=None)
    say(str(output))
    return 0
