"""Reasons for what is confidential, who read what, holds, erasures, the store's page and banner."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

import pikepdf
import pytest
from sqlalchemy import select, text

from api.web import alarms
from docflow import audit, clock, custody, organization, reads, registry
from tests.api.browsing import Browser, hidden, words
from tests.api.conftest import House

Browsing = Callable[..., Browser]


@pytest.fixture
def officer(house: House, browsing: Browsing) -> Browser:
    """The data protection officer's browser."""
    with house.office.db.begin() as session:
        user = session.get_one(organization.User, house.town.users["colleague"])
        organization.grant(session, user, organization.Role.DATA_PROTECTION, None)
    return browsing("colleague")


@pytest.fixture
def secret(house: House, browsing: Browsing) -> tuple[Browser, str]:
    """Somebody to whom the confidential book is open, and an entry in it that is not his work."""
    with house.office.db.begin() as session:
        book, user = house.town.books["empisteftiko"], house.town.users["lawyer"]
        if session.get(registry.BookGrant, (book, user)) is None:
            session.add(registry.BookGrant(book_id=book, user_id=user))
    address = house.register((page_of_pdf(), "μυστικό.pdf"), secret=True)
    return browsing("lawyer"), address


def page_of_pdf() -> bytes:
    document, buffer = pikepdf.new(), BytesIO()
    document.add_blank_page()
    document.save(buffer)
    return buffer.getvalue()


def read_by(house: House, address: str, username: str) -> list[tuple[str, str]]:
    with house.office.db.read() as session:
        rows = session.execute(
            select(reads.Read.what, reads.Read.basis)
            .where(
                reads.Read.entry_id == house.entry_id(address),
                reads.Read.user_id == house.town.users[username],
            )
            .order_by(reads.Read.id)
        )
        return [(what, basis) for what, basis in rows]


def test_opening_an_entry_and_its_file_is_noted_and_shown(house: House, browsing: Browsing) -> None:
    address = house.register((page_of_pdf(), "επιστολή.pdf"))
    auditor = browsing("auditor")
    auditor.get(address)
    auditor.get(f"{address}/files/1")
    auditor.get(f"{address}/files/1/text")
    assert read_by(house, address, "auditor") == [
        ("entry", "ordinary"),
        ("file", "ordinary"),
        ("text", "ordinary"),
    ]
    page = words(browsing("clerk").get(address))
    assert "Read 3 times" in page
    assert "Κώστας Μάνος" in page


def test_a_confidential_entry_asks_why_before_it_is_shown(
    house: House, secret: tuple[Browser, str]
) -> None:
    lawyer, address = secret
    for path in (address, f"{address}/files/1", f"{address}/files/1/text", f"{address}/proof"):
        answer = lawyer.get(path)
        assert answer.status_code == 403
        assert "Why do you open it?" in words(answer)
        assert "μυστικό" not in answer.text
    asked = lawyer.get(f"{address}/files/1")
    form = hidden(asked)
    assert form["back"] == f"{address}/files/1"
    empty = lawyer.post(f"{address}/reading-reason", data={**form, "reason": " "})
    assert empty.status_code == 422
    assert read_by(house, address, "lawyer") == []
    given = lawyer.post(f"{address}/reading-reason", data={**form, "reason": "γνωμοδότηση"})
    assert given.headers["location"] == f"{address}/files/1"
    assert lawyer.get(f"{address}/files/1").content.startswith(b"%PDF")
    assert lawyer.get(address).status_code == 200
    assert read_by(house, address, "lawyer") == [("file", "reason"), ("entry", "reason")]
    assert "γνωμοδότηση" in words(lawyer.get(address))


def test_a_reason_leads_nowhere_else(secret: tuple[Browser, str]) -> None:
    lawyer, address = secret
    for back in ("https://elsewhere.example", "/work", f"{address}x"):
        given = lawyer.post(
            f"{address}/reading-reason", data={"back": back, "reason": "γνωμοδότηση"}
        )
        assert given.headers["location"] == address


def test_who_may_not_see_it_is_asked_nothing(
    secret: tuple[Browser, str], browsing: Browsing
) -> None:
    _, address = secret
    clerk = browsing("clerk")
    assert clerk.get(address).status_code == 404
    answer = clerk.post(f"{address}/reading-reason", data={"back": address, "reason": "έλεγχος"})
    assert answer.status_code == 404


