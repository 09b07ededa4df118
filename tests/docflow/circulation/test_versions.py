"""Versions of a draft beside each other (domain row 43)."""

import pytest
from sqlalchemy.orm import Session

from docflow import circulation, parties
from docflow.circulation import versions
from docflow.circulation.versions import Change
from docflow.office import Office
from tests import factories
from tests.docflow.steps import begun, circulated
from tests.factories import Town

FIRST = "Πρώτη παράγραφος με πολλές λέξεις.\n\nΔεύτερη παράγραφος.\n\nΤρίτη."
SECOND = "Πρώτη παράγραφος με λίγες λέξεις.\n\nΤρίτη.\n\nΚάτι εντελώς άλλο εδώ."


def saved(session: Session, town: Town, first: str, second: str, **more: object) -> int:
    by = town.person(session, "engineer")
    entry = factories.letter(session, town)
    factories.accepted(session, town, entry)
    draft = circulation.begin_answer(session, entry.id, factories.content(body=first), by=by)
    content = factories.content(body=second, **more)
    circulation.save(session, draft.id, content, version=1, by=by)
    session.flush()
    return draft.id


def body(session: Session, town: Town, draft_id: int) -> list[tuple[str, str, str]]:
    rows = versions.compare(session, draft_id, 1, 2, by=town.person(session, "engineer"))
    return [
        (row.change, "".join(p.text for p in row.old), "".join(p.text for p in row.new))
        for row in rows
        if row.field == "body"
    ]


def test_paragraphs_are_told_apart_as_changed_added_and_taken_out(
    session: Session, town: Town
) -> None:
    draft_id = saved(session, town, FIRST, SECOND)
    assert body(session, town, draft_id) == [
        (Change.CHANGED, "Πρώτη παράγραφος με πολλές λέξεις.", "Πρώτη παράγραφος με λίγες λέξεις."),
        (Change.REMOVED, "Δεύτερη παράγραφος.", ""),
        (Change.SAME, "Τρίτη.", "Τρίτη."),
        (Change.ADDED, "", "Κάτι εντελώς άλλο εδώ."),
    ]


def test_of_a_changed_paragraph_the_words_are_marked(session: Session, town: Town) -> None:
    draft_id = saved(session, town, FIRST, SECOND)
    rows = versions.compare(session, draft_id, 1, 2, by=town.person(session, "engineer"))
    [changed] = [row for row in rows if row.change == Change.CHANGED]
    assert [p.text for p in changed.old if p.is_changed] == ["πολλές"]
    assert [p.text for p in changed.new if p.is_changed] == ["λίγες"]


def test_recipient_and_copies_are_compared_too(session: Session, town: Town) -> None:
    other = parties.Contact(name="Άλλος Παραλήπτης", email="allos@example.gr")
    draft_id = saved(session, town, FIRST, FIRST, recipient=other, copies_to=("Αρχείο",))
    rows = versions.compare(session, draft_id, 1, 2, by=town.person(session, "engineer"))
    changed = {row.field for row in rows if row.change != Change.SAME}
    assert changed == {"recipient", "copies_to"}


def test_a_version_with_itself_has_no_difference(session: Session, town: Town) -> None:
    draft_id = saved(session, town, FIRST, SECOND)
    rows = versions.compare(session, draft_id, 2, 2, by=town.person(session, "engineer"))
    assert {row.change for row in rows} == {Change.SAME}


def test_what_is_not_there_or_not_open_is_not_compared(session: Session, town: Town) -> None:
    draft_id = saved(session, town, FIRST, SECOND)
    with pytest.raises(versions.NoSuchVersion):
        versions.compare(session, draft_id, 1, 3, by=town.person(session, "engineer"))
    with pytest.raises(circulation.NoSuchDraft):
        versions.compare(session, draft_id, 1, 2, by=town.person(session, "lawyer"))
    with pytest.raises(circulation.NoSuchDraft):
        versions.versions(session, draft_id, by=town.person(session, "lawyer"))


def test_long_texts_are_compared_in_reasonable_time(session: Session, town: Town) -> None:
    """50,000 characters, every paragraph reworded: the worst that a draft may be."""
    first = "\n\n".join(f"Παράγραφος {n} " + "λόγια και άλλα λόγια " * 10 for n in range(220))
    second = first.replace("λόγια και", "έργα ούτε").replace("Παράγραφος", "Εδάφιο")
    draft_id = saved(session, town, first[:49_000], second[:49_000])
    assert len(body(session, town, draft_id)) > 150


def test_each_version_has_its_digest_and_the_rounds_it_was_sent_in(
    signing_office: Office, town: Town
) -> None:
    draft_id = begun(signing_office, town)[1]
    circulated(signing_office, town, draft_id)
    with signing_office.db.begin() as session:
        by = town.person(session, "engineer")
        circulation.recall(session, draft_id, by=by)
        circulation.save(session, draft_id, factories.content(body="Άλλο"), version=1, by=by)
    circulated(signing_office, town, draft_id)
    with signing_office.db.begin() as session:
        found = versions.versions(session, draft_id, by=town.person(session, "engineer"))
    assert [(one.version, one.rounds, one.saved_by) for one in found] == [
        (1, (1,), "Άννα Βλάχου"),
        (2, (2,), "Άννα Βλάχου"),
    ]
    assert len({one.sha256 for one in found}) == 2
