"""The pages of old registers: upload, columns, report, import, progress, cancel."""

import pytest

from tests.api.browsing import words
from tests.docflow.imports import tables

FIELDS = ("number", "date", "direction", "sender", "recipient", "subject", "remarks")
MAPPING = {f"column-{place}": name for place, name in enumerate(FIELDS)}


@pytest.fixture
def registrar(browsing):
    return browsing("registrar")


def uploaded(browser, data, *, year=2019, name="παλιό.csv"):
    """The address of the new import."""
    done = browser.post(
        "/imports",
        data={"taken_from": "Παλαιό πρόγραμμα", "year": str(year)},
        files={"file": (name, data, "text/csv")},
    )
    assert done.status_code == 303, words(done)
    return done.headers["location"]


def rows_of(year, count=4):
    return [tables.row(n, date=f"0{n}/02/{year}") for n in range(1, count + 1)]


def test_a_register_goes_from_the_upload_to_the_seal(house, registrar):
    address = uploaded(registrar, tables.csv(rows_of(2018), encoding="windows-1253"), year=2018)
    shown = registrar.get(address)
    assert "Ημ. Πρωτ/σης" in words(shown)
    assert '<option value="date" selected>' in shown.text
    done = registrar.post(f"{address}/check", data=MAPPING)
    assert done.status_code == 303, words(done)
    waits = registrar.get(address)
    assert 'hx-trigger="every 2s"' in waits.text
    assert registrar.get(f"{address}/progress").status_code == 200
    house.run_jobs()
    assert registrar.get(f"{address}/progress").headers["hx-refresh"] == "true"
    report = registrar.get(address)
    assert "4 can be taken over" in words(report)
    assert registrar.get(f"{address}/report.csv").content.startswith(b"\xef\xbb\xbf")
    assert registrar.post(f"{address}/confirm").status_code == 303
    house.run_jobs()
    sealed = registrar.get(address)
    assert "Taken over and sealed" in words(sealed)
    entry = registrar.get("/entries/koino/2018/3")
    assert "Taken over from Παλαιό πρόγραμμα" in words(entry)
    assert registrar.post(f"{address}/cancel").status_code == 409


def test_bad_rows_need_a_persons_word(house, registrar):
    rows = rows_of(2017)
    rows[1] = tables.row(2, date="31/02/2017")
    address = uploaded(registrar, tables.csv(rows), year=2017)
    registrar.post(f"{address}/check", data=MAPPING)
    house.run_jobs()
    report = registrar.get(address)
    assert "1 with an error" in words(report)
    assert "The date is not a date" in words(report)
    assert "Numbers of rows with errors: 2." in words(report)
    refused = registrar.post(f"{address}/confirm")
    assert refused.status_code == 409
    assert 'href="#without_bad"' in refused.text
    assert registrar.post(f"{address}/confirm", data={"without_bad": "1"}).status_code == 303
    house.run_jobs()
    assert "3 entries" in words(registrar.get(address))
    line = words(registrar.get("/contiguity/koino/2017/common"))
    assert "4 3 0 0 2 Unbroken" in line  # last number, entries, reserved, annulled, declared


@pytest.mark.parametrize(
    "changes",
    [
        {"column-0": ""},
        {"column-2": "", "direction": ""},
        {"column-1": "number"},
        {"header": "πρώτη"},
    ],
)
def test_a_mapping_that_is_not_whole_comes_back(registrar, changes):
    address = uploaded(registrar, tables.csv(rows_of(2016)), year=2016)
    again = registrar.post(f"{address}/check", data={**MAPPING, **changes})
    assert again.status_code == 422
    assert "govuk-error-summary" in again.text


def test_the_file_is_read_anew_in_another_encoding(registrar):
    address = uploaded(registrar, tables.csv(rows_of(2015), encoding="iso8859-7"), year=2015)
    again = registrar.post(
        f"{address}/check", data={"act": "reread", "encoding": "utf-8", "separator": ";"}
    )
    assert "\ufffd" in again.text
    back = registrar.post(
        f"{address}/check", data={"act": "reread", "encoding": "iso8859-7", "separator": ";"}
    )
    assert "Αποστολέας" in words(back)


def test_work_that_waits_may_be_cancelled(house, registrar):
    address = uploaded(registrar, tables.csv(rows_of(2014)), year=2014)
    registrar.post(f"{address}/check", data=MAPPING)
    assert registrar.post(f"{address}/cancel").status_code == 303
    house.run_jobs()
    assert "Cancelled" in words(registrar.get(address))
    assert registrar.post(f"{address}/confirm").status_code == 409


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"taken_from": "", "year": "2013"}, "taken_from"),
        ({"taken_from": "x", "year": "2999"}, "year"),
        ({"taken_from": "x", "year": "2013", "book": "empisteftiko"}, "book"),
    ],
)
def test_an_upload_that_cannot_be_is_explained(registrar, typed, field):
    files = {"file": ("x.csv", tables.csv(rows_of(2013)), "text/csv")}
    again = registrar.post("/imports", data=typed, files=files)
    assert again.status_code == 422
    assert f'href="#{field}"' in again.text


def test_a_file_is_needed_and_must_be_a_table(registrar):
    typed = {"taken_from": "x", "year": "2013"}
    assert registrar.post("/imports", data=typed).status_code == 422
    files = {"file": ("x.xls", b"\xd0\xcf\x11\xe0" + b"x" * 600, "application/vnd.ms-excel")}
    again = registrar.post("/imports", data=typed, files=files)
    assert again.status_code == 422
    assert "old Excel file" in words(again)


def test_others_take_nothing_over(browsing):
    assert browsing("clerk").get("/imports").status_code == 403
    auditor = browsing("auditor")
    assert auditor.get("/imports").status_code == 200
    files = {"file": ("x.csv", tables.csv(rows_of(2012)), "text/csv")}
    refused = auditor.post("/imports", data={"taken_from": "x", "year": "2012"}, files=files)
    assert refused.status_code == 403


def test_an_unknown_register_is_not_found(registrar):
    assert registrar.get("/imports/999999").status_code == 404
    assert registrar.get("/imports/999999/report.csv").status_code == 404


def test_enter_in_a_field_checks_or_reads_anew_what_is_read_otherwise(house, registrar):
    address = uploaded(registrar, tables.csv(rows_of(2012)), year=2012)
    chosen = {**MAPPING, "column-3": "", "act": "enter", "header": "1"}
    other = registrar.post(f"{address}/check", data={**chosen, "header": "2"})
    assert other.status_code == 200
    assert "εισερχόμενο" in words(other).casefold()
    same = registrar.post(f"{address}/check", data={**chosen, "act": "reread"})
    kept = same.text.partition('name="column-3"')[2].partition("</select>")[0]
    assert " selected" not in kept
    assert registrar.post(f"{address}/check", data={**MAPPING, "act": "enter"}).status_code == 303
