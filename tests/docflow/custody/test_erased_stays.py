"""What was erased stays erased: no work that waited or ran brings it back, and nothing is left."""

import importlib.util
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import JSON, String, text
from sqlalchemy.exc import DBAPIError

import docflow
from docflow import clock, custody, deadlines, documents, registry, routing
from docflow.documents import again, reading, unpacking
from docflow.registry import indexing
from docflow.tables import Base
from tests.docflow.custody.conftest import House, run


def erase(house: House, entry_id: int) -> None:
    house.sequenced()
    with house.office.db.begin() as session:
        row = custody.erasure.ask(
            session, entry_id, basis="νόμος", reason="αίτημα", by=house.person("registrar")
        )
    house.sequenced()
    with house.office.db.begin() as session:
        custody.erasure.approve(session, row.id, by=house.person("lawyer"))


def file_of(house: House) -> int:
    with house.office.db.read() as session:
        return documents.file_at(session, house.entry.id, 1).id


def left(house: House) -> dict[str, int]:
    with house.office.db.read() as session:
        return {
            table: session.scalar(text(f"SELECT count(*) FROM {table}"))
            for table in ("page_texts", "mail_headers", "renditions", "search_texts")
        }


NOTHING = dict.fromkeys(("page_texts", "mail_headers", "renditions", "search_texts"), 0)


def test_a_reading_that_waited_reads_nothing_of_an_erased_entry(house: House) -> None:
    file_id = file_of(house)
    erase(house, house.entry.id)
    reading.read(run(house.office), file_id=file_id)
    again.layer(run(house.office), file_id=file_id)
    with house.office.db.begin() as session:
        session.execute(text("UPDATE readings SET finished_at = now() - interval '1 day'"))
    again.try_again(run(house.office))
    with house.office.db.read() as session:
        row = session.get_one(documents.Reading, file_id)
        assert (row.state, row.problem) == ("failed", "erased")
        assert row.settled_at is not None, "nobody is asked to look at it"
    assert left(house) == NOTHING


def test_a_reading_that_ran_keeps_no_page_and_ends_quietly(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id = file_of(house)

    def during(office: object, work: reading.Work) -> None:
        erase(house, house.entry.id)
        reading._keep_texts(house.office, work, ["Μαρία Αναγνώστου"])

    monkeypatch.setattr(reading, "_read", during)
    reading.read(run(house.office), file_id=file_id)
    assert left(house) == NOTHING
    reading.give_up(run(house.office), file_id=file_id, why="gone")


def test_nothing_is_unpacked_read_again_or_indexed(house: House) -> None:
    file_id = file_of(house)
    erase(house, house.entry.id)
    clerk = house.person("clerk")
    with house.office.db.begin() as session:
        file = documents.file_at(session, house.entry.id, 1)
        with pytest.raises(documents.Erased):
            documents.read_again(session, file, by=clerk)
    part = reading.ocr.Part(number=1, name="μέλος.txt", role="member", problem="")
    with pytest.raises(documents.Erased):
        unpacking._filed(house.office, file_id, house.entry.id, part, b"x", [])
    with house.office.db.begin() as session:
        indexing.reindex(session, session.get_one(registry.Entry, house.entry.id))
    assert left(house) == NOTHING


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO page_texts (file_id, page, source, text, rotation, skew, width, height,"
        " words) VALUES (:file, 1, 'ocr', 'πάλι', 0, 0, 0, 0, '[]')",
        "INSERT INTO mail_headers (file_id, from_name, from_address, recipients, copies, subject,"
        " message_id) VALUES (:file, 'α', '', '[]', '[]', '', '')",
        "INSERT INTO search_texts (entry_id, fields, vector) VALUES (:entry, 'πάλι', '')",
        "INSERT INTO files (entry_id, position, role, name, sha256, size, media_type, added_at)"
        " VALUES (:entry, 2, 'original', 'πάλι', 'x', 1, 'text/plain', now())",
        "INSERT INTO file_validations (file_id, asked_at) VALUES (:file, now())",
        "INSERT INTO renditions (file_id, kind, sha256, size, media_type, made_at)"
        " VALUES (:file, 'searchable-pdf', 'x', 1, 'application/pdf', now())",
    ],
)
def test_the_database_takes_nothing_for_an_erased_entry(house: House, statement: str) -> None:
    file_id = file_of(house)
    erase(house, house.entry.id)
    with pytest.raises(DBAPIError, match="were erased"), house.office.db.begin() as session:
        session.execute(text(statement), {"file": file_id, "entry": house.entry.id})


