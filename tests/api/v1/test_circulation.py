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


def step(caller: httpx.Client, draft_id: int) -> int:
    """The caller's last step of the draft, as he reads it now."""
    steps = caller.get(f"/drafts/{draft_id}").json()["steps"]
    mine = [one for one in steps if one["is_mine"] or one["is_deputised"]]
    return int(mine[-1]["id"])


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
    director, lawyer, secretary = (calling(n) for n in ("director", "lawyer", "secretary"))
    path, seen = f"/drafts/{draft_id}/signatures", {**body, "step": step(director, draft_id)}
    signed = director.post(path, json=seen)
    assert [s["state"] for s in signed.json()["steps"]] == [
        "signed",
        "covered",
        "active",
        "active",
    ]
    assert signed.json()["steps"][0]["objection"] == "Διαφωνώ"
    note = {"step": step(lawyer, draft_id)}
    noted = lawyer.post(f"/drafts/{draft_id}/note", json=note)
    assert noted.json()["steps"][2]["state"] == "noted"
    assert lawyer.post(f"/drafts/{draft_id}/note", json=note).status_code == 409
    late = secretary.post(path, json={**body, "step": step(secretary, draft_id)})
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
    director = calling("director")
    waiting = {d["id"]: d["step"] for d in director.get("/tasks/awaiting-signature").json()}
    chosen = [{"draft": one, "step": waiting.get(one, 1)} for one in (ids[0], 10**9, ids[1])]
    body = {"drafts": chosen, "password": factories.KEY_PASSWORD}
    results = director.post("/drafts/signatures", json=body)
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
    forward = {"to": town.users["colleague"], "reason": "Αρμόδιος"}
    seen = step(director, draft_id)
    passed = director.post(f"{path}/forwarding", json={**forward, "step": seen})
    assert passed.status_code == 200, passed.text
    colleague = calling("colleague")
    refusal = {"reason": "Όχι", "step": step(colleague, draft_id)}
    rejected = colleague.post(f"{path}/rejection", json=refusal)
    assert rejected.json()["state"] == "rejected"
    assert engineer.post(f"{path}/recall").status_code == 409


@pytest.mark.parametrize(
    ("act", "more"),
    [
        ("signatures", {"password": factories.KEY_PASSWORD}),
        ("return", {"reason": "Λάθος ποσό"}),
        ("rejection", {"reason": "Αναρμόδια"}),
        ("forwarding", {"reason": "Αρμόδιος"}),
    ],
)
def test_who_read_an_earlier_text_does_nothing_to_the_present_one(
    calling: Calling, town: Town, draft_id: int, act: str, more: dict[str, Any]
) -> None:
    engineer, director = calling("engineer"), calling("director")
    path = f"/drafts/{draft_id}"
    engineer.post(f"{path}/circulation", json=steps(town))
    old = {**more, "step": step(director, draft_id)}
    if act == "forwarding":
        old["to"] = town.users["colleague"]
    engineer.post(f"{path}/recall")
    engineer.post(f"{path}/circulation", json=steps(town))
    told = director.post(f"{path}/{act}", json=old)
    assert (told.status_code, problem(told)) == (409, "draft-moved")
    blind = director.post(f"{path}/{act}", json={k: v for k, v in old.items() if k != "step"})
    assert (blind.status_code, problem(blind)) == (422, "bad-request-form")
    if act == "signatures":
        secret = {"password": factories.KEY_PASSWORD}
        batch = {"drafts": [{"draft": draft_id, "step": old["step"]}], **secret}
        [one] = director.post("/drafts/signatures", json=batch).json()
        assert not one["is_signed"]
        blind = director.post("/drafts/signatures", json={"drafts": [draft_id], **secret})
        assert blind.status_code == 422
    states = [one["state"] for one in engineer.get(path).json()["steps"]]
    assert states == ["cancelled"] * 4 + ["active", "active", "waiting", "waiting"]
    done = director.post(f"{path}/{act}", json={**old, "step": step(director, draft_id)})
    assert done.status_code == 200, done.text


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

    def awaiting() -> list[dict[str, Any]]:
        lines = colleague.get("/drafts").json()["awaiting_signature"]
        return [line for line in lines if line["id"] == draft_id]

    [line] = awaiting()
    assert (line["on_behalf_of"], line["kind"]) == ("Γιώργος Αλεξίου", "countersign")
    chain = {**body, "person_id": town.users["colleague"], "deputy_id": town.users["engineer"]}
    refused = calling("administrator").post("/deputies", json=chain)
    assert (refused.status_code, problem(refused)) == (409, "deputy-of-deputy")
    gone = calling("administrator").delete(f"/deputies/{made.json()['id']}")
    assert gone.status_code == 204
    assert awaiting() == []


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
