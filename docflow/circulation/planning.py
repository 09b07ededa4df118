"""Who signs a draft: the places of its chain, filled with the people of today."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from docflow import organization
from docflow.circulation import chains, closed
from docflow.circulation.chains import ChainStep, EmptyChain, TwiceInRank, Who
from docflow.circulation.models import Draft, Rule, StepKind
from docflow.errors import Conflict
from docflow.i18n import t, translate
from docflow.signatures import Keyring


class SignerMissing(Conflict):
    """The round lacks a person or a key."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A step to be: who, in which rank, and the number of its field on paper, if it has one."""

    rank: int
    rule: Rule
    kind: StepKind
    user_id: int | None
    name: str
    capacity: str
    slot: int | None = None


def plan(
    session: Session,
    draft: Draft,
    *,
    final_signer_id: int | None = None,
    steps: Sequence[ChainStep] | None = None,
) -> list[Planned]:
    """The steps of the next round, in order; without `steps`, of the chain of the draft's unit.

    Raises EmptyChain, TwiceInRank, BadChain, SignerMissing, NoSuchUser.
    """
    if steps is None:
        offered = chains.offered(session, body_id=draft.body_id, unit_id=draft.unit_id)
        steps = offered[0].steps
    wanted = chains.check(steps)
    places = _places(session, draft, wanted, final_signer_id)
    planned = _filled(session, draft, wanted, places)
    _require_once_a_rank(planned)
    _require_last_may_sign(session, draft, planned)
    _require_open(session, draft, planned)
    _require_keys(session, planned)
    return _numbered(planned)


@dataclass(frozen=True, slots=True)
class Outlined:
    """A step of a chain before it is sent: its place, and who holds it today, where known."""

    step: ChainStep
    person_id: int | None
    name: str


def outline(
    session: Session,
    draft: Draft,
    steps: Sequence[ChainStep],
    *,
    final_signer_id: int | None = None,
) -> list[Outlined]:
    """The steps with the names of today; empty where the drafter still chooses, or nobody is."""
    people = {Who.DRAFTER: draft.drafter_id, Who.FINAL: final_signer_id}
    heads = organization.heads_above(session, draft.unit_id)
    people[Who.HEAD] = heads[0].id if heads else None
    people[Who.DIRECTOR] = heads[1].id if len(heads) > 1 else None
    ids = [people.get(step.who, step.user_id) for step in steps]
    names = organization.names(session, ids)
    return [
        Outlined(step, one, names.get(one or 0, "")) for step, one in zip(steps, ids, strict=True)
    ]


def _places(
    session: Session, draft: Draft, steps: Sequence[ChainStep], final_signer_id: int | None
) -> dict[Who, organization.Person | None]:
    found: dict[Who, organization.Person | None] = {
        Who.DRAFTER: organization.person(session, draft.drafter_id, body_id=draft.body_id)
    }
    if any(step.who == Who.FINAL for step in steps):
        if final_signer_id is None:
            raise SignerMissing(t("Choose who signs last."), field="final_signer")
        final = organization.person(session, final_signer_id, body_id=draft.body_id)
        if final.id not in {one.id for one in organization.signers(session, draft.body_id)}:
            raise SignerMissing(
                t(
                    "{name} may not sign documents of the body. Choose a signer.",
                    name=final.full_name,
                )
            )
        found[Who.FINAL] = final
    heads = organization.heads_above(session, draft.unit_id)
    found[Who.HEAD] = heads[0] if heads else None
    found[Who.DIRECTOR] = heads[1] if len(heads) > 1 else None
    return found


def _filled(
    session: Session,
    draft: Draft,
    steps: Sequence[ChainStep],
    places: dict[Who, organization.Person | None],
) -> list[Planned]:
    """Each place's person. Who holds several places acts once: as the final signer, or first."""
    final = places.get(Who.FINAL)
    asked: set[int] = set()
    planned: list[Planned] = []
    for step in steps:
        if step.kind == StepKind.SEAL:
            body = organization.body(session, draft.body_id)
            seal = translate("Electronic seal", "el")
            planned.append(Planned(step.rank, step.rule, step.kind, None, body.name, seal))
            continue
        if step.who == Who.PERSON:
            assert step.user_id is not None  # chains.check
            person = organization.colleague(session, step.user_id, body_id=draft.body_id)
        else:
            held = places[step.who]
            if held is None or (step.who != Who.FINAL and final and held.id == final.id):
                continue
            if held.id in asked and step.who != Who.FINAL:
                continue
            person = held
        if step.kind != StepKind.INFORMATION:
            asked.add(person.id)
        planned.append(
            Planned(step.rank, step.rule, step.kind, person.id, person.full_name, person.title)
        )
    return planned


