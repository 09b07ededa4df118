"""Whose turn it is: a person's own steps, and those in which he acts for somebody who is away."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from docflow import organization
from docflow.circulation import closed
from docflow.circulation.models import (
    Draft,
    DraftState,
    Step,
    StepKind,
    StepState,
    field_name,
)
from docflow.errors import Conflict, Forbidden
from docflow.i18n import t, translate
from docflow.organization import ActsAs, Deputy, DeputyScope, deputies
from docflow.principal import Principal

COVERS: dict[str, frozenset[StepKind]] = {
    DeputyScope.COUNTERSIGN: frozenset({StepKind.COUNTERSIGN}),
    DeputyScope.SIGN: frozenset({StepKind.SIGNATURE}),
    # Not what is for information: nobody takes note for another, see decisions.take_note.
    DeputyScope.ALL: frozenset({StepKind.COUNTERSIGN, StepKind.SIGNATURE}),
}


class NotYourTurn(Forbidden):
    """Another person signs now."""


class DraftMoved(Conflict):
    """The draft is not in the state that this needs."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a person signs now, and how it is printed.

    `name` and `capacity` are the acting person's; `note` says in whose place he acts. `box` is
    [page from 1, x0, y0, x1, y1]; `base_sha256` the PDF as it stands.
    """

    draft_id: int
    step_id: int
    kind: StepKind
    field: str
    box: tuple[float, ...]
    base_sha256: str
    name: str
    capacity: str
    note: str
    deputy_id: int | None


def turn(session: Session, draft: Draft, *, by: Principal, step_id: int | None = None) -> Turn:
    """What the person is to sign on this draft now; as `mine`. Raises DraftMoved, NotYourTurn."""
    step, deputy = mine(session, draft, by=by, step_id=step_id)
    if step.slot is None:
        raise NotYourTurn(t("This draft is only for your information: there is nothing to sign."))
    assert draft.current_sha256 is not None  # the database has no circulating draft without a PDF
    return Turn(
        draft_id=draft.id,
        step_id=step.id,
        kind=StepKind(step.kind),
        field=field_name(step.slot),
        box=tuple(step.box),
        base_sha256=draft.current_sha256,
        name=by.full_name,
        capacity=by.title if deputy or step.forwarded_from else step.capacity,
        note=note(session, step, deputy),
        deputy_id=deputy.id if deputy else None,
    )


def mine(
    session: Session, draft: Draft, *, by: Principal, step_id: int | None = None
) -> tuple[Step, Deputy | None]:
    """The step on which the person acts now, and the appointment under which he does.

    His own before those of others. `step_id` is the step on whose page he was: where that is not
    his any more, what he saw is not what stands there now, and nothing else is taken in its place.
    Raises DraftMoved, NotYourTurn with the reason.
    """
    if draft.state != DraftState.CIRCULATING:
        raise _moved(session, draft, by)
    acting = _acting(session, draft, by)
    found = [one for one in acting if step_id is None or one[0].id == step_id]
    if found:
        return found[0]
    if step_id is not None and (acting or is_over(session, draft, step_id)):
        raise _moved(session, draft, by)
    raise _not_his_turn(session, draft, by)


def is_over(session: Session, draft: Draft, step_id: int) -> bool:
    """Whether it is a step of this draft of an earlier round, or one that was acted upon.

    Not one that a colleague of the rank made needless: of that `mine` tells more.
    """
    step = session.get(Step, step_id, populate_existing=True)
    if step is None or step.draft_id != draft.id:
        return False
    open_still = (StepState.WAITING, StepState.ACTIVE, StepState.COVERED)
    return step.round != draft.round or step.state not in open_still


def _acting(session: Session, draft: Draft, by: Principal) -> list[tuple[Step, Deputy | None]]:
    steps = session.scalars(
        select(Step)
        .where(Step.draft_id == draft.id, Step.round == draft.round, Step.state == StepState.ACTIVE)
        .order_by(Step.kind == StepKind.INFORMATION, Step.position)
        .execution_options(populate_existing=True)
    ).all()
    own: list[tuple[Step, Deputy | None]] = [(s, None) for s in steps if _is_of(s, by)]
    appointments = deputies.acting_for(session, by.user_id)
    if (
        not appointments
        or closed.is_of_closed_book(session, draft, by)
        or closed.is_about_closed_entry(session, draft, by)
    ):
        return own
    for step in steps:
        for one in appointments:
            if one.person_id == step.user_id and StepKind(step.kind) in COVERS[one.scope]:
                own.append((step, one))
                break
    return own


def _is_of(step: Step, by: Principal) -> bool:
    return step.user_id is not None and step.user_id == by.user_id


def as_deputy(by: Principal) -> ColumnElement[bool]:
    """The condition on `steps` (joined with `drafts`) that the person acts there for another.

    Not on drafts that are closed to him by their book or by the grade of what they answer.
    """
    covers = or_(
        *(
            and_(Deputy.scope == scope, Step.kind.in_([str(kind) for kind in kinds]))
            for scope, kinds in COVERS.items()
        )
    )
    appointed = (
        select(Deputy.id)
        .where(
            Deputy.deputy_id == by.user_id,
            Deputy.person_id == Step.user_id,
            deputies.in_force(),
            covers,
        )
        .correlate(Step)
        .exists()
    )
    return and_(appointed, ~closed.to(by))


def note(session: Session, step: Step, deputy: Deputy | None) -> str:
    """What stands beside the name of whom acts in another's place. Documents are in Greek."""
    if deputy is not None:
        other = organization.names(session, [step.user_id]).get(step.user_id or 0, "")
        return on_behalf(deputy.acts_as, other, step.capacity)
    if step.forwarded_from is not None:
        first = session.get_one(Step, step.forwarded_from)
        other = organization.names(session, [first.user_id]).get(first.user_id or 0, "")
        return translate("Forwarded by: {name}", "el", name=other)
    return ""


