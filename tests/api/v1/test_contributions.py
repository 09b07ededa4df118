"""Opinions, parts, notes, forwarding and lists of paper by API."""

from typing import Any

import httpx

from tests.api.v1.calling import address, registered
from tests.factories import Town

Calling = Any  # Callable[..., httpx.Client]


def charged(clerk: httpx.Client, calling: Calling, town: Town, **changes: Any) -> dict[str, Any]:
    entry = registered(clerk, **changes)
    target = {"unit_id": town.units["ΟΔΟΠ"], "user_id": town.users["engineer"]}
    answer = calling("secretary").post(address(entry, "/charges"), json={"to": target})
    assert answer.status_code == 201, answer.text
    return entry


def test_an_opinion_is_asked_given_and_then_the_entry_closed(
    clerk: httpx.Client, calling: Calling, town: Town
) -> None:
    entry = charged(clerk, calling, town)
    engineer, lawyer = calling("engineer"), calling("lawyer")
    engineer.post(address(entry, "/acceptance"))
    to = {"unit_id": town.units["ΝΟΜ"]}
    request = {"to": to, "question": "Είναι σύννομο;", "due_on": "2999-12-31"}
    asked = engineer.post(address(entry, "/contributions"), json={"requests": [request]})
    assert asked.status_code == 201, asked.text
    [one] = asked.json()["items"]
    assert (one["kind"], one["state"], one["unit"]) == ("opinion", "asked", "Νομική Υπηρεσία")
    waits = engineer.post(address(entry, "/filing"), json={"reason": "x"})
    assert (waits.status_code, waits.json()["type"]) == (409, "urn:docflow:problem:still-awaited")
    place = address(entry, f"/contributions/{one['id']}")
    assert lawyer.post(f"{place}/taking").json()["items"][0]["taken_by"] == "Ιωάννα Σταύρου"
    given = lawyer.post(f"{place}/answer", json={"answer": "Ναι."}).json()["items"][0]
    assert (given["state"], given["answer"]) == ("given", "Ναι.")
    assert lawyer.post(f"{place}/refusal", json={"reason": "x"}).status_code == 409
    assert engineer.post(f"{place}/withdrawal", json={"reason": "x"}).status_code == 409
    body = {"to_name": "Περιφέρεια Αττικής", "reason": "Επαρχιακή οδός"}
    closed = engineer.post(address(entry, "/forwarding"), json=body)
    assert closed.json()["handling"]["state"] == "closed", closed.text
    [forwarded] = engineer.get(address(entry, "/charges")).json()["forwardings"]
    assert forwarded["to_name"] == "Περιφέρεια Αττικής"


def test_who_decides_on_an_older_state_is_told(
    clerk: httpx.Client, calling: Calling, town: Town
) -> None:
    entry = charged(clerk, calling, town)
    version = clerk.get(address(entry, "/charges")).json()["version"]
    engineer = calling("engineer")
    stale = engineer.post(address(entry, f"/refusal?seen={version - 1}"), json={"reason": "x"})
    assert (stale.status_code, stale.json()["type"]) == (409, "urn:docflow:problem:state-changed")
    assert "Ελένη Ράπτη" in stale.json()["detail"]
    refused = engineer.post(address(entry, f"/refusal?seen={version}"), json={"reason": "Όχι εγώ"})
    assert refused.json()["charges"][-1]["state"] == "refused"
    assert refused.json()["version"] > version


def test_notes_are_for_who_may_see_the_entry(
    clerk: httpx.Client, calling: Calling, town: Town
) -> None:
    entry, other = charged(clerk, calling, town), registered(clerk)
    engineer = calling("engineer")
    written = engineer.post(address(entry, "/notes"), json={"text": "Τηλεφώνησα."})
    assert written.status_code == 201, written.text
    [note] = engineer.get(address(entry, "/notes")).json()["items"]
    assert (note["text"], note["written_by"]) == ("Τηλεφώνησα.", "Άννα Βλάχου")
    assert calling("lawyer").get(address(entry, "/notes")).status_code == 404
    assert clerk.get(address(other, "/notes")).json()["items"] == []
    wrong = address(other, "/contributions/1/answer")
    assert clerk.post(wrong, json={"answer": "x"}).status_code == 404


def test_a_delivery_list_is_made_and_printed(
    clerk: httpx.Client, calling: Calling, town: Town
) -> None:
    entry = charged(clerk, calling, town, delivery_method="post")
    secretary = calling("secretary")
    waiting = secretary.get("/delivery-lists/waiting").json()["items"]
    [charge_id] = [one["charge_id"] for one in waiting if one["entry"]["label"] == entry["label"]]
    made = secretary.post("/delivery-lists", json={"charge_ids": [charge_id]})
    assert made.status_code == 201, made.text
    [one] = made.json()["items"]
    shown = secretary.get(f"/delivery-lists/{one['id']}").json()
    assert [line["entry"]["label"] for line in shown["items"]] == [entry["label"]]
    assert secretary.get(f"/delivery-lists/{one['id']}/pdf").content.startswith(b"%PDF")
    assert secretary.get("/delivery-lists").json()["items"][0]["number"] == one["number"]
    again = secretary.post("/delivery-lists", json={"charge_ids": [charge_id]})
    assert (again.status_code, again.json()["type"]) == (
        409,
        "urn:docflow:problem:on-list-already",
    )
    assert calling("lawyer").get(f"/delivery-lists/{one['id']}").status_code == 404
