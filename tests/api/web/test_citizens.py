"""Citizens' accounts at the counter, as the clerk's pages show them."""

from collections.abc import Callable
from itertools import count

import pytest
from sqlalchemy import select

from docflow import audit
from docflow.accounts import Account, Level
from tests.accounts import account, logged_in
from tests.api.browsing import Browser, hidden, typed, words
from tests.api.conftest import House

_numbers = count(1)


def tax_number(number: int) -> str:
    """An ΑΦΜ with its right check digit."""
    body = f"{77000000 + number:08d}"
    total = sum(int(digit) << (8 - place) for place, digit in enumerate(body))
    return f"{body}{total % 11 % 10}"


@pytest.fixture
def somebody(house: House) -> Callable[..., Account]:
    def make(**who: object) -> Account:
        with house.office.db.begin() as session:
            usual = {"email": f"counter{next(_numbers)}@example.gr"}
            return account(session, house.town, **{**usual, **who})  # type: ignore[arg-type]

    return make


def proven(clerk: Browser, here: str, **typed: str) -> dict[str, str]:
    """What the clerk types at the counter, with the step of the page as it stands."""
    said = {"full_name": "Ελένη Δημητρίου", "paper": "passport", "level": "verified"}
    return {**said, **typed, "act": "prove", "step": hidden(clerk.get(here))["step"]}


def test_papers_are_shown_at_the_counter(
    house: House, clerk: Browser, visitor: Browser, somebody: Callable[..., Account]
) -> None:
    mine, number = somebody(), tax_number(1)
    logged_in(visitor, mine.id)
    here = f"/citizens/{mine.id}"
    assert here in clerk.get("/citizens", params={"q": mine.email}).text
    wrong = clerk.post(here, data=proven(clerk, here, tax_number="123456789"))
    assert wrong.status_code == 422
    assert typed(wrong, "tax_number") == "123456789"
    late = proven(clerk, here, tax_number=number)
    done = clerk.post(here, data=late)
    assert done.headers["location"] == f"{here}?done=account-proven"
    assert "Known for sure" in words(visitor.get("/account"))
    assert "Proven with papers" in words(visitor.get("/account/details"))
    again = clerk.post(here, data=late)
    assert again.status_code == 409
    assert "Μαρία Νικολάου changed this account" in words(again)
    assert typed(again, "full_name") == "Ελένη Δημητρίου"
    with house.office.db.read() as session:
        seen = select(audit.Event).where(
            audit.Event.action == "account.seen", audit.Event.subject_id == mine.id
        )
        assert session.scalars(seen).first() is not None


def test_the_same_number_leads_to_making_one_of_two(
    house: House, clerk: Browser, visitor: Browser, somebody: Callable[..., Account]
) -> None:
    number = tax_number(2)
    stays = somebody(level=Level.VERIFIED, tax_number=number)
    goes = somebody(level=Level.VISITOR)
    logged_in(visitor, goes.id)
    here = f"/citizens/{goes.id}"
    taken = clerk.post(here, data=proven(clerk, here, tax_number=number))
    assert taken.status_code == 409
    there = f"/citizens/{stays.id}?merge={goes.id}"
    assert there in taken.text
    page = clerk.get(there)
    assert typed(page, "other") == str(goes.id)
    form = {"act": "merge", "step": hidden(page)["step"], "other": str(goes.id)}
    wrong = clerk.post(f"/citizens/{stays.id}", data={**form, "tax_number": tax_number(3)})
    assert wrong.status_code == 409
    done = clerk.post(f"/citizens/{stays.id}", data={**form, "tax_number": number})
    assert done.headers["location"] == f"/citizens/{stays.id}?done=account-merged"
    assert visitor.get("/account").headers["location"].startswith("/account/login")
    assert f'href="/citizens/{stays.id}"' in clerk.get(here).text


def test_a_locked_account_is_out_at_once(
    clerk: Browser, visitor: Browser, somebody: Callable[..., Account]
) -> None:
    mine = somebody()
    logged_in(visitor, mine.id)
    here = f"/citizens/{mine.id}"
    for act, says in (("lock", "Locked"), ("unlock", "Lock the account")):
        step = hidden(clerk.get(here))["step"]
        assert clerk.post(here, data={"act": act, "step": step}).status_code == 303
        assert says in words(clerk.get(here))
        assert visitor.get("/account").status_code == 303
    assert clerk.post(here, data={"act": "burn", "step": "1"}).status_code == 422


def test_the_pages_are_the_registrys(
    browsing: Callable[..., Browser], somebody: Callable[..., Account]
) -> None:
    mine = somebody()
    clerk = browsing("clerk")
    assert clerk.get("/citizens?q=ab").status_code == 422
    assert clerk.get("/citizens/999999").status_code == 404
    assert 'href="/citizens"' in clerk.get("/citizens").text
    for name in ("engineer", "administrator", "auditor"):
        other = browsing(name)
        for path in ("/citizens", f"/citizens/{mine.id}"):
            assert other.get(path).status_code == 403
        assert 'href="/citizens"' not in other.get("/password").text
