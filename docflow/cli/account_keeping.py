"""`docflow users` and `docflow bodies`.

Without --as the operator of the machine acts: who may run this has the database anyway, and the
trail says that it came from the command line.
"""

from dataclasses import replace
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import organization, registry
from docflow.cli import finding, passwords, people
from docflow.cli.days import day
from docflow.cli.output import print_json, say, warn
from docflow.i18n import t
from docflow.organization import BodyData, Grant, Place, Role, User, accounts, leaving, roles
from docflow.principal import Principal, Via, system


def listing(data: Path | None, *, closed: bool, acting_as: str | None, as_json: bool) -> int:
    """Print the accounts with their roles."""
    with finding.office(data) as office, office.db.read() as session:
        found = accounts.listing(session, by=_acting(session, acting_as), with_closed=closed)
    if as_json:
        print_json(
            [
                {
                    "username": one.username,
                    "full_name": one.full_name,
                    "state": one.state,
                    "service_ends_on": one.service_ends_on.isoformat()
                    if one.service_ends_on
                    else None,
                    "roles": [
                        f"{grant.role}:{grant.unit_code}" if grant.unit_code else grant.role
                        for grant in one.grants
                        if grant.is_valid
                    ],
                }
                for one in found
            ]
        )
        return 0
    for one in found:
        held = ", ".join(
            f"{grant.role}:{grant.unit_code}" if grant.unit_code else grant.role
            for grant in one.grants
            if grant.is_valid
        )
        say(f"{one.username:<20} {one.state:<10} {one.full_name}  ({held or '–'})")
    say(t("{n} found.", n=len(found)))
    return 0


def give_role(
    data: Path | None,
    *,
    user: str,
    role: str,
    first: str | None,
    last: str | None,
    acting_as: str | None,
) -> int:
    """Raises NotAllowed, BadRole, CannotDo, NoSuchUser."""
    with finding.office(data) as office, office.db.begin() as session:
        row = _user(session, user)
        word, unit = people.role_of(session, organization.body(session, row.body_id), role)
        roles.give(
            session,
            row.id,
            word,
            by=_acting(session, acting_as, body_id=row.body_id),
            unit_id=unit.id if unit else None,
            valid_from=day(first) if first else None,
            valid_to=day(last) if last else None,
        )
    say(t("The role was given."))
    return 0


def take_role(data: Path | None, *, user: str, role: str, acting_as: str | None) -> int:
    """Raises NotAllowed, NoSuchGrant, CannotDo, NoSuchUser, LastAdministrator."""
    with finding.office(data) as office, office.db.begin() as session:
        row = _user(session, user)
        word, unit = people.role_of(session, organization.body(session, row.body_id), role)
        grant = session.scalar(
            select(Grant.id)
            .where(
                Grant.user_id == row.id,
                Grant.role == word,
                Grant.unit_id == unit.id if unit else Grant.unit_id.is_(None),
            )
            .order_by(Grant.id.desc())
            .limit(1)
        )
        by = _acting(session, acting_as, body_id=row.body_id)
        roles.take(session, row.id, grant or 0, by=by)
    say(t("The role was taken."))
    return 0


def lock(data: Path | None, *, user: str, acting_as: str | None) -> int:
    """Raises NotAllowed, OwnRights, LastAdministrator, NoSuchUser."""
    with finding.office(data) as office, office.db.begin() as session:
        row = _user(session, user)
        accounts.lock(session, row.id, by=_acting(session, acting_as, body_id=row.body_id))
    say(t("The account is locked. Its logins have ended."))
    return 0


def unlock(data: Path | None, *, user: str, acting_as: str | None) -> int:
    """Raises NotAllowed, NoSuchUser."""
    with finding.office(data) as office, office.db.begin() as session:
        row = _user(session, user)
        accounts.unlock(session, row.id, by=_acting(session, acting_as, body_id=row.body_id))
    say(t("The account is open again."))
    return 0


def password(data: Path | None, *, user: str, acting_as: str | None) -> int:
    """Raises NotAllowed, OwnRights, NoSuchUser."""
    with finding.office(data) as office, office.db.begin() as session:
        row = _user(session, user)
        by = _acting(session, acting_as, body_id=row.body_id)
        made = accounts.new_password(session, row.id, by=by)
    warn(t("Hand it over: it is shown this once, and changed at the first login."))
    say(made)
    return 0


def end(data: Path | None, *, user: str, last_day: str, work_to: str, acting_as: str | None) -> int:
    """Raises NotAllowed, StillHasWork, BadEnd, NoSuchUser, NoSuchUnit, LastAdministrator."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        row, last = _user(session, user), day(last_day)
        leaving.end_service(
            session, row.id, by=by, last_day=last, work_to=_place(session, row.body_id, work_to)
        )
    say(t("The end of service was arranged. What is open was placed."))
    return 0


def list_bodies(data: Path | None, *, as_json: bool) -> int:
    """Print the bodies."""
    with finding.office(data) as office, office.db.read() as session:
        found = [(one.code, one.name) for one in organization.bodies(session)]
    if as_json:
        print_json([{"code": code, "name": name} for code, name in found])
        return 0
    for code, name in found:
        say(f"{code:<20} {name}")
    return 0


def create_body(
    data: Path | None,
    *,
    code: str,
    name: str,
    administrator: str,
    administrator_name: str,
    secretariat: str,
    password_file: Path | None,
) -> int:
    """Raises BadBody, BodyCodeTaken, BadAccount, UsernameTaken, CannotDo."""
    with finding.office(data) as office:
        secret = passwords.new(password_file, username=administrator)
        with office.db.begin() as session:
            registry.new_bodies.begin(
                session,
                code,
                BodyData(name),
                registry.new_bodies.FirstAdministrator(administrator, administrator_name, secret),
                by=_acting(session, None),
                secretariat=secretariat,
            )
    say(t("The body was opened, with its secretariat and its two books."))
    return 0


def _acting(session: Session, username: str | None, *, body_id: int | None = None) -> Principal:
    if username is not None:
        return finding.acting(session, username)
    if body_id is None:
        body_id = organization.body_named(session, None).id
    rights = frozenset({Role.ADMINISTRATOR, Role.INSTALLATION})
    return replace(system(body_id, via=Via.CLI), roles=rights)


def _user(session: Session, username: str) -> User:
    row = session.scalar(select(User).where(User.username == username))
    if row is None:
        raise organization.NoSuchUser(t("There is no active account “{name}”.", name=username))
    return row


def _place(session: Session, body_id: int, typed: str) -> Place | None:
    if not typed:
        return None
    code, _, username = typed.partition(":")
    found = next((one for one in organization.units(session, body_id) if one.code == code), None)
    if found is None:
        raise organization.NoSuchUnit(organization.no_such_unit())
    return Place(found.id, _user(session, username).id if username else None)
