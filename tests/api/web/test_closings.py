"""The pages of the closings: what waits, the registers, the year; and the exports."""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from docflow import clock, closings, signatures
from docflow.registry import Direction
from tests import factories
from tests.api.browsing import Browser, words
from tests.api.conftest import House

Browsing = Callable[..., Browser]
DAY = date(2025, 12, 30)


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), ZoneInfo(factories.ZONE))


@pytest.fixture(scope="module")
def old_year(house: House) -> str:
    """A book of its own with two letters in the year before, its days closed but for the last."""
    code = "kleisimata"
    with house.office.db.begin() as session:
        book = factories.Book(body_id=house.town.body_id, code=code, title="Βιβλίο κλεισιμάτων")
        session.add(book)
        session.flush()
        book_id = book.id
    for day in (DAY, date(2025, 12, 31)):
        with clock.pretend(noon(day)), house.office.db.begin() as session:
            factories.letter(session, house.town, book=code, subject=f"Έγγραφο της {day}")
    with clock.pretend(noon(date(2025, 12, 31))):
        assert closings.close_due(house.office, book_id) == 1
    return code


def test_the_overview_names_books_registers_and_years(browsing: Browsing, old_year: str) -> None:
    page = browsing("registrar").get("/closings")
    assert page.status_code == 200
    said = words(page)
    # Other tests of this module may have closed the last day, some after it, and the year by now.
    assert re.search(r"paradeigma-kleisimata-202(51230-001|51231-002|601\d\d-\d{3})", said)
    assert re.search(r"2025 (To be closed|Closed)", said)


def test_the_list_of_a_book_shows_what_waits_and_what_is_overdue(
    browsing: Browsing, old_year: str
) -> None:
    said = words(browsing("auditor").get(f"/closings/{old_year}"))
    assert "31/12/2025" in said
    assert "Overdue" in said
    assert "Close what is over" not in said


def test_a_register_is_handed_out_as_pdf_and_the_day_so_far_too(
    browsing: Browsing, old_year: str
) -> None:
    clerk = browsing("clerk")
    register = clerk.get(f"/closings/{old_year}/days/2025-12-30/register")
    assert register.content.startswith(b"%PDF")
    so_far = clerk.get(f"/closings/{old_year}/days/2025-12-31/so-far")
    assert so_far.content.startswith(b"%PDF")
    assert clerk.get(f"/closings/{old_year}/days/2025-12-25/register").status_code == 404


@pytest.mark.parametrize("path", ["", "/days/2025-12-30/register", "/years/2025"])
def test_who_may_not_read_the_whole_book_reads_no_closing(
    browsing: Browsing, old_year: str, path: str
) -> None:
    assert browsing("engineer").get(f"/closings/{old_year}{path}").status_code == 404


def test_only_the_registrar_closes_days(browsing: Browsing, old_year: str) -> None:
    assert browsing("clerk").post(f"/closings/{old_year}/days").status_code == 403


def test_the_report_names_what_is_in_the_way_until_the_registrar_closed_the_days(
    browsing: Browsing, old_year: str
) -> None:
    said = words(browsing("registrar").get(f"/closings/{old_year}/years/2025"))
    assert "The year cannot be closed yet." in said
    assert "Days without their register: 1 (31/12)." in said
    refused = browsing("registrar").post(f"/closings/{old_year}/years/2025", data={"sure": "yes"})
    assert refused.status_code == 409
    registrar = browsing("registrar")
    for _ in range(60):  # each click closes five days, and the book has waited since January
        answer = registrar.post(f"/closings/{old_year}/days")
        assert answer.status_code == 303
        said = words(registrar.get(f"/closings/{old_year}/years/2025"))
        if "Nothing is in the way" in said:
            break
    unsure = registrar.post(f"/closings/{old_year}/years/2025", data={})
    assert unsure.status_code == 422
    assert "Tick that you have read the report" in words(unsure)
    done = registrar.post(f"/closings/{old_year}/years/2025", data={"sure": "yes"})
    assert done.headers["location"] == f"/closings/{old_year}/years/2025?done=year-closed"
    said = words(registrar.get(done.headers["location"]))
    assert "No number is given in it any more." in said
    declaration = registrar.get(f"/closings/{old_year}/years/2025/declaration")
    assert declaration.content.startswith(b"%PDF")