def on_behalf(acts_as: str, name: str, capacity: str) -> str:
    """«Με εντολή, αντί: …» with the name of whom he acts for."""
    title = translate(
        "By order, for: {name}" if acts_as == ActsAs.BY_ORDER else "Deputy, for: {name}",
        "el",
        name=name,
    )
    first_line = capacity.split("\n")[0]
    return f"{title}, {first_line}" if first_line else title


def _moved(session: Session, draft: Draft, by: Principal) -> Conflict:
    """Why a draft that does not circulate cannot be acted on, in words."""
    last = session.scalar(
        select(Step)
        .where(
            Step.draft_id == draft.id,
            Step.round == draft.round,
            Step.state.in_([StepState.RETURNED, StepState.REJECTED]),
        )
        .limit(1)
    )
    if last is not None and draft.state in (DraftState.DRAFTING, DraftState.REJECTED):
        who = organization.names(session, [last.acted_by]).get(last.acted_by or 0, "")
        said = (
            t("{name} has returned the draft to its drafter meanwhile.", name=who)
            if last.state == StepState.RETURNED
            else t("{name} has rejected the draft meanwhile.", name=who)
        )
        return DraftMoved(said)
    return DraftMoved(t("The draft has moved on in the meantime. Look at it again."))


def _not_his_turn(session: Session, draft: Draft, by: Principal) -> NotYourTurn:
    """Why it is not the person's turn: a colleague was faster, a period is over, or just not."""
    steps = session.scalars(
        select(Step).where(Step.draft_id == draft.id, Step.round == draft.round)
    ).all()
    covered = [s for s in steps if _is_of(s, by) and s.state == StepState.COVERED]
    if covered:
        who = _first_of_rank(session, steps, covered[0])
        return NotYourTurn(
            t("{name} has signed for this rank already: nothing more is needed of you.", name=who)
        )
    waits_for = [s.user_id for s in steps if s.state == StepState.ACTIVE and s.user_id]
    over = deputies.last_over(session, by.user_id, waits_for) if by.user_id else None
    if over is not None:
        who = organization.names(session, [over.person_id]).get(over.person_id, "")
        return NotYourTurn(t("Your time as deputy of {name} is over.", name=who))
    return NotYourTurn(t("It is not your turn to sign this draft."))


def _first_of_rank(session: Session, steps: Sequence[Step], covered: Step) -> str:
    for step in steps:
        if step.rank == covered.rank and step.state == StepState.SIGNED:
            return organization.names(session, [step.acted_by]).get(step.acted_by or 0, "")
    return ""
