"""Each day of a book has its sealed register, in a chain, made in time. Domain rows 19 and 21."""

import json
from datetime import date, datetime, timedelta
from io import BytesIO

import pikepdf
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

import signing
from docflow import audit, calendars, clock, closings, registry
from docflow.closings import content as contents
from docflow.closings import making
from docflow.closings.models import NOTHING_BEFORE
from docflow.office import Office
from docflow.principal import system
from docflow.registry import Book
from tests import factories
from tests.conftest import Keys
from tests.docflow.closings.days import (
    FRIDAY,
    MONDAY,
    NEXT_MONDAY,
    SATURDAY,
    SUNDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    at,
    close_until,
    letters,
    registers,
    waiting,
)
from tests.factories import Town

NOBODY = "http://127.0.0.1:9/"  # discard: no time-stamping service listens there


@pytest.fixture
def closed(signing_office: Office, town: Town, session: Session) -> closings.DailyRegister:
    """Monday with two letters, closed on Tuesday."""
    letters(signing_office, town, MONDAY, 2)
    assert close_until(signing_office, town, TUESDAY) == 1
    [row] = registers(session, town)
    return row


def test_a_day_is_closed_with_its_entries_numbers_and_identifier(
    closed: closings.DailyRegister,
) -> None:
    assert (closed.first_number, closed.last_number, closed.entries) == (1, 2, 2)
    assert (closed.running, closed.identifier) == (1, "paradeigma-koino-20260202-001")
    assert closed.previous_sha256 == NOTHING_BEFORE
    assert not closed.is_late
    assert closed.closed_by is None
    assert [one["label"] for one in closed.content["entries"]] == ["1/2026", "2/2026"]


def test_the_pdf_is_sealed_stamped_and_holds_the_digested_content(
    signing_office: Office, closed: closings.DailyRegister, keys: Keys
) -> None:
    pdf = signing_office.store.read(closed.pdf_sha256)
    report = signing.validate(pdf, trust_roots=[keys.roots.read_bytes()])
    [seal] = report.signatures
    assert (seal.verdict, seal.level) == ("valid", "B-LT")
    with pikepdf.open(BytesIO(pdf)) as document:
        attached = document.attachments[f"{closed.identifier}.json"].get_file().read_bytes()
        with document.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
            assert closed.content_sha256 in metadata["pdf:Keywords"]
    assert contents.digest(json.loads(attached)) == closed.content_sha256


def test_its_making_is_in_the_trail(session: Session, closed: closings.DailyRegister) -> None:
    event = session.scalars(select(audit.Event).where(audit.Event.action == "day.closed")).one()
    assert event.subject_id == closed.id
    assert event.details["content"] == closed.content_sha256


def test_a_day_that_is_not_over_is_not_closed(signing_office: Office, town: Town) -> None:
    letters(signing_office, town, MONDAY)
    with at(MONDAY, 23, 59), pytest.raises(closings.DayNotOver):
        closings.close_day(signing_office, town.books["koino"], MONDAY, by=system(town.body_id))
    assert waiting(signing_office, town, MONDAY) == []


def test_working_days_have_a_register_even_when_empty_and_weekends_when_used(
    signing_office: Office, town: Town, session: Session
) -> None:
    letters(signing_office, town, MONDAY)
    letters(signing_office, town, SATURDAY)
    close_until(signing_office, town, NEXT_MONDAY)
    assert [(row.day, row.entries) for row in registers(session, town)] == [
        (MONDAY, 1),
        (TUESDAY, 0),
        (WEDNESDAY, 0),
        (THURSDAY, 0),
        (FRIDAY, 0),
        (SATURDAY, 1),
    ]


