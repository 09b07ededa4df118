"""Citizens' logins and accounts, in a browser without JavaScript."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import delete

from api.app import create_app
from docflow import throttle
from docflow.accounts import Account, Level, Way
from docflow.citizen_settings import CitizenProvider
from docflow.office import Office
from tests.accounts import PASSWORD, account, logged_in
from tests.api.browsing import Browser, hidden, typed, words
from tests.api.conftest import House
from tests.oidc import at_provider, provider

NEW = "ένα-νέο-συνθηματικό"
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00"
    b"\x90wS\xde\x00\x00\x00\x0cIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xdc\xccY\xe7\x00"
    b"\x00\x00\x00IEND\xaeB`\x82"
)
_numbers = count(1)


@pytest.fixture(autouse=True)
def rested(house: House) -> None:
    """No test pays for the tries of another."""
    with house.office.db.begin() as session:
        session.execute(delete(throttle.Tries))


@pytest.fixture
def somebody(house: House) -> Callable[..., Account]:
    """An account of this test's alone."""

    def make(**who: object) -> Account:
        with house.office.db.begin() as session:
            usual = {"email": f"citizen{next(_numbers)}@example.gr"}
            return account(session, house.town, **{**usual, **who})  # type: ignore[arg-type]

    return make


def newest_code(house: House) -> str:
    """The code in the mail that leaves now."""
    house.run_jobs()
    folder = Path(house.office.settings.smtp_url.get_secret_value().removeprefix("file:"))
    read = message_from_bytes(max(folder.glob("*.eml")).read_bytes(), policy=policy.default)
    found = re.search(r"\b\d{6}\b", read.get_content())
    assert found
    return found[0]


def by_code(visitor: Browser, house: House, email: str, *, to: str = "/account") -> httpx.Response:
    asked = visitor.post("/account/login", data={"act": "code", "email": email, "to": to})
    assert asked.headers["location"].startswith("/account/code")
    return visitor.post("/account/code", data={"code": newest_code(house), "to": to})


def test_a_demonstration_says_where_the_code_is(house: House) -> None:
    demo = replace(house.office, settings=house.office.settings.model_copy(update={"demo": True}))
    for office, is_said in ((house.office, False), (demo, True)):
        with Browser(office, create_app(office)) as browser:
            browser.post("/account/login", data={"act": "code", "email": "demo@example.gr"})
            assert ("folder “outbox”" in words(browser.get("/account/code"))) is is_said


def test_from_visitor_to_registered_and_back(house: House, visitor: Browser) -> None:
    assert visitor.get("/account").headers["location"].startswith("/account/login?level=visitor")
    wrong = visitor.post("/account/login", data={"act": "code", "email": "no address"})
    assert wrong.status_code == 422
    assert typed(wrong, "email") == "no address"
    assert by_code(visitor, house, "anna@example.gr").headers["location"] == "/account"
    assert "Register your account" in words(visitor.get("/account"))
    details = {
        "full_name": "Άννα Ρήγα",
        "tax_number": "123456789",
        "phone": "2101234567",
        "language": "en",
        "new_password": NEW,
        "repeated": NEW,
    }
    refused = visitor.post("/account/register", data=details)
    assert refused.status_code == 422
    assert typed(refused, "full_name") == "Άννα Ρήγα"
    assert NEW not in refused.text
    done = visitor.post("/account/register", data={**details, "tax_number": "090000045"})
    assert done.headers["location"] == "/account?done=account-registered"
    page = visitor.get(done.headers["location"])
    assert "Your account is registered." in words(page)
    assert "Άννα Ρήγα" in words(page)
    assert visitor.post("/account/logout").status_code == 303
    assert visitor.get("/account").status_code == 303
    again = {"act": "password", "email": "anna@example.gr", "password": NEW, "to": "//evil.gr"}
    assert visitor.post("/account/login", data={**again, "password": "x"}).status_code == 403
    assert visitor.post("/account/login", data=again).headers["location"] == "/account"


def test_a_page_that_demands_more_leads_there_and_back(
    house: House, visitor: Browser, somebody: Callable[..., Account]
) -> None:
    here = "/account/representations"
    logged_in(visitor, somebody(level=Level.VISITOR).id)
    way = visitor.get(here).headers["location"]
    assert way == "/account/login?level=registered&to=%2Faccount%2Frepresentations"
    shown = words(visitor.get(way))
    assert "You are logged in as: Visitor" in shown
    assert "Send me a code" not in shown, "a code would not do"
    known = somebody()
    entered = {"act": "password", "email": known.email, "password": PASSWORD, "to": here}
    assert visitor.post("/account/login", data=entered).headers["location"] == here
    assert visitor.get(here).status_code == 200
    assert visitor.get(way).headers["location"] == here, "known well enough already"


