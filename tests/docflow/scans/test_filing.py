"""Batches split themselves by labels and separators, and their documents find their entries."""

from io import BytesIO

import pikepdf
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from docflow import audit, outbox, scans
from docflow.documents import FileRole
from tests import factories
from tests.docflow.scans.conftest import Desk
from tests.docflow.scans.sheets import (
    A4,
    Sheet,
    batch,
    label,
    paper,
    printed_label,
    separator,
    stranger,
    streams,
)


@pytest.mark.parametrize("kind", ["pdf", "tiff"])
def test_pages_go_to_their_entries_by_the_labels(desk: Desk, kind: str) -> None:
    first, second = desk.letter(), desk.letter()
    done = desk.scan(
        Sheet("α1", (label(first),)),
        Sheet("α2"),
        Sheet(blank=True),
        Sheet("β1", (label(second),)),
        Sheet("β2"),
        kind=kind,
    )
    assert desk.told(done) == [("filed", None, [1, 2]), ("filed", None, [4, 5])]
    assert desk.aside(done) == [(3, "blank")]
    for entry in (first, second):
        [scan] = desk.files(entry)
        assert (scan.role, scan.media_type) == (FileRole.SCAN, "application/pdf")
        assert scan.state == "pending"  # its reading is asked for
        with pikepdf.open(BytesIO(desk.bytes(entry))) as pdf:
            assert len(pdf.pages) == 2


def test_pictures_are_taken_out_as_they_are_packed(desk: Desk) -> None:
    first, second = desk.letter(), desk.letter()
    data = batch(Sheet("α", (label(first),)), Sheet("β", (label(second),)))
    desk.put(data)
    assert streams(desk.bytes(first)) + streams(desk.bytes(second)) == streams(data)


def test_a_batch_of_one_document_is_filed_byte_for_byte(desk: Desk) -> None:
    entry = desk.letter()
    data = batch(Sheet("α", (label(entry),)), Sheet("β"))
    desk.put(data)
    assert desk.bytes(entry) == data


def test_the_original_of_a_batch_stays_whatever_becomes_of_it(desk: Desk) -> None:
    data = batch(Sheet("α", (label(desk.letter()),)), separator(), Sheet(blank=True), Sheet("β"))
    batch_id = desk.put(data)
    with desk.office.db.read() as session:
        sha256 = session.scalar(text("SELECT sha256 FROM scan_batches"), {"id": batch_id})
    assert desk.office.store.read(sha256) == data


@pytest.mark.parametrize("turn", [90, 180, 270])
@pytest.mark.parametrize("labelled", [True, False])
def test_sheets_that_lie_the_wrong_way_are_turned(desk: Desk, turn: int, labelled: bool) -> None:
    entry = desk.letter()
    batch_id = desk.scan(
        Sheet("α", (label(entry),)),
        Sheet("β", (label(entry),) if labelled else (), turn=turn, skew=1.5, noise=12),
    )
    [document] = desk.found(batch_id)
    assert [page.rotation for page in document.pages] == [0, 360 - turn]
    with pikepdf.open(BytesIO(desk.bytes(entry))) as pdf:
        assert int(pdf.pages[1].obj.get("/Rotate", 0)) == 360 - turn


def test_separators_part_documents_in_whatever_way_they_lie(desk: Desk) -> None:
    entry = desk.letter()
    batch_id = desk.scan(
        separator(), Sheet("α", (label(entry),)), separator(turn=180), Sheet("β"), Sheet("γ")
    )
    assert desk.told(batch_id) == [("filed", None, [2]), ("review", "no-label", [4, 5])]
    assert desk.aside(batch_id) == [(1, "separator"), (3, "separator")]


def test_the_printed_label_of_every_size_is_known(desk: Desk) -> None:
    for size in ("57x32", "62x29", "100x50"):
        entry = desk.letter()
        sheet = Sheet("α", noise=10).drawn()
        sheet.paste(printed_label(entry, size), (A4[0] - 640, 60))
        batch_id = desk.scan(Sheet(picture=sheet))
        assert desk.told(batch_id) == [("filed", None, [1])], size


