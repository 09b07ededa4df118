"""An entry's way through the house by API: marked, charged, accepted, answered, signed."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from docflow import circulation, clock
from docflow.office import Office
from tests.api.v1.calling import address, registered
from tests.conftest import Keys
from tests.factories import KEY_PASSWORD, Town

Calling = Any  # Callable[..., httpx.Client]


def charged(clerk: httpx.Client, calling: Calling, town: Town, **to: Any) -> dict[str, Any]:
    """A letter, charged by the head of the secretariat to the engineer, or to `to`."""
    entry = registered(clerk)
    target = to or {"unit_id": town.units["ΟΔΟΠ"], "user_id": town.users["engineer"]}
    answer = calling("secretary").post(address(entry, "/charges"), json={"to": target})
    assert answer.status_code == 201, answer.text
    return entry


def baskets(client: httpx.Client) -> dict[str, int]:
    return {one["basket"]: one["count"] for one in client.get("/tasks").json()["items"]}


def awaiting_signature(client: httpx.Client) -> set[int]:
    return {one["id"] for one in client.get("/tasks/awaiting-signature").json()}


def test_a_head_marks_and_charges_a_new_entry(
    clerk: httpx.Client, calling: Calling, town: Town
) -> None:
    entry = registered(clerk)
    secretary = calling("secretary")
    marking = {"priority": "urgent", "due_on": "2999-12-31", "instructions": "Σήμερα"}
    marked = secretary.post(address(entry, "/marking"), json=marking).json()
    assert (marked["handling"]["priority"], marked["handling"]["due_on"]) == (
        "urgent",
        "2999-12-31",
    )
    body = {
        "to": {"unit_id": town.units["ΟΔΟΠ"]},
        "inform": [{"unit_id": town.units["ΝΟΜ"]}],
        "instructions": "Για τις ενέργειές σας",
    }
    answer = secretary.post(address(entry, "/charges"), json=body)
    assert answer.status_code == 201
    charges = clerk.get(address(entry, "/charges")).json()["items"]
    assert [(one["kind"], one["unit"]) for one in charges] == [
        ("action", "Τμήμα Οδοποιίας"),
        ("information", "Νομική Υπηρεσία"),
    ]


def test_a_charge_waits_for_its_day_and_is_withdrawn(
    clerk: httpx.Client, calling: Calling, town: Town
) -> None:
    entry = registered(clerk)
    secretary = calling("secretary")
    body = {"to": {"unit_id": town.units["ΟΔΟΠ"]}, "on": "2999-12-31"}
    far = secretary.post(address(entry, "/charges"), json=body)
    assert (far.status_code, far.json()["type"]) == (422, "urn:docflow:problem:bad-plan-day")
    day = (clock.today() + timedelta(days=2)).isoformat()
    planned = secretary.post(address(entry, "/charges"), json={**body, "on": day}).json()
    assert (planned["charges"], planned["planned"]["on_day"]) == ([], day)
    gone = secretary.delete(address(entry, "/charges/planned"))
    assert (gone.status_code, gone.json()["planned"]) == (200, None)


def test_the_receiver_accepts_and_the_second_is_told(
    clerk: httpx.Client, calling: Calling, town: Town
) -> None:
    entry = charged(clerk, calling, town, unit_id=town.units["ΟΔΟΠ"])
    first = calling("engineer").post(address(entry, "/acceptance"))
    assert first.json()["handling"]["person"] == "Άννα Βλάχου"
    second = calling("colleague").post(address(entry, "/acceptance"))
    assert (second.status_code, second.json()["type"]) == (
        409,
        "urn:docflow:problem:state-changed",
    )


def test_a_return_needs_a_reason_and_brings_the_entry_back(
    clerk: httpx.Client, calling: Calling, town: Town
) -> None:
    entry = charged(clerk, calling, town)
    engineer = calling("engineer")
    assert engineer.post(address(entry, "/return"), json={}).status_code == 422
    answer = engineer.post(address(entry, "/return"), json={"reason": "Αναρμόδιο τμήμα"})
    assert answer.json()["handling"]["state"] == "new"
    assert answer.json()["charges"][-1]["reason"] == "Αναρμόδιο τμήμα"


def test_an_entry_is_passed_on(clerk: httpx.Client, calling: Calling, town: Town) -> None:
    entry = charged(clerk, calling, town)
    to = {"unit_id": town.units["ΟΔΟΠ"], "user_id": town.users["colleague"]}
    answer = calling("engineer").post(address(entry, "/pass-on"), json={"to": to})
    assert answer.json()["handling"]["person"] == "Πέτρος Δήμου"


def test_an_entry_is_filed_and_taken_up_again(
    clerk: httpx.Client, calling: Calling, town: Town
) -> None:
    entry = charged(clerk, calling, town)
    calling("engineer").post(address(entry, "/acceptance"))
    filed = calling("engineer").post(address(entry, "/filing"), json={"reason": "Προς γνώση"})
    assert filed.json()["handling"]["state"] == "closed"
    again = calling("director").post(address(entry, "/reopening"), json={"reason": "Νέα στοιχεία"})
    assert again.json()["handling"]["state"] == "new"


def test_what_came_for_information_is_noted_once(
    clerk: httpx.Client, calling: Calling, town: Town
) -> None:
    entry = charged(clerk, calling, town)
    targets = [{"unit_id": town.units["ΝΟΜ"], "user_id": town.users["lawyer"]}]
    calling("engineer").post(address(entry, "/acceptance"))
    told = calling("engineer").post(address(entry, "/information"), json={"targets": targets})
    charge = told.json()["charges"][-1]
    lawyer = calling("lawyer")
    note = address(entry, f"/charges/{charge['id']}/acknowledgement")
    assert lawyer.post(note).json()["charges"][-1]["state"] == "done"
    assert lawyer.post(note).status_code == 409
    other = registered(clerk)
    wrong = address(other, f"/charges/{charge['id']}/acknowledgement")
    assert clerk.post(wrong).status_code == 404


def test_only_the_head_charges(clerk: httpx.Client, town: Town) -> None:
    entry = registered(clerk)
    answer = clerk.post(address(entry, "/charges"), json={"to": {"unit_id": town.units["ΟΔΟΠ"]}})
    assert (answer.status_code, answer.json()["type"]) == (
        403,
        "urn:docflow:problem:not-responsible",
    )


def test_a_work_list_and_its_count_hold_what_was_charged(
    clerk: httpx.Client, calling: Calling, town: Town
) -> None:
    engineer = calling("engineer")
    before = baskets(engineer)["mine"]
    entry = charged(clerk, calling, town)
    assert baskets(engineer)["mine"] == before + 1
    items = engineer.get("/tasks/mine", params={"limit": 200}).json()["items"]
    assert entry["label"] in [line["label"] for line in items]
    assert engineer.get("/tasks/nonsense").status_code == 422


def test_a_work_list_goes_on_where_it_ended(
    clerk: httpx.Client, calling: Calling, town: Town
) -> None:
    for _ in range(2):
        charged(clerk, calling, town)
    engineer = calling("engineer")
    whole = engineer.get("/tasks/mine", params={"limit": 200}).json()["items"]
    seen, query = [], {"limit": "1"}
    for _ in whole:
        page = engineer.get("/tasks/mine", params=query).json()
        seen += page["items"]
        query["cursor"] = page["next_cursor"]
    assert seen == whole
    assert page["next_cursor"] is None


@pytest.fixture
def signers(api_office: Office, town: Town, keys: Keys) -> None:
    """Engineer, director and mayor have their signing keys."""
    for username, key in keys.persons.items():
        with api_office.db.begin() as session:
            by = town.person(session, username)
            circulation.keys.add(session, key, KEY_PASSWORD, by=by, settings=api_office.settings)


def drafted(clerk: httpx.Client, calling: Calling, town: Town) -> dict[str, Any]:
    """The engineer's answer to a letter that he accepted."""
    entry = charged(clerk, calling, town)
    engineer = calling("engineer")
    engineer.post(address(entry, "/acceptance"))
    body = {
        "answers": {"book": "koino", "year": entry["year"], "number": entry["number"]},
        "subject": "Απάντηση στην αίτησή σας",
        "recipient": {"name": "Μαρία Αναγνώστου", "email": "maria@example.gr"},
        "body": "Σας γνωρίζουμε ότι η επισκευή θα γίνει.",
    }
    answer = engineer.post("/drafts", json=body)
    assert answer.status_code == 201, answer.text
    draft: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/api/v1/drafts/{draft['id']}"
    return draft