def test_wrong_codes_are_counted(house: House, visitor: Browser) -> None:
    visitor.post("/account/login", data={"act": "code", "email": "guess@example.gr"})
    code = newest_code(house)
    for _ in range(5):
        wrong = visitor.post("/account/code", data={"code": "no"})
        assert wrong.status_code == 403
    over = visitor.post("/account/code", data={"code": code})
    assert over.status_code == 409
    assert "Ask for a new one" in words(over)
    with house.office.db.read() as session:
        assert throttle.most_wrong(session) == 5
    again = visitor.post("/account/code", data={"act": "again"})
    assert again.status_code == 303
    new = newest_code(house)
    assert visitor.post("/account/code", data={"code": new}).headers["location"] == "/account"
    for _ in range(3):
        visitor.post("/account/login", data={"act": "code", "email": "guess@example.gr"})
    many = visitor.post("/account/login", data={"act": "code", "email": "guess@example.gr"})
    assert many.status_code == 429


def test_one_ends_ones_other_logins_and_the_account(
    house: House, visitor: Browser, somebody: Callable[..., Account]
) -> None:
    mine = somebody()
    logged_in(visitor, mine.id)
    with Browser(house.office, house.app) as telephone:
        logged_in(telephone, mine.id)
        page = visitor.get("/account")
        ended = visitor.post("/account/logins", data={"login": hidden(page)["login"]})
        assert ended.status_code == 303
        assert telephone.get("/account").headers["location"].startswith("/account/login")
    unsure = visitor.post("/account/close", data={"password": PASSWORD})
    assert unsure.status_code == 422
    wrong = visitor.post("/account/close", data={"password": "x", "sure": "yes"})
    assert wrong.status_code == 422
    assert visitor.post("/account/close", data={"password": PASSWORD, "sure": "yes"}).status_code
    assert visitor.get("/account").status_code == 303
    with house.office.db.read() as session:
        assert session.get_one(Account, mine.id).full_name == ""


def test_another_password_and_address(
    house: House, visitor: Browser, somebody: Callable[..., Account]
) -> None:
    logged_in(visitor, somebody().id)
    change = {"password": "x", "new_password": NEW, "repeated": NEW}
    assert visitor.post("/account/password", data=change).status_code == 422
    different = visitor.post("/account/password", data={**change, "repeated": "other"})
    assert "not the same" in words(different)
    done = visitor.post("/account/password", data={**change, "password": PASSWORD})
    assert done.headers["location"] == "/account?done=account-password"
    address = f"moved{next(_numbers)}@example.gr"
    assert visitor.post("/account/address", data={"email": address}).status_code == 303
    moved = visitor.post("/account/code", data={"code": newest_code(house)})
    assert moved.headers["location"] == "/account?done=account-address"
    assert address in words(visitor.get("/account"))
    saved = visitor.post(
        "/account/details", data={"full_name": "Άλλο Όνομα", "language": "hu", "channel": "none"}
    )
    assert saved.headers["location"] == "/account?done=account-changed"


def test_a_password_after_a_code_says_which_proof_it_ends(
    visitor: Browser, somebody: Callable[..., Account]
) -> None:
    known, said = somebody(level=Level.VERIFIED), "ends the proof of your identity"
    logged_in(visitor, known.id)
    assert said not in words(visitor.get("/account/password"))
    assert "Known for sure" in words(visitor.get("/account"))
    logged_in(visitor, known.id, way=Way.CODE)
    assert said in words(visitor.get("/account/password"))
    different = visitor.post("/account/password", data={"new_password": NEW, "repeated": "other"})
    assert said in words(different)
    chosen = visitor.post("/account/password", data={"new_password": NEW, "repeated": NEW})
    assert "Known for sure" not in words(visitor.get(chosen.headers["location"]))


