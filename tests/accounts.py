"""Citizens with accounts, made without the pages that would make them."""

from datetime import timedelta

from sqlalchemy.orm import Session

from docflow import accounts, clock, organization
from docflow.accounts import Account, Citizen, Level, Way
from docflow.folding import fold
from tests.api.browsing import Browser
from tests.factories import Town

PASSWORD = "θάλασσα-και-ήλιος"


def account(
    session: Session,
    town: Town,
    *,
    level: Level = Level.REGISTERED,
    email: str = "eleni@example.gr",
    full_name: str = "Ελένη Δημητρίου",
    tax_number: str = "",
) -> Account:
    """An account that counts as so much when it is entered by its password."""
    is_visitor = level is Level.VISITOR
    row = Account(
        body_id=town.body_id,
        email=email,
        email_key=email.lower(),
        full_name="" if is_visitor else full_name,
        name_key="" if is_visitor else fold(full_name),
        tax_number=tax_number,
        password_hash=None if is_visitor else _password_hash(),
        level=level if level.reaches(Level.TEMPORARY) else None,
        level_until=clock.today() + timedelta(days=20) if level is Level.TEMPORARY else None,
    )
    session.add(row)
    session.flush()
    return row


_hashes: list[str] = []


def _password_hash() -> str:
    if not _hashes:
        _hashes.append(organization.hash_password(PASSWORD))
    return _hashes[0]


def secret_of(session: Session, row: Account, *, way: Way | None = None) -> str:
    """The secret of a new login to the account."""
    usual = Way.PASSWORD if row.password_hash else Way.CODE
    return accounts.open_login(session, row, way=way or usual, hours=1, client="test")


def seen(session: Session, secret: str) -> Citizen:
    """Who is logged in with this secret, as the next request sees him."""
    session.flush()
    found = accounts.by_session(session, secret, idle_minutes=60)
    assert found is not None, "the login has ended"
    return found[0]


def citizen(
    session: Session, town: Town, *, level: Level = Level.REGISTERED, **who: str
) -> Citizen:
    """A citizen with an account, logged in, who counts as this level."""
    return seen(session, secret_of(session, account(session, town, level=level, **who)))


def logged_in(browser: Browser, account_id: int, *, way: Way | None = None) -> str:
    """Begin a login to the account in this browser; its secret."""
    with browser.office.db.begin() as session:
        secret = secret_of(session, session.get_one(Account, account_id), way=way)
    browser.cookies.set("docflow_citizen", secret)
    return secret
