"""Who read what: noted, sealed, reported; what is confidential asks why (domain rows 104, 106)."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.engine import make_url

from docflow import audit, clock, reads, registry
from docflow.office import Office
from docflow.organization import NotAllowed, Role, grant
from docflow.organization import User as Account
from tests import factories, stack
from tests.factories import Town

ZONE = factories.ZONE


def kept(office: Office) -> list[reads.Read]:
    with office.db.read() as session:
        return list(session.scalars(select(reads.Read).order_by(reads.Read.id)))


@pytest.fixture
def letter(office: Office, town: Town) -> registry.Entry:
    with office.db.begin() as session:
        return factories.letter(session, town)


@pytest.fixture
def secret(office: Office, town: Town) -> registry.Entry:
    """A confidential entry, which the confidant registered and the reader may open by name."""
    with office.db.begin() as session:
        session.add(
            registry.BookGrant(book_id=town.books["empisteftiko"], user_id=town.users["lawyer"])
        )
        return factories.secret_letter(session, town)


def test_a_reading_is_kept_with_who_what_and_when(
    office: Office, town: Town, letter: registry.Entry
) -> None:
    with office.db.read() as session:
        clerk = town.person(session, "clerk")
    reads.opened(office.db, letter, by=clerk)
    reads.opened(office.db, letter, by=clerk, what=reads.What.FILE, position=1)
    first, second = kept(office)
    assert (first.user_name, first.what, first.basis) == ("Μαρία Νικολάου", "entry", "ordinary")
    assert (second.what, second.position, second.is_confidential) == ("file", 1, False)


def test_the_same_look_within_minutes_is_one_reading(
    office: Office, town: Town, letter: registry.Entry
) -> None:
    with office.db.read() as session:
        clerk, auditor = town.person(session, "clerk"), town.person(session, "auditor")
    for _ in range(3):
        reads.opened(office.db, letter, by=clerk)
    reads.opened(office.db, letter, by=auditor)
    assert len(kept(office)) == 2
    with clock.pretend(clock.now() + reads.opening.SAME_LOOK + timedelta(seconds=1)):
        reads.opened(office.db, letter, by=clerk)
    assert len(kept(office)) == 3


def test_a_confidential_entry_asks_why_and_keeps_the_reason(
    office: Office, town: Town, secret: registry.Entry
) -> None:
    with office.db.read() as session:
        lawyer = town.person(session, "lawyer")
    with pytest.raises(reads.ReasonNeeded):
        reads.opened(office.db, secret, by=lawyer)
    assert kept(office) == []
    reads.opened(office.db, secret, by=lawyer, reason="  Γνωμοδότηση   12/2026 ")
    reads.opened(office.db, secret, by=lawyer, what=reads.What.FILE, position=1)
    assert [one.basis for one in kept(office)] == ["reason", "reason"]
    with office.db.read() as session:
        [*_, line] = reads.of_entry(session, secret.id)
    assert (line.reason, line.is_confidential) == ("Γνωμοδότηση 12/2026", True)
    with clock.pretend(clock.now() + timedelta(hours=9)), pytest.raises(reads.ReasonNeeded):
        reads.opened(office.db, secret, by=lawyer)


@pytest.mark.parametrize("reason", ["", " x ", "α" * 501])
def test_a_reason_is_some_words(
    office: Office, town: Town, secret: registry.Entry, reason: str
) -> None:
    with office.db.begin() as session:
        lawyer = town.person(session, "lawyer")
        with pytest.raises(reads.BadReason):
            reads.give_reason(session, secret, reason, by=lawyer)


def test_who_registered_it_or_has_it_in_hand_is_not_asked(
    office: Office, town: Town, secret: registry.Entry
) -> None:
    with office.db.begin() as session:
        confidant = town.person(session, "confidant")
        session.execute(
            text("UPDATE handlings SET user_id = :user WHERE entry_id = :id"),
            {"user": town.users["lawyer"], "id": secret.id},
        )
        lawyer = town.person(session, "lawyer")
    reads.opened(office.db, secret, by=confidant)
    reads.opened(office.db, secret, by=lawyer)
    assert [one.basis for one in kept(office)] == ["own-work", "own-work"]


def test_an_entry_graded_confidential_asks_in_any_book(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        entry = factories.letter(session, town, grade=registry.Grade.CONFIDENTIAL)
        auditor = town.person(session, "auditor")
    with pytest.raises(reads.ReasonNeeded):
        reads.opened(office.db, entry, by=auditor)


def seal(office: Office) -> int:
    with office.db.begin() as session:
        return reads.seal(session, waits=timedelta(0))


def test_reads_are_sealed_in_batches_without_gaps(
    office: Office, town: Town, letter: registry.Entry
) -> None:
    with office.db.read() as session:
        clerk, auditor = town.person(session, "clerk"), town.person(session, "auditor")
    reads.opened(office.db, letter, by=clerk)
    reads.opened(office.db, letter, by=auditor)
    with office.db.begin() as session:
        assert reads.seal(session) == 0, "fresh ones wait for others"
    assert seal(office) == 2
    assert seal(office) == 0
    reads.opened(office.db, letter, by=clerk, what=reads.What.TEXT, position=1)
    assert seal(office) == 1
    with office.db.read() as session:
        batches = session.scalars(select(reads.Batch).order_by(reads.Batch.number)).all()
        events = [line.details for line in audit.history(session, [("reads", town.body_id)])]
        assert audit.verify(session).findings == ()
    assert [(one.number, one.first_number, len(one.read_ids)) for one in batches] == [
        (1, 1, 2),
        (2, 3, 1),
    ]
    assert [event["digest"] for event in events] == [one.digest for one in batches]


@pytest.fixture
def sealed(committed: Office, postgres: stack.PostgresServer) -> Iterator[tuple[Office, Any]]:
    """Three sealed reads in two batches, and somebody with all rights and no triggers."""
    with committed.db.begin() as session:
        town = factories.municipality(session)
        entry = factories.letter(session, town)
        clerk, auditor = town.person(session, "clerk"), town.person(session, "auditor")
    reads.opened(committed.db, entry, by=clerk)
    reads.opened(committed.db, entry, by=auditor)
    seal(committed)
    reads.opened(committed.db, entry, by=auditor, what=reads.What.FILE, position=1)
    seal(committed)
    with committed.db.begin() as session:
        while audit.sequence(session):
            pass
    url = make_url(committed.settings.database_url.get_secret_value())
    with postgres.cluster._connect(str(url.database)) as superuser:
        superuser.autocommit = True
        superuser.execute("SET session_replication_role = replica")
        yield committed, superuser


@pytest.mark.parametrize(
    ("forgery", "told"),
    [
        ("UPDATE reads SET user_name = 'Άλλος' WHERE what = 'file'", ("altered", "batch 2")),
        ("DELETE FROM reads WHERE what = 'file'", ("missing", "batch 2 of reads: read")),
        ("DELETE FROM read_batches WHERE number = 2", ("missing", "batch 2 of reads was removed")),
        ("UPDATE read_batches SET first_number = 9 WHERE number = 2", ("missing", "does not fo")),
        (
            "INSERT INTO reads SELECT 999, at, body_id, user_id, user_name, via, entry_id, 'text',"
            " 1, false, 'ordinary', NULL FROM reads LIMIT 1",
            ("inserted", "read 999"),
        ),
    ],
)
def test_what_was_changed_in_the_reads_is_named(
    sealed: tuple[Office, psycopg.Connection[Any]], forgery: str, told: tuple[str, str]
) -> None:
    office, superuser = sealed
    superuser.execute(forgery)
    with office.db.read() as session:
        findings = audit.verify(session).findings
    assert any(f.what == told[0] and told[1] in f.detail for f in findings), findings


def officer(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        account = session.get_one(Account, town.users["confidant"])
        grant(session, account, Role.DATA_PROTECTION, None)


def test_the_officer_sees_the_month_with_every_confidential_reading(
    office: Office, town: Town, letter: registry.Entry, secret: registry.Entry
) -> None:
    officer(office, town)
    with office.db.read() as session:
        people = {name: town.person(session, name) for name in ("clerk", "lawyer", "confidant")}
    reads.opened(office.db, letter, by=people["clerk"])
    reads.opened(office.db, secret, by=people["lawyer"], reason="=Γνωμοδότηση;12")
    today = clock.today(ZONE)
    with office.db.read() as session:
        report = reads.monthly(session, today.year, today.month, by=people["confidant"], zone=ZONE)
    assert (report.reads, report.people, report.entries, report.confidential) == (2, 2, 2, 1)
    [line] = report.confidential_reads
    assert (line.person, line.reason) == ("Ιωάννα Σταύρου", "=Γνωμοδότηση;12")
    assert line.label.startswith(secret.label)
    table = list(
        csv.reader(
            io.StringIO(reads.report_csv(report, language="el", zone=ZONE).decode("utf-8-sig")),
            delimiter=";",
        )
    )
    assert table[0][0] == "Πότε"
    assert table[1][-1] == "'=Γνωμοδότηση;12", "no spreadsheet takes it for a formula"
    with office.db.read() as session:
        for language in ("el", "en"):
            pdf = reads.report_pdf(
                session, report, body_id=town.body_id, language=language, zone=ZONE
            )
            assert pdf.startswith(b"%PDF-")


def test_an_auditor_is_told_nothing_of_what_is_not_open_to_him(
    office: Office, town: Town, secret: registry.Entry
) -> None:
    with office.db.read() as session:
        lawyer, auditor = town.person(session, "lawyer"), town.person(session, "auditor")
    reads.opened(office.db, secret, by=lawyer, reason="γνωμοδότηση")
    today = clock.today(ZONE)
    with office.db.read() as session:
        report = reads.monthly(session, today.year, today.month, by=auditor, zone=ZONE)
    assert (report.reads, list(report.confidential_reads)) == (0, [])


def test_others_see_no_report_and_no_month_to_come(office: Office, town: Town) -> None:
    with office.db.read() as session:
        with pytest.raises(NotAllowed):
            reads.monthly(session, 2026, 1, by=town.person(session, "clerk"), zone=ZONE)
        for year, month in ((2026, 13), (2999, 1)):
            with pytest.raises(reads.BadMonth):
                reads.monthly(session, year, month, by=town.person(session, "auditor"), zone=ZONE)


def test_readings_at_night_and_on_sundays_are_counted_apart(
    office: Office, town: Town, letter: registry.Entry
) -> None:
    with office.db.begin() as session:
        clerk, auditor = town.person(session, "clerk"), town.person(session, "auditor")
        for at in (
            datetime(2026, 3, 2, 8, tzinfo=UTC),  # Monday, 10:00 in Athens
            datetime(2026, 3, 2, 22, tzinfo=UTC),  # midnight
            datetime(2026, 3, 1, 10, tzinfo=UTC),  # Sunday
            datetime(2026, 2, 28, 22, 30, tzinfo=UTC),  # 00:30 of 1 March in Athens, a Sunday
        ):
            session.add(
                reads.Read(
                    at=at,
                    body_id=town.body_id,
                    user_id=clerk.person_id,
                    user_name=clerk.full_name,
                    via="web",
                    entry_id=letter.id,
                    what="entry",
                    is_confidential=False,
                    basis="ordinary",
                )
            )
        session.flush()
        report = reads.monthly(session, 2026, 3, by=auditor, zone=ZONE)
        assert (report.reads, report.odd_hours, report.is_over) == (4, 3, True)
        assert reads.months(session, town.body_id, ZONE)[-1] == (2026, 3)
