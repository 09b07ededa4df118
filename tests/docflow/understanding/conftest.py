"""A town whose letters were read: pages are put in as reading leaves them."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select, update

import ocr
from docflow import documents, outbox
from docflow.documents import PageText, Reading
from docflow.office import Office
from ocr.pool import children
from tests import factories
from tests.docflow.understanding import letters
from tests.factories import Town


@pytest.fixture(scope="session", autouse=True)
def _readers() -> Iterator[None]:
    yield
    children.close()


@pytest.fixture
def run_jobs(office: Office) -> Callable[[str], int]:
    """Do the waiting jobs of this name; how many there were."""

    def run(task: str) -> int:
        waits = (outbox.Job.task == task, outbox.Job.state == outbox.JobState.WAITING)
        with office.db.read() as session:
            found = list(session.scalars(select(outbox.Job.id).where(*waits)))
        for job_id in found:
            outbox.run(office, job_id)
        return len(found)

    return run


Read = Callable[..., int]


@pytest.fixture
def read_letter(office: Office, town: Town) -> Read:
    """Register a letter with a file that was read as these pages; the entry's id."""

    def register(*pages: ocr.Page, **changes: object) -> int:
        upload = factories.uploaded(office, b"%PDF- " + repr(changes).encode())
        with office.db.begin() as session:
            entry = factories.letter(session, town, upload, **changes)
            [file] = documents.files(session, entry.id)
            for page in pages or (letters.official(),):
                session.merge(_row(file.id, page))
            session.execute(update(Reading).where(Reading.file_id == file.id).values(state="done"))
            return entry.id

    return register


def _row(file_id: int, page: ocr.Page) -> PageText:
    return PageText(
        file_id=file_id,
        page=page.number,
        source=page.source,
        text=" ".join(word.text for word in page.words),
        confidence=page.confidence,
        rotation=0,
        skew=0.0,
        width=page.width,
        height=page.height,
        words=[[w.text, w.x0, w.y0, w.x1, w.y1, w.confidence] for w in page.words],
        problem=page.problem,
    )
