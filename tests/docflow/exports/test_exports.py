"""The register as PDF, CSV, XLSX and XML: complete, marked, and only what the person may see."""

import csv
import os
import time
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from lxml import etree
from openpyxl import load_workbook
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

import storage
from docflow import audit, clock, documents, exports, imports, kinds, outbox, registry
from docflow.exports.rows import NAMES
from docflow.office import Office
from docflow.principal import NotAllowed, Principal
from tests import factories
from tests.factories import Town
from tests.stack import ROOT

TODAY = clock.today(factories.ZONE)
ALL = exports.Wanted(TODAY - timedelta(days=1), TODAY)
FORMULA = '=HYPERLINK("http://example.org")'


@pytest.fixture
def clerk(session: Session, town: Town) -> Principal:
    return town.person(session, "clerk")


@pytest.fixture
def letters(session: Session, town: Town, clerk: Principal) -> list[registry.Entry]:
    """Three letters: one corrected, one annulled, one with a formula as its subject."""
    first = factories.letter(session, town, subject="Αίτηση <για> άδεια & λοιπά")
    second = factories.letter(session, town)
    third = factories.letter(session, town, subject=FORMULA)
    registry.correct(
        session,
        first.id,
        {"subject": "Διορθωμένο θέμα"},
        reason="Παραδρομή",
        authority="",
        by=clerk,
        zone=factories.ZONE,
    )
    factories.annulled(session, town, second.id, reason="Διπλή καταχώριση")
    return [first, second, third]


def exported(
    office: Office, form: exports.Format, by: Principal, wanted: exports.Wanted = ALL
) -> bytes:
    with exports.made(office, wanted, form, by=by, language="el") as export:
        return export.path.read_bytes()


def as_csv(office: Office, by: Principal, wanted: exports.Wanted = ALL) -> list[dict[str, str]]:
    lines = exported(office, exports.Format.CSV, by, wanted).decode("utf-8-sig").splitlines()
    return list(csv.DictReader(lines, delimiter=";"))


def test_a_csv_has_all_columns_values_of_now_and_what_was_before(
    office: Office, letters: list[registry.Entry], clerk: Principal
) -> None:
    first, second, third = as_csv(office, clerk)
    assert len(first) == len(NAMES)
    assert [one["Κατάσταση"] for one in (first, second)] == ["Προς χρέωση", "Ακυρώθηκε"]
    assert first["Αριθμός πρωτοκόλλου"] == letters[0].label
    assert first["Θέμα"] == "Διορθωμένο θέμα"
    assert "Αίτηση <για> άδεια & λοιπά" in first["Διορθώσεις"]
    assert second["Αιτιολογία ακύρωσης"] == "Διπλή καταχώριση"
    assert third["Θέμα"] == f"'{FORMULA}"


def test_corrected_values_are_words_and_not_codes(
    office: Office, session: Session, town: Town, clerk: Principal
) -> None:
    definition = kinds.Definition(
        title_el="Αίτηση επιδόματος",
        fields=(kinds.Field("amount", kinds.FieldType.AMOUNT, "Ποσό"),),
    )
    kinds.define(session, "epidoma", definition, by=town.person(session, "administrator"))
    entry = factories.letter(
        session,
        town,
        kind="epidoma",
        values={"amount": "1234,50"},
        addressee_unit_id=town.units["ΝΟΜ"],
        sender_dated_on=date(2026, 1, 20),
    )
    changes = {
        "delivery_method": "courier",
        "addressee_unit_id": town.units["ΤΥ"],
        "sender_dated_on": date(2026, 1, 21),
        "value.amount": "99,90",
    }
    registry.correct(session, entry.id, changes, reason="Παραδρομή", by=clerk, zone=factories.ZONE)
    [row] = as_csv(office, clerk)
    said = row["Διορθώσεις"]
    for word in ("Αυτοπροσώπως", "Νομική Υπηρεσία", "20/01/2026", "Ποσό", "1.234,50 €"):
        assert word in said, word
    for code in ("counter", "2026-01-20", "value.", "1234.50"):
        assert code not in said, code


