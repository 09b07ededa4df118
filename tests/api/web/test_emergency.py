"""The emergency register's pages: kits, the way back from file and paper, the report."""

import re
from datetime import UTC, timedelta

import pypdfium2
import pytest

from docflow import clock, emergency
from tests.api.browsing import hidden, words
from tests.docflow.emergency.journals import Page, overrun


def yesterday(hour):
    day = clock.local(clock.now()) - timedelta(days=1)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0).astimezone(UTC)


@pytest.fixture
def kit(house):
    """A kit of this year whose yesterday is in the same year (else of today's)."""
    with house.office.db.begin() as session:
        boss = house.town.person(session, "registrar")
        kit_id = emergency.prepare(
            session,
            by=boss,
            place="Γκισέ 3",
            numbers=30,
            year=yesterday(9).year,
            zone="Europe/Athens",
        )
        return emergency.kit(session, kit_id, by=boss)


def printed(pdf):
    """What stands on a PDF, blanks as one."""
    document = pypdfium2.PdfDocument(pdf)
    pages = [page.get_textpage().get_text_bounded() for page in document]
    document.close()
    return " ".join(" ".join(pages).split())


def saved(kit, *, subject="Δήλωση ζημιάς από πλημμύρα", total=1):
    page = Page(kit, journal=kit.code)
    page.begin(yesterday(9))
    page.entry(kit.first_number, yesterday(10), subject=subject)
    page.end(yesterday(11), f"{clock.local(yesterday(10)).date()}={total}")
    return ("docflow-emergency.json", page.file(), "application/json")


def test_the_registrar_reserves_numbers_and_gets_paper_and_page(house, browsing):
    browser = browsing("registrar")
    typed = {"place": "Κεντρικό γκισέ", "numbers": "24", "year": str(clock.today().year)}
    done = browser.post("/emergency/kits", data=typed)
    assert done.status_code == 303
    shown = browser.get(done.headers["location"])
    assert "Κεντρικό γκισέ" in words(shown)
    number = re.search(r"/emergency/kits/(\d+)/sheets.pdf", shown.text)[1]
    assert browser.get(f"/emergency/kits/{number}/sheets.pdf").content.startswith(b"%PDF-1.7")
    offline = browser.get(f"/emergency/kits/{number}/offline.html")
    assert offline.headers["content-disposition"].startswith("attachment")
    assert offline.headers["content-type"] == "application/octet-stream"
    assert "default-src 'none'" in offline.text
    assert not re.search(r'(src|href)="', offline.text)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"place": "", "numbers": "5", "year": "2026"}, "place"),
        ({"place": "x", "numbers": "1001", "year": "2026"}, "numbers"),
        ({"place": "x", "numbers": "πέντε", "year": "2026"}, "numbers"),
        ({"place": "x", "numbers": "5", "year": "1999"}, "year"),
        ({"place": "x", "numbers": "5", "year": "2026", "book": "άλλο"}, "book"),
    ],
)
def test_a_kit_that_cannot_be_is_explained_in_its_form(browsing, typed, field):
    again = browsing("registrar").post("/emergency/kits", data=typed)
    assert again.status_code == 422
    assert f'href="#{field}"' in again.text


@pytest.mark.parametrize("username", ["engineer", "mayor", "administrator"])
def test_the_emergency_register_is_the_registrys(browsing, username):
    assert browsing(username).get("/emergency").status_code == 403


def test_a_file_is_looked_at_first_and_then_registered_once(house, browsing, kit):
    browser = browsing("clerk")
    seen = browser.post("/emergency/recovery", files={"file": saved(kit)})
    assert seen.status_code == 200
    assert "1 new record" in words(seen)
    assert kit.first_label in words(seen)
    done = browser.post("/emergency/recovery", data={**hidden(seen), "act": "recover"})
    assert done.status_code == 303, words(done)
    report = browser.get(done.headers["location"])
    assert "The emergency entries were registered." in words(report)
    assert "Διακοπή ρεύματος" in words(report)
    address = re.search(r'href="(/entries/[^"]+)"', report.text)[1]
    entry = browser.get(address)
    assert kit.first_label in words(entry)
    found = browser.get("/search", params={"q": kit.first_label})
    assert found.headers["location"] == address  # the one entry that is meant
    assert "Δήλωση ζημιάς" in words(entry)
    receipt = printed(browser.get(f"{address}/receipt.pdf?language=el").content)
    assert kit.first_label in receipt
    assert f"{clock.local(yesterday(10)):%d/%m/%Y %H:%M}" in receipt
    again = browser.post("/emergency/recovery", files={"file": saved(kit)})
    assert "Everything in this file was taken over already." in words(again)


def test_totals_that_do_not_agree_are_told_and_nothing_is_registered(browsing, kit):
    browser = browsing("clerk")
    seen = browser.post("/emergency/recovery", files={"file": saved(kit, total=4)})
    assert "total says 4" in words(seen)
    again = browser.post("/emergency/recovery", data={**hidden(seen), "act": "recover"})
    assert again.status_code == 409
    assert "Nothing was registered." in words(again)


def test_a_bad_record_is_named_and_may_be_left_out(browsing, kit):
    browser = browsing("clerk")
    seen = browser.post("/emergency/recovery", files={"file": saved(kit, subject="x")})
    assert "at least 3 characters" in words(seen)
    assert f'name="leave_out" value="{kit.first_number}"' in seen.text
    done = browser.post(
        "/emergency/recovery",
        data={**hidden(seen), "act": "recover", "leave_out": str(kit.first_number)},
    )
    assert done.headers["location"] == "/emergency?done=nothing-new"


