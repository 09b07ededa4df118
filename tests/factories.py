"""A small invented municipality, its people, and letters to it.

Each function takes what matters to the test and invents the rest.
"""

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from io import BytesIO
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from docflow import circulation, documents, organization, parties, registry, routing
from docflow.office import Office
from docflow.organization import Principal, Role, Via
from docflow.registry import Book, BookGrant, Direction, Entry, NewEntry

ZONE = "Europe/Athens"
LANGUAGES = ["ell", "eng"]
PASSWORD = "καλημέρα-27"  # of every login of the municipality
KEY_PASSWORD = "κλειδί-1"  # of every signing key
_numbers = count(1)


@cache
def _password_hash() -> str:
    return organization.hash_password(PASSWORD)


@dataclass(frozen=True)
class Town:
    """The ids of the municipality; `person` gives the rights that somebody has now."""

    body_id: int
    units: dict[str, int] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    books: dict[str, int] = field(default_factory=dict)

    def person(self, session: Session, username: str, *, via: Via = Via.WEB) -> Principal:
        return organization.principal(session, self.users[username], via=via)

    def target(self, unit: str, username: str | None = None) -> routing.Target:
        return routing.Target(self.units[unit], self.users[username] if username else None)


UNITS = {  # code: name, code of the unit above
    "ΔΗΜ": ("Γραφείο Δημάρχου", None),
    "ΔΥ": ("Διεύθυνση Διοικητικών Υπηρεσιών", "ΔΗΜ"),
    "ΓΡΑΜ": ("Τμήμα Γραμματείας και Πρωτοκόλλου", "ΔΥ"),
    "ΤΥ": ("Διεύθυνση Τεχνικών Υπηρεσιών", "ΔΗΜ"),
    "ΟΔΟΠ": ("Τμήμα Οδοποιίας", "ΤΥ"),
    "ΝΟΜ": ("Νομική Υπηρεσία", None),
}
PEOPLE: dict[str, tuple[str, str, list[tuple[Role, str | None]]]] = {
    "clerk": ("Μαρία Νικολάου", "Υπάλληλος Πρωτοκόλλου", [(Role.CLERK, "ΓΡΑΜ")]),
    "secretary": ("Ελένη Ράπτη", "Προϊσταμένη Γραμματείας", [(Role.HEAD, "ΓΡΑΜ")]),
    "registrar": ("Ορέστης Καλλέργης", "Προϊστάμενος Πρωτοκόλλου", [(Role.REGISTRAR, "ΓΡΑΜ")]),
    "director": (
        "Γιώργος Αλεξίου",
        "Διευθυντής Τεχνικών Υπηρεσιών",
        [(Role.HEAD, "ΤΥ")],
    ),
    "engineer": ("Άννα Βλάχου", "Μηχανικός", [(Role.EMPLOYEE, "ΟΔΟΠ")]),
    "colleague": ("Πέτρος Δήμου", "Εργοδηγός", [(Role.EMPLOYEE, "ΟΔΟΠ")]),
    "lawyer": ("Ιωάννα Σταύρου", "Δικηγόρος", [(Role.EMPLOYEE, "ΝΟΜ")]),
    "mayor": (
        "Νίκος Παπαδόπουλος",
        "Ο Δήμαρχος",
        [(Role.SIGNER, None), (Role.EMPLOYEE, "ΔΗΜ")],
    ),
    "auditor": ("Κώστας Μάνος", "Ελεγκτής", [(Role.AUDITOR, None)]),
    "administrator": ("Σοφία Λάμπρου", "Διαχειρίστρια", [(Role.ADMINISTRATOR, None)]),
    "confidant": ("Δέσποινα Κρητικού", "Ειδική Γραμματέας", [(Role.EMPLOYEE, "ΔΗΜ")]),
}


