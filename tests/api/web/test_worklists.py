"""Work lists on the page: narrowed, kept, many items at once; the board and the statistics."""

import re
from datetime import timedelta

import pytest

from api.web import worklists
from docflow import clock, routing
from docflow.registry import Priority
from tests.api.browsing import Browser, words
from tests.api.conftest import House

_ITEM = re.compile(r'name="item" value="(\d+:\d+)"')


@pytest.fixture
def given(house: House) -> list[str]:
    """Two letters with the roads department, charged to nobody in it; first in its list, however
    much of others' work stands in the house."""
    addresses = [house.register(), house.register()]
    with house.office.db.begin() as session:
        secretary = house.town.person(session, "secretary")
        for address in addresses:
            entry_id = house.entry_id(address)
            routing.mark(session, entry_id, by=secretary, priority=Priority.VERY_URGENT)
            routing.charge(session, entry_id, by=secretary, to=house.town.target("ΟΔΟΠ"))
    return addresses


def items(
    browser: Browser, house: House, addresses: list[str], basket: str = "unit", **place: str
) -> list[str]:
    """The boxes of these entries on a page of the list, the first without a place."""
    shown = _ITEM.findall(browser.get("/work", params={"basket": basket, **place}).text)
    wanted = {str(house.entry_id(address)) for address in addresses}
    return [item for item in shown if item.partition(":")[0] in wanted]


def test_many_are_accepted_at_once_and_each_says_what_became_of_it(browsing, house, given):
    engineer, colleague = browsing("engineer"), browsing("colleague")
    both = items(engineer, house, given)
    assert len(both) == 2
    assert colleague.post("/work-acts/accept", data={"item": both[0], "basket": "unit"})
    page = engineer.post("/work-acts/accept", data={"item": both, "basket": "unit"})
    assert page.status_code == 200
    assert "1 of 2 items were done" in words(page)
    assert "Πέτρος Δήμου" in words(page)  # who was faster
    assert page.text.count(" checked") == 1  # it stays ticked
    assert items(engineer, house, given[1:], "mine")


def test_many_are_charged_to_one_person_and_what_was_typed_stays(browsing, house, given):
    director = browsing("director")
    both = items(director, house, given)
    nothing = director.post(
        "/work-acts/charge", data={"item": both, "basket": "unit", "instructions": "Επείγον"}
    )
    assert nothing.status_code == 422
    assert "Επείγον" in nothing.text
    assert nothing.text.count(" checked") == 2
    target = f"{house.town.units['ΟΔΟΠ']}:{house.town.users['engineer']}"
    form = {"item": both, "basket": "unit", "target": target, "priority": "normal"}
    done = director.post("/work-acts/charge", data=form)
    assert "2 of 2 items were done" in words(done)
    assert "Priority:" in words(done)  # the list is narrowed as it was
    assert len(items(browsing("engineer"), house, given, "mine")) == 2


def test_many_are_charged_on_a_day_to_come(browsing, house, given):
    director = browsing("director")
    target = f"{house.town.units['ΟΔΟΠ']}:{house.town.users['engineer']}"
    day = clock.today() + timedelta(days=3)
    form = {"item": items(director, house, given), "basket": "unit", "target": target}
    past = director.post("/work-acts/charge", data={**form, "on_day": "1/2/2020"})
    assert past.status_code == 422
    assert 'value="1/2/2020"' in past.text
    page = director.post("/work-acts/charge", data={**form, "on_day": f"{day:%d/%m/%Y}"})
    assert "2 of 2 items were done" in words(page)
    assert items(director, house, given) != []  # still with the unit
    entry = director.get(given[0])
    assert f"planned for {day:%d/%m/%Y}" in words(entry)
    seen = re.search(r'name="seen" value="(\d+)"', entry.text)
    assert seen is not None
    gone = director.post(f"{given[0]}/acts/drop-plan", data={"seen": seen[1]})
    assert gone.status_code == 303
    assert f"planned for {day:%d/%m/%Y}" not in words(director.get(given[0]))


def test_who_acts_on_a_later_page_stays_on_it(browsing, house, given, monkeypatch):
    monkeypatch.setattr(worklists, "PAGE_SIZE", 1)
    director = browsing("director")
    first = str(house.entry_id(given[0]))
    second = items(director, house, given, after=first)
    assert [item.partition(":")[0] for item in second] == [str(house.entry_id(given[1]))]
    form = {"item": second, "basket": "unit", "after": first}
    page = director.post("/work-acts/charge", data=form)
    assert page.status_code == 422
    assert page.text.count(" checked") == 1
    assert f'name="after" value="{first}"' in page.text


