"""Who has to do something reads so in his list, and that the office's time stands meanwhile."""

from docflow import applications
from tests import accounts, filing
from tests.api.browsing import Browser, words
from tests.api.conftest import House
from tests.filing import FINE


def test_the_list_and_the_page_say_who_is_waited_for(house: House) -> None:
    office, town = house.office, house.town
    version = filing.deployed(office, town, "traffic-fine")
    with office.db.begin() as session:
        payer = accounts.citizen(session, town)
    fine = filing.filed(office, version, FINE, citizen=payer)
    with Browser(office, house.app) as browser:
        assert payer.account_id is not None
        accounts.logged_in(browser, payer.account_id)
        assert "Waits for you" in words(browser.get("/applications"))
        page = words(browser.get(f"/applications/{fine.id}"))
        assert "stands still until you have done what is yours to do" in page
        assert "The office answers by" not in page
        filing.answer(office, fine, "pay", bank_number="123456")
        assert "Waits for you" not in words(browser.get("/applications"))
        assert "The office answers by" in words(browser.get(f"/applications/{fine.id}"))
    with office.db.begin() as session:
        row = session.get_one(applications.Application, fine.id)
        told = applications.status(session, row, language="en").stages
    assert [one.name for one in told if one.state == "current"] == ["Confirmation of the payment"]
