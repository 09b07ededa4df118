"""Kinds, likenesses, batches and descriptions over the API."""

from collections.abc import Callable
from itertools import count

import httpx
import pytest

from tests import factories
from tests.api.v1.calling import LETTER, address, registered

_codes = (f"kind-{n}" for n in count(1))


def _definition(**changes: object) -> dict[str, object]:
    return {
        "title_el": "Κλήση ΚΟΚ",
        "title_en": "Traffic fine",
        "defaults": {"priority": "urgent", "days": 5, "retention": "5 έτη"},
        "fields": [
            {"code": "fine", "type": "text", "title_el": "Αρ. κλήσης", "is_required": True},
            {"code": "amount", "type": "amount", "title_el": "Ποσό"},
        ],
        **changes,
    }


@pytest.fixture
def kind(calling: Callable[..., httpx.Client]) -> str:
    code = next(_codes)
    answer = calling("administrator").post("/kinds", json={"code": code, **_definition()})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/api/v1/kinds/{code}"
    return code


def test_a_kind_is_defined_listed_changed_and_withdrawn(
    calling: Callable[..., httpx.Client], clerk: httpx.Client, kind: str
):
    [shown] = [one for one in clerk.get("/kinds").json()["items"] if one["code"] == kind]
    assert (shown["version"], shown["definition"]["defaults"]["days"]) == (1, 5)
    assert shown["definition"]["fields"][0]["code"] == "fine"
    admin = calling("administrator")
    changed = {"version": 1, **_definition(title_el="Κλήση")}
    assert admin.put(f"/kinds/{kind}", json=changed).json()["version"] == 2
    assert admin.put(f"/kinds/{kind}", json=changed).status_code == 409
    assert admin.delete(f"/kinds/{kind}").status_code == 204
    assert kind not in [one["code"] for one in clerk.get("/kinds").json()["items"]]


def test_only_the_administrator_defines_kinds(clerk: httpx.Client, kind: str):
    assert clerk.post("/kinds", json={"code": "x", **_definition()}).status_code == 403
    assert clerk.put(f"/kinds/{kind}", json={"version": 1, **_definition()}).status_code == 403
    assert clerk.delete(f"/kinds/{kind}").status_code == 403


def test_a_wrong_definition_names_its_place(calling: Callable[..., httpx.Client]):
    fields = [{"code": "a", "type": "choice", "title_el": "Α", "choices": ["μία"]}]
    answer = calling("administrator").post(
        "/kinds", json={"code": next(_codes), **_definition(fields=fields)}
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/field/0/choices"


def test_an_entry_of_a_kind_has_its_values_and_defaults(clerk: httpx.Client, kind: str):
    entry = registered(clerk, kind=kind, values={"fine": "77", "amount": "1.234,56"})
    assert entry["kind"] == {
        "code": kind,
        "version": 1,
        "title": "Traffic fine",
        "values": {"fine": "77", "amount": "1234.56"},
    }
    assert entry["handling"]["priority"] == "urgent"


def test_every_wrong_value_has_its_pointer(clerk: httpx.Client, kind: str):
    answer = clerk.post(
        "/entries", json={**LETTER, "kind": kind, "values": {"amount": "πολλά", "x": 1}}
    )
    assert answer.status_code == 422
    assert {one["pointer"] for one in answer.json()["errors"]} == {
        "/values/fine",
        "/values/amount",
        "/values/x",
    }


def test_a_second_registration_of_the_same_letter_is_409_with_the_first(clerk: httpx.Client):
    letter = {
        **LETTER,
        "sender_reference": "ΑΠΙ 1/2026",
        "sender_dated_on": "2026-03-18",
        "duplicate_reason": "",
    }
    first = clerk.post("/entries", json=letter)
    again = clerk.post("/entries", json=letter)
    assert again.status_code == 409
    problem = again.json()
    assert problem["type"] == "urn:docflow:problem:duplicate-found"
    assert problem["alike"] == [
        {
            "likeness": "reference",
            "is_open": True,
            "label": first.json()["label"],
            "href": first.headers["Location"],
        }
    ]
    on = clerk.post("/entries", json={**letter, "duplicate_reason": "δεύτερο αντίτυπο"})
    assert on.status_code == 201


def test_of_an_entry_that_is_not_open_only_its_being_is_told(
    calling: Callable[..., httpx.Client], clerk: httpx.Client
):
    letter = {**LETTER, "sender_reference": "ΑΠΙ 2/2026", "duplicate_reason": ""}
    secret = calling("confidant").post("/entries", json={**letter, "book": "empisteftiko"})
    assert secret.status_code == 201, secret.text
    again = clerk.post("/entries", json=letter)
    assert again.json()["alike"] == [{"is_open": False}]


def test_a_number_at_once_and_the_description_later(clerk: httpx.Client):
    entry = registered(clerk, registered_as="queue", subject="", sender=None)
    assert (entry["subject"], entry["waits_for"]) == ("Προς περιγραφή", "queue")
    waiting = clerk.get("/undescribed").json()["items"]
    assert entry["label"] in [one["entry"]["label"] for one in waiting]
    said = {"subject": "Αίτηση αδείας", "sender": {"name": "Άννα Μάρκου"}}
    described = clerk.post(address(entry, "/description"), json=said)
    assert described.status_code == 200, described.text
    assert described.json()["waits_for"] is None
    assert clerk.post(address(entry, "/description"), json=said).status_code == 409


def test_an_envelope_keeps_sender_and_addressee_only(
    calling: Callable[..., httpx.Client], clerk: httpx.Client, town: factories.Town
):
    unit = town.units["ΟΔΟΠ"]
    entry = registered(clerk, registered_as="envelope", addressee_unit_id=unit)
    assert (entry["subject"], entry["grade"]) == ("Κλειστός φάκελος", "confidential")
    said = {"subject": "Εμπιστευτική αναφορά"}
    assert clerk.post(address(entry, "/description"), json=said).status_code == 403
    assert calling("director").post(address(entry, "/description"), json=said).status_code == 200
    assert clerk.get(address(entry)).status_code == 404


def test_a_state_secret_is_refused(clerk: httpx.Client):
    answer = clerk.post("/entries", json={**LETTER, "grade": "top-secret"})
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:docflow:problem:state-secret"
