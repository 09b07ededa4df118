"""Circulation by the JSON API: chains, batches, decisions, versions, deputies."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from docflow import circulation, clock
from docflow.office import Office
from tests import factories
from tests.conftest import Keys
from tests.factories import Town

Calling = Callable[..., httpx.Client]


@pytest.fixture
def draft_id(api_office: Office, town: Town, keys: Keys) -> int:
    """A draft of the engineer; all who have keys have them here."""
    for username, data in keys.persons.items():
        with api_office.db.begin() as session:
            by = town.person(session, username)
            circulation.keys.add(
                session, data, factories.KEY_PASSWORD, by=by, settings=api_office.settings
            )
    return begun(api_office, town)


def begun(office: Office, town: Town) -> int:
    with office.db.begin() as session:
        entry = factories.letter(session, town)
        factories.accepted(session, town, entry)
        by = town.person(session, "engineer")
        return circulation.begin_answer(session, entry.id, factories.content(), by=by).id


def steps(town: Town, rule: str = "all") -> dict[str, Any]:
    users = town.users
    return {
        "final_signer_id": users["mayor"],
        "steps": [
            {"rank": 1, "kind": "countersign", "user_id": users["director"], "rule": rule},
            {"rank": 1, "kind": "countersign", "user_id": users["secretary"], "rule": rule},
            {"rank": 2, "kind": "information", "user_id": users["lawyer"]},
            {"rank": 3, "kind": "signature", "who": "final"},
        ],
    }


def problem(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


def test_a_draft_goes_round_by_rank(calling: Calling, town: Town, draft_id: int) -> None:
    engineer = calling("engineer")
    offered = engineer.get(f"/drafts/{draft_id}/chains").json()
    assert [step["who"] for step in offered[0]["steps"]] == ["drafter", "head", "director", "final"]
    sent = engineer.post(f"/drafts/{draft_id}/circulation", json=steps(town, "any"))
    assert sent.status_code == 200, sent.text
    assert [(s["rank"], s["state"]) for s in sent.json()["steps"]] == [
        (1, "active"),
        (1, "active"),
        (2, "waiting"),
        (3, "waiting"),
    ]
    body = {"password": factories.KEY_PASSWORD, "objection": "Διαφωνώ"}
    signed = calling("director").post(f"/drafts/{draft_id}/signatures", json=body)
    assert [s["state"] for s in signed.json()["steps"]] == [
        "signed",
        "covered",
        "active",
        "active",
    ]
    assert signed.json()["steps"][0]["objection"] == "Διαφωνώ"
    noted = calling("lawyer").post(f"/drafts/{draft_id}/note")
    assert noted.json()["steps"][2]["state"] == "noted"
    late = calling("secretary").post(f"/drafts/{draft_id}/signatures", json=body)
    assert (late.status_code, problem(late)) == (403, "not-your-turn")


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"steps": []}, "empty-chain"),
        ({"final_signer_id": None}, "signer-missing"),
        ({"steps": [{"rank": 1, "kind": "signature"}]}, "bad-chain"),
        ({"steps": [{"rank": 0, "kind": "signature", "who": "final"}]}, "invalid-request"),
    ],
)
def test_a_chain_that_is_wrong_is_refused(
    calling: Calling, town: Town, draft_id: int, change: dict[str, Any], kind: str
) -> None:
    answer = calling("engineer").post(
        f"/drafts/{draft_id}/circulation", json={**steps(town), **change}
    )
    assert answer.status_code in (409, 422)
    if kind != "invalid-request":
        assert problem(answer) == kind


def test_many_are_signed_with_a_result_each(
    api_office: Office, calling: Calling, town: Town, draft_id: int
) -> None:
    ids = [draft_id, begun(api_office, town)]
    for one in ids:
        calling("engineer").post(f"/drafts/{one}/circulation", json=steps(town))
    body = {"drafts": [ids[0], 10**9, ids[1]], "password": factories.KEY_PASSWORD}
    results = calling("director").post("/drafts/signatures", json=body)
    assert results.status_code == 200, results.text
    assert [(r["draft_id"], r["is_signed"]) for r in results.json()] == [
        (ids[0], True),
        (10**9, False),
        (ids[1], True),
    ]
    wrong = calling("secretary").post("/drafts/signatures", json={**body, "password": "λάθος"})
    assert (wrong.status_code, problem(wrong)) == (422, "wrong-key-password")
    assert "λάθος" not in wrong.text


def test_a_draft_is_recalled_forwarded_and_rejected(
    calling: Calling, town: Town, draft_id: int
) -> None:
    engineer, director = calling("engineer"), calling("director")
    path = f"/drafts/{draft_id}"
    engineer.post(f"{path}/circulation", json=steps(town))
    assert engineer.post(f"{path}/recall").json()["state"] == "drafting"
    engineer.post(f"{path}/circulation", json=steps(town))
    passed = director.post(
        f"{path}/forwarding", json={"to": town.users["colleague"], "reason": "Αρμόδιος"}
    )
    assert passed.status_code == 200, passed.text
    rejected = calling("colleague").post(f"{path}/rejection", json={"reason": "Όχι"})
    assert rejected.json()["state"] == "rejected"
    assert engineer.post(f"{path}/recall").status_code == 409


def test_versions_and_sheet_are_read(calling: Calling, town: Town, draft_id: int) -> None:
    engineer = calling("engineer")
    path = f"/drafts/{draft_id}"
    draft = engineer.get(path).json()
    engineer.put(
        path,
        json={
            "version": 1,
            "subject": draft["subject"],
            "recipient": {"name": draft["recipient_name"], "email": draft["recipient_email"]},
            "body": "Σας γνωρίζουμε κάτι άλλο.",
        },
    )
    assert [v["version"] for v in engineer.get(f"{path}/versions").json()] == [1, 2]
    rows = engineer.get(f"{path}/comparison", params={"old": 1, "new": 2}).json()
    assert {row["change"] for row in rows} > {"same"}
    missing = engineer.get(f"{path}/comparison", params={"old": 1, "new": 7})
    assert problem(missing) == "no-such-version"
    for for_staff in (True, False):
        sheet = engineer.get(f"{path}/sheet", params={"for_staff": for_staff})
        assert sheet.content.startswith(b"%PDF")
    assert calling("lawyer").get(f"{path}/sheet").status_code == 404


def test_a_deputy_is_appointed_and_ended(calling: Calling, town: Town, draft_id: int) -> None:
    today = clock.today()
    body = {
        "person_id": town.users["director"],
        "deputy_id": town.users["colleague"],
        "valid_from": today.isoformat(),
        "valid_to": (today + timedelta(days=1)).isoformat(),
        "acts_as": "by-order",
    }
    assert calling("lawyer").post("/deputies", json=body).status_code == 403
    made = calling("administrator").post("/deputies", json=body)
    assert made.status_code == 201, made.text
    calling("engineer").post(f"/drafts/{draft_id}/circulation", json=steps(town))
    colleague = calling("colleague")
    [line] = colleague.get("/drafts").json()["awaiting_signature"]
    assert (line["on_behalf_of"], line["kind"]) == ("Γιώργος Αλεξίου", "countersign")
    chain = {**body, "person_id": town.users["colleague"], "deputy_id": town.users["engineer"]}
    refused = calling("administrator").post("/deputies", json=chain)
    assert (refused.status_code, problem(refused)) == (409, "deputy-of-deputy")
    gone = calling("administrator").delete(f"/deputies/{made.json()['id']}")
    assert gone.status_code == 204
    assert colleague.get("/drafts").json()["awaiting_signature"] == []


def test_a_chain_is_kept_and_withdrawn(calling: Calling, town: Town, draft_id: int) -> None:
    body = {"name": "Σύντομη", "steps": [{"rank": 1, "kind": "signature", "who": "final"}]}
    administrator = calling("administrator")
    made = administrator.post("/chains", json=body)
    assert made.status_code == 201, made.text
    offered = calling("engineer").get(f"/drafts/{draft_id}/chains").json()
    assert offered[0]["name"] == "Σύντομη"
    assert calling("engineer").post("/chains", json=body).status_code == 403
    assert administrator.delete(f"/chains/{made.json()['id']}").status_code == 204
    names = [one["name"] for one in administrator.get("/chains").json()]
    assert names == [""]
