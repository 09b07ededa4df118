"""Files of every kind on the pages: parts of a mail, outcomes, the list of those that wait, and the
quarantine."""

import re
from collections.abc import Callable

import pytest

from docflow import documents
from tests.api.browsing import Browser, words
from tests.api.conftest import House
from tests.docflow.documents.test_reading import pdf
from tests.ocr import office_files as made

Browsing = Callable[..., Browser]
PROGRAM = b"MZ\x90\x00 a program"


def _read(house: House, data: bytes, name: str, **more: object) -> str:
    address = house.register((data, name), **more)
    for _ in range(3):
        house.run_jobs()
    return address


def _mail() -> bytes:
    locked = bytearray(made.packed({"secret.txt": b"a", "open.txt": b"b"}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.find(mark) + place] |= 1
    return made.eml("Γεια σας", attachments={"όροι.txt": b"terms", "σχέδια.zip": bytes(locked)})


def test_the_parts_of_a_mail_stand_under_it(browsing: Browsing, house: House):
    page = browsing("clerk").get(_read(house, _mail(), "μήνυμα.eml"))
    shown = words(page)
    for name in ("μήνυμα.eml", "κείμενο.txt", "όροι.txt", "σχέδια.zip", "open.txt"):
        assert name in shown
    assert page.text.count("app-stack__inside") == 4
    assert "Attachment of the message" in shown
    assert "“secret.txt” is locked with a password and was left in the archive." in shown
    assert "Read in part" in shown


@pytest.mark.parametrize("language", ["el", "en"])
def test_a_part_is_downloaded_and_its_text_is_shown(
    browsing: Browsing, house: House, language: str
):
    address = _read(house, made.eml(attachments={"όροι.txt": "Όροι".encode()}), "μήνυμα.eml")
    clerk = browsing("clerk", language=language)
    assert clerk.get(f"{address}/files/3").content == "Όροι".encode()
    assert "Όροι" in words(clerk.get(f"{address}/files/3/text"))
    assert "Αίτηση βεβαίωσης" in words(clerk.get(f"{address}/files/1/text"))


def test_files_that_wait_are_listed_and_leave_by_a_persons_decision(
    browsing: Browsing, house: House
):
    address = _read(house, b"", "κενό αρχείο.pdf", subject="Κενό της ημέρας")
    clerk = browsing("clerk")
    page = clerk.get("/files-to-check")
    assert "κενό αρχείο.pdf" in words(page)
    assert "The file is empty. Ask the sender for it again." in words(page)
    answer = clerk.post(f"{address}/files/1/settle", data={"back": "list"})
    assert answer.headers["location"] == "/files-to-check?done=settled"
    assert "κενό αρχείο.pdf" not in words(clerk.get("/files-to-check"))
    assert clerk.post(f"{address}/files/1/settle").status_code == 409
    assert "Leave it so" not in words(clerk.get(address))


def test_what_is_not_open_to_a_person_does_not_show_in_his_list(browsing: Browsing, house: House):
    address = _read(house, b"", "απόρρητο κενό.pdf", secret=True)
    assert "απόρρητο κενό.pdf" in words(browsing("confidant").get("/files-to-check"))
    for username in ("clerk", "engineer", "auditor", "administrator", "registrar"):
        page = browsing(username).get("/files-to-check")
        assert page.status_code == 200
        assert "απόρρητο" not in words(page)
        assert browsing(username).post(f"{address}/files/1/settle").status_code == 404


def test_an_auditor_reads_the_list_and_changes_nothing(browsing: Browsing, house: House):
    address = _read(house, b"", "άδειο.pdf")
    auditor = browsing("auditor")
    page = auditor.get("/files-to-check")
    assert "άδειο.pdf" in words(page)
    assert "Leave it so" not in words(page)
    assert auditor.post(f"{address}/files/1/settle").status_code == 403
    assert auditor.post(f"{address}/files/1/read-again").status_code == 403


def test_a_file_is_read_again_in_a_language_that_was_chosen(browsing: Browsing, house: House):
    address = _read(
        house, pdf("A page of plain words that is read without any recognition"), "α.pdf"
    )
    clerk = browsing("clerk")
    page = clerk.get(f"{address}/files/1/text")
    assert "Hungarian" in words(page)
    answer = clerk.post(f"{address}/files/1/read-again", data={"language": "hun"})
    assert answer.headers["location"] == f"{address}?done=read-again#files"
    with house.office.db.read() as session:
        [info] = documents.files(session, house.entry_id(address))
    assert (info.state, info.languages) == ("pending", ("hun",))
    house.run_jobs()
    plain = _read(house, b"a plain text has no language to choose", "κείμενο.txt")
    assert "Hungarian" not in words(clerk.get(f"{plain}/files/1/text"))


@pytest.mark.parametrize(
    "data", [{"language": "tlh"}, {"page": "9"}, {"page": "x"}, {"page": "9" * 30}]
)
def test_a_wrong_wish_is_told_and_changes_nothing(
    browsing: Browsing, house: House, data: dict[str, str]
):
    address = _read(house, b"some text", "κείμενο.txt")
    assert browsing("clerk").post(f"{address}/files/1/read-again", data=data).status_code == 422
    with house.office.db.read() as session:
        [info] = documents.files(session, house.entry_id(address))
    assert info.state == "done"


def test_an_office_file_is_shown_as_a_pdf(browsing: Browsing, house: House):
    address = _read(house, made.docx("Προς τον Δήμο Παραδείγματος"), "αίτηση.docx")
    clerk = browsing("clerk")
    page = clerk.get(address)
    assert "PDF for viewing" in words(page)
    pdf = clerk.get(f"{address}/files/1", params={"rendition": "searchable"})
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    original = clerk.get(f"{address}/files/1")
    assert original.headers["content-disposition"].startswith("attachment")
    assert "Προς τον Δήμο Παραδείγματος" in words(clerk.get(f"{address}/files/1/text"))


def test_a_closed_file_is_handed_to_nobody(browsing: Browsing, house: House):
    address = _read(house, PROGRAM, "αίτηση.pdf")
    for username in ("clerk", "registrar", "auditor"):
        browser = browsing(username)
        page = browser.get(address)
        assert "Kept closed" in words(page)
        assert f'href="{address}/files/1"' not in page.text
        for rest in ("/files/1", "/files/1?rendition=searchable", "/files/1/pages/1/picture"):
            answer = browser.get(address + rest)
            assert answer.status_code in (403, 404), rest
            assert PROGRAM not in answer.content


def _closed(house: House, name: str, **more: object) -> tuple[str, int]:
    address = _read(house, PROGRAM + name.encode(), name, **more)
    with house.office.db.read() as session:
        [info] = documents.files(session, house.entry_id(address))
    return address, info.id


def test_the_quarantine_is_the_administrators(browsing: Browsing, house: House):
    _, file_id = _closed(house, "κακό.exe")
    assert "κακό.exe" in words(browsing("administrator").get("/quarantine"))
    assert "No virus check is set up" in words(browsing("administrator").get("/quarantine"))
    for username in ("clerk", "auditor", "mayor", "registrar"):
        browser = browsing(username)
        assert browser.get("/quarantine").status_code == 403
        for act in ("open", "release"):
            answer = browser.post(f"/quarantine/{file_id}/{act}", data={"reason": "θέλω"})
            assert answer.status_code == 403


def test_an_administrator_takes_a_closed_file_out_with_a_reason(browsing: Browsing, house: House):
    address, file_id = _closed(house, "ύποπτο.exe")
    administrator = browsing("administrator")
    refused = administrator.post(f"/quarantine/{file_id}/open", data={"reason": " "})
    assert refused.status_code == 422
    assert "Write a reason" in words(refused)
    taken = administrator.post(f"/quarantine/{file_id}/open", data={"reason": "Για έλεγχο"})
    assert taken.content == PROGRAM + "ύποπτο.exe".encode()
    assert taken.headers["content-type"] == "application/octet-stream"
    assert re.search(r"attachment;.*\.quarantined$", taken.headers["content-disposition"])
    page = administrator.get("/quarantine")
    assert "Για έλεγχο" in words(page)
    out = administrator.post(f"/quarantine/{file_id}/release", data={"reason": "Δικό μας"})
    assert out.headers["location"] == "/quarantine?done=released"
    assert (
        administrator.post(f"/quarantine/{file_id}/open", data={"reason": "x"}).status_code == 409
    )
    house.run_jobs()
    assert browsing("clerk").get(f"{address}/files/1").status_code == 200


def test_of_a_confidential_entry_the_quarantine_tells_no_name(browsing: Browsing, house: House):
    _closed(house, "μυστικό σχέδιο.exe", secret=True)
    page = browsing("administrator").get("/quarantine")
    assert "μυστικό" not in words(page)
    assert "A file of a confidential entry" in words(page)


@pytest.mark.parametrize("language", ["el", "en"])
@pytest.mark.parametrize("path", ["/files-to-check", "/quarantine"])
def test_the_pages_are_in_both_languages(
    browsing: Browsing, house: House, path: str, language: str
):
    page = browsing("administrator", language=language).get(path)
    assert page.status_code == 200
    assert f'<html lang="{language}"' in page.text
    assert ("Αρχεία" in words(page) or "Απομόνωση" in words(page)) == (language == "el")
