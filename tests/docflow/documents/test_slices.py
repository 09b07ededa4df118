"""Fairness: a long file is read in slices behind which others come; a killed worker loses little;
one page, or all, can be read again in another language; a person settles what stays as it is."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image
from sqlalchemy import text

import ocr
from docflow import audit, documents, outbox, relay, worker
from docflow.documents import FileInfo, reading, renditions
from docflow.embedded import processes
from docflow.office import Office
from tests import factories
from tests.docflow.documents.test_reading import PAGES, pdf
from tests.docflow.steps import job, run_jobs, waiting_jobs
from tests.factories import Town
from tests.stack import ROOT, BrokerServer, wait_until

FOX = "quick brown fox jumps over the lazy dog and runs away through the wood"


def filed(office: Office, town: Town, data: bytes, name: str = "έγγραφο.pdf") -> int:
    upload = factories.uploaded(office, data, name)
    with office.db.begin() as session:
        return factories.letter(session, town, upload).id


def file_of(office: Office, entry_id: int) -> FileInfo:
    with office.db.begin() as session:
        [info] = documents.files(session, entry_id)
    return info


def many(count: int) -> bytes:
    return pdf(*(f"Page {number} {FOX}" for number in range(1, count + 1)))


def read_pages(office: Office, entry_id: int) -> list[tuple[int, str]]:
    info = file_of(office, entry_id)
    with office.db.begin() as session:
        return [(page.page, page.source) for page in documents.pages(session, info.id)]


def test_a_long_file_lets_the_letter_behind_it_pass(
    office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SLICE_SECONDS", 0.0)
    long = filed(office, town, many(4))
    letter = filed(office, town, many(1))
    order = []
    while jobs := waiting_jobs(office, "documents.read"):
        outbox.run(office, jobs[0])
        order.append((file_of(office, long).pages_done, file_of(office, letter).state))
    assert order == [(1, "pending"), (1, "done"), (2, "done"), (3, "done"), (4, "done")]
    assert file_of(office, long).state == "done"
    assert read_pages(office, long) == [(number, "text-layer") for number in range(1, 5)]


def test_a_slice_reads_what_fits_its_time(office: Office, town: Town) -> None:
    entry_id = filed(office, town, many(30))
    run_jobs(office, "documents.read")
    assert file_of(office, entry_id).pages_done == 30


def test_a_running_file_shows_how_far_it_is(
    office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SLICE_SECONDS", 0.0)
    entry_id = filed(office, town, many(3))
    [job_id] = waiting_jobs(office, "documents.read")
    outbox.run(office, job_id)
    info = file_of(office, entry_id)
    assert (info.state, info.pages_done, info.pages_total) == ("running", 1, 3)


def test_a_file_over_which_workers_die_is_given_up(office: Office, town: Town) -> None:
    entry_id = filed(office, town, many(1))
    with office.db.begin() as session:
        session.execute(text("UPDATE jobs SET attempts = 8"))
    [job_id] = waiting_jobs(office, "documents.read")
    outbox.run(office, job_id)
    assert job(office, job_id).state == outbox.JobState.FAILED
    info = file_of(office, entry_id)
    assert (info.state, info.problem_code) == ("failed", "crashed")


def test_a_killed_worker_loses_at_most_the_page_in_its_hands(
    committed: Office, tmp_path: Path
) -> None:
    """A real worker with a real broker, killed in the middle of a file; another goes on."""
    with committed.db.begin() as session:
        town = factories.municipality(session)
    scan = (PAGES / "12-ell-letter-fax.tif").read_bytes()
    entry_id = filed(committed, town, _repeated(scan, 4), "φαξ.tif")
    stop = threading.Event()
    with BrokerServer(folder=tmp_path / "broker") as broker:
        celery = worker.make_app(broker.url)
        bell = threading.Thread(
            target=relay.relay, args=(committed.db, celery), kwargs={"stop": stop}, daemon=True
        )
        bell.start()
        try:
            _first_worker_dies(committed, broker, entry_id, tmp_path)
            kept = dict(_stamps(committed))
            with _worker(committed, broker, tmp_path / "second.log") as second:
                wait_until(
                    lambda: file_of(committed, entry_id).state == "done",
                    what="the second worker",
                    alive=second,
                    log=tmp_path / "second.log",
                    seconds=60,
                )
        finally:
            stop.set()
            bell.join()
    after = dict(_stamps(committed))
    assert kept
    assert {page: after[page] for page in kept} == kept  # what was read was not read again
    assert sorted(after) == [1, 2, 3, 4]


def _first_worker_dies(office: Office, broker: BrokerServer, entry_id: int, folder: Path) -> None:
    with _worker(office, broker, folder / "first.log") as first:
        wait_until(
            lambda: file_of(office, entry_id).pages_done >= 1,
            what="the first page",
            alive=first,
            log=folder / "first.log",
            seconds=60,
        )
    assert file_of(office, entry_id).state == "running"


def _repeated(tiff: bytes, count: int) -> bytes:
    with Image.open(BytesIO(tiff)) as page:
        made = BytesIO()
        page.save(
            made,
            "TIFF",
            save_all=True,
            append_images=[page] * (count - 1),
            compression="group4",
            dpi=(204, 204),
        )
    return made.getvalue()


def _stamps(office: Office) -> list[tuple[int, str]]:
    """Each page with the transaction that wrote it."""
    with office.db.begin() as session:
        rows = session.execute(text("SELECT page, xmin::text FROM page_texts ORDER BY page"))
        return [(page, stamp) for page, stamp in rows]


@contextmanager
def _worker(office: Office, broker: BrokerServer, log: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """A worker of one process; killed, with the readers it started, when the block ends."""
    settings = office.settings
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("DOCFLOW_")},
        "DOCFLOW_DATA": str(settings.data),
        "DOCFLOW_DATABASE_URL": settings.database_url.get_secret_value(),
        "DOCFLOW_STORAGE_URL": settings.storage_url.get_secret_value(),
        "DOCFLOW_BROKER_URL": broker.url,
        "DOCFLOW_SECRET_KEY": "s" * 32,
        "DOCFLOW_JOB_LEASE_SECONDS": "2",
    }
    process = processes.spawn(
        [
            *(sys.executable, "-m", "celery", "-A", "docflow.worker:app", "--quiet"),
            *("worker", "--pool", "solo", "--queues", "default,ocr", "--without-gossip"),
            "--without-mingle",
        ],
        log=log,
        environment=environment,
        death_signal=signal.SIGKILL,
        cwd=ROOT,
    )
    try:
        yield process
    finally:
        processes.signal_group(process.pid, signal.SIGKILL)
        process.wait()


def test_one_page_is_read_again_in_another_language(
    office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry_id = filed(office, town, many(3))
    run_jobs(office, "documents.read")
    asked: list[tuple[Any, Any]] = []
    whole = ocr.read_pages

    def watched(path: Path, **more: Any) -> Any:
        asked.append((more["languages"], list(more["pages"])))
        return whole(path, **more)

    monkeypatch.setattr(ocr, "read_pages", watched)
    with office.db.begin() as session:
        documents.read_again(
            session,
            documents.file_at(session, entry_id, 1),
            by=town.person(session, "clerk"),
            languages=["hun"],
            pages=[2],
        )
    with office.db.begin() as session:  # until it is read, what stood there stays
        assert len(documents.pages(session, file_of(office, entry_id).id)) == 3
    run_jobs(office, "documents.read")
    assert asked == [(("hun",), [2])]
    info = file_of(office, entry_id)
    assert (info.state, info.languages) == ("done", ("ell", "eng"))
    with office.db.begin() as session:
        event = audit.history(session, [("entry", entry_id)])[-2]
    assert (event.action, event.details["pages"]) == ("file.read-again", [2])


def test_a_whole_file_is_read_again_in_another_language(office: Office, town: Town) -> None:
    scan = (PAGES / "27-eng-letter-fax.tif").read_bytes()
    entry_id = filed(office, town, scan, "φαξ.tif")
    run_jobs(office, "documents.read")
    with office.db.begin() as session:
        file = documents.file_at(session, entry_id, 1)
        by = town.person(session, "clerk")
        documents.read_again(session, file, by=by, languages=["eng"])
    run_jobs(office, "documents.read")
    with office.db.begin() as session:
        [page] = documents.pages(session, file.id)
    assert page.languages == ("eng",)
    assert file_of(office, entry_id).languages == ("eng",)


@pytest.mark.parametrize("pages", [[4], [0], [1, 9], []])
def test_a_page_that_is_not_there_is_not_read_again(
    office: Office, town: Town, pages: list[int]
) -> None:
    entry_id = filed(office, town, many(2))
    run_jobs(office, "documents.read")
    with office.db.begin() as session:
        file, by = documents.file_at(session, entry_id, 1), town.person(session, "clerk")
        with pytest.raises(documents.NoSuchPage):
            documents.read_again(session, file, by=by, pages=pages)
    assert file_of(office, entry_id).state == "done"


def test_a_page_that_fails_leaves_the_file_read_in_part(
    office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page, why, and what was read of the others; the person reads it again or settles it."""
    huge = pikepdf.open(BytesIO(many(3)))
    huge.pages[1].MediaBox = pikepdf.Array([0, 0, 14400, 14400])
    huge.pages[1].Contents = huge.make_stream(b"0 0 14400 14400 re f")
    made = BytesIO()
    huge.save(made)
    monkeypatch.setattr(reading.ocr, "read_pages", _failing(2, ocr.read_pages))
    entry_id = filed(office, town, made.getvalue())
    run_jobs(office, "documents.read")
    info = file_of(office, entry_id)
    assert (info.state, info.problem_code) == ("partly", "page-too-large")
    assert [str(note) for note in info.notes] == [
        "Page 2: A page is larger than can be read. Ask for a copy in A4 or A3."
    ]
    with office.db.begin() as session:
        assert "Page 3" in documents.text_of(session, entry_id)
        file, clerk = documents.file_at(session, entry_id, 1), town.person(session, "clerk")
        documents.settle(session, file, by=clerk)
    assert file_of(office, entry_id).settled_at is not None
    with pytest.raises(documents.NothingToSettle), office.db.begin() as session:
        documents.settle(session, file, by=clerk)


