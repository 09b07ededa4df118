"""A page beside its text: words with places and levels, hits, and the pages that need a person."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from docflow import documents, understanding
from docflow.office import Office
from docflow.principal import NotAllowed
from docflow.understanding import Level, looking
from tests.docflow.understanding import letters
from tests.docflow.understanding.conftest import Read
from tests.factories import Town

BAD = replace(letters.official(confidence=40.0), confidence=41.5)
FAILED = replace(letters.page(number=2), source="failed", confidence=None, problem="timeout")


def to_check(office: Office, town: Town, username: str) -> tuple[list[tuple[int, int]], int]:
    with office.db.read() as session:
        found, total = looking.to_check(session, by=town.person(session, username))
    return [(one.line.id, one.page) for one in found], total


def file_id(office: Office, entry_id: int) -> int:
    with office.db.read() as session:
        return documents.files(session, entry_id)[0].id


def test_a_page_has_its_words_with_their_places(office: Office, read_letter: Read) -> None:
    entry_id = read_letter()
    with office.db.read() as session:
        seen = looking.page(session, documents.files(session, entry_id)[0].id, 1)
    assert (seen.width, seen.height, seen.source) == (595, 842, "ocr")
    first = seen.words[0]
    assert (first.text, first.x, first.y, first.level) == ("ΕΛΛΗΝΙΚΗ", 60, 50, Level.SURE)
    assert [word.text for word in seen.words if word.begins_line][:2] == ["ΕΛΛΗΝΙΚΗ", "ΝΟΜΟΣ"]
    assert not seen.needs_a_person
    assert not any(word.is_hit for word in seen.words)


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("απόφασης", ["απόφασης", "απόφαση"]),
        ("ΔΗΜΟΣ", ["ΔΗΜΟΣ"]),
        ("7725", ["7725/04-11-2026"]),
        ("ανύπαρκτο", []),
        ("", []),
    ],
)
def test_hits_of_a_search_are_marked(
    office: Office, read_letter: Read, query: str, hits: list[str]
) -> None:
    entry_id = read_letter()
    with office.db.read() as session:
        seen = looking.page(session, documents.files(session, entry_id)[0].id, 1, query=query)
    assert [word.text for word in seen.words if word.is_hit] == hits
    assert seen.marks[0].has_hits == bool(hits)


@pytest.mark.parametrize(
    ("confidence", "level"),
    [(100.0, Level.SURE), (85.0, Level.SURE), (84.9, Level.UNSURE), (59.9, Level.DOUBTFUL)],
)
def test_a_word_is_as_sure_as_it_was_read(confidence: float, level: Level) -> None:
    assert looking.level(confidence) is level


def test_a_page_that_was_not_read_is_not_there(office: Office, read_letter: Read) -> None:
    of = file_id(office, read_letter())
    with office.db.read() as session, pytest.raises(understanding.NoSuchPage):
        looking.page(session, of, 7)


def test_pages_that_need_a_person_are_listed_for_those_who_may_see_them(
    office: Office, town: Town, read_letter: Read
) -> None:
    read_letter()
    bad = read_letter(BAD, FAILED)
    secret = read_letter(BAD, by="confidant", book="empisteftiko")
    assert to_check(office, town, "clerk") == ([(bad, 1), (bad, 2)], 2)
    assert to_check(office, town, "confidant") == ([(secret, 1)], 1)
    assert to_check(office, town, "engineer") == ([], 0)


def test_a_page_leaves_the_list_until_it_is_read_again(
    office: Office, town: Town, read_letter: Read
) -> None:
    entry_id = read_letter(BAD)
    with office.db.begin() as session:
        file = documents.file_at(session, entry_id, 1)
        with pytest.raises(NotAllowed):
            looking.checked(session, file, 1, by=town.person(session, "auditor"))
        with pytest.raises(understanding.NoSuchPage):
            looking.checked(session, file, 9, by=town.person(session, "clerk"))
        looking.checked(session, file, 1, by=town.person(session, "clerk"))
        looking.checked(session, file, 1, by=town.person(session, "clerk"))  # twice is once
    assert to_check(office, town, "clerk") == ([], 0)
    with office.db.read() as session:
        seen = looking.page(session, file.id, 1)
        assert (seen.is_checked, seen.needs_a_person) == (True, False)
    with office.db.begin() as session:
        session.execute(text("UPDATE readings SET finished_at = now() + interval '1 minute'"))
    assert to_check(office, town, "clerk") == ([(entry_id, 1)], 1)
