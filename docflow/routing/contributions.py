"""Opinions and parts of the work, asked of others while one stays responsible (domain row 57).

They run side by side. The head or the responsible person asks; whom it concerns takes it, answers
or refuses with a reason; who asked may take it back. An item that waits for one is not closed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, organization, registry
from docflow.errors import NotFound
from docflow.i18n import Text, t
from docflow.notices import NoticeKind
from docflow.principal import Principal
from docflow.registry import Entry
from docflow.routing import awaiting, telling
from docflow.routing.guards import (
    Item,
    NotResponsible,
    ReasonMissing,
    StateChanged,
    clean_reason,
    clean_text,
    deadline,
    for_whom,
    held,
    lock_handling,
    own_rights,
    require_head_or_responsible,
    require_open,
)
from docflow.routing.models import Contribution, ContributionKind, ContributionState
from docflow.routing.targets import BadTarget, Target, check, open_to

MOST_AT_ONCE = 30


class NoSuchContribution(NotFound):
    """Nobody was asked for this, or it is not open to this person."""


@dataclass(frozen=True, slots=True)
class Request:
    """Of whom, what, until when; `is_awaited`: the item is not closed before it came."""

    to: Target
    question: str
    due_on: date | None = None
    is_awaited: bool = True


def ask(
    session: Session,
    entry_id: int,
    *,
    by: Principal,
    kind: ContributionKind,
    requests: Sequence[Request],
    seen: int | None = None,
) -> list[Contribution]:
    """Ask units or persons for their opinion, or split off parts of the work; all or none.

    Raises NotAllowed, StateChanged, BadTarget, BadDeadline, ReasonMissing.
    """
    item = held(session, entry_id, by, seen=seen)
    require_open(session, item.handling)
    by = require_head_or_responsible(
        item, t("Only the responsible person or the head of the unit can ask others.")
    )
    if not requests or len(requests) > MOST_AT_ONCE:
        raise BadTarget(t("Choose whom to ask, up to {n}.", n=MOST_AT_ONCE), field="target")
    return [_ask(session, item, by, kind, one) for one in requests]


def _ask(
    session: Session, item: Item, by: Principal, kind: ContributionKind, one: Request
) -> Contribution:
    question = clean_text(one.question, "question")
    if not question:
        raise ReasonMissing(t("Write what is asked for."), field="question")
    _require_another(session, item, one.to, by, kind)
    check(session, item.entry, one.to, by)
    row = Contribution(
        entry_id=item.entry.id,
        kind=kind,
        state=ContributionState.ASKED,
        unit_id=one.to.unit_id,
        user_id=one.to.user_id,
        question=question,
        due_on=deadline(one.due_on, None),
        is_awaited=one.is_awaited,
        asked_by=by.person_id,
        asked_at=clock.now(),
    )
    session.add(row)
    session.flush()
    open_to(session, item.entry.id, one.to)
    telling.tell(
        session, item.entry.id, NoticeKind.OPINION_ASKED, telling.addressed(session, one.to), by
    )
    _record(session, "contribution.asked", row, by)
    return row


def _require_another(
    session: Session, item: Item, to: Target, by: Principal, kind: ContributionKind
) -> None:
    """Nobody is asked by himself, who has the whole already, or twice. Raises BadTarget."""
    if to.user_id is not None and to.user_id in (by.user_id, item.handling.user_id):
        raise BadTarget(
            t("Who has the item, or asks, is not asked. Choose somebody else."), field="target"
        )
    if kind == ContributionKind.PART:
        return
    same = (
        Contribution.user_id.is_(None) if to.user_id is None else Contribution.user_id == to.user_id
    )
    row = session.scalar(
        select(Contribution).where(
            Contribution.entry_id == item.entry.id,
            Contribution.kind == kind,
            Contribution.state == ContributionState.ASKED,
            Contribution.unit_id == to.unit_id,
            same,
        )
    )
    if row is not None:
        name = organization.names(session, [row.asked_by]).get(row.asked_by, "")
        raise BadTarget(
            t(
                "{name} asked there on {at} already, and the answer is awaited.",
                name=name,
                at=f"{clock.local(row.asked_at):%d/%m/%Y %H:%M}",
            ),
            field="target",
        )


def take(session: Session, contribution_id: int, *, by: Principal) -> Contribution:
    """Take in hand what the unit was asked for: the colleagues see who does it."""
    row, acting = _addressed(session, contribution_id, by)
    if row.taken_by is not None:
        name = organization.names(session, [row.taken_by]).get(row.taken_by, "")
        raise StateChanged(t("{name} has taken it in hand already.", name=name))
    # As with an item that is accepted: in the place of a person away, it becomes that person's.
    holder = acting.in_place_of.person_id if acting.in_place_of else acting.person_id
    row.taken_by, row.taken_at = holder, clock.now()
    registry.open_to_person(session, row.entry_id, holder)
    _record(session, "contribution.taken", row, acting)
    return row


def give(session: Session, contribution_id: int, *, by: Principal, answer: str) -> Contribution:
    """Answer: the opinion, or what was done in the part. It is not changed afterwards."""
    row, acting = _addressed(session, contribution_id, by)
    text = clean_text(answer, "answer")
    if not text:
        raise ReasonMissing(t("Write the answer."), field="answer")
    _end(session, row, ContributionState.GIVEN, text, acting)
    opinion = row.kind == ContributionKind.OPINION
    kind = NoticeKind.OPINION_GIVEN if opinion else NoticeKind.PART_ENDED
    _tell_who_waits(session, row, kind, acting)
    _record(session, "contribution.given", row, acting)
    return row


def decline(session: Session, contribution_id: int, *, by: Principal, reason: str) -> Contribution:
    """Refuse what one was asked for, with the reason."""
    row, acting = _addressed(session, contribution_id, by)
    _end(session, row, ContributionState.REFUSED, clean_reason(reason), acting)
    _tell_who_waits(session, row, NoticeKind.REFUSED, acting)
    _record(session, "contribution.refused", row, acting)
    return row


def withdraw(session: Session, contribution_id: int, *, by: Principal, reason: str) -> Contribution:
    """Ask no more, with the reason: who asked, the responsible person or the head."""
    row, entry, by = _held(session, contribution_id, by)
    handling = lock_handling(session, entry.id)
    assert handling is not None  # asked of items alone
    if row.asked_by in by.person_ids:
        by = by.on_behalf(by.stands_in(row.asked_by))
    else:
        by = require_head_or_responsible(
            Item(entry, handling, by),
            t("Only who asked, the responsible person or the head can take it back."),
        )
    _require_open(session, row)
    _end(session, row, ContributionState.WITHDRAWN, clean_reason(reason), by)
    _record(session, "contribution.withdrawn", row, by)
    return row


def _held(
    session: Session, contribution_id: int, by: Principal
) -> tuple[Contribution, Entry, Principal]:
    """The request, held, with its entry, that the person may see. Raises NoSuchContribution."""
    by.require_scope("route")
    entry_id = session.scalar(
        select(Contribution.entry_id).where(Contribution.id == contribution_id)
    )
    if entry_id is None:
        raise NoSuchContribution(t("There is no such request, or it is not open to you."))
    entry = registry.get(session, entry_id, by=by)
    registry.require_not_annulled(session, entry)
    lock_handling(session, entry.id)  # in the order of all acts: first the item
    row = session.scalars(
        select(Contribution)
        .where(Contribution.id == contribution_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    return row, entry, own_rights(session, entry, by)


def _addressed(
    session: Session, contribution_id: int, by: Principal
) -> tuple[Contribution, Principal]:
    """The open request, and the person as the one who was asked, or as a head of his."""
    row, _, by = _held(session, contribution_id, by)
    acting = answers(by, row)
    if acting is None:
        raise NotResponsible(t("Somebody else was asked for this."))
    _require_open(session, row)
    return row, acting


def answers(by: Principal, row: Contribution) -> Principal | None:
    """The person as one who may answer: himself, in another's place, or as the head."""
    meant = for_whom(by, row.unit_id, row.taken_by or row.user_id)
    if meant is None and by.heads(row.unit_id):
        return by
    if meant is None and (instead := by.heads_for(row.unit_id)) is not None:
        return by.on_behalf(instead)
    return meant


