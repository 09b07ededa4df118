"""One log, walked from its first leaf to its last, and held against what was signed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import signing
from docflow.audit import merkle, notes, tree
from docflow.audit.displaced import MOST, Mismatch, explained
from docflow.audit.events import COLUMNS, canonical
from docflow.audit.findings import Finding
from docflow.audit.models import Event, Leaf, Log, LogKey, SignedHead, Tile, Timestamp
from docflow.audit.sequencer import leaf, leaf_over

STEP = 2000


class Walk:
    """One log from its first leaf to its last, with the root at each size that was signed."""

    def __init__(
        self,
        session: Session,
        log: Log,
        outside: Sequence[notes.Checkpoint],
        erased: Mapping[int, set[int]],
    ) -> None:
        self.session, self.log = session, log
        self._erased = erased.get(log.body_id, set())
        self._mismatches: list[Mismatch] = []
        self._more = 0
        self.findings: list[Finding] = []
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
        for index, event_id, salt, *event in self._rows():
            while expected < index:
                self._find("missing", expected, None, f"leaf {expected} is missing from the log")
                self._grow(self._hash_at(expected))
                expected += 1
            stored = self._hash_at(index)
            if event[0] is None:
                what = f"event {event_id} of leaf {index} was removed"
                self._find("missing", index, event_id, what)
            else:
                erased = index in self._erased
                entry = leaf_over(salt) if erased else leaf(salt, canonical(*event))
                actual = merkle.leaf_hash(entry)
                if actual != stored and len(self._mismatches) == MOST:
                    self._more += 1
                elif actual != stored:
                    self._mismatches.append(Mismatch(index, stored, actual, salt, tuple(event)))
            self._grow(stored)
            expected += 1
            yield

    def finish(self, trust_roots: Sequence[bytes]) -> None:
        """What follows from the leaves: tiles, roots, signatures, and what was kept elsewhere."""
        log = self.log
        named = explained(self._mismatches)
        self.findings += named
        if self._more and len(named) > 1:
            self._find("altered", None, None, f"{self._more} more leaves do not fit their events")
        self.findings.sort(key=lambda one: one.place if one.place is not None else -1)
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

    def _rows(self) -> Iterator[Sequence[Any]]:
        """Place, event's id and salt of each leaf, and the event's columns (None: it is gone)."""
        rows = self.session.execute(
            select(Leaf.index, Leaf.event_id, Leaf.salt, *COLUMNS)
            .outerjoin(Event, Event.id == Leaf.event_id)
            .where(Leaf.body_id == self.log.body_id)
            .order_by(Leaf.index)
            .execution_options(yield_per=STEP)
        )
        yield from rows

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
                .execution_options(yield_per=STEP)
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
