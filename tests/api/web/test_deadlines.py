"""The clock on an entry's page, the calendar of deadlines, holidays and terms."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from docflow import calendars, clock, kinds, registry, routing
from docflow.calendars import Calendar, Rule, Terms
from tests.api.browsing import Browser, hidden, typed, words
from tests.api.conftest import House

Browsing = Callable[..., Browser]


@pytest.fixture(scope="module", autouse=True)
def terms(house: House) -> None:
    """Applications have five working days by law."""
    with house.office.db.begin() as session:
        by = house.town.person(session, "administrator")
        kinds.define(session, "aitisi-clock", kinds.Definition("Αίτηση"), by=by)
        rule = Rule(kind="aitisi-clock", days=5, is_statutory=True)
        calendars.terms.define(session, Terms(rules=(rule,)), version=0, by=by)


@pytest.fixture
def address(house: House) -> str:
    return house.accepted(house.register(kind="aitisi-clock"))


def test_a_handler_stops_the_clock_and_a_head_extends_it(browsing: Browsing, address: str) -> None:
    engineer = browsing("engineer")
    page = engineer.get(address)
    assert "Time limit of the law: 5 working days from" in words(page)
    assert f'action="{address}/acts/extend-clock"' not in page.text
    seen = hidden(page)["seen"]
    form = {"seen": seen, "reason": "Λείπει το τοπογραφικό"}
    assert engineer.post(f"{address}/acts/stop-clock", data=form).status_code == 303
    page = engineer.get(address)
    assert "It stands still since" in words(page)
    assert "Λείπει το τοπογραφικό" in words(page)
    again = engineer.post(f"{address}/acts/stop-clock", data={**form, "reason": "Κι άλλο"})
    assert again.status_code == 409
    assert "Άννα Βλάχου stopped its deadline" in words(again)
    assert "Κι άλλο" in words(again)  # what was written is not lost
    assert engineer.post(f"{address}/acts/run-clock", data={}).status_code == 303
    head = browsing("director")
    form = {"seen": hidden(head.get(address))["seen"], "days": "99", "reason": "Αυτοψία"}
    refused = head.post(f"{address}/acts/extend-clock", data=form)
    assert refused.status_code == 422
    assert "1 to 30 days" in words(refused)
    assert typed(refused, "days") == "99"
    done = head.post(f"{address}/acts/extend-clock", data={**form, "days": "3"})
    assert done.status_code == 303
    assert "Extended by 3 working days" in words(head.get(address))
    assert "Παρατάθηκε κατά 3 εργάσιμες" in words(browsing("director", language="el").get(address))


def test_a_day_on_which_nobody_works_moves_and_the_page_says_so(
    browsing: Browsing, house: House
) -> None:
    today = clock.today()
    saturday = today + timedelta(days=(5 - today.weekday()) % 7 or 7)
    shown = words(browsing("clerk").get(house.register(due_on=saturday)))
    assert f"{Calendar().at_or_after(saturday):%d/%m/%Y}" in shown
    assert f"Nobody works on {saturday:%d/%m/%Y}" in shown or "is a holiday" in shown


def test_the_calendar_shows_the_month_and_the_feed_needs_no_login(
    browsing: Browsing, visitor: Browser, house: House, address: str
) -> None:
    engineer = browsing("engineer")
    with house.office.db.read() as session:
        handling = session.get_one(registry.Handling, house.entry_id(address))
        month = f"{handling.due_on:%Y-%m}"
    for view in ("month", "list"):
        page = engineer.get("/deadlines", params={"month": month, "view": view})
        assert page.status_code == 200
        assert f'href="{address}"' in page.text
    assert f'href="{address}"' not in browsing("lawyer").get(f"/deadlines?month={month}").text
    with house.office.db.begin() as session:
        to = house.town.target("ΔΗΜ", "mayor")
        routing.contributions.ask(
            session,
            house.entry_id(address),
            by=house.town.person(session, "engineer"),
            kind=routing.ContributionKind.OPINION,
            requests=[routing.Request(to, "Σύμφωνος;", handling.due_on)],
        )
    mayor = browsing("mayor")
    for view in ("month", "list"):
        page = mayor.get("/deadlines", params={"month": month, "view": view, "whose": "mine"})
        assert f'href="{address}"' in page.text
    assert "Answer:" in mayor.get("/work?basket=asked").text
    assert engineer.get("/deadlines?month=0000-13&view=x&whose=y").status_code == 200
    made = engineer.post("/deadlines/feed")
    found = re.search(r"/deadlines/feed/[\w-]+\.ics", made.text)
    assert found is not None
    feed = visitor.get(found[0])
    assert feed.headers["content-type"].startswith("text/calendar")
    assert f"{address}\r\n" in feed.text.replace("\r\n ", "")
    assert found[0] not in engineer.get("/deadlines").text
    assert engineer.post("/deadlines/feed/end").status_code == 303
    assert visitor.get(found[0]).status_code == 404


def test_the_administrator_keeps_holidays(browsing: Browsing) -> None:
    admin = browsing("administrator")
    form = {"how": "yearly", "name": "Πολιούχος", "effect": "holiday", "day": "30/2"}
    refused = admin.post("/workdays", data=form)
    assert refused.status_code == 422
    assert typed(refused, "name") == "Πολιούχος"
    assert admin.post("/workdays", data={**form, "day": "30/11"}).status_code == 303
    page = admin.get("/workdays?year=2026")
    assert "each year, 30/11" in words(page)
    assert "Easter Monday" in words(page)
    [remove] = re.findall(r'action="(/workdays/\d+/remove)"', page.text)
    assert admin.post(remove).status_code == 303
    assert admin.post(remove).status_code == 404
    for nobody in ("clerk", "mayor"):
        for place in ("/workdays", "/deadline-terms"):
            assert browsing(nobody).get(place).status_code == 403


def test_the_administrator_keeps_the_terms(browsing: Browsing) -> None:
    admin = browsing("administrator")
    page = admin.get("/deadline-terms")
    form = {
        **hidden(page),
        "rule.0.kind": "aitisi-clock",
        "rule.0.days": "5",
        "rule.0.unit": "working",
        "rule.0.is_statutory": "1",
        "rule.4.priority": "urgent",
        "rule.4.days": "0",
        "reminder.0.days": "2",
        "reminder.0.when": "before",
        "reminder.0.to": "handler",
        "reminder_reach": "30",
        "extension_days": "30",
        "extensions": "2",
        "delay_days": "1",
        "tells_delay": "1",
        "delay_el": "Η υπόθεση {number} καθυστερεί. {body}",
    }
    refused = admin.post("/deadline-terms", data=form)
    assert refused.status_code == 422
    assert 'href="#rule.4.days"' in refused.text
    assert typed(refused, "rule.4.days") == "0"
    assert admin.post("/deadline-terms", data={**form, "rule.4.days": "2"}).status_code == 303
    assert typed(admin.get("/deadline-terms"), "rule.1.days") == "2"
    late = admin.post("/deadline-terms", data={**form, "rule.4.days": "3"})
    assert late.status_code == 409
    assert "Somebody else changed the terms" in words(late)
