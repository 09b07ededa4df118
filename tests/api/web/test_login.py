"""Logging in, out and in again in the middle of a form."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from api.deps import LANGUAGE_COOKIE, SESSION_COOKIE
from api.web.login import TRIES
from docflow import organization, throttle
from docflow.organization.models import LoginSession
from tests import factories
from tests.api.browsing import Browser, hidden, letter, typed, words
from tests.api.conftest import House


def _login(browser: Browser, username: str = "clerk", **changes: str):
    form = {"username": username, "password": factories.PASSWORD, "to": "/", **changes}
    return browser.post("/login", data=form)


def _end_login(house: House, secret: str) -> None:
    with house.office.db.begin() as session:
        row = LoginSession.token_digest == organization.login.digest(secret)
        ago = organization.login.clock.now() - timedelta(minutes=1)
        session.execute(update(LoginSession).where(row).values(ends_at=ago))


def test_whoever_is_not_logged_in_is_asked_to_and_comes_back(visitor: Browser):
    asked = visitor.get("/book", params={"state": "new"})
    assert "Log in" in words(asked)
    assert 'href="/services"' in asked.text  # a citizen who came here finds his pages
    assert hidden(asked)["to"] == "/book?state=new"
    answer = _login(visitor, to="/book?state=new")
    assert (answer.status_code, answer.headers["location"]) == (303, "/book?state=new")
    assert visitor.get("/book").status_code == 200


def test_the_cookie_of_a_login_is_not_for_scripts_or_other_sites(visitor: Browser):
    cookie = _login(visitor).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


@pytest.mark.parametrize(("username", "password"), [("clerk", "wrong"), ("nobody", "x"), ("", "")])
def test_a_wrong_password_says_no_more_than_that(visitor: Browser, username: str, password: str):
    answer = _login(visitor, username, password=password)
    assert answer.status_code == 401
    assert "The user name or the password is not right" in words(answer)
    assert SESSION_COOKIE not in answer.cookies


def test_an_account_rests_after_five_wrong_passwords(visitor: Browser):
    for _ in range(5):
        _login(visitor, "lawyer", password="wrong")
    answer = _login(visitor, "lawyer")
    assert answer.status_code == 403
    assert "rests" in words(answer)


def test_too_many_tries_from_one_place_must_wait(visitor: Browser, house: House):
    with house.office.db.begin() as session:
        for _ in range(TRIES):
            throttle.count(session, "login:127.0.0.1", limit=9999, every=timedelta(minutes=5))
    answer = _login(visitor)
    with house.office.db.begin() as session:
        session.execute(throttle.delete(throttle.Tries))
    assert answer.status_code == 429
    assert "Too many tries" in words(answer)


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "x"])
def test_a_login_leads_only_to_pages_of_this_site(visitor: Browser, to: str):
    assert _login(visitor, to=to).headers["location"] == "/"
    assert visitor.get("/language/el", params={"to": to}).headers["location"] == "/"


def test_logging_out_ends_the_login_also_for_a_stolen_cookie(visitor: Browser, house: House):
    secret = visitor.login(house.town.users["clerk"])
    visitor.post("/logout")
    visitor.cookies.set(SESSION_COOKIE, secret)
    assert "Log in" in words(visitor.get("/work"))


def test_the_chosen_language_is_kept(visitor: Browser):
    visitor.cookies.clear()
    assert "Σύνδεση" in words(visitor.get("/login", headers={"Accept-Language": "de"}))
    answer = visitor.get("/language/en", params={"to": "/login"})
    assert answer.cookies[LANGUAGE_COOKIE] == "en"
    assert "Log in" in words(visitor.get("/login"))


@pytest.mark.parametrize(
    ("username", "first"),
    [
        ("clerk", "/register"),
        ("secretary", "/work"),
        ("engineer", "/work"),
        ("auditor", "/audit"),
        ("administrator", "/system"),
    ],
)
def test_everybody_begins_where_his_work_is(browsing, username: str, first: str):
    browser = browsing(username)
    assert browser.get("/").headers["location"] == first
    assert browser.get(first).status_code == 200


def test_a_form_that_an_ended_login_interrupted_goes_on_after_the_next(
    visitor: Browser, house: House
):
    secret = visitor.login(house.town.users["clerk"])
    key = hidden(visitor.get("/register"))["form_key"]
    _end_login(house, secret)
    form = letter(form_key=key, subject="Κλήση σε συνεδρίαση")
    ended = visitor.post("/register", data=form, files=[("files", ("κλήση.pdf", b"%PDF-1.4"))])
    assert ended.status_code == 401
    assert "nothing you typed is lost" in words(ended)
    resumed = _login(visitor, interrupted=hidden(ended)["interrupted"])
    assert "Κλήση σε συνεδρίαση" in words(resumed)
    assert "κλήση.pdf" in words(resumed)
    sent = visitor.post("/register", data=hidden(resumed))
    page = visitor.get(sent.headers["location"])
    assert "Κλήση σε συνεδρίαση" in words(page)
    assert "κλήση.pdf" in words(page)


def test_a_wrong_password_on_the_way_back_loses_nothing(visitor: Browser, house: House):
    _end_login(house, visitor.login(house.town.users["clerk"]))
    ended = visitor.post("/register", data=letter())
    wrong = _login(visitor, interrupted=hidden(ended)["interrupted"], password="x")
    assert hidden(wrong)["interrupted"] == hidden(ended)["interrupted"]


def test_a_kept_form_is_for_its_owner_alone(visitor: Browser, house: House):
    _end_login(house, visitor.login(house.town.users["clerk"]))
    ended = visitor.post("/register", data=letter(subject="Μόνο για μένα"))
    other = _login(visitor, "engineer", interrupted=hidden(ended)["interrupted"])
    assert other.status_code == 303
    assert "Μόνο για μένα" not in other.text


def test_a_kept_form_never_holds_a_password(visitor: Browser, house: House):
    _end_login(house, visitor.login(house.town.users["mayor"]))
    ended = visitor.post("/drafts/1/sign", data={"password": "κλειδί-1", "note": "x"})
    assert "κλειδί-1" not in ended.text
    assert "κλειδί-1" not in _login(visitor, "mayor", interrupted=hidden(ended)["interrupted"]).text


def test_a_stranger_leaves_nothing_here(visitor: Browser, house: House):
    before = sum(1 for _ in house.office.store.iterate())
    answer = visitor.post("/register", data=letter(), files=[("files", ("α.pdf", b"unseen"))])
    assert answer.status_code == 401
    assert hidden(answer)["interrupted"] == ""
    assert sum(1 for _ in house.office.store.iterate()) == before


def test_a_poll_after_the_end_of_a_login_brings_no_page_into_the_page(visitor: Browser):
    answer = visitor.get("/entries/koino/2026/1/files", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert "<html" not in answer.text


def test_words_of_the_login_page_stand_as_typed(visitor: Browser):
    answer = _login(visitor, '"><script>alert(1)</script>', password="x")
    assert typed(answer, "username") == '"><script>alert(1)</script>'
