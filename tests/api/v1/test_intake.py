"""Files that wait for a person, parts of mails, and the quarantine, by API."""

import json
from collections.abc import Callable
from typing import Any

import httpx

from docflow import outbox
from docflow.office import Office
from tests.api.v1.calling import LETTER, address
from tests.docflow.steps import waiting_jobs
from tests.ocr import office_files as made

Calling = Callable[..., httpx.Client]


def _registered(
    clerk: httpx.Client, office: Office, data: bytes, name: str, **more: Any
) -> dict[str, Any]:
    answer = clerk.post(
        "/entries",
        data={"metadata": json.dumps({**LETTER, **more})},
        files=[("files", (name, data))],
    )
    assert answer.status_code == 201, answer.text
    while jobs := waiting_jobs(office, "documents.read"):
        outbox.run(office, jobs[0])
    found: dict[str, Any] = answer.json()
    return found


def test_the_parts_of_a_mail_name_what_they_lay_in(clerk: httpx.Client, api_office: Office) -> None:
    mail = made.eml("Κείμενο", attachments={"όροι.txt": "Όροι".encode()})
    entry = _registered(clerk, api_office, mail, "μήνυμα.eml")
    files = clerk.get(address(entry, "/files")).json()["items"]
    assert [(one["name"], one["role"], one["parent"]) for one in files] == [
        ("μήνυμα.eml", "original", None),
        ("κείμενο.txt", "mail-body", 1),
        ("όροι.txt", "attachment", 1),
    ]
    assert {one["screening"] for one in files} == {"unchecked"}
    whole = clerk.get(address(entry, "/text")).json()
    assert whole["complete"]
    assert [page["source"] for page in whole["pages"]] == ["text"] * 3


def test_waiting_files_are_listed_and_settled(
    clerk: httpx.Client, calling: Calling, api_office: Office
) -> None:
    entry = _registered(clerk, api_office, b"", "κενό.pdf")
    [item] = [
        one
        for one in clerk.get("/files-to-check").json()["items"]
        if one["number"] == entry["number"]
    ]
    assert (item["problem"], item["state"], item["tried_again"]) == ("empty", "failed", False)
    assert "κενό" in clerk.get("/files-to-check", headers={"Accept-Language": "el"}).text
    reader = calling("clerk", "read")
    assert reader.post(address(entry, "/files/1/settled")).status_code == 403
    settled = clerk.post(address(entry, "/files/1/settled"))
    assert (settled.status_code, settled.json()["ocr"]["settled"]) == (200, True)
    again = clerk.post(address(entry, "/files/1/settled"))
    assert again.json()["type"] == "urn:docflow:problem:nothing-to-settle"
    numbers = [one["number"] for one in clerk.get("/files-to-check").json()["items"]]
    assert entry["number"] not in numbers


def test_one_page_is_asked_for_again(clerk: httpx.Client, api_office: Office, page: bytes) -> None:
    entry = _registered(clerk, api_office, page, "σελίδα.pdf")
    wrong = clerk.post(address(entry, "/files/1/reading"), json={"pages": [7]})
    assert wrong.json()["type"] == "urn:docflow:problem:no-such-page"
    right = clerk.post(address(entry, "/files/1/reading"), json={"pages": [1]})
    assert (right.status_code, right.json()["ocr"]["state"]) == (202, "pending")


def test_a_closed_file_is_a_problem_and_the_administrators_alone(
    clerk: httpx.Client, calling: Calling, api_office: Office
) -> None:
    entry = _registered(clerk, api_office, b"MZ\x90\x00 program", "αίτηση.pdf")
    refused = clerk.get(address(entry, "/files/1"))
    assert (refused.status_code, refused.json()["type"]) == (
        403,
        "urn:docflow:problem:quarantined",
    )
    assert clerk.get("/quarantine").status_code == 403
    administrator = calling("administrator")
    [item] = administrator.get("/quarantine").json()["items"]
    assert (item["finding"], item["state"], item["name"]) == ("executable", "refused", "αίτηση.pdf")
    place = f"/quarantine/{item['id']}"
    assert administrator.post(f"{place}/content", json={"reason": ""}).status_code == 422
    assert clerk.post(f"{place}/content", json={"reason": "θέλω"}).status_code == 403
    taken = administrator.post(f"{place}/content", json={"reason": "Για έλεγχο"})
    assert taken.content == b"MZ\x90\x00 program"
    assert calling("administrator", "read").get("/quarantine").status_code == 403
    assert administrator.post(f"{place}/release", json={"reason": "Δικό μας"}).status_code == 204
    assert administrator.post(f"{place}/release", json={"reason": "πάλι"}).status_code == 409
    notes = administrator.get("/quarantine").json()["items"][0]["notes"]
    assert [note["act"] for note in notes] == ["opened", "released"]
    assert clerk.get(address(entry, "/files/1")).status_code == 200
