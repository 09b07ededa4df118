"""Mails and archives: what lies in them becomes files of the entry; the original stays."""

from collections.abc import Mapping
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

import ocr
from docflow import citizens, documents, outbox, registry, search
from docflow.documents import FileInfo
from docflow.office import Office
from tests import factories
from tests.docflow.steps import job, run_jobs, waiting_jobs
from tests.factories import Town
from tests.ocr import office_files as made

MAIL = made.eml(
    "Επισυνάπτουμε την αίτηση της Ωμέγα.",
    html="<p>Επισυνάπτουμε</p>",
    attachments={
        "όροι.txt": "Όροι της σύμβασης".encode(),
        "φάκελος.zip": made.packed({"α.txt": "άλφα"}),
    },
)


def read(office: Office, town: Town, data: bytes, name: str = "μήνυμα.eml") -> int:
    """A letter with this file, read with all that lies in it; the id of the entry."""
    upload = factories.uploaded(office, data, name)
    with office.db.begin() as session:
        entry_id = factories.letter(session, town, upload).id
    run_jobs(office, "documents.read")
    return entry_id


def files(office: Office, entry_id: int) -> list[FileInfo]:
    with office.db.begin() as session:
        return documents.files(session, entry_id)


def shown(found: list[FileInfo]) -> list[tuple[int, str, str, str]]:
    return [(file.depth, file.role, file.name, file.state) for file in found]


def notes(file: FileInfo) -> list[str]:
    return [note.in_language("en") for note in file.notes]


def test_a_mail_becomes_files_of_one_entry(office: Office, town: Town) -> None:
    entry_id = read(office, town, MAIL)
    found = files(office, entry_id)
    assert shown(found) == [
        (0, "original", "μήνυμα.eml", "done"),
        (1, "mail-body", "κείμενο.txt", "done"),
        (1, "mail-body", "κείμενο.html", "done"),
        (1, "attachment", "όροι.txt", "done"),
        (1, "attachment", "φάκελος.zip", "done"),
        (2, "member", "α.txt", "done"),
    ]
    assert office.store.read(found[0].sha256) == MAIL
    assert office.store.read(found[3].sha256) == "Όροι της σύμβασης".encode()
    assert [file.parent for file in found] == [None, 1, 1, 1, 1, 5]


def test_a_mail_is_found_by_its_headers_its_text_and_what_is_attached(
    office: Office, town: Town
) -> None:
    entry_id = read(office, town, MAIL)
    with office.db.begin() as session:
        clerk = town.person(session, "clerk")
        for words in ("eleni@example.gr", "βεβαιωσης", "Ωμέγα", "όροι σύμβασης", "άλφα"):
            hits = search.search(session, words, by=clerk).hits
            assert [hit.line.id for hit in hits] == [entry_id], words
        mail = session.get(documents.MailHeaders, files(office, entry_id)[0].id)
    assert mail is not None
    assert (mail.from_name, mail.from_address) == ("Ελένη Δήμου", "eleni@example.gr")
    assert mail.subject == "Αίτηση βεβαίωσης"
    assert mail.sent_at is not None


def test_an_outlook_message_does_too(office: Office, town: Town) -> None:
    data = made.msg("Θέμα", "Σώμα", sender=("Α", "a@b.gr"), attachment=("α.txt", b"abc"))
    found = files(office, read(office, town, data, "α.msg"))
    assert [(file.role, file.name) for file in found] == [
        ("original", "α.msg"),
        ("mail-body", "κείμενο.txt"),
        ("attachment", "α.txt"),
    ]


def test_reading_a_mail_again_doubles_nothing(office: Office, town: Town) -> None:
    entry_id = read(office, town, MAIL)
    before = files(office, entry_id)
    with office.db.begin() as session:
        file = documents.file_at(session, entry_id, 1)
        documents.read_again(session, file, by=town.person(session, "clerk"))
    run_jobs(office, "documents.read")
    assert [file.id for file in files(office, entry_id)] == [file.id for file in before]


