"""Ties between entries: made by hand, shown on both sides, struck out, drawn (domain row 34)."""

from dataclasses import replace
from itertools import pairwise

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from docflow import audit, registry
from docflow.parties import Contact
from docflow.principal import NotAllowed
from docflow.registry import Relation
from docflow.registry.relations import AlreadyRelated, NoSuchRelation, NotItself
from tests import factories
from tests.factories import Town


@pytest.fixture
def pair(session: Session, town: Town) -> tuple[registry.Entry, registry.Entry]:
    return factories.letter(session, town), factories.letter(session, town)


Pair = tuple[registry.Entry, registry.Entry]


def relate(
    session: Session,
    town: Town,
    pair: Pair,
    kind: Relation = Relation.RELATED,
    who: str = "clerk",
) -> registry.EntryRelation:
    one, other = pair
    return registry.relate(session, one.id, other.id, kind, by=town.person(session, who))


def shown(
    session: Session, town: Town, entry: registry.Entry, who: str = "clerk"
) -> list[tuple[str, bool, int]]:
    by = town.person(session, who)
    return [
        (kind, from_here, other.id)
        for kind, from_here, other in registry.details(session, entry, by=by).relations
    ]


@pytest.mark.parametrize("kind", registry.BY_HAND)
def test_a_relation_is_shown_on_both_sides(
    session: Session, town: Town, pair: Pair, kind: Relation
) -> None:
    relate(session, town, pair, kind)
    one, other = pair
    assert shown(session, town, one) == [(kind, True, other.id)]
    assert shown(session, town, other) == [(kind, False, one.id)]
    for entry in pair:
        last = audit.history(session, [("entry", entry.id)])[-1]
        assert (last.action, last.details["kind"]) == ("entry.related", kind)


def test_an_entry_is_not_related_to_itself(session: Session, town: Town, pair: Pair) -> None:
    with pytest.raises(NotItself):
        relate(session, town, (pair[0], pair[0]))


def test_the_register_alone_gives_the_same_number(session: Session, town: Town, pair: Pair) -> None:
    with pytest.raises(registry.NotByHand):
        relate(session, town, pair, Relation.SAME_NUMBER)


def test_the_same_relation_is_made_once(session: Session, town: Town, pair: Pair) -> None:
    relate(session, town, pair)
    with pytest.raises(AlreadyRelated):
        relate(session, town, pair)
    with pytest.raises(AlreadyRelated):
        relate(session, town, (pair[1], pair[0]))  # «σχετικό» has no direction
    relate(session, town, pair, Relation.FORWARDS)
    relate(session, town, (pair[1], pair[0]), Relation.FORWARDS)


def test_a_relation_across_what_one_may_not_see_is_refused(
    session: Session, town: Town, pair: Pair
) -> None:
    secret = factories.secret_letter(session, town)
    for ends in ((pair[0], secret), (secret, pair[0])):
        with pytest.raises(registry.NoSuchEntry):
            relate(session, town, ends)


@pytest.mark.parametrize("who", ["auditor", "registrar", "secretary"])
def test_who_only_sees_an_entry_does_not_relate_it(
    session: Session, town: Town, pair: Pair, who: str
) -> None:
    with pytest.raises(registry.NotYoursToRelate):
        relate(session, town, pair, who=who)


def test_who_is_responsible_for_the_item_relates_it(
    session: Session, town: Town, pair: Pair
) -> None:
    for entry in pair:
        factories.accepted(session, town, entry)
    relate(session, town, pair, who="engineer")
    assert shown(session, town, pair[0], "engineer") == [("related", True, pair[1].id)]


