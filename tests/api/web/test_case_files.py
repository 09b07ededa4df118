"""Pages of case files and classification plans, from the plan's import to the export of a file."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date

import pytest

from docflow.case_files import class_lists, plans
from tests.api.browsing import Browser, hidden, words
from tests.api.conftest import House
from tests.factories import ZONE

Browsing = Callable[..., Browser]
LIST = "code;title;retention_years;action\n30;Νομικά;;review\n30.1;Αγωγές;20;transfer\n"


@pytest.fixture(scope="module", autouse=True)
def plan(house: House) -> None:
    """The plan Δ is in force."""
    with house.office.db.begin() as session:
        by = house.town.person(session, "administrator")
        if not plans.listing(session, by=by):
            plans.begin(session, "Δ", "Σχέδιο του δήμου", by=by)
            plans.save(session, "Δ", class_lists.read(LIST.encode()), revision=0, by=by)
            first = date(2020, 1, 1)
            plans.put_in_force(session, "Δ", first, revision=1, by=by, zone=ZONE)


def opened(browser: Browser, house: House, unit: str = "ΟΔΟΠ", **typed: str) -> str:
    """The address of a new case file."""
    form = {"title": "Επισκευές", "unit_id": str(house.town.units[unit]), **typed}
    answer = browser.post("/case-files/new", data=form)
    assert answer.status_code == 303, words(answer)
    return answer.headers["location"].split("?")[0]


def code(browser: Browser, address: str) -> str:
    found = re.search(r'<h1 class="govuk-heading-l">([^<]+)</h1>', browser.get(address).text)
    assert found
    return found.group(1)


def test_a_file_begins_with_a_letter_and_tells_its_way(browsing: Browsing, house: House) -> None:
    letter = house.accepted(house.register())
    engineer = browsing("engineer")
    page = engineer.get(letter)
    link = re.search(r'href="(/case-files/new\?entry=[^"]+)"', page.text)
    assert link
    form = engineer.get(link.group(1))
    assert "Αίτηση επισκευής" in form.text
    first = (
        hidden(form).get("entry") or re.findall(r'name="entry"[^>]*value="([^"]+)"', form.text)[0]
    )
    address = opened(engineer, house, class_code="30.1", entry=first, paper_place="Ράφι 7")
    shown = words(engineer.get(address))
    for said in ("Ράφι 7", "30.1 Αγωγές", "20 years", "Put into a case file", "Άννα Βλάχου"):
        assert said in shown
    file = code(engineer, address)
    told = words(engineer.get(letter))
    assert file in told
    assert "Class 30.1 Αγωγές" in told
    again = engineer.post(f"{letter}/acts/case-file", data={"case_file": file, "pages": "12"})
    assert again.status_code == 409
    assert "lies in this case file already" in words(again)
    assert 'value="12"' in again.text
    for form in ("/case-files/new", f"/case-files/new?parent={address.split('/')[2]}"):
        assert engineer.get(form).status_code == 200
    lawyer = browsing("lawyer")
    assert lawyer.get(address).status_code == 404
    assert file not in words(lawyer.get("/case-files"))
    assert file in words(engineer.get("/case-files", params={"q": file, "state": "open"}))


def test_a_document_is_put_in_moved_and_taken_out_and_the_second_is_told(
    browsing: Browsing, house: House
) -> None:
    letter = house.accepted(house.register())
    engineer, colleague = browsing("engineer"), browsing("colleague")
    address, other = opened(engineer, house), opened(engineer, house, title="Άλλος")
    number = "/".join(letter.split("/")[:2:-1])
    put = engineer.post(f"{address}/acts/put", data={"entry": number, "pages": "3"})
    assert put.headers["location"] == f"{address}?done=case-file-put"
    item = re.search(rf'href="({address}/items/\d+)"', engineer.get(address).text)
    assert item
    move = {"case_file": code(engineer, other), "reason": "Ανήκει εκεί"}
    assert colleague.get(item.group(1)).status_code == 200
    assert engineer.post(f"{item.group(1)}/move", data={**move, "reason": ""}).status_code == 422
    assert engineer.post(f"{item.group(1)}/move", data=move).status_code == 303
    late = colleague.post(f"{item.group(1)}/take-out", data={"reason": "δεν χάνεται αυτό"})
    assert late.status_code == 409
    assert "Άννα Βλάχου moved it to" in words(late)
    assert "δεν χάνεται αυτό" in late.text
    assert "Ανήκει εκεί" in words(engineer.get(letter))
    for kind in ("no/such", "15/1999"):
        wrong = engineer.post(f"{address}/acts/put", data={"entry": kind})
        assert wrong.status_code == 422
        assert "govuk-error-summary" in wrong.text


def test_whoever_opens_a_file_reads_its_code_in_words(browsing: Browsing, house: House) -> None:
    page = words(browsing("director").get("/case-files/new"))
    assert "running number" in page
    assert "{" not in page


def test_closing_asks_for_a_reason_while_work_is_open(browsing: Browsing, house: House) -> None:
    letter = house.accepted(house.register())
    engineer, director = browsing("engineer"), browsing("director")
    address = opened(engineer, house)
    engineer.post(f"{letter}/acts/case-file", data={"case_file": code(engineer, address)})
    seen = hidden(director.get(address))["version"]
    refused = director.post(f"{address}/acts/close", data={"version": seen})
    assert refused.status_code == 409
    assert "still being handled" in words(refused)
    done = director.post(f"{address}/acts/close", data={"version": seen, "reason": "Στο αρχείο"})
    assert done.status_code == 303
    stale = director.post(f"{address}/acts/reopen", data={"version": seen, "reason": "Πάλι"})
    assert stale.status_code == 409
    assert "changed the case file in the meantime" in words(stale)
    assert "Πάλι" in stale.text
    assert "Στο αρχείο" in words(director.get(address))
    closed = engineer.post(f"{letter}/acts/case-file", data={"case_file": code(engineer, address)})
    assert closed.status_code == 409


def test_two_who_write_one_cover_lose_nothing(browsing: Browsing, house: House) -> None:
    engineer = browsing("engineer")
    address = opened(engineer, house)
    form = {
        "title": "Πρώτος",
        "unit_id": str(house.town.units["ΟΔΟΠ"]),
        "version": hidden(engineer.get(f"{address}/cover"))["version"],
    }
    assert engineer.post(f"{address}/cover", data=form).status_code == 303
    late = browsing("colleague").post(f"{address}/cover", data={**form, "title": "Δεύτερος"})
    assert late.status_code == 409
    assert "Δεύτερος" in late.text
    sent_again = {**form, **hidden(late), "title": "Δεύτερος"}
    assert browsing("colleague").post(f"{address}/cover", data=sent_again).status_code == 303


def test_a_file_is_taken_as_pdf_and_zip(
    browsing: Browsing, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = house.accepted(house.register(("σημείωμα φακέλου".encode(), "σημείωμα.txt")))
    engineer = browsing("engineer")
    address = opened(engineer, house)
    engineer.post(f"{letter}/acts/case-file", data={"case_file": code(engineer, address)})
    assert engineer.get(f"{address}/contents.pdf").content.startswith(b"%PDF")
    assert engineer.post(f"{address}/exports", data={"form": "pdf"}).content.startswith(b"%PDF")
    data = engineer.post(f"{address}/exports", data={"form": "zip"}).content
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert any(name.endswith("σημείωμα.txt") for name in archive.namelist())
    monkeypatch.setattr("docflow.case_files.exporting._AT_ONCE_FILES", 0)
    later = engineer.post(f"{address}/exports", data={"form": "zip"})
    assert later.status_code == 303
    assert "Being made" in words(engineer.get(f"{address}/exports"))
    house.run_jobs()
    link = re.search(r'href="(/case-files/exports/\d+/file)"', engineer.get(address).text)
    assert link
    assert engineer.get(link.group(1)).content[:2] == b"PK"
    assert browsing("colleague").get(link.group(1)).status_code == 404


def test_a_plan_is_checked_kept_as_draft_and_put_in_force(browsing: Browsing, house: House) -> None:
    administrator = browsing("administrator")
    page = administrator.get("/classification/Δ")
    assert "30.1" in words(page)
    revision = hidden(page)["revision"]

    def sent(table: str, act: str, name: str = "plan.csv"):
        files = {"file": (name, table.encode(), "text/csv")}
        data = {"act": act, "revision": revision}
        return administrator.post("/classification/Δ", data=data, files=files)

    wrong = sent(LIST + "31;;;\n32;Α;χ;\n", "check")
    assert wrong.status_code == 422
    assert "Row 4" in words(wrong)
    assert "Row 5" in words(wrong)
    checked = sent(LIST + "31;Έργα;;\n", "check")
    assert "New: 1. Gone: 0. Changed: 0. Unchanged: 2." in words(checked)
    assert sent(LIST + "31;Έργα;;\n", "save").status_code == 303
    stale = sent(LIST, "save")
    assert stale.status_code == 409
    page = administrator.get("/classification/Δ")
    assert "What the draft changes" in words(page)
    form = {"act": "put-in-force", "revision": hidden(page)["revision"], "first_day": "1/1/2021"}
    assert administrator.post("/classification/Δ", data=form).status_code == 409
    form["first_day"] = "1/1/2090"
    assert administrator.post("/classification/Δ", data=form).status_code == 303
    assert "Not yet in force" in words(administrator.get("/classification"))
    assert "31;;Έργα" in administrator.get("/classification/Δ/export?version=2").text
    assert '"code": "31"' in administrator.get("/classification/Δ/export?form=json&version=2").text
    mask = administrator.post("/classification", data={"act": "mask", "mask": "{n}"})
    assert mask.status_code == 422
    assert "needs the year" in words(mask)
    clerk = browsing("clerk")
    assert clerk.get("/classification/Δ").status_code == 200
    assert clerk.post("/classification/Δ", data=form).status_code == 403
    assert clerk.get("/classification/nothing").status_code == 404