def test_a_representation_is_asked_for_with_its_proof(
    house: House,
    visitor: Browser,
    somebody: Callable[..., Account],
    browsing: Callable[..., Browser],
) -> None:
    mine = somebody()
    logged_in(visitor, mine.id)
    here = "/account/representations"
    wish = {
        "kind": "company",
        "name": "Αφοί Κάτω Α.Ε.",
        "tax_number": "1",
        "ground": "legal-representative",
    }
    files = {"proof": ("καταστατικό.png", PNG, "image/png")}
    refused = visitor.post(here, data=wish, files=files)
    assert refused.status_code == 422
    assert "καταστατικό.png" in words(refused), "the file is kept"
    kept = hidden(refused)["kept"]
    again = {**wish, "tax_number": "094014201", "kept": kept}
    assert visitor.post(here, data=again).headers["location"].startswith(here)
    page = visitor.get(here)
    proof = re.search(r"/account/representations/\d+/proof", page.text)
    assert proof
    assert visitor.get(proof[0]).content == PNG
    clerk = browsing("clerk")
    account_page = f"/citizens/{mine.id}"
    assert "Αφοί Κάτω Α.Ε." in words(clerk.get("/citizens"))
    number = proof[0].split("/")[3]
    decide = f"/citizens/representations/{number}"
    assert clerk.get(f"{decide}/proof").content == PNG
    step = {"step": "1"}
    bare = clerk.post(decide, data={**step, "act": "refuse"})
    assert bare.status_code == 422
    assert "Say why" in words(bare)
    done = clerk.post(decide, data={**step, "act": "accept"})
    assert done.headers["location"] == f"{account_page}?done=representation-accepted"
    late = clerk.post(decide, data={**step, "act": "refuse", "reason": "πολύ αργά"})
    assert late.status_code == 409
    assert "πολύ αργά" in late.text or "Μαρία Νικολάου" in words(late)
    visitor.post(f"{here}/acting", data={"representation": number})
    assert typed_choice(visitor.get("/account")) == number
    assert visitor.post(f"{here}/{number}/withdraw").status_code == 303
    assert browsing("engineer").get(account_page).status_code == 403


def typed_choice(page: httpx.Response) -> str:
    found = re.search(r'<option value="(\d+)" selected', page.text)
    return found[1] if found else ""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    people = {
        "kostas": {"name": "Κώστας Μάρκου", "afm": "094014201", "email": "kostas@example.gr"},
        "maria": {"name": "Μαρία Λύρα", "email": "maria@example.gr"},
    }
    with provider(people) as address:
        yield address


def with_providers(house: House, issuer: str) -> Office:
    """Two of one issuer: what differs is how far their word counts."""
    strong = CitizenProvider(
        name="taxisnet",
        title="TAXISnet",
        issuer=issuer,
        client_id="docflow",
        client_secret=SecretStr("μυστικό"),
        level="verified",
        claims={"tax_number": "afm"},
    )
    weak = CitizenProvider(
        name="weak",
        title="Weak",
        issuer=issuer,
        client_id="weak",
        client_secret=SecretStr("μυστικό"),
    )
    settings = house.office.settings.model_copy(update={"citizen_providers": [strong, weak]})
    return replace(house.office, settings=settings)


def test_a_provider_proves_who_somebody_is(house: House, issuer: str) -> None:
    office = with_providers(house, issuer)
    with Browser(office, create_app(office)) as browser:
        ways = words(browser.get("/account/login?level=verified&to=/account/representations"))
        assert "TAXISnet" in ways
        assert "Weak" not in ways
        left = browser.get("/account/provider/taxisnet?to=/account/representations")
        back = urlsplit(at_provider(left.headers["location"], "kostas"))
        entered = browser.get(f"{back.path}?{back.query}")
        assert entered.headers["location"] == "/account/representations"
        page = words(browser.get("/account"))
        assert "Κώστας Μάρκου" in page
        assert "Known for sure" in page
        assert "094014201" in page
        replayed = browser.get(f"{back.path}?{back.query}")
        assert replayed.status_code == 403


def test_a_login_of_another_browser_is_not_taken_up(house: House, issuer: str) -> None:
    office = with_providers(house, issuer)
    app = create_app(office)
    with Browser(office, app) as mine, Browser(office, app) as theirs:
        left = mine.get("/account/provider/weak")
        back = urlsplit(at_provider(left.headers["location"], "maria"))
        theirs.get("/account/provider/weak")
        for browser, query in ((theirs, back.query), (mine, "state=wrong&code=x")):
            refused = browser.get(f"{back.path}?{query}")
            assert refused.status_code == 403
            assert "Begin again" in words(refused)
        assert mine.get("/account/provider/unknown").status_code == 404


def test_a_login_is_added_to_the_open_account(
    house: House, issuer: str, somebody: Callable[..., Account]
) -> None:
    office = with_providers(house, issuer)
    with Browser(office, create_app(office)) as browser:
        refused = browser.get("/account/provider/weak?link=true")
        assert refused.headers["location"].startswith("/account/login")
        mine = somebody()
        logged_in(browser, mine.id)
        left = browser.get("/account/provider/weak?link=true")
        back = urlsplit(at_provider(left.headers["location"], "maria"))
        assert browser.get(f"{back.path}?{back.query}").headers["location"].endswith("linked")
        assert "You can enter with: Weak" in words(browser.get("/account"))
