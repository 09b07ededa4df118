"""Drafts as pages and API show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from docflow import organization, registry
from docflow.circulation import turns
from docflow.circulation.models import (
    Draft,
    DraftState,
    Objection,
    Step,
    StepKind,
    StepState,
)
from docflow.organization import Deputy, Role
from docflow.principal import Principal

ENDED = (DraftState.ISSUED, DraftState.WITHDRAWN, DraftState.REJECTED)


@dataclass(frozen=True, slots=True)
class StepInfo:
    """A step as it is shown. `person` is whom it asks, `acted_by` who acted in his place."""

    id: int
    round: int
    position: int
    rank: int
    rule: str
    kind: str
    user_id: int | None
    person: str
    capacity: str
    state: str
    acted_at: datetime | None
    acted_by: str
    acts_as: str  # by-order or deputy, where he acted as such; else empty
    reason: str
    objection: str
    certificate: str
    sha256: str
    level: str  # of the signature; B-B: its proof of time is pending
    activated_at: datetime | None
    is_forwarded: bool
    is_mine: bool
    is_deputised: bool  # the person who reads may act here for another
    is_by_me: bool  # the person who reads acted here, for himself or for another


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A draft as a row of a list."""

    id: int
    subject: str
    recipient: str
    drafter: str
    unit: str
    state: str
    answers: str  # label of the entry that it answers, or empty
    answers_id: int | None
    waits_for: str  # who signs next
    changed_at: datetime
    kind: str = ""  # what is asked of the person whose work list this is
    on_behalf_of: str = ""  # for whom he would act
    since: datetime | None = None  # since when it waits for him
    step: int | None = None  # the step that is his, by which he says what he saw


@dataclass(frozen=True, slots=True)
class DraftActs:
    """What the person may do with the draft now."""

    edit: bool = False
    circulate: bool = False
    sign: bool = False
    send_back: bool = False
    withdraw: bool = False
    issue_again: bool = False
    reject: bool = False
    recall: bool = False
    forward: bool = False
    object: bool = False
    sign_as_last: bool = False
    take_note: bool = False


def steps(session: Session, draft: Draft, *, by: Principal) -> list[StepInfo]:
    """All rounds, in order."""
    rows = session.execute(
        select(Step, Objection.text, Deputy.acts_as)
        .outerjoin(Objection, Objection.step_id == Step.id)
        .outerjoin(Deputy, Deputy.id == Step.deputy_id)
        .where(Step.draft_id == draft.id)
        .order_by(Step.round, Step.rank, Step.position)
    ).all()
    names = organization.names(session, [i for r in rows for i in (r[0].user_id, r[0].acted_by)])
    house = organization.body(session, draft.body_id).name
    covered = _deputised(session, draft, by)
    return [
        StepInfo(
            id=row.id,
            round=row.round,
            position=row.position,
            rank=row.rank,
            rule=row.rule,
            kind=row.kind,
            user_id=row.user_id,
            person=names[row.user_id] if row.user_id else house,
            capacity=row.capacity,
            state=row.state,
            acted_at=row.acted_at,
            acted_by=names.get(row.acted_by or 0, "") if row.acted_by != row.user_id else "",
            acts_as=acts_as or "",
            reason=row.reason,
            objection=objection or "",
            certificate=row.certificate,
            sha256=row.signed_sha256 or "",
            level=row.signature_level or "",
            activated_at=row.activated_at,
            is_forwarded=row.forwarded_from is not None,
            is_mine=row.user_id is not None and row.user_id == by.user_id,
            is_deputised=row.id in covered,
            is_by_me=row.acted_by is not None and row.acted_by == by.user_id,
        )
        for row, objection, acts_as in rows
    ]


