"""Showing outsiders what the log holds: proofs of single events, checkpoints, consistency."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.orm import Session, aliased

from docflow import clock
from docflow.audit import merkle, notes, tree
from docflow.audit.erased import is_erased
from docflow.audit.events import COLUMNS, canonical
from docflow.audit.models import (
    Cosignature,
    Event,
    Leaf,
    LogKey,
    SignedHead,
    Timestamp,
)
from docflow.audit.sequencer import leaf, leaf_over
from docflow.canonical import encoded
from docflow.errors import Invalid, NotFound, Unavailable
from docflow.i18n import t


class NotYetProven(Unavailable):
    """The event is written; a signed head of the log that covers it comes within seconds."""


class UnknownWitness(Invalid):
    """A line that no witness signed whose word counts for this log."""


class Erased(NotFound):
    """The data were erased by order, and with them what could be proven."""


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
    Raises NotYetProven, Erased.
    """
    found = session.execute(_PLACED, {"event_id": event_id}).one_or_none()
    if found is None:
        raise NotYetProven(
            t("The proof is made within seconds. Please try again in a minute."),
        )
    body_id, index, salt, size, note, token, lines, tiles, *event = found
    if is_erased(event):
        raise Erased(t("The data of this entry were erased; the log says nothing of it any more."))
    extra = {
        "v": 1,
        "event": canonical(*event).decode(),
        "salt": salt.hex(),
        "record": record,
        "timestamp": base64.b64encode(token).decode() if token else None,
    }
    nodes = tree.of_packed(session, body_id, tiles)
    return notes.Proof(
        index,
        tuple(merkle.inclusion_proof(index, size, nodes)),
        note + "".join(lines or ()),
        encoded(extra),
    ).text


def _placed() -> Select[*tuple[Any, ...]]:
    """Leaf and event, the head that shows them, its timestamp, its witnesses and the tiles of the
    way from the leaf up to it: all that a proof is made of in one question."""
    stamped = (
        select(func.min(Timestamp.size))
        .where(Timestamp.body_id == Leaf.body_id, Timestamp.size > Leaf.index)
        .scalar_subquery()
    )
    head = aliased(SignedHead)
    covering = (
        select(head.size)
        .where(head.body_id == Leaf.body_id, head.size > Leaf.index)
        .order_by(head.size)
        .limit(1)
        .scalar_subquery()
    )
    token = (
        select(Timestamp.token)
        .where(Timestamp.body_id == SignedHead.body_id, Timestamp.size == SignedHead.size)
        .limit(1)
        .scalar_subquery()
    )
    lines = (
        select(func.array_agg(aggregate_order_by(Cosignature.line, Cosignature.witness)))
        .where(Cosignature.body_id == SignedHead.body_id, Cosignature.size == SignedHead.size)
        .scalar_subquery()
    )
    return (
        select(
            Leaf.body_id,
            Leaf.index,
            Leaf.salt,
            SignedHead.size,
            SignedHead.note,
            token,
            lines,
            tree.above(Leaf.body_id, Leaf.index, SignedHead.size - 1),
            *COLUMNS,
        )
        .join(Event, Event.id == Leaf.event_id)
        .join(
            SignedHead,
            (SignedHead.body_id == Leaf.body_id)
            & (SignedHead.size == func.coalesce(stamped, covering)),
        )
        .where(Leaf.event_id == bindparam("event_id"))
    )


_PLACED = _placed()  # made once: to make it anew would take longer than to ask it


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


@dataclass(frozen=True, slots=True)
class Between:
    """That a log of one size goes on from one of another; signed heads of the sizes, if any."""

    origin: str
    old_size: int
    new_size: int
    old_note: str | None
    new_note: str | None
    hashes: Sequence[bytes]


def between(session: Session, body_id: int, old_size: int, new_size: int | None = None) -> Between:
    """The proof of consistency between two sizes (to the newest signed head without a second).

    Raises NoSuchCheckpoint.
    """
    head = newest(session, body_id)
    end = new_size or head.size
    hashes = consistency(session, body_id, old_size, end)
    old, new = (session.get(SignedHead, (body_id, size)) for size in (old_size, end))
    return Between(
        origin=head.note.partition("\n")[0],
        old_size=old_size,
        new_size=end,
        old_note=cosigned(session, old) if old else None,
        new_note=cosigned(session, new) if new else None,
        hashes=hashes,
    )


def newest(session: Session, body_id: int) -> SignedHead:
    """The newest signed head. Raises NoSuchCheckpoint where none was signed yet."""
    head = latest(session, body_id)
    if head is None:
        raise NoSuchCheckpoint(t("The log has no signed head of this size."))
    return head


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

    None where no signed head covers them.
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
    leaves = [
        leaf_over(salt) if is_erased(event) else leaf(salt, canonical(*event))
        for salt, *event in rows
    ]
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
