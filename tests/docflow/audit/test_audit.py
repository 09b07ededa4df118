"""The trail can be added to and nothing else; a verification names what was altered (row 105)."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from docflow import audit, registry, routing
from docflow.office import Office
from tests import factories, stack
from tests.factories import Town

Superuser = psycopg.Connection[Any]


KEY = Ed25519PrivateKey.generate()
ORIGIN = "protocol.example/log/TEST"


def place(office: Office) -> None:
    while True:
        with office.db.begin() as session:
            if not audit.sequence(session):
                return


def sign(office: Office, *keys: Ed25519PrivateKey) -> int:
    """Sign the head, with the events that the signing itself makes; the size signed last."""
    signed = 1
    while signed:
        with office.db.begin() as session:
            bodies = session.scalars(text("SELECT id FROM bodies")).all()
            origins = dict.fromkeys(bodies, ORIGIN)
            signed = audit.sign_heads(session, origins=origins, keys=keys or (KEY,))
        place(office)
    return verify(office).leaves


def verify(office: Office, *kept: str) -> audit.Verification:
    with office.db.read() as session:
        return audit.verify(session, kept=kept)


def head(office: Office) -> str:
    with office.db.read() as session:
        return str(
            session.scalar(text("SELECT note FROM audit_checkpoints ORDER BY size DESC LIMIT 1"))
        )


@pytest.fixture
def trail(committed: Office) -> Office:
    """Five letters, one charged, one annulled; all events in the log, its head signed."""
    with committed.db.begin() as session:
        town = factories.municipality(session)
        entries = [factories.letter(session, town) for _ in range(5)]
        routing.charge(
            session, entries[0].id, by=town.person(session, "secretary"), to=town.target("ΝΟΜ")
        )
        factories.annulled(session, town, entries[1].id, reason="x")
    place(committed)
    sign(committed)
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
    assert (outcome.findings, outcome.leaves, outcome.waiting) == ((), 9, 0)
    assert outcome.is_sound


def test_events_that_wait_for_the_sequencer_are_counted_and_no_finding(trail: Office) -> None:
    with trail.db.begin() as session:
        by = town_of(trail).person(session, "clerk")
        audit.record(session, "test.done", by=by, subject=("body", 1))
    outcome = verify(trail)
    assert (outcome.is_sound, outcome.waiting) == (True, 1)
    place(trail)
    assert verify(trail).waiting == 0


def town_of(office: Office) -> Town:
    with office.db.read() as session:
        rows = session.execute(text("SELECT username, id FROM users")).all()
    return Town(1, users={name: user_id for name, user_id in rows})


def test_the_log_grows_and_its_head_changes(trail: Office) -> None:
    before = verify(trail)
    with trail.db.begin() as session:
        by = town_of(trail).person(session, "clerk")
        audit.record(session, "test.done", by=by, subject=("body", 1))
    place(trail)
    after = verify(trail)
    assert after.leaves == before.leaves + 1
    assert after.heads[0].root != before.heads[0].root


def test_a_key_is_written_into_the_log_when_it_first_signs(trail: Office) -> None:
    second = Ed25519PrivateKey.generate()
    with trail.db.begin() as session:
        by = town_of(trail).person(session, "clerk")
        audit.record(session, "test.done", by=by, subject=("body", 1))
    place(trail)
    sign(trail, second, KEY)  # a change of keys: both sign
    with trail.db.read() as session:
        added = session.scalars(
            text("SELECT details->>'verifier' FROM audit_events WHERE action = 'log.key-added'")
        ).all()
    assert added == [str(audit.notes.Signer(ORIGIN, key).verifier) for key in (KEY, second)]
    assert audit.notes.verified(head(trail), [audit.notes.Verifier.parse(added[1])])
    assert verify(trail).is_sound


FORGERIES = {
    "an event was changed": (
        "UPDATE audit_events SET actor_name = 'Άλλος' WHERE id = {e3}",
        ("altered", 3),
    ),
    "the time of an event was changed": (
        "UPDATE audit_events SET at = at - interval '1 microsecond' WHERE id = {e2}",
        ("altered", 2),
    ),
    "the details of an event were changed": (
        "UPDATE audit_events SET details = details || '{{\"number\": 9}}' WHERE id = {e4}",
        ("altered", 4),
    ),
    "an event was removed": ("DELETE FROM audit_events WHERE id = {e6}", ("missing", 6)),
    "an event was removed with its leaf": (
        "DELETE FROM audit_leaves WHERE event_id = {e6}; DELETE FROM audit_events WHERE id = {e6}",
        ("missing", 6),
    ),
    "the last event was removed with its leaf": (
        "DELETE FROM audit_leaves WHERE event_id = {e8}; DELETE FROM audit_events WHERE id = {e8}",
        ("missing", 8),
    ),
    "two events were swapped": (
        "UPDATE audit_events SET id = 9999 WHERE id = {e2};"
        " UPDATE audit_events SET id = {e2} WHERE id = {e5};"
        " UPDATE audit_events SET id = {e5} WHERE id = 9999",
        ("swapped", 2),
    ),
    "two leaves were swapped": (
        "UPDATE audit_leaves SET index = 99 WHERE index = 3; UPDATE audit_leaves SET index = 3"
        " WHERE index = 4; UPDATE audit_leaves SET index = 4 WHERE index = 99",
        ("swapped", 3),
    ),
    "an event was slipped in between": (
        "UPDATE audit_leaves SET index = index + 100 WHERE index > 3; UPDATE audit_leaves"
        " SET index = index - 99 WHERE index > 100; INSERT INTO audit_events SELECT 9999, at,"
        " body_id, actor_id, actor_name, via, action, subject_type, subject_id, details"
        " FROM audit_events WHERE id = {e7}; INSERT INTO audit_leaves SELECT body_id, 4, 9999,"
        " salt FROM audit_leaves WHERE event_id = {e7}",
        ("inserted", 4),
    ),
    "a salt was changed": (
        "UPDATE audit_leaves SET salt = sha256('x') WHERE index = 5",
        ("altered", 5),
    ),
    "a hash was changed": (
        "UPDATE audit_tiles SET hashes = overlay(hashes PLACING '\\x00' FROM 70)",
        ("altered", 2),
    ),
    "the root was changed": ("UPDATE audit_logs SET root = sha256('x')", ("altered", None)),
    "the size was changed": ("UPDATE audit_logs SET size = 8", ("altered", None)),
    "a signed head was changed": (
        "UPDATE audit_checkpoints SET note = replace(note, E'\n8\n', E'\n7\n')",
        ("altered", None),
    ),
    "the row of a signed head was changed": (
        "UPDATE audit_checkpoints SET root = sha256('x') WHERE size = 8",
        ("altered", None),
    ),
}


def test_every_altered_row_is_named_where(trail: Office, by_hand: Superuser) -> None:
    by_hand.execute(
        "UPDATE audit_events SET actor_name = 'Άλλος' WHERE action = 'entry.registered'"
    )
    assert [finding.place for finding in verify(trail).findings if finding.place is not None] == [
        0,
        1,
        2,
        3,
        4,
    ]


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_was_changed_in_the_trail_is_named_where(
    trail: Office, by_hand: Superuser, forgery: str
) -> None:
    statement, (what, place) = FORGERIES[forgery]
    rows = by_hand.execute("SELECT index, event_id FROM audit_leaves").fetchall()
    by_hand.execute(statement.format(**{f"e{index}": event_id for index, event_id in rows}))
    first = verify(trail).findings[0]
    assert (first.what, first.place) == (what, place)


def test_no_salt_is_destroyed_to_hide_what_was_altered(trail: Office) -> None:
    """Without its salt nobody could tell whether the event is still that of the leaf."""
    with pytest.raises(DBAPIError), trail.db.begin() as session:
        session.execute(text("UPDATE audit_leaves SET salt = sha256('x')"))
    assert verify(trail).is_sound


def test_an_older_state_that_was_put_back_shows_against_a_kept_checkpoint(
    trail: Office, by_hand: Superuser
) -> None:
    kept = head(trail)
    assert verify(trail, kept).is_sound
    by_hand.execute(
        "DELETE FROM audit_checkpoints; DELETE FROM audit_leaves WHERE index = 8;"
        " DELETE FROM audit_events WHERE action = 'log.key-added'; DELETE FROM audit_keys;"
        " UPDATE audit_tiles SET hashes = substring(hashes FOR 256)"
    )
    tree = [bytes(row[0]) for row in by_hand.execute("SELECT hashes FROM audit_tiles").fetchall()]
    root = audit.merkle.root_over([tree[0][at : at + 32] for at in range(0, 256, 32)])
    by_hand.execute("UPDATE audit_logs SET size = 8, root = %s", [root])
    assert verify(trail).is_sound  # nothing in the database itself betrays it
    sign(trail, Ed25519PrivateKey.generate())
    with trail.db.begin() as session:
        by = town_of(trail).person(session, "clerk")
        audit.record(session, "test.done", by=by, subject=("body", 1))
    place(trail)
    [finding] = verify(trail, kept).findings
    assert finding.what == "altered"
    assert "kept elsewhere" in finding.detail


def test_a_log_cut_shorter_than_a_kept_checkpoint_was_rolled_back(
    trail: Office, by_hand: Superuser
) -> None:
    with trail.db.begin() as session:
        by = town_of(trail).person(session, "clerk")
        audit.record(session, "test.done", by=by, subject=("body", 1))
    place(trail)
    sign(trail)
    kept = head(trail)
    shorter = (
        "DELETE FROM audit_checkpoints WHERE size > 8; DELETE FROM audit_leaves WHERE index > 8;"
        " DELETE FROM audit_events WHERE action = 'test.done';"
        " UPDATE audit_tiles SET hashes = substring(hashes FOR 288)"
    )
    by_hand.execute(shorter)
    [(hashes,)] = by_hand.execute("SELECT hashes FROM audit_tiles").fetchall()
    root = audit.merkle.root_over([hashes[at : at + 32] for at in range(0, 288, 32)])
    by_hand.execute("UPDATE audit_logs SET size = 9, root = %s", [root])
    assert verify(trail).is_sound
    [finding] = verify(trail, kept).findings
    assert finding.what == "rolled-back"


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
        ' "label": "6/x",'
        ' "verification_code": "x"}}\')).* FROM entries e WHERE number = 5',
        "entry 6/x has no event",
    ),
    "an annulment taken back": ("DELETE FROM annulments", "the annulment of entry id"),
    "an annulment by hand": (
        "INSERT INTO annulments (entry_id, reason, annulled_at) SELECT id, 'x', now() FROM entries"
        " WHERE number = 5",
        "the annulment of entry id",
    ),
    "a counter": ("UPDATE book_years SET last_number = 9", "the counter says 9"),
    "an event past the log": (
        "INSERT INTO audit_events SELECT 9999, at, body_id, actor_id, actor_name, via, 'x',"
        " subject_type, subject_id, details FROM audit_events LIMIT 1",
        "was inserted past the log",
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

    checks = list(audit.verification._checks)
    audit.verification._checks[:] = [_then(register), *checks, _then(register)]
    try:
        assert verify(trail).is_sound
    finally:
        audit.verification._checks[:] = checks


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
    place(trail)
    told: list[tuple[int, int]] = []
    with trail.db.read() as session:
        assert audit.verify(session, progress=lambda *at: told.append(at)).leaves == 2009
    assert told == [(2000, 2009)]
