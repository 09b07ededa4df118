"""An erasure reaches case files: why an entry was moved, and what was exported with it."""

import pytest
from sqlalchemy import text

from docflow import audit, case_files, custody
from docflow.case_files import ExportForm, exporting
from docflow.case_files.models import CaseFile, Item
from docflow.folding import fold
from docflow.office import Office
from docflow.organization import Role, User, grant
from tests import factories
from tests.docflow import steps
from tests.docflow.case_files.conftest import Desk
from tests.factories import ZONE


def sequenced(office: Office) -> None:
    with office.db.begin() as session:
        while audit.sequence(session):
            pass


def test_reasons_and_exports_go_and_where_it_lay_stays(committed: Office) -> None:
    office = committed
    with office.db.begin() as session:
        town = factories.municipality(session)
        officer = session.get_one(User, town.users["lawyer"])
        grant(session, officer, Role.DATA_PROTECTION, None)
        desk, by = Desk(session, town), town.person(session, "engineer")
        file, other = desk.open(class_code=""), desk.open(class_code="")
        entry = desk.letter()
        item = desk.file(file, entry)
        why = "Αφορά τον κ. Μάρκου"
        case_files.move(session, item.id, other.id, reason=why, by=by, zone=ZONE)
        row = exporting.request(session, other.id, ExportForm.ZIP, by=by, language="el", zone=ZONE)
    steps.run_jobs(office, "case-files.export")
    with office.db.read() as session:
        assert exporting.file_of(session, row.id, by=by)
    sequenced(office)
    with office.db.begin() as session:
        registrar = town.person(session, "registrar")
        asked = custody.erasure.ask(session, entry.id, basis="νόμος", reason="αίτημα", by=registrar)
    sequenced(office)
    with office.db.begin() as session:
        custody.erasure.approve(session, asked.id, by=town.person(session, "lawyer"))
    with office.db.read() as session:
        with pytest.raises(exporting.NoSuchFileExport):
            exporting.file_of(session, row.id, by=by)
        kept = session.get_one(Item, item.id)
        assert (kept.reason, kept.end_kind) == ("(διαγράφηκε)", "moved")
        rows = session.scalars(text("SELECT to_jsonb(i)::text FROM case_file_items i")).all()
        assert not any("Μάρκου" in one for one in rows)
        [placed] = case_files.of_entry(session, entry.id, by=by)
        assert placed.file.id == other.id


def test_an_export_that_was_made_after_the_erasure_is_fetched(committed: Office) -> None:
    """What was erased is named in it, with no data: its right to be read is not asked for."""
    office = committed
    with office.db.begin() as session:
        town = factories.municipality(session)
        officer = session.get_one(User, town.users["lawyer"])
        grant(session, officer, Role.DATA_PROTECTION, None)
        desk, by = Desk(session, town), town.person(session, "engineer")
        file = desk.open(class_code="")
        entry, left = desk.letter(), desk.letter()
        for one in (entry, left):
            desk.file(file, one)
    sequenced(office)
    with office.db.begin() as session:
        registrar = town.person(session, "registrar")
        asked = custody.erasure.ask(session, entry.id, basis="νόμος", reason="αίτημα", by=registrar)
    sequenced(office)
    with office.db.begin() as session:
        custody.erasure.approve(session, asked.id, by=town.person(session, "lawyer"))
    with office.db.begin() as session:
        row = exporting.request(session, file.id, ExportForm.ZIP, by=by, language="el", zone=ZONE)
    steps.run_jobs(office, "case-files.export")
    with office.db.read() as session:
        made, _ = exporting.file_of(session, row.id, by=by)
        assert made.entry_ids == [left.id]


def test_a_title_that_repeats_the_subject_goes_with_it(committed: Office) -> None:
    office = committed
    with office.db.begin() as session:
        town = factories.municipality(session)
        officer = session.get_one(User, town.users["lawyer"])
        grant(session, officer, Role.DATA_PROTECTION, None)
        desk = Desk(session, town)
        entry = desk.letter()
        opened = desk.open(class_code="", title=entry.subject)
        own = desk.open(class_code="", title="Υποθέσεις της οδού")
        renamed = desk.open(class_code="", title="Υποθέσεις")
        desk.file(opened, entry)
        for file in (own, renamed):
            desk.file(file, entry, kind=case_files.ItemKind.REFERENCE)
        cover = case_files.Cover(f"Φ: {entry.subject}", renamed.unit_id)
        by = town.person(session, "engineer")
        case_files.amend(session, renamed.id, cover, version=None, by=by, zone=ZONE)
        subject = entry.subject
    sequenced(office)
    with office.db.begin() as session:
        registrar = town.person(session, "registrar")
        asked = custody.erasure.ask(session, entry.id, basis="νόμος", reason="αίτημα", by=registrar)
    sequenced(office)
    with office.db.begin() as session:
        custody.erasure.approve(session, asked.id, by=town.person(session, "lawyer"))
    with office.db.read() as session:
        for file in (opened, renamed):
            now = session.get_one(CaseFile, file.id)
            assert now.title == "(διαγράφηκε)"
            assert now.key == fold(f"{now.code} (διαγράφηκε)")
        assert session.get_one(CaseFile, own.id).title == "Υποθέσεις της οδού"
        rows = session.scalars(text("SELECT to_jsonb(f)::text FROM case_files f")).all()
        assert not any(subject in one or fold(subject) in one for one in rows)
