"""Corrections, annulment by two people, relations and the directory for other programs."""

from collections.abc import Callable

import httpx
import pytest

from tests.api.v1.calling import address, registered

Calling = Callable[..., httpx.Client]


def assert_problem(answer: httpx.Response, status: int, name: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.json()["type"] == f"urn:docflow:problem:{name}"


def test_a_correction_shows_the_new_value_and_keeps_the_old(clerk: httpx.Client) -> None:
    entry = registered(clerk, subject="Παλαιό θέμα")
    answer = clerk.post(
        address(entry, "/corrections"),
        json={
            "subject": "Νέο θέμα",
            "sender": {"name": "Μαρία Αναγνώστου-Ρήγα", "email": "m@example.gr"},
            "concerned": [{"name": "Ελένη Λιάπη", "tax_number": "090000045"}],
            "sender_dated_on": "2026-01-05",
            "attachments_count": 3,
            "reason": "Λάθος πληκτρολόγηση",
            "authority": "Εντολή 5/2026",
            "seen": 0,
        },
    )
    assert answer.status_code == 201
    told = answer.json()
    assert (told["subject"], told["sender"]["name"]) == ("Νέο θέμα", "Μαρία Αναγνώστου-Ρήγα")
    assert told["concerned"] == [{"name": "Ελένη Λιάπη", "tax_number": "090000045"}]
    assert told["corrected"] == [
        "attachments_count",
        "concerned",
        "sender",
        "sender_dated_on",
        "subject",
    ]
    items = clerk.get(address(entry, "/corrections")).json()["items"]
    [subject] = [one for one in items if one["field"] == "subject"]
    assert (subject["old"], subject["new"]) == ("Παλαιό θέμα", "Νέο θέμα")
    assert (subject["authority"], subject["corrected_by"]) == ("Εντολή 5/2026", "Μαρία Νικολάου")
    [line] = [
        one for one in clerk.get("/entries").json()["items"] if one["label"] == entry["label"]
    ]
    assert (line["subject"], line["is_corrected"]) == ("Νέο θέμα", True)
    cleared = clerk.post(
        address(entry, "/corrections"), json={"sender_dated_on": None, "reason": "Αχρονολόγητο"}
    )
    assert cleared.json()["sender_dated_on"] is None


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        ({"subject": "Παλαιό θέμα"}, 409, "nothing-corrected"),
        ({"subject": "αβ"}, 422, "bad-subject"),
        ({"number": 5}, 422, "not-valid"),
        ({"subject": "Νέο θέμα", "seen": 1}, 409, "corrected-meanwhile"),
        ({"sender": None}, 422, "sender-missing"),
        ({"values": {"iban": "1"}}, 404, "no-such-field"),
    ],
)
def test_a_wrong_correction_is_refused(
    clerk: httpx.Client, body: dict[str, object], status: int, problem: str
) -> None:
    entry = registered(clerk, subject="Παλαιό θέμα")
    answer = clerk.post(address(entry, "/corrections"), json={**body, "reason": "λόγος"})
    assert answer.status_code == status, answer.text
    if problem != "not-valid":
        assert_problem(answer, status, problem)
    assert clerk.get(address(entry)).json()["subject"] == "Παλαιό θέμα"


def test_an_annulment_goes_through_two_people(clerk: httpx.Client, calling: Calling) -> None:
    entry = registered(clerk)
    asked = clerk.post(
        address(entry, "/annulment"), json={"reason": "Εκ παραδρομής", "authority": "Εντ. 3"}
    )
    assert asked.status_code == 201
    request = asked.json()
    assert (request["state"], request["may_decide"], request["may_withdraw"]) == (
        "pending",
        False,
        True,
    )
    told = clerk.get(address(entry)).json()
    assert (told["annulment_requested"], told["annulled"]) == (True, None)
    registrar = calling("registrar")
    waiting = registrar.get("/annulments").json()["items"]
    [mine] = [one for one in waiting if one["id"] == request["id"]]
    assert (mine["entry"]["label"], mine["may_decide"]) == (entry["label"], True)
    where = f"/annulments/{request['id']}"
    assert_problem(clerk.post(f"{where}/approval"), 403, "not-yours-to-annul")
    assert registrar.post(f"{where}/approval").json()["state"] == "approved"
    assert clerk.get(address(entry)).json()["annulled"]["reason"] == "Εκ παραδρομής"
    assert_problem(registrar.post(f"{where}/approval"), 409, "already-decided")
    again = clerk.post(address(entry, "/annulment"), json={"reason": "Πάλι"})
    assert_problem(again, 409, "already-annulled")


