"""`docflow deputies` and `docflow circulation-sheet`."""

from pathlib import Path

from docflow import circulation, organization
from docflow.cli import finding
from docflow.cli.days import day as day_of
from docflow.cli.output import print_json, say
from docflow.cli.writing import write_whole
from docflow.i18n import t
from docflow.organization import ActsAs, Appointment, DeputyScope, deputies


def listing(data: Path | None, *, past: bool, acting_as: str | None, as_json: bool) -> int:
    """Print the appointments that concern the acting person."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        found = deputies.deputies(session, by=by, with_past=past)
    if as_json:
        print_json(
            [
                {
                    "id": one.id,
                    "person": one.person,
                    "deputy": one.deputy,
                    "valid_from": one.valid_from.isoformat(),
                    "valid_to": one.valid_to.isoformat(),
                    "scope": one.scope,
                    "acts_as": one.acts_as,
                    "authority": one.authority,
                    "is_in_force": one.is_in_force,
                }
                for one in found
            ]
        )
        return 0
    for one in found:
        mark = "*" if one.is_in_force else " "
        period = f"{one.valid_from:%d/%m/%Y}–{one.valid_to:%d/%m/%Y}"
        say(f"{mark} {one.id:>5}  {period}  {one.person} ← {one.deputy} ({one.scope})")
    say(t("{n} found.", n=len(found)))
    return 0


def appoint(
    data: Path | None,
    *,
    person: str,
    deputy: str,
    first: str,
    last: str,
    scope: str,
    printed: str,
    authority: str,
    acting_as: str | None,
) -> int:
    """Raises NotAllowed, BadDeputy, DeputyOfDeputy, NoSuchUser, CannotDo."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        ids = [
            organization.principal_named(session, name, via=by.via).person_id
            for name in (person, deputy)
        ]
        wanted = Appointment(
            person_id=ids[0],
            deputy_id=ids[1],
            valid_from=day_of(first),
            valid_to=day_of(last),
            scope=DeputyScope(scope),
            acts_as=ActsAs(printed),
            authority=authority,
        )
        made = deputies.appoint(session, wanted, by=by).id
    say(t("Appointment {id} was made.", id=made))
    return 0


def end(data: Path | None, *, appointment: int, acting_as: str | None) -> int:
    """Raises NoSuchDeputy, NotAllowed, BadDeputy."""
    with finding.office(data) as office, office.db.begin() as session:
        deputies.end(session, appointment, by=finding.acting(session, acting_as))
    say(t("The appointment has ended."))
    return 0


def sheet(
    data: Path | None, *, draft: int, output: Path, plain: bool, acting_as: str | None
) -> int:
    """Write the circulation sheet. Raises NoSuchDraft, CannotPrint."""
    with finding.office(data) as office:
        with office.db.read() as session:
            by = finding.acting(session, acting_as)
        made = circulation.sheets.sheet(office, draft, by=by, for_staff=not plain)
    write_whole(output, made.pdf, source=None)
    say(str(output))
    return 0
