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
    "audit_cosignatures",
    "audit_events",
    "audit_keys",
    "audit_leaves",
    "audit_timestamps",
    "case_file_acts",
    "classification_classes",
    "clock_events",
    "contact_steps",
    "contribution_reminders",
    "corrections",
    "daily_registers",
    "deadline_reminders",
    "deadline_terms",
    "delivery_list_items",
    "delivery_lists",
    "depositors",
    "document_proofs",
    "draft_rounds",
    "draft_versions",
    "duplicate_notes",
    "emergency_authorisations",
    "emergency_entries",
    "emergency_kits",
    "emergency_periods",
    "entries",
    "entry_classes",
    "entry_kinds",
    "entry_persons",
    "erasure_decisions",
    "erasures",
    "exact_copies",
    "files",
    "forwardings",
    "handling_notes",
    "hold_releases",
    "kind_versions",
    "learned_models",
    "legal_holds",
    "mail_headers",
    "message_templates",
    "objections",
    "old_entries",
    "papers",
    "party_changes",
    "payment_papers",
    "payment_parts",
    "payment_receipts",
    "person_views",
    "process_definitions",
    "process_template_versions",
    "proposal_outcomes",
    "quarantine_acts",
    "read_batches",
    "read_reasons",
    "reads",
    "recipients",
    "register_starts",
    "relation_removals",
    "relations",
    "reservations",
    "service_article_versions",
    "service_deployments",
    "service_files",
    "service_versions",
    "service_wordings",
    "unit_versions",
    "year_closings",
)


class Filled(NamedTuple):
    """A database that has a row in each table that is written once."""

    application: psycopg.Connection[tuple[object, ...]]
    owner: psycopg.Connection[tuple[object, ...]]


@pytest.fixture(scope="module")
def filled(postgres: stack.PostgresServer, clone: Callable[[str], str]) -> Iterator[Filled]:
    """Refusals leave no trace, so one database serves all tests of this module."""
    name = clone("written_once")
    with postgres.cluster.connect(name) as superuser:
        _fill(superuser)
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


VALUES = {  # of each type a value that the columns take
    "bigint": "1",
    "boolean": "false",
    "bytea": "'x'",
    "date": "'2026-05-04'",
    "double precision": "0.5",
    "integer": "1",
    "jsonb": "'{}'",
    "numeric": "1",
    "text": "'x'",
    "timestamp with time zone": "now()",
}


def _fill(superuser: psycopg.Connection[tuple[object, ...]]) -> None:
    """One row in each guarded table: only that there is one matters here.

    Sense and ties of the rows do not: the checks of this scratch database go, keys and the guards
    of inserting sleep.
    """
    superuser.execute("SET session_replication_role = replica")
    checks = superuser.execute(
        "SELECT 'ALTER TABLE ' || conrelid::regclass || ' DROP CONSTRAINT ' "
        "|| quote_ident(conname) "
        "FROM pg_constraint WHERE contype = 'c' AND conrelid::regclass::text = ANY (%s)",
        [list(WRITTEN_ONCE)],
    ).fetchall()
    for (statement,) in checks:
        superuser.execute(str(statement))
    for table in WRITTEN_ONCE:
        columns = superuser.execute(
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = 'public' AND table_name = %s AND is_nullable = 'NO'",
            [table],
        ).fetchall()
        names = ", ".join(str(name) for name, _ in columns)
        values = ", ".join(VALUES[str(of_type)] for _, of_type in columns)
        superuser.execute(f"INSERT INTO {table} ({names}) VALUES ({values})")


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
