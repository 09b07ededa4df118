"""The pages of books, arrivals, reservations and the check: for whom they are, and what they do."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from docflow import clock, registry
from tests import factories
from tests.api.browsing import Browser, words
from tests.api.conftest import House
from tests.factories import ZONE

Browsing = Callable[..., Browser]
POLICY = {
    "numbering": "common",
    "scheme": "plain",
    "first_number": "1",
    "mask": "{n}/{year}",
}


def year() -> int:
    return clock.today(ZONE).year


@pytest.mark.parametrize(
    ("path", "open_to"),
    [
        ("/books", {"clerk", "registrar", "auditor", "administrator"}),
        ("/books/koino", {"clerk", "registrar", "auditor", "administrator"}),
        ("/books/new", {"administrator"}),
        ("/contiguity", {"clerk", "registrar", "auditor", "administrator"}),
        ("/arrivals", {"clerk", "registrar", "auditor"}),
        ("/arrivals?all=1", {"clerk", "registrar", "auditor"}),
        ("/reservations", {"clerk", "registrar", "auditor", "administrator", "engineer"}),
    ],
)
@pytest.mark.parametrize("language", ["el", "en"])
def test_a_page_opens_for_those_it_is_made_for(
    browsing: Browsing, house: House, path: str, open_to: set[str], language: str
) -> None:
    house.register()
    for username in ("clerk", "registrar", "auditor", "administrator", "engineer"):
        answer = browsing(username, language=language).get(path)
        assert answer.status_code == (200 if username in open_to else 403), username
        assert f'<html lang="{language}"' in answer.text


def test_the_administrator_makes_a_book_and_a_clerk_registers_in_it(
    browsing: Browsing, house: House
) -> None:
    administrator = browsing("administrator")
    made = administrator.post(
        "/books/new",
        data={
            **POLICY,
            "code": "apofaseis",
            "title": "Αποφάσεις",
            "kind": "thematic",
            "mask": "ΑΠ-{n:04}/{year}",
        },
    )
    assert (made.status_code, made.headers["location"]) == (
        303,
        "/books/apofaseis?done=book-created",
    )
    house.register(book="apofaseis")
    page = words(browsing("clerk").get(f"/entries/apofaseis/{year()}/1"))
    assert f"ΑΠ-0001/{year()}" in page
    page = words(browsing("auditor").get("/books/apofaseis"))
    assert "ΑΠ-{n:04}/{year}" in page
    checked = browsing("auditor").get(f"/contiguity/apofaseis/{year()}/common")
    assert "Unbroken" in words(checked)
    row = browsing("auditor").get(
        f"/contiguity/apofaseis/{year()}/common", headers={"HX-Request": "true"}
    )
    assert row.text.strip().startswith("<tr>")
    assert "Unbroken" in row.text


def test_a_policy_that_cannot_be_comes_back_with_the_reason(browsing: Browsing) -> None:
    administrator = browsing("administrator")
    typed = {**POLICY, "code": "x", "title": "Αποφάσεις", "mask": "{year}"}
    answer = administrator.post("/books/new", data=typed)
    assert answer.status_code == 422
    assert "The mask needs the number" in words(answer)
    assert 'value="Αποφάσεις"' in answer.text
    again = administrator.post("/books/new", data={**typed, "mask": "{n}/{year}", "code": "koino"})
    assert again.status_code == 409
    assert "already" in words(again)
    for act in ("rename", "policy"):
        wrong = administrator.post(
            f"/books/koino/acts/{act}", data={**POLICY, "mask": "{n}", "title": "x"}
        )
        assert wrong.status_code == 422


def test_the_preview_shows_the_numbers_or_what_is_wrong(browsing: Browsing) -> None:
    administrator = browsing("administrator")
    good = administrator.get("/books/preview", params={**POLICY, "mask": "{dir} {n:05}/{yy}"})
    assert f"ΕΙΣ 00001/{year() % 100}" in good.text
    assert "<html" not in good.text
    bad = administrator.get("/books/preview", params={**POLICY, "mask": "{n}{year}"})
    assert "side by side" in bad.text


def test_the_registrar_opens_the_next_year_and_a_clerk_does_not(
    browsing: Browsing, house: House
) -> None:
    typed = {"year": str(year() + 1)}
    refused = browsing("clerk").post("/books/koino/acts/open-year", data=typed)
    assert refused.status_code == 403
    done = browsing("registrar").post("/books/koino/acts/open-year", data=typed)
    assert done.status_code == 303
    assert str(year() + 1) in words(browsing("clerk").get("/books/koino"))


def test_a_confidential_book_is_opened_by_name_and_hidden_from_others(
    browsing: Browsing, house: House
) -> None:
    administrator = browsing("administrator")
    assert browsing("clerk").get("/books/empisteftiko").status_code == 404
    assert browsing("auditor").get(f"/contiguity/empisteftiko/{year()}/common").status_code == 404
    page = administrator.get("/books/empisteftiko")
    assert "Δέσποινα Κρητικού" in words(page)
    granted = administrator.post(
        "/books/empisteftiko/acts/grant", data={"username": "clerk", "can_write": "on"}
    )
    assert granted.status_code == 303
    assert browsing("clerk").get("/books/empisteftiko").status_code == 200
    taken = administrator.post(
        "/books/empisteftiko/acts/revoke", data={"user_id": str(house.town.users["clerk"])}
    )
    assert taken.status_code == 303
    assert browsing("clerk").get("/books/empisteftiko").status_code == 404


def test_an_arrival_is_noted_and_ended_with_a_reason(browsing: Browsing) -> None:
    clerk = browsing("clerk")
    noted = clerk.post(
        "/arrivals",
        data={"sender_name": "ΔΕΥΑ", "delivery_method": "courier", "note": "Κλειστός φάκελος"},
    )
    assert noted.status_code == 303
    page = clerk.get("/arrivals")
    assert f"ΠΑΡ-1/{year()}" in words(page)
    assert "Not to be opened" in words(page)
    arrival = noted.headers["location"].rsplit("-", 1)[1]
    without = clerk.post(f"/arrivals/{arrival}/end", data={"outcome": "junk"})
    assert without.status_code == 422
    assert "Write why" in words(without)
    ended = clerk.post(f"/arrivals/{arrival}/end", data={"outcome": "junk", "reason": "διαφήμιση"})
    assert ended.status_code == 303
    assert "Nothing waits" in words(clerk.get("/arrivals"))
    assert "διαφήμιση" in words(clerk.get("/arrivals?all=1"))
    again = clerk.post(f"/arrivals/{arrival}/end", data={"outcome": "junk", "reason": "ξανά"})
    assert again.status_code == 409
    assert browsing("auditor").post("/arrivals", data={"sender_name": "x"}).status_code == 403


def test_numbers_are_reserved_and_given_back(browsing: Browsing, house: House) -> None:
    clerk = browsing("clerk")
    wanted = {
        "direction": "outgoing",
        "count": "2",
        "reason": "Απόφαση Δημοτικού Συμβουλίου",
        "last_day": f"{clock.today(ZONE):%d/%m/%Y}",
    }
    missing = clerk.post("/reservations", data={**wanted, "reason": ""})
    assert missing.status_code == 422
    endless = clerk.post("/reservations", data={**wanted, "last_day": ""})
    assert endless.status_code == 422
    assert "until which day" in words(endless)
    assert clerk.post("/reservations", data=wanted).status_code == 303
    page = clerk.get("/reservations")
    assert page.text.count("/register?reservation=") == 2
    number = page.text.split("/register?reservation=")[1].split('"')[0]
    assert 'class="app-switch"' not in clerk.get(f"/register?reservation={number}").text
    given = clerk.post(f"/reservations/{number}/give-back", data={"reason": "Ματαιώθηκε"})
    assert given.status_code == 303
    assert "Annulled" in words(clerk.get("/reservations?all=1"))
    assert browsing("engineer").post("/reservations", data=wanted).status_code == 404


def test_a_time_ahead_of_the_clock_is_told_on_the_page_of_the_book(
    browsing: Browsing, house: House
) -> None:
    code = "roloi"
    with house.office.db.begin() as session:
        registry.books.create(
            session,
            code=code,
            title="Βιβλίο ρολογιού",
            kind=registry.books.BookKind.COMMON,
            policy=registry.Policy(),
            by=house.town.person(session, "administrator"),
        )
    registrar = browsing("registrar")
    with clock.pretend(clock.now() + timedelta(hours=3)), house.office.db.begin() as session:
        factories.letter(session, house.town, book=code)
    page = words(registrar.get(f"/books/{code}"))
    assert "which lies ahead of the clock" in page
    assert "which lies ahead" not in words(registrar.get("/books/empisteftiko"))
