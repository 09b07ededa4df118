"""Drafts as pages and API show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import organization, registry
from docflow.circulation.models import Draft, DraftState, Step, StepState
from docflow.principal import Principal


@dataclass(frozen=True, slots=True)
class StepInfo:
    round: int
    position: int
    person: str
    capacity: str
    state: str
    acted_at: datetime | None
    reason: str
    certificate: str
    is_mine: bool


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


@dataclass(frozen=True, slots=True)
class DraftActs:
    """What the person may do with the draft now."""

    edit: bool = False
    circulate: bool = False
    sign: bool = False
    send_back: bool = False
    withdraw: bool = False
    issue_again: bool = False


def steps(session: Session, draft: Draft, *, by: Principal) -> list[StepInfo]:
    """All rounds, in order."""
    rows = session.scalars(
        select(Step).where(Step.draft_id == draft.id).order_by(Step.round, Step.position)
    ).all()
    names = organization.names(session, (row.user_id for row in rows))
    return [
        StepInfo(
            round=row.round,
            position=row.position,
            person=names[row.user_id],
            capacity=row.capacity,
            state=row.state,
            acted_at=row.acted_at,
            reason=row.reason,
            certificate=row.certificate,
            is_mine=row.user_id == by.user_id,
        )
        for row in rows
    ]


def acts(draft: Draft, signs: list[StepInfo], *, by: Principal) -> DraftActs:
    own = draft.drafter_id == by.user_id
    active = any(step.is_mine and step.state == StepState.ACTIVE for step in signs)
    circulating = draft.state == DraftState.CIRCULATING
    drafting = draft.state == DraftState.DRAFTING
    failed = draft.state == DraftState.ISSUE_FAILED
    return DraftActs(
        edit=own and (drafting or failed),
        circulate=own and drafting,
        sign=active and circulating,
        send_back=active and circulating,
        withdraw=own and (drafting or circulating or failed),
        issue_again=failed,
    )


def awaiting(session: Session, *, by: Principal) -> list[DraftLine]:
    """Drafts that wait for the person's signature, the oldest first."""
    mine = select(Step.draft_id).where(Step.user_id == by.user_id, Step.state == StepState.ACTIVE)
    return _lines(
        session,
        session.scalars(
            select(Draft)
            .where(Draft.id.in_(mine), Draft.state == DraftState.CIRCULATING)
            .order_by(Draft.changed_at)
        ).all(),
    )


def awaiting_count(session: Session, *, by: Principal) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(Step)
            .join(Draft, Draft.id == Step.draft_id)
            .where(
                Step.user_id == by.user_id,
                Step.state == StepState.ACTIVE,
                Draft.state == DraftState.CIRCULATING,
            )
        )
        or 0
    )


def own(session: Session, *, by: Principal, limit: int = 50) -> list[DraftLine]:
    """The person's own drafts, the open ones first."""
    return _lines(
        session,
        session.scalars(
            select(Draft)
            .where(Draft.drafter_id == by.user_id)
            .order_by(Draft.state.in_(["issued", "withdrawn"]), Draft.changed_at.desc())
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
    active = session.execute(
        select(Step.draft_id, Step.user_id).where(
            Step.draft_id.in_([draft.id for draft in drafts]),
            Step.state == StepState.ACTIVE,
        )
    ).all()
    waits = {draft_id: user_id for draft_id, user_id in active}
    names = organization.names(session, [*waits.values(), *(d.drafter_id for d in drafts)])
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
            waits_for=names.get(waits.get(d.id, 0), ""),
            changed_at=d.changed_at,
        )
        for d in drafts
    ]