def test_a_relation_is_struck_out_with_a_reason_and_can_be_made_again(
    session: Session, town: Town, pair: Pair
) -> None:
    row = relate(session, town, pair)
    by = town.person(session, "clerk")
    with pytest.raises(registry.ReasonMissing):
        registry.unrelate(session, row.id, reason=" ", by=by)
    registry.unrelate(session, row.id, reason="Άλλη υπόθεση", by=by)
    for entry in pair:
        assert shown(session, town, entry) == []
        last = audit.history(session, [("entry", entry.id)])[-1]
        assert (last.action, last.details["reason"]) == ("entry.unrelated", "Άλλη υπόθεση")
    with pytest.raises(NoSuchRelation):
        registry.unrelate(session, row.id, reason="Ξανά", by=by)
    relate(session, town, pair)
    assert shown(session, town, pair[0]) == [("related", True, pair[1].id)]


def test_an_unknown_relation_is_not_struck_out(session: Session, town: Town) -> None:
    with pytest.raises(NoSuchRelation):
        registry.unrelate(session, 0, reason="λόγος", by=town.person(session, "clerk"))


def test_a_token_relates_only_with_its_scope(session: Session, town: Town, pair: Pair) -> None:
    by = replace(town.person(session, "clerk"), scopes=frozenset({"read"}))
    with pytest.raises(NotAllowed):
        registry.relate(session, pair[0].id, pair[1].id, Relation.RELATED, by=by)


def test_the_database_changes_no_relation(session: Session, town: Town, pair: Pair) -> None:
    row = relate(session, town, pair)
    registry.unrelate(session, row.id, reason="λόγος", by=town.person(session, "clerk"))
    for statement in (
        "UPDATE relations SET kind = 'answers'",
        "DELETE FROM relations",
        "DELETE FROM relation_removals",
        "INSERT INTO relations (entry_id, other_id, kind) VALUES (:one, :one, 'related')",
    ):
        with pytest.raises((ProgrammingError, IntegrityError)), session.begin_nested():
            session.execute(text(statement), {"one": pair[0].id})


def test_the_graph_goes_two_hops_and_shows_only_what_one_may_see(
    session: Session, town: Town
) -> None:
    chain = [factories.letter(session, town) for _ in range(4)]
    for ends in pairwise(chain):
        relate(session, town, ends, Relation.FORWARDS)
    hidden = factories.secret_letter(session, town)
    session.add(
        registry.EntryRelation(entry_id=hidden.id, other_id=chain[0].id, kind=Relation.RELATED)
    )
    session.flush()
    by = town.person(session, "clerk")
    drawn = registry.graph(session, chain[0], by=by)
    assert [(node.line.id, node.hops) for node in drawn.nodes] == [
        (entry.id, hops) for hops, entry in enumerate(chain[:3])
    ]
    assert [(edge.from_id, edge.to_id, edge.kind) for edge in drawn.edges] == [
        (chain[0].id, chain[1].id, "forwards"),
        (chain[1].id, chain[2].id, "forwards"),
    ]
    assert not drawn.is_cut
    [tie] = registry.ties(drawn, chain[0].id)
    assert (tie.kind, tie.from_here, tie.other.id) == ("forwards", True, chain[1].id)


def test_a_crowded_graph_is_cut_and_says_so(session: Session, town: Town) -> None:
    middle = factories.letter(session, town)
    for _ in range(31):
        relate(session, town, (middle, factories.letter(session, town)))
    drawn = registry.graph(session, middle, by=town.person(session, "clerk"))
    assert (len(drawn.nodes), drawn.is_cut) == (30, True)
    assert len(drawn.edges) == 29


def test_the_tie_of_a_shared_number_is_not_struck_out(session: Session, town: Town) -> None:
    home = update(registry.Book).where(registry.Book.id == town.books["koino"])
    session.execute(home.values(shares_numbers=True))
    session.expire_all()
    came = factories.letter(session, town)
    went = factories.letter(
        session,
        town,
        direction=registry.Direction.OUTGOING,
        sender=None,
        recipients=(Contact("Π"),),
        same_number_as=came.number,
    )
    session.flush()
    by = town.person(session, "clerk")
    query = select(registry.EntryRelation.id).where(registry.EntryRelation.entry_id == went.id)
    [relation_id] = session.scalars(query).all()
    with pytest.raises(registry.NotByHand):
        registry.unrelate(session, relation_id, reason="λάθος", by=by)
