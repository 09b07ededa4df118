"""Closings and exports for programs."""

from collections.abc import Callable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import httpx
import pytest

from docflow import clock, outbox
from docflow.office import Office
from tests import factories
from tests.factories import Town

Calling = Callable[..., httpx.Client]
DAY = date(2025, 12, 30)


@pytest.fixture(scope="module")
def letters(api_office: Office, town: Town) -> str:
    """A book with one letter in the year before; this office has no seal."""
    code = "programmata"
    with api_office.db.begin() as session:
        book = factories.Book(body_id=town.body_id, code=code, title="Βιβλίο προγραμμάτων")
        session.add(book)
    at = datetime.combine(DAY, time(12), ZoneInfo(factories.ZONE))
    with clock.pretend(at), api_office.db.begin() as session:
        factories.letter(session, town, book=code)
    return code


def test_days_that_wait_are_listed(calling: Calling, letters: str) -> None:
    days = calling("auditor", "read").get(f"/closings/{letters}/days").json()
    assert (days["waiting"][0]["day"], days["waiting"][0]["is_overdue"]) == ("2025-12-30", True)
    assert (days["items"], days["total"]) == ([], 0)


def test_without_a_seal_no_day_is_closed(calling: Calling, letters: str) -> None:
    answer = calling("registrar", "read", "annul").post(f"/closings/{letters}/days/2025-12-30")
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:docflow:problem:not-sealed"


def test_a_day_without_a_register_is_not_found(calling: Calling, letters: str) -> None:
    reader = calling("clerk")
    for path in ("", "/register"):
        answer = reader.get(f"/closings/{letters}/days/2025-12-30{path}")
        assert answer.json()["type"] == "urn:docflow:problem:no-such-register"


def test_only_the_registrar_closes(calling: Calling, letters: str) -> None:
    clerk = calling("clerk")
    assert clerk.post(f"/closings/{letters}/days/2025-12-30").status_code == 403
    year = f"/closings/{letters}/years/2025"
    assert clerk.post(f"{year}/closing", json={"confirmed": True}).status_code in (403, 409)
    assert clerk.post(f"{year}/closing", json={"confirmed": False}).status_code == 422


def test_the_report_of_a_year_names_the_obstacles(calling: Calling, letters: str) -> None:
    report = calling("clerk").get(f"/closings/{letters}/years/2025").json()
    assert report["entries"] == 1
    assert report["obstacles"][0].startswith("Days without their register: 2 (30/12, 31/12)")
    declaration = calling("clerk").get(f"/closings/{letters}/years/2025/declaration")
    assert declaration.json()["type"] == "urn:docflow:problem:no-such-closing"


WANTED = {"first_day": "2025-01-01", "last_day": "2025-12-31", "book": "programmata"}


def test_a_small_export_comes_at_once(calling: Calling, letters: str) -> None:
    answer = calling("clerk").get("/exports/register", params={**WANTED, "format": "xml"})
    assert answer.headers["content-type"] == "application/xml"
    assert answer.text.count("<entry>") == 1


def test_a_large_one_is_asked_for_and_fetched(
    calling: Calling, letters: str, api_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = calling("clerk")
    monkeypatch.setattr("docflow.exports.making.AT_ONCE", 0)
    refused = clerk.get("/exports/register", params={**WANTED, "format": "csv"})
    assert refused.json()["type"] == "urn:docflow:problem:too-many-rows"
    asked = clerk.post("/exports", json={**WANTED, "format": "csv"}).json()
    assert asked["state"] == "waiting"
    assert clerk.get(f"/exports/{asked['id']}/file").status_code == 409
    with api_office.db.read() as session:
        job = outbox.Job
        found = session.query(job.id).filter(job.task == "exports.make").all()
    for (job_id,) in found:
        outbox.run(api_office, job_id)
    done = clerk.get(f"/exports/{asked['id']}").json()
    assert (done["state"], done["rows"]) == ("done", 1)
    assert len(clerk.get(f"/exports/{asked['id']}/file").content) == done["size"]
    assert asked["id"] in [one["id"] for one in clerk.get("/exports").json()["items"]]
    assert calling("auditor").get(f"/exports/{asked['id']}").status_code == 404


@pytest.mark.parametrize(
    "change", [{"last_day": "2024-01-01"}, {"format": "doc"}, {"delimiter": "|"}, {"what": 1}]
)
def test_a_wrong_wish_is_refused(calling: Calling, letters: str, change: dict[str, object]) -> None:
    answer = calling("clerk").post("/exports", json={**WANTED, "format": "csv", **change})
    assert answer.status_code == 422
