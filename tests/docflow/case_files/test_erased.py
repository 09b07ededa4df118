"""An erasure reaches case files: why an entry was moved, and what was exported with it."""

import pytest
from sqlalchemy import text

from docflow import audit, case_files, custody
from docflow.case_files import ExportForm, exporting
from docflow.case_files.models import Item
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
