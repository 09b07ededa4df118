"""What is written once stays: the database refuses changes, whoever asks (domain rows 12, 105)."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, ProgrammingError

from docflow import registry, routing
from docflow.office import Office
from tests import factories, stack
from tests.docflow import steps
from tests.factories import Town

WRITTEN_ONCE = (
    "annulments",
    "arrival_ends",
    "arrivals",
    "audit_checkpoints",
    "audit_events",
    "draft_versions",
    "entries",
    "files",
    "papers",
    "recipients",
    "relations",
    "reservations",
)


class Filled(NamedTuple):
    """A database that has a row in each table that is written once."""

    application: psycopg.Connection[tuple[object, ...]]
    owner: psycopg.Connection[tuple[object, ...]]


@pytest.fixture(scope="module")
def filled(postgres: stack.PostgresServer, clone: Callable[[str], str]) -> Iterator[Filled]:
    """Refusals leave no trace, so one database serves all tests of this module."""
    name = clone("written_once")
    with psycopg.connect(_plain(postgres.owner_url(name))) as owner:
        _fill(owner)
    connections = Filled(
        psycopg.connect(_plain(postgres.url(name)), autocommit=True),
        psycopg.connect(_plain(postgres.owner_url(name)), autocommit=True),
    )
    yield connections
    for connection in connections:
        connection.close()
    postgres.drop_database(name)


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _fill(owner: psycopg.Connection[tuple[object, ...]]) -> None:
    """One row in each table, by SQL: only that there is one matters here."""
    for statement in (
        "INSERT INTO bodies (id, code, name, letterhead, city, address, phone, email, website) "
        "VALUES (1, 'b', 'B', '[]', '', '', '', '', '')",
        "INSERT INTO units (id, body_id, code, name, valid_from) "
        "VALUES (1, 1, 'u', 'U', '2000-1-1')",
        "INSERT INTO users (id, body_id, username, full_name, title) VALUES (1, 1, 'n', 'N', '')",
        "INSERT INTO books (id, body_id, code, title) VALUES (1, 1, 'k', 'K')",
        "INSERT INTO book_years (book_id, year) VALUES (1, 2026)",
        *(
            statement
            for number in (1, 2)
            for statement in (
                f"UPDATE book_years SET last_number = {number}, "
                f"last_registered_at = '2026-05-0{number}'",
                "INSERT INTO entries (id, body_id, book_id, year, number, direction, registered_at,"
                " received_at, subject, sender_name, sender_address, sender_email,"
                " sender_reference, sender_reference_key, delivery_method, delivery_detail,"
                " attachments_count, attachments_note, verification_code, label) VALUES "
                f"({number}, 1, 1, 2026, {number}, 'incoming', '2026-05-0{number}', now(), 'θέμα',"
                f" 'Α', '', '', '', '', 'counter', '', 0, '', 'code{number}', '{number}/2026')",
            )
        ),
        "UPDATE book_years SET last_number = 3, last_registered_at = '2026-05-03'",
        "INSERT INTO reservations (body_id, book_id, year, series, number, sub_number, label,"
        " direction, taken_at, owner_id, reserved_by, reason, expires_at) VALUES (1, 1, 2026,"
        " 'common', 3, 0, '3/2026', 'outgoing', '2026-05-03', 1, 1, 'x', '2026-06-01')",
        "INSERT INTO arrival_years (body_id, year) VALUES (1, 2026)",
        "UPDATE arrival_years SET last_number = 1, last_arrived_at = '2026-05-03'",
        "INSERT INTO arrivals (id, body_id, year, number, arrived_at, sender_name, delivery_method)"
        " VALUES (1, 1, 2026, 1, '2026-05-03', 'Α', 'post')",
        "INSERT INTO arrival_ends (arrival_id, outcome, reason, ended_by, ended_at) "
        "VALUES (1, 'junk', 'x', 1, now())",
        "INSERT INTO recipients (entry_id, position, name, address, email, is_copy) "
        "VALUES (1, 1, 'Β', '', '', false)",
        "INSERT INTO relations (entry_id, other_id, kind) VALUES (2, 1, 'answers')",
        "INSERT INTO annulments (entry_id, reason, annulled_at) VALUES (1, 'λάθος', now())",
        "INSERT INTO files (entry_id, position, role, name, sha256, size, media_type) "
        "VALUES (1, 1, 'original', 'a', 'b', 1, 'c')",
        "INSERT INTO papers (entry_id, kind, language, sha256) VALUES (1, 'receipt', 'el', 'b')",
        "INSERT INTO drafts (id, body_id, book_id, unit_id, drafter_id, state, subject,"
        " recipient_name, recipient_address, recipient_email, channel, copies_to, body_text) "
        "VALUES (1, 1, 1, 1, 1, 'drafting', '', '', '', '', 'post', '[]', '')",
        "INSERT INTO draft_versions (draft_id, version, content, saved_by) VALUES (1, 1, '{}', 1)",
        "INSERT INTO audit_events (id, at, body_id, actor_name, via, action, subject_type,"
        " subject_id, details) VALUES (1, now(), 1, '', 'job', 'x', 'entry', 1, '{}')",
        "INSERT INTO audit_checkpoints VALUES (1, 1, sha256('x'), 'note', now())",
    ):
        owner.execute(statement)


@pytest.mark.parametrize("table", WRITTEN_ONCE)
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"],
    ids=["update", "delete", "truncate"],
)
@pytest.mark.parametrize("role", ["application", "owner"])
def test_a_row_that_is_written_once_is_refused_to(
    filled: Filled, role: str, statement: str, table: str
) -> None:
    connection = getattr(filled, role)
    refusal = (
        psycopg.errors.InsufficientPrivilege
        if role == "application"
        else psycopg.errors.RestrictViolation
    )
    [column] = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s "
        "ORDER BY ordinal_position LIMIT 1",
        [table],
    ).fetchone()
    with pytest.raises(refusal):
        connection.execute(statement.format(table, column))
    assert connection.execute(f"SELECT count(*) > 0 FROM {table}").fetchone() == (True,)


def test_the_list_above_is_what_the_migration_guards(filled: Filled) -> None:
    rows = filled.owner.execute(
        "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'written_once' ORDER BY 1"
    ).fetchall()
    assert tuple(table for (table,) in rows) == WRITTEN_ONCE


def test_an_entry_needs_the_number_that_its_series_just_gave(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        factories.letter(session, town)
    copied = (
        "INSERT INTO entries SELECT (jsonb_populate_record(e, jsonb_build_object("
        "'id', 999, 'verification_code', 'x', 'number', {}))).* FROM entries e"
    )
    for number, why in ((2, "was not given"), (1, "duplicate key")):
        with pytest.raises((IntegrityError, ProgrammingError), match=why), office.db.begin() as s:
            s.execute(text(copied.format(number)))


def test_a_closed_year_is_not_opened_again(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        factories.letter(session, town)
        session.execute(text("UPDATE book_years SET closed_at = now()"))
    with pytest.raises(IntegrityError, match="is closed"), office.db.begin() as session:
        session.execute(text("UPDATE book_years SET closed_at = NULL"))


def test_routing_an_entry_leaves_its_core_as_it_was(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        entry = factories.letter(session, town)
        before = registry.service.core_digest(entry)
    with office.db.begin() as session:
        factories.accepted(session, town, entry)
        routing.file(session, entry.id, by=town.person(session, "engineer"), reason="Ενημερωθήκαμε")
    with office.db.begin() as session:
        again = registry.get(session, entry.id, by=town.person(session, "clerk"))
        assert registry.service.core_digest(again) == before
    assert steps.waiting_jobs(office) == []
