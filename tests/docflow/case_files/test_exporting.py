"""A case file as PDF and ZIP: all that is open to the person, nothing else, byte for byte."""

import csv
import hashlib
import io
import json
import zipfile
from datetime import timedelta

import pikepdf
import pypdfium2
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

import storage
from docflow import audit, case_files, documents, exports, outbox, reads, registry
from docflow.case_files import ExportForm, exporting, paper
from docflow.case_files.models import FileExport, Item
from docflow.exports import ExportState
from docflow.office import Office
from tests import factories
from tests.docflow import steps
from tests.docflow.case_files.conftest import Desk
from tests.factories import ZONE

HOSTILE = "=1+2 <script>..%2f..%23 Φ.pdf"


def pdf(pages: int, *, signed: bool = False, password: str = "") -> bytes:
    with pikepdf.new() as made:
        for _ in range(pages):
            made.add_blank_page(page_size=(595, 842))
        made.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        if signed:
            made.Root.Signature = made.make_indirect(
                pikepdf.Dictionary(ByteRange=[0, 1, 2, 3], Contents=b"\x01")
            )
        written = io.BytesIO()
        lock = pikepdf.Encryption(owner=password, user=password) if password else False
        made.save(written, encryption=lock)
    return written.getvalue()


def letter(
    desk: Desk, office: Office, *uploads: tuple[bytes, str], **changes: object
) -> registry.Entry:
    kept = [factories.uploaded(office, data, name) for data, name in uploads]
    entry = factories.letter(desk.session, desk.town, *kept, **changes)
    factories.accepted(desk.session, desk.town, entry)
    return entry


def exported(
    desk: Desk, office: Office, file: case_files.CaseFile, form: str, **more: str
) -> bytes:
    by = desk.person(more.pop("by", "engineer"))
    with exporting.made(office, file.id, ExportForm(form), by=by, language="el", **more) as made:
        return made.path.read_bytes()


