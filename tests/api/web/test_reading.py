"""Proposals in the clerk's form, the page beside its text, what was learned: the pages."""

import re
from collections.abc import Callable
from itertools import count

import pytest
from sqlalchemy import select, text

from docflow import documents, registry, understanding
from docflow.documents import PageText
from tests.api.browsing import Browser, letter, words
from tests.api.conftest import House
from tests.docflow.understanding import paper

Browsing = Callable[..., Browser]
PDF = "application/pdf"
_numbers = count(1)


def fresh() -> tuple[str, bytes]:
    """A letter that nobody has brought yet: its number and its bytes."""
    number = f"{next(_numbers)}/2026"
    return number, paper.letter(number)


def bring(browser: Browser, data: bytes, **more: str) -> str:
    """Send a document ahead; the address under which its proposals are asked for."""
    answer = browser.post("/register/ahead", files={"file": ("letter.pdf", data, PDF)}, data=more)
    assert answer.status_code == 200, answer.text
    assert 'hx-trigger="every 1s"' in answer.text
    return re.search(r'hx-get="([^"?]+)', answer.text)[1]


def note(page: str) -> str:
    return re.search(r'name="proposed" value="([^"]*)"', page)[1]


def outcomes(house: House, entry_id: int) -> dict[str, str]:
    with house.office.db.read() as session:
        rows = session.scalars(
            select(understanding.ProposalOutcome).where(
                understanding.ProposalOutcome.entry_id == entry_id
            )
        )
        return {row.field: row.fate for row in rows}


@pytest.mark.parametrize("language", ["el", "en"])
def test_a_document_that_is_brought_fills_no_field_but_proposes(
    browsing: Browsing, house: House, language: str
) -> None:
    clerk = browsing("clerk", language=language)
    form = clerk.get("/register").text
    assert 'data-read-ahead="/register/ahead"' in form
    assert 'id="proposals"' in form
    number, data = fresh()
    address = bring(clerk, data)
    house.run_jobs()
    page = clerk.get(address)
    assert "every 1s" not in page.text
    assert f'data-field="sender_reference" data-value="{number}"' in page.text
    assert 'data-value="MUNICIPALITY OF NAFPLIO"' in page.text
    assert 'form="register-form"' in page.text
    assert {"el": "Προτάσεις από το έγγραφο", "en": "Proposed from the document"}[
        language
    ] in words(page)
    picture = clerk.get(re.search(r'<image href="([^"]+)"', page.text)[1])
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.content.startswith(b"\xff\xd8")


def test_what_became_of_proposals_is_recorded_with_the_entry(clerk: Browser, house: House) -> None:
    number, data = fresh()
    address = bring(clerk, data)
    house.run_jobs()
    page = clerk.get(address).text
    typed = letter(
        sender="Δήμος Ναυπλίου",  # another than was proposed
        sender_reference=number,
        sender_dated_on="7/9/26",
        subject="",
        sender_email="",
        proposed=note(page),
    )
    refused = clerk.post("/register", data=typed)
    assert refused.status_code == 422  # no subject: nothing is registered, nothing recorded
    answer = clerk.post("/register", data={**typed, "subject": "Συμμετοχή στο πρόγραμμα"})
    assert answer.status_code == 303, answer.text
    entry_id = house.entry_id(answer.headers["location"].partition("?")[0])
    assert outcomes(house, entry_id) == {
        "sender": "changed",
        "subject": "changed",
        "sender_reference": "taken",
        "sender_dated_on": "taken",  # 7/9/26 is the same day
        "sender_email": "left-out",
    }


@pytest.mark.parametrize("forged", ["", "x", "WzFd.abc"])
def test_a_forged_note_records_nothing_and_hinders_nothing(
    clerk: Browser, house: House, forged: str
) -> None:
    answer = clerk.post("/register", data=letter(proposed=forged))
    assert answer.status_code == 303, answer.text
    assert outcomes(house, house.entry_id(answer.headers["location"].partition("?")[0])) == {}


def test_nobody_sees_what_another_brought(clerk: Browser, browsing: Browsing, house: House) -> None:
    address = bring(clerk, fresh()[1])
    house.run_jobs()
    for username in ("registrar", "auditor", "administrator"):
        other = browsing(username)
        assert other.get(address).status_code == 404
        assert other.get(f"{address}/pages/1.jpg").status_code == 404
    assert (
        browsing("engineer")
        .post("/register/ahead", files={"file": ("a.pdf", fresh()[1], PDF)})
        .status_code
        == 403
    )


def test_a_file_that_the_form_has_already_is_read_by_its_note(clerk: Browser, house: House) -> None:
    data = fresh()[1]
    page = clerk.post(
        "/register",
        data=letter(subject=""),
        files={"files": ("letter.pdf", data, PDF)},
    )
    kept = re.search(r'name="kept" value="([^"]+)"', page.text)[1]
    answer = clerk.post("/register/ahead", data={"kept": kept})
    assert 'hx-trigger="every 1s"' in answer.text
    for strange in ({}, {"kept": "nonsense"}):
        answer = clerk.post("/register/ahead", data=strange)
        assert answer.status_code == 200
        assert "every 1s" not in answer.text


def test_a_file_that_cannot_be_read_says_so_and_is_registered_all_the_same(
    clerk: Browser, house: House
) -> None:
    address = bring(clerk, b"")
    house.run_jobs()
    page = clerk.get(address)
    assert "The file is empty" in words(page)
    assert "every 1s" not in page.text


