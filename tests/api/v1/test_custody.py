"""Reading, holds, erasures, the store and the log for programs."""

from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from docflow import audit, clock, custody, outbox, registry
from docflow.office import Office
from docflow.organization import Role, User, grant
from tests import factories

Calling = Callable[..., httpx.Client]


@pytest.fixture
def letter(api_office: Office, town: factories.Town) -> str:
    with api_office.db.begin() as session:
        entry = factories.letter(session, town)
        return f"/entries/koino/{entry.year}/{entry.number}"


@pytest.fixture
def secret(api_office: Office, town: factories.Town) -> str:
    with api_office.db.begin() as session:
        book, user = town.books["empisteftiko"], town.users["lawyer"]
        if session.get(registry.BookGrant, (book, user)) is None:
            session.add(registry.BookGrant(book_id=book, user_id=user))
        upload = factories.uploaded(api_office, b"%PDF-1.4 secret")
        entry = factories.secret_letter(session, town, upload)
        return f"/entries/empisteftiko/{entry.year}/{entry.number}"


def test_a_confidential_entry_needs_a_reason(calling: Calling, secret: str) -> None:
    lawyer = calling("lawyer")
    for path in (secret, f"{secret}/text", f"{secret}/files/1", f"{secret}/history"):
        answer = lawyer.get(path)
        assert answer.status_code == 403, path
        assert answer.json()["type"] == "urn:docflow:problem:reason-needed"
    told = lawyer.get(secret, headers={"Read-Reason": quote("γνωμοδότηση 12")})
    assert told.status_code == 200
    assert lawyer.get(f"{secret}/files/1").content == b"%PDF-1.4 secret"
    [last, first] = lawyer.get(f"{secret}/reads").json()["items"]
    assert (first["what"], first["basis"], first["reason"]) == ("entry", "reason", "γνωμοδότηση 12")
    assert (last["what"], last["file"]) == ("file", 1)
    short = lawyer.get(secret, headers={"Read-Reason": "x"})
    assert short.status_code == 422


def test_the_month_is_for_the_officer_and_auditors(
    api_office: Office, town: factories.Town, calling: Calling, secret: str
) -> None:
    with api_office.db.begin() as session:
        grant(session, session.get_one(User, town.users["colleague"]), Role.DATA_PROTECTION, None)
    calling("lawyer").get(secret, headers={"Read-Reason": "audit"})
    today = clock.today()
    address = f"/reads/{today.year}/{today.month}"
    assert calling("clerk").get(address).status_code == 403
    officer = calling("colleague")
    report = officer.get(address).json()
    assert report["confidential"] >= 1
    assert "audit" in {one["reason"] for one in report["confidential_reads"]}
    assert officer.get(f"{address}?form=pdf").content.startswith(b"%PDF-")
    assert "audit" in officer.get(f"{address}?form=csv").text
    told = calling("auditor").get(address).json()
    assert told["confidential"] == 0, "not of entries that are closed to him"


def test_holds_and_erasures(
    api_office: Office, town: factories.Town, calling: Calling, letter: str
) -> None:
    with api_office.db.begin() as session:
        grant(session, session.get_one(User, town.users["colleague"]), Role.DATA_PROTECTION, None)
    registrar, officer = calling("registrar"), calling("colleague")
    placed = registrar.post(f"{letter}/holds", json={"reason": "δίκη"})
    assert placed.status_code == 201
    hold = placed.json()["id"]
    assert hold in {one["id"] for one in registrar.get("/holds").json()["items"]}
    body = {"basis": "νόμος", "reason": "αίτημα"}
    assert registrar.post(f"{letter}/erasures", json=body).status_code == 409
    assert calling("clerk").post(f"{letter}/holds", json={"reason": "δίκη"}).status_code == 403
    assert registrar.post(f"/holds/{hold}/release", json={"reason": "τέλος"}).status_code == 204
    asked = registrar.post(f"{letter}/erasures", json=body)
    assert asked.status_code == 201
    address = f"/erasures/{asked.json()['id']}/decision"
    assert registrar.post(address, json={"approve": True}).status_code == 409
    assert officer.post(address, json={"approve": False}).status_code == 422
    refusal = {"approve": False, "reason": "αβάσιμο"}
    assert officer.post(address, json=refusal).status_code == 204
    items = officer.get("/erasures").json()["items"]
    [first] = [one for one in items if one["id"] == asked.json()["id"]]
    assert (first["is_approved"], first["decision_reason"]) == (False, "αβάσιμο")
    assert officer.post(address, json=refusal).status_code == 409


