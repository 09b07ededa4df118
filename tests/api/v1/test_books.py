"""Books, reservations and arrivals for other programs."""

from typing import Any

import httpx

from docflow import clock
from tests.api.v1.calling import registered
from tests.factories import ZONE

Calling = Any  # Callable[..., httpx.Client]


def this_year() -> int:
    return clock.today(ZONE).year


def test_the_years_of_a_book_are_told_to_those_who_read_it(
    calling: Calling, clerk: httpx.Client
) -> None:
    registered(clerk)
    years = calling("auditor", "read").get("/books/koino/years").json()["items"]
    [year] = [one for one in years if one["year"] == this_year()]
    assert (year["policy"]["mask"], year["state"]) == ("{n}/{year}", "open")
    assert calling("auditor", "read").get("/books/empisteftiko/years").status_code == 404


def test_the_registrar_opens_the_next_year(calling: Calling) -> None:
    path = f"/books/koino/years/{this_year() + 1}"
    assert calling("clerk", "register").post(path).status_code == 403
    opened = calling("registrar", "register").post(path)
    assert (opened.status_code, opened.json()["lasts"]) == (201, {"common": 0})
    again = calling("registrar", "register").post(path)
    assert again.json()["type"] == "urn:docflow:problem:year-open-already"


def test_a_number_is_reserved_filled_or_given_back(calling: Calling, clerk: httpx.Client) -> None:
    wanted = {
        "direction": "outgoing",
        "count": 2,
        "reason": "Απόφαση Δημοτικού Συμβουλίου",
        "last_day": clock.today(ZONE).isoformat(),
    }
    made = clerk.post("/reservations", json=wanted)
    assert made.status_code == 201, made.text
    first, second = sorted(made.json()["items"], key=lambda one: one["id"])
    filled = registered(
        clerk,
        direction="outgoing",
        sender=None,
        recipients=[{"name": "Πολίτης"}],
        reservation_id=first["id"],
    )
    assert filled["label"] == first["label"]
    returned = clerk.post(f"/reservations/{second['id']}/return", json={"reason": "Ματαιώθηκε"})
    assert (returned.status_code, returned.json()["label"]) == (201, second["label"])
    again = clerk.post(f"/reservations/{second['id']}/return", json={"reason": "Ξανά"})
    assert again.json()["type"] == "urn:docflow:problem:reservation-used"
    reader = calling("auditor", "read")
    assert reader.get("/reservations").json()["items"] == []
    everything = reader.get("/reservations", params={"only_held": False}).json()["items"]
    assert {one["is_annulled"] for one in everything} == {True, False}


def test_an_arrival_is_noted_and_registered(calling: Calling, clerk: httpx.Client) -> None:
    noted = clerk.post("/arrivals", json={"delivery_method": "post", "sender_name": "ΔΕΥΑ"})
    assert noted.status_code == 201, noted.text
    arrival = noted.json()
    assert arrival["label"].startswith("ΠΑΡ-")
    registered(clerk, arrival_id=arrival["id"])
    ended = clerk.post(
        f"/arrivals/{arrival['id']}/end", json={"outcome": "junk", "reason": "διαφήμιση"}
    )
    assert ended.json()["type"] == "urn:docflow:problem:arrival-done"
    shown = calling("auditor", "read").get("/arrivals", params={"only_waiting": False}).json()
    assert [one["entry_label"] != "" for one in shown["items"]] == [True]
    assert calling("engineer", "read").get("/arrivals").status_code == 403


def test_an_auditor_checks_the_numbers(calling: Calling, clerk: httpx.Client) -> None:
    registered(clerk)
    auditor = calling("auditor", "audit")
    series = auditor.get("/contiguity", params={"book": "koino", "year": this_year()})
    [series] = series.json()["items"]
    assert (series["is_sound"], series["problems"], series["series"]) == (True, [], "common")
    assert auditor.get("/contiguity", params={"year": 1950}).json()["items"] == []


def test_an_answer_names_its_letter_by_number_where_the_book_allows_it(
    clerk: httpx.Client,
) -> None:
    refused = clerk.post(
        "/entries",
        json={
            "direction": "outgoing",
            "subject": "Απάντηση σε αίτηση",
            "recipients": [{"name": "Πολίτης"}],
            "same_number_as": 1,
        },
    )
    assert (refused.status_code, refused.json()["type"]) == (
        422,
        "urn:docflow:problem:not-as-the-book-numbers",
    )
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/same_number_as"]
