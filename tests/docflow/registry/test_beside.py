"""Rows beside an entry are written with it, or have an event of their own (domain rows 12, 105)."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from docflow import audit, registry
from docflow.office import Office
from docflow.parties import Contact
from docflow.registry import Direction, Relation
from tests import factories, stack

RECIPIENT = (
    "INSERT INTO recipients (entry_id, position, name, address, email, is_copy) "
    "VALUES ({0}, 77, 'Ξένος', '', '', false)"
)
Superuser = psycopg.Connection[Any]
ADDED = {
    "recipients": RECIPIENT,
    "entry_persons": (
        "INSERT INTO entry_persons (entry_id, position, name, tax_number) "
        "VALUES ({0}, 77, 'Ξένος', '')"
    ),
    "depositors": "INSERT INTO depositors (entry_id, name) VALUES ({0}, 'Ξένος')",
    "relations": "INSERT INTO relations (entry_id, other_id, kind) VALUES ({0}, {1}, 'answers')",
    "duplicate_notes": (
        "INSERT INTO duplicate_notes (entry_id, other_id, likeness, reason) "
        "VALUES ({0}, {1}, 'file', 'x')"
    ),
}


@pytest.fixture
def letters(committed: Office) -> tuple[Office, int, int]:
    """An office that commits, and two entries: a letter in and an answer with all beside it."""
    with committed.db.begin() as session:
        town = factories.municipality(session)
    with committed.db.begin() as session:
        first = factories.letter(session, town, concerned=(Contact("Τρίτος"),), depositor="Κλητήρ")
        second = factories.letter(
            session,
            town,
            direction=Direction.OUTGOING,
            sender=None,
            recipients=(Contact("Πρώτος"), Contact("Δεύτερος")),
            relations=((first.id, Relation.ANSWERS),),
        )
    with committed.db.begin() as session:
        clerk = town.person(session, "clerk")
        row = registry.relate(session, first.id, second.id, Relation.RELATED, by=clerk)
        registry.unrelate(session, row.id, reason="λάθος", by=clerk)
        registry.relate(session, first.id, second.id, Relation.FORWARDS, by=clerk)
    return committed, first.id, second.id


@pytest.fixture
def by_hand(
    letters: tuple[Office, int, int], postgres: stack.PostgresServer
) -> Iterator[Superuser]:
    """Somebody with all rights, who has switched the triggers off."""
    url = make_url(letters[0].settings.database_url.get_secret_value())
    with postgres.cluster.connect(str(url.database)) as connection:
        connection.autocommit = True
        connection.execute("SET session_replication_role = replica")
        yield connection


def _findings(office: Office) -> list[str]:
    with office.db.read() as session:
        return [one.detail for one in audit.verify(session).findings if "log" not in one.detail]


@pytest.mark.parametrize("table", ADDED)
def test_nothing_is_added_to_an_entry_that_stands(
    letters: tuple[Office, int, int], table: str
) -> None:
    office, first, second = letters
    statement = ADDED[table].format(first if table != "depositors" else second, second)
    if table == "relations":
        statement = ADDED[table].format(second, first)
    refused = pytest.raises(IntegrityError, match="are written with their entry")
    with refused, office.db.begin() as session:
        session.execute(text(statement))


def test_a_savepoint_belongs_to_its_transaction(committed: Office) -> None:
    with committed.db.begin() as session:
        town = factories.municipality(session)
    with committed.db.begin() as session:
        with session.begin_nested():
            entry = factories.letter(session, town)
        with session.begin_nested():
            session.execute(text(RECIPIENT.format(entry.id)))
    with committed.db.begin() as session, pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text(RECIPIENT.format(entry.id).replace("77", "78")))


def test_what_was_registered_and_related_is_sound(letters: tuple[Office, int, int]) -> None:
    assert _findings(letters[0]) == []


@pytest.mark.parametrize(
    "statement",
    [
        *(ADDED[table] for table in ("recipients", "entry_persons", "relations")),
        "UPDATE recipients SET name = 'Άλλος' WHERE position = 1",
        "DELETE FROM recipients WHERE position = 2",
        "DELETE FROM depositors",
        "DELETE FROM entry_persons",
        "UPDATE relations SET kind = 'forwards' WHERE related_by IS NULL",
    ],
)
def test_what_was_done_with_the_guards_off_is_named(
    letters: tuple[Office, int, int], by_hand: Superuser, statement: str
) -> None:
    office, first, second = letters
    by_hand.execute(statement.format(second, first))
    [finding] = _findings(office)
    assert "are not those of its registration" in finding


def test_ties_and_removals_without_events_are_named(
    letters: tuple[Office, int, int], by_hand: Superuser
) -> None:
    office, first, second = letters
    by_hand.execute(
        "INSERT INTO relations (entry_id, other_id, kind, related_by, related_at) "
        f"SELECT {second}, {first}, 'corrects', min(id), now() FROM users"
    )
    by_hand.execute("DELETE FROM relation_removals")
    found = _findings(office)
    assert len(found) == 2
    assert "has no event" in found[0]
    assert "was removed" in found[1]