def test_a_csv_begins_with_a_byte_order_mark_and_takes_another_delimiter(
    office: Office, letters: list[registry.Entry], clerk: Principal
) -> None:
    with exports.made(
        office, ALL, exports.Format.CSV, by=clerk, language="en", delimiter=","
    ) as export:
        data = export.path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbfProtocol number,Book,")


def test_an_xml_is_valid_by_its_published_schema(
    office: Office, letters: list[registry.Entry], clerk: Principal
) -> None:
    schema = etree.XMLSchema(etree.parse(str(ROOT / "docs" / "register-export.xsd")))
    document = etree.fromstring(exported(office, exports.Format.XML, clerk))
    schema.assertValid(document)
    space = {"r": "urn:docflow:register:1"}
    assert document.get("rows") == "3"
    assert [one.get("annulled") for one in document] == [None, "true", None]
    assert document.xpath("string(r:entry[3]/r:subject)", namespaces=space) == FORMULA


def test_an_xlsx_holds_days_as_days_and_formulas_as_text(
    office: Office, letters: list[registry.Entry], clerk: Principal
) -> None:
    sheet = load_workbook(BytesIO(exported(office, exports.Format.XLSX, clerk))).active
    head = [cell.value for cell in sheet[1]]
    subject = sheet.cell(4, head.index("Θέμα") + 1)
    assert (subject.value, subject.data_type) == (FORMULA, "s")
    assert sheet.cell(2, head.index("Πρωτοκολλήθηκε") + 1).is_date
    assert sheet.max_row == 4


def test_a_pdf_has_pages_of_a_number_and_marks_what_is_annulled(
    office: Office, letters: list[registry.Entry], clerk: Principal, tmp_path: Path
) -> None:
    path = tmp_path / "book.pdf"
    path.write_bytes(exported(office, exports.Format.PDF, clerk))
    with pikepdf.open(path) as document, document.open_metadata() as metadata:
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "B")
        assert len(document.pages) == 1
    said = _text(path)
    assert "Σελίδα 1 από 1" in said
    assert "ΑΚΥΡΟ" in said
    assert "Διορθωμένο θέμα" in said


def _text(path: Path) -> str:
    with pypdfium2.PdfDocument(path) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


