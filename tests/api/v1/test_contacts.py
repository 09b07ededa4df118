"""Contacts, views of persons and appointments by program."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.api.v1.calling import address, registered
from tests.factories import Town

Calling = Callable[..., httpx.Client]
SAID = {"channel": "phone", "full_name": "Ζωή Κλήσεως", "phone": "2101112223", "subject": "Φανάρι"}


def test_a_call_is_taken_passed_on_and_answered(clerk: httpx.Client, town: Town) -> None:
    taken = clerk.post("/contacts", json={"channel": "phone"})
    assert (taken.status_code, taken.json()["state"]) == (201, "open")
    path = f"/contacts/{taken.json()['id']}"
    stale = clerk.post(f"{path}/answer", json={"said": SAID, "version": 0})
    assert (stale.status_code, stale.json()["type"]) == (409, "urn:docflow:problem:contact-changed")
    soon = {"said": SAID, "version": 1, "until": "0001-01-01T00:00:00+00:00"}
    assert clerk.post(f"{path}/promise", json=soon).status_code == 422
    unit_id = town.units["ΟΔΟΠ"]
    passed = clerk.post(f"{path}/passing", json={"said": SAID, "version": 1, "unit_id": unit_id})
    assert passed.status_code == 200, passed.text
    assert (passed.json()["state"], bool(passed.json()["entry"])) == ("passed", True)
    done = clerk.post(f"{path}/answer", json={"said": SAID, "version": passed.json()["version"]})
    assert (done.json()["state"], len(done.json()["steps"])) == ("closed", 3)
    today = date.today().isoformat()  # noqa: DTZ011
    figures = clerk.get("/contacts/figures", params={"first": today, "last": today}).json()
    assert [one["channel"] for one in figures if one["passed"]] == ["phone"]


def test_a_view_needs_a_purpose_and_a_reach(clerk: httpx.Client, calling: Calling) -> None:
    name = f"Σωματείο {uuid4().hex}"  # of whom nothing else is in the house
    entry = registered(clerk, sender={"name": name})
    [found] = clerk.get("/directory", params={"q": name}).json()["items"]
    path = f"/people/{found['id']}/view"
    assert clerk.post(path, json={}).status_code == 422
    shown = clerk.post(path, json={"purpose": "serving"}).json()
    assert entry["label"] in {one["number"] for one in shown["traces"]}
    assert calling("lawyer").post(path, json={"purpose": "handling"}).status_code == 404
    assert calling("auditor").post(path, json={"purpose": "serving"}).status_code == 403
    assert address(entry)


@pytest.fixture
def calendar(calling: Calling, town: Town) -> dict[str, Any]:
    body = {
        "title": "Άδειες",
        "unit_id": town.units["ΟΔΟΠ"],
        "week": {str(day): "07:00-21:00" for day in range(1, 6)},
    }
    made = calling("director").post("/appointment-calendars", json=body)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


def test_nobody_books_for_one_of_the_directory_whom_he_does_not_reach(
    clerk: httpx.Client, calling: Calling, calendar: dict[str, Any]
) -> None:
    name = f"Σωματείο {uuid4().hex}"
    registered(clerk, sender={"name": name})
    [found] = clerk.get("/directory", params={"q": name}).json()["items"]
    slots = clerk.get(f"/appointment-calendars/{calendar['id']}/times").json()
    wanted = {
        "calendar_id": calendar["id"],
        "starts_at": slots[-1]["starts_at"],
        "full_name": name,
        "party_id": found["id"],
    }
    engineer = calling("engineer")
    refused = engineer.post("/appointments", json=wanted)
    assert (refused.status_code, refused.json()["type"]) == (
        404,
        "urn:docflow:problem:no-such-person",
    )
    path = f"/people/{found['id']}/view"
    assert engineer.post(path, json={"purpose": "handling"}).status_code == 404
    assert clerk.post("/appointments", json=wanted).status_code == 201


def test_an_hour_is_booked_once_moved_and_called_off(
    clerk: httpx.Client, calling: Calling, calendar: dict[str, Any]
) -> None:
    path = f"/appointment-calendars/{calendar['id']}"
    slots = clerk.get(f"{path}/times").json()
    typed = {"calendar_id": calendar["id"], "full_name": "Ζωή Κλήσεως"}
    at, later = slots[-2]["starts_at"], slots[-1]["starts_at"]
    booked = clerk.post("/appointments", json={**typed, "starts_at": at})
    assert booked.status_code == 201, booked.text
    twice = clerk.post("/appointments", json={**typed, "starts_at": at})
    assert (twice.status_code, twice.json()["type"]) == (409, "urn:docflow:problem:slot-taken")
    for wrong in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"):
        refused = clerk.post("/appointments", json={**typed, "starts_at": wrong})
        assert refused.json()["type"] == "urn:docflow:problem:not-offered"
    own = f"/appointments/{booked.json()['id']}"
    moved = clerk.post(f"{own}/move", json={"starts_at": later, "version": 1})
    assert (moved.json()["starts_at"], moved.json()["version"]) == (later, 2)
    early = clerk.put(f"{own}/state", json={"state": "kept", "version": 2})
    assert early.status_code == 422
    day = later[:10]
    assert own.rpartition("/")[2] in {
        str(one["id"])
        for one in calling("engineer").get("/appointments", params={"day": day}).json()
    }
    off = clerk.post(f"{path}/calling-off", json={"first": day, "last": day})
    assert [one["state"] for one in off.json()["to_call"]] == ["called-off"]
    gone = clerk.post(f"{own}/cancellation", json={"reason": "Ασθένεια", "version": 3})
    assert gone.json()["state"] == "cancelled"
    assert calling("lawyer").get(f"{path}/times").status_code == 404
    late = (date.today() + timedelta(days=400)).isoformat()  # noqa: DTZ011
    assert clerk.get(f"{path}/times", params={"first": late}).json() == []
    changed = {**calendar, "is_open": False}
    changed.pop("id")
    assert calling("director").put(path, json=changed).json()["is_open"] is False
    assert calling("director").put(path, json=changed).status_code == 409
