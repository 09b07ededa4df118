"""/api/v1/citizens: what a program of the registry does with the portal's accounts."""

from collections.abc import Callable

import httpx

from docflow import documents
from docflow.accounts import Ground, Level, RepresentedKind, Wish, representing
from docflow.office import Office
from tests.accounts import account, secret_of, seen
from tests.factories import Town

AFM, COMPANY = "090000045", "094014201"
Calling = Callable[..., httpx.Client]


def test_an_account_is_proven_locked_and_made_one(
    api_office: Office, town: Town, calling: Calling
) -> None:
    with api_office.db.begin() as session:
        stays = account(session, town, email="api1@example.gr").id
        goes = account(session, town, email="api2@example.gr", level=Level.VISITOR).id
    clerk = calling("clerk")
    assert clerk.get("/citizens", params={"q": "x"}).status_code == 422
    [found] = clerk.get("/citizens", params={"q": "api1@example.gr"}).json()["items"]
    assert (found["id"], found["level"]) == (stays, "registered")
    said = {"full_name": "Ελένη Δημητρίου", "tax_number": AFM, "step": 1}
    temporary = clerk.post(
        f"/citizens/{stays}/proof", json={**said, "level": "temporary", "valid_to": "2999-01-01"}
    )
    assert temporary.status_code == 422
    assert temporary.json()["errors"][0]["pointer"] == "/valid_to"
    proven = clerk.post(f"/citizens/{stays}/proof", json=said).json()
    assert (proven["level"], proven["proofs"][0]["paper"]) == ("verified", "identity-card")
    late = clerk.post(f"/citizens/{stays}/lock", json={"step": 1})
    assert late.json()["type"] == "urn:docflow:problem:account-moved"
    taken = clerk.post(f"/citizens/{goes}/proof", json=said)
    assert taken.json()["type"] == "urn:docflow:problem:tax-number-taken"
    merge = {"other_id": goes, "tax_number": AFM, "step": proven["step"]}
    merged = clerk.post(f"/citizens/{stays}/merge", json=merge)
    assert merged.status_code == 200
    assert clerk.get(f"/citizens/{goes}").json()["merged_into_id"] == stays
    step = merged.json()["step"]
    locked = clerk.post(f"/citizens/{stays}/lock", json={"step": step}).json()
    assert locked["is_locked"]
    unlocked = clerk.post(f"/citizens/{stays}/unlock", json={"step": locked["step"]}).json()
    ended = clerk.post(f"/citizens/{stays}/proof/end", json={"step": unlocked["step"]}).json()
    assert ended["level"] == "registered"
    assert calling("clerk", "read").get(f"/citizens/{stays}").status_code == 403
    assert calling("engineer").get(f"/citizens/{stays}").status_code == 403
    assert clerk.get("/citizens/999999").status_code == 404


def test_representations_are_decided(api_office: Office, town: Town, calling: Calling) -> None:
    with api_office.db.begin() as session:
        row = account(session, town, email="api3@example.gr")
        who = seen(session, secret_of(session, row))
        proof = documents.Upload("εξουσιοδότηση.pdf", "b" * 64, 10, "application/pdf")
        wish = Wish(RepresentedKind.COMPANY, "Αφοί Κάτω", COMPANY, Ground.POWER_OF_ATTORNEY)
        asked = [representing.ask(session, wish, proof, citizen=who).id]
        other = Wish(RepresentedKind.PERSON, "Άννα Κάτω", AFM, Ground.PARENT)
        asked.append(representing.ask(session, other, proof, citizen=who).id)
    clerk, (one, two) = calling("clerk"), asked
    waiting = clerk.get("/citizens/representations").json()["items"]
    assert [item["id"] for item in waiting][:2] == [two, one]
    here = "/citizens/representations"
    accepted = clerk.post(f"{here}/{one}/accept", json={"step": 1}).json()
    assert (accepted["state"], accepted["holds"]) == ("accepted", True)
    revoked = clerk.post(f"{here}/{one}/revoke", json={"step": 2, "reason": "Ανακλήθηκε"}).json()
    assert (revoked["state"], revoked["holds"]) == ("revoked", False)
    assert clerk.post(f"{here}/{two}/refuse", json={"step": 1, "reason": ""}).status_code == 422
    refused = clerk.post(f"{here}/{two}/refuse", json={"step": 1, "reason": "Δυσανάγνωστο"})
    assert refused.json()["state"] == "refused"
    moved = clerk.post(f"{here}/{two}/accept", json={"step": 1})
    assert moved.json()["type"] == "urn:docflow:problem:representation-moved"