def test_holidays_need_no_register_and_move_the_deadline(
    signing_office: Office, town: Town
) -> None:
    """Good Friday and Easter Monday of the Orthodox Easter of 2026, and the town's own day."""
    office = signing_office
    patron = calendars.OwnDay("Πολιούχος", month=4, day=14)
    with office.db.begin() as session:
        calendars.add(session, patron, by=town.person(session, "administrator"))
    letters(office, town, date(2026, 4, 9))
    days = waiting(office, town, date(2026, 4, 16))
    assert [one.day for one in days] == [date(2026, 4, 9), date(2026, 4, 15)]
    assert [one.deadline for one in days] == [date(2026, 4, 15), date(2026, 4, 16)]
    assert [one.is_overdue for one in days] == [True, False]


def test_the_registers_form_a_chain(signing_office: Office, town: Town, session: Session) -> None:
    letters(signing_office, town, MONDAY)
    close_until(signing_office, town, THURSDAY)
    rows = registers(session, town)
    assert [row.running for row in rows] == [1, 2, 3]
    assert [row.previous_sha256 for row in rows[1:]] == [row.content_sha256 for row in rows[:-1]]


def test_corrections_and_annulments_stand_in_the_day_they_were_made(
    signing_office: Office, town: Town, session: Session
) -> None:
    first, second = letters(signing_office, town, MONDAY, 2)
    with at(WEDNESDAY), signing_office.db.begin() as acting:
        clerk = town.person(acting, "clerk")
        registry.correct(
            acting,
            first.id,
            {"subject": "Αίτηση για άδεια"},
            reason="Παραδρομή",
            authority="",
            by=clerk,
            zone=factories.ZONE,
        )
        factories.annulled(acting, town, second.id, reason="Διπλή καταχώριση")
    close_until(signing_office, town, THURSDAY)
    monday, _, wednesday = registers(session, town)
    assert monday.content["corrections"] == monday.content["annulments"] == []
    [correction] = wednesday.content["corrections"]
    assert (correction["label"], correction["field"], correction["older"]) == (
        "1/2026",
        "subject",
        True,
    )
    assert correction["new"] == "Αίτηση για άδεια"
    [annulment] = wednesday.content["annulments"]
    assert (annulment["label"], annulment["reason"]) == ("2/2026", "Διπλή καταχώριση")


def test_the_register_of_a_day_says_what_was_registered_not_what_was_corrected_later(
    signing_office: Office, town: Town, session: Session
) -> None:
    [entry] = letters(signing_office, town, MONDAY, subject="Όπως ήρθε")
    with at(TUESDAY), signing_office.db.begin() as acting:
        registry.correct(
            acting,
            entry.id,
            {"subject": "Όπως διορθώθηκε"},
            reason="Παραδρομή",
            authority="",
            by=town.person(acting, "clerk"),
            zone=factories.ZONE,
        )
    close_until(signing_office, town, WEDNESDAY)
    assert registers(session, town)[0].content["entries"][0]["subject"] == "Όπως ήρθε"


def test_late_entries_are_named_with_their_delay(
    signing_office: Office, town: Town, session: Session
) -> None:
    received = datetime(2026, 2, 2, 12, tzinfo=clock.ZoneInfo(factories.ZONE))
    letters(signing_office, town, WEDNESDAY, received_at=received)
    close_until(signing_office, town, THURSDAY)
    [row] = registers(session, town)
    assert [one["late_days"] for one in row.content["entries"]] == [2]


def test_entries_to_be_described_and_reserved_numbers_stand_in_it(
    signing_office: Office, town: Town, session: Session
) -> None:
    [entry] = letters(signing_office, town, MONDAY)
    with signing_office.db.begin() as acting:
        acting.execute(
            text("INSERT INTO provisional_entries (entry_id, mode) VALUES (:id, 'queue')"),
            {"id": entry.id},
        )
        with at(MONDAY, 11):
            registry.reservations.reserve(
                acting,
                None,
                direction=registry.Direction.OUTGOING,
                reason="Απόφαση Δημοτικού Συμβουλίου",
                last_day=FRIDAY,
                by=town.person(acting, "clerk"),
                zone=factories.ZONE,
            )
    close_until(signing_office, town, TUESDAY)
    [row] = registers(session, town)
    assert [one["provisional"] for one in row.content["entries"]] == [True]
    assert [one["label"] for one in row.content["reservations"]] == ["2/2026"]
    assert (row.first_number, row.last_number, row.entries) == (1, 2, 1)