def _deputised(session: Session, draft: Draft, by: Principal) -> set[int]:
    """The steps of the present round on which the person may act now for another."""
    return set(
        session.scalars(
            select(Step.id)
            .join(Draft, Draft.id == Step.draft_id)
            .where(
                Step.draft_id == draft.id,
                Step.round == Draft.round,
                Step.state == StepState.ACTIVE,
                turns.as_deputy(by),
            )
        )
    )


def acts(draft: Draft, signs: list[StepInfo], *, by: Principal) -> DraftActs:
    """What the person may do; `signs` are the draft's steps as `steps` gives them to him."""
    own = draft.drafter_id == by.user_id
    circulating = draft.state == DraftState.CIRCULATING
    drafting = draft.state == DraftState.DRAFTING
    failed = draft.state == DraftState.ISSUE_FAILED
    now = [s for s in signs if s.round == draft.round and s.state == StepState.ACTIVE]
    mine = [s for s in now if s.is_mine or s.is_deputised]
    deciding = [s for s in mine if s.kind != StepKind.INFORMATION] if circulating else []
    first = min(deciding, key=lambda step: (not step.is_mine, step.position), default=None)
    signed = [s for s in signs if s.round == draft.round and s.state == StepState.SIGNED]
    others_signed = any(not step.is_mine or step.acted_by for step in signed)
    return DraftActs(
        edit=own and (drafting or failed),
        circulate=own and drafting,
        sign=first is not None,
        send_back=first is not None,
        withdraw=own and (drafting or circulating or failed),
        issue_again=failed
        and (own or by.heads(draft.unit_id) or any(step.is_by_me for step in signed)),
        reject=first is not None,
        recall=own and circulating and not others_signed,
        forward=first is not None and first.is_mine,
        object=first is not None and first.kind == StepKind.COUNTERSIGN,
        sign_as_last=first is not None
        and first.is_mine
        and Role.FINAL_SIGNER in by.roles
        and _others_wait(draft, signs, first),
        take_note=any(s.is_mine and s.kind == StepKind.INFORMATION for s in now),
    )


def _others_wait(draft: Draft, signs: list[StepInfo], first: StepInfo) -> bool:
    return any(
        s.round == draft.round
        and s.id != first.id
        and s.kind in (StepKind.COUNTERSIGN, StepKind.SIGNATURE)
        and s.state in (StepState.WAITING, StepState.ACTIVE)
        for s in signs
    )


def awaiting(session: Session, *, by: Principal, kind: StepKind | None = None) -> list[DraftLine]:
    """Drafts that wait for the person, himself or as a deputy, the longest waiting first.

    What waits for a signature or countersignature; what is for information only where asked for.
    """
    rows = session.execute(
        select(Draft, Step)
        .join(Step, Step.draft_id == Draft.id)
        .where(_waits(by), _of_kind(kind))
        .order_by(Step.activated_at, Draft.id)
    ).all()
    found: dict[int, tuple[Draft, Step]] = {}
    for draft, step in rows:  # one line a draft: his own step before one of somebody else
        if draft.id not in found or step.user_id == by.user_id:
            found[draft.id] = (draft, step)
    lines = _lines(session, [draft for draft, _ in found.values()])
    names = organization.names(session, [step.user_id for _, step in found.values()])
    return [_for_him(line, found[line.id][1], by=by, names=names) for line in lines]


def _for_him(line: DraftLine, step: Step, *, by: Principal, names: dict[int, str]) -> DraftLine:
    values = {name: getattr(line, name) for name in DraftLine.__slots__}
    other = "" if step.user_id == by.user_id else names.get(step.user_id or 0, "")
    return DraftLine(
        **{
            **values,
            "kind": step.kind,
            "on_behalf_of": other,
            "since": step.activated_at,
            "step": step.id,
        }
    )


def awaiting_count(session: Session, *, by: Principal) -> int:
    """How many drafts wait for the person's signature or countersignature."""
    counts = awaiting_counts(session, by=by)
    return counts[StepKind.SIGNATURE] + counts[StepKind.COUNTERSIGN]


