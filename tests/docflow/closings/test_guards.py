"""A closed day takes nothing more, whoever writes and whatever his clock says; and nothing that was
written into a day is missed by who closes it.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from docflow import closings, registry
from docflow.closings import making
from docflow.errors import Forbidden
from docflow.office import Office
from docflow.principal import NotAllowed, Via, system
from tests import factories
from tests.docflow.closings.conftest import Place
from tests.docflow.closings.days import (
    FRIDAY,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    at,
    close_until,
    letters,
    registers,
)
from tests.factories import Town


def correct(session: Session, town: Town, entry_id: int) -> None:
    registry.correct(
        session,
        entry_id,
        {"subject": "Άλλο θέμα"},
        reason="Παραδρομή",
        by=town.person(session, "clerk"),
        zone=factories.ZONE,
    )


def reserve(session: Session, town: Town, entry_id: int) -> None:
    registry.reservations.reserve(
        session,
        book="koino",
        direction=registry.Direction.INCOMING,
        reason="Τηλέφωνο",
        last_day=FRIDAY,
        by=town.person(session, "clerk"),
        zone=factories.ZONE,
    )


ACTS: dict[str, Callable[[Session, Town, int], object]] = {
    "entry": lambda session, town, _: factories.letter(session, town),
    "correction": correct,
    "annulment": lambda session, town, entry_id: factories.annulled(
        session, town, entry_id, reason="Διπλή"
    ),
    "reservation": reserve,
}


@pytest.mark.parametrize("act", ACTS)
def test_a_clock_behind_writes_nothing_into_a_closed_day_and_is_told_why(
    place: Place, act: str
) -> None:
    [entry] = letters(place.office, place.town, MONDAY)
    assert close_until(place.office, place.town, TUESDAY) == 1
    with (
        at(MONDAY, 23, 59),
        pytest.raises(closings.ClockBehind),
        place.office.db.begin() as writing,
    ):
        ACTS[act](writing, place.town, entry.id)
    with at(TUESDAY, 8), place.office.db.begin() as writing:
        ACTS[act](writing, place.town, entry.id)
    with place.office.db.read() as session:
        book = session.get_one(registry.Book, place.town.books["koino"])
        assert list(closings.verify_days(session, book)) == []


def raw_entry(session: Session, model: int, *, year: int, instant: str) -> None:
    """An entry past the application: a copy of another, as the first of its year."""
    session.execute(
        text("UPDATE book_years SET last_number = 1, last_registered_at = :at WHERE year = :year"),
        {"at": instant, "year": year},
    )
    own = ("id", "year", "number", "label", "registered_at", "verification_code")
    names = session.scalars(
        text("SELECT column_name FROM information_schema.columns WHERE table_name = 'entries'")
    )
    same = ", ".join(f'"{name}"' for name in names if name not in own)
    session.execute(
        text(
            "INSERT INTO entries (year, number, label, registered_at, verification_code, "
            f"{same}) SELECT :year, 1, '1', :at, 'ABCDEFGHJKMNPQRS9', {same} FROM entries "
            "WHERE id = :model"
        ),
        {"year": year, "at": instant, "model": model},
    )


def test_an_entry_of_another_year_does_not_get_into_a_closed_day(
    signing_office: Office, town: Town, session: Session
) -> None:
    [entry] = letters(signing_office, town, date(2025, 12, 29))
    close_until(signing_office, town, date(2025, 12, 30))
    book = town.books["koino"]
    session.execute(text(f"INSERT INTO book_years (book_id, year) VALUES ({book}, 2026)"))
    with pytest.raises(IntegrityError, match="has its register already"), session.begin_nested():
        raw_entry(session, entry.id, year=2026, instant="2025-12-29 10:00+00")
    raw_entry(session, entry.id, year=2026, instant="2026-01-02 10:00+00")


@pytest.mark.parametrize(
    ("instant", "gets_in"), [("2024-06-03 10:00+00", True), ("2025-12-29 10:00+00", False)]
)
def test_an_old_register_is_older_than_the_daily_registers(
    signing_office: Office, town: Town, session: Session, instant: str, gets_in: bool
) -> None:
    [entry] = letters(signing_office, town, date(2025, 12, 29))
    close_until(signing_office, town, date(2025, 12, 30))
    session.execute(
        text("INSERT INTO book_years (book_id, year, state) VALUES (:book, 2024, 'importing')"),
        {"book": town.books["koino"]},
    )
    if gets_in:
        raw_entry(session, entry.id, year=2024, instant=instant)
    else:
        refused = pytest.raises(IntegrityError, match="has its register already")
        with refused, session.begin_nested():
            raw_entry(session, entry.id, year=2024, instant=instant)


def test_who_still_writes_is_waited_for_and_then_the_day_waits(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    [entry] = letters(place.office, place.town, MONDAY)
    monkeypatch.setattr(making, "_PATIENCE", "100ms")
    with place.office.db.begin() as writing:
        with at(MONDAY, 23, 59):
            correct(writing, place.town, entry.id)
        # It began long after that Monday, so that only the lock of the book tells of it.
        assert close_until(place.office, place.town, TUESDAY) == 0
    assert close_until(place.office, place.town, TUESDAY) == 1
    with place.office.db.read() as session:
        [row] = registers(session, place.town)
        assert len(row.content["corrections"]) == 1


def test_what_is_written_while_a_day_is_printed_is_not_missed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    [entry] = letters(place.office, place.town, MONDAY)
    real = making._sealed_pdf

    def slow(office: Office, draft: making.Draft) -> bytes:
        monkeypatch.setattr(making, "_sealed_pdf", real)
        with at(MONDAY, 23, 59), office.db.begin() as writing:
            correct(writing, place.town, entry.id)
        return real(office, draft)

    monkeypatch.setattr(making, "_sealed_pdf", slow)
    assert close_until(place.office, place.town, TUESDAY) == 0
    with place.office.db.read() as session:
        waits = session.scalars(select(closings.DayWait.problem)).all()
    assert ["δεν έχει ολοκληρωθεί" in one or "not finished" in one for one in waits] == [True]
    assert close_until(place.office, place.town, TUESDAY) == 1
    with place.office.db.read() as session:
        [row] = registers(session, place.town)
        assert len(row.content["corrections"]) == 1


def test_who_writes_while_a_day_is_being_closed_waits_and_is_refused(place: Place) -> None:
    [entry] = letters(place.office, place.town, MONDAY)
    with place.office.db.read() as session:
        book = session.get_one(registry.Book, place.town.books["koino"])
    outcome: list[object] = []

    def write() -> None:
        try:
            with at(MONDAY, 23, 59), place.office.db.begin() as writing:
                correct(writing, place.town, entry.id)
        except closings.ClockBehind as error:
            outcome.append(error)

    with at(TUESDAY), place.office.db.begin() as closing:
        of = making.day_of(book, MONDAY, factories.ZONE)
        by = system(place.town.body_id)
        content = making._content(closing, place.office, of)
        draft = making._draft(closing, place.office, of, content, by=by)
        writer = threading.Thread(target=write)
        writer.start()
        writer.join(0.5)
        assert writer.is_alive()  # it waits for the book
        making._write(closing, place.office, draft, "0" * 64, 1, by=by)
    writer.join(10)
    assert len(outcome) == 1


def test_a_day_is_over_a_moment_after_midnight_also_for_people(
    signing_office: Office, town: Town, session: Session
) -> None:
    letters(signing_office, town, MONDAY)
    by = town.person(session, "registrar")
    with at(TUESDAY, 0, 0), pytest.raises(closings.DayNotOver):
        closings.close_day(signing_office, town.books["koino"], MONDAY, by=by)
    with at(TUESDAY, 0, 1):
        closings.close_day(signing_office, town.books["koino"], MONDAY, by=by)


@pytest.mark.parametrize("who", ["engineer", "clerk", "auditor", "administrator", "mayor"])
def test_only_the_registrar_closes_days(
    signing_office: Office, town: Town, session: Session, who: str
) -> None:
    letters(signing_office, town, MONDAY)
    by, book = town.person(session, who), town.books["koino"]
    with at(WEDNESDAY):
        with pytest.raises(closings.NotYoursToClose):
            closings.close_day(signing_office, book, MONDAY, by=by)
        with pytest.raises(closings.NotYoursToClose):
            closings.close_due(signing_office, book, by=by)
    assert registers(session, town) == []


def test_nobody_from_outside_a_program_without_the_scope_or_of_another_body_closes(
    signing_office: Office, town: Town, session: Session
) -> None:
    letters(signing_office, town, MONDAY)
    registrar, book = town.person(session, "registrar"), town.books["koino"]
    others = (
        (replace(registrar, scopes=frozenset({"read", "register"})), NotAllowed),
        (replace(registrar, body_id=town.body_id + 1), closings.NotYoursToClose),
        (system(town.body_id + 1), closings.NotYoursToClose),
        (system(town.body_id, via=Via.PUBLIC), closings.NotYoursToClose),
    )
    with at(THURSDAY):
        for by, refusal in others:
            with pytest.raises(Forbidden) as refused:
                closings.close_due(signing_office, book, by=by)
            assert type(refused.value) is refusal
        made = closings.close_due(
            signing_office, book, by=replace(registrar, scopes=frozenset({"annul"}))
        )
    assert made == 3
    assert registers(session, town)[-1].day == MONDAY + timedelta(days=2)


@pytest.mark.parametrize("day", [date.max, date.min])
def test_a_day_at_the_end_of_all_calendars_is_refused(
    signing_office: Office, town: Town, session: Session, day: date
) -> None:
    by, book = (
        town.person(session, "registrar"),
        session.get_one(registry.Book, town.books["koino"]),
    )
    with pytest.raises(closings.NoSuchDay):
        closings.preview(session, signing_office, book, day, by=by)
    with pytest.raises(closings.NoSuchDay):
        closings.close_day(signing_office, book.id, day, by=by)
