"""/messages, /message-templates, /deliveries and /acts: what programs see and may do."""

from collections.abc import Callable

import httpx
import pytest

from docflow import dispatch, documents, parties, registry
from docflow.messages import Addressee
from docflow.office import Office
from tests import factories
from tests.api.v1.calling import address
from tests.factories import Town

Calling = Callable[..., httpx.Client]
WORDS = {"subject": "{body}", "text": "Έτοιμο: {link} {code}", "sms": "{link} {code}", "seen": 0}


@pytest.fixture
def entry(api_office: Office, town: Town, page: bytes) -> dict[str, object]:
    """An issued document that waits to be picked up."""
    with api_office.db.begin() as session:
        made = factories.letter(
            session,
            town,
            direction=registry.Direction.OUTGOING,
            sender=None,
            recipients=(parties.Contact(name="Άννα Πολίτη"),),
        )
        by = town.person(session, "clerk")
        documents.attach(
            session,
            made.id,
            [factories.uploaded(api_office, page, "1.pdf")],
            by=by,
            languages=[],
            role=documents.FileRole.EXACT_COPY,
        )
        to = Addressee("anna@example.gr")
        row = dispatch.place(session, made, recipient_name="Άννα Πολίτη", to=to, by=by)
        return {"book": "koino", "year": made.year, "number": made.number, "delivery": row.id}


def test_what_was_sent_is_listed_for_who_keeps_it_going(
    calling: Calling, entry: dict[str, object]
) -> None:
    registrar = calling("registrar")
    [message, *_] = registrar.get("/messages?state=queued").json()["items"]
    assert (message["kind"], message["address"]) == ("pickup-ready", "a•••@example.gr")
    assert "values" not in message
    again = registrar.post(f"/messages/{message['id']}/again")
    assert (again.status_code, again.json()["type"]) == (
        409,
        "urn:docflow:problem:message-not-failed",
    )
    unknown = registrar.post("/messages/reports", json={"reference": "<x@y>"})
    assert unknown.status_code == 404
    no_report = registrar.post("/messages/bounces", json={"mail": "Subject: hello\n\nHi"})
    assert no_report.status_code == 422
    assert calling("clerk").get("/messages").status_code == 403
    assert calling("registrar", "read").get("/messages").status_code == 403


def test_the_words_are_set_on_the_version_that_was_seen(calling: Calling) -> None:
    registrar = calling("registrar")
    assert registrar.put("/message-templates/pickup-ready/cs", json=WORDS).json()["version"] == 1
    late = registrar.put(
        "/message-templates/pickup-ready/cs", json={**WORDS, "text": "{link}{code}"}
    )
    assert late.json()["type"] == "urn:docflow:problem:words-changed"
    bad = {**WORDS, "seen": 1, "text": "{link} {κωδικός}"}
    refused = registrar.put("/message-templates/pickup-ready/cs", json=bad).json()
    assert refused["errors"][0]["pointer"] == "/text"
    items = registrar.get("/message-templates").json()["items"]
    [czech] = [one for one in items if (one["kind"], one["language"]) == ("pickup-ready", "cs")]
    assert (czech["version"], czech["text"]) == (1, WORDS["text"])
    assert {"number", "link", "code", "body"} <= set(czech["placeholders"])


def test_deliveries_and_their_proof(calling: Calling, entry: dict[str, object]) -> None:
    clerk = calling("clerk")
    with_post = clerk.get("/deliveries?pile=to-send").json()["items"]
    assert entry["delivery"] not in [one["id"] for one in with_post]
    assert clerk.get("/deliveries?pile=none").status_code == 422
    told = clerk.post(f"/deliveries/{entry['delivery']}/notice").json()
    assert told == {"id": entry["delivery"], "state": "queued"}
    assert clerk.post(f"/deliveries/{entry['delivery']}/hand-over").status_code == 409
    proof = clerk.get(f"/deliveries/{entry['delivery']}/proof")
    assert proof.content.startswith(b"%PDF")
    assert calling("lawyer").get(f"/deliveries/{entry['delivery']}/proof").status_code == 404


def test_acts_are_published_by_right_and_read_by_all(
    calling: Calling, client: httpx.Client, entry: dict[str, object]
) -> None:
    registrar, place = calling("registrar"), address(entry, "/publication")
    wanted = {"subject": "Ορισμός επιτροπής", "is_checked": True}
    assert calling("clerk").post(place, json=wanted).status_code == 403
    unlooked = registrar.post(place, json={**wanted, "is_checked": False})
    assert unlooked.json()["type"] == "urn:docflow:problem:not-checked"
    made = registrar.post(place, json=wanted)
    assert made.status_code == 201
    act_id = made.json()["id"]
    assert registrar.post(place, json=wanted).status_code == 409
    ada = registrar.put(f"/publications/{act_id}/ada", json={"ada": "ΨΙ0Ρ46ΜΓΨΦ-ΖΡΜ"})
    assert ada.json()["ada"] == "ΨΙ0Ρ46ΜΓΨΦ-ΖΡΜ"
    found = client.get("/acts", params={"q": "ΕΠΙΤΡΟΠΗΣ"}).json()
    assert [one["id"] for one in found["items"]] == [act_id]
    assert client.get(f"/acts/{act_id}").json()["ada"] == "ΨΙ0Ρ46ΜΓΨΦ-ΖΡΜ"
    assert client.get(f"/acts/{act_id}/file").content.startswith(b"%PDF")
    gone = registrar.post(f"/publications/{act_id}/withdrawal", json={"reason": "Λάθος"})
    assert gone.json()["withdrawn_at"]
    assert client.get("/acts", params={"q": "ΕΠΙΤΡΟΠΗΣ"}).json() == {"items": [], "total": 0}
    assert client.get(f"/acts/{act_id}").json()["withdrawal_reason"] == "Λάθος"
    assert client.get(f"/acts/{act_id}/file").status_code == 404