def archive(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def test_the_pdf_has_contents_bookmarks_pages_and_signed_originals_untouched(
    desk: Desk, office: Office
) -> None:
    file = desk.open()
    sub = desk.open(parent_id=file.id, title="Προσφορές")
    signed, note = pdf(1, signed=True), "σημείωμα".encode()
    first = letter(desk, office, (pdf(2), "αίτηση.pdf"), (note, "σημείωμα.txt"))
    second = letter(desk, office, (signed, "πράξη.pdf"))
    desk.file(file, first)
    desk.file(sub, second)
    with pikepdf.open(io.BytesIO(exported(desk, office, file, "pdf"))) as bound:
        # cover, contents, sheets of two files and two entries, three pages of documents
        assert len(bound.pages) == 2 + 4 + 3
        attached = {name: spec.get_file().read_bytes() for name, spec in bound.attachments.items()}
        with bound.open_outline() as outline:
            marks = [(one.title, [two.title for two in one.children]) for one in outline.root]
            under = [leaf.title for leaf in outline.root[0].children[0].children]
        assert "/OpenAction" not in bound.Root
        assert "JavaScript" not in str(list(bound.objects))
    assert sorted(attached.values()) == sorted([signed, note])
    assert [title for title, _ in marks] == [f"{f.code} {f.title}" for f in (file, sub)]
    assert marks[0][1] == [f"1. {first.label} {first.subject}"]
    assert under == ["αίτηση.pdf"]
    with pypdfium2.PdfDocument(exported(desk, office, file, "pdf")) as document:
        text = " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())
    assert first.label in text
    assert "συνημμένο" in text


def test_the_sheet_that_the_contents_name_is_where_the_document_begins(
    desk: Desk, office: Office
) -> None:
    file = desk.open()
    entries = [letter(desk, office, (pdf(3), "έγγραφο.pdf")) for _ in range(2)]
    for entry in entries:
        desk.file(file, entry)
    with pypdfium2.PdfDocument(exported(desk, office, file, "pdf")) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    starts = [n for n, text in enumerate(pages, start=1) if "αίτημα" in text or "Α/Α" in text]
    assert len(pages) == 2 + 2 * (1 + 3)
    assert entries[0].label in pages[2]
    assert entries[1].label in pages[6]
    assert starts[0] == 2
    rows = pages[1].split()
    assert "3" in rows
    assert "7" in rows


def test_locked_and_damaged_documents_are_attached_and_do_not_stop_the_rest(
    desk: Desk, office: Office
) -> None:
    file = desk.open()
    locked, broken = pdf(2, password="x"), b"%PDF-1.7\nbroken"
    desk.file(file, letter(desk, office, (locked, "κλειδωμένο.pdf"), (broken, "χαλασμένο.pdf")))
    with pikepdf.open(io.BytesIO(exported(desk, office, file, "pdf"))) as bound:
        assert len(bound.pages) == 3
        attached = [spec.get_file().read_bytes() for spec in bound.attachments.values()]
    assert sorted(attached) == sorted([locked, broken])


def test_the_archive_has_originals_index_and_digests(desk: Desk, office: Office) -> None:
    file = desk.open()
    data = pdf(1, signed=True)
    entry = letter(desk, office, (data, HOSTILE), subject='=HYPERLINK("x") <b>θέμα</b>')
    desk.file(file, entry, pages=4)
    named = letter(desk, office, (b"alpha", "a.txt"))
    desk.file(file, named, kind=case_files.ItemKind.REFERENCE)
    found = archive(exported(desk, office, file, "zip"))
    [path] = [name for name in found if name.endswith("Φ.pdf")]
    assert found[path] == data
    assert ".." not in path
    assert not {"<", "=", " ", "%"} & set(path)
    told = json.loads(found["index.json"])["case_files"][0]
    one, other = told["documents"]
    assert one["files"][0] == {
        "path": path,
        "name": HOSTILE,
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "remark": None,
    }
    assert (one["class"], one["pages"], other["by_reference"]) == ("20.3", 4, True)
    assert other["files"] == []
    page = found["index.html"].decode()
    assert "<b>" not in page
    assert "<script" not in page
    assert f'href="{path}"' in page
    rows = list(csv.reader(io.StringIO(found["index.csv"].decode("utf-8-sig")), delimiter=";"))
    assert rows[1][6].startswith("'=HYPERLINK")
    sums = dict(line.split("  ", 1)[::-1] for line in found["SHA256SUMS"].decode().splitlines())
    assert set(sums) == set(found) - {"SHA256SUMS"}
    assert all(hashlib.sha256(found[name]).hexdigest() == digest for name, digest in sums.items())
    assert found["contents.pdf"].startswith(b"%PDF")


def test_what_the_store_lost_is_named_and_the_rest_is_there(desk: Desk, office: Office) -> None:
    file = desk.open()
    lost, kept = b"lost " * 9, b"kept " * 9
    desk.file(file, letter(desk, office, (lost, "χαμένο.txt"), (kept, "σωστό.txt")))
    digest = hashlib.sha256(lost).hexdigest()
    [stored] = [
        path
        for path in (office.settings.data / "objects").rglob("*")
        if path.is_file() and path.name == digest
    ] or list((office.settings.data / "objects").rglob(f"*{digest[4:]}"))
    stored.unlink()
    found = archive(exported(desk, office, file, "zip"))
    [entry] = json.loads(found["index.json"])["case_files"][0]["documents"]
    gone, there = entry["files"]
    assert (gone["path"], gone["sha256"]) == (None, digest)
    assert gone["remark"]
    assert found[there["path"]] == kept
    with pikepdf.open(io.BytesIO(exported(desk, office, file, "pdf"))) as bound:
        assert len(bound.attachments) == 1


def test_what_is_not_open_is_not_in_it_and_only_told_where_that_may_be(
    desk: Desk, office: Office
) -> None:
    file = desk.open(by="clerk")
    other = factories.letter(desk.session, desk.town, subject="Άλλης υπηρεσίας")
    secret = factories.secret_letter(desk.session, desk.town, subject="Απόρρητο θέμα")
    mine = letter(desk, office)
    for entry in (other, mine):
        desk.file(file, entry, by="clerk")
    desk.session.add(Item(case_file_id=file.id, entry_id=secret.id, kind="main", position=1))
    desk.session.flush()
    found = archive(exported(desk, office, file, "zip"))
    told = json.loads(found["index.json"])["case_files"][0]
    assert [one["label"] for one in told["documents"]] == [mine.label]
    assert told["documents_not_open"] == 1
    for name, data in found.items():
        for subject in (other.subject, secret.subject):
            assert subject not in data.decode(errors="ignore"), name


def test_a_confidential_entry_goes_out_for_a_reason_and_each_is_noted(
    desk: Desk, office: Office, session: Session
) -> None:
    file = desk.open(by="clerk", unit="ΟΔΟΠ")
    plain = letter(desk, office, (b"x1", "a.txt"), (b"x2", "b.txt"))
    graded = factories.letter(
        session, desk.town, grade=registry.Grade.CONFIDENTIAL, by="clerk", subject="ΕΜΠ"
    )
    registry.open_to_person(session, graded.id, desk.town.users["director"])
    session.add(Item(case_file_id=file.id, entry_id=graded.id, kind="main", position=9))
    desk.file(file, plain, by="clerk")
    with pytest.raises(reads.ReasonNeeded):
        exported(desk, office, file, "zip", by="director")

    def noted() -> list[tuple[int, int | None]]:
        rows = session.execute(
            select(reads.Read.entry_id, reads.Read.position)
            .where(reads.Read.user_id == desk.town.users["director"])
            .order_by(reads.Read.id)
        )
        return [tuple(row) for row in rows]

    assert noted() == []
    exported(desk, office, file, "zip", by="director", reason="Πόρισμα 7")
    assert sorted(noted(), key=str) == sorted(
        [(plain.id, 1), (plain.id, 2), (graded.id, None)], key=str
    )
    assert "case-file.exported" in [
        line.action for line in audit.history(session, [("case-file", file.id)])
    ]


def asked(desk: Desk, office: Office, file: case_files.CaseFile) -> FileExport:
    row = exporting.request(
        desk.session,
        file.id,
        ExportForm.ZIP,
        by=desk.person("engineer"),
        language="el",
        zone=ZONE,
    )
    desk.session.flush()
    return row


def test_a_job_makes_it_for_its_person_alone_and_for_a_week(
    desk: Desk, office: Office, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, entry = desk.open(), letter(desk, office, (b"text", "a.txt"))
    desk.file(file, entry)
    row = asked(desk, office, file)
    by = desk.person("engineer")
    with pytest.raises(exporting.FileExportNotReady):
        exporting.file_of(session, row.id, by=by)
    steps.run_jobs(office, "case-files.export")
    session.expire_all()
    done, name = exporting.file_of(session, row.id, by=by)
    assert (done.documents, done.entry_ids) == (1, [entry.id])
    assert name.endswith(".zip")
    assert "index.html" in archive(office.store.read(str(done.sha256)))
    with pytest.raises(exporting.NoSuchFileExport):
        exporting.file_of(session, row.id, by=desk.person("colleague"))
    kept = str(done.sha256)
    monkeypatch.setattr(storage, "MIN_AGE", timedelta(0))
    monkeypatch.setattr(exports.kept, "KEPT", timedelta(0))
    monkeypatch.setattr("storage.directory.MIN_AGE", timedelta(0), raising=False)
    run = outbox.Run(office, 0, 1)
    exporting.expire(run)
    session.expire_all()
    assert (row.state, row.entry_ids) == (ExportState.EXPIRED, None)
    with pytest.raises(exporting.NoSuchFileExport):
        exporting.file_of(session, row.id, by=by)
    assert row.sha256 is None or office.store.exists(kept)


def test_who_lost_a_right_does_not_get_the_file(
    desk: Desk, office: Office, session: Session
) -> None:
    file, entry = desk.open(), letter(desk, office)
    desk.file(file, entry)
    row = asked(desk, office, file)
    steps.run_jobs(office, "case-files.export")
    session.expire_all()
    by = desk.person("engineer")
    assert exporting.file_of(session, row.id, by=by)
    session.execute(
        update(case_files.CaseFile)
        .where(case_files.CaseFile.id == file.id)
        .values(unit_id=desk.town.units["ΝΟΜ"])
    )
    with pytest.raises(exporting.FileExportRightsLost):
        exporting.file_of(session, row.id, by=by)


def test_a_job_that_fails_shows_it(desk: Desk, office: Office, session: Session) -> None:
    row = asked(desk, office, desk.open())
    exporting.give_up(outbox.Run(office, 0, 1), export_id=row.id, why="δίσκος")
    session.expire_all()
    assert (row.state, row.problem) == (ExportState.FAILED, "δίσκος")


def test_what_is_too_large_for_one_pdf_says_so(
    desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = desk.open()
    desk.file(file, letter(desk, office, (b"1", "a.txt"), (b"2", "b.txt")))
    monkeypatch.setattr(paper, "MOST_BOUND", 1)
    with pytest.raises(paper.TooLargeForPdf, match="ZIP"):
        exported(desk, office, file, "pdf")
    assert desk.session.scalar(select(func.count()).select_from(reads.Read)) == 0


def test_a_store_that_is_away_is_told_and_tried_again(
    desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = desk.open()
    desk.file(file, letter(desk, office, (b"1", "a.txt")))

    def away(_: str) -> None:
        raise storage.StoreUnavailable("away")

    monkeypatch.setattr(office.store, "open", away)
    for form in ("zip", "pdf"):
        with pytest.raises(documents.StoreUnavailable):
            exported(desk, office, file, form)