# Columns of rows of an entry that an erasure leaves, and why.
NO_DATA = "a word of ours, a code or a place, of nobody in particular"
DIGEST = "a digest: the bytes are destroyed with their key"
WHY = "who kept, read or erased it and why stays: the law asks for it"
OURS = "an officer's name, capacity or chain, as acts keep them"
SEALED = "an old register is sealed as a whole and not erased (NotErasable)"
STAYS = {
    **dict.fromkeys(
        ("legal_holds.reason", "hold_releases.reason", "erasures.basis", "erasures.reason"), WHY
    ),
    **dict.fromkeys(("erasure_decisions.reason", "read_reasons.reason"), WHY),
    **dict.fromkeys(("person_views.user_name", "person_views.purpose"), WHY),
    "deliveries.phone": "emptied with the entry by `dispatch` (registry.after_erasure)",
    **dict.fromkeys(
        ("reads.user_name", "exact_copies.name", "exact_copies.capacity", "steps.capacity"), OURS
    ),
    **dict.fromkeys(
        ("draft_rounds.chain", "exact_copies.paper_place", "emergency_entries.operator"), OURS
    ),
    "old_entries.cells": SEALED,
    "entries.label": "the number stays",
    "entries.series": "the number stays",
    "entries.verification_code": "the code stands on paper; it shows that the entry was there",
    "exact_copies.code": "the code stands on paper; it shows that the copy was there",
    "deliveries.token": "opens nothing: the bytes are destroyed",
    "deliveries.code_digest": "opens nothing: the bytes are destroyed",
    "idempotency_keys.key": "a client's own number of its call",
    "emergency_entries.struck_reason": "a struck number has no entry",
    "screenings.finding": "the name of a virus",
    "case_files.code": "the number of the file stays",
    "case_files.paper_place": "a shelf",
    "case_file_acts.reason": "why the file was closed or opened again, of no single entry",
}
CODED = {
    *("state", "kind", "direction", "delivery_method", "grade", "likeness", "mode", "priority"),
    *("disposal", "language", "role", "media_type", "act", "rule", "box", "level", "wanted"),
    *("channel", "via", "what", "basis", "source", "fate", "field", "print", "signature_level"),
    *("languages",),
}
CODES = {
    "case_file_exports.form",
    "case_file_exports.problem",
    "case_file_items.end_kind",
    "clock_events.standing",
    "clock_events.unit",
    "contribution_reminders.user_ids",
    "deadline_reminders.addressee",
    "deadline_reminders.user_ids",
    "planned_charges.inform",
    "application_keys.service_code",
    "applications.outcome",
    "applications.service_code",
    "appointments.booked_via",
    "appointments.service_code",
    "appointments.token",
    "contacts.article",
    "contacts.service_code",
    "issued_certificates.step_key",
    "issued_certificates.template",
    "process_instances.course",
    "process_instances.service",
    "process_instances.subject_type",
    "process_tasks.element_id",
    "process_tasks.key",
    "process_tasks.message",
    "publications.ada",
    "scan_documents.problem",
    "scan_documents.reason",
    "scan_pages.problem",
}