def _require_once_a_rank(planned: Sequence[Planned]) -> None:
    seen: set[tuple[int, int]] = set()
    for step in planned:
        if step.user_id is None:
            continue
        if (step.rank, step.user_id) in seen:
            raise TwiceInRank(
                t("{name} stands twice in one rank. Ask each person once.", name=step.name),
                field="steps",
            )
        seen.add((step.rank, step.user_id))


def _require_last_may_sign(session: Session, draft: Draft, planned: Sequence[Planned]) -> None:
    """Whoever signs last signs for the body: an office's head may countersign, not issue."""
    signatures = [step for step in planned if step.kind == StepKind.SIGNATURE]
    if not signatures:
        raise EmptyChain(t("Somebody must sign: add a step with a signature."), field="steps")
    last = max(step.rank for step in signatures)
    after = [s for s in planned if s.rank > last and s.kind == StepKind.COUNTERSIGN]
    if after:
        raise chains.BadChain(
            t("{name} would countersign after the last signature.", name=after[0].name),
            field="steps",
        )
    allowed = {person.id for person in organization.signers(session, draft.body_id)}
    for step in signatures:
        if step.rank == last and step.user_id not in allowed:
            raise SignerMissing(
                t("{name} may not sign documents of the body. Choose a signer.", name=step.name)
            )


def _require_open(session: Session, draft: Draft, planned: Sequence[Planned]) -> None:
    """Where it is closed, nobody is let in by way of a chain but who signs or may read it."""
    for step in planned:
        if step.user_id is not None and step.user_id != draft.drafter_id:
            require_may_see(session, draft, step.user_id, step.name, kind=step.kind)


def require_may_see(
    session: Session, draft: Draft, user_id: int, name: str, *, kind: StepKind
) -> None:
    """Raises SignerMissing where the draft is closed to him, by its book or by the letter's grade.

    It is opened to who signs for the body, where he is to sign, and to the heads over the unit;
    that somebody is told for information opens nothing.
    """
    by = organization.principal(session, user_id, via=organization.Via.JOB)
    signs = organization.Role.SIGNER in by.roles and kind != StepKind.INFORMATION
    if signs or by.heads(draft.unit_id):
        return
    if closed.is_of_closed_book(session, draft, by):
        raise SignerMissing(
            t("The confidential book is not open to {name}. Choose somebody else.", name=name)
        )
    if closed.is_about_closed_entry(session, draft, by):
        raise SignerMissing(
            t(
                "What is answered is graded confidential and not open to {name}. "
                "Choose somebody else.",
                name=name,
            )
        )


def _require_keys(session: Session, planned: Sequence[Planned]) -> None:
    for step in planned:
        if step.kind not in (StepKind.COUNTERSIGN, StepKind.SIGNATURE):
            continue
        require_key(session, step.user_id, step.name)


def require_key(session: Session, user_id: int | None, name: str) -> None:
    """Raises SignerMissing where the person could not sign if he wanted to."""
    if user_id is None or session.get(Keyring, user_id) is None:
        raise SignerMissing(
            t("{name} has no signing key yet. It is added under “My account”.", name=name)
        )


def _numbered(planned: Sequence[Planned]) -> list[Planned]:
    """Ranks without gaps, and a field for each who leaves something on the paper."""
    ranks = {rank: n for n, rank in enumerate(sorted({s.rank for s in planned}), start=1)}
    slot = 0
    numbered: list[Planned] = []
    for step in planned:
        on_paper = step.kind != StepKind.INFORMATION
        slot += on_paper
        numbered.append(replace(step, rank=ranks[step.rank], slot=slot if on_paper else None))
    return numbered
