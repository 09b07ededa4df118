"""What a person decides about scans that could not file themselves; nothing is ever dropped."""

from io import BytesIO

import pikepdf
import pytest

from docflow import notices, registry, scans
from docflow.errors import Conflict, DocflowError, Invalid
from docflow.registry import Entry
from tests import factories
from tests.docflow.scans.conftest import Desk
from tests.docflow.scans.sheets import Sheet, batch, label, separator


def waiting(desk: Desk, *sheets: Sheet) -> tuple[int, int]:
    """Batch and first document of sheets without a label."""
    batch_id = desk.scan(*(sheets or (Sheet("α"), Sheet("β"), Sheet("γ"))))
    return batch_id, desk.found(batch_id)[0].id


def attach(desk: Desk, document_id: int, entry: Entry, username: str = "clerk") -> None:
    with desk.office.db.begin() as session:
        by = desk.town.person(session, username)
        scans.attach(session, document_id, year=entry.year, number=entry.number, by=by)
    desk.work()


def test_a_person_files_a_scan_under_its_entry(desk: Desk) -> None:
    entry = desk.letter()
    batch_id, document_id = waiting(desk)
    attach(desk, document_id, entry)
    assert desk.told(batch_id) == [("filed", None, [1, 2, 3])]
    [scan] = desk.files(entry)
    assert scan.role == "scan"


def test_who_brought_a_batch_is_told_that_it_waits_until_it_is_decided(desk: Desk) -> None:
    def unread(username: str) -> int:
        with desk.office.db.read() as session:
            return notices.listing.unread(session, by=desk.town.person(session, username))

    entry, before = desk.letter(), unread("clerk")
    _, document_id = waiting(desk)
    assert (unread("clerk"), unread("director")) == (before + 1, 0)
    attach(desk, document_id, entry)
    assert unread("clerk") == before


def test_a_person_may_add_a_second_scan(desk: Desk) -> None:
    entry = desk.letter()
    desk.scan(Sheet("α", (label(entry),)))
    batch_id = desk.scan(Sheet("β", (label(entry),)))
    attach(desk, desk.found(batch_id)[0].id, entry)
    assert [one.position for one in desk.files(entry)] == [1, 2]


def test_nothing_is_filed_under_an_annulled_entry(desk: Desk) -> None:
    entry = desk.letter()
    _, document_id = waiting(desk)
    with desk.office.db.begin() as session:
        factories.annulled(session, desk.town, entry.id, reason="Δοκιμή")
    with pytest.raises(registry.AlreadyAnnulled):
        attach(desk, document_id, entry)


def test_who_does_not_register_decides_nothing(desk: Desk) -> None:
    entry = desk.letter()
    _, document_id = waiting(desk)
    for username in ("engineer", "auditor", "administrator", "mayor"):
        with pytest.raises(DocflowError):
            attach(desk, document_id, entry, username)
    with pytest.raises(scans.NoSuchScan):
        attach(desk, document_id, entry, "confidant")  # scans for himself, and sees only that


def test_a_document_is_decided_about_once(desk: Desk) -> None:
    entry = desk.letter()
    _, document_id = waiting(desk)
    attach(desk, document_id, entry)
    with pytest.raises(scans.ScanMoved):
        attach(desk, document_id, entry)


def test_pages_are_parted_and_joined(desk: Desk) -> None:
    batch_id, document_id = waiting(desk)
    with desk.office.db.begin() as session:
        by = desk.town.person(session, "clerk")
        new = scans.split(session, document_id, page=3, by=by)
        new_id = new.id
    assert desk.told(batch_id) == [("review", "no-label", [1, 2]), ("review", "by-hand", [3])]
    with desk.office.db.begin() as session:
        scans.join(session, new_id, by=desk.town.person(session, "clerk"))
    assert desk.told(batch_id) == [("review", "no-label", [1, 2, 3])]


def test_what_was_parted_by_hand_is_filed_in_its_parts(desk: Desk) -> None:
    one, other = desk.letter(), desk.letter()
    batch_id, document_id = waiting(desk)
    with desk.office.db.begin() as session:
        scans.split(session, document_id, page=2, by=desk.town.person(session, "clerk"))
    first, second = desk.found(batch_id)
    attach(desk, first.id, one)
    attach(desk, second.id, other)
    counts = []
    for entry in (one, other):
        with pikepdf.open(BytesIO(desk.bytes(entry))) as pdf:
            counts.append(len(pdf.pages))
    assert counts == [1, 2]


@pytest.mark.parametrize("page", [1, 9])
def test_a_document_is_not_parted_where_it_has_no_pages(desk: Desk, page: int) -> None:
    _, document_id = waiting(desk)
    with pytest.raises(scans.NoSuchPage), desk.office.db.begin() as session:
        scans.split(session, document_id, page=page, by=desk.town.person(session, "clerk"))


def test_the_first_document_has_none_before_it(desk: Desk) -> None:
    _, document_id = waiting(desk)
    with pytest.raises(scans.NothingBefore), desk.office.db.begin() as session:
        scans.join(session, document_id, by=desk.town.person(session, "clerk"))


