"""The trail can be added to and nothing else; a verification names what was altered (row 105)."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from docflow import audit, registry, routing
from docflow.office import Office
from tests import factories, stack
from tests.factories import Town

Superuser = psycopg.Connection[Any]


def chain(office: Office) -> None:
    while True:
        with office.db.begin() as session:
            if not audit.sequence(session):
                return


def verify(office: Office) -> audit.Verification:
    with office.db.read() as session:
        return audit.verify(session)


@pytest.fixture
def trail(committed: Office) -> Office:
    """Five letters, one charged, one annulled, all events chained."""
    with committed.db.begin() as session:
        town = factories.municipality(session)
        entries = [factories.letter(session, town) for _ in range(5)]
        routing.charge(
            session, entries[0].id, by=town.person(session, "secretary"), to=town.target("ΝΟΜ")
        )
        registry.annul(session, entries[1].id, reason="x", by=town.person(session, "clerk"))
    chain(committed)
    return committed


@pytest.fixture
def by_hand(trail: Office, postgres: stack.PostgresServer) -> Iterator[Superuser]:
    """Somebody with all rights, who has switched the triggers off."""
    url = make_url(trail.settings.database_url.get_secret_value())
    with postgres.cluster._connect(str(url.database)) as connection:  # the superuser's door
        connection.autocommit = True
        connection.execute("SET session_replication_role = replica")
        yield connection


def test_a_trail_that_nobody_touched_is_sound(trail: Office) -> None:
    outcome = verify(trail)
    assert (outcome.findings, outcome.links, outcome.unchained) == ((), 7, 0)
    assert outcome.is_sound


def test_events_that_wait_for_the_sequencer_are_counted_and_no_finding(trail: Office) -> None:
    with trail.db.begin() as session:
        by = town_of(trail).person(session, "clerk")
        audit.record(session, "test.done", by=by, subject=("body", 1))
    outcome = verify(trail)
    assert (outcome.is_sound, outcome.unchained) == (True, 1)
    chain(trail)
    assert verify(trail).unchained == 0


def town_of(office: Office) -> Town:
    with office.db.read() as session:
        rows = session.execute(text("SELECT username, id FROM users")).all()
    return Town(1, users={name: user_id for name, user_id in rows})


def test_the_chain_grows_and_its_head_changes(trail: Office) -> None:
    before = verify(trail)
    with trail.db.begin() as session:
        by = town_of(trail).person(session, "clerk")
        audit.record(session, "test.done", by=by, subject=("body", 1))
    chain(trail)
    after = verify(trail)
    assert (after.links, after.head != before.head) == (before.links + 1, True)


FORGERIES = {
    "an event was changed": (
        "UPDATE audit_events SET actor_name = 'Άλλος' WHERE id = 3",
        ("altered", 3),
    ),
    "the time of an event was changed": (
        "UPDATE audit_events SET at = at - interval '1 microsecond' WHERE id = 2",
        ("altered", 2),
    ),
    "the details of an event were changed": (
        "UPDATE audit_events SET details = details || '{\"number\": 9}' WHERE id = 4",
        ("altered", 4),
    ),
    "an event was removed": ("DELETE FROM audit_events WHERE id = 6", ("missing", 6)),
    "an event was removed with its link": (
        "DELETE FROM audit_chain WHERE event_id = 6; DELETE FROM audit_events WHERE id = 6",
        ("missing", 6),
    ),
    "two events were swapped": (
        "UPDATE audit_events SET id = 99 WHERE id = 2; UPDATE audit_events SET id = 2 WHERE id = 5;"
        " UPDATE audit_events SET id = 5 WHERE id = 99",
        ("altered", 2),
    ),
    "two links were swapped": (
        "UPDATE audit_chain SET seq = 99 WHERE seq = 3; UPDATE audit_chain SET seq = 3"
        " WHERE seq = 4; UPDATE audit_chain SET seq = 4 WHERE seq = 99",
        ("altered", 3),
    ),
    "an event was slipped in between": (
        "UPDATE audit_chain SET seq = seq + 100 WHERE seq > 3; UPDATE audit_chain"
        " SET seq = seq - 99 WHERE seq > 100; INSERT INTO audit_events SELECT 50, at, body_id,"
        " actor_id, actor_name, via, action, subject_type, subject_id, details FROM audit_events"
        " WHERE id = 7; INSERT INTO audit_chain VALUES (4, 50, repeat('0', 64))",
        ("altered", 4),
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_the_first_wrong_row_is_named_where(
    trail: Office, by_hand: Superuser, forgery: str
) -> None:
    statement, (what, place) = FORGERIES[forgery]
    by_hand.execute(statement)
    first = verify(trail).findings[0]
    assert (first.what, first.seq) == (what, place)


ALTERED = {
    "a subject": (
        "UPDATE entries SET subject = 'Άλλο θέμα' WHERE number = 3",
        "entry 3/{year} was altered",
    ),
    "a time": (
        "UPDATE entries SET registered_at = registered_at - interval '1 day' WHERE number = 2",
        "entry 2/{year} was altered",
    ),
    "a removed entry": ("DELETE FROM entries WHERE number = 4", "entry 4/{year} was removed"),
    "an invented entry": (
        'INSERT INTO entries SELECT (jsonb_populate_record(e, \'{{"id": 999, "number": 6,'
        ' "verification_code": "x"}}\')).* FROM entries e WHERE number = 5',
        "entry 6/{year} has no event",
    ),
    "an annulment taken back": ("DELETE FROM annulments", "the annulment of entry id"),
    "an annulment by hand": (
        "INSERT INTO annulments SELECT id, 'x', NULL, now() FROM entries WHERE number = 5",
        "the annulment of entry id",
    ),
    "a counter": ("UPDATE book_years SET last_number = 9", "the counter says 9"),
    "an event past the chain": (
        "INSERT INTO audit_events SELECT 50, at, body_id, actor_id, actor_name, via, 'x',"
        " subject_type, subject_id, details FROM audit_events WHERE id = 7",
        "was inserted past the chain",
    ),
}


@pytest.mark.parametrize("forgery", ALTERED)
def test_what_was_changed_in_the_register_is_named(
    trail: Office, by_hand: Superuser, forgery: str
) -> None:
    statement, told = ALTERED[forgery]
    with trail.db.read() as session:
        year = session.scalar(text("SELECT max(year) FROM entries"))
    by_hand.execute(statement.replace("{{", "{").replace("}}", "}"))
    details = [finding.detail for finding in verify(trail).findings]
    assert any(told.format(year=year) in detail for detail in details), details


def test_registering_goes_on_while_the_trail_is_verified(trail: Office) -> None:
    """A verification looks at one moment; what comes meanwhile is no finding."""
    town = town_of(trail)
    with trail.db.begin() as session:
        by = town.person(session, "clerk")

    def register(*_: int) -> None:
        with trail.db.begin() as session:
            registry.register(
                session,
                factories.incoming(),
                [],
                by=by,
                zone=factories.ZONE,
                ocr_languages=[],
            )

    checks = list(audit.service._checks)
    audit.service._checks[:] = [_then(register), *checks, _then(register)]
    try:
        assert verify(trail).is_sound
    finally:
        audit.service._checks[:] = checks


def _then(act: Callable[[], None]) -> audit.Check:
    def check(_session: object) -> list[audit.Finding]:
        act()
        return []

    return check


def test_only_one_sequencer_works_at_a_time(trail: Office) -> None:
    with trail.db.begin() as session:
        by = town_of(trail).person(session, "clerk")
        audit.record(session, "test.done", by=by, subject=("body", 1))
    with trail.db.begin() as first, trail.db.begin() as second:
        assert (audit.sequence(first), audit.sequence(second)) == (1, 0)


def test_an_act_that_fails_leaves_no_event(office: Office, town: Town) -> None:
    with pytest.raises(registry.BadSubject), office.db.begin() as session:
        factories.letter(session, town, subject="")
    with office.db.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM audit_events")) == 0


def test_the_history_of_several_subjects_is_in_one_order(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        by = town.person(session, "clerk")
        for action, subject in (("a", "x"), ("b", "y"), ("c", "x")):
            audit.record(session, action, by=by, subject=(subject, 1))
    with office.db.begin() as session:
        lines = audit.history(session, [("x", 1), ("y", 1)])
    assert [line.action for line in lines] == ["a", "b", "c"]


def test_progress_is_told_of_a_long_trail(trail: Office) -> None:
    with trail.db.begin() as session:
        by = town_of(trail).person(session, "clerk")
        for _ in range(2000):
            audit.record(session, "test.done", by=by, subject=("body", 1))
    chain(trail)
    told: list[tuple[int, int]] = []
    with trail.db.read() as session:
        assert audit.verify(session, progress=lambda *at: told.append(at)).links == 2007
    assert told == [(2000, 2007)]