def test_the_officer_decides_about_what_he_does_not_see(
    secret: tuple[Browser, str], officer: Browser
) -> None:
    _, address = secret
    assert officer.get(address).status_code == 404
    asked = officer.post(f"{address}/erasure", data={"basis": "νόμος", "reason": "αίτημα"})
    assert (asked.status_code, asked.headers["location"]) == (303, "/holds?done=erasure")
    assert officer.post(f"{address}/hold", data={"reason": ""}).status_code == 422
    placed = officer.post(f"{address}/hold", data={"reason": "έλεγχος της Αρχής"})
    assert (placed.status_code, placed.headers["location"]) == (303, "/holds?done=hold")
    assert "έλεγχος της Αρχής" in words(officer.get("/holds"))


def test_the_officer_reads_and_takes_out_the_month(
    house: House, secret: tuple[Browser, str], officer: Browser
) -> None:
    lawyer, address = secret
    lawyer.post(f"{address}/reading-reason", data={"back": address, "reason": "για τον μήνα"})
    lawyer.get(address)
    page = officer.get("/reads")
    assert "για τον μήνα" in words(page)
    month = f"{clock.today():%Y-%m}"
    table = officer.get(f"/reads/report.csv?month={month}")
    assert "για τον μήνα" in table.content.decode("utf-8-sig")
    assert officer.get(f"/reads/report.pdf?month={month}").content.startswith(b"%PDF-")
    with house.office.db.read() as session:
        taken = session.scalar(
            text("SELECT count(*) FROM audit_events WHERE action = 'reads.report-taken'")
        )
    assert taken >= 2
    assert officer.get("/reads?month=2999-01").status_code == 422
    assert officer.get("/reads/report.exe?month=2026-01").status_code == 422


def test_a_hold_and_an_erasure_go_through_two_hands(
    house: House, browsing: Browsing, officer: Browser
) -> None:
    address = house.register((page_of_pdf(), "αίτηση.pdf"))
    registrar = browsing("registrar")
    assert registrar.post(f"{address}/hold", data={"reason": ""}).status_code == 422
    assert registrar.post(f"{address}/hold", data={"reason": "δίκη 5"}).status_code == 303
    assert "Legal hold" in words(registrar.get(address))
    with house.office.db.read() as session:
        entry_id = house.entry_id(address)
        by = house.town.person(session, "registrar")
        [hold] = custody.holds.holds(session, by=by, entry_id=entry_id)
    refused = registrar.post(f"{address}/erasure", data={"basis": "νόμος", "reason": "αίτημα"})
    assert refused.status_code == 409
    assert registrar.post(f"/holds/{hold.id}/release", data={"reason": "x"}).status_code == 422
    assert registrar.post(f"/holds/{hold.id}/release", data={"reason": "τέλος"}).status_code == 303
    assert (
        registrar.post(f"{address}/erasure", data={"basis": "", "reason": "α"}).status_code == 422
    )
    asked = registrar.post(f"{address}/erasure", data={"basis": "νόμος", "reason": "αίτημα"})
    assert asked.status_code == 303
    with house.office.db.begin() as session:
        while audit.sequence(session):
            pass
        [row] = custody.erasure.requests(session, by=by, entry_id=entry_id)
    assert registrar.post(f"/erasures/{row.id}/approve").status_code == 409
    assert "Approve" in words(officer.get("/holds"))
    assert officer.post(f"/erasures/{row.id}/approve").status_code == 303
    page = words(registrar.get(address))
    assert "The personal data of this entry were erased" in page
    assert "επισκευής" not in page
    assert browsing("clerk").get("/holds").status_code == 403


def test_the_stores_page_tells_and_begins(house: House, browsing: Browsing) -> None:
    administrator = browsing("administrator")
    assert "Storage" in words(administrator.get("/storage"))
    for act in ("probe", "digests", "orphans"):
        assert administrator.post(f"/storage/{act}").status_code == 303
    assert administrator.post("/storage/burn").status_code == 404
    assert browsing("clerk").post("/storage/probe").status_code == 403
    house.run_jobs()
    page = words(administrator.get("/storage"))
    assert "Holds its word" in page
    assert "A file under retention is not deleted" in page


def test_a_store_that_breaks_its_word_is_told_on_every_page(
    house: House, browsing: Browsing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarms, "_LIFE", 0)  # a page asks the database again at once
    clerk = browsing("clerk")
    assert "does not hold its word" not in words(clerk.get("/book"))
    with house.office.db.begin() as session:
        broken = custody.StoreRun(
            kind="probe",
            state="done",
            started_at=clock.now() + timedelta(seconds=1),
            finished_at=clock.now(),
            promises=[["retention", False, "a locked object was deleted"]],
        )
        session.add(broken)
    try:
        page = clerk.get("/book")
        assert 'class="app-alarm" role="alert"' in page.text
        assert "Files under retention can be deleted." in words(page)
        assert 'href="/storage"' in browsing("administrator").get("/storage").text
    finally:
        with house.office.db.begin() as session:
            session.delete(session.merge(broken))
