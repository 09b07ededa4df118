"""Registering and reading entries by API."""

import json
from typing import Any

import httpx
import pytest

from tests.api.v1.calling import LETTER, address, registered

Calling = Any  # Callable[..., httpx.Client]


def test_a_document_is_registered_with_its_files(clerk: httpx.Client, page: bytes) -> None:
    answer = clerk.post(
        "/entries",
        data={"metadata": json.dumps(LETTER)},
        files=[("files", ("αίτηση.pdf", page)), ("files", ("κενό.pdf", b""))],
    )
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == "/api/v1" + address(answer.json())
    entry = clerk.get(address(answer.json())).json()
    assert [one["sha256"] for one in answer.json()["files"]] == [
        one["sha256"] for one in entry["files"]
    ]
    assert [file["name"] for file in entry["files"]] == ["αίτηση.pdf", "κενό.pdf"]
    assert entry["files"][0]["ocr"]["state"] == "pending"
    assert entry["sender"]["name"] == "Μαρία Αναγνώστου"


def test_the_metadata_may_be_a_json_part(clerk: httpx.Client) -> None:
    parts = {"metadata": (None, json.dumps(LETTER), "application/json")}
    answer = clerk.post("/entries", files=parts)
    assert answer.status_code == 201, answer.text


def test_an_entry_is_read_as_it_was_registered(clerk: httpx.Client) -> None:
    entry = registered(clerk, sender_reference="Α.Π. 77/β", attachments_count=3)
    again = clerk.get(address(entry))
    assert again.status_code == 200
    assert again.json() == entry
    assert (entry["sender_reference"], entry["attachments_count"]) == ("Α.Π. 77/β", 3)


def test_an_outgoing_document_has_recipients_and_no_handling(clerk: httpx.Client) -> None:
    entry = registered(
        clerk, direction="outgoing", sender=None, recipients=[{"name": "Υπουργείο Εσωτερικών"}]
    )
    assert [one["name"] for one in entry["recipients"]] == ["Υπουργείο Εσωτερικών"]
    assert entry["handling"] is None


@pytest.mark.parametrize(
    "field",
    ["number", "year", "registered_at", "registered_on", "verification_code", "received_at", "id"],
)
def test_what_the_server_gives_cannot_be_sent(clerk: httpx.Client, field: str) -> None:
    answer = clerk.post("/entries", json={**LETTER, field: 1})
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [f"/{field}"]


def test_the_same_key_gives_the_same_entry(clerk: httpx.Client) -> None:
    headers = {"Idempotency-Key": "a-letter-of-monday"}
    first = clerk.post("/entries", json=LETTER, headers=headers)
    again = clerk.post("/entries", json=LETTER, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["label"] == again.json()["label"]


def test_a_key_belongs_to_one_request(clerk: httpx.Client) -> None:
    headers = {"Idempotency-Key": "a-letter-of-tuesday"}
    clerk.post("/entries", json=LETTER, headers=headers)
    other = clerk.post("/entries", json={**LETTER, "subject": "Άλλο θέμα"}, headers=headers)
    assert other.status_code == 409
    assert other.json()["type"] == "urn:docflow:problem:key-reused"


def test_a_list_goes_on_where_it_ended(clerk: httpx.Client) -> None:
    own = [registered(clerk)["label"] for _ in range(6)]
    seen, query = [], {"limit": "2"}
    for _ in range(3):
        answer = clerk.get("/entries", params=query).json()
        seen += [line["label"] for line in answer["items"]]
        query["cursor"] = answer["next_cursor"]
    assert seen == own[::-1]


def test_a_list_ends_without_a_cursor(clerk: httpx.Client) -> None:
    answer = clerk.get("/entries", params={"first_day": "2999-01-01"}).json()
    assert answer == {"items": [], "next_cursor": None}


def test_a_cursor_of_another_list_or_person_is_refused(
    clerk: httpx.Client, calling: Calling
) -> None:
    registered(clerk)
    registered(clerk)
    cursor = clerk.get("/entries", params={"limit": 1}).json()["next_cursor"]
    other_list = clerk.get("/entries", params={"cursor": cursor, "direction": "incoming"})
    other_person = calling("auditor").get("/entries", params={"cursor": cursor})
    invented = clerk.get("/entries", params={"cursor": "WzEsMl0.invented"})
    for answer in (other_list, other_person, invented):
        assert answer.status_code == 422
        assert answer.json()["type"] == "urn:docflow:problem:bad-cursor"


def test_the_confidential_book_does_not_exist_for_others(
    clerk: httpx.Client, calling: Calling
) -> None:
    confidant = calling("confidant")
    secret = registered(confidant, book="empisteftiko", subject="Απόρρητη αναφορά")
    answer = clerk.get(address(secret))
    assert answer.status_code == 404
    assert "empisteftiko" not in {one["code"] for one in clerk.get("/books").json()["items"]}
    assert clerk.get("/search", params={"q": "απόρρητη"}).json()["total"] == 0
    missing = clerk.get(address({**secret, "number": 999}))
    assert answer.json()["type"] == missing.json()["type"]
    assert confidant.get(address(secret)).status_code == 200


def test_the_history_tells_who_registered(clerk: httpx.Client) -> None:
    entry = registered(clerk)
    [first] = clerk.get(address(entry, "/history")).json()["items"]
    assert (first["action"], first["via"]) == ("entry.registered", "api")
    assert first["actor_name"] == "Μαρία Νικολάου"


def test_an_unchanged_entry_is_not_sent_twice(clerk: httpx.Client) -> None:
    entry = registered(clerk)
    tag = clerk.get(address(entry)).headers["etag"]
    same = clerk.get(address(entry), headers={"If-None-Match": tag})
    assert (same.status_code, same.content) == (304, b"")
    clerk.post(
        address(entry, "/corrections"), json={"subject": "Άλλο θέμα", "reason": "Εκ παραδρομής"}
    )
    assert clerk.get(address(entry), headers={"If-None-Match": tag}).status_code == 200


def test_an_entry_is_found_by_a_word_without_accents(clerk: httpx.Client) -> None:
    entry = registered(clerk, subject="Συντήρηση παιδικής χαράς Αγίου Λουκά")
    found = clerk.get("/search", params={"q": "ΠΑΙΔΙΚΗΣ ΛΟΥΚΑ"}).json()
    assert [hit["entry"]["label"] for hit in found["items"]] == [entry["label"]]
