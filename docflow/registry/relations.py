"""Ties between entries made by hand, struck out, and followed as a small graph.

A tie is written once and shown on both sides; who takes it back strikes it out with a reason.
Source: domain row 34 (σχετικό, απάντηση, διαβιβαστικό, ορθή επανάληψη, αντικατάσταση).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.errors import Conflict, Forbidden, Invalid, NotFound
from docflow.folding import line
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry.access import may_write
from docflow.registry.annulment import (
    MAX_REASON,
    ReasonMissing,
    ReasonTooLong,
    require_not_annulled,
)
from docflow.registry.changes import RelationRemoval
from docflow.registry.models import Book, Entry, EntryRelation, Handling, Relation
from docflow.registry.queries import Line, get, hold, lines, lines_query

BY_HAND = (
    Relation.RELATED,
    Relation.ANSWERS,
    Relation.FORWARDS,
    Relation.CORRECTS,
    Relation.REPLACES,
)
HOPS, MAX_NODES = 2, 30


class NotYoursToRelate(Forbidden):
    """The registry, and who is responsible for the item, relate entries."""


class NotItself(Invalid):
    """An entry is not related to itself."""


class AlreadyRelated(Conflict):
    """The two entries are related in this way already."""


class NoSuchRelation(NotFound):
    """There is no such tie between entries, or it was struck out."""


class NotByHand(Invalid):
    """The register itself makes a relation of this kind."""


def relate(
    session: Session, entry_id: int, other_id: int, kind: Relation, *, by: Principal
) -> EntryRelation:
    """Tie the entry to another one that the person may see: "the entry answers the other".

    Raises NotItself, NotByHand, NotYoursToRelate, AlreadyAnnulled, AlreadyRelated.
    """
    by.require_scope("register")
    if entry_id == other_id:
        raise NotItself(t("An entry cannot be related to itself."), field="other")
    if kind not in BY_HAND:
        raise NotByHand(t("The register itself makes a relation of this kind."), field="kind")
    entry, other = get(session, entry_id, by=by), get(session, other_id, by=by)
    _require_right(session, entry, by)
    for held in sorted((entry_id, other_id)):  # in one order: two clerks cannot block each other
        hold(session, held)
    require_not_annulled(session, entry)
    if kind is not Relation.REPLACES:
        require_not_annulled(session, other)
    if _stands(session, entry_id, other_id, kind):
        raise AlreadyRelated(
            t("{label} is related to it in this way already.", label=other.label), field="other"
        )
    row = EntryRelation(
        entry_id=entry_id,
        other_id=other_id,
        kind=kind,
        related_by=by.person_id,
        related_at=clock.now(),
    )
    session.add(row)
    session.flush()  # its id, for the events
    for here, there in ((entry, other), (other, entry)):
        audit.record(
            session,
            "entry.related",
            by=by,
            subject=("entry", here.id),
            relation=row.id,
            kind=kind,
            from_here=here is entry,
            other_id=there.id,  # who reads this may not see the other: its number is not told
        )
    return row


def unrelate(session: Session, relation_id: int, *, reason: str, by: Principal) -> RelationRemoval:
    """Strike a tie out, with the reason.

    Raises NoSuchRelation, NotYoursToRelate, NotByHand (of a shared number), ReasonMissing.
    """
    by.require_scope("register")
    row = session.get(EntryRelation, relation_id)
    if row is None:
        raise NoSuchRelation(t("There is no such relation. Look again."))
    entry, other = get(session, row.entry_id, by=by), get(session, row.other_id, by=by)
    _require_right(session, entry, by)
    for held in sorted((entry.id, other.id)):
        hold(session, held)
    of_number = row.kind == Relation.ANSWERS and entry.shares_number_of == other.id
    if row.kind not in BY_HAND or of_number:
        raise NotByHand(t("The number itself ties the two: it is not struck out."))
    if session.get(RelationRemoval, relation_id) is not None:
        raise NoSuchRelation(t("There is no such relation. Look again."))
    clean = line(reason)
    if not clean:
        raise ReasonMissing(t("Write the reason."), field="reason")
    if len(clean) > MAX_REASON:
        raise ReasonTooLong(t("At most {max} characters fit here.", max=MAX_REASON), field="reason")
    removal = RelationRemoval(
        relation_id=relation_id, reason=clean, removed_by=by.person_id, removed_at=clock.now()
    )
    session.add(removal)
    for here, there in ((entry, other), (other, entry)):
        audit.record(
            session,
            "entry.unrelated",
            by=by,
            subject=("entry", here.id),
            relation=relation_id,
            kind=row.kind,
            from_here=here is entry,
            other_id=there.id,
            reason=clean,
        )
    return removal


def may_relate(session: Session, entry: Entry, *, by: Principal) -> bool:
    """The registry relates entries, and who is responsible for the item."""
    if may_write(by, session.get_one(Book, entry.book_id)):
        return True
    handling = session.get(Handling, entry.id)
    return handling is not None and by.user_id is not None and handling.user_id == by.user_id


def _require_right(session: Session, entry: Entry, by: Principal) -> None:
    if not may_relate(session, entry, by=by):
        raise NotYoursToRelate(
            t("Only the registry, and the person responsible for the item, relate entries.")
        )


def _stands(session: Session, entry_id: int, other_id: int, kind: Relation) -> bool:
    rows = _standing(session, [entry_id])
    pairs = {(row.entry_id, row.other_id) for row in rows if row.kind == kind}
    both_ways = kind is Relation.RELATED  # «σχετικό» is the same from either side
    return (entry_id, other_id) in pairs or (both_ways and (other_id, entry_id) in pairs)


def _standing(session: Session, entry_ids: Iterable[int]) -> Sequence[EntryRelation]:
    """The ties of these entries that were not struck out."""
    ids = list(entry_ids)
    return session.scalars(
        select(EntryRelation)
        .outerjoin(RelationRemoval, RelationRemoval.relation_id == EntryRelation.id)
        .where(
            or_(EntryRelation.entry_id.in_(ids), EntryRelation.other_id.in_(ids)),
            RelationRemoval.relation_id.is_(None),
        )
        .order_by(EntryRelation.id)
    ).all()


@dataclass(frozen=True, slots=True)
class Tie:
    """A tie of an entry as its page shows it."""

    id: int
    kind: str
    from_here: bool
    other: Line


@dataclass(frozen=True, slots=True)
class Node:
    """An entry of a graph, so many hops away from the one in the middle."""

    line: Line
    hops: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A tie of a graph: the entry `from_id` answers, forwards … the entry `to_id`."""

    id: int
    from_id: int
    to_id: int
    kind: str


