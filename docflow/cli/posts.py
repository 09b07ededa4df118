"""`docflow positions`."""

from pathlib import Path

from docflow import organization
from docflow.cli import finding
from docflow.cli.days import day
from docflow.cli.failures import CannotDo
from docflow.cli.output import print_json, say
from docflow.i18n import t
from docflow.organization import positions, roles
from docflow.principal import Role


def listing(
    data: Path | None, *, unit: str | None, vacant: bool, acting_as: str | None, as_json: bool
) -> int:
    """Print the posts of today. Raises NoSuchUnit."""
    with finding.office(data) as office, office.db.read() as session:
        found = positions.listing(
            session,
            by=finding.acting(session, acting_as),
            zone=office.settings.zone,
            unit=unit,
            only_vacant=vacant,
        )
    if as_json:
        print_json([_plain(one) for one in found])
        return 0
    for one in found:
        holder = one.post.holder.full_name if one.post.holder else "–"
        say(f"{one.post.id:>6}  {one.unit_code:<8}  {one.post.role:<9}  {one.post.title}: {holder}")
    say(t("{n} found.", n=len(found)))
    return 0


def begin(data: Path | None, *, title: str, unit: str, role: str, acting_as: str | None) -> int:
    """Raises NotAllowed, NoSuchUnit, BadPosition, CannotDo."""
    if role not in roles.UNIT_ROLES:
        names = ", ".join(sorted(roles.UNIT_ROLES))
        raise CannotDo(t("There is no role “{name}”; there are: {names}", name=role, names=names))
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        unit_id = positions.unit_of(session, unit, by=by)
        number = positions.begin(session, unit_id, title, Role(role), by=by).id
    say(t("The post has the number {n}.", n=number))
    return 0


def fill(
    data: Path | None,
    *,
    number: int,
    user: str,
    first: str | None,
    last: str | None,
    acting_as: str | None,
) -> int:
    """Raises NotAllowed, NoSuchPosition, PositionHeld, NoSuchUser, OwnRights, CannotDo."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        positions.fill(
            session,
            number,
            organization.principal_named(session, user, via=by.via).person_id,
            by=by,
            valid_from=day(first) if first else None,
            valid_to=day(last) if last else None,
        )
    say(t("The post is filled."))
    return 0


def vacate(data: Path | None, *, number: int, acting_as: str | None) -> int:
    """Raises NotAllowed, NoSuchPosition, OwnRights."""
    with finding.office(data) as office, office.db.begin() as session:
        positions.vacate(session, number, by=finding.acting(session, acting_as))
    say(t("The post is vacant."))
    return 0


def end(data: Path | None, *, number: int, acting_as: str | None) -> int:
    """Raises NotAllowed, NoSuchPosition, OwnRights."""
    with finding.office(data) as office, office.db.begin() as session:
        positions.end(session, number, by=finding.acting(session, acting_as))
    say(t("The post is no more."))
    return 0


def _plain(one: organization.PositionInfo) -> dict[str, object]:
    holder = one.post.holder
    return {
        "id": one.post.id,
        "unit": one.unit_code,
        "title": one.post.title,
        "role": one.post.role,
        "holder": holder.username if holder else None,
        "since": holder.valid_from.isoformat() if holder else None,
    }
