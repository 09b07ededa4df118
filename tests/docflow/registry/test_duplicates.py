"""The same document is not registered twice unnoticed (domain row 17)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, parties, registry
from docflow.documents import Upload
from docflow.office import Office
from docflow.registry import Direction, DuplicateFound, DuplicateNote, Entry, Likeness
from tests import factories
from tests.factories import Town

LETTER: dict[str, Any] = {
    "sender": parties.Contact(name="Αναγνώστου Μαρία"),
    "sender_reference": "ΔΥ 77/β",
    "sender_dated_on": date(2026, 3, 18),
}


def _file(digest: str) -> Upload:
    return Upload("α.txt", digest * 64, 1, "text/plain")


def _register(
    session: Session,
    town: Town,
    *uploads: Upload,
    by: str = "clerk",
    reason: str = "",
    **changes: Any,
) -> Entry:
    return registry.register(
        session,
        factories.incoming(**changes),
        uploads,
        by=town.person(session, by),
        zone=factories.ZONE,
        ocr_languages=[],
        duplicate_reason=reason,
    )


def test_the_same_letter_again_is_told_with_the_entry_that_it_has(
    session: Session, town: Town
) -> None:
    first = _register(session, town, **LETTER)
    with pytest.raises(DuplicateFound) as found:
        _register(session, town, **LETTER)
    [alike] = found.value.alike
    assert (alike.entry_id, alike.likeness) == (first.id, Likeness.REFERENCE)
    assert alike.line is not None
    assert alike.line.label == first.label
    assert first.label in str(found.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"sender": parties.Contact(name="ΑΝΑΓΝΩΣΤΟΥ  ΜΑΡΙΑ")},
        {"sender_reference": "δυ77 Β"},
        {"sender_dated_on": None},
    ],
)
def test_writing_it_differently_hides_nothing(
    session: Session, town: Town, changes: dict[str, Any]
) -> None:
    _register(session, town, **LETTER)
    with pytest.raises(DuplicateFound):
        _register(session, town, **{**LETTER, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"sender": parties.Contact(name="Αναγνώστου Μάριος")},
        {"sender_reference": "ΔΥ 78/β"},
        {"sender_dated_on": date(2025, 3, 18)},
        {"sender_reference": ""},
        {"direction": Direction.INTERNAL},
    ],
)
def test_another_letter_is_no_duplicate(
    session: Session, town: Town, changes: dict[str, Any]
) -> None:
    _register(session, town, **LETTER)
    assert _register(session, town, **{**LETTER, **changes}).number == 2


def test_the_same_file_is_the_same_document(session: Session, town: Town) -> None:
    first = _register(session, town, _file("a"))
    with pytest.raises(DuplicateFound) as found:
        _register(session, town, _file("b"), _file("a"))
    assert [(one.entry_id, one.likeness) for one in found.value.alike] == [
        (first.id, Likeness.FILE)
    ]


def test_with_a_reason_it_is_registered_and_the_reason_is_kept(
    session: Session, town: Town
) -> None:
    first = _register(session, town, _file("a"), **LETTER)
    again = _register(session, town, _file("a"), reason=" δεύτερο  αντίτυπο ", **LETTER)
    rows = session.scalars(select(DuplicateNote).where(DuplicateNote.entry_id == again.id)).all()
    assert {(row.other_id, row.likeness, row.reason) for row in rows} == {
        (first.id, "reference", "δεύτερο αντίτυπο"),
        (first.id, "file", "δεύτερο αντίτυπο"),
    }
    lines = audit.history(session, [("entry", again.id)])
    [event] = [line for line in lines if line.action == "entry.registered-again"]
    assert event.details == {"others": [first.id], "reason": "δεύτερο αντίτυπο"}


def test_a_reason_where_nothing_is_alike_is_not_kept(session: Session, town: Town) -> None:
    entry = _register(session, town, reason="μήπως", **LETTER)
    assert session.scalar(select(DuplicateNote.entry_id)) is None
    assert [line.action for line in audit.history(session, [("entry", entry.id)])] == [
        "entry.registered"
    ]


def test_a_reason_has_its_length(session: Session, town: Town) -> None:
    _register(session, town, **LETTER)
    with pytest.raises(registry.DuplicateReasonTooLong):
        _register(session, town, reason="α" * 501, **LETTER)


def test_an_entry_of_a_closed_book_is_told_of_without_its_number(
    session: Session, town: Town
) -> None:
    _register(session, town, by="confidant", book="empisteftiko", **LETTER)
    with pytest.raises(DuplicateFound) as found:
        _register(session, town, **LETTER)
    assert found.value.alike == (registry.Alike(None, None, None),)
    assert "not open to you" in str(found.value)


def test_another_body_is_not_looked_at(session: Session, town: Town) -> None:
    _register(session, town, _file("a"), **LETTER)
    other = factories.municipality(session, code="allos")
    assert _register(session, other, _file("a"), **LETTER).number == 1


def test_a_corrected_reference_is_known_too(session: Session, town: Town) -> None:
    entry = _register(session, town, **{**LETTER, "sender_reference": "ΔΥ 7/β"})
    registry.correct(
        session,
        entry.id,
        {"sender_reference": "ΔΥ 77/β"},
        reason="λάθος αριθμός",
        by=town.person(session, "clerk"),
        zone=factories.ZONE,
    )
    with pytest.raises(DuplicateFound):
        _register(session, town, **LETTER)


def test_of_two_clerks_with_the_same_letter_at_once_one_is_told(committed: Office) -> None:
    with committed.db.begin() as session:
        town = factories.municipality(session)
    gate = Barrier(4)

    def clerk(_: int) -> bool:
        gate.wait()
        try:
            with committed.db.begin() as session:
                _register(session, town, _file("a"), **LETTER)
        except DuplicateFound:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        outcome = list(pool.map(clerk, range(4)))
    assert sorted(outcome) == [False, False, False, True]