def erased_columns() -> dict[str, str | None]:
    """By table: what an erasure writes, by any migration; None where it deletes the row."""
    found: dict[str, str | None] = {}
    for path in sorted((Path(docflow.__file__).parents[1] / "alembic" / "versions").glob("*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found |= {table: changes for table, _, changes in getattr(module, "ERASED", ())}
    return found


def columns_of_entries() -> list[tuple[str, str]]:
    """Each column with text or JSON of a table from which keys lead to entries."""
    tables = Base.metadata.tables
    reached = {"entries"}
    while more := {
        table.name
        for table in tables.values()
        if table.name not in reached
        and any(key.column.table.name in reached for key in table.foreign_keys)
    }:
        reached |= more
    return [
        (name, column.name)
        for name in sorted(reached)
        for column in tables[name].columns
        if isinstance(column.type, String | JSON)
    ]


def test_every_text_that_leads_to_an_entry_is_erased_or_named() -> None:
    erased, forgotten = erased_columns(), []
    for table, column in columns_of_entries():
        name = f"{table}.{column}"
        if name in STAYS or name in CODES or column in CODED or "sha256" in column:
            continue
        if column in ("digest", "request_digest", "fingerprint"):  # DIGEST
            continue
        changes = erased.get(table, "")
        if changes is not None and not re.search(rf"\b{column} = ", changes):
            forgotten.append(name)
    assert forgotten == [], "\n".join(forgotten)


def issued(house: House, hand: psycopg.Connection[Any]) -> set[str]:
    """Make the letter the issue of a draft, with rounds, steps and proofs; their digests."""
    user, unit = house.town.users["engineer"], house.town.units["ΟΔΟΠ"]
    marks = {name: name * 64 for name in "abcde"}
    [draft] = hand.execute(
        "INSERT INTO drafts (body_id, book_id, unit_id, drafter_id, state, subject,"
        " recipient_name, recipient_address, recipient_email, channel, copies_to, body_text,"
        " upload_sha256, upload_name, current_sha256, entry_id, created_at, changed_at)"
        " VALUES (%s, %s, %s, %s, 'issued', 'Αναγνώστου', 'Αναγνώστου', 'Αναγνώστου',"
        " 'Αναγνώστου', 'post', '[\"Αναγνώστου\"]', 'Αναγνώστου', %s, 'Αναγνώστου', %s, %s,"
        " now(), now()) RETURNING id",
        [
            house.town.body_id,
            house.entry.book_id,
            unit,
            user,
            marks["a"],
            marks["b"],
            house.entry.id,
        ],
    ).fetchone()
    hand.execute(
        "INSERT INTO draft_versions (draft_id, version, content, saved_by, saved_at)"
        ' VALUES (%s, 1, \'{"body": "Αναγνώστου"}\', %s, now())',
        (draft, user),
    )
    hand.execute(
        "INSERT INTO draft_rounds (draft_id, round, version, sha256, chain, started_by,"
        " started_at) VALUES (%s, 1, 1, %s, '', %s, now())",
        (draft, marks["c"], user),
    )
    [document] = hand.execute(
        "INSERT INTO sealed_documents (body_id, kind, entry_id, sha256, current_sha256, level,"
        " wanted, try_after, made_at) VALUES (%s, 'original', %s, %s, %s, 'B-B', 'B-B', now(),"
        " now()) RETURNING id",
        (house.town.body_id, house.entry.id, marks["d"], marks["d"]),
    ).fetchone()
    hand.execute(
        "INSERT INTO document_proofs (document_id, position, act, level, sha256, size, made_at)"
        " VALUES (%s, 1, 'sealed', 'B-B', %s, 1, now())",
        (document, marks["e"]),
    )
    return set(marks.values())


def test_an_issued_entry_takes_its_draft_and_all_its_states_along(
    house: House, by_hand: psycopg.Connection[Any]
) -> None:
    digests = issued(house, by_hand)
    with house.office.db.read() as session:
        assert digests <= custody.references.of_entry(session, house.entry.id)
        assert digests <= set(custody.references.needed(session))
    erase(house, house.entry.id)
    with house.office.db.read() as session:
        assert not digests & set(custody.references.needed(session))
        for table in ("drafts", "draft_versions"):
            rows = session.scalars(text(f"SELECT to_jsonb({table})::text FROM {table}")).all()
            assert rows
            assert not any("Αναγνώστου" in row for row in rows)
        job = session.scalar(
            text("SELECT args::text FROM jobs WHERE task = 'custody.erase-objects'")
        )
        assert all(digest in job for digest in digests)


def test_a_draft_that_answers_an_erased_entry_stays(
    house: House, by_hand: psycopg.Connection[Any]
) -> None:
    issued(house, by_hand)
    by_hand.execute("UPDATE drafts SET answers_id = entry_id, entry_id = NULL")
    erase(house, house.entry.id)
    with house.office.db.read() as session:
        assert session.scalar(text("SELECT body_text FROM drafts")) == "Αναγνώστου"
        assert "a" * 64 in custody.references.needed(session)


def test_notes_opinions_and_forwardings_are_erased_too_and_none_comes_later(house: House) -> None:
    with house.office.db.begin() as session:
        by, to = house.town.person(session, "secretary"), house.town.target("ΝΟΜ")
        routing.notes.write(session, house.entry.id, by=by, text="Αναγνώστου")
        request = routing.Request(to, "Αναγνώστου", is_awaited=False)
        kind = routing.ContributionKind.OPINION
        routing.contributions.ask(session, house.entry.id, by=by, kind=kind, requests=[request])
        routing.forward(session, house.entry.id, by=by, to_name="Αναγνώστου", reason="Αναγνώστου")
    erase(house, house.entry.id)
    with house.office.db.begin() as session:
        for table in ("handling_notes", "contributions", "forwardings"):
            [row] = session.scalars(text(f"SELECT to_jsonb({table})::text FROM {table}")).all()
            assert "Αναγνώστου" not in row
    with pytest.raises(routing.notes.Erased), house.office.db.begin() as session:
        routing.notes.write(session, house.entry.id, by=by, text="Αναγνώστου")


def test_why_a_clock_stood_still_and_whom_the_applicant_was_told_of_are_erased(
    house: House,
) -> None:
    entry_id = house.entry.id
    with house.office.db.begin() as session:
        by = house.town.person(session, "secretary")
        due_on = clock.today() + timedelta(days=20)
        routing.mark(session, entry_id, by=by, priority=registry.Priority.NORMAL, due_on=due_on)
        deadlines.suspend(session, entry_id, by=by, reason="Αναγνώστου")
        routing.forward(session, entry_id, by=by, to_name="Αναγνώστου", reason="Αναγνώστου")
    erase(house, entry_id)
    with house.office.db.begin() as session:
        for table in ("clock_events", "applicant_notices"):
            rows = session.scalars(text(f"SELECT to_jsonb({table})::text FROM {table}")).all()
            assert rows
            assert "Αναγνώστου" not in "".join(rows)
            assert "@" not in "".join(rows)