def test_of_a_restricted_entry_only_number_time_and_digest_are_told(
    signing_office: Office, town: Town, session: Session
) -> None:
    letters(signing_office, town, MONDAY, grade=registry.Grade.CONFIDENTIAL, subject="Απόρρητο")
    close_until(signing_office, town, TUESDAY)
    [entry] = registers(session, town)[0].content["entries"]
    assert entry["concealed"]
    assert len(entry["core"]) == 64
    assert "Απόρρητο" not in json.dumps(entry, ensure_ascii=False)


def test_a_confidential_book_has_registers_of_its_own_for_its_readers_alone(
    signing_office: Office, town: Town, session: Session
) -> None:
    with at(MONDAY), signing_office.db.begin() as acting:
        factories.secret_letter(acting, town)
    close_until(signing_office, town, TUESDAY, book="empisteftiko")
    [row] = registers(session, town, "empisteftiko")
    assert not row.content["entries"][0]["concealed"]
    seen = {
        name: [book.code for book in closings.books(session, town.person(session, name))]
        for name in ("confidant", "clerk", "auditor", "registrar", "engineer")
    }
    assert seen == {
        "confidant": ["empisteftiko"],
        "clerk": ["koino"],
        "auditor": ["koino"],
        "registrar": ["koino"],
        "engineer": [],
    }


def test_a_day_is_closed_once(signing_office: Office, town: Town, session: Session) -> None:
    letters(signing_office, town, MONDAY)
    close_until(signing_office, town, TUESDAY)
    assert close_until(signing_office, town, TUESDAY) == 0
    with at(TUESDAY), pytest.raises(closings.AlreadyClosed):
        closings.close_day(signing_office, town.books["koino"], MONDAY, by=system(town.body_id))
    assert len(registers(session, town)) == 1


def test_days_are_closed_in_their_order(signing_office: Office, town: Town) -> None:
    letters(signing_office, town, MONDAY)
    with at(THURSDAY), pytest.raises(closings.EarlierDayOpen, match="02/02/2026"):
        closings.close_day(signing_office, town.books["koino"], WEDNESDAY, by=system(town.body_id))


def test_without_a_time_stamp_the_day_waits_with_the_reason_and_is_made_later(
    signing_office: Office, town: Town, session: Session
) -> None:
    letters(signing_office, town, MONDAY)
    settings = signing_office.settings.model_copy(update={"tsa_urls": [NOBODY]})
    silent = Office(settings, signing_office.db, signing_office.store)
    assert close_until(silent, town, TUESDAY) == 0
    [one] = waiting(signing_office, town, TUESDAY)
    assert one.problem
    assert not one.is_overdue
    assert waiting(signing_office, town, WEDNESDAY)[0].is_overdue
    assert close_until(signing_office, town, WEDNESDAY) == 2
    assert [row.is_late for row in registers(session, town)] == [True, False]
    assert session.scalar(text("SELECT count(*) FROM day_waits")) == 0


def test_a_day_made_after_the_next_working_day_is_marked_late(
    signing_office: Office, town: Town, session: Session
) -> None:
    letters(signing_office, town, FRIDAY)
    close_until(signing_office, town, NEXT_MONDAY + timedelta(days=1))
    assert [(row.day, row.is_late) for row in registers(session, town)] == [
        (FRIDAY, True),
        (NEXT_MONDAY, False),
    ]


def test_without_a_seal_the_day_waits(office: Office, town: Town) -> None:
    letters(office, town, MONDAY)
    assert close_until(office, town, TUESDAY) == 0
    assert "DOCFLOW_SEAL_KEY" in waiting(office, town, TUESDAY)[0].problem