def changed(draft: dict[str, Any], **changes: Any) -> dict[str, Any]:
    body = {
        "subject": draft["subject"],
        "recipient": {"name": draft["recipient_name"], "email": draft["recipient_email"]},
        "body": draft["body"],
        "version": draft["version"],
    }
    return {**body, **changes}


def test_a_draft_is_saved_unless_somebody_was_faster(
    clerk: httpx.Client, calling: Calling, town: Town
) -> None:
    draft = drafted(clerk, calling, town)
    engineer, path = calling("engineer"), f"/drafts/{draft['id']}"
    saved = engineer.put(path, json=changed(draft, body="Νέο κείμενο"))
    assert (saved.json()["version"], saved.json()["body"]) == (2, "Νέο κείμενο")
    late = engineer.put(path, json=changed(draft, body="Άλλο"))
    assert late.json()["type"] == "urn:docflow:problem:draft-moved"


def test_the_drafter_s_own_pdf_stays_until_another_comes(
    clerk: httpx.Client, calling: Calling, town: Town, page: bytes
) -> None:
    draft = drafted(clerk, calling, town)
    engineer, path = calling("engineer"), f"/drafts/{draft['id']}"
    parts = {
        "metadata": (None, json.dumps(changed(draft)), "application/json"),
        "files": ("απάντηση.pdf", page),
    }
    first = engineer.put(path, files=parts).json()
    assert first["upload_name"] == "απάντηση.pdf"
    second = engineer.put(path, json=changed(first)).json()
    assert second["upload_name"] == "απάντηση.pdf"
    third = engineer.put(path, json=changed(second, keep_upload=False)).json()
    assert third["upload_name"] is None


