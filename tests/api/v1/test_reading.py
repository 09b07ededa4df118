"""Proposals, pages that were read, and what was learned, by the JSON API."""

import json
from collections.abc import Callable

import httpx
import pytest
from sqlalchemy import select

from docflow import documents, outbox, registry
from docflow.documents import PageText
from docflow.office import Office
from tests.api.v1.calling import LETTER, address
from tests.docflow.understanding import paper
from tests.factories import Town

Calling = Callable[..., httpx.Client]
PDF = "application/pdf"


def settle(office: Office, *tasks: str) -> None:
    with office.db.read() as session:
        waits = (outbox.Job.state == "waiting", outbox.Job.task.in_(tasks))
        ids = session.scalars(select(outbox.Job.id).where(*waits)).all()
    for job_id in ids:
        outbox.run(office, job_id)


def bring(client: httpx.Client, number: str) -> int:
    answer = client.post("/readings", files={"file": ("a.pdf", paper.letter(number), PDF)})
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def test_a_document_is_read_before_it_is_registered(
    clerk: httpx.Client, calling: Calling, api_office: Office
) -> None:
    reading = bring(clerk, "881/2026")
    assert clerk.get(f"/readings/{reading}").json()["state"] == "pending"
    settle(api_office, "understanding.read-ahead")
    found = clerk.get(f"/readings/{reading}").json()
    assert (found["state"], found["problem"]) == ("done", None)
    by_field = {one["field"]: one for one in found["items"]}
    assert by_field["sender_reference"]["value"] == "881/2026"
    assert by_field["sender_reference"]["page"] == 1
    assert len(by_field["sender_reference"]["box"]) == 4
    assert by_field["sender"]["source"] == "text"
    assert calling("registrar").get(f"/readings/{reading}").status_code == 404
    assert calling("clerk", "read").get(f"/readings/{reading}").status_code == 403


def test_what_cannot_be_read_says_why(clerk: httpx.Client, api_office: Office) -> None:
    answer = clerk.post("/readings", files={"file": ("a.pdf", b"", PDF)})
    settle(api_office, "understanding.read-ahead")
    found = clerk.get(f"/readings/{answer.json()['id']}").json()
    assert found["state"] == "failed"
    assert "empty" in found["problem"]
    assert found["items"] == []


@pytest.fixture
def entry(clerk: httpx.Client, api_office: Office) -> dict:
    """A letter with a file that was read."""
    answer = clerk.post(
        "/entries",
        data={"metadata": json.dumps(LETTER)},
        files={"files": ("a.pdf", paper.letter("77/2026"), PDF)},
    )
    assert answer.status_code == 201, answer.text
    made: dict = clerk.get(address(answer.json())).json()
    settle(api_office, "documents.read")
    return made


def test_an_entry_proposes_and_shows_its_words(
    clerk: httpx.Client, calling: Calling, entry: dict
) -> None:
    items = clerk.get(address(entry, "/proposals")).json()["items"]
    assert {one["field"]: one["value"] for one in items}["sender_reference"] == "77/2026"
    page = clerk.get(address(entry, "/files/1/pages/1"), params={"q": "programme"}).json()
    assert page["source"] == "text-layer"
    assert [word["text"] for word in page["words"] if word["is_hit"]] == ["programme"]
    assert page["words"][0]["level"] == "sure"
    assert clerk.get(address(entry, "/files/1/pages/9")).status_code == 404
    for rest in ("/proposals", "/files/1/pages/1"):
        assert calling("engineer").get(address(entry, rest)).status_code == 404


def test_pages_that_need_a_look_leave_the_list(
    clerk: httpx.Client, calling: Calling, api_office: Office, town: Town, entry: dict
) -> None:
    with api_office.db.begin() as session:
        by = town.person(session, "clerk")
        place = (entry["book"], entry["year"], entry["number"])
        [file] = documents.files(session, registry.numbered(session, *place, by=by).id)
        session.get_one(PageText, (file.id, 1)).confidence = 20.0

    def listed() -> list[int]:
        found = clerk.get("/pages-to-check").json()
        return [one["number"] for one in found["items"] if one["page"] == 1]

    assert entry["number"] in listed()
    place = address(entry, "/files/1/pages/1/checked")
    assert calling("auditor").post(place).status_code == 403
    assert calling("clerk", "read").post(place).status_code == 403
    assert clerk.post(place).status_code == 204
    assert entry["number"] not in listed()


def test_learning_is_the_administrators(calling: Calling, api_office: Office) -> None:
    administrator = calling("administrator")
    assert administrator.post("/learning/training").status_code == 202
    assert administrator.post("/learning/training").status_code == 409
    assert administrator.get("/learning").json()["is_training"]
    settle(api_office, "understanding.train")
    found = administrator.get("/learning").json()
    assert not found["is_training"]
    assert {one["target"] for one in found["trainings"]} == {"unit", "kind"}
    for caller in (calling("clerk"), calling("administrator", "read")):
        assert caller.get("/learning").status_code == 403
        assert caller.post("/learning/training").status_code == 403
