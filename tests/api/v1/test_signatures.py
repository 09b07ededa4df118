"""Keys, checks, signing elsewhere, copies and proofs of time by API."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils
from fastapi import FastAPI
from pydantic import SecretStr

import signing
from api.v1 import create_app
from docflow import circulation, organization, registry
from docflow.office import Office
from tests.api.v1.calling import SCOPES, Caller, address
from tests.conftest import Keys
from tests.docflow.signatures.papers import paper, person_key
from tests.docflow.steps import begun, circulated, issued, run_jobs
from tests.factories import KEY_PASSWORD, Town


@pytest.fixture(scope="module")
def sealing(api_office: Office, keys: Keys) -> Office:
    """The API's office with seal, time-stamps and roots."""
    update = {
        "tsa_urls": [keys.tsa_url],
        "trust_roots": keys.roots,
        "seal_key": keys.seal,
        "seal_password": SecretStr("σφραγίδα"),
    }
    return replace(api_office, settings=api_office.settings.model_copy(update=update))


@pytest.fixture(scope="module")
def its_api(sealing: Office) -> FastAPI:
    return create_app(sealing)


@pytest.fixture
def house(sealing: Office, town: Town, keys: Keys) -> Office:
    """The same; its people have their keys."""
    for username in ("engineer", "director", "mayor"):
        with sealing.db.begin() as session:
            by = town.person(session, username)
            circulation.keys.add(
                session, keys.persons[username], KEY_PASSWORD, by=by, settings=sealing.settings
            )
    return sealing


@pytest.fixture
def calls(house: Office, its_api: FastAPI, town: Town) -> Iterator[Callable[..., httpx.Client]]:
    opened: list[Caller] = []

    def call(username: str, *scopes: str) -> httpx.Client:
        with house.db.begin() as session:
            user = session.get_one(organization.User, town.users[username])
            token = organization.issue_token(
                session, user, name="test", scopes=list(scopes or SCOPES)
            )
        opened.append(Caller(its_api, token=token))
        return opened[-1]

    yield call
    for caller in opened:
        caller.close()


@pytest.fixture
def draft_id(house: Office, town: Town) -> int:
    """A draft that waits for the engineer."""
    _, made = begun(house, town)
    circulated(house, town, made)
    return made


def out(house: Office, town: Town) -> dict[str, Any]:
    """A document that was issued, by what its address is made of."""
    done = issued(house, town)
    with house.db.begin() as session:
        entry = session.get_one(registry.Entry, done.entry_id)
        return {"book": "koino", "year": entry.year, "number": entry.number}


def test_the_callers_key_says_what_it_asks_for(calls: Callable[..., httpx.Client]) -> None:
    key = calls("mayor").get("/keys/own").json()
    assert (key["kind"], key["asks"], key["subject"]) == (
        "file",
        ["password"],
        "Νίκος Παπαδόπουλος (TEST)",
    )
    assert calls("lawyer").get("/keys/own").status_code == 404
    assert calls("mayor", "read").get("/keys/own").status_code == 403
    answer = calls("mayor").post("/keys/own/one-time-password", json={"password": "x"})
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:docflow:problem:nothing-to-send"


def test_a_file_is_checked(calls: Callable[..., httpx.Client], house: Office, keys: Keys) -> None:
    key = signing.SigningKey.load_pkcs12(keys.persons["mayor"], KEY_PASSWORD)
    pdf = signing.sign(paper(), key, field="Signer1", tsa_urls=house.settings.tsa_urls)
    clerk = calls("clerk")
    report = clerk.post("/validations", files={"file": ("a.pdf", pdf)}).json()
    assert (report["verdict"], report["verdict_text"]) == ("valid", "Valid")
    [one] = report["signatures"]
    assert (one["signer"], one["indication"]) == ("Νίκος Παπαδόπουλος (TEST)", "total-passed")
    changed = pdf[:2000] + b"x" + pdf[2001:]
    bad = clerk.post("/validations", files={"file": ("a.pdf", changed)}).json()
    assert bad["verdict"] == "invalid"
    text = clerk.post("/validations", files={"file": ("a.txt", b"hello")}).json()
    assert text["integrity"] != "intact"
    assert clerk.post("/validations").status_code == 422
    huge = clerk.post("/validations", files={"file": ("a.pdf", b"x" * (3 << 20))})
    assert huge.status_code in (413, 422)