def test_a_draft_is_hidden_from_those_whom_it_does_not_concern(
    clerk: httpx.Client, calling: Calling, town: Town
) -> None:
    draft = drafted(clerk, calling, town)
    assert clerk.get(f"/drafts/{draft['id']}").status_code == 404
    assert clerk.get("/drafts/999999999").json()["type"] == "urn:docflow:problem:no-such-draft"


@pytest.mark.usefixtures("signers")
def test_a_draft_is_signed_in_order_by_each_person_s_key(
    clerk: httpx.Client, calling: Calling, town: Town
) -> None:
    draft = drafted(clerk, calling, town)
    path = f"/drafts/{draft['id']}"
    engineer, director, mayor = (calling(n) for n in ("engineer", "director", "mayor"))
    [signer] = engineer.get("/signers").json()["items"]
    sent = engineer.post(f"{path}/circulation", json={"final_signer_id": signer["id"]})
    assert sent.status_code == 200, sent.text
    assert [step["person"] for step in sent.json()["steps"]] == [
        "Άννα Βλάχου",
        "Γιώργος Αλεξίου",
        "Νίκος Παπαδόπουλος",
    ]
    steps = [step["id"] for step in sent.json()["steps"]]
    bodies = [{"password": KEY_PASSWORD, "step": step} for step in steps]
    early = mayor.post(f"{path}/signatures", json=bodies[2])
    assert early.json()["type"] == "urn:docflow:problem:not-your-turn"
    wrong = engineer.post(f"{path}/signatures", json={**bodies[0], "password": "λάθος"})
    assert wrong.json()["type"] == "urn:docflow:problem:wrong-key-password"
    before = awaiting_signature(mayor)  # of other tests of this house
    for person, body in zip((engineer, director), bodies, strict=False):
        answer = person.post(f"{path}/signatures", json=body)
        assert answer.status_code == 200, answer.text
    repeated = director.post(f"{path}/signatures", json=bodies[1])
    assert repeated.status_code == 200
    assert baskets(mayor)["awaiting-signature"] == len(before) + 1
    assert awaiting_signature(mayor) - before == {draft["id"]}
    last = mayor.post(f"{path}/signatures", json=bodies[2]).json()
    assert last["state"] == "issuing"
    document = mayor.get(f"{path}/document")
    assert document.content.startswith(b"%PDF-")
    assert document.headers["etag"] == f'"{last["document_sha256"]}"'


@pytest.mark.usefixtures("signers")
def test_a_returned_draft_goes_back_to_its_drafter(
    clerk: httpx.Client, calling: Calling, town: Town
) -> None:
    draft = drafted(clerk, calling, town)
    path = f"/drafts/{draft['id']}"
    engineer, director = calling("engineer"), calling("director")
    sent = engineer.post(f"{path}/circulation", json={"final_signer_id": town.users["mayor"]})
    first, second, _ = (step["id"] for step in sent.json()["steps"])
    engineer.post(f"{path}/signatures", json={"password": KEY_PASSWORD, "step": first})
    back = director.post(f"{path}/return", json={"reason": "Λείπει η προθεσμία", "step": second})
    assert back.json()["state"] == "drafting"
    assert engineer.post(f"{path}/withdrawal").json()["state"] == "withdrawn"
    assert engineer.post(f"{path}/issue").status_code == 409