def _require_open(session: Session, row: Contribution) -> None:
    if row.state == ContributionState.ASKED:
        return
    name = organization.names(session, [row.ended_by]).get(row.ended_by or 0, "")
    at = f"{clock.local(row.ended_at or row.asked_at):%d/%m/%Y %H:%M}"
    raise StateChanged(_ENDED[ContributionState(row.state)](name, at))


def _end(
    session: Session, row: Contribution, state: ContributionState, text: str, by: Principal
) -> None:
    row.state, row.answer = state, text
    row.ended_by, row.ended_at = by.person_id, clock.now()
    awaiting.answered(session, row)


def _tell_who_waits(session: Session, row: Contribution, kind: NoticeKind, by: Principal) -> None:
    handling = lock_handling(session, row.entry_id)
    holder = handling.user_id if handling else None
    telling.tell(session, row.entry_id, kind, [row.asked_by, holder], by)


def _record(session: Session, act: str, row: Contribution, by: Principal) -> None:
    """The event: which request, of whom; what was written stays in the row."""
    audit.record(
        session,
        act,
        by=by,
        subject=("entry", row.entry_id),
        contribution=row.id,
        kind=row.kind,
        unit=row.unit_id,
        person=row.taken_by or row.user_id,
    )


def _given(name: str, at: str) -> Text:
    return t("{name} answered this on {at}.", name=name, at=at)


def _refused(name: str, at: str) -> Text:
    return t("{name} refused this on {at}.", name=name, at=at)


def _withdrawn(name: str, at: str) -> Text:
    if not name:
        return t("The item was closed on {at}: nobody waits for it any more.", at=at)
    return t("{name} took this request back on {at}.", name=name, at=at)


_ENDED = {
    ContributionState.GIVEN: _given,
    ContributionState.REFUSED: _refused,
    ContributionState.WITHDRAWN: _withdrawn,
}