def test_what_could_not_be_charged_keeps_the_words_for_it(browsing, house, given):
    director, engineer = browsing("director"), browsing("engineer")
    both = items(director, house, given)
    assert engineer.post("/work-acts/accept", data={"item": both[0], "basket": "unit"})
    target = f"{house.town.units['ΟΔΟΠ']}:{house.town.users['colleague']}"
    form = {"item": both, "basket": "unit", "target": target, "instructions": "Με αυτοψία"}
    page = director.post("/work-acts/charge", data=form)
    assert "1 of 2 items were done" in words(page)
    assert "Με αυτοψία" in page.text
    assert f'value="{target}" selected' in page.text


def test_a_list_without_acts_offers_nothing_to_tick(browsing, house, given):
    with house.office.db.begin() as session:
        routing.contributions.ask(
            session,
            house.entry_id(given[0]),
            by=house.town.person(session, "director"),
            kind=routing.ContributionKind.OPINION,
            requests=[routing.Request(house.town.target("ΝΟΜ"), "Σύμφωνη γνώμη;")],
        )
    page = browsing("lawyer").get("/work", params={"basket": "asked"})
    assert given[0] in page.text
    assert 'name="item"' not in page.text


@pytest.mark.parametrize(
    ("act", "data", "status"),
    [
        ("accept", {}, 422),
        ("accept", {"item": "x"}, 422),
        ("accept", {"item": "1"}, 422),
        ("nonsense", {"item": "1:1"}, 404),
        ("pass-on", {"item": "1:1", "target": "x"}, 422),
    ],
)
def test_an_act_that_makes_no_sense_is_told(browsing, act, data, status):
    assert browsing("engineer").post(f"/work-acts/{act}", data=data).status_code == status


def test_a_list_is_narrowed_by_its_address(browsing, given):
    director = browsing("director")
    page = director.get("/work", params={"basket": "unit", "deadline": "none", "person": "nobody"})
    assert "Deadline: without a deadline" in words(page)
    assert "Charged to: nobody yet" in words(page)
    assert len(_ITEM.findall(page.text)) >= 2
    none = director.get("/work", params={"basket": "unit", "first": "01/01/2999"})
    assert "No item fits" in words(none)
    for wrong in ({"first": "99/99/2026"}, {"priority": "at-once"}, {"unit": "x"}):
        answer = director.get("/work", params={"basket": "unit", **wrong})
        assert answer.status_code == 422


def test_a_list_is_kept_shared_and_begun_with(browsing, house):
    director, engineer = browsing("director"), browsing("engineer")
    form = {
        "basket": "unit",
        "priority": "urgent",
        "name": "Επείγοντα",
        "is_first": "1",
        "share_unit": str(house.town.units["ΟΔΟΠ"]),
    }
    kept = director.post("/work-lists", data=form)
    assert kept.status_code == 303
    address = kept.headers["location"].partition("&")[0]
    assert director.get("/work").headers["location"] == address
    assert "Priority: Urgent" in words(director.get(address))
    again = director.post("/work-lists", data=form)
    assert again.status_code == 409
    assert "already" in words(again)
    assert "Επείγοντα · Γιώργος Αλεξίου" in words(engineer.get("/work"))
    assert "Remove the list" not in words(engineer.get(address))
    number = address.rpartition("=")[2]
    assert engineer.post(f"/work-lists/{number}/remove").status_code == 404
    assert director.post(f"/work-lists/{number}/share").status_code == 303
    assert engineer.get(address).status_code == 404
    assert director.post(f"/work-lists/{number}/remove").status_code == 303
    assert director.get("/work").status_code == 200


def test_the_board_leads_to_the_lists_behind_its_numbers(browsing, given):
    director = browsing("director")
    board = director.get("/board")
    assert "Τμήμα Οδοποιίας" in words(board)
    links = [
        link.replace("&amp;", "&") for link in re.findall(r'href="(/work\?[^"]+)"', board.text)
    ]
    assert any("person=nobody" in link for link in links)
    assert director.get(links[0]).status_code == 200
    assert browsing("engineer").get("/board").status_code == 403


def test_statistics_are_drawn_told_and_downloaded(browsing, given):
    director = browsing("director")
    page = director.get("/statistics")
    assert "<rect" in page.text
    assert "Τμήμα Οδοποιίας" in words(page)
    assert "<text" in director.get("/statistics", params={"by": "month"}).text
    assert director.get("/statistics", params={"by": "colour"}).status_code == 422
    assert (
        director.get("/statistics", params={"first": "2/2/2026", "last": "1/2/2026"}).status_code
        == 422
    )
    file = director.get("/statistics.csv", params={"by": "unit"})
    assert file.headers["content-disposition"].startswith("attachment")
    assert "Τμήμα Οδοποιίας" in file.text
    assert director.get("/statistics.exe").status_code == 404
    assert browsing("engineer").get("/statistics").status_code == 403