def awaiting_counts(session: Session, *, by: Principal) -> dict[StepKind, int]:
    """How many drafts wait for the person, by what is asked of him."""
    rows = session.execute(
        select(Step.kind, func.count(func.distinct(Step.draft_id)))
        .join(Draft, Draft.id == Step.draft_id)
        .where(_waits(by))
        .group_by(Step.kind)
    ).all()
    counts = {kind: 0 for kind in StepKind}
    counts.update({StepKind(kind): count for kind, count in rows})
    return counts


def _waits(by: Principal) -> ColumnElement[bool]:
    """The condition on `steps` joined with `drafts` that the person may act there now."""
    on_its_way = or_(
        Draft.state == DraftState.CIRCULATING,
        and_(
            Step.kind == StepKind.INFORMATION,
            Draft.state.in_([DraftState.ISSUING, DraftState.ISSUED]),
        ),
    )
    return and_(
        Draft.body_id == by.body_id,
        Step.round == Draft.round,
        Step.state == StepState.ACTIVE,
        on_its_way,
        or_(Step.user_id == by.user_id, turns.as_deputy(by)),
    )


def _of_kind(kind: StepKind | None) -> ColumnElement[bool]:
    if kind is None:
        return Step.kind.in_([StepKind.SIGNATURE, StepKind.COUNTERSIGN])
    return Step.kind == kind


def own(session: Session, *, by: Principal, limit: int = 50) -> list[DraftLine]:
    """The person's own drafts, the open ones first."""
    return _lines(
        session,
        session.scalars(
            select(Draft)
            .where(Draft.drafter_id == by.user_id)
            .order_by(Draft.state.in_(ENDED), Draft.changed_at.desc())
            .limit(limit)
        ).all(),
    )


def of_entry(session: Session, entry_id: int, *, by: Principal) -> list[DraftLine]:
    """Answers to an entry that is open to the person. Only a line each: drafts have own rights."""
    return _lines(
        session,
        session.scalars(select(Draft).where(Draft.answers_id == entry_id).order_by(Draft.id)).all(),
    )


def _lines(session: Session, drafts: Sequence[Draft]) -> list[DraftLine]:
    if not drafts:
        return []
    waits = _who_is_waited_for(session, [draft.id for draft in drafts])
    ids = [one for several in waits.values() for one in several]
    names = organization.names(session, [*ids, *(d.drafter_id for d in drafts)])
    units = organization.unit_names(session, (d.unit_id for d in drafts))
    answered = [d.answers_id for d in drafts if d.answers_id is not None]
    labels = {
        entry.id: entry.label
        for entry in session.scalars(select(registry.Entry).where(registry.Entry.id.in_(answered)))
    }
    return [
        DraftLine(
            id=d.id,
            subject=d.subject,
            recipient=d.recipient_name,
            drafter=names.get(d.drafter_id, ""),
            unit=units.get(d.unit_id, ""),
            state=d.state,
            answers=labels.get(d.answers_id or 0, ""),
            answers_id=d.answers_id,
            waits_for=", ".join(names.get(one, "") for one in waits.get(d.id, [])),
            changed_at=d.changed_at,
        )
        for d in drafts
    ]


def _who_is_waited_for(session: Session, draft_ids: list[int]) -> dict[int, list[int]]:
    rows = session.execute(
        select(Step.draft_id, Step.user_id)
        .join(Draft, and_(Draft.id == Step.draft_id, Draft.round == Step.round))
        .where(
            Step.draft_id.in_(draft_ids),
            Draft.state == DraftState.CIRCULATING,
            Step.state == StepState.ACTIVE,
            Step.kind != StepKind.INFORMATION,
        )
        .order_by(Step.position)
    ).all()
    found: dict[int, list[int]] = {}
    for draft_id, user_id in rows:
        if user_id is not None:
            found.setdefault(draft_id, []).append(user_id)
    return found
