"""Logging in through an identity provider: a real one, in a process of its own."""

import base64
import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from pydantic import SecretStr
from sqlalchemy import select

from api.app import create_app
from docflow import clock
from docflow.embedded.processes import free_port
from docflow.office import Office
from docflow.organization import User, oidc
from tests.api.browsing import Browser, words
from tests.api.conftest import House
from tests.oidc import at_provider, provider

CLAIMS = {
    "engineer": {"preferred_username": "engineer", "name": "Άννα Βλάχου"},
    "stranger": {"preferred_username": "stranger", "name": "Ξένος", "email": "x@example.gr"},
    "cli": {"preferred_username": "technical", "name": "Κανείς"},
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider(CLAIMS) as address:
        yield address


def tied(house: House, issuer: str, **more: object) -> Office:
    """The office of the pages, with the provider in its settings."""
    changes = {
        "oidc_issuer": issuer,
        "oidc_client_id": "docflow",
        "oidc_client_secret": SecretStr("μυστικό"),
        "oidc_title": "Δήμος",
        **more,
    }
    return replace(house.office, settings=house.office.settings.model_copy(update=changes))


def entered(office: Office, sub: str, *, to: str = "/work") -> tuple[Browser, httpx.Response]:
    browser = Browser(office, create_app(office))
    left = browser.get("/login/provider", params={"to": to})
    back = urlsplit(at_provider(left.headers["location"], sub))
    return browser, browser.get(f"{back.path}?{back.query}")


def test_the_first_login_ties_the_account_and_the_next_knows_it(house: House, issuer: str) -> None:
    office = tied(house, issuer)
    browser, response = entered(office, "engineer")
    browser.close()
    assert response.status_code == 403, "an account with a password is given to no name"
    with Browser(office, create_app(office)) as admin:
        admin.login(house.town.users["administrator"])
        here = f"/users/{house.town.users['engineer']}"
        assert "Move to the identity provider" in words(admin.get(here))
        assert admin.post(here, data={"act": "provider"}).status_code == 303
    browser, response = entered(office, "engineer")
    with closing(browser):
        assert "Δήμος" in words(browser.get("/login"))
        assert response.headers["location"] == "/work"
        assert "Άννα Βλάχου" in words(browser.get("/work"))
    with office.db.read() as session:
        user = session.get_one(User, house.town.users["engineer"])
        assert (user.oidc_issuer, user.oidc_subject) == (issuer, "engineer")
    browser, response = entered(office, "engineer", to="https://elsewhere.example/")
    browser.close()
    assert response.headers["location"] == "/"


def test_whom_nobody_knows_gets_in_only_where_accounts_are_made(house: House, issuer: str) -> None:
    browser, response = entered(tied(house, issuer), "stranger")
    browser.close()
    assert response.status_code == 403
    assert "There is no account “stranger” here" in words(response)
    browser, response = entered(tied(house, issuer, oidc_creates_accounts=True), "stranger")
    with closing(browser):
        assert response.status_code == 303
    with house.office.db.read() as session:
        made = session.scalar(select(User).where(User.username == "stranger"))
        assert made is not None
        assert made.full_name == "Ξένος"


def test_a_technical_account_is_nobodys_to_log_in_to(house: House, issuer: str) -> None:
    with house.office.db.begin() as session:
        body = house.town.body_id
        session.add(User(body_id=body, username="technical", full_name="Τ", title=""))
    browser, response = entered(tied(house, issuer, oidc_creates_accounts=True), "cli")
    browser.close()
    assert response.status_code == 403


def test_a_login_of_another_browser_is_not_taken_up(house: House, issuer: str) -> None:
    office = tied(house, issuer)
    app = create_app(office)
    with Browser(office, app) as mine, Browser(office, app) as theirs:
        left = mine.get("/login/provider")
        back = urlsplit(at_provider(left.headers["location"], "engineer"))
        theirs.get("/login/provider")
        for browser, query in (
            (theirs, back.query),
            (mine, "state=wrong&code=x"),
            (mine, f"state={parse_qs(back.query)['state'][0]}&error=access_denied"),
        ):
            refused = browser.get(f"{back.path}?{query}")
            assert refused.status_code == 403
            assert "Begin again" in words(refused)


def test_a_provider_that_is_away_is_told_of(house: House) -> None:
    away = tied(house, f"http://127.0.0.1:{free_port()}")
    with Browser(away, create_app(away)) as browser:
        refused = browser.get("/login/provider")
        assert refused.status_code == 503
        assert "log in with a password" in words(refused)
    with Browser(house.office, house.app) as browser:
        assert browser.get("/login/provider").status_code == 403
        assert "Log in through" not in words(browser.get("/login"))
    with pytest.raises(oidc.ProviderRefused):  # nothing goes over the net in the clear
        oidc.begin(tied(house, "http://provider.example").settings, redirect_uri="x")


KEY = RSAKey.generate_key(2048, {"kid": "1"})
OTHER = RSAKey.generate_key(2048, {"kid": "1"})


@pytest.mark.parametrize(
    ("wrong", "key", "algorithm"),
    [
        ({}, KEY, "RS256"),
        ({"iss": "http://127.0.0.1:1/other"}, KEY, "RS256"),
        ({"aud": "another"}, KEY, "RS256"),
        ({"aud": ["docflow", "another"]}, KEY, "RS256"),
        ({"azp": "another"}, KEY, "RS256"),
        ({"nonce": "another"}, KEY, "RS256"),
        ({"exp": 1}, KEY, "RS256"),
        ({"exp": None}, KEY, "RS256"),
        ({"iat": 9e9}, KEY, "RS256"),
        ({"sub": ""}, KEY, "RS256"),
        ({}, OTHER, "RS256"),
        ({}, OctKey.import_key("docflow-docflow-docflow-docflow-1"), "HS256"),
    ],
)
def test_only_a_sound_token_says_who_somebody_is(
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    wrong: dict[str, object],
    key: RSAKey | OctKey,
    algorithm: str,
) -> None:
    issuer = "http://127.0.0.1:1"
    attempt = oidc.Attempt("s", "n", "v")
    now = int(clock.now().timestamp())
    claims = {"iss": issuer, "aud": "docflow", "sub": "1", "nonce": "n", "exp": now + 60}
    said = {**claims, "iat": now, **wrong}
    token = jwt.encode({"alg": algorithm, "kid": "1"}, said, key, algorithms=[algorithm, "RS256"])
    answers = {
        "/.well-known/openid-configuration": {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/a",
            "token_endpoint": f"{issuer}/t",
            "jwks_uri": f"{issuer}/k",
        },
        "/t": {"id_token": token},
        "/k": KeySet([KEY]).as_dict(private=False),
    }
    monkeypatch.setattr(oidc, "_known", {})
    monkeypatch.setattr(
        oidc, "_fetch", lambda method, address, **_: answers[urlsplit(address).path]
    )
    settings = tied(house, issuer).settings
    if not wrong and key is KEY:
        assert oidc.finish(settings, attempt, code="c", redirect_uri="x").subject == "1"
        return
    with pytest.raises(oidc.ProviderRefused):
        oidc.finish(settings, attempt, code="c", redirect_uri="x")


def test_a_token_without_a_signature_is_none(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    issuer = "http://127.0.0.1:2"

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    said = {"iss": issuer, "aud": "docflow", "sub": "1", "nonce": "n", "exp": time.time() + 60}
    token = f"{part({'alg': 'none'})}.{part({**said, 'iat': 1})}."
    about = {"issuer": issuer, "token_endpoint": f"{issuer}/t", "jwks_uri": f"{issuer}/k"}
    answers = {"t": {"id_token": token}, "k": KeySet([KEY]).as_dict(private=False)}
    monkeypatch.setattr(
        oidc, "_fetch", lambda method, address, **_: answers.get(address[-1], about)
    )
    with pytest.raises(oidc.ProviderRefused):
        oidc.finish(
            tied(house, issuer).settings,
            oidc.Attempt("s", "n", "v"),
            code="c",
            redirect_uri="x",
        )
