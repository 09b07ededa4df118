"""A citizen books, moves and cancels on the portal; the link is the key."""

import re

import pytest

from docflow import appointments, messages, throttle
from docflow.accounts import Level
from docflow.appointments import CalendarData, DiaryCalendar
from tests import accounts
from tests.api.browsing import Browser, words
from tests.api.conftest import House


@pytest.fixture
def calendar(house: House) -> DiaryCalendar:
    with house.office.db.begin() as session:
        session.execute(throttle.delete(throttle.Tries))
        return appointments.keeping.create(
            session,
            CalendarData(
                title="Γραφείο εξυπηρέτησης",
                title_en="Citizens’ office",
                unit_id=house.town.units["ΝΟΜ"],
                week=dict.fromkeys(range(1, 6), "06:00-22:00"),
                lead_hours=0,
            ),
            by=house.town.person(session, "administrator"),
        )


def test_a_time_is_chosen_before_the_login_and_booked_after_it(
    visitor: Browser, house: House, calendar: DiaryCalendar
) -> None:
    page = visitor.get("/appointments", params={"calendar": str(calendar.id)})
    assert "Citizens’ office" in words(page)
    links = re.findall(r'href="(/appointments/book\?[^"]+)"', page.text)
    chosen = links[-1].replace("&amp;", "&")
    asked = visitor.get(chosen)
    assert asked.status_code == 303
    assert asked.headers["location"].startswith("/account/login")
    with house.office.db.begin() as session:
        account = accounts.account(
            session, house.town, level=Level.VISITOR, email="rantevou@example.gr"
        )
        account_id = account.id
    accounts.logged_in(visitor, account_id)
    form = visitor.get(chosen)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.text))
    wrong = visitor.post("/appointments/book", data={**hidden, "name": ""})
    assert wrong.status_code == 422
    booked = visitor.post("/appointments/book", data={**hidden, "name": "Άννα Λέκκα"})
    path = booked.headers["location"].partition("?")[0]
    taken = visitor.post("/appointments/book", data={**hidden, "name": "Άννα Λέκκα"})
    assert taken.status_code == 409
    assert "Somebody else has just taken this time" in words(taken)
    with house.office.db.read() as session:
        [message] = messages.to_address(session, house.town.body_id, emails=["rantevou@example.gr"])
    assert path in message.text
    _by_the_link(visitor, house, path)


def _by_the_link(visitor: Browser, house: House, path: str) -> None:
    visitor.cookies.clear()
    own = visitor.get(path)
    assert "Λέκκα" not in words(own)  # the link tells nothing of whom it is
    file = visitor.get(f"{path}.ics")
    assert file.headers["content-type"].startswith("text/calendar")
    times = visitor.get(path, params={"act": "move"})
    free = re.findall(r'name="at" value="([^"]+)"', times.text)[0]
    moved = visitor.post(f"{path}/move", data={"at": free, "version": "1"})
    assert moved.status_code == 303
    stale = visitor.post(f"{path}/cancel", data={"version": "1"})
    assert stale.status_code == 409
    assert visitor.post(f"{path}/cancel", data={"version": "2"}).status_code == 303
    assert "Ακυρώθηκε" in visitor.get(path).text or "Cancelled" in words(visitor.get(path))


def test_a_guessed_link_is_noted(visitor: Browser, house: House, calendar: DiaryCalendar) -> None:
    assert visitor.get(f"/appointments/{'x' * 32}").status_code == 404
    with house.office.db.read() as session:
        assert throttle.most_wrong(session) >= 1


def test_a_calendar_of_the_office_alone_is_not_offered(
    visitor: Browser, house: House, calendar: DiaryCalendar
) -> None:
    with house.office.db.begin() as session:
        session.get_one(DiaryCalendar, calendar.id).is_public = False
    assert f"calendar={calendar.id}" not in visitor.get("/appointments").text
    address = f"/appointments/book?calendar={calendar.id}&at=2099-01-05T07:00:00%2B00:00"
    with house.office.db.begin() as session:
        account = accounts.account(session, house.town, email="idios@example.gr")
        account_id = account.id
    accounts.logged_in(visitor, account_id)
    assert visitor.get(address).status_code == 404