@dataclass(frozen=True, slots=True)
class Graph:
    """Entries related to one, up to two hops; `is_cut` where there are more than can be shown."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    is_cut: bool


def graph(session: Session, entry: Entry, *, by: Principal) -> Graph:
    """What is related to the entry, and to that; only entries that the person may see."""
    nodes = {entry.id: Node(_lines(session, [entry.id], by)[entry.id], 0)}
    edges: dict[int, Edge] = {}
    is_cut = False
    reached = [entry.id]
    for hops in range(1, HOPS + 1):
        rows = _standing(session, reached) if reached else []
        ends = {end for row in rows for end in (row.entry_id, row.other_id)} - set(nodes)
        found = _lines(session, ends, by)
        room = MAX_NODES - len(nodes)
        is_cut = is_cut or len(found) > room
        reached = sorted(found)[:room]
        nodes.update({one: Node(found[one], hops) for one in reached})
        for row in rows:
            if row.entry_id in nodes and row.other_id in nodes:
                edges[row.id] = Edge(row.id, row.entry_id, row.other_id, row.kind)
    return Graph(tuple(nodes.values()), tuple(edges.values()), is_cut)


def ties(drawn: Graph, entry_id: int) -> list[Tie]:
    """The ties of the entry itself, from its graph."""
    lines_by_id = {node.line.id: node.line for node in drawn.nodes}
    return [
        Tie(
            edge.id,
            edge.kind,
            edge.from_id == entry_id,
            lines_by_id[edge.to_id if edge.from_id == entry_id else edge.from_id],
        )
        for edge in drawn.edges
        if entry_id in (edge.from_id, edge.to_id)
    ]


def _lines(session: Session, ids: Iterable[int], by: Principal) -> dict[int, Line]:
    wanted = list(ids)
    if not wanted:
        return {}
    rows = session.execute(lines_query(by).where(Entry.id.in_(wanted))).all()
    return {found.id: found for found in lines(session, rows)}
