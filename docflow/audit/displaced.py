"""Leaves that do not fit: changed where they stand, or swapped, slipped in, or left out?

Whoever exchanges two events, or pushes one in between, alters nothing of what they say: the same
hashes stand in other places. Only the first mismatches are looked at so closely.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from docflow.audit import merkle
from docflow.audit.events import canonical
from docflow.audit.findings import Finding
from docflow.audit.sequencer import leaf

CLOSELY = 64
MOST = 10_000  # mismatches that are kept; where there are more, they are counted


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A leaf whose event makes another hash than the log holds; `event` as `events.COLUMNS`."""

    place: int
    stored: bytes
    actual: bytes
    salt: bytes
    event: Sequence[Any]

    @property
    def event_id(self) -> int:
        return int(self.event[0])

    @property
    def action(self) -> str:
        return str(self.event[6])


def explained(found: Sequence[Mismatch]) -> list[Finding]:
    """What became of these leaves, in the order of their places."""
    shifted = _shifted(found)
    if shifted is not None:
        return shifted
    findings, done = [], set()
    for one in found:
        if one.place in done:
            continue
        other = _partner(one, found[:CLOSELY])
        if other is None:
            what = f"event {one.event_id} ({one.action}) or its leaf {one.place} was altered"
            findings.append(Finding("altered", one.place, one.event_id, what))
            continue
        done.add(other.place)
        what = f"leaves {one.place} and {other.place} or their events were swapped"
        findings.append(Finding("swapped", one.place, one.event_id, what))
    return findings


def _partner(one: Mismatch, found: Sequence[Mismatch]) -> Mismatch | None:
    """The mismatch with which this one was exchanged."""
    for other in found:
        if other.place > one.place and _fits(one, other) and _fits(other, one):
            return other
    return None


def _fits(one: Mismatch, other: Mismatch) -> bool:
    """Whether what stands at the one place belongs at the other."""
    if one.actual == other.stored:  # the leaf as a whole
        return True
    as_other = canonical(other.event_id, *one.event[1:])  # what the event says
    return other.stored in (
        merkle.leaf_hash(leaf(other.salt, canonical(*one.event))),  # the event alone
        merkle.leaf_hash(leaf(other.salt, as_other)),
    )


def _shifted(found: Sequence[Mismatch]) -> list[Finding] | None:
    """Where every leaf from one on stands a place too far, or a place short."""
    if len(found) < 2:
        return None
    closely = found[:CLOSELY]
    in_a_row = all(b.place == a.place + 1 for a, b in pairwise(found))
    if not in_a_row:
        return None
    pairs = list(pairwise(closely))
    first = found[0]
    held, made = {one.stored for one in closely}, {one.actual for one in closely}
    if first.actual not in held and all(b.actual == a.stored for a, b in pairs):
        what = f"event {first.event_id} was inserted at leaf {first.place}"
        return [Finding("inserted", first.place, first.event_id, what)]
    if first.stored not in made and all(a.actual == b.stored for a, b in pairs):
        what = f"leaf {first.place} is missing, those after it were moved up"
        return [Finding("missing", first.place, None, what)]
    return None
