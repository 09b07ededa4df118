"""Files are read in the background; what cannot be read says why and can be tried again."""

from dataclasses import replace
from io import BytesIO
from typing import Any, get_args

import pikepdf
import pypdfium2
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

import ocr
import storage
from docflow import audit, documents, outbox, search
from docflow.documents import FileInfo
from docflow.office import Office
from tests import factories
from tests.docflow.steps import job, run_jobs, waiting_jobs
from tests.factories import Town
from tests.stack import ROOT

PAGES = ROOT / "tests" / "data" / "pages"


def filed(office: Office, town: Town, data: bytes, name: str = "έγγραφο.pdf") -> int:
    """A letter with one file; the id of the entry."""
    upload = factories.uploaded(office, data, name)
    with office.db.begin() as session:
        return factories.letter(session, town, upload).id


def file_of(office: Office, entry_id: int) -> FileInfo:
    with office.db.begin() as session:
        [info] = documents.files(session, entry_id)
    return info


def pdf(*texts: str, **save: Any) -> bytes:
    """A PDF with a page of plain text each."""
    with pikepdf.new() as made:
        for words in texts:
            page = made.add_blank_page(page_size=(595, 842))
            font = made.make_indirect(
                pikepdf.Dictionary(
                    Type=pikepdf.Name.Font,
                    Subtype=pikepdf.Name.Type1,
                    BaseFont=pikepdf.Name.Helvetica,
                    Encoding=pikepdf.Name.WinAnsiEncoding,
                )
            )
            page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
            page.Contents = made.make_stream(f"BT /F1 14 Tf 72 700 Td ({words}) Tj ET".encode())
        stream = BytesIO()
        made.save(stream, **save)
    return stream.getvalue()


@pytest.fixture(scope="module")
def locked() -> bytes:
    return pdf("secret", encryption=pikepdf.Encryption(owner="o", user="u"))


def test_a_scanned_page_is_read_and_found(office: Office, town: Town) -> None:
    """Real Tesseract on a fax of a Greek letter: words, confidence, a searchable rendition."""
    scan = (PAGES / "12-ell-letter-fax.tif").read_bytes()
    entry_id = filed(office, town, scan, "φαξ.tif")
    run_jobs(office, "documents.read")
    info = file_of(office, entry_id)
    assert (info.state, info.pages_done, info.pages_total, info.problem) == ("done", 1, 1, None)
    assert info.confidence is not None
    assert 50 < info.confidence <= 100
    assert office.store.read(info.sha256) == scan
    with pypdfium2.PdfDocument(office.store.read(info.searchable_sha256 or "")) as rendition:
        layer = rendition[0].get_textpage().get_text_range()
    with office.db.begin() as session:
        [page] = documents.pages(session, info.id)
        longest = max(page.text.split(), key=len)
        found = search.search(session, longest, by=town.person(session, "clerk"))
    assert page.source == "ocr"
    assert longest in layer
    assert [hit.line.id for hit in found.hits] == [entry_id]


def test_a_page_that_was_born_digital_is_not_recognised(office: Office, town: Town) -> None:
    entry_id = filed(office, town, pdf("The quick brown fox jumps over the lazy dog " * 2))
    run_jobs(office, "documents.read")
    info = file_of(office, entry_id)
    with office.db.begin() as session:
        [page] = documents.pages(session, info.id)
    assert (page.source, "quick brown fox" in page.text) == ("text-layer", True)
    assert info.searchable_sha256 is None  # the original has all that a rendition would have
    assert info.shown_sha256 == info.sha256


BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "film": (b"\x00\x00\x00\x18ftypmp42", "unsupported"),
    "truncated": (pdf("text")[:60], "damaged"),
    "garbage": (b"%PDF-1.7\n" + b"\xff" * 500, "damaged"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_file_that_cannot_be_read_is_registered_and_says_why(
    office: Office, town: Town, kind: str
) -> None:
    data, code = BAD[kind]
    entry_id = filed(office, town, data)
    run_jobs(office, "documents.read")
    info = file_of(office, entry_id)
    assert (info.state, info.problem_code) == ("failed", code)
    assert info.problem == documents.PROBLEMS[code]
    assert office.store.read(info.sha256) == data


def test_a_locked_pdf_says_so(office: Office, town: Town, locked: bytes) -> None:
    entry_id = filed(office, town, locked)
    run_jobs(office, "documents.read")
    info = file_of(office, entry_id)
    assert info.problem is not None
    assert "κλειδωμένο" in info.problem.in_language("el")


def test_a_page_of_five_metres_does_not_take_the_reader_down(office: Office, town: Town) -> None:
    huge = pdf("x").replace(b"595 842", b"14400 14400")
    entry_id = filed(office, town, huge)
    run_jobs(office, "documents.read")
    assert file_of(office, entry_id).state in ("done", "failed")


def test_every_problem_of_the_reader_has_words_for_people() -> None:
    assert set(get_args(ocr.values.Reason)) <= set(documents.PROBLEMS)


def test_a_failed_file_is_tried_again(office: Office, town: Town) -> None:
    entry_id = filed(office, town, b"")
    run_jobs(office, "documents.read")
    with office.db.begin() as session:
        by = town.person(session, "clerk")
        documents.read_again(session, documents.file_at(session, entry_id, 1), by=by)
    assert file_of(office, entry_id).state == "pending"
    run_jobs(office, "documents.read")
    with office.db.begin() as session:
        actions = [line.action for line in audit.history(session, [("entry", entry_id)])]
    assert actions[1:] == ["file.unreadable", "file.read-again", "file.unreadable"]


def test_a_file_that_is_being_read_is_not_read_twice(
    office: Office, session: Session, town: Town
) -> None:
    entry_id = filed(office, town, b"")
    file = documents.file_at(session, entry_id, 1)
    with pytest.raises(documents.StillReading):
        documents.read_again(session, file, by=town.person(session, "clerk"))


def test_a_language_without_a_model_is_refused(office: Office, town: Town) -> None:
    entry_id = filed(office, town, b"")
    run_jobs(office, "documents.read")
    with pytest.raises(documents.NoSuchLanguage, match="tlh"), office.db.begin() as session:
        documents.read_again(
            session,
            documents.file_at(session, entry_id, 1),
            by=town.person(session, "clerk"),
            languages=["ell", "tlh"],
        )


def test_an_unknown_place_has_no_file(office: Office, session: Session, town: Town) -> None:
    entry_id = filed(office, town, b"x")
    with pytest.raises(documents.NoSuchFile):
        documents.file_at(session, entry_id, 2)


def test_bytes_that_are_gone_are_an_alarm_and_no_crash(office: Office, town: Town) -> None:
    entry_id = filed(office, town, b"x")
    for path in (office.settings.data / "objects").rglob("*"):
        if path.is_file():
            path.unlink()
    run_jobs(office, "documents.read")
    assert file_of(office, entry_id).problem_code == "missing"


def test_a_store_that_is_away_is_waited_for(office: Office, town: Town) -> None:
    filed(office, town, pdf("text"))
    away = replace(office, store=storage.open_store("s3://key:secret@127.0.0.1:9/bucket"))
    [job_id] = waiting_jobs(office, "documents.read")
    outbox.run(away, job_id)
    assert job(office, job_id).state == "waiting"


def test_a_store_that_stays_away_leaves_a_file_that_can_be_tried_again(
    office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry_id = filed(office, town, pdf("text"))
    away = replace(office, store=storage.open_store("s3://key:secret@127.0.0.1:9/bucket"))
    [job_id] = waiting_jobs(office, "documents.read")
    monkeypatch.setattr(outbox, "MAX_ATTEMPTS", 1)
    outbox.run(away, job_id)
    info = file_of(office, entry_id)
    assert (info.state, info.problem_code) == ("failed", "unavailable")
    with office.db.begin() as session:
        by = town.person(session, "clerk")
        documents.read_again(session, documents.file_at(session, entry_id, 1), by=by)
    run_jobs(office, "documents.read")
    assert file_of(office, entry_id).state == "done"


def test_a_reader_that_died_begins_again(
    office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the first of two pages; no page is lost or doubled."""
    fox = "quick brown fox jumps over the lazy dog and runs away through the wood"
    entry_id = filed(office, town, pdf(f"One {fox}", f"Two {fox}"))
    whole = ocr.read_pages

    def dies(*args: Any, **kwargs: Any) -> Any:
        yield next(whole(*args, **kwargs))
        raise KeyboardInterrupt

    [job_id] = waiting_jobs(office, "documents.read")
    monkeypatch.setattr(ocr, "read_pages", dies)
    with pytest.raises(KeyboardInterrupt):
        outbox.run(office, job_id)
    assert (file_of(office, entry_id).state, file_of(office, entry_id).pages_done) == ("running", 1)
    monkeypatch.setattr(ocr, "read_pages", whole)
    with office.db.begin() as session:
        session.execute(text("UPDATE jobs SET lease_until = now() - interval '1 second'"))
        outbox.due(session)
    run_jobs(office, "documents.read")
    info = file_of(office, entry_id)
    with office.db.begin() as session:
        shown = [(page.page, page.text.split()[0]) for page in documents.pages(session, info.id)]
    assert (info.state, shown) == ("done", [(1, "One"), (2, "Two")])
