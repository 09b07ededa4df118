"""Is everything as it was written? The log is made again from the events, and compared.

Each event that was changed, removed, inserted or moved is named, and so is each hash, head or
signature that does not follow from the leaves. What was cut off with its hashes and heads, and a
whole database set back to an older day, shows only against a checkpoint that was kept elsewhere.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import signing
from docflow.audit import merkle, notes, tree
from docflow.audit.events import COLUMNS, canonical
from docflow.audit.models import Event, Leaf, Log, LogKey, Pending, SignedHead, Tile, Timestamp
from docflow.audit.sequencer import leaf

_STEP = 2000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written. `place` is that of the leaf, counted from 0."""

    what: str  # altered, missing, inserted, rolled-back
    place: int | None
    event_id: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome of a check of the whole trail.

    `heads` are the logs as they stand now (to be kept elsewhere); `waiting` events have no place
    yet, which is no finding; `erased` leaves have lost their salt, so that only their hash counts.
    """

    leaves: int
    waiting: int
    erased: int
    checkpoints: int
    heads: tuple[notes.Checkpoint, ...]
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        return not self.findings


Check = Callable[[Session], Iterable[Finding]]
_checks: list[Check] = []


def check(function: Check) -> Check:
    """Register a check of the database against its events, done by every verification."""
    _checks.append(function)
    return function


def verify(
    session: Session,
    *,
    kept: Sequence[str] = (),
    trust_roots: Sequence[bytes] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Verification:
    """Make the log again from the events, and compare the database with both.

    `kept` are checkpoints (signed notes) that somebody kept elsewhere: each must be a head that
    this log once had. With `trust_roots` (PEM or DER, of the time-stamping services) the timestamps
    over the days' heads are judged too. Needs one moment of the database, hence
    `Database.read()`: registering goes on meanwhile. Raises notes.BadNote where a kept checkpoint
    is none.
    """
    outside = [notes.Checkpoint.parse(notes.split(note)[0]) for note in kept]
    total = session.scalar(select(func.count()).select_from(Leaf)) or 0
    findings: list[Finding] = []
    heads, erased, checkpoints, done = [], 0, 0, 0
    for log in session.scalars(select(Log).order_by(Log.body_id)).all():
        walk = _Walk(session, log, outside)
        for _ in walk.leaves():
            done += 1
            if progress and done % _STEP == 0:
                progress(done, total)
        walk.finish(trust_roots)
        findings += walk.findings
        erased += walk.erased
        checkpoints += len(walk.signed)
        heads.append(notes.Checkpoint(walk.origin, log.size, log.root))
    findings += _unknown_logs(outside, heads)
    findings += _outside_the_log(session)
    waiting = session.scalar(select(func.count()).select_from(Pending)) or 0
    for compare in _checks:
        findings += compare(session)
    return Verification(done, waiting, erased, checkpoints, tuple(heads), tuple(findings))


class _Walk:
    """One log from its first leaf to its last, with the root at each size that was signed."""

    def __init__(self, session: Session, log: Log, outside: Sequence[notes.Checkpoint]) -> None:
        self.session, self.log = session, log
        self.findings: list[Finding] = []
        self.erased = 0
        self.signed = session.scalars(
            select(SignedHead).where(SignedHead.body_id == log.body_id).order_by(SignedHead.size)
        ).all()
        self.origin = _origin(self.signed)
        self._outside = [head for head in outside if head.origin == self.origin]
        self._wanted = {head.size for head in self.signed} | {h.size for h in self._outside}
        self._roots: dict[int, bytes] = {0: merkle.EMPTY_ROOT}
        self._edge: list[tuple[int, bytes]] = []  # complete subtrees, the largest first
        self._tile = b""
        self._size = 0

    def leaves(self) -> Iterator[None]:
        """Go through the leaves; each that does not fit its event is a finding."""
        expected = 0
        for index, stored, actual, event_id, action in self._rows():
            while expected < index:
                self._find("missing", expected, None, f"leaf {expected} is missing from the log")
                self._grow(self._hash_at(expected))
                expected += 1
            if actual is not None and actual != stored:
                what = f"event {event_id} ({action}) or its leaf {index} was altered"
                self._find("altered", index, event_id, what)
            elif action is None:
                what = f"event {event_id} of leaf {index} was removed"
                self._find("missing", index, event_id, what)
            self._grow(stored)
            expected += 1
            yield

    def finish(self, trust_roots: Sequence[bytes]) -> None:
        """What follows from the leaves: tiles, roots, signatures, and what was kept elsewhere."""
        log = self.log
        while self._size < log.size:
            self._find("missing", self._size, None, f"leaf {self._size} is missing from the log")
            self._grow(self._hash_at(self._size))
        if self._size > log.size:
            detail = f"the log says {log.size} leaves, there are {self._size}"
            self._find("altered", None, None, detail)
        elif self._root() != log.root:
            self._find("altered", None, None, "the root of the log does not follow from its leaves")
        self._check_tiles()
        self._check_signed()
        if trust_roots:
            self._check_timestamps(trust_roots)
        for head in self._outside:
            if head.size > self._size:
                detail = (
                    f"a checkpoint of {head.size} leaves was kept elsewhere, the log has only "
                    f"{self._size}: an older state was put back"
                )
                self._find("rolled-back", None, None, detail)
            elif self._roots[head.size] != head.root:
                detail = (
                    f"the first {head.size} leaves are not those of the checkpoint kept elsewhere"
                )
                self._find("altered", None, None, detail)

    def _rows(self) -> Iterator[tuple[int, bytes, bytes | None, int, str | None]]:
        """Index, hash in the tile, hash by the event (None where the salt is gone), event."""
        rows = self.session.execute(
            select(Leaf.index, Leaf.event_id, Leaf.salt, *COLUMNS)
            .outerjoin(Event, Event.id == Leaf.event_id)
            .where(Leaf.body_id == self.log.body_id)
            .order_by(Leaf.index)
            .execution_options(yield_per=_STEP)
        )
        for index, event_id, salt, *event in rows:
            stored = self._hash_at(index)
            if event[0] is None:
                yield index, stored, None, event_id, None
            elif salt is None:
                self.erased += 1
                yield index, stored, None, event_id, event[6]
            else:
                actual = merkle.leaf_hash(leaf(salt, canonical(*event)))
                yield index, stored, actual, event_id, event[6]

    def _hash_at(self, index: int) -> bytes:
        """The leaf hash that the log holds at this place; zeros where it holds none."""
        place, offset = divmod(index, tree.TILE_WIDTH)
        if offset == 0 or not self._tile:
            self._tile = tree.tile(self.session, self.log.body_id, 0, place) or b""
        first = offset * merkle.HASH_BYTES
        return self._tile[first : first + merkle.HASH_BYTES].ljust(merkle.HASH_BYTES, b"\0")

    def _grow(self, leaf_hash: bytes) -> None:
        height, node = 0, leaf_hash
        while self._edge and self._edge[-1][0] == height:
            node = merkle.node_hash(self._edge.pop()[1], node)
            height += 1
        self._edge.append((height, node))
        self._size += 1
        if self._size in self._wanted:
            self._roots[self._size] = self._root()

    def _root(self) -> bytes:
        if not self._edge:
            return merkle.EMPTY_ROOT
        node = self._edge[-1][1]
        for _, left in reversed(self._edge[:-1]):
            node = merkle.node_hash(left, node)
        return node

    def _check_tiles(self) -> None:
        """Each tile above the leaves follows from the whole tiles below it."""
        hashes = {
            (level, index): value
            for level, index, value in self.session.execute(
                select(Tile.level, Tile.index, Tile.hashes)
                .where(Tile.body_id == self.log.body_id, Tile.level > 0)
                .execution_options(yield_per=_STEP)
            )
        }
        below: Iterator[tuple[int, bytes]] = (
            (index, value)
            for index, value in self.session.execute(
                select(Tile.index, Tile.hashes)
                .where(Tile.body_id == self.log.body_id, Tile.level == 0)
                .order_by(Tile.index)
                .execution_options(yield_per=64)
            )
        )
        level = 1
        while True:
            made: dict[int, bytes] = {}
            for index, value in below:
                if len(value) == tree.TILE_WIDTH * merkle.HASH_BYTES:
                    parent = index // tree.TILE_WIDTH
                    made[parent] = made.get(parent, b"") + merkle.root_over(tree.split(value))
            stored = {i: value for (at, i), value in hashes.items() if at == level}
            for index in sorted(made.keys() | stored.keys()):
                if made.get(index) != stored.get(index):
                    detail = f"tile {index} of level {level} does not follow from those below it"
                    self._find("altered", None, None, detail)
            if not made:
                return
            below, level = iter(sorted(made.items())), level + 1

    def _check_signed(self) -> None:
        keys = [
            notes.Verifier.parse(text)
            for text in self.session.scalars(
                select(LogKey.verifier).where(LogKey.body_id == self.log.body_id)
            )
        ]
        for head in self.signed:
            problem = self._problem_of(head, keys)
            if problem:
                self._find("altered", None, None, f"checkpoint of {head.size} leaves: {problem}")

    def _check_timestamps(self, trust_roots: Sequence[bytes]) -> None:
        rows = self.session.execute(
            select(Timestamp.day, Timestamp.token, SignedHead.note)
            .join(
                SignedHead,
                (SignedHead.body_id == Timestamp.body_id) & (SignedHead.size == Timestamp.size),
            )
            .where(Timestamp.body_id == self.log.body_id)
        )
        for day, token, note in rows:
            try:
                signing.timestamp_time(token, note.encode(), trust_roots=trust_roots)
            except signing.BadTimestamp as error:
                self._find("altered", None, None, f"timestamp of {day}: {error}")

    def _problem_of(self, head: SignedHead, keys: Sequence[notes.Verifier]) -> str:
        try:
            said = notes.Checkpoint.parse(notes.verified(head.note, keys)[0])
        except notes.BadNote as error:
            return str(error)
        if (said.size, said.root) != (head.size, head.root):
            return "the row and the signed note differ"
        if head.size > self._size:
            return "the log is shorter"
        if self._roots[head.size] != head.root:
            return "its root does not follow from the leaves"
        return ""

    def _find(self, what: str, place: int | None, event_id: int | None, detail: str) -> None:
        self.findings.append(Finding(what, place, event_id, detail))


def _origin(signed: Sequence[SignedHead]) -> str:
    """The name of the log, as its last checkpoint says; empty before the first."""
    if not signed:
        return ""
    return signed[-1].note.partition("\n")[0]


def _unknown_logs(
    outside: Sequence[notes.Checkpoint], heads: Sequence[notes.Checkpoint]
) -> list[Finding]:
    known = {head.origin for head in heads}
    return [
        Finding(
            "rolled-back",
            None,
            None,
            f"a checkpoint of the log {head.origin} was kept elsewhere; there is no such log here",
        )
        for head in outside
        if head.origin not in known
    ]


def _outside_the_log(session: Session) -> list[Finding]:
    """Events that have no leaf and were not announced: written past the trigger, by hand."""
    events = session.scalars(
        select(Event)
        .outerjoin(Leaf, Leaf.event_id == Event.id)
        .outerjoin(Pending, Pending.event_id == Event.id)
        .where(Leaf.event_id.is_(None), Pending.event_id.is_(None))
        .order_by(Event.id)
    )
    return [
        Finding("inserted", None, e.id, f"event {e.id} ({e.action}) was inserted past the log")
        for e in events
    ]
