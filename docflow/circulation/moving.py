"""Drafts that wait for a unit or a person, moved with the house.

A round of signatures is never rewritten: where it waits for somebody who leaves, the draft goes
back to its drafter, who sends it again to those who sign now.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from docflow import audit, clock, organization, registry
from docflow.circulation import noticed
from docflow.circulation.drafts import cancel_steps
from docflow.circulation.models import Chain, Draft, DraftState, Step, StepKind, StepState
from docflow.i18n import t
from docflow.notices import NoticeKind
from docflow.organization import Carrier, OpenItem, Place, work
from docflow.principal import Principal

DRAFT, SIGNATURE = "draft", "signature"
_OPEN = (DraftState.DRAFTING, DraftState.CIRCULATING, DraftState.ISSUE_FAILED)


def _drafts(session: Session, where: ColumnElement[bool]) -> list[OpenItem]:
    rows = session.execute(
        select(Draft, registry.Book.is_confidential, _is_about_closed_entry())
        .join(registry.Book, registry.Book.id == Draft.book_id)
        .where(Draft.state.in_(_OPEN), where)
    ).all()
    return [
        OpenItem(
            DRAFT,
            draft.id,
            f"#{draft.id}",
            draft.unit_id,
            draft.drafter_id,
            draft.created_at,
            in_closed_book or about_closed,
        )
        for draft, in_closed_book, about_closed in rows
    ]


def _is_about_closed_entry() -> ColumnElement[bool]:
    entry = registry.Entry
    return (
        select(entry.id)
        .where(
            or_(entry.id == Draft.answers_id, entry.id == Draft.corrects_id),
            entry.grade == registry.Grade.CONFIDENTIAL,
        )
        .correlate(Draft)
        .exists()
    )


def _of_units(session: Session, unit_ids: Collection[int]) -> Sequence[OpenItem]:
    return _drafts(session, Draft.unit_id.in_(unit_ids))


def _of_drafter(session: Session, user_id: int) -> Sequence[OpenItem]:
    return _drafts(session, Draft.drafter_id == user_id)


def _move(session: Session, item: OpenItem, to: Place, by: Principal) -> None:
    """Another unit's draft, and another's, where a person is named or the drafter goes."""
    draft = _held(session, item.id)
    if draft is None or draft.state not in _OPEN:
        return
    drafter = to.user_id
    if drafter is None and not organization.works_in(session, draft.drafter_id, to.unit_id):
        head = organization.head_of(session, to.unit_id)
        drafter = head.id if head is not None else None
    draft.unit_id = to.unit_id
    if drafter is not None:
        draft.drafter_id = drafter
        if draft.answers_id is not None:
            registry.open_to_person(session, draft.answers_id, drafter)
    audit.record(
        session,
        "draft.moved",
        by=by,
        subject=("draft", draft.id),
        unit=to.unit_id,
        person=draft.drafter_id,
    )
    if drafter is not None:
        noticed.tell_drafter(session, draft, NoticeKind.WORK_MOVED, by=by)


def _to_sign(session: Session, user_id: int) -> Sequence[OpenItem]:
    """The rounds that wait for the person, now or later."""
    waits = select(Step.draft_id).where(
        Step.draft_id == Draft.id,
        Step.round == Draft.round,
        Step.user_id == user_id,
        Step.kind != StepKind.INFORMATION,
        Step.state.in_([StepState.WAITING, StepState.ACTIVE]),
    )
    found = _drafts(
        session, (Draft.state == DraftState.CIRCULATING) & waits.correlate(Draft).exists()
    )
    return [
        OpenItem(SIGNATURE, one.id, one.label, one.unit_id, one.user_id, one.since, one.is_hidden)
        for one in found
    ]


def _nobodys(session: Session, unit_ids: Collection[int]) -> Sequence[OpenItem]:
    """A unit signs nothing."""
    return ()


def _take_back(session: Session, item: OpenItem, to: Place, by: Principal) -> None:
    """The draft is its drafter's again; the round that was stays in its sheet."""
    draft = _held(session, item.id)
    if draft is None or draft.state != DraftState.CIRCULATING:
        return
    cancel_steps(session, draft)
    draft.state, draft.current_sha256, draft.changed_at = DraftState.DRAFTING, None, clock.now()
    audit.record(session, "draft.taken-back", by=by, subject=("draft", draft.id), round=draft.round)
    noticed.tell_drafter(session, draft, NoticeKind.DRAFT_RETURNED, by=by)


def _held(session: Session, draft_id: int) -> Draft | None:
    return session.scalar(
        select(Draft)
        .where(Draft.id == draft_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _inherit_chains(session: Session, old: int, new: int, by: Principal) -> None:
    """The unit that took over signs by the chains of the other. A chain is written once: anew."""
    kept = session.scalars(
        select(Chain).where(Chain.unit_id == old, Chain.retired_at.is_(None)).with_for_update()
    ).all()
    who = by.person_id
    for chain in kept:
        chain.retired_by, chain.retired_at = who, clock.now()
        audit.record(session, "chain.retired", by=by, subject=("chain", chain.id))
    session.flush()  # their names are free
    for chain in kept:
        again = Chain(
            body_id=chain.body_id, unit_id=new, name=chain.name, steps=chain.steps, made_by=who
        )
        session.add(again)
        session.flush()
        audit.record(
            session,
            "chain.made",
            by=by,
            subject=("chain", again.id),
            unit=new,
            steps=again.steps,
        )


work.carried_by(Carrier(DRAFT, t("Drafts"), _of_units, _of_drafter, _move, inherit=_inherit_chains))
work.carried_by(
    Carrier(SIGNATURE, t("Drafts waiting for a signature"), _nobodys, _to_sign, _take_back)
)