def test_the_report_of_an_entrys_file_is_read_and_asked_for_again(
    calls: Callable[..., httpx.Client], house: Office, keys: Keys, town: Town
) -> None:
    key = signing.SigningKey.load_pkcs12(keys.persons["mayor"], KEY_PASSWORD)
    pdf = signing.sign(paper(), key, field="Signer1", tsa_urls=house.settings.tsa_urls)
    clerk = calls("clerk")
    form = {
        "metadata": json.dumps(
            {
                "direction": "incoming",
                "subject": "Υπογεγραμμένη αίτηση",
                "sender": {"name": "Μαρία"},
                "duplicate_reason": "δοκιμή",
            }
        )
    }
    entry = clerk.post("/entries", data=form, files={"files": ("a.pdf", pdf)}).json()
    run_jobs(house, "documents.read", "documents.screen", "signatures.validate")
    path = address(entry, "/files/1/signatures")
    kept = clerk.get(path).json()
    assert (kept["state"], kept["verdict"]) == ("done", "valid")
    assert clerk.post(path).status_code == 202
    assert clerk.post(path).status_code == 409
    assert calls("engineer").get(path).status_code == 404


def test_a_draft_is_taken_signed_and_brought_back(
    calls: Callable[..., httpx.Client], house: Office, keys: Keys, draft_id: int
) -> None:
    engineer = calls("engineer")
    taken = engineer.post(f"/drafts/{draft_id}/elsewhere/document")
    field = taken.headers["x-signature-field"]
    key = signing.SigningKey.load_pkcs12(keys.persons["engineer"], KEY_PASSWORD)
    path = f"/drafts/{draft_id}/elsewhere/signed"
    same = engineer.post(path, files={"file": ("a.pdf", taken.content)})
    assert (same.status_code, same.json()["type"]) == (422, "urn:docflow:problem:not-as-given-out")
    signed = signing.sign(taken.content, key, field=field, tsa_urls=house.settings.tsa_urls)
    answer = engineer.post(path, files={"file": ("a.pdf", signed)})
    assert answer.json() == {"state": "circulating"}


def test_a_digest_is_signed_elsewhere(
    calls: Callable[..., httpx.Client], keys: Keys, draft_id: int
) -> None:
    engineer = calls("engineer")
    out = engineer.post(f"/drafts/{draft_id}/elsewhere/digest").json()
    private, _ = person_key(keys, "engineer")
    digest, algorithm = bytes.fromhex(out["digest"]), utils.Prehashed(hashes.SHA256())
    value = private.sign(digest, padding.PKCS1v15(), algorithm)
    path = f"/drafts/{draft_id}/elsewhere/value"
    assert engineer.post(path, json={"value": "00"}).status_code == 422
    assert engineer.post(path, json={"value": value.hex()}).json() == {"state": "circulating"}


def test_copies_are_issued_and_listed(
    calls: Callable[..., httpx.Client], house: Office, town: Town
) -> None:
    entry = out(house, town)
    clerk = calls("clerk")
    made = clerk.post(address(entry, "/copies"), json={"file": 1, "purpose": "Για το Κτηματολόγιο"})
    assert made.status_code == 201, made.text
    assert (made.json()["position"], made.json()["name"]) == (1, "Μαρία Νικολάου")
    assert len(clerk.get(address(entry, "/copies")).json()["items"]) == 1
    assert clerk.get(address(entry, "/copies/1")).content.startswith(b"%PDF")
    assert clerk.get(address(entry, "/copies/2")).status_code == 404
    missing = clerk.post(address(entry, "/copies"), json={"file": 1, "kind": "digitised"})
    assert missing.json()["errors"][0]["pointer"] == "/paper_place"
    code = made.json()["code"]
    shown = clerk.get(f"/verify/{code}").json()
    assert (shown["answer"], shown["papers"][0]["role"]) == ("issued", "exact-copy")


def test_a_document_is_issued_again_corrected(
    calls: Callable[..., httpx.Client], house: Office, town: Town
) -> None:
    entry = out(house, town)
    engineer = calls("engineer")
    begun = engineer.post(address(entry, "/reissue"), json={"reason": "την ημερομηνία"})
    assert begun.status_code == 201, begun.text
    draft = engineer.get(f"/drafts/{begun.json()['draft']}").json()
    assert draft["state"] == "drafting"
    twice = engineer.post(address(entry, "/reissue"), json={"reason": "την ημερομηνία"})
    assert (twice.status_code, twice.json()["type"]) == (
        409,
        "urn:docflow:problem:correction-begun",
    )


def test_the_administrator_lists_what_waits_or_ends(
    calls: Callable[..., httpx.Client], house: Office, town: Town
) -> None:
    right = list(house.settings.tsa_urls)
    house.settings.tsa_urls[:] = ["http://127.0.0.1:9/tsa"]
    try:
        out(house, town)
    finally:
        house.settings.tsa_urls[:] = right
    administrator = calls("administrator")
    waits = administrator.get("/signing/expiring").json()
    assert waits["pending"] >= 2
    assert any(one["is_time_pending"] for one in waits["items"])
    assert calls("mayor").get("/signing/expiring").status_code == 403
