"""One municipality for all page tests, in a database where transactions commit."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update
from starlette.types import ASGIApp

from api.app import create_app
from docflow import circulation, documents, outbox, registry
from docflow.office import Office, open_office
from docflow.settings import Settings
from tests import factories, stack
from tests.api.browsing import HOST, Browser
from tests.conftest import Keys


@dataclass(frozen=True)
class House:
    """The office of the page tests and its people."""

    office: Office
    town: factories.Town
    keys: Keys
    app: ASGIApp

    def run_jobs(self) -> None:
        """Do what waits, as the worker would."""
        with self.office.db.read() as session:
            waiting = outbox.Job.state == outbox.JobState.WAITING
            due = session.scalars(select(outbox.Job.id).where(waiting).order_by(outbox.Job.id))
            ids = due.all()
        for job_id in ids:
            outbox.run(self.office, job_id)

    def forget_jobs(self) -> None:
        """What other tests left to be done is nobody's any more: nobody here waits for it."""
        with self.office.db.begin() as session:
            session.execute(
                update(outbox.Job)
                .where(outbox.Job.state == outbox.JobState.WAITING)
                .values(state=outbox.JobState.DONE)
            )

    def register(self, *uploads: tuple[bytes, str], **changes: object) -> str:
        """The address of a newly registered letter."""
        kept = [factories.uploaded(self.office, data, name) for data, name in uploads]
        with self.office.db.begin() as session:
            make = factories.secret_letter if changes.pop("secret", False) else factories.letter
            entry = make(session, self.town, *kept, **changes)
            book = "koino" if entry.book_id == self.town.books["koino"] else "empisteftiko"
            return f"/entries/{book}/{entry.year}/{entry.number}"

    def entry_id(self, address: str) -> int:
        """The entry at an address, whoever may see it."""
        _, _, code, year, number = address.split("/")
        with self.office.db.read() as session:
            person = self.town.person(session, "clerk" if code == "koino" else "confidant")
            return registry.numbered(session, code, int(year), int(number), by=person).id

    def accepted(self, address: str) -> str:
        """The letter, charged to the engineer, who accepted it."""
        with self.office.db.begin() as session:
            entry = session.get_one(factories.Entry, self.entry_id(address))
            factories.accepted(session, self.town, entry)
        return address


@pytest.fixture(scope="session")
def house(
    postgres: stack.PostgresServer,
    clone: Callable[[str], str],
    keys: Keys,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("pages")
    settings = Settings.model_validate(
        {
            "data": folder,
            "database_url": postgres.url(clone("pages")),
            "storage_url": f"file:{folder / 'objects'}",
            "smtp_url": f"file:{folder / 'outbox'}",
            "secret_key": "s" * 32,
            "public_url": HOST,
            "max_upload_mb": 1,
            "tsa_urls": [keys.tsa_url],
            "trust_roots": keys.roots,
            "seal_key": keys.seal,
            "seal_password": SecretStr("σφραγίδα"),
        }
    )
    office = open_office(settings, pool=10)
    office.store.prepare()
    with office.db.begin() as session:
        town = factories.municipality(session)
    for username, data in keys.persons.items():
        with office.db.begin() as session:
            person = town.person(session, username)
            circulation.keys.add(
                session, data, factories.KEY_PASSWORD, by=person, settings=settings
            )
    yield House(office, town, keys, create_app(office))
    office.db.dispose()


@pytest.fixture
def visitor(house: House) -> Iterator[Browser]:
    """Somebody who is not logged in, reading English."""
    with Browser(house.office, house.app) as browser:
        yield browser


@pytest.fixture
def browsing(house: House) -> Iterator[Callable[..., Browser]]:
    """`browsing("clerk")`: the browser of that person, logged in."""
    opened: list[Browser] = []

    def browse(username: str, *, language: str = "en") -> Browser:
        opened.append(Browser(house.office, house.app, language=language))
        opened[-1].login(house.town.users[username])
        return opened[-1]

    yield browse
    for browser in opened:
        browser.close()


@pytest.fixture
def clerk(browsing: Callable[..., Browser]) -> Browser:
    return browsing("clerk")


@dataclass(frozen=True)
class Issued:
    """An answer that was issued: its draft, its addresses, its paper and how to pick it up."""

    draft: str
    address: str
    pdf: bytes
    code: str
    pickup: str
    pickup_code: str


@pytest.fixture(scope="session")
def issued(house: House) -> Issued:
    """A letter answered, signed by three, sealed, and announced by mail."""
    return issue(house)


@pytest.fixture
def unclaimed(house: House) -> Issued:
    """As `issued`, of this test alone: nobody has picked it up."""
    return issue(house)


def issue(house: House) -> Issued:
    """As `issued`, anew for each call."""
    office, town = house.office, house.town
    address = house.accepted(house.register())
    with office.db.begin() as session:
        entry_id = house.entry_id(address)
        engineer = town.person(session, "engineer")
        mayor = town.users["mayor"]
        draft_id = circulation.begin_answer(session, entry_id, factories.content(), by=engineer).id
    circulation.circulate(office, draft_id, by=engineer, final_signer_id=mayor)
    for username in ("engineer", "director", "mayor"):
        with office.db.read() as session:
            signer = town.person(session, username)
        secrets = circulation.Secrets(password=factories.KEY_PASSWORD)
        circulation.sign(office, draft_id, by=signer, secrets=secrets)
    house.run_jobs()
    house.run_jobs()
    folder = Path(office.settings.smtp_url.get_secret_value().removeprefix("file:"))
    newest = max(folder.glob("*.eml"))
    mail = message_from_bytes(newest.read_bytes(), policy=policy.default).get_content()
    with office.db.read() as session:
        draft = session.get_one(circulation.Draft, draft_id)
        entry = session.get_one(registry.Entry, draft.entry_id)
        files = documents.files(session, entry.id)
        copy = next(file for file in files if file.role == documents.FileRole.EXACT_COPY)
        return Issued(
            draft=f"/drafts/{draft_id}",
            address=f"/entries/koino/{entry.year}/{entry.number}",
            pdf=office.store.read(copy.sha256),
            code=registry.codes.shown(entry.verification_code),
            pickup=re.search(r"/pickup/\S+", mail)[0],
            pickup_code=re.search(r"\b\d{8}\b", mail)[0],
        )
