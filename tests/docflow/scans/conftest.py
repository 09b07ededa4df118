"""A registry that scans: batches are put in, jobs are done, and places are looked up."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select

from docflow import documents, outbox, scans
from docflow.office import Office
from docflow.printing import fonts
from docflow.registry import Entry
from docflow.scans import BatchLine, DocumentShown
from ocr.pool import children
from tests import factories
from tests.docflow.scans.sheets import Sheet, batch
from tests.factories import Town

SPLIT, FILE, SCAN = "scans.split", "scans.file", "scans.scan"


@pytest.fixture(scope="session", autouse=True)
def _readers() -> Iterator[None]:
    fonts.install(Path(__file__).parents[3] / "node_modules")
    yield
    children.close()


@dataclass(frozen=True)
class Desk:
    """The scanning desk of the registry."""

    office: Office
    town: Town

    def by(self, username: str = "clerk"):
        with self.office.db.read() as session:
            return self.town.person(session, username)

    def letter(self, **changes: object) -> Entry:
        with self.office.db.begin() as session:
            return factories.letter(session, self.town, **changes)

    def put(
        self,
        data: bytes,
        name: str = "δέσμη.pdf",
        *,
        username: str = "clerk",
        is_private: bool = False,
    ) -> int:
        """Send a batch and do its jobs; its id."""
        taken = scans.upload(
            self.office, BytesIO(data), name, by=self.by(username), is_private=is_private
        )
        self.work()
        return taken.batch_id

    def scan(self, *sheets: Sheet, kind: str = "pdf", username: str = "clerk") -> int:
        return self.put(batch(*sheets, kind=kind), username=username)

    def work(self, *tasks: str) -> None:
        """Do the jobs of scanning that wait, and those that they ask for."""
        while ids := self.waiting(*(tasks or (SPLIT, FILE, SCAN))):
            for job_id in ids:
                outbox.run(self.office, job_id)

    def waiting(self, *tasks: str) -> list[int]:
        with self.office.db.read() as session:
            return list(
                session.scalars(
                    select(outbox.Job.id)
                    .where(outbox.Job.state == "waiting", outbox.Job.task.in_(tasks))
                    .order_by(outbox.Job.id)
                )
            )

    def batch(self, batch_id: int, username: str = "clerk") -> BatchLine:
        with self.office.db.read() as session:
            by = self.town.person(session, username)
            return scans.queries.batch(session, batch_id, by=by)

    def found(self, batch_id: int, username: str = "clerk") -> list[DocumentShown]:
        with self.office.db.read() as session:
            by = self.town.person(session, username)
            return scans.queries.documents(session, batch_id, by=by)

    def told(self, batch_id: int) -> list[tuple[str, str | None, list[int]]]:
        """State, reason and pages of each document of a batch."""
        return [
            (one.state, one.reason, [page.number for page in one.pages])
            for one in self.found(batch_id)
        ]

    def aside(self, batch_id: int) -> list[tuple[int, str]]:
        with self.office.db.read() as session:
            pages = scans.queries.set_aside(
                session, batch_id, by=self.town.person(session, "clerk")
            )
            return [(page.number, page.kind) for page in pages]

    def files(self, entry: Entry) -> list[documents.FileInfo]:
        with self.office.db.read() as session:
            return documents.files(session, entry.id)

    def bytes(self, entry: Entry, position: int = 1) -> bytes:
        info = next(one for one in self.files(entry) if one.position == position)
        return self.office.store.read(info.sha256)


@pytest.fixture
def desk(office: Office, town: Town) -> Desk:
    return Desk(office, town)
