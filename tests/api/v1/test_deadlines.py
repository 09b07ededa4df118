"""Clocks, deadlines, working days and terms by program."""

from collections.abc import Callable
from datetime import date, timedelta

import httpx

from docflow.calendars import Calendar
from tests.api.v1.calling import address, registered
from tests.factories import Town

Calling = Callable[..., httpx.Client]


def test_a_clock_is_stopped_runs_on_and_is_extended(
    clerk: httpx.Client, calling: Calling, town: Town
) -> None:
    secretary, engineer = calling("secretary"), calling("engineer")
    due = Calendar().next_working_day(date.today() + timedelta(days=20))  # noqa: DTZ011
    entry = registered(clerk, due_on=due.isoformat())
    to = {"unit_id": town.units["ΟΔΟΠ"], "user_id": town.users["engineer"]}
    assert secretary.post(address(entry, "/charges"), json={"to": to}).status_code == 201
    engineer.post(address(entry, "/acceptance"))
    shown = engineer.get(address(entry, "/clock")).json()
    assert (shown["state"], shown["due_on"], shown["may_suspend"]) == (
        "running",
        due.isoformat(),
        True,
    )
    stopped = engineer.post(
        address(entry, "/clock/suspension"), json={"reason": "Λείπουν δικαιολογητικά"}
    ).json()
    assert (stopped["state"], stopped["due_on"], stopped["may_resume"]) == ("suspended", None, True)
    line = engineer.get(address(entry)).json()["handling"]
    assert (line["due_on"], line["is_suspended"]) == (None, True)
    twice = engineer.post(address(entry, "/clock/suspension"), json={"reason": "Πάλι"})
    assert (twice.status_code, twice.json()["type"]) == (
        409,
        "urn:docflow:problem:already-suspended",
    )
    assert engineer.post(address(entry, "/clock/resumption"), json={}).json()["state"] == "running"
    head, more = calling("director"), {"days": 31, "reason": "Αυτοψία"}
    long = head.post(address(entry, "/clock/extension"), json=more)
    assert (long.status_code, long.json()["type"]) == (
        422,
        "urn:docflow:problem:extension-too-long",
    )
    unseen = head.post(
        address(entry, "/clock/extension"), params={"seen": 0}, json={**more, "days": 5}
    )
    assert unseen.json()["type"] == "urn:docflow:problem:state-changed"
    done = head.post(address(entry, "/clock/extension"), json={**more, "days": 5}).json()
    assert [one["kind"] for one in done["history"]] == ["set", "suspended", "resumed", "extended"]
    span = {"first": due.isoformat(), "last": (due + timedelta(days=30)).isoformat()}
    found = engineer.get("/deadlines", params=span).json()
    assert entry["label"] in [one["label"] for one in found["items"]]
    assert calling("lawyer").get("/deadlines", params=span).json()["total"] == 0
    request = {
        "to": {"unit_id": town.units["ΝΟΜ"], "user_id": town.users["lawyer"]},
        "question": "Σύννομο;",
        "due_on": due.isoformat(),
    }
    asked = engineer.post(address(entry, "/contributions"), json={"requests": [request]})
    assert asked.status_code == 201, asked.text
    [answer] = calling("lawyer").get("/deadlines", params=span).json()["answers"]
    said = (answer["kind"], answer["due_on"], answer["line"]["label"])
    assert said == ("opinion", due.isoformat(), entry["label"])


def test_working_days_and_terms_are_the_administrators(calling: Calling) -> None:
    admin = calling("administrator")
    day = {"name": "Πολιούχος", "day": 30, "month": 11}
    made = admin.post("/workdays", json=day)
    assert made.status_code == 201
    assert admin.post("/workdays", json=day).json()["type"] == "urn:docflow:problem:day-known"
    shown = admin.get("/workdays", params={"year": 2026}).json()
    assert {"day": "2026-11-30", "name": "Πολιούχος"} in shown["holidays"]
    assert admin.delete(f"/workdays/{made.json()['id']}").status_code == 204
    assert admin.put("/workdays/country", json={"country": "HU"}).json()["country"] == "HU"
    assert admin.put("/workdays/country", json={"country": "GR"}).json()["own"] == []
    terms = admin.get("/deadline-terms").json()
    rules = [{"priority": "very-urgent", "days": 2}]
    kept = admin.put("/deadline-terms", json={**terms, "rules": rules})
    assert (kept.json()["version"], kept.json()["rules"][0]["unit"]) == (1, "working")
    assert admin.put("/deadline-terms", json={**terms, "rules": []}).status_code == 409
    assert admin.put("/deadline-terms", json={**kept.json(), "rules": []}).status_code == 200
    clerk = calling("clerk")
    assert clerk.get("/workdays").status_code == 200
    assert clerk.post("/workdays", json=day).status_code == 403
    assert clerk.get("/deadline-terms").status_code == 200