def test_a_worker_that_dies_between_two_parts_loses_neither(
    office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = factories.uploaded(office, MAIL, "μήνυμα.eml")
    with office.db.begin() as session:
        entry_id = factories.letter(session, town, upload).id
    [job_id] = waiting_jobs(office, "documents.read")
    whole = ocr.part_bytes

    def dies(path: Any, number: int, **more: Any) -> bytes:
        if number == 3:
            raise KeyboardInterrupt
        return whole(path, number, **more)

    monkeypatch.setattr(ocr, "part_bytes", dies)
    with pytest.raises(KeyboardInterrupt):
        outbox.run(office, job_id)
    assert [file.name for file in files(office, entry_id)][1:] == ["κείμενο.txt", "κείμενο.html"]
    monkeypatch.setattr(ocr, "part_bytes", whole)
    with office.db.begin() as session:
        session.execute(text("UPDATE jobs SET lease_until = now() - interval '1 second'"))
        outbox.due(session)
    run_jobs(office, "documents.read")
    assert len(files(office, entry_id)) == 6


def test_a_mail_in_a_mail_is_opened_and_one_deeper_is_kept_closed(
    office: Office, town: Town
) -> None:
    inner = made.eml("βαθιά", subject="τρία", attachments={"a.txt": b"deepest"})
    middle = made.eml("μέση", subject="δύο", attachments={"τρία.bin": inner})
    found = files(office, read(office, town, made.eml("ένα", attachments={"δύο.bin": middle})))
    assert [(file.depth, file.name, file.state) for file in found] == [
        (0, "μήνυμα.eml", "done"),
        (1, "κείμενο.txt", "done"),
        (1, "δύο.bin", "done"),
        (2, "κείμενο.txt", "done"),
        (2, "τρία.bin", "failed"),
    ]
    assert found[-1].problem_code == "too-deep"


def test_an_archive_in_an_archive_is_kept_closed(office: Office, town: Town) -> None:
    inner = made.packed({"b.txt": "b"})
    found = files(office, read(office, town, made.packed({"a.zip": inner, "c.txt": "c"}), "x.zip"))
    assert [(file.name, file.state, file.problem_code) for file in found] == [
        ("x.zip", "done", None),
        ("a.zip", "failed", "too-deep"),
        ("c.txt", "done", None),
    ]


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"b": bytes(50 << 20), "c.txt": "c"}, "“b” unpacks to far more"),
        ({"../../x.txt": "x"}, "“x.txt” pointed outside its archive"),
    ],
    ids=["bomb", "path"],
)
def test_what_stays_in_an_archive_is_named(
    office: Office, town: Town, members: Mapping[str, Any], said: str
) -> None:
    found = files(office, read(office, town, made.packed(members), "x.zip"))
    assert notes(found[0])[0].startswith(said)
    assert found[0].state == ("partly" if "c.txt" in members else "done")
    assert all(".." not in file.name for file in found)