def test_a_request_is_refused_or_taken_back(clerk: httpx.Client, calling: Calling) -> None:
    entry = registered(clerk)
    registrar = calling("registrar")
    request = clerk.post(address(entry, "/annulment"), json={"reason": "Διπλή"}).json()
    refused = registrar.post(
        f"/annulments/{request['id']}/refusal", json={"reason": "Δεν είναι διπλή"}
    ).json()
    assert (refused["state"], refused["decision_reason"]) == ("refused", "Δεν είναι διπλή")
    request = clerk.post(address(entry, "/annulment"), json={"reason": "Διπλή"}).json()
    back = clerk.post(f"/annulments/{request['id']}/withdrawal").json()
    assert back["state"] == "withdrawn"
    assert_problem(registrar.post("/annulments/999999999/approval"), 404, "no-such-request")


def test_entries_are_related_and_followed(clerk: httpx.Client) -> None:
    one, two, three = (registered(clerk) for _ in range(3))
    for entry, other in ((one, two), (two, three)):
        answer = clerk.post(
            address(entry, "/relations"), json={"kind": "forwards", "other": other["label"]}
        )
        assert answer.status_code == 201
    graph = clerk.get(address(one, "/relations")).json()
    assert [line["label"] for line in graph["entries"]] == [
        one["label"],
        two["label"],
        three["label"],
    ]
    assert [(edge["source"], edge["target"]) for edge in graph["edges"]] == [
        (one["label"], two["label"]),
        (two["label"], three["label"]),
    ]
    [tie] = graph["items"]
    assert (tie["kind"], tie["from_here"], tie["entry"]["label"]) == (
        "forwards",
        True,
        two["label"],
    )
    for body, problem in (
        ({"kind": "related", "other": one["label"]}, "not-itself"),
        ({"kind": "same-number", "other": two["label"]}, "not-by-hand"),
        ({"kind": "related", "other": "999999/1999"}, "bad-citation"),
    ):
        assert_problem(clerk.post(address(one, "/relations"), json=body), 422, problem)
    gone = clerk.post(f"/relations/{tie['id']}/removal", json={"reason": "Λάθος"})
    assert gone.status_code == 204
    assert clerk.get(address(one, "/relations")).json()["items"] == []


def test_the_directory_is_read_changed_and_merged(clerk: httpx.Client) -> None:
    name = "Ευφροσύνη Μπαλτατζή"
    registered(clerk, sender={"name": name, "email": "e@example.gr"})
    registered(clerk, sender={"name": "Μπαλτατζή Ευφροσύνη", "tax_number": "094014201"})
    found = clerk.get("/directory", params={"q": "ΜΠΑΛΤΑΤΖΗ"}).json()
    assert found["total"] == 2
    ids = {one["name"]: one["id"] for one in found["items"]}
    old, kept = ids[name], ids["Μπαλτατζή Ευφροσύνη"]
    pairs = [
        {party["id"] for party in one["parties"]}
        for one in clerk.get("/directory/duplicates").json()["items"]
    ]
    assert {old, kept} in pairs
    body = {"name": name, "kind": "person", "phone": "210 1", "reason": "Τηλεφώνημα"}
    changed = clerk.put(f"/directory/{old}", json=body).json()
    assert (changed["phone"], changed["email"]) == ("210 1", "")
    assert changed["changes"][0]["old"] == {"email": "e@example.gr", "phone": ""}
    place = {"address": "Ερμού 2", "kind": "home", "valid_from": "2026-01-01"}
    assert clerk.post(f"/directory/{old}/addresses", json=place).json()["addresses"]
    merged = clerk.post(f"/directory/{old}/merge", json={"into_id": kept, "reason": "Ίδια"}).json()
    assert (merged["id"], merged["merged"], merged["phone"]) == (kept, [old], "210 1")
    assert len(merged["entries"]) == 2
    assert_problem(clerk.put(f"/directory/{old}", json=body), 409, "party-merged")
    apart = clerk.post(f"/directory/{old}/separation", json={"reason": "Είναι δύο"}).json()
    assert apart["merged_into_id"] is None


@pytest.mark.parametrize("username", ["engineer", "mayor", "administrator"])
def test_the_directory_is_closed_to_others(calling: Calling, username: str) -> None:
    assert_problem(calling(username).get("/directory"), 403, "not-yours-to-keep")
