"""Applications of citizens, by API."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from docflow import clock, reads
from docflow.applications import Application, Filed
from docflow.office import Office
from docflow.services import ServiceVersion
from tests.docflow.applications import forms
from tests.factories import Town
from tests.filing import filed


@pytest.fixture(scope="module")
def fine(api_office: Office, town: Town) -> ServiceVersion:
    return forms.offered(api_office, town)


@pytest.fixture(scope="module")
def made(api_office: Office, fine: ServiceVersion) -> Filed:
    """A small fine that somebody filed."""
    return filed(api_office, fine, forms.TYPED)


def test_an_application_is_listed_read_and_written_about(made: Filed, calling: Any) -> None:
    engineer: httpx.Client = calling("engineer")
    listed = engineer.get("/applications", params={"text": made.number}).json()
    assert [(one["id"], one["state"]) for one in listed["items"]] == [(made.id, "running")]
    place = f"/applications/{made.id}"
    told = engineer.get(place).json()
    assert {"label": "Ποσό", "text": "50,00 €"} in told["filed"][1]["answers"]
    wrote = engineer.post(f"{place}/messages", json={"text": "Ποια οδός;"})
    assert wrote.status_code == 201, wrote.text
    assert [one["text"] for one in wrote.json()["messages"]] == ["Ποια οδός;"]
    asked = {"text": "Ταυτότητα", "due_on": str(clock.today() + timedelta(days=9))}
    seen = {"seen": told["version"]}
    first = engineer.post(f"{place}/supplement", json=asked, params=seen)
    assert (first.status_code, first.json()["state"]) == (201, "waiting")
    late = calling("colleague").post(f"{place}/supplement", json=asked, params=seen)
    assert late.json()["type"] == "urn:docflow:problem:application-moved"
    back = engineer.delete(f"{place}/supplement")
    assert (back.status_code, back.json()["state"]) == (200, "running")


def test_an_act_answers_with_the_application_and_is_noted_as_a_reading(
    fine: ServiceVersion, calling: Any, api_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads.opening, "SAME_LOOK", timedelta(0))  # each look counts
    made = filed(api_office, fine, {**forms.TYPED, "fine": "7777"})
    place, due = f"/applications/{made.id}", str(clock.today() + timedelta(days=9))
    engineer: httpx.Client = calling("engineer", "route")

    def noted() -> int:
        with api_office.db.read() as session:
            entry_id = session.get_one(Application, made.id).entry_id
            mine = reads.Read.entry_id == entry_id
            return session.scalar(select(func.count()).select_from(reads.Read).where(mine)) or 0

    for act in (
        lambda: engineer.post(f"{place}/messages", json={"text": "Ευχαριστούμε"}),
        lambda: engineer.post(f"{place}/supplement", json={"text": "Ταυτότητα", "due_on": due}),
        lambda: engineer.delete(f"{place}/supplement"),
    ):
        before = noted()
        assert "Ποσό" in act().text
        assert noted() == before + 1


def test_who_has_it_not_is_told_nothing(made: Filed, calling: Any) -> None:
    lawyer: httpx.Client = calling("lawyer")
    assert lawyer.get("/applications").json() == {"items": [], "total": 0}
    for answer in (
        lawyer.get(f"/applications/{made.id}"),
        lawyer.post(f"/applications/{made.id}/messages", json={"text": "x"}),
    ):
        assert answer.json()["type"] == "urn:docflow:problem:no-such-application"
