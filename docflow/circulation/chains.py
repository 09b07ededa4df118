"""Chains: the ways of signing that a unit uses, kept so that a drafter need not type them.

A chain names places (the drafter, the head of his unit, the director above, the final signer) or
persons; who that is today is decided when a draft is sent round (`planning`). A chain is never
rewritten: a new one takes its place. Source: domain row 67.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, organization
from docflow.circulation.models import Chain, Rule, StepKind
from docflow.errors import Invalid, NotFound
from docflow.folding import line
from docflow.i18n import t
from docflow.principal import Principal

MOST_STEPS = 12  # so many boxes a signature page holds, and so many people no letter needs


class BadChain(Invalid):
    """The chain of signatures is not right."""


class EmptyChain(BadChain):
    """The chain asks nobody for a signature."""


class TwiceInRank(BadChain):
    """The same person stands twice in one rank."""


class NoSuchChain(NotFound):
    """There is no such chain."""


class Who(StrEnum):
    """Whom a step of a chain asks."""

    DRAFTER = "drafter"
    HEAD = "head"  # of the drafter's unit, or of the nearest unit above it that has one
    DIRECTOR = "director"  # the next head above that one
    FINAL = "final"  # whom the drafter chooses as the last to sign
    PERSON = "person"
    HOUSE = "house"  # nobody: the body's seal


@dataclass(frozen=True, slots=True)
class ChainStep:
    """One step: rank from 1, what is asked, of whom. One rule holds for all steps of a rank."""

    rank: int
    kind: StepKind
    who: Who = Who.PERSON
    user_id: int | None = None
    rule: Rule = Rule.ALL


@dataclass(frozen=True, slots=True)
class ChainInfo:
    """A chain as lists show it; `id` is None for the one that every installation has."""

    id: int | None
    name: str
    unit_id: int | None
    steps: tuple[ChainStep, ...]


STANDARD = (
    ChainStep(1, StepKind.COUNTERSIGN, Who.DRAFTER),
    ChainStep(2, StepKind.COUNTERSIGN, Who.HEAD),
    ChainStep(3, StepKind.COUNTERSIGN, Who.DIRECTOR),
    ChainStep(4, StepKind.SIGNATURE, Who.FINAL),
)
"""Drafter, head of department, director, mayor: who holds two of these places signs once."""


def check(steps: Sequence[ChainStep]) -> tuple[ChainStep, ...]:
    """The steps in the order of their ranks, ranks from 1 without gaps.

    Raises EmptyChain, TwiceInRank, BadChain.
    """
    if not any(step.kind == StepKind.SIGNATURE for step in steps):
        raise EmptyChain(t("Somebody must sign: add a step with a signature."), field="steps")
    if len(steps) > MOST_STEPS:
        raise BadChain(t("A chain has {max} steps at most.", max=MOST_STEPS), field="steps")
    ranks = {rank: n for n, rank in enumerate(sorted({step.rank for step in steps}), start=1)}
    ordered: list[ChainStep] = []
    for rank, number in ranks.items():
        together = [step for step in steps if step.rank == rank]
        _check_rank(together, number)
        ordered += [
            ChainStep(number, step.kind, step.who, step.user_id, together[0].rule)
            for step in together
        ]
    return tuple(ordered)


def _check_rank(together: Sequence[ChainStep], number: int) -> None:
    for step in together:
        if (step.kind == StepKind.SEAL) != (step.who == Who.HOUSE):
            raise BadChain(t("A seal is of the body, all else is of a person."), field="steps")
        if step.who == Who.PERSON and step.user_id is None:
            raise BadChain(t("Choose the person of each step."), field="steps")
    if any(step.kind == StepKind.SEAL for step in together) and len(together) > 1:
        raise BadChain(t("A seal stands alone in its rank."), field="steps")
    if len({step.rule for step in together}) > 1:
        raise BadChain(
            t("In rank {rank} either all must sign or one suffices, not both.", rank=number),
            field="steps",
        )
    named = [(step.who, step.user_id) for step in together]
    if len(set(named)) < len(named):
        raise TwiceInRank(
            t("The same person stands twice in rank {rank}. Ask him once.", rank=number),
            field="steps",
        )


def offered(session: Session, *, body_id: int, unit_id: int | None) -> list[ChainInfo]:
    """The chains for drafts of a unit, the one to propose first: its own, the body's, the standard.

    Without `unit_id` all chains of the body.
    """
    query = select(Chain).where(Chain.body_id == body_id, Chain.retired_at.is_(None))
    if unit_id is not None:
        above = organization.unit_and_above(session, unit_id)
        query = query.where(Chain.unit_id.is_(None) | Chain.unit_id.in_(above))
    rows = list(session.scalars(query.order_by(Chain.unit_id.is_(None), Chain.name)))
    if unit_id is not None:
        nearest = {one: place for place, one in enumerate(above)}
        rows.sort(key=lambda row: nearest.get(row.unit_id or 0, len(nearest)))
    return [*map(info, rows), ChainInfo(None, "", None, STANDARD)]


def info(row: Chain) -> ChainInfo:
    return ChainInfo(row.id, row.name, row.unit_id, tuple(_read(step) for step in row.steps))


def get(session: Session, chain_id: int, *, body_id: int) -> ChainInfo:
    """Raises NoSuchChain."""
    row = session.get(Chain, chain_id)
    if row is None or row.body_id != body_id or row.retired_at is not None:
        raise NoSuchChain(t("There is no such chain any more. Choose another."), field="chain")
    return info(row)


def may_keep(by: Principal, unit_id: int | None = None) -> bool:
    """Whether the person may add and retire chains of a unit (or of any unit, or the body's)."""
    if by.is_administrator:
        return True
    return bool(by.headed_unit_ids) if unit_id is None else by.heads(unit_id)


def make(
    session: Session, name: str, steps: Sequence[ChainStep], *, unit_id: int | None, by: Principal
) -> Chain:
    """Keep a chain for a unit and those below it, or for the whole body.

    By an administrator, or for his units by a head. Raises NotAllowed, BadChain, NoSuchUnit.
    """
    by.require_scope("administer")
    _require_may_keep(by, unit_id)
    said = line(name)
    if not 3 <= len(said) <= 100:
        raise BadChain(t("Give the chain a name of 3 to 100 characters."), field="name")
    if unit_id is not None:
        organization.unit(session, unit_id, body_id=by.body_id)
    checked = check(steps)
    for step in checked:
        if step.user_id is not None:
            organization.colleague(session, step.user_id, body_id=by.body_id)
    same = select(Chain.id).where(
        Chain.body_id == by.body_id, Chain.name == said, Chain.retired_at.is_(None)
    )
    if session.scalar(same) is not None:
        raise BadChain(t("There is a chain of this name already."), field="name")
    row = Chain(
        body_id=by.body_id,
        unit_id=unit_id,
        name=said,
        steps=[_written(step) for step in checked],
        made_by=by.person_id,
    )
    session.add(row)
    session.flush()  # its id, for the event
    audit.record(
        session, "chain.made", by=by, subject=("chain", row.id), unit=unit_id, steps=row.steps
    )
    return row


def retire(session: Session, chain_id: int, *, by: Principal) -> Chain:
    """Offer a chain no more; drafts on their way go on. Raises NoSuchChain, NotAllowed."""
    by.require_scope("administer")
    row = session.scalar(
        select(Chain)
        .where(Chain.id == chain_id, Chain.body_id == by.body_id, Chain.retired_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchChain(t("There is no such chain any more. Choose another."))
    _require_may_keep(by, row.unit_id)
    row.retired_at, row.retired_by = clock.now(), by.person_id
    audit.record(session, "chain.retired", by=by, subject=("chain", row.id))
    return row


def _require_may_keep(by: Principal, unit_id: int | None) -> None:
    allowed = by.is_administrator or (unit_id is not None and by.heads(unit_id))
    by.require(
        allowed,
        t("Only an administrator keeps chains of the whole body, a head those of his units."),
    )


def _written(step: ChainStep) -> dict[str, Any]:
    return {
        "rank": step.rank,
        "kind": step.kind,
        "who": step.who,
        "user": step.user_id,
        "rule": step.rule,
    }


def _read(step: Mapping[str, Any]) -> ChainStep:
    return ChainStep(
        rank=int(step["rank"]),
        kind=StepKind(step["kind"]),
        who=Who(step["who"]),
        user_id=step["user"],
        rule=Rule(step["rule"]),
    )
