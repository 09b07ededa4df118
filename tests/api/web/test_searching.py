"""The page of the search: filters as chips, counts, passages that lead to their page, alerts."""

import re
from collections.abc import Callable

from tests.api.browsing import Browser, words
from tests.api.conftest import House


def test_filters_stand_in_the_address_and_can_be_taken_away(clerk: Browser, house: House) -> None:
    house.register(subject="Πελαργός στην καμινάδα")
    asked = {"q": "πελαργός", "direction": "incoming", "first_day": "1/1/2026"}
    page = clerk.get("/search", params=asked)
    assert "1 entry found" in words(page)
    assert "<mark>Πελαργός</mark>" in page.text
    chips = re.findall(r'class="app-search-chip" href="([^"]+)"', page.text)
    assert len(chips) == 2
    left = [[name for name in ("direction", "first_day") if name in chip] for chip in chips]
    assert sorted(left) == [["direction"], ["first_day"]]
    assert "Nothing that is open to you" in words(
        clerk.get("/search", params={**asked, "direction": "outgoing"})
    )
    wrong = clerk.get("/search", params={"q": "πελαργός", "first_day": "31/02/2026"})
    assert wrong.status_code == 422
    assert "31/02/2026" in wrong.text
    backwards = {"q": "πελαργός", "first_day": "2/2/2026", "last_day": "1/2/2026"}
    assert "before the first" in words(clerk.get("/search", params=backwards))
    assert clerk.get("/search", params={"q": "α", "state": "<b>"}).status_code == 422


def test_a_passage_leads_to_the_page_it_stands_on(clerk: Browser, house: House) -> None:
    address = house.register(("Στο κείμενο η λέξη νυφίτσα.".encode(), "κείμενο.txt"))
    house.run_jobs()
    page = clerk.get("/search", params={"q": "ΝΥΦΙΤΣΑ"})
    assert "<mark>νυφίτσα</mark>" in page.text
    [link] = re.findall(rf'href="({address}/files/1/pages/1[^"]*)"', page.text)
    assert clerk.get(link).status_code == 200


def test_suggestions_are_of_entries_in_sight(
    clerk: Browser, browsing: Callable[..., Browser], house: House
) -> None:
    address = house.register(subject="Μυρμηγκοφάγος στο πάρκο")
    number = address.rpartition("/")[2]
    [one] = clerk.get("/search/suggest", params={"q": "μυρμηγκ"}).json()
    assert (one["what"], one["text"]) == ("subject", "Μυρμηγκοφάγος στο πάρκο")
    [found] = [
        one
        for one in clerk.get("/search/suggest", params={"q": number}).json()
        if one["what"] == "number" and one["href"] == address
    ]
    assert found["detail"] == "Μυρμηγκοφάγος στο πάρκο"
    lawyer = browsing("lawyer")
    assert lawyer.get("/search/suggest", params={"q": "μυρμηγκ"}).json() == []


def test_a_search_is_saved_changed_done_again_and_removed(clerk: Browser, house: House) -> None:
    form = {"q": "ρινόκερος", "direction": "incoming", "name": "", "alert": "at-once"}
    nameless = clerk.post("/searches", data=form)
    assert nameless.status_code == 422
    assert "ρινόκερος" in nameless.text
    saved = clerk.post("/searches", data={**form, "name": "Ρινόκεροι"})
    assert saved.headers["location"] == "/searches?done=search-saved"
    page = clerk.get("/searches")
    [address] = re.findall(r'href="(/searches/\d+)">Ρινόκεροι', page.text)
    assert "Direction: Incoming" in words(page)
    house.register(subject="Ρινόκερος στην πλατεία")
    house.forget_jobs()
    assert "1 entry found" in words(clerk.get(address))
    clerk.post("/searches", data={**form, "name": "Άλλη"})
    assert clerk.post("/searches", data={**form, "name": "ΆΛΛΗ"}).status_code == 409
    taken = clerk.post(address, data={"name": "άλλη", "alert": "none"})
    assert taken.status_code == 409
    assert 'value="άλλη"' in taken.text
    changed = clerk.post(address, data={"name": "Ρινόκερος", "alert": "none"})
    assert changed.headers["location"] == "/searches?done=search-changed"
    clerk.post(f"{address}/remove")
    assert clerk.get(address).status_code == 404
