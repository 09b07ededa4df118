"""Giving each committed event its place in the log of its body, and signing the log's head.

The act and its event are one transaction; the place comes after it, so that acts never wait for
each other. One sequencer works at a time. Whoever changes, removes, inserts or swaps an event
afterwards no longer fits a root that was signed.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from urllib.parse import quote

import psycopg
from sqlalchemy import BigInteger, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from docflow import clock, principal
from docflow.audit import merkle, notes, tree
from docflow.audit.events import COLUMNS, canonical, record
from docflow.audit.models import Event, Log, LogKey, Pending, SignedHead

_SEQUENCER_LOCK = 0x0D0C_F10A  # pg_advisory_lock key: one sequencer at a time


def sequence(session: Session, *, limit: int = 2000) -> int:
    """Give their places to events that have none yet; the number of them.

    Only one sequencer works at a time (advisory lock for the transaction); another returns 0.
    """
    if not session.scalar(select(func.pg_try_advisory_xact_lock(_SEQUENCER_LOCK))):
        return 0
    rows = session.execute(
        select(*COLUMNS)
        .join(Pending, Pending.event_id == Event.id)
        .order_by(Pending.event_id)
        .limit(limit)
    ).all()
    by_body = sorted(rows, key=attrgetter("body_id"))  # stable: in the order of their numbers
    for body_id, events in groupby(by_body, key=attrgetter("body_id")):
        first = session.scalar(select(Log.size).where(Log.body_id == body_id)) or 0
        leaves, hashes = [], []
        for index, row in enumerate(events, start=first):
            salt = secrets.token_bytes(merkle.HASH_BYTES)
            hashes.append(merkle.leaf_hash(leaf(salt, canonical(*row))))
            leaves.append((body_id, index, row.id, salt))
        _store(session, leaves)
        tree.append(session, body_id, hashes)
    if rows:
        placed = [row.id for row in rows]
        session.execute(
            delete(Pending).where(
                Pending.event_id == func.any(bindparam("placed", placed, ARRAY(BigInteger)))
            )
        )
    return len(rows)


def _store(session: Session, leaves: Sequence[tuple[int, int, int, bytes]]) -> None:
    """COPY: three times as fast as INSERT, and the log never falls behind."""
    driver = session.connection().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    with (
        driver.cursor() as cursor,
        cursor.copy("COPY audit_leaves (body_id, index, event_id, salt) FROM STDIN") as copy,
    ):
        for row in leaves:
            copy.write_row(row)


def leaf(salt: bytes, event: bytes) -> bytes:
    """What the log holds of an event: its salted digest, no personal data.

    Whoever has neither event nor salt learns nothing from it; when the salt is destroyed, nobody
    can show any more which event it was.
    """
    return leaf_over(hashlib.sha256(salt + event).digest())


def leaf_over(digest: bytes) -> bytes:
    """The leaf that holds this salted digest."""
    return b'{"event":"%s","v":1}' % digest.hex().encode()


def origin_of(host: str, code: str) -> str:
    """The name of a body's log: where it is published, without the scheme (C2SP tlog-checkpoint).

    `host` is the installation's public address, `code` the body's code.
    """
    return f"{host.partition('://')[2] or host}".rstrip("/") + f"/log/{quote(code)}"


def sign_heads(
    session: Session, *, origins: Mapping[int, str], keys: Sequence[notes.SigningKey]
) -> int:
    """Sign the head of each log that grew since its last checkpoint; the number of them.

    `origins` names the log of each body; `keys` are those in use, the newest first: during a
    change of keys both sign. A key's first signature is written into the log as an event.
    """
    if not session.scalar(select(func.pg_try_advisory_xact_lock(_SEQUENCER_LOCK))):
        return 0
    signed = select(SignedHead.size).where(
        SignedHead.body_id == Log.body_id, SignedHead.size == Log.size
    )
    grown = session.scalars(select(Log).where(Log.size > 0, ~signed.exists())).all()
    for log in grown:
        origin = origins[log.body_id]
        signers = [notes.Signer(origin, key) for key in keys]
        _announce(session, log, signers)
        head = notes.Checkpoint(origin, log.size, log.root)
        session.add(
            SignedHead(
                body_id=log.body_id,
                size=log.size,
                root=log.root,
                note=notes.sign(head.text, *signers),
                signed_at=clock.now(),
            )
        )
    return len(grown)


def _announce(session: Session, log: Log, signers: Sequence[notes.Signer]) -> None:
    """A key that signs this log for the first time stands in the log itself."""
    for signer in signers:
        verifier = str(signer.verifier)
        if session.get(LogKey, (log.body_id, verifier)) is None:
            session.add(
                LogKey(
                    body_id=log.body_id,
                    verifier=verifier,
                    first_size=log.size,
                    added_at=clock.now(),
                )
            )
            record(
                session,
                "log.key-added",
                by=principal.system(log.body_id),
                subject=("log", log.body_id),
                verifier=verifier,
            )
