"""Parts that do not answer: nothing typed is lost, nothing is half done."""

import re
from typing import Any

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

import storage
from docflow import registry
from tests.api.browsing import Browser, hidden, letter, typed, words
from tests.api.conftest import House
from tests.storage.test_full_disk import no_room


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch):
    """The database is away until `.undo()`."""

    def gone(*_: object, **__: object) -> object:
        raise OperationalError("connect", {}, Exception("refused"))

    monkeypatch.setattr("docflow.db.Session.__init__", gone)
    return monkeypatch


@pytest.fixture
def no_store(monkeypatch: pytest.MonkeyPatch, house: House):
    """The object store is away until `.undo()`."""

    def gone(*_: object, **__: object) -> object:
        raise storage.StoreUnavailable("refused")

    monkeypatch.setattr(type(house.office.store), "put", gone)
    return monkeypatch


def test_a_form_sent_while_the_database_is_away_is_sent_again_with_one_press(
    clerk: Browser, no_database: pytest.MonkeyPatch
):
    files = [("files", ("σάρωση.pdf", b"%PDF-1.4 x"))]
    away = clerk.post("/register", data=letter(subject="Εν μέσω βλάβης"), files=files)
    assert away.status_code == 503
    assert "Εν μέσω βλάβης" in words(away)
    no_database.undo()
    sent = clerk.post("/register", data=hidden(away))
    page = clerk.get(sent.headers["location"])
    assert "Εν μέσω βλάβης" in words(page)
    assert "σάρωση.pdf" in words(page)


def test_a_page_says_so_while_the_database_is_away(clerk: Browser, no_database: object):
    answer = clerk.get("/book")
    assert answer.status_code == 503
    assert "The database does not answer" in words(answer)


def test_health_tells_whether_the_database_answers(visitor: Browser, no_database):
    assert visitor.get("/health").status_code == 503
    no_database.undo()
    assert visitor.get("/health").text == "ok\n"


def test_a_letter_sent_while_the_store_is_away_is_not_registered_and_its_text_stays(
    clerk: Browser, no_store: pytest.MonkeyPatch
):
    files = [("files", ("σάρωση.pdf", b"%PDF-1.4 y"))]
    form = letter(sender="Αποστολέας Εν Αναμονή")
    away = clerk.post("/register", data=form, files=files)
    assert away.status_code == 503
    assert "The file store does not answer" in words(away)
    assert typed(away, "sender") == "Αποστολέας Εν Αναμονή"
    assert clerk.get("/parties/suggest", params={"q": "Εν Αναμονή"}).json() == []
    no_store.undo()
    assert clerk.post("/register", data=form, files=files).status_code == 303


def test_a_large_file_that_finds_no_room_is_told_of_and_the_letter_can_be_registered(
    clerk: Browser,
):
    """Also what stands in the form behind the file is read, and comes back."""
    form = letter(sender="Αποστολέας Χωρίς Χώρο")
    files = [("files", ("σάρωση.pdf", b"%PDF-1.4 " + bytes(2 << 20)))]
    with no_room():
        full = clerk.post("/register", data=form, files=files)
        assert full.status_code == 507
        assert "The disk of the server is full" in words(full)
        assert typed(full, "sender") == "Αποστολέας Χωρίς Χώρο"
        assert typed(full, "sender_reference") == form["sender_reference"]
        assert clerk.post("/register", data=form).status_code == 303
        scan = clerk.post("/scans", files=files)
    assert scan.status_code == 507


def test_a_connection_lost_while_committing_says_that_it_may_be_saved(
    clerk: Browser, house: House, monkeypatch: pytest.MonkeyPatch
):
    dialect, register = house.office.db.engine.dialect, registry.register
    commit = dialect.do_commit

    def broken(connection: Any) -> None:
        monkeypatch.undo()
        commit(connection)
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    def registered(*given: Any, **named: Any) -> registry.Entry:
        entry = register(*given, **named)
        monkeypatch.setattr(dialect, "do_commit", broken)
        return entry

    monkeypatch.setattr(registry, "register", registered)
    form = {**letter(sender="Αποστολέας Την Τελευταία Στιγμή"), "form_key": "last-moment"}
    answer = clerk.post("/register", data=form)
    assert answer.status_code == 503
    assert "It may have been saved" in words(answer)
    again = clerk.post("/register", data=hidden(answer))
    assert again.status_code == 303
    with house.office.db.read() as session:
        found = session.scalars(
            select(registry.Entry).where(
                registry.Entry.sender_name == "Αποστολέας Την Τελευταία Στιγμή"
            )
        ).all()
    assert len(found) == 1


def test_a_fault_of_ours_shows_a_number_to_tell_and_no_detail(
    clerk: Browser, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_: object, **__: object) -> object:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("docflow.registry.listing", broken)
    answer = clerk.get("/book")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert re.search(r"name this request: [0-9a-f]{16}", words(answer))


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/entries/koino/2026/0",
        "/entries/koino/2026/99999999999999999999",
        "/entries/koino/99999/1",
        "/entries/koino/2026/abc",
        "/entries/%00/2026/1",
        "/drafts/99999999999999999999999",
        "/drafts/0",
        "/work?after=-1",
        "/work?after=99999999999999999999",
        "/book?after=99999999999999999999999",
        "/entries/koino/2026/1/files/99999999999999999999",
    ],
)
def test_an_address_that_cannot_be_is_not_found(clerk: Browser, path: str):
    assert clerk.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/book?book=%00&state=x&direction=y&unit=999999999999999999999",
        "/search?q=%00",
        "/search?q=%27%22%3C%29%28%26%7C%21%3A*",
        "/parties/suggest?q=%00%25_",
        "/work?basket=%00",
        "/register?direction=%00",
    ],
)
def test_odd_words_in_a_query_harm_nobody(clerk: Browser, path: str):
    assert clerk.get(path).status_code == 200


def test_a_body_that_is_no_form_is_told_of(clerk: Browser):
    headers = {"Content-Type": "multipart/form-data"}
    answer = clerk.post("/register", content=b"nonsense", headers=headers)
    assert answer.status_code == 400
    assert "reload the page" in words(answer)
