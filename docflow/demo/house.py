"""The municipality in the database: body, units, people with their rights and keys, books."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from sqlalchemy.orm import Session

from docflow import circulation, organization, registry
from docflow.demo.people import (
    COMMAND_LINE,
    KEY_PASSWORD,
    PASSWORD,
    PEOPLE,
    SECRETARIAT,
    UNITS,
    Someone,
)
from docflow.principal import Principal, Role
from docflow.settings import Settings

BODY = "paradeigma"
COMMON, CONFIDENTIAL = "koino", "empisteftiko"
_CONFIDENTIAL_WRITES = {"papadopoulos": True, "sotiriou": False}


class Keys(Protocol):
    """Whoever issues the demo's signing keys; `signing.testpki.TestPki` does."""

    def issue_person(self, *, name: str, title: str, password: str) -> bytes:
        """A person's key as PKCS#12, opened by the password."""
        ...


@dataclass(frozen=True, slots=True)
class House:
    """Who is who, for those who act in the demo: units by code, people by user name."""

    body_id: int
    units: Mapping[str, int]
    people: Mapping[str, Principal]
    settings: Settings

    def head(self, unit: str) -> Principal:
        """The head of a unit."""
        return self._of(unit, Role.HEAD)[0]

    def staff(self, unit: str) -> list[Principal]:
        """Who handles the work of a unit: its employees, or its head where he is alone."""
        return self._of(unit, Role.EMPLOYEE) or self._of(unit, Role.HEAD)

    def registrar(self) -> Principal:
        """The head of the registry, who decides on annulments."""
        return next(person for person in self.people.values() if person.is_registrar)

    def clerks(self) -> list[Principal]:
        return self._of(SECRETARIAT, Role.CLERK)

    def unit_name(self, unit: str) -> str:
        return next(name for code, name, _ in UNITS if code == unit)

    def _of(self, unit: str, role: Role) -> list[Principal]:
        return [
            self.people[someone.username]
            for someone in PEOPLE
            if someone.unit == unit and role in someone.roles
        ]


def issue_keys(keys: Keys) -> dict[str, bytes]:
    """A signing key for each who signs, by user name."""
    return {
        someone.username: keys.issue_person(
            name=someone.name, title=someone.title, password=KEY_PASSWORD
        )
        for someone in PEOPLE
        if someone.has_key
    }


def build(session: Session, signing_keys: Mapping[str, bytes], settings: Settings) -> House:
    """Open the municipality in an empty database."""
    body = organization.Body(
        code=BODY,
        name="Δήμος Παραδείγματος",
        letterhead=[
            "ΕΛΛΗΝΙΚΗ ΔΗΜΟΚΡΑΤΙΑ",
            "ΠΕΡΙΦΕΡΕΙΑ ΠΑΡΑΔΕΙΓΜΑΤΟΣ",
            "ΔΗΜΟΣ ΠΑΡΑΔΕΙΓΜΑΤΟΣ",
        ],
        city="Παράδειγμα",
        address="Πλατεία Δημαρχείου 1, Τ.Κ. 000 00",
        phone="2000 000 000",
        email="protokollo@paradeigma.example",
        website="www.paradeigma.example",
    )
    session.add(body)
    session.flush()  # its id, for all that follows
    units = _units(session, body)
    body.secretariat_id = units[SECRETARIAT].id
    users = {
        someone.username: _user(session, body, someone, units)
        for someone in (*PEOPLE, COMMAND_LINE)
    }
    _books(session, body, users)
    session.flush()  # grants, for the rights of the principals
    people = {
        name: organization.principal(session, user.id, via=organization.Via.WEB)
        for name, user in users.items()
    }
    for name, pkcs12 in signing_keys.items():
        circulation.keys.add(session, pkcs12, KEY_PASSWORD, by=people[name], settings=settings)
    return House(
        body_id=body.id,
        units={code: unit.id for code, unit in units.items()},
        people=people,
        settings=settings,
    )


def _units(session: Session, body: organization.Body) -> dict[str, organization.Unit]:
    units: dict[str, organization.Unit] = {}
    for code, name, above in UNITS:
        units[code] = organization.Unit(
            body_id=body.id,
            parent_id=units[above].id if above else None,
            code=code,
            name=name,
            valid_from=date(2000, 1, 1),
        )
        session.add(units[code])
        session.flush()  # its id, for the units below it
    return units


def _user(
    session: Session,
    body: organization.Body,
    someone: Someone,
    units: Mapping[str, organization.Unit],
) -> organization.User:
    user = organization.User(
        body_id=body.id,
        username=someone.username,
        full_name=someone.name,
        title=someone.title,
        email=f"{someone.username}@paradeigma.example",
        password_hash=(None if someone is COMMAND_LINE else organization.hash_password(PASSWORD)),
    )
    session.add(user)
    session.flush()  # its id, for the grants
    for role in someone.roles:
        organization.grant(session, user, role, units[someone.unit] if someone.unit else None)
    return user


def _books(
    session: Session, body: organization.Body, users: Mapping[str, organization.User]
) -> None:
    session.add(
        registry.Book(body_id=body.id, code=COMMON, title="Κοινό Πρωτόκολλο", is_default=True)
    )
    confidential = registry.Book(
        body_id=body.id,
        code=CONFIDENTIAL,
        title="Εμπιστευτικό Πρωτόκολλο",
        is_confidential=True,
    )
    session.add(confidential)
    session.flush()  # its id, for the grants
    for name, can_write in _CONFIDENTIAL_WRITES.items():
        session.add(
            registry.BookGrant(book_id=confidential.id, user_id=users[name].id, can_write=can_write)
        )