def test_what_waits_for_its_description_gets_proposals(clerk: Browser, house: House) -> None:
    number, data = fresh()
    answer = clerk.post(
        "/register",
        data=letter(act="now", subject=""),
        files={"files": ("letter.pdf", data, PDF)},
    )
    address = answer.headers["location"].partition("?")[0]
    house.run_jobs()
    page = clerk.get(f"{address}/describe")
    assert f'data-field="sender_reference" data-value="{number}"' in page.text
    assert 'form="describe-form"' in page.text
    described = clerk.post(
        f"{address}/describe",
        data={
            "subject": "Confirmation of participation in the programme",
            "sender_reference": number,
            "delivery_method": "post",
            "attachments_count": "2",
            "reason": "Συμπλήρωση",
            "proposed": note(page.text),
        },
    )
    assert described.status_code == 303, described.text
    found = outcomes(house, house.entry_id(address))
    assert (found["subject"], found["sender_reference"]) == ("taken", "taken")


@pytest.fixture
def read_entry(house: House) -> str:
    """The address of a letter whose file was read."""
    address = house.register((fresh()[1], "letter.pdf"))
    house.run_jobs()
    return address


@pytest.mark.parametrize("language", ["el", "en"])
def test_the_page_stands_beside_its_text(
    browsing: Browsing, read_entry: str, language: str
) -> None:
    clerk = browsing("clerk", language=language)
    assert f"{read_entry}/files/1/pages/1" in clerk.get(read_entry).text
    page = clerk.get(f"{read_entry}/files/1/pages/1?q=programme")
    assert page.status_code == 200, page.text
    assert {"el": "1 εύρημα", "en": "1 hit"}[language] in words(page)
    assert page.text.count("app-look__word--hit") == 1
    assert "<mark" in page.text
    picture = clerk.get(re.search(r'<image href="([^"]+)"', page.text)[1])
    assert picture.content.startswith(b"\xff\xd8")
    codes = clerk.get(re.search(r'hx-get="([^"]+/codes)"', page.text)[1])
    assert {"el": "Δεν υπάρχουν", "en": "There are none"}[language] in words(codes)
    for missing in ("2", "0", "x"):
        assert clerk.get(f"{read_entry}/files/1/pages/{missing}").status_code == 404
    assert clerk.get(f"{read_entry}/files/9/pages/1").status_code == 404


def test_who_may_not_see_the_entry_sees_no_page_of_it(browsing: Browsing, read_entry: str) -> None:
    for username in ("engineer", "administrator"):
        other = browsing(username)
        for rest in ("", "/picture", "/codes"):
            assert other.get(f"{read_entry}/files/1/pages/1{rest}").status_code == 404
        assert other.post(f"{read_entry}/files/1/pages/1/checked").status_code == 404


def test_a_page_that_needs_a_look_is_listed_until_somebody_looked(
    clerk: Browser, browsing: Browsing, house: House, read_entry: str
) -> None:
    with house.office.db.begin() as session:
        [file] = documents.files(session, house.entry_id(read_entry))
        session.get_one(PageText, (file.id, 1)).confidence = 31.0
    place = f"{read_entry}/files/1/pages/1"
    assert place in clerk.get("/pages-to-check").text
    assert place not in browsing("engineer").get("/pages-to-check").text
    assert "Needs a look" in words(clerk.get(place))
    assert browsing("auditor").post(f"{place}/checked").status_code == 403
    answer = clerk.post(f"{place}/checked")
    assert answer.headers["location"].startswith("/pages-to-check")
    assert place not in clerk.get("/pages-to-check").text
    assert "A page was looked at" in words(clerk.get(read_entry))


def test_a_quarantined_file_shows_no_page(clerk: Browser, house: House, read_entry: str) -> None:
    with house.office.db.begin() as session:
        session.execute(
            text(
                "UPDATE screenings SET state = 'infected', finding = 'Eicar' WHERE file_id IN "
                "(SELECT id FROM files WHERE entry_id = :id)"
            ),
            {"id": house.entry_id(read_entry)},
        )
    for rest in ("", "/picture", "/codes"):
        assert clerk.get(f"{read_entry}/files/1/pages/1{rest}").status_code == 403
    assert clerk.get(f"{read_entry}/files/1/text").status_code == 403
    with house.office.db.read() as session:
        person = house.town.person(session, "clerk")
        entry = session.get_one(registry.Entry, house.entry_id(read_entry))
    assert understanding.of_entry(house.office, entry, by=person) == understanding.service.OfEntry()


@pytest.mark.parametrize("language", ["el", "en"])
def test_the_administrator_sees_what_was_learned_and_trains(
    browsing: Browsing, house: House, language: str
) -> None:
    administrator = browsing("administrator", language=language)
    assert 'href="/learning"' in administrator.get("/system").text
    assert administrator.post("/learning/train").status_code == 303
    assert administrator.post("/learning/train").status_code == 303  # one goes on already
    house.run_jobs()
    page = administrator.get("/learning")
    assert {"el": "δεν επαρκούν", "en": "too little to learn from"}[language] in words(page)
    for username in ("clerk", "registrar", "auditor"):
        assert browsing(username).get("/learning").status_code == 403
        assert browsing(username).post("/learning/train").status_code == 403