def _failing(number: int, whole: Any) -> Any:
    """Reads as ever, but for one page, which is larger than can be read."""

    def read(path: Path, **more: Any) -> Any:
        for page in whole(path, **more):
            if page.number == number:
                yield ocr.Page(
                    number, "failed", "", None, 0, 0.0, 0.0, 0.0, (), 0.0, "page-too-large"
                )
            else:
                yield page

    return read


def test_a_file_that_was_read_has_nothing_to_settle(office: Office, town: Town) -> None:
    entry_id = filed(office, town, many(1))
    run_jobs(office, "documents.read")
    with office.db.begin() as session:
        file, by = documents.file_at(session, entry_id, 1), town.person(session, "clerk")
        with pytest.raises(documents.NothingToSettle):
            documents.settle(session, file, by=by)


def test_troubles_that_last_wait_for_a_person_and_those_that_pass_do_not(
    office: Office, town: Town
) -> None:
    lasting = filed(office, town, b"")
    passing = filed(office, town, many(1))
    run_jobs(office, "documents.read")
    with office.db.begin() as session:
        session.execute(
            text(
                "UPDATE readings SET state = 'failed', problem = 'unavailable' "
                "WHERE file_id = (SELECT id FROM files WHERE entry_id = :entry)"
            ),
            {"entry": passing},
        )
        session.execute(text("UPDATE readings SET finished_at = now() - interval '11 minutes'"))
        outbox.enqueue(session, "documents.try-again")
    run_jobs(office, "documents.try-again", "documents.read")
    assert file_of(office, lasting).state == "failed"
    assert file_of(office, passing).state == "done"


def test_the_layer_of_a_long_file_is_made_after_its_text_is_there(
    office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renditions, "AT_ONCE", 0)
    entry_id = filed(office, town, (PAGES / "27-eng-letter-fax.tif").read_bytes(), "φαξ.tif")
    run_jobs(office, "documents.read")
    info = file_of(office, entry_id)
    assert (info.state, info.searchable_sha256) == ("done", None)
    run_jobs(office, "documents.layer")
    assert file_of(office, entry_id).searchable_sha256 is not None