def test_a_page_that_was_turned_by_hand_is_filed_turned(desk: Desk) -> None:
    entry = desk.letter()
    _, document_id = waiting(desk)
    with desk.office.db.begin() as session:
        by = desk.town.person(session, "clerk")
        scans.rotate(session, document_id, page=2, turn=90, by=by)
        scans.rotate(session, document_id, page=2, turn=180, by=by)
    attach(desk, document_id, entry)
    with pikepdf.open(BytesIO(desk.bytes(entry))) as pdf:
        assert [int(page.obj.get("/Rotate", 0)) for page in pdf.pages] == [0, 270, 0]


def test_a_discarded_scan_stays_with_its_reason_and_can_be_taken_back(desk: Desk) -> None:
    batch_id, document_id = waiting(desk)
    with pytest.raises(Invalid), desk.office.db.begin() as session:
        scans.discard(session, document_id, reason=" ", by=desk.town.person(session, "clerk"))
    with desk.office.db.begin() as session:
        by = desk.town.person(session, "clerk")
        scans.discard(session, document_id, reason="Διαφημιστικό", by=by)
    [document] = desk.found(batch_id)
    assert (document.state, document.note) == ("discarded", "Διαφημιστικό")
    assert [page.number for page in document.pages] == [1, 2, 3]
    with desk.office.db.begin() as session:
        scans.take_back(session, document_id, by=desk.town.person(session, "clerk"))
    assert desk.told(batch_id) == [("review", "no-label", [1, 2, 3])]


def test_a_sheet_that_was_set_aside_can_be_a_page_after_all(desk: Desk) -> None:
    batch_id = desk.scan(Sheet("α", (label(desk.letter()),)), Sheet(blank=True), separator())
    with desk.office.db.begin() as session:
        scans.take_in(session, batch_id, page=2, by=desk.town.person(session, "clerk"))
    assert desk.told(batch_id) == [("filed", None, [1]), ("review", "by-hand", [2])]
    assert desk.aside(batch_id) == [(3, "separator")]
    with pytest.raises(scans.NoSuchPage), desk.office.db.begin() as session:
        scans.take_in(session, batch_id, page=2, by=desk.town.person(session, "clerk"))


def test_a_scan_without_a_number_gets_one_and_is_filed_with_it(desk: Desk) -> None:
    batch_id, document_id = waiting(desk, Sheet("α"), Sheet("β", turn=180))
    upload = scans.as_upload(desk.office, document_id, by=desk.by())
    with desk.office.db.begin() as session:
        entry = factories.letter(session, desk.town, upload)
    [document] = desk.found(batch_id)
    assert document.state == "filed"
    assert document.entry is not None
    assert document.entry.id == entry.id
    [file] = desk.files(entry)
    assert file.sha256 == upload.sha256


ZIP = b"PK\x03\x04" + b"\x00" * 60
EXE = b"MZ" + b"\x90" * 200


def locked_pdf() -> bytes:
    out = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out, encryption=pikepdf.Encryption(owner="α", user="β"))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("κενό.pdf", b"", "empty"),
        ("αρχείο.zip", ZIP, "unsupported"),
        ("setup.exe", EXE, "unsupported"),
        ("κλειδωμένο.pdf", locked_pdf(), "encrypted"),
        ("μισό.pdf", batch(Sheet("α"))[:3000], "damaged"),
    ],
)
def test_what_cannot_be_read_waits_for_a_person_too(
    desk: Desk, name: str, data: bytes, problem: str
) -> None:
    batch_id = desk.put(data, name)
    shown = desk.batch(batch_id)
    assert (shown.state, shown.problem) == ("unreadable", scans.PROBLEMS[problem])
    [document] = desk.found(batch_id)
    assert (document.state, document.reason, document.pages) == ("review", "unreadable", ())
    with desk.office.db.read() as session:
        original = scans.queries.source(session, batch_id, by=desk.town.person(session, "clerk"))
    assert desk.office.store.read(original.sha256) == data


def test_what_cannot_be_read_can_be_filed_as_it_is(desk: Desk) -> None:
    entry = desk.letter()
    data = locked_pdf()
    batch_id = desk.put(data, "κλειδωμένο.pdf")
    attach(desk, desk.found(batch_id)[0].id, entry)
    assert desk.bytes(entry) == data


def test_reading_a_batch_can_be_tried_again(desk: Desk) -> None:
    batch_id = desk.put(ZIP, "α.zip")
    with desk.office.db.begin() as session:
        by = desk.town.person(session, "clerk")
        scans.retry(session, desk.found(batch_id)[0].id, by=by)
    assert desk.batch(batch_id).state == "waiting"
    desk.work()
    assert desk.told(batch_id) == [("review", "unreadable", [])]


def test_only_what_failed_is_tried_again(desk: Desk) -> None:
    _, document_id = waiting(desk)
    with pytest.raises(Conflict), desk.office.db.begin() as session:
        scans.retry(session, document_id, by=desk.town.person(session, "clerk"))