def test_the_same_label_on_every_sheet_is_one_document(desk: Desk) -> None:
    entry = desk.letter()
    sheet = (label(entry),)
    batch_id = desk.scan(Sheet("α", sheet), Sheet("β", sheet), Sheet("γ"))
    assert desk.told(batch_id) == [("filed", None, [1, 2, 3])]


@pytest.mark.parametrize(
    ("reason", "codes"),
    [
        ("unknown-code", lambda one, other: (stranger(),)),
        ("foreign-label", lambda one, other: (stranger("https://alli.poli.example"),)),
        ("two-labels", lambda one, other: (label(one), label(other))),
        ("no-label", lambda one, other: ("https://docs.gov.gr/validate/1234",)),
        ("doubtful-code", lambda one, other: (paper(one),)),
    ],
)
def test_what_is_not_certain_waits_for_a_person(desk: Desk, reason: str, codes) -> None:
    one, other = desk.letter(), desk.letter()
    batch_id = desk.scan(Sheet("α", codes(one, other)), Sheet("β"))
    assert desk.told(batch_id) == [("review", reason, [1, 2])]
    assert desk.files(one) == desk.files(other) == []


def test_the_code_of_a_receipt_suggests_its_entry_and_files_nothing(desk: Desk) -> None:
    entry = desk.letter()
    [document] = desk.found(desk.scan(Sheet("α", (paper(entry),))))
    assert document.entry is not None
    assert document.entry.id == entry.id


def test_a_receipt_among_the_pages_of_a_labelled_letter_parts_nothing(desk: Desk) -> None:
    entry, before = desk.letter(), desk.letter()
    batch_id = desk.scan(Sheet("α", (label(entry),)), Sheet("παλιά απόδειξη", (paper(before),)))
    assert desk.told(batch_id) == [("filed", None, [1, 2])]


def test_a_torn_label_waits_for_a_person(desk: Desk) -> None:
    batch_id = desk.scan(Sheet("α", (label(desk.letter()),), torn=True))
    assert desk.told(batch_id)[0][:2] in [("review", "doubtful-code"), ("review", "no-label")]


def test_a_label_that_moved_house_still_finds_its_entry(desk: Desk) -> None:
    """The office's address changed; the code says all the same which entry it is."""
    entry = desk.letter()
    batch_id = desk.scan(Sheet("α", (label(entry, host="http://palia.dieythynsi.example"),)))
    assert desk.told(batch_id) == [("filed", None, [1])]


def test_the_label_of_an_annulled_entry_waits_for_a_person(desk: Desk) -> None:

    entry = desk.letter()
    with desk.office.db.begin() as session:
        factories.annulled(session, desk.town, entry.id, reason="Δοκιμή")
    batch_id = desk.scan(Sheet("α", (label(entry),)))
    assert desk.told(batch_id) == [("review", "annulled", [1])]
    assert desk.files(entry) == []


def test_an_entry_annulled_before_its_scan_was_filed_stops_it(desk: Desk) -> None:

    entry = desk.letter()
    data = batch(Sheet("α", (label(entry),)))
    batch_id = desk_upload(desk, data)
    desk.work("scans.split")
    if desk.told(batch_id)[0][0] == "filing":
        with desk.office.db.begin() as session:
            factories.annulled(session, desk.town, entry.id, reason="Δοκιμή")
    desk.work()
    assert desk.told(batch_id) == [("review", "annulled", [1])]


def desk_upload(desk: Desk, data: bytes) -> int:

    return scans.upload(desk.office, BytesIO(data), "δέσμη.pdf", by=desk.by()).batch_id


def test_the_same_file_twice_is_one_batch(desk: Desk) -> None:
    data = batch(Sheet("α", (label(desk.letter()),)))
    assert desk.put(data, "πρώτη.pdf") == desk.put(data, "δεύτερη.pdf")


