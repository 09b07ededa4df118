"""Showing outsiders what the log holds: proofs of single events, checkpoints, consistency."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import clock
from docflow.audit import merkle, notes, tree
from docflow.audit.events import COLUMNS, canonical
from docflow.audit.models import (
    Cosignature,
    Event,
    Leaf,
    LogKey,
    SignedHead,
    Timestamp,
)
from docflow.audit.sequencer import leaf
from docflow.errors import Invalid, NotFound, Unavailable
from docflow.i18n import t


class NotYetProven(Unavailable):
    """The event is written; a signed head of the log that covers it comes within seconds."""


class UnknownWitness(Invalid):
    """A line that no witness signed whose word counts for this log."""


class NoSuchCheckpoint(NotFound):
    """The log has no signed head of this size."""


def event_id(session: Session, action: str, subject: tuple[str, int]) -> int | None:
    """The first event of this kind about the subject."""
    return session.scalar(
        select(func.min(Event.id)).where(
            Event.subject_type == subject[0],
            Event.subject_id == subject[1],
            Event.action == action,
        )
    )


def prove(session: Session, event_id: int, *, record: Mapping[str, Any] | None = None) -> str:
    """A C2SP tlog-proof of the event, with all that makes its leaf again in the line `extra`.

    `extra` is base64 of JSON: the event as text, the salt in hex, the `record` that the event
    holds the digest of, and the timestamp token of the checkpoint where it has one. The first
    checkpoint that covers the leaf is taken, and one with a timestamp before all others.
    Raises NotYetProven; NoSuchCheckpoint where the event's salt was destroyed.
    """
    place = session.scalar(select(Leaf).where(Leaf.event_id == event_id))
    head = None if place is None else _head_over(session, place)
    if place is None or head is None:
        raise NotYetProven(
            t("The proof is made within seconds. Please try again in a minute."),
        )
    if place.salt is None:
        raise NoSuchCheckpoint(t("This was erased from the log by order; nothing proves it."))
    row = session.execute(select(*COLUMNS).where(Event.id == event_id)).one()
    token = session.scalar(
        select(Timestamp.token).where(
            Timestamp.body_id == head.body_id, Timestamp.size == head.size
        )
    )
    extra = {
        "v": 1,
        "event": canonical(*row).decode(),
        "salt": place.salt.hex(),
        "record": record,
        "timestamp": base64.b64encode(token).decode() if token else None,
    }
    nodes = tree.nodes(session, place.body_id, near=(place.index, head.size - 1))
    return notes.Proof(
        place.index,
        tuple(merkle.inclusion_proof(place.index, head.size, nodes)),
        cosigned(session, head),
        json.dumps(extra, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(),
    ).text


def _head_over(session: Session, place: Leaf) -> SignedHead | None:
    covering = (
        select(SignedHead)
        .where(SignedHead.body_id == place.body_id, SignedHead.size > place.index)
        .order_by(SignedHead.size)
        .limit(1)
    )
    stamped = covering.join(
        Timestamp,
        (Timestamp.body_id == SignedHead.body_id) & (Timestamp.size == SignedHead.size),
    )
    return session.scalar(stamped) or session.scalar(covering)


def latest(session: Session, body_id: int) -> SignedHead | None:
    """The newest signed head of the body's log."""
    return session.scalar(
        select(SignedHead)
        .where(SignedHead.body_id == body_id)
        .order_by(SignedHead.size.desc())
        .limit(1)
    )


def cosigned(session: Session, head: SignedHead) -> str:
    """The note of a head with the lines of its witnesses."""
    lines = session.scalars(
        select(Cosignature.line)
        .where(Cosignature.body_id == head.body_id, Cosignature.size == head.size)
        .order_by(Cosignature.witness)
    )
    return head.note + "".join(lines)


def consistency(session: Session, body_id: int, old_size: int, new_size: int) -> list[bytes]:
    """What shows that the log of `new_size` goes on from that of `old_size`.

    Raises NoSuchCheckpoint unless 0 < old_size <= new_size <= the size of the newest signed head.
    """
    head = latest(session, body_id)
    if head is None or not 0 < old_size <= new_size <= head.size:
        raise NoSuchCheckpoint(t("The log has no signed head of this size."))
    nodes = tree.nodes(session, body_id, near=(old_size - 1, new_size - 1))
    return merkle.consistency_proof(old_size, new_size, nodes)


def keep_cosignature(
    session: Session, body_id: int, size: int, line: str, *, witnesses: Sequence[str]
) -> str:
    """Keep a witness's line under the head of this size; the witness's name.

    `witnesses` are the public keys of those whose word counts here. Raises NoSuchCheckpoint and
    UnknownWitness. A second line of the same witness changes nothing.
    """
    head = session.get(SignedHead, (body_id, size))
    if head is None:
        raise NoSuchCheckpoint(t("The log has no signed head of this size."))
    text, _ = notes.split(head.note)
    try:
        known = [notes.Verifier.parse(witness) for witness in witnesses]
        _, names = notes.verified(f"{text}\n{line.strip()}\n", known)
    except notes.BadNote as error:
        raise UnknownWitness(t("This is no line of a witness that this log knows.")) from error
    row = insert(Cosignature).values(
        body_id=body_id,
        size=size,
        witness=names[0],
        line=f"{line.strip()}\n",
        received_at=clock.now(),
    )
    session.execute(row.on_conflict_do_nothing())
    return names[0]


def tile(session: Session, body_id: int, level: int, index: int, width: int) -> bytes | None:
    """The first `width` (1 to 256) hashes of a tile, if a signed head covers them."""
    head = latest(session, body_id)
    covered = (head.size if head else 0) >> (tree.TILE_HEIGHT * level)
    if not 0 < width <= tree.TILE_WIDTH or index * tree.TILE_WIDTH + width > covered:
        return None
    hashes = tree.tile(session, body_id, level, index) or b""
    return hashes[: width * merkle.HASH_BYTES]


def entries(session: Session, body_id: int, index: int, width: int) -> bytes | None:
    """The leaves under the first `width` hashes of a lowest tile, each after its length (2 bytes).

    None where no signed head covers them, and where one of them was erased: what it said is gone.
    Source: C2SP tlog-tiles, "log entries".
    """
    if tile(session, body_id, 0, index, width) is None:
        return None
    first = index * tree.TILE_WIDTH
    rows = session.execute(
        select(Leaf.salt, *COLUMNS)
        .join(Event, Event.id == Leaf.event_id)
        .where(Leaf.body_id == body_id, Leaf.index >= first, Leaf.index < first + width)
        .order_by(Leaf.index)
    ).all()
    if len(rows) != width or any(salt is None for salt, *_ in rows):
        return None
    leaves = [leaf(salt, canonical(*event)) for salt, *event in rows]
    return b"".join(len(one).to_bytes(2, "big") + one for one in leaves)


def verifiers(session: Session, body_id: int) -> list[str]:
    """The public keys of the log, the newest last."""
    return list(
        session.scalars(
            select(LogKey.verifier)
            .where(LogKey.body_id == body_id)
            .order_by(LogKey.first_size, LogKey.added_at)
        )
    )