def municipality(session: Session, *, code: str = "paradeigma") -> Town:
    """The municipality with its units, people and two books: `koino` and `empisteftiko`."""
    body = organization.Body(
        code=code,
        name="Δήμος Παραδείγματος",
        letterhead=["ΕΛΛΗΝΙΚΗ ΔΗΜΟΚΡΑΤΙΑ", "ΝΟΜΟΣ ΑΤΤΙΚΗΣ"],
        city="Παράδειγμα",
        address="Πλατεία Δημαρχείου 1, 123 45 Παράδειγμα",
        phone="210 1234567",
        email="info@paradeigma.example",
        website="paradeigma.example",
    )
    session.add(body)
    session.flush()
    town = Town(body.id)
    for unit_code, (name, above) in UNITS.items():
        unit = organization.Unit(
            body_id=body.id,
            parent_id=town.units[above] if above else None,
            code=unit_code,
            name=name,
            valid_from=date(2000, 1, 1),
        )
        session.add(unit)
        session.flush()
        town.units[unit_code] = unit.id
    body.secretariat_id = town.units["ΓΡΑΜ"]
    prefix = "" if code == "paradeigma" else f"{code}-"
    for username, (full_name, title, grants) in PEOPLE.items():
        user = organization.User(
            body_id=body.id,
            username=prefix + username,
            full_name=full_name,
            title=title,
            email=f"{username}@paradeigma.example",
            password_hash=_password_hash(),
        )
        session.add(user)
        session.flush()
        town.users[username] = user.id
        for role, unit_code_or_none in grants:
            place = (
                session.get(organization.Unit, town.units[unit_code_or_none])
                if unit_code_or_none
                else None
            )
            organization.grant(session, user, role, place)
    for book_code, title, is_confidential in (
        ("koino", "Κοινό πρωτόκολλο", False),
        ("empisteftiko", "Εμπιστευτικό πρωτόκολλο", True),
    ):
        book = Book(
            body_id=body.id,
            code=book_code,
            title=title,
            is_confidential=is_confidential,
            is_default=not is_confidential,
        )
        session.add(book)
        session.flush()
        town.books[book_code] = book.id
    session.add(
        BookGrant(
            book_id=town.books["empisteftiko"],
            user_id=town.users["confidant"],
            can_write=True,
        )
    )
    session.flush()
    return town


def incoming(**changes: Any) -> NewEntry:
    """What a clerk types of a letter that came by post."""
    n = next(_numbers)
    typed: dict[str, Any] = {
        "direction": Direction.INCOMING,
        "subject": f"Αίτηση επισκευής οδοστρώματος αρ. {n}",
        "sender": parties.Contact(name=f"Σύλλογος Κατοίκων {n}", email=f"katoikoi{n}@example.gr"),
    }
    return NewEntry(**{**typed, **changes})


def letter(
    session: Session,
    town: Town,
    *uploads: documents.Upload,
    by: str = "clerk",
    idempotency_key: str | None = None,
    **changes: Any,
) -> Entry:
    """Register an incoming letter in the common book; `changes` are fields of `NewEntry`."""
    return registry.register(
        session,
        incoming(**changes),
        uploads,
        by=town.person(session, by),
        zone=ZONE,
        ocr_languages=LANGUAGES,
        idempotency_key=idempotency_key,
        guard_duplicates=False,
    )


def secret_letter(
    session: Session, town: Town, *uploads: documents.Upload, **changes: Any
) -> Entry:
    """Register an incoming letter in the confidential book."""
    return letter(session, town, *uploads, by="confidant", book="empisteftiko", **changes)


def uploaded(office: Office, data: bytes, name: str = "έγγραφο.pdf") -> documents.Upload:
    return documents.receive(office, BytesIO(data), name)


def accepted(session: Session, town: Town, entry: Entry, *, by: str = "engineer") -> None:
    """Charge an entry to the person of the roads department, who accepts it."""
    routing.charge(
        session,
        entry.id,
        by=town.person(session, "secretary"),
        to=town.target("ΟΔΟΠ", by),
    )
    routing.accept(session, entry.id, by=town.person(session, by))


def content(**changes: Any) -> circulation.Content:
    """What the drafter of an answer writes."""
    typed: dict[str, Any] = {
        "subject": "Απάντηση σε αίτηση επισκευής οδοστρώματος",
        "recipient": parties.Contact(name="Σύλλογος Κατοίκων", email="katoikoi@example.gr"),
        "body": "Σας γνωρίζουμε ότι η επισκευή θα γίνει εντός του μηνός.\n\nΜε εκτίμηση",
    }
    return circulation.Content(**{**typed, **changes})


def annulled(
    session: Session, town: Town, entry_id: int, *, reason: str = "Διπλή καταχώριση"
) -> registry.Annulment:
    """Annul an entry of the common book: the clerk asks, the registrar agrees."""
    request = registry.request_annulment(
        session, entry_id, reason=reason, by=town.person(session, "clerk")
    )
    return registry.approve_annulment(session, request.id, by=town.person(session, "registrar"))
