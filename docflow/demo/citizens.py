"""Citizens of the demo municipality with accounts, and who lives in it. All are invented."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import accounts, clock, organization
from docflow.accounts import Account, Level, Way
from docflow.demo.house import House
from docflow.demo.people import PASSWORD
from docflow.folding import fold
from docflow.office import Office
from docflow.service_acts import residents


@dataclass(frozen=True, slots=True)
class Someone:
    """A citizen; a visitor has no password and no name."""

    key: str
    full_name: str
    tax_number: str
    phone: str
    address: str
    level: Level

    @property
    def email(self) -> str:
        return f"{self.key}@citizens.example"


CITIZENS = (
    Someone(
        "eleni.dimitriou",
        "Ελένη Δημητρίου",
        "123456783",
        "6970000001",
        "Ακαδημίας 12, Παράδειγμα",
        Level.VERIFIED,
    ),
    Someone(
        "nikos.ioannou",
        "Νίκος Ιωάννου",
        "090000045",
        "6970000002",
        "Μουσών 3, Παράδειγμα",
        Level.REGISTERED,
    ),
    Someone(
        "maria.pappa",
        "Μαρία Παππά",
        "094014201",
        "6970000003",
        "Σόλωνος 8, Παράδειγμα",
        Level.VISITOR,
    ),
)


def citizen_logins() -> list[Someone]:
    """Those who log in with the password of the demo."""
    return [one for one in CITIZENS if one.level is not Level.VISITOR]


_RESIDENTS = (
    ("094014201", "Μαρία Παππά", "Σόλωνος 8, Παράδειγμα", "01/02/2020"),
    ("123456783", "Δημητρίου Ελένη", "Ακαδημίας 12, Παράδειγμα", "03/05/2011"),
    ("090000045", "Ιωάννου Νίκος", "Μουσών 3, Παράδειγμα", "30/09/2001"),
)


def begin(session: Session, house: House) -> None:
    """Open the accounts; a clerk has seen the papers of who is verified."""
    password = organization.hash_password(PASSWORD)
    for someone in CITIZENS:
        is_visitor = someone.level is Level.VISITOR
        row = Account(
            body_id=house.body_id,
            email=someone.email,
            email_key=someone.email,
            full_name="" if is_visitor else someone.full_name,
            name_key="" if is_visitor else fold(someone.full_name),
            phone="" if is_visitor else someone.phone,
            tax_number="" if is_visitor else someone.tax_number,
            password_hash=None if is_visitor else password,
        )
        session.add(row)
        session.flush()  # its id, for the proof
        if someone.level is Level.VERIFIED:
            seen = accounts.proving.Seen(
                someone.full_name, someone.tax_number, accounts.Paper.IDENTITY_CARD
            )
            clerk = house.clerks()[0]
            accounts.proving.prove(session, row.id, seen, seen=row.step, by=clerk)


def citizen(session: Session, someone: Someone) -> accounts.Citizen:
    """The citizen, logged in as he usually is."""
    row = session.scalars(select(Account).where(Account.email_key == someone.email)).one()
    way = Way.CODE if someone.level is Level.VISITOR else Way.PASSWORD
    secret = accounts.open_login(session, row, way=way, hours=1, client="demo")
    session.flush()
    found = accounts.by_session(session, secret, idle_minutes=60)
    assert found is not None  # it was opened just now
    return found[0]


def go_home(session: Session) -> None:
    """Nobody is logged in when the demo begins."""
    for row in session.scalars(select(Account)):
        accounts.logins.end_logins(session, row.id)


def live_here(office: Office, house: House) -> None:
    """The office gives the register of residents."""
    rows = ["ΑΦΜ;Ονοματεπώνυμο;Διεύθυνση;Κάτοικος από"]
    rows += [";".join(one) for one in _RESIDENTS]
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"katoikoi-{clock.today():%Y-%m-%d}.csv"
        path.write_text("\n".join(rows), encoding="utf-8")
        by = next(person for person in house.people.values() if person.is_administrator)
        residents.take(office, path, name=path.name, by=by)
