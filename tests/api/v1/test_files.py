"""Files, texts and papers of an entry by API, and the public check."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

import api.v1.verification
from docflow import outbox
from docflow.office import Office
from docflow.outbox import Job
from tests.api.v1.calling import LETTER, address, registered

HTML = b"<html><script>alert(1)</script></html>"


@pytest.fixture
def entry(clerk: httpx.Client, page: bytes) -> dict[str, Any]:
    """An entry with a PDF, and with HTML that calls itself a PDF."""
    answer = clerk.post(
        "/entries",
        data={"metadata": json.dumps(LETTER)},
        files=[("files", ("../../αίτηση.pdf", page)), ("files", ("b.pdf", HTML))],
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = clerk.get(address(answer.json())).json()
    return found


def test_a_file_comes_back_byte_for_byte(
    clerk: httpx.Client, entry: dict[str, Any], page: bytes
) -> None:
    answer = clerk.get(address(entry, "/files/1"))
    assert answer.content == page
    assert answer.headers["etag"] == f'"{entry["files"][0]["sha256"]}"'
    again = clerk.get(address(entry, "/files/1"), headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_html_is_never_shown_as_such(clerk: httpx.Client, entry: dict[str, Any]) -> None:
    answer = clerk.get(address(entry, "/files/2"))
    assert answer.content == HTML
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


def test_a_file_that_is_not_there_is_a_problem(clerk: httpx.Client, entry: dict[str, Any]) -> None:
    for rest in ("/files/3", "/files/2?rendition=searchable"):
        answer = clerk.get(address(entry, rest))
        assert (answer.status_code, answer.json()["type"]) == (
            404,
            "urn:docflow:problem:no-such-file",
        )


def test_lost_bytes_are_a_problem_and_not_an_empty_file(
    clerk: httpx.Client, api_office: Office
) -> None:
    answer = clerk.post(
        "/entries",
        data={"metadata": json.dumps(LETTER)},
        files={"files": ("c.txt", b"only here, and soon lost")},
    )
    sha256 = answer.json()["files"][0]["sha256"]
    api_office.store.delete(sha256, min_age=timedelta(0))
    lost = clerk.get(address(answer.json(), "/files/1"))
    assert (lost.status_code, lost.json()["type"]) == (404, "urn:docflow:problem:bytes-missing")


def test_the_text_is_there_when_the_file_was_read(
    clerk: httpx.Client, entry: dict[str, Any], api_office: Office
) -> None:
    assert clerk.get(address(entry, "/text")).json() == {"complete": False, "pages": []}
    run_reading(api_office)
    text = clerk.get(address(entry, "/text")).json()
    assert text["complete"]
    # Of the HTML nothing is seen: it is a script.
    shown = [(page["file"], page["source"]) for page in text["pages"]]
    assert shown == [(1, "blank"), (2, "blank")]
    [pdf, html] = clerk.get(address(entry, "/files")).json()["items"]
    assert (pdf["ocr"]["state"], html["ocr"]["state"]) == ("done", "done")
    again = clerk.post(address(entry, "/files/2/reading"), json={"languages": ["eng"]})
    assert (again.status_code, again.json()["ocr"]["state"]) == (202, "pending")
    twice = clerk.post(address(entry, "/files/2/reading"), json={})
    assert twice.json()["type"] == "urn:docflow:problem:still-reading"


def run_reading(office: Office) -> None:
    with office.db.read() as session:
        jobs = [row.id for row in session.query(Job).where(Job.state == "waiting")]
    for job in jobs:
        outbox.run(office, job)


def test_the_receipt_is_the_same_each_time(clerk: httpx.Client, entry: dict[str, Any]) -> None:
    first = clerk.get(address(entry, "/receipt"))
    assert first.headers["content-type"] == "application/pdf"
    assert first.content.startswith(b"%PDF-")
    assert clerk.get(address(entry, "/receipt")).content == first.content


def test_a_label_has_the_size_that_was_asked_for(
    clerk: httpx.Client, entry: dict[str, Any]
) -> None:
    answer = clerk.get(address(entry, "/label"), params={"size": "89x36", "language": "en"})
    assert answer.content.startswith(b"%PDF-")
    assert clerk.get(address(entry, "/label"), params={"size": "1x1"}).status_code == 422
    actions = [h["action"] for h in clerk.get(address(entry, "/history")).json()["items"]]
    assert "entry.label-printed" in actions


def test_anybody_verifies_a_code_without_a_token(
    client: httpx.Client, entry: dict[str, Any]
) -> None:
    answer = client.get(f"/verify/{entry['verification_code'].lower()}")
    assert answer.status_code == 200
    verdict = answer.json()
    assert (verdict["answer"], verdict["number"]) == ("issued", entry["label"])
    assert "Αναγνώστου" not in answer.text
    assert client.get("/verify/0000-0000-0000-0000").json()["answer"] == "unknown"


def test_an_annulled_entry_is_verified_as_annulled(
    client: httpx.Client, clerk: httpx.Client, calling: Callable[..., httpx.Client]
) -> None:
    entry = registered(clerk)
    asked = clerk.post(address(entry, "/annulment"), json={"reason": "Εκ παραδρομής"}).json()
    calling("registrar").post(f"/annulments/{asked['id']}/approval")
    verdict = client.get(f"/verify/{entry['verification_code']}").json()
    assert verdict["answer"] == "annulled"


def test_guessing_codes_is_slowed_down(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.v1.verification, "LIMIT", 0)
    answer = client.get("/verify/0000-0000-0000-0000")
    assert (answer.status_code, answer.json()["type"]) == (
        429,
        "urn:docflow:problem:too-many-tries",
    )
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("192.0.2.7", "verify:192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "verify:2001:db8:1:2::/64"),
        ("testclient", "verify:testclient"),
    ],
)
def test_a_household_is_counted_as_one(host: str, key: str) -> None:
    from starlette.requests import Request

    request = Request({"type": "http", "client": (host, 1), "headers": []})
    assert api.v1.verification.client_key(request) == key
