"""The catalogue as citizens read it: without a login, without JavaScript, in their language."""

import pytest

from docflow import services
from docflow.services import About, ArticleKind, ArticleWords, articles
from tests import offers
from tests.api.browsing import Browser, words
from tests.api.conftest import House

CODE = "kiosk-permit"


@pytest.fixture(scope="module")
def offered(house: House) -> int:
    """The kiosk permit with a question, and a life situation that leads to it."""
    draft = offers.offered(house.office, house.town)
    with house.office.db.begin() as session:
        by = house.town.person(session, "administrator")
        question = ArticleWords(
            {"el": "Πόσο μεγάλο;", "en": "How large?"},
            {"el": "Έως **6** τ.μ.", "en": "Up to **6** sq. m. <script>alert(1)</script>"},
        )
        articles.write(
            session, None, ArticleKind.QUESTION, question, about=About(service=CODE), by=by
        )
        life = ArticleWords(
            {"el": "Πλανόδιο εμπόριο", "en": "Street trade"}, {"el": "α", "en": "a"}, (CODE,)
        )
        articles.write(session, None, ArticleKind.LIFE, life, code="street-trade", by=by)
    return draft.version_id


def test_a_service_has_all_that_one_must_know(visitor: Browser, offered: int) -> None:
    page = visitor.get(f"/services/{CODE}")
    assert page.status_code == 200
    read = words(page)
    for part in (
        "Kiosk permit",
        "For kiosks up to 6 sq. m.",
        "Identity card",
        "Sketch (if you have it)",
        "Declaration (PDF",
        "50 €",
        "20 working days",
        "Τμήμα Οδοποιίας",
        "Law 4849/2021",
        "Up to 6 sq. m. <script>alert(1)</script>",  # as text
        "Starting a business",
    ):
        assert part in read, part
    assert f'href="/services/{CODE}/apply"' in page.text
    form = visitor.get(f"/services/{CODE}/files/dilosi.pdf")
    assert form.content == offers.PDF
    assert form.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "address",
    [
        "/services/no-such",
        f"/services/{CODE}/files/service.json",
        f"/services/{CODE}/files/..%2Fservice.json",
        "/life/no-such",
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(
    visitor: Browser, offered: int, address: str
) -> None:
    page = visitor.get(address)
    assert page.status_code == 404
    assert "There is no " in words(page) or "no such file" in words(page)


def test_the_catalogue_leads_to_it_in_every_way(visitor: Browser, offered: int) -> None:
    front = visitor.get("/services")
    for way in ("interest:business", "citizens:businesses", "document:permit", "family:%CE%94103"):
        assert f"/services?group={way}" in front.text
        assert f'href="/services/{CODE}"' in visitor.get(f"/services?group={way}").text
    assert "/life/street-trade" in front.text
    assert "Kiosk permit" in words(visitor.get("/life/street-trade"))
    assert "Kiosk permit" in words(visitor.get("/life/company"))
    found = visitor.get("/services?q=περίπτερα")
    assert f'href="/services/{CODE}"' in found.text
    assert "No service has these words" not in words(found)
    assert "No service has these words" in words(visitor.get("/services?q=%F0%9F%A6%84"))
    assert len(front.content) < 60_000


def test_it_speaks_the_readers_language(visitor: Browser, offered: int) -> None:
    visitor.cookies.clear()
    page = visitor.get("/services", headers={"Accept-Language": "el"})
    assert "Άδεια περιπτέρου" in words(page)
    assert "Επιχειρηματικότητα" in words(page)
    questions = visitor.get("/questions?q=τετραγωνικά", headers={"Accept-Language": "el"})
    assert "Καμία ερώτηση δεν περιέχει" in words(questions)
    assert "Έως 6 τ.μ." in words(visitor.get("/questions", headers={"Accept-Language": "el"}))


def test_a_withdrawn_service_is_told_so(house: House, visitor: Browser) -> None:
    draft = offers.offered(house.office, house.town, offers.folder(code="old-one", kind=None))
    with house.office.db.begin() as session:
        by = house.town.person(session, "administrator")
        services.withdraw(session, "old-one", reason="x", seen=draft.version_id, by=by)
    page = visitor.get("/services/old-one")
    assert page.status_code == 404
    assert "is no longer offered" in words(page)
