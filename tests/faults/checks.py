"""Afterwards: no gap, nothing twice, nothing acknowledged lost, no job stuck, the log verifies."""

import json
import threading

from docflow import audit, registry
from docflow.tables import Base  # noqa: F401  # every package's checks are known
from tests import stack
from tests.faults.clients import Citizen, Reader, codes, read_back
from tests.faults.house import House
from tests.faults.ledger import Ledger

_OPEN = """
SELECT count(*) FROM jobs
WHERE state IN ('waiting', 'running') AND run_after < now() + interval '1 hour'
"""
_UNPLACED = "SELECT count(*) FROM audit_pending"
_HURRY = """
UPDATE jobs SET run_after = run_after - interval '1 hour', rung_at = rung_at - interval '1 hour'
WHERE state = 'waiting' AND run_after < now() + interval '1 hour'
"""


def come_to_rest(house: House, *, seconds: float, hurry: bool) -> None:
    """Wait until every job is done and every event has its place.

    A ring that was lost is repeated after a minute, a failed try after some: with `hurry` that
    time has passed.
    """
    for name in ("postgres", "broker", "store", "tsa", "serve", "worker", "relay", "sequencer"):
        house.wait_for(name)

    def is_done() -> bool:
        house.tend()
        if hurry:
            with house.superuser() as connection:
                connection.execute(_HURRY)
        return bool(house.ask(_OPEN) == 0 and house.ask(_UNPLACED) == 0)

    try:
        stack.wait_until(is_done, what="rest", seconds=seconds)
    except AssertionError as error:
        raise AssertionError(f"jobs stuck: {_jobs(house, 'waiting')}") from error


def _jobs(house: House, state: str) -> object:
    return house.ask(
        "SELECT json_agg(row_to_json(jobs)) FROM jobs WHERE state = %(state)s", state=state
    )


def all_is_well(house: House, ledger: Ledger) -> str:
    """Hold the database, the store and the log against what clients were told; a summary."""
    failed = _jobs(house, "failed")
    assert failed is None, failed
    _registrations(house, ledger)
    _signatures(house, ledger)
    _pick_ups(house, ledger)
    verified = _verified(house, ledger)
    # What was read and picked up here has its places too.
    stack.wait_until(lambda: house.ask(_UNPLACED) == 0, what="the log", seconds=120)
    return (
        f"{ledger}; then {house.ask('SELECT count(*) FROM entries')} entries without gap, "
        f"{house.ask('SELECT count(*) FROM jobs')} jobs done, {verified.leaves} events "
        f"and {verified.checkpoints} signed heads verified, "
        f"{len(ledger.heads)} of them kept outside"
    )


def _verified(house: House, ledger: Ledger) -> audit.Verification:
    """What `docflow audit check-numbers` and `docflow audit verify` say: all is as it was."""
    office = house.office()
    with office.db.read() as session:
        series = registry.contiguity(session, by=house.town.person(session, "auditor"))
        outcome = audit.verify(session, kept=ledger.heads, trust_roots=[house.roots.read_bytes()])
    office.db.dispose()
    assert series, "no number was given"
    assert [one for one in series if one.problems] == []
    assert outcome.is_sound, outcome.findings
    return outcome


def _registrations(house: House, ledger: Ledger) -> None:
    reader = Reader(house, ledger, threading.Event(), 250)
    with reader.http:
        for one in ledger.registered:
            read_back(reader, one)
    labels = [one.label for one in ledger.registered]
    assert len(labels) == len(set(labels)), "a number was given twice"
    twice = house.ask(
        "SELECT json_agg(subject) FROM (SELECT subject FROM entries "
        "WHERE direction = 'incoming' GROUP BY subject HAVING count(*) > 1) AS twice"
    )
    assert twice is None, twice
    known = set(house.ask("SELECT array_agg(subject) FROM entries"))
    assert {f"Αίτηση {one.key}" for one in ledger.registered} <= known
    asked = {f"Αίτηση {key}" for key in ledger.keys}
    assert {subject for subject in known if subject.startswith("Αίτηση fault-")} <= asked
    unread = house.ask(
        "SELECT json_agg(file_id) FROM readings WHERE state IN ('pending', 'running')"
    )
    assert unread is None, f"files that nobody reads: {unread}"


def _signatures(house: House, ledger: Ledger) -> None:
    for one in ledger.signed:
        found = house.ask(
            "SELECT json_build_object('state', d.state, 'sha256', s.signed_sha256, "
            "'label', e.label, 'copies', (SELECT count(*) FROM files AS f "
            "WHERE f.entry_id = e.id AND f.role = 'exact-copy')) "
            "FROM drafts AS d JOIN steps AS s ON s.draft_id = d.id AND s.state = 'signed' "
            "LEFT JOIN entries AS e ON e.id = d.entry_id WHERE d.id = %(id)s",
            id=one.draft,
        )
        assert found, f"the signature of draft {one.draft} is lost"
        assert found["sha256"] == one.sha256, (one, found)
        assert (found["state"], found["copies"]) == ("issued", 1), (one, found)
    annulled = house.ask("SELECT json_agg(reason) FROM annulments")
    assert annulled is None, f"numbers were annulled: {annulled}"
    twice = house.ask(
        "SELECT json_agg(subject) FROM (SELECT subject FROM entries WHERE direction = 'outgoing' "
        "GROUP BY subject HAVING count(*) > 1) AS twice"
    )
    assert twice is None, f"issued twice: {twice}"


def _pick_ups(house: House, ledger: Ledger) -> None:
    """Everybody who was written to gets the document, and what was given out was given out."""
    last = codes(house)
    citizen = Citizen(house, ledger, threading.Event(), 251)
    with citizen.http:
        for token, code in last.items():
            if token not in ledger.collected:
                assert citizen.collect(token, code), f"nothing waits behind {token}"
    assert len(last) == house.ask("SELECT count(*) FROM deliveries")
    for token, sha256 in ledger.collected.items():
        found = house.ask(
            "SELECT json_build_object('state', state, 'digests', (SELECT json_agg(p.sha256) FROM "
            "sealed_documents AS s JOIN document_proofs AS p ON p.document_id = s.id "
            "WHERE s.entry_id = deliveries.entry_id)) FROM deliveries WHERE token = %(token)s",
            token=token,
        )
        assert found["state"] == "picked-up", (token, found)
        assert sha256 in json.dumps(found["digests"]), (token, found)