def test_the_same_pages_in_another_batch_are_known(desk: Desk) -> None:
    entry, other = desk.letter(), desk.letter()
    sheet = Sheet("α", (label(entry),))
    desk.scan(sheet)
    again = desk.scan(sheet, Sheet("β", (label(other),)))
    assert desk.told(again) == [("same", None, [1]), ("filed", None, [2])]
    assert len(desk.files(entry)) == 1
    with desk.office.db.read() as session:
        acts = [one.action for one in audit.history(session, [("entry", entry.id)])]
    assert acts[-1] == "entry.scan-came-again"


def test_another_scan_of_an_entry_asks_a_person(desk: Desk) -> None:
    entry = desk.letter()
    desk.scan(Sheet("α", (label(entry),)))
    again = desk.scan(Sheet("β", (label(entry),)))
    assert desk.told(again) == [("review", "has-scan", [1])]
    assert len(desk.files(entry)) == 1


def test_one_entry_twice_in_a_batch_files_the_first_and_asks_about_the_second(desk: Desk) -> None:
    entry, other = desk.letter(), desk.letter()
    batch_id = desk.scan(
        Sheet("α", (label(entry),)), Sheet("β", (label(other),)), Sheet("γ", (label(entry),))
    )
    assert desk.told(batch_id) == [
        ("filed", None, [1]),
        ("filed", None, [2]),
        ("review", "has-scan", [3]),
    ]


def test_the_confidential_book_files_only_what_its_own_people_scan(desk: Desk) -> None:

    with desk.office.db.begin() as session:
        entry = factories.secret_letter(session, desk.town)
    open_batch = desk.scan(Sheet("α", (label(entry),)))
    assert desk.told(open_batch) == [("review", "unknown-code", [1])]
    assert desk.found(open_batch)[0].entry is None
    own = desk.scan(Sheet("β", (label(entry),)), username="confidant")
    [document] = desk.found(own, "confidant")
    assert document.state == "filed"
    with pytest.raises(scans.NoSuchBatch):
        desk.batch(own)


def test_the_history_of_the_entry_tells_of_its_scan(desk: Desk) -> None:
    entry = desk.letter()
    batch_id = desk.scan(Sheet("α", (label(entry),)), Sheet("β"))
    with desk.office.db.read() as session:
        [*_, last] = audit.history(session, [("entry", entry.id)])
    assert last.action == "entry.scan-filed"
    assert (last.details["batch"], last.details["pages"]) == (batch_id, [1, 2])


def test_a_job_that_runs_twice_files_once(desk: Desk) -> None:
    entry = desk.letter()
    desk.scan(Sheet("α", (label(entry),)))
    with desk.office.db.begin() as session:
        jobs = session.scalars(
            select(outbox.Job).where(outbox.Job.task.like("scans.%")).order_by(outbox.Job.id)
        ).all()
        for job in jobs:
            job.state = outbox.JobState.WAITING
        ids = [job.id for job in jobs]
    for job_id in ids:
        outbox.run(desk.office, job_id)
    assert len(desk.files(entry)) == 1


@pytest.mark.parametrize(
    "order",
    [
        "UPDATE scan_pages SET document_id = NULL",
        "UPDATE scan_pages SET kind = 'blank'",
        "UPDATE scan_pages SET rotation = 90 WHERE number = 1",
        "DELETE FROM scan_pages",
        "DELETE FROM scan_documents",
        "DELETE FROM scan_batches",
        "UPDATE scan_batches SET sha256 = 'x'",
        "UPDATE scan_batches SET pages_total = pages_total + 1",
        "UPDATE scan_documents SET state = 'discarded', note = 'x'",
        "INSERT INTO scan_pages (batch_id, number, kind, print) SELECT id, 9, 'page', '' "
        "FROM scan_batches",
    ],
)
def test_the_database_lets_no_page_go(desk: Desk, order: str) -> None:
    desk.scan(Sheet("α", (label(desk.letter()),)), Sheet("β"))

    def break_in() -> None:
        with desk.office.db.begin() as session:
            session.execute(text(order))
            session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))

    with pytest.raises(DBAPIError):
        break_in()
