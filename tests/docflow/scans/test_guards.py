"""The database keeps every page of a batch in one place, whoever writes."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.docflow.scans.conftest import Desk
from tests.docflow.scans.sheets import Sheet, label

ADDED = (
    "INSERT INTO scan_pages (batch_id, number, document_id, kind, print) "
    "VALUES ({batch}, {number}, {document}, '{kind}', '')"
)


@pytest.fixture
def places(desk: Desk) -> dict[str, int]:
    """A batch with a filed document and a blank page, and one whose document waits."""
    entry = desk.letter()
    filed = desk.scan(Sheet("α", (label(entry),)), Sheet(blank=True))
    waits = desk.scan(Sheet("β"), Sheet("γ"))
    assert desk.told(filed) == [("filed", None, [1])]
    assert desk.told(waits) == [("review", "no-label", [1, 2])]
    return {
        "filed_batch": filed,
        "filed": desk.found(filed)[0].id,
        "batch": waits,
        "waits": desk.found(waits)[0].id,
    }


def do(session: Session, statement: str, places: dict[str, int]) -> None:
    session.execute(text(statement.format(**places)))
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


@pytest.mark.parametrize(
    ("statement", "refused"),
    [
        (
            ADDED.format(batch="{filed_batch}", number=99, document="{filed}", kind="page"),
            "takes no more pages",
        ),
        (
            ADDED.format(batch="{batch}", number=3, document="NULL", kind="blank"),
            "takes no more pages",
        ),
        (
            "UPDATE scan_pages SET batch_id = {filed_batch}, number = 50, document_id = {filed} "
            "WHERE batch_id = {batch} AND number = 2",
            "stays what it is",
        ),
        ("UPDATE scan_pages SET number = 7 WHERE batch_id = {batch} AND number = 2", "stays what"),
        (
            "UPDATE scan_pages SET kind = 'blank', document_id = NULL WHERE batch_id = {batch}",
            "stays what it is",
        ),
        (
            "UPDATE scan_pages SET kind = 'page', document_id = {filed} "
            "WHERE batch_id = {filed_batch} AND number = 2",
            "takes no more pages",
        ),
        ("UPDATE scan_pages SET print = 'x' WHERE batch_id = {batch}", "stays what it is"),
        ("UPDATE scan_documents SET state = 'superseded' WHERE id = {waits}", "has pages still"),
        ("UPDATE scan_batches SET pages_total = 3 WHERE id = {batch}", "has no place"),
        ("UPDATE scan_batches SET pages_total = NULL WHERE id = {batch}", "has no place"),
        ("UPDATE scan_pages SET rotation = 90 WHERE document_id = {filed}", "was filed"),
        ("DELETE FROM scan_pages WHERE batch_id = {batch}", "permission denied|never changed"),
    ],
)
def test_no_page_is_added_moved_away_or_hidden(
    session: Session, places: dict[str, int], statement: str, refused: str
) -> None:
    with pytest.raises(DBAPIError, match=refused), session.begin_nested():
        do(session, statement, places)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE scan_pages SET rotation = 90 WHERE document_id = {waits}",
        "UPDATE scan_documents SET state = 'discarded', note = 'x' WHERE id = {waits}",
        "INSERT INTO scan_documents (batch_id, state, fingerprint) "
        "VALUES ({batch}, 'superseded', '')",
    ],
)
def test_what_people_decide_is_let_through(
    session: Session, places: dict[str, int], statement: str
) -> None:
    do(session, statement, places)