@pytest.mark.parametrize("data", [b"{}", b"\x00\x01", b'{"format": 1}'])
def test_another_file_is_refused_in_the_form(browsing, data):
    again = browsing("clerk").post("/emergency/recovery", files={"file": ("x.json", data)})
    assert again.status_code == 422
    assert "This is not a file of the emergency page." in words(again)


def test_an_altered_file_is_refused_with_the_record_named(browsing, kit):
    name, data, kind = saved(kit)
    altered = data.replace("πλημμύρα".encode(), "πυρκαγιά".encode())
    again = browsing("clerk").post("/emergency/recovery", files={"file": (name, altered, kind)})
    assert again.status_code == 409
    assert kit.first_label in words(again)


def typed_sheet(kit, **changes):
    day = f"{clock.local(yesterday(9)):%d/%m/%Y}"
    return {
        "cause": "Βλάβη δικτύου",
        "authorised_by": "Ελένη Ράπτη",
        "operator": "Μαρία Νικολάου",
        "started_on": day,
        "started_time": "09:00",
        "ended_on": day,
        "ended_time": "12:30",
        "totals": f"{day} 2",
        "row-1-number": str(kit.first_number),
        "row-1-at_on": day,
        "row-1-at_time": "9:20",
        "row-1-direction": "incoming",
        "row-1-party": "Κώστας Ιωάννου",
        "row-1-subject": "Αίτηση σύνδεσης ύδρευσης",
        "row-1-attachments": "1",
        "row-2-number": str(kit.first_number + 1),
        "row-2-at_on": day,
        "row-2-at_time": "10.05",
        "row-2-direction": "outgoing",
        "row-2-party": "ΔΕΥΑ Παραδείγματος",
        "row-2-subject": "Διαβίβαση αιτήσεων",
        **changes,
    }


def test_sheets_are_typed_checked_and_registered(browsing, kit):
    browser = browsing("clerk")
    address = f"/emergency/kits/{kit.id}/paper"
    assert browser.get(address).status_code == 200
    looked = browser.post(address, data={**typed_sheet(kit), "act": "check"})
    assert "2 records are in order" in words(looked)
    done = browser.post(address, data={**typed_sheet(kit), "act": "recover"})
    assert done.status_code == 303, words(done)
    report = browser.get(done.headers["location"])
    assert "ΔΕΥΑ Παραδείγματος" in words(report)
    assert "from paper" in words(report)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"started_on": "χθες"}, "started_on"),
        ({"started_time": "25:00"}, "started_time"),
        ({"row-1-at_time": ""}, "row-1-at_time"),
        ({"row-1-number": ""}, "row-1-number"),
        ({"totals": "πολλά"}, "totals"),
    ],
)
def test_what_is_wrong_on_a_sheet_is_told_at_its_field(browsing, kit, changes, field):
    again = browsing("clerk").post(
        f"/emergency/kits/{kit.id}/paper", data={**typed_sheet(kit, **changes), "act": "recover"}
    )
    assert again.status_code == 422
    assert f'href="#{field}"' in again.text


def test_a_sheet_whose_total_differs_is_not_registered(browsing, kit):
    address = f"/emergency/kits/{kit.id}/paper"
    day = f"{clock.local(yesterday(9)):%d/%m/%Y}"
    again = browsing("clerk").post(
        address, data={**typed_sheet(kit, totals=f"{day} 3"), "act": "recover"}
    )
    assert again.status_code == 409
    assert "the total says 3" in words(again)


def test_an_auditor_reads_periods_and_registers_nothing(browsing, kit):
    auditor = browsing("auditor")
    assert auditor.get("/emergency").status_code == 200
    refused = auditor.post("/emergency/recovery", files={"file": saved(kit)})
    assert refused.status_code == 403


def test_an_auditor_gets_neither_sheets_nor_page_of_a_kit(browsing, kit):
    auditor = browsing("auditor")
    assert f"/kits/{kit.id}/offline.html" not in auditor.get("/emergency").text
    for what in ("offline.html", "sheets.pdf"):
        assert auditor.get(f"/emergency/kits/{kit.id}/{what}").status_code == 403


def test_who_heads_the_registry_authorises_on_the_page_and_a_clerk_takes_over(house, browsing):
    with house.office.db.begin() as session:
        _, made, start = overrun(session, house.town.person(session, "registrar"))
    file = ("docflow-emergency.json", made.file(), "application/json")
    clerk, boss = browsing("clerk"), browsing("registrar")
    looked = clerk.post("/emergency/recovery", files={"file": file})
    assert "The head of the registry must open this file here" in words(looked)
    looked = boss.post("/emergency/recovery", files={"file": file})
    assert "Record the authorisation" in words(looked)
    assert "Register the entries" not in words(looked)
    nobody = boss.post("/emergency/recovery", data={**hidden(looked), "act": "authorise"})
    assert nobody.status_code == 409
    stated = boss.post(
        "/emergency/recovery",
        data={
            **hidden(looked),
            "act": "authorise",
            "late_by": "Ο Δήμαρχος",
            "late_on": f"{clock.local(start + timedelta(days=1)):%d/%m/%Y}",
        },
    )
    assert "A clerk can take this file over now" in words(stated)
    looked = clerk.post("/emergency/recovery", files={"file": file})
    assert "An authorisation is missing" not in words(looked)
    done = clerk.post("/emergency/recovery", data={**hidden(looked), "act": "recover"})
    assert done.status_code == 303
    assert "Ο Δήμαρχος" in words(clerk.get(done.headers["location"]))


def test_unknown_kits_and_periods_are_not_found(browsing):
    browser = browsing("registrar")
    assert browser.get("/emergency/kits/999999/sheets.pdf").status_code == 404
    assert browser.get("/emergency/kits/999999/paper").status_code == 404
    assert browser.get("/emergency/periods/999999").status_code == 404
