"""Several at once: two that close the same day, one that still writes, the scheduler's turns."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from docflow import audit, clock, closings, outbox, schedule
from docflow.closings import making
from docflow.office import Office
from docflow.registry import Book
from tests.docflow.closings.conftest import Place
from tests.docflow.closings.days import MONDAY, TUESDAY, close_until, letters, registers


def test_two_that_close_the_same_days_make_each_once(place: Place) -> None:
    letters(place.office, place.town, MONDAY, 3)
    made: list[int] = []

    def close() -> None:
        made.append(close_until(place.office, place.town, TUESDAY + timedelta(days=2)))

    threads = [threading.Thread(target=close) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with place.office.db.read() as session:
        rows = registers(session, place.town)
        assert [row.running for row in rows] == [1, 2, 3]
        assert audit.verify(session).findings == ()
        assert session.scalar(text("SELECT count(*) FROM day_waits")) == 0
    assert sum(made) == 3


def test_a_day_waits_for_who_began_on_it_and_still_writes(place: Place) -> None:
    with place.office.db.read() as session:
        book = session.get_one(Book, place.town.books["koino"])
        today = making.day_of(book, clock.today(), clock.OFFICIAL_ZONE)
        making._require_settled(session, today)  # nobody else writes
    with place.office.db.begin() as writing:
        writing.execute(text("SELECT pg_current_xact_id()"))
        with place.office.db.read() as session, pytest.raises(closings.DayNotSettled):
            making._require_settled(session, today)


@pytest.fixture
def turns(session: Session, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Only the task of the closings is done again and again."""
    monkeypatch.setattr(schedule, "_pauses", {making.TASK: timedelta(minutes=5)})
    return session


def test_a_task_has_its_turn_once_in_its_time(turns: Session) -> None:
    assert schedule.enqueue_due(turns) == [making.TASK]
    assert schedule.enqueue_due(turns) == []
    _let_time_pass(turns)
    assert schedule.enqueue_due(turns) == []  # its last job is still open
    turns.execute(text("UPDATE jobs SET state = 'done'"))
    _let_time_pass(turns)
    assert schedule.enqueue_due(turns) == [making.TASK]


def test_a_clock_that_once_ran_ahead_does_not_stop_a_task(turns: Session) -> None:
    assert schedule.enqueue_due(turns) == [making.TASK]
    turns.execute(text("UPDATE jobs SET state = 'done'"))
    turns.execute(text("UPDATE schedule SET last_at = clock_timestamp() + interval '300 days'"))
    assert schedule.enqueue_due(turns) == [making.TASK]
    assert schedule.enqueue_due(turns) == []


def _let_time_pass(session: Session) -> None:
    session.execute(text("UPDATE schedule SET last_at = last_at - interval '6 minutes'"))


def test_the_job_closes_what_is_over_of_all_books_and_asks_for_the_rest(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "_BATCH", 2)
    letters(place.office, place.town, MONDAY)
    office: Office = place.office
    with clock.pretend(_on_friday()):
        with office.db.begin() as session:
            outbox.enqueue(session, making.TASK)
        for _ in range(2):
            with office.db.read() as session:
                waiting = outbox.Job.state == outbox.JobState.WAITING
                task = outbox.Job.task == making.TASK
                ids = session.scalars(select(outbox.Job.id).where(waiting, task)).all()
            for job_id in ids:
                outbox.run(office, job_id)
    with office.db.read() as session:
        assert len(registers(session, place.town)) == 4


def _on_friday() -> datetime:
    return making.day_of(
        Book(code="x", title="x", body_id=0), MONDAY + timedelta(days=4), clock.OFFICIAL_ZONE
    ).starts_at + timedelta(hours=1)
