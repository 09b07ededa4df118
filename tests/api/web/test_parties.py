"""Pages of the directory: looked through, edited with history, merged and taken apart."""

from collections.abc import Callable
from itertools import count

import pytest

from docflow import parties, registry
from tests.api.browsing import Browser, words
from tests.api.conftest import House

Browsing = Callable[..., Browser]
_numbers = count(1)


def party(house: House, name: str, **data: str) -> int:
    """The id of a party whom a letter has brought into the directory."""
    address = house.register(sender=parties.Contact(name, **data))
    with house.office.db.read() as session:
        entry = session.get_one(registry.Entry, house.entry_id(address))
        assert entry.sender_party_id is not None
        return entry.sender_party_id


def unique(name: str) -> str:
    return f"{name} Παραδειγματόπουλος {next(_numbers)}ος"


@pytest.mark.parametrize(
    ("username", "status"),
    [("clerk", 200), ("registrar", 200), ("auditor", 200), ("engineer", 403), ("mayor", 403)],
)
def test_the_directory_is_open_to_the_registry(
    browsing: Browsing, house: House, username: str, status: int
):
    party_id = party(house, unique("Ανδρέας"))
    browser = browsing(username)
    assert browser.get("/parties").status_code == status
    assert browser.get(f"/parties/{party_id}").status_code == status


def test_a_party_is_found_and_changed_with_history(browsing: Browsing, house: House):
    name = unique("Βασίλης")
    party_id = party(house, name)
    browser = browsing("clerk")
    assert name in words(browser.get("/parties", params={"q": name.upper()}))
    data = {"name": name, "kind": "person", "tax_number": "094014201", "email": "b@example.gr"}
    wrong = browser.post(f"/parties/{party_id}/edit", data={**data, "tax_number": "1"})
    assert wrong.status_code == 422
    assert "not a valid ΑΦΜ" in words(wrong)
    answer = browser.post(
        f"/parties/{party_id}/edit", data={**data, "reason": "Κατά το εκκαθαριστικό"}
    )
    assert answer.headers["location"] == f"/parties/{party_id}?done=party-saved"
    page = words(browser.get(f"/parties/{party_id}"))
    for said in ("094014201", "Κατά το εκκαθαριστικό", "Μαρία Νικολάου", "Αίτηση επισκευής"):
        assert said in page
    assert "Κατά το" in words(browsing("auditor").get(f"/parties/{party_id}"))
    refused = browsing("auditor").post(f"/parties/{party_id}/edit", data=data)
    assert refused.status_code == 403


def test_addresses_and_groups(browsing: Browsing, house: House):
    party_id = party(house, unique("Γιάννης"))
    browser = browsing("clerk")
    path = f"/parties/{party_id}"
    wrong = browser.post(f"{path}/add-address", data={"address": "", "kind": "home"})
    assert "Write the address" in words(wrong)
    browser.post(f"{path}/add-address", data={"address": "Ερμού 2", "kind": "home"})
    browser.post(f"{path}/join", data={"group": "Συνεταιρισμοί"})
    page = browser.get(path)
    assert "Ερμού 2" in words(page)
    assert "Συνεταιρισμοί" in words(page)
    address_id = page.text.split('name="address_id" value="')[1].split('"')[0]
    group_id = page.text.split('name="group_id" value="')[1].split('"')[0]
    assert str(party_id) in browser.get("/parties", params={"group": group_id}).text
    browser.post(f"{path}/end-address", data={"address_id": address_id})
    browser.post(f"{path}/leave", data={"group_id": group_id})
    page = browser.get(path)
    assert "until" in words(page)
    assert 'name="group_id"' not in page.text


def test_two_that_are_one_are_merged_and_taken_apart(browsing: Browsing, house: House):
    name = unique("Δημήτρης")
    kept = party(house, name)
    other = party(house, " ".join(reversed(name.split())))
    browser = browsing("clerk")
    assert name in words(browser.get("/parties/duplicates"))
    page = browser.get(f"/parties/{other}")
    assert f"Merge this party into “{name}”" in words(page)
    where = f"/parties/{other}/merge"
    empty = browser.post(where, data={"into_id": str(kept), "reason": ""})
    assert empty.status_code == 422
    assert "Write the reason." in words(empty)
    answer = browser.post(where, data={"into_id": str(kept), "reason": "Ίδιο πρόσωπο"})
    assert answer.headers["location"] == f"/parties/{kept}?done=party-merged"
    assert "which is kept instead" in words(browser.get(f"/parties/{other}"))
    entries = browser.get(f"/parties/{kept}").text
    assert entries.count("Αίτηση επισκευής") >= 2
    browser.post(f"/parties/{other}/separate", data={"reason": "Είναι δύο"})
    assert "which is kept instead" not in words(browser.get(f"/parties/{other}"))


@pytest.mark.parametrize("address", ["/parties/0", "/parties/999999999", "/parties/x"])
def test_an_unknown_party_is_not_found(browsing: Browsing, address: str):
    assert browsing("clerk").get(address).status_code == 404


def test_an_unknown_act_is_not_found(browsing: Browsing, house: House):
    party_id = party(house, unique("Ευγενία"))
    assert browsing("clerk").post(f"/parties/{party_id}/burn", data={}).status_code == 404
