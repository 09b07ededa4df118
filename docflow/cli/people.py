"""The first body of an installation, accounts and access tokens."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, organization, registry
from docflow.cli import finding, passwords
from docflow.cli.failures import CannotDo
from docflow.cli.output import print_json, say, warn
from docflow.i18n import t
from docflow.organization import Body, Role, Unit, User
from docflow.principal import Via, system

SCOPES = ("register", "read", "route", "draft", "sign", "annul", "audit", "administer")
_USERNAME = re.compile(r"[a-z][a-z0-9.-]{1,31}")
_CODE = "1"


def init(
    data: Path | None,
    *,
    name: str,
    secretariat: str,
    administrator: str,
    administrator_name: str,
    password_file: Path | None,
    details: dict[str, Any],
) -> int:
    """Set up an empty installation. Raises CannotDo where it is not empty."""
    with finding.office(data) as office:
        _check_username(administrator)
        with office.db.read() as session:
            _require_empty(session)
        password = passwords.new(password_file, username=administrator)
        with office.db.begin() as session:
            _require_empty(session)
            body, unit = _first_body(session, name, secretariat, details)
            first = _account(session, body.id, administrator, administrator_name, password=password)
            organization.grant(session, first, Role.ADMINISTRATOR)
            organization.grant(session, first, Role.INSTALLATION)
            technical = _account(session, body.id, finding.TECHNICAL_ACCOUNT, "Γραμμή εντολών")
            organization.grant(session, technical, Role.CLERK, unit)
    say(
        t(
            "{body} is set up. Log in as {username}; add people with “docflow create-user”.",
            body=name,
            username=administrator,
        )
    )
    return 0


def create_user(
    data: Path | None,
    *,
    username: str,
    name: str,
    title: str,
    email: str,
    roles: list[str],
    technical: bool,
    password_file: Path | None,
) -> int:
    """Make an account with its roles. Raises CannotDo."""
    with finding.office(data) as office:
        _check_username(username)
        with office.db.read() as session:
            body = _the_body(session)
            _require_unknown(session, username)
            granted = [role_of(session, body, role) for role in roles]
        password = None if technical else passwords.new(password_file, username=username)
        with office.db.begin() as session:
            body = _the_body(session)
            _require_unknown(session, username)
            user = _account(
                session, body.id, username, name, password=password, title=title, email=email
            )
            for role, unit in granted:
                organization.grant(session, user, role, unit)
            audit.record(
                session,
                "user.created",
                by=system(body.id, via=Via.CLI),
                subject=("user", user.id),
                username=username,
                roles=roles,
            )
    say(t("The account {username} is there.", username=username))
    return 0


def create_token(
    data: Path | None,
    *,
    username: str,
    scopes: list[str],
    name: str,
    days: int | None,
    as_json: bool,
) -> int:
    """Make an access token and show it, once. Raises CannotDo, NoSuchUser."""
    wrong = sorted(set(scopes) - set(SCOPES))
    if wrong:
        raise CannotDo(
            t(
                "There is no scope “{name}”; there are: {names}",
                name=wrong[0],
                names=", ".join(SCOPES),
            )
        )
    expires_at = clock.now() + timedelta(days=days) if days else None
    with finding.office(data) as office, office.db.begin() as session:
        principal = finding.acting(session, username)
        user = session.get_one(User, principal.person_id)
        token = organization.issue_token(
            session, user, name=name, scopes=sorted(set(scopes)), expires_at=expires_at
        )
        audit.record(
            session,
            "token.issued",
            by=system(user.body_id, via=Via.CLI),
            subject=("user", user.id),
            name=name,
            scopes=sorted(set(scopes)),
        )
    if as_json:
        expires = expires_at.isoformat() if expires_at else None
        print_json({"token": token, "username": username, "scopes": scopes, "expires_at": expires})
    else:
        warn(t("Keep it safe: it is shown this once."))
        say(token)
    return 0


def _first_body(
    session: Session, name: str, secretariat: str, details: dict[str, Any]
) -> tuple[Body, Unit]:
    """The body with its secretariat and its two books."""
    body = Body(code=_CODE, name=name, **details)
    session.add(body)
    session.flush()  # its id, for its units
    unit = registry.new_bodies.furnish(session, body, secretariat=secretariat)
    by = system(body.id, via=Via.CLI)
    audit.record(session, "body.created", by=by, subject=("body", body.id), name=name)
    return body, unit


def _account(
    session: Session,
    body_id: int,
    username: str,
    name: str,
    *,
    password: str | None = None,
    title: str = "",
    email: str = "",
) -> User:
    user = User(
        body_id=body_id,
        username=username,
        full_name=name,
        title=title,
        email=email,
        password_hash=organization.hash_password(password) if password else None,
    )
    session.add(user)
    session.flush()  # its id, for its roles
    return user


def role_of(session: Session, body: Body, text: str) -> tuple[Role, Unit | None]:
    """`clerk:11` as role and unit. Raises CannotDo, NoSuchUnit."""
    word, _, code = text.partition(":")
    if word not in set(Role):
        names = ", ".join(Role)
        raise CannotDo(t("There is no role “{name}”; there are: {names}", name=word, names=names))
    if not code:
        if word in (Role.HEAD, Role.EMPLOYEE, Role.CLERK):
            raise CannotDo(t("The role “{name}” belongs to a unit: {name}:CODE", name=word))
        return Role(word), None
    found = next((u for u in organization.units(session, body.id) if u.code == code), None)
    if found is None:
        raise organization.NoSuchUnit(
            t("The organogram has no such unit today. Choose one from the list.")
        )
    return Role(word), organization.unit(session, found.id, body_id=body.id)


def _the_body(session: Session) -> Body:
    body = organization.first_body(session)
    if body is None:
        raise CannotDo(t("The installation is empty. Begin with “docflow init”."))
    return body


def _require_empty(session: Session) -> None:
    if organization.first_body(session) is not None:
        raise CannotDo(t("The installation is not empty: it has a body already."))


def _require_unknown(session: Session, username: str) -> None:
    if session.scalar(select(User.id).where(User.username == username)) is not None:
        raise CannotDo(t("There is an account {username} already.", username=username))


def _check_username(username: str) -> None:
    if not _USERNAME.fullmatch(username):
        raise CannotDo(t("A user name has 2 to 32 small Latin letters, digits, dots and dashes."))