def test_a_crash_before_the_row_leaves_nothing_and_the_next_try_makes_it(
    signing_office: Office, town: Town, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters(signing_office, town, MONDAY)

    def dies(*_: object, **__: object) -> int:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(making, "_write", dies)
        with pytest.raises(SystemExit):
            close_until(signing_office, town, TUESDAY)
    assert registers(session, town) == []
    assert close_until(signing_office, town, TUESDAY) == 1
    assert len(registers(session, town)) == 1


def test_a_day_has_23_or_25_hours_when_the_clocks_change(town: Town, session: Session) -> None:
    book = session.get_one(Book, town.books["koino"])
    days = [
        making.day_of(book, day, factories.ZONE) for day in (date(2026, 3, 29), date(2026, 10, 25))
    ]
    assert [(of.ends_at - of.starts_at) / timedelta(hours=1) for of in days] == [23, 25]


def test_the_first_day_is_that_of_the_first_entry(signing_office: Office, town: Town) -> None:
    assert waiting(signing_office, town, FRIDAY) == []
    letters(signing_office, town, WEDNESDAY)
    assert [one.day for one in waiting(signing_office, town, FRIDAY)] == [WEDNESDAY, THURSDAY]


def _next(running: int, previous: str, ends_at: str) -> str:
    """Another register after the one that is there, by SQL."""
    return (
        "INSERT INTO daily_registers SELECT id + 1000, body_id, book_id, year, day + 1, "
        f"running + {running}, identifier || 'x', starts_at, {ends_at}, first_number, last_number, "
        f"entries, content, content_sha256, {previous}, pdf_sha256, pdf_size, is_late, closed_at, "
        "closed_by FROM daily_registers"
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE daily_registers SET entries = 7",
        "DELETE FROM daily_registers",
        "TRUNCATE daily_registers",
        _next(2, "content_sha256", "ends_at"),
        _next(1, "repeat('1', 64)", "ends_at"),
        _next(1, "content_sha256", "clock_timestamp() + interval '1 hour'"),
    ],
    ids=["update", "delete", "truncate", "running-skipped", "wrong-previous", "day-not-over"],
)
def test_the_database_refuses_to_change_or_break_the_chain(
    session: Session, closed: closings.DailyRegister, statement: str
) -> None:
    refused = r"written once|follow|not over|denied"
    with pytest.raises(DBAPIError, match=refused), session.begin_nested():
        session.execute(text(statement))


def test_no_entry_gets_into_a_closed_day(
    signing_office: Office, closed: closings.DailyRegister, town: Town
) -> None:
    """A clock that goes back over midnight cannot put an entry behind the register."""
    with pytest.raises(IntegrityError, match="has its register already"):
        letters(signing_office, town, MONDAY)
    assert letters(signing_office, town, TUESDAY)[0].number == 3


def test_the_preview_of_today_is_not_kept(
    signing_office: Office, town: Town, session: Session
) -> None:
    letters(signing_office, town, MONDAY)
    with at(MONDAY, 12):
        book = session.get_one(Book, town.books["koino"])
        by = town.person(session, "clerk")
        draft = making.preview(session, signing_office, book, MONDAY, by=by)
    assert draft.printed.so_far
    assert len(draft.printed.rows) == 1
    assert registers(session, town) == []


def _findings(session: Session) -> list[str]:
    return [one.detail for one in audit.verify(session).findings]


def test_verification_agrees_with_days_as_they_were_closed(
    signing_office: Office, session: Session, closed: closings.DailyRegister
) -> None:
    assert _findings(session) == []


def test_sunday_is_no_working_day() -> None:
    assert not calendars.Calendar().is_working(SUNDAY)
    assert calendars.Calendar().next_working_day(SATURDAY) == NEXT_MONDAY