def test_a_locked_member_leaves_the_archive_read_in_part(office: Office, town: Town) -> None:
    data = bytearray(made.packed({"secret.txt": b"a", "open.txt": b"b"}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + place] |= 1
    found = files(office, read(office, town, bytes(data), "x.zip"))
    assert shown(found) == [
        (0, "original", "x.zip", "partly"),
        (1, "member", "open.txt", "done"),
    ]
    assert "secret.txt" in notes(found[0])[0]


def test_a_part_does_not_look_like_a_letter_that_was_brought_before(
    office: Office, town: Town
) -> None:
    """The same logo lies in every mail of a sender: only what was brought itself is compared."""
    read(office, town, made.eml("α", attachments={"logo.txt": b"the same"}))
    other = factories.uploaded(office, b"the same", "logo.txt")
    with office.db.begin() as session:
        registry.register(
            session,
            factories.incoming(),
            [other],
            by=town.person(session, "clerk"),
            zone=factories.ZONE,
            ocr_languages=factories.LANGUAGES,
        )


def test_what_lay_in_a_letter_is_nothing_that_we_issued(office: Office, town: Town) -> None:
    read(office, town, made.eml("α", attachments={"a.txt": b"from outside"}))
    with office.db.begin() as session:
        sha256 = factories.uploaded(office, b"from outside").sha256
        assert citizens.verification._by_digest(session, sha256) is None


def test_a_part_stands_in_the_entry_of_its_file(office: Office, town: Town) -> None:
    entry_id = read(office, town, made.eml("α"))
    other = read(office, town, b"plain", "α.txt")
    statement = text(
        "INSERT INTO files (entry_id, position, role, name, sha256, size, media_type, parent_id, "
        "part) SELECT :other, 9, 'attachment', 'x', 'x', 1, 'x', id, 7 FROM files "
        "WHERE entry_id = :entry AND position = 1"
    )
    refusal = pytest.raises(IntegrityError, match="a part stands in the entry of its file")
    with refusal, office.db.begin() as session:
        session.execute(statement, {"other": other, "entry": entry_id})


def test_the_receipt_names_what_was_brought_and_not_its_parts(office: Office, town: Town) -> None:
    entry_id = read(office, town, MAIL)
    with office.db.begin() as session:
        by = town.person(session, "clerk")
    pdf = registry.receipt(office, entry_id, by=by, language="el")
    with pypdfium2.PdfDocument(pdf) as paper:
        words = paper[0].get_textpage().get_text_range()
    assert "μήνυμα.eml" in words
    assert "όροι.txt" not in words


OFFICE: dict[str, tuple[bytes, str]] = {
    "docx": (made.docx("Αίτηση βεβαίωσης οφειλής προς τον Δήμο"), "οφειλής"),
    "odt": (made.odt("Αίτηση βεβαίωσης οφειλής προς τον Δήμο"), "οφειλής"),
    "xlsx": (made.xlsx(["Δαπάνη", 1250.5]), "1250.5"),
    "rtf": (made.rtf("Αίτηση βεβαίωσης οφειλής προς τον Δήμο"), "οφειλής"),
}


@pytest.mark.parametrize("kind", OFFICE)
def test_an_office_file_is_read_and_drawn(office: Office, town: Town, kind: str) -> None:
    data, word = OFFICE[kind]
    entry_id = read(office, town, data, f"αίτηση.{kind}")
    [info] = files(office, entry_id)
    assert (info.state, info.notes, info.is_drawn) == ("done", (), True)
    assert office.store.read(info.searchable_sha256 or "").startswith(b"%PDF-")
    with office.db.begin() as session:
        assert word in documents.text_of(session, entry_id)
        assert documents.page_source(session, info.id) == info.searchable_sha256


@pytest.mark.parametrize("kind", OFFICE)
def test_without_libreoffice_its_text_is_read_and_that_is_said(
    office: Office, town: Town, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(office.settings.data))
    data, word = OFFICE[kind]
    entry_id = read(office, town, data, f"αίτηση.{kind}")
    [info] = files(office, entry_id)
    assert (info.state, info.shown_sha256) == ("done", None)
    assert "LibreOffice" in notes(info)[0]
    with office.db.begin() as session:
        assert word in documents.text_of(session, entry_id)
        [page, *_] = documents.pages(session, info.id)
    assert page.source == "text"


def test_an_old_office_file_without_libreoffice_says_what_is_missing(
    office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(office.settings.data))
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le")
    [info] = files(office, read(office, town, data, "α.doc"))
    assert (info.state, info.problem_code) == ("failed", "needs-office")


KINDS: dict[str, tuple[bytes, str, str | None]] = {
    "html": (b"<!DOCTYPE html><html><body>Not a PDF</body></html>", "done", None),
    "txt": ("Κείμενο".encode(), "done", None),
    "utf-16 with a NUL": ("α\x00β".encode("utf-16"), "done", None),
    "locked docx": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        "failed",
        "locked-office",
    ),
    "7z": (b"7z\xbc\xaf\x27\x1c", "failed", "archive"),
    "winmail.dat": (b"\x78\x9f\x3e\x22\x01\x00", "failed", "winmail"),
    "broken zip": (b"PK\x03\x04" + b"\x00" * 80, "failed", "damaged"),
    "empty zip": (made.packed({"a/": ""}), "failed", "empty"),
    "film": (b"\x00\x00\x00\x18ftypmp42", "failed", "unsupported"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_arrives_and_ends_in_an_outcome(
    office: Office, town: Town, kind: str
) -> None:
    data, state, code = KINDS[kind]
    entry_id = read(office, town, data, "έγγραφο.pdf")
    info = files(office, entry_id)[0]
    assert (info.state, info.problem_code) == (state, code)
    assert office.store.read(info.sha256) == data
    assert (info.problem is None) == (code is None)


def test_jobs_of_parts_are_asked_for_with_their_rows(office: Office, town: Town) -> None:
    upload = factories.uploaded(office, MAIL, "μήνυμα.eml")
    with office.db.begin() as session:
        factories.letter(session, town, upload)
    [first] = waiting_jobs(office, "documents.read")
    outbox.run(office, first)
    assert job(office, first).state == "done"
    assert len(waiting_jobs(office, "documents.read")) == 4