def test_who_may_not_close_has_no_password_tried(
    browsing: Browsing, old_year: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    monkeypatch.setattr(signatures, "open_own", lambda _, password, **__: tried.append(password))
    form = {"sure": "yes", "password": "μαντεύω"}
    assert browsing("clerk").post(f"/closings/{old_year}/years/2025", data=form).status_code == 403
    stranger = browsing("engineer").post(f"/closings/{old_year}/years/2025", data=form)
    assert stranger.status_code == 404
    assert tried == []


def test_the_key_for_the_declaration_rests_after_five_wrong_passwords(
    browsing: Browsing, house: House, old_year: str
) -> None:
    data = house.keys.pki.issue_person(name="Ελένη", password=factories.KEY_PASSWORD)
    with house.office.db.begin() as session:
        by = house.town.person(session, "registrar")
        signatures.keys.add(
            session, data, factories.KEY_PASSWORD, by=by, settings=house.office.settings
        )
    registrar, form = browsing("registrar"), {"sure": "yes", "password": "λάθος"}
    answers = [
        registrar.post(f"/closings/{old_year}/years/2025", data=form).status_code for _ in range(6)
    ]
    assert answers == [422] * 5 + [429]


FORM = {"first_day": "1/1/2025", "last_day": "31/12/2025", "format": "csv"}


def test_a_small_export_comes_at_once(browsing: Browsing, old_year: str) -> None:
    clerk = browsing("clerk")
    assert clerk.get("/exports").status_code == 200
    file = clerk.post("/exports", data={**FORM, "book": old_year, "delimiter": "comma"})
    assert file.headers["content-disposition"].startswith("attachment")
    head, *rows = file.content.decode("utf-8-sig").splitlines()
    assert head.startswith("Protocol number,Book,")
    assert len(rows) == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"last_day": "1/1/2024"}, "The last day lies before the first."),
        ({"first_day": ""}, "Write the first and the last day."),
        ({"first_day": "30/2/2025"}, "30/2/2025"),
        ({"book": "agnosto"}, "agnosto"),
        ({"format": "exe"}, "Choose one from the list."),
    ],
)
def test_a_wrong_wish_comes_back_with_what_is_wrong(
    browsing: Browsing, old_year: str, wrong: dict[str, str], said: str
) -> None:
    page = browsing("clerk").post("/exports", data={**FORM, **wrong})
    assert page.status_code in (404, 422)
    assert said in words(page)


def test_a_large_export_is_made_in_the_background(
    browsing: Browsing, house: House, old_year: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docflow.exports.making.AT_ONCE_ON_PAPER", 1)
    clerk = browsing("clerk")
    answer = clerk.post("/exports", data={**FORM, "format": "pdf", "book": old_year})
    assert answer.headers["location"] == "/exports?done=export-asked"
    assert "Being made" in words(clerk.get("/exports"))
    assert "Being made" in words(clerk.get("/exports/list"))
    house.run_jobs()
    page = clerk.get("/exports")
    assert "Ready" in words(page)
    link = page.text.split('href="/exports/')[1].split('"')[0]
    assert clerk.get(f"/exports/{link}").content.startswith(b"%PDF")
    assert browsing("auditor").get(f"/exports/{link}").status_code == 404


def test_a_direction_is_asked_for(browsing: Browsing, old_year: str) -> None:
    file = browsing("clerk").post(
        "/exports", data={**FORM, "book": old_year, "direction": Direction.OUTGOING.value}
    )
    assert len(file.content.decode("utf-8-sig").splitlines()) == 1
