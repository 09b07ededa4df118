"""A ZIP of files becomes a service: loaded and deployed on the page, applied for and done."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from api.wording import LABELS
from docflow import clock, services
from tests.api.browsing import Browser, hidden, words
from tests.api.conftest import House
from tests.stack import ROOT

HALL = Path(ROOT) / "tests" / "data" / "services" / "hall-booking"


@pytest.fixture
def citizen(house: House) -> Iterator[Browser]:
    with Browser(house.office, house.app) as browser:
        yield browser


def test_from_a_zip_to_the_refusal_that_its_files_word(
    house: House, browsing: Callable[..., Browser], citizen: Browser
) -> None:
    admin = browsing("administrator")
    packed = services.packed(services.read_folder(HALL))
    loaded = admin.post(
        "/catalogue", files=[("file", ("hall-booking.zip", packed, "application/zip"))]
    )
    assert loaded.status_code == 303, words(loaded)
    form = hidden(admin.get("/catalogue/hall-booking"))
    deployed = {"version_id": form["version_id"], "seen": "", "unit_id": ""}
    assert admin.post("/catalogue/hall-booking/deploy", data=deployed).status_code == 303

    page = citizen.get("/services/hall-booking")
    assert "Use of a municipal hall" in words(page)
    assert "the first two hours are free" in words(page)
    start = "/services/hall-booking/apply"
    who = {"full_name": "Σύλλογος Κατοίκων", "email": "katoikoi@example.gr"}
    first = citizen.post(start, data=who)
    address = first.headers["location"].rpartition("/")[0]
    day = clock.today() + timedelta(days=40)
    what = {"hall": "small", "held_on": f"{day:%d/%m/%Y}", "hours": "3"}
    assert citizen.post(f"{address}/2", data=what).headers["location"] == f"{address}/check"
    check = citizen.get(f"{address}/check")
    assert "Small hall" in words(check)
    citizen.post(f"{address}/send", data=hidden(check))
    done = citizen.get(f"{address}/done")
    application = re.search(r"/applications/\d+", done.text)
    assert application

    engineer = browsing("engineer")
    step = re.search(
        r'href="(/steps/\d+)">[^<]*(Is the hall free\?|διαθεσιμότητας)',
        (engineer.get("/steps").text),
    )
    assert step
    seen = hidden(engineer.get(step[1]))["seen"]
    refusal = {"seen": seen, "field-why_not": "Γίνονται εργασίες."}
    assert engineer.post(f"{step[1]}/complete", data=refusal).status_code == 303
    outcome = LABELS["application_outcome"]["refused"].in_language("en")
    assert outcome in words(citizen.get(application[0]))
