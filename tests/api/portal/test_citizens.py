"""What a citizen and a stranger do without a login: pick up, and verify."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from api.app import CITIZENS
from api.portal import pickup, verify
from docflow import throttle
from tests import factories
from tests.api.browsing import Browser, words
from tests.api.conftest import House, Issued, issue


@pytest.fixture(autouse=True)
def no_tries_before(house: House):
    """Each test begins with no tries counted."""
    with house.office.db.begin() as session:
        session.execute(throttle.delete(throttle.Tries))


def _exhausted(house: House, key: str, limit: int) -> None:
    with house.office.db.begin() as session:
        for _ in range(limit):
            throttle.count(session, key, limit=limit, every=timedelta(minutes=5))


def _upload(browser: Browser, data: bytes, name: str = "έγγραφο.pdf"):
    return browser.post("/verify", files=[("file", (name, data, "application/pdf"))])


@pytest.mark.parametrize(
    ("language", "title"), [("el", "Έλεγχος γνησιότητας εγγράφου"), ("en", "Verify a document")]
)
def test_anybody_may_verify_in_his_language(visitor: Browser, language: str, title: str):
    visitor.cookies.clear()
    page = visitor.get("/verify", headers={"Accept-Language": language})
    assert page.status_code == 200
    assert title in words(page)
    assert "set-cookie" not in page.headers


@pytest.mark.parametrize("root", CITIZENS)
def test_an_unknown_address_of_theirs_is_told_in_their_look_and_language(
    visitor: Browser, root: str
):
    visitor.cookies.clear()
    for address in (f"{root}/no/such/page/there/is", f"{root}.", root.upper()):
        page = visitor.get(address, headers={"Accept-Language": "hu"})
        assert page.status_code == 404
        assert "app-portal-nav" in page.text
        assert "Nincs ilyen oldal." in words(page)


def test_a_code_leads_to_what_stands_in_the_register(visitor: Browser, issued: Issued):
    sent = visitor.post("/verify", data={"code": f" {issued.code.lower()} "})
    assert sent.status_code == 303
    page = visitor.get(sent.headers["location"])
    number = "/".join(reversed(issued.address.split("/")[-2:]))
    assert "The document stands in our register" in words(page)
    assert number in words(page)


def test_the_check_names_no_person_and_no_matter(visitor: Browser, issued: Issued):
    page = words(visitor.get(f"/verify/{issued.code}"))
    for secret in ("Σύλλογος Κατοίκων", "οδοστρώματος", "Βλάχου", "katoikoi"):
        assert secret not in page


@pytest.mark.parametrize(
    "code", ["AAAA-AAAA-AAAA-AAAA", "x", "Ω" * 500, "'; DROP TABLE entries", "."]
)
def test_an_unknown_code_is_told_of(visitor: Browser, code: str):
    sent = visitor.post("/verify", data={"code": code})
    assert "We do not know this document" in words(visitor.get(sent.headers["location"]))


def test_nothing_typed_is_told_of(visitor: Browser):
    answer = visitor.post("/verify", data={"code": " "})
    assert answer.status_code == 422
    assert "Type the code" in words(answer)


def test_a_file_as_we_issued_it_is_genuine(visitor: Browser, issued: Issued):
    assert "The document is genuine" in words(_upload(visitor, issued.pdf))


def test_a_file_changed_after_the_seal_is_found_out(visitor: Browser, issued: Issued):
    answer = _upload(visitor, issued.pdf + b"\n% changed")
    assert "The document is genuine" not in words(answer)
    assert "The document was changed" in words(answer)


@pytest.mark.parametrize("data", [b"", b"<html>", b"%PDF-1.7 nothing"])
def test_a_file_that_is_no_document_of_ours_is_unknown(visitor: Browser, data: bytes):
    answer = _upload(visitor, data)
    assert answer.status_code == 200
    assert "We do not know this document" in words(answer)


def test_an_annulled_document_is_no_longer_valid(visitor: Browser, house: House, clerk: Browser):
    other = issue(house)
    with house.office.db.begin() as session:
        factories.annulled(
            session, house.town, house.entry_id(other.address), reason="Λάθος παραλήπτης"
        )
    assert "The document was annulled" in words(visitor.get(f"/verify/{other.code}"))
    assert "The document was annulled" in words(_upload(visitor, other.pdf))
    assert "Λάθος παραλήπτης" not in words(visitor.get(f"/verify/{other.code}"))
    gone = visitor.get(other.pickup)
    assert gone.status_code == 410
    assert "annulled" in words(gone)


def test_too_many_checks_must_wait(visitor: Browser, house: House):
    _exhausted(house, "verify-code:127.0.0.1", verify.CODES)
    assert visitor.get("/verify/AAAA").status_code == 429
    _exhausted(house, "verify-file:127.0.0.1", verify.FILES)
    assert _upload(visitor, b"x").status_code == 429
    assert visitor.get("/verify").status_code == 200


def test_the_link_alone_tells_the_number_and_nothing_else(visitor: Browser, issued: Issued):
    page = visitor.get(issued.pickup)
    assert page.status_code == 200
    assert "Pick up your document" in words(page)
    assert "Σύλλογος" not in page.text


def test_link_and_code_give_the_document(
    visitor: Browser, issued: Issued, browsing: Callable[..., Browser]
):
    spaced = f"{issued.pickup_code[:4]} {issued.pickup_code[4:]}"
    answer = visitor.post(issued.pickup, data={"code": spaced})
    assert answer.content == issued.pdf
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "Picked up by the recipient" in words(browsing("clerk").get(issued.address))


def test_wrong_codes_close_the_link_in_the_end(visitor: Browser, house: House):
    other = issue(house)
    assert visitor.post(other.pickup, data={"code": ""}).status_code == 422
    for _ in range(4):
        wrong = visitor.post(other.pickup, data={"code": "00000000"})
        assert wrong.status_code == 403
        assert "The code is not right" in words(wrong)
    assert visitor.post(other.pickup, data={"code": "00000000"}).status_code == 410
    closed = visitor.post(other.pickup, data={"code": other.pickup_code})
    assert closed.status_code == 410


@pytest.mark.parametrize("token", ["unknown", "%00", "x" * 3000])
def test_an_unknown_link_is_told_of(visitor: Browser, token: str):
    assert visitor.get(f"/pickup/{token}").status_code == 404


def test_too_many_codes_from_one_place_must_wait(visitor: Browser, house: House, issued: Issued):
    _exhausted(house, "pickup:127.0.0.1", pickup.TRIES)
    assert visitor.post(issued.pickup, data={"code": "1"}).status_code == 429


def test_a_missing_page_of_the_portal_looks_like_the_portal(visitor: Browser):
    page = visitor.get("/verify/a/b")
    assert page.status_code == 404
    assert re.search(r'<body class="[^"]*app-portal', page.text)