def test_a_pdf_of_several_parts_counts_its_pages_through(
    office: Office,
    session: Session,
    town: Town,
    clerk: Principal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("docflow.printing.book._PART", 4)
    for _ in range(9):
        factories.letter(session, town)
    path = tmp_path / "book.pdf"
    path.write_bytes(exported(office, exports.Format.PDF, clerk))
    said = _text(path)
    assert all(f"Σελίδα {n} από 3" in said for n in (1, 2, 3))


def test_nobody_exports_what_he_may_not_see(
    office: Office, session: Session, town: Town, letters: list[registry.Entry]
) -> None:
    secret = factories.secret_letter(session, town)
    factories.accepted(session, town, letters[0])
    labels = {
        name: [
            (row["Βιβλίο"], row["Αριθμός πρωτοκόλλου"])
            for row in as_csv(office, town.person(session, name))
        ]
        for name in ("clerk", "confidant", "engineer", "lawyer")
    }
    assert labels == {
        "clerk": [("koino", one.label) for one in letters],
        "confidant": [("empisteftiko", secret.label)],
        "engineer": [("koino", letters[0].label)],
        "lawyer": [],
    }


def test_related_numbers_that_are_hidden_are_not_named(
    office: Office, session: Session, town: Town, letters: list[registry.Entry]
) -> None:
    answer = factories.letter(
        session, town, relations=((letters[0].id, registry.Relation.RELATED),)
    )
    factories.accepted(session, town, answer)
    seen = {
        name: as_csv(office, town.person(session, name))[-1]["Σχετικοί αριθμοί"]
        for name in ("clerk", "engineer")
    }
    assert seen == {"clerk": letters[0].label, "engineer": ""}


def test_book_direction_and_period_narrow_it(
    office: Office, session: Session, town: Town, letters: list[registry.Entry], clerk: Principal
) -> None:
    def labels(**wish: object) -> int:
        wanted = {"first_day": ALL.first_day, "last_day": ALL.last_day, **wish}
        return len(as_csv(office, clerk, exports.Wanted(**wanted)))  # type: ignore[arg-type]

    assert labels(book="koino") == 3
    assert labels(direction=registry.Direction.OUTGOING) == 0
    assert labels(last_day=ALL.first_day) == 0
    with pytest.raises(registry.NoSuchBook):
        labels(book="empisteftiko")
    with pytest.raises(exports.BadPeriod):
        labels(last_day=date(2020, 1, 1))


def test_each_export_is_an_event(
    office: Office, session: Session, letters: list[registry.Entry], clerk: Principal
) -> None:
    as_csv(office, clerk)
    event = session.scalars(
        select(audit.Event).where(audit.Event.action == "register.exported")
    ).one()
    assert (event.actor_id, event.details["rows"], event.details["format"]) == (
        clerk.user_id,
        3,
        "csv",
    )


@pytest.fixture
def asked(
    office: Office, session: Session, letters: list[registry.Entry], clerk: Principal
) -> exports.RegisterExport:
    with office.db.begin() as asking:
        row = exports.request(asking, ALL, exports.Format.XLSX, by=clerk, language="el")
    return session.get_one(exports.RegisterExport, row.id)


def run_job(office: Office, session: Session, task: str) -> None:
    job = session.scalars(select(outbox.Job).where(outbox.Job.task == task)).one()
    outbox.run(office, job.id)
    session.expire_all()


def test_a_large_export_is_made_by_a_job_for_its_owner_alone(
    office: Office, session: Session, town: Town, clerk: Principal, asked: exports.RegisterExport
) -> None:
    with pytest.raises(exports.NotReady):
        exports.file_of(session, asked.id, by=clerk)
    run_job(office, session, "exports.make")
    row = exports.file_of(session, asked.id, by=clerk)
    assert (row.rows, row.size) == (3, len(office.store.read(str(row.sha256))))
    with pytest.raises(exports.NoSuchExport):
        exports.get(session, asked.id, by=town.person(session, "registrar"))


def test_the_file_of_an_export_is_removed_after_a_week(
    office: Office,
    session: Session,
    clerk: Principal,
    asked: exports.RegisterExport,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_job(office, session, "exports.make")
    sha256 = str(asked.sha256)
    session.execute(
        update(exports.RegisterExport).values(finished_at=clock.now() - timedelta(days=8))
    )
    removed = []
    monkeypatch.setattr(type(office.store), "delete", lambda _, one, **__: removed.append(one))
    outbox.enqueue(session, "exports.expire")
    session.flush()
    run_job(office, session, "exports.expire")
    assert removed == [sha256]
    assert asked.state == exports.ExportState.EXPIRED
    with pytest.raises(exports.NoSuchExport):
        exports.file_of(session, asked.id, by=clerk)


def test_bytes_that_are_also_a_document_are_not_removed(
    office: Office,
    session: Session,
    town: Town,
    asked: exports.RegisterExport,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_job(office, session, "exports.make")
    upload = factories.uploaded(office, office.store.read(str(asked.sha256)), "βιβλίο.xlsx")
    factories.letter(session, town, upload)
    session.execute(
        update(exports.RegisterExport).values(finished_at=clock.now() - timedelta(days=8))
    )
    removed = []
    monkeypatch.setattr(type(office.store), "delete", lambda _, one, **__: removed.append(one))
    outbox.enqueue(session, "exports.expire")
    session.flush()
    run_job(office, session, "exports.expire")
    assert removed == []
    assert asked.state == exports.ExportState.EXPIRED


def grow_old(session: Session) -> None:
    session.execute(
        update(exports.RegisterExport).values(finished_at=clock.now() - timedelta(days=8))
    )
    outbox.enqueue(session, "exports.expire")
    session.flush()


def aged(office: Office, sha256: str) -> None:
    """Let the store think that the object has lain there for long."""
    [path] = [one for one in office.settings.data.rglob(sha256) if one.is_file()]
    os.utime(path, (time.time() - 9 * 86_400,) * 2)


def test_bytes_that_are_also_an_old_register_are_not_removed(
    office: Office, session: Session, town: Town, clerk: Principal
) -> None:
    factories.letter(session, town)
    asked = exports.request(session, ALL, exports.Format.CSV, by=clerk, language="el")
    session.flush()
    run_job(office, session, "exports.make")
    sha256 = str(asked.sha256)
    upload = documents.receive(office, BytesIO(office.store.read(sha256)), "παλαιό.csv")
    registrar = town.person(session, "registrar")
    old = imports.begin(office, upload, by=registrar, year=2024, taken_from="Παλαιό πρόγραμμα")
    aged(office, sha256)
    grow_old(session)
    run_job(office, session, "exports.expire")
    assert asked.state == exports.ExportState.EXPIRED
    assert office.store.exists(sha256)
    assert imports.preview(office, old, by=registrar).header[0] == "Αριθμός πρωτοκόλλου"


def test_bytes_that_the_store_did_not_give_away_at_once_are_removed_later(
    office: Office,
    session: Session,
    clerk: Principal,
    asked: exports.RegisterExport,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_job(office, session, "exports.make")
    sha256 = str(asked.sha256)
    grow_old(session)
    run_job(office, session, "exports.expire")  # too young for the store
    aged(office, sha256)

    def away(*_: object, **__: object) -> None:
        raise storage.StoreUnavailable("away")

    for refuses in (True, False):
        with monkeypatch.context() as patched:
            if refuses:
                patched.setattr(type(office.store), "delete", away)
            session.execute(delete(outbox.Job).where(outbox.Job.task == "exports.expire"))
            outbox.enqueue(session, "exports.expire")
            session.flush()
            run_job(office, session, "exports.expire")
        assert office.store.exists(sha256) is refuses
        with pytest.raises(exports.NoSuchExport):
            exports.file_of(session, asked.id, by=clerk)
    assert (asked.sha256, asked.entry_ids) == (None, None)


def test_who_lost_his_rights_does_not_get_the_file_that_he_asked_for(
    office: Office, session: Session, town: Town
) -> None:
    factories.secret_letter(session, town, subject="Μυστικό")
    by = town.person(session, "confidant")
    wanted = replace(ALL, book="empisteftiko")
    asked = exports.request(session, wanted, exports.Format.CSV, by=by, language="el")
    session.flush()
    run_job(office, session, "exports.make")
    assert exports.file_of(session, asked.id, by=by).rows == 1
    factories.secret_letter(session, town, subject="Μετά")
    assert exports.file_of(session, asked.id, by=by).rows == 1
    with pytest.raises(NotAllowed):
        exports.file_of(session, asked.id, by=replace(by, scopes=frozenset({"register"})))
    for rights in ("book_grants", "entry_access"):
        session.execute(text(f"DELETE FROM {rights}"))
    session.expire_all()
    with pytest.raises(exports.RightsLost):
        exports.file_of(session, asked.id, by=town.person(session, "confidant"))


def test_control_characters_break_no_format(
    office: Office, session: Session, town: Town, clerk: Principal
) -> None:
    factories.letter(session, town, delivery_detail="α\u200bβ 漢字 😀")
    for form in exports.Format:
        assert exported(office, form, clerk)