def test_the_store_and_a_check_of_the_trail(
    api_office: Office, calling: Calling, letter: str
) -> None:
    auditor = calling("auditor")
    assert calling("clerk").get("/storage").status_code == 403
    assert auditor.post("/storage/probe").status_code == 202
    assert auditor.post("/storage/burn").status_code == 422
    begun = auditor.post("/verifications", json={"with_objects": True})
    assert begun.status_code == 202
    with api_office.db.begin() as session:
        while audit.sequence(session):
            pass
    with api_office.db.read() as session:
        wanted = ("custody.probe", "custody.verify")
        ids = session.scalars(
            text("SELECT id FROM jobs WHERE task = ANY(:tasks) AND state = 'waiting'"),
            {"tasks": list(wanted)},
        ).all()
    for job_id in ids:
        outbox.run(api_office, job_id)
    done = auditor.get(f"/verifications/{begun.json()['id']}").json()
    # Other tests of this house lose bytes on purpose: those are found, and nothing else.
    lost = [finding.detail for finding in custody.verify_objects(api_office)]
    found = [finding["detail"] for finding in done["outcome"]["findings"]]
    assert (done["state"], found) == ("done", lost)
    assert done["is_sound"] is (not lost)
    store = auditor.get("/storage").json()
    assert store["alarms"] == []
    assert {one["name"] for one in store["runs"]["probe"]["promises"]} >= {"unchanged", "retention"}
    assert auditor.get("/verifications/99999").status_code == 404


def test_the_officer_decides_about_what_he_does_not_see(
    api_office: Office, town: factories.Town, calling: Calling, secret: str
) -> None:
    with api_office.db.begin() as session:
        account = session.get_one(User, town.users["colleague"])
        if Role.DATA_PROTECTION not in town.person(session, "colleague").roles:
            grant(session, account, Role.DATA_PROTECTION, None)
    officer = calling("colleague")
    assert officer.get(secret).status_code == 404
    placed = officer.post(f"{secret}/holds", json={"reason": "έλεγχος της Αρχής"})
    assert placed.status_code == 201, placed.text
    assert officer.post(
        f"/holds/{placed.json()['id']}/release", json={"reason": "έληξε"}
    ).is_success
    asked = officer.post(f"{secret}/erasures", json={"basis": "νόμος", "reason": "αίτημα"})
    assert asked.status_code == 201, asked.text
    assert calling("engineer").post(f"{secret}/holds", json={"reason": "χωρίς"}).status_code == 404


def test_two_heads_of_the_log_are_shown_to_follow(
    api_office: Office, town: factories.Town, calling: Calling, letter: str
) -> None:
    clerk = calling("clerk")
    key = Ed25519PrivateKey.generate()

    def sign() -> None:
        with api_office.db.begin() as session:
            while audit.sequence(session):
                pass
            audit.sign_heads(session, origins={town.body_id: "x.example/log/y"}, keys=[key])
        with api_office.db.begin() as session:
            while audit.sequence(session):
                pass

    sign()
    first = clerk.get("/log/checkpoint").json()
    assert first["keys"][-1] == str(audit.notes.Signer("x.example/log/y", key).verifier)
    with api_office.db.begin() as session:
        factories.letter(session, town)
    sign()
    old = audit.notes.Checkpoint.parse(audit.notes.split(first["checkpoint"])[0])
    told = clerk.get(f"/log/consistency?old={old.size}").json()
    new = audit.notes.Checkpoint.parse(audit.notes.split(told["new_checkpoint"])[0])
    assert told["old_checkpoint"].startswith(first["checkpoint"][:40])
    hashes = audit.notes.hashes_of(told["hashes"])
    assert audit.merkle.verify_consistency(old.size, new.size, old.root, new.root, hashes)
    assert clerk.get("/log/consistency?old=999999").status_code == 404
    assert clerk.get("/log/consistency?old=0").status_code == 422
