"""What else a person does with a draft that came to him: return, reject, forward, take note.

And what its drafter does with one on its way: recall it. Source: domain rows 67, 68.
"""

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from docflow import audit, clock, organization, registry
from docflow.circulation import drafts, noticed, planning, rounds, turns
from docflow.circulation.chains import TwiceInRank
from docflow.circulation.models import Draft, DraftState, Step, StepKind, StepState
from docflow.circulation.planning import SignerMissing
from docflow.circulation.turns import DraftMoved, NotYourTurn
from docflow.errors import Conflict, Invalid
from docflow.folding import lines
from docflow.i18n import Text, t
from docflow.notices import NoticeKind
from docflow.organization import Deputy
from docflow.principal import Principal

MAX_REASON = 2000


class ReasonMissing(Invalid):
    """A return needs a reason."""


class SignedAlready(Conflict):
    """Somebody has signed the draft already."""


def send_back(
    session: Session, draft_id: int, *, by: Principal, reason: str, step_id: int | None = None
) -> Draft:
    """Return the draft to its drafter, with a reason. No number was used.

    Raises NotYourTurn, DraftMoved, ReasonMissing.
    """
    by.require_scope("sign")
    draft = drafts.locked(session, draft_id, by)
    step, deputy = _to_decide(session, draft, by, step_id)
    _decided(
        step, deputy, by, StepState.RETURNED, _why(reason, t("Write the reason of the return."))
    )
    session.flush()  # before the others are cancelled
    drafts.cancel_steps(session, draft)
    draft.state, draft.current_sha256 = DraftState.DRAFTING, None
    draft.changed_at = clock.now()
    rounds.note_return(session, draft, step, by=by)
    return draft


def reject(
    session: Session, draft_id: int, *, by: Principal, reason: str, step_id: int | None = None
) -> Draft:
    """Reject the draft for good, with a reason. It stays readable; a new answer may be begun.

    Raises NotYourTurn, DraftMoved, ReasonMissing.
    """
    by.require_scope("sign")
    draft = drafts.locked(session, draft_id, by)
    step, deputy = _to_decide(session, draft, by, step_id)
    why = _why(reason, t("Write the reason of the rejection."))
    _decided(step, deputy, by, StepState.REJECTED, why)
    session.flush()  # before the others are cancelled
    drafts.cancel_steps(session, draft)
    draft.state, draft.changed_at = DraftState.REJECTED, clock.now()
    audit.record(
        session,
        "draft.rejected",
        by=by,
        subject=("draft", draft.id),
        position=step.position,
        step=step.id,
    )
    noticed.tell_drafter(session, draft, NoticeKind.DRAFT_REJECTED, by=by)
    return draft


def recall(session: Session, draft_id: int, *, by: Principal) -> Draft:
    """Take a draft on its way back, to change it; by its drafter, while nobody else has signed.

    Raises NotYourDraft, DraftMoved, SignedAlready.
    """
    by.require_scope("draft")
    draft = drafts.locked(session, draft_id, by)
    drafts.require_drafter(draft, by)
    drafts.require_state(draft, DraftState.CIRCULATING)
    signed = session.scalars(
        select(Step.acted_by)
        .where(
            Step.draft_id == draft.id,
            Step.round == draft.round,
            Step.state == StepState.SIGNED,
            Step.acted_by.is_distinct_from(by.user_id),
        )
        .order_by(Step.position)
    ).all()
    if signed:
        who = organization.names(session, signed).get(signed[0] or 0, "")
        raise SignedAlready(
            t(
                "{name} has signed already. Ask whose turn it is to return the draft to you.",
                name=who or t("The body’s seal"),
            )
        )
    drafts.cancel_steps(session, draft)
    draft.state, draft.current_sha256 = DraftState.DRAFTING, None
    draft.changed_at = clock.now()
    audit.record(session, "draft.recalled", by=by, subject=("draft", draft.id), round=draft.round)
    return draft


def forward(
    session: Session,
    draft_id: int,
    *,
    to: int,
    reason: str,
    by: Principal,
    step_id: int | None = None,
) -> Step:
    """Pass one's own step to another person, who acts in the same field; his step.

    A signature for the body goes only to one who may sign for it. A deputy was asked in person
    and passes nothing on. Raises NotYourTurn, DraftMoved, ReasonMissing, SignerMissing,
    TwiceInRank, NoSuchUser.
    """
    by.require_scope("sign")
    draft = drafts.locked(session, draft_id, by)
    step, deputy = turns.mine(session, draft, by=by, step_id=step_id)
    if deputy is not None:
        raise NotYourTurn(t("A deputy passes nothing on: sign, return or reject."))
    why = _why(reason, t("Write why you forward it."))
    person = organization.colleague(session, to, body_id=draft.body_id)
    _require_may_take(session, draft, step, person)
    _decided(step, None, by, StepState.FORWARDED, why)
    session.flush()  # before the field is another's
    last = session.scalar(
        select(func.max(Step.position)).where(Step.draft_id == draft.id, Step.round == draft.round)
    )
    new = Step(
        draft_id=draft.id,
        round=draft.round,
        position=(last or 0) + 1,
        rank=step.rank,
        rule=step.rule,
        kind=step.kind,
        user_id=person.id,
        capacity=person.title,
        state=StepState.ACTIVE,
        activated_at=clock.now(),
        slot=step.slot,
        box=step.box,
        forwarded_from=step.id,
    )
    session.add(new)
    session.flush()  # its id, for the event
    if draft.answers_id is not None:
        registry.open_to_person(session, draft.answers_id, person.id)
    draft.changed_at = clock.now()
    audit.record(
        session,
        "draft.forwarded",
        by=by,
        subject=("draft", draft.id),
        person=person.id,
        step=step.id,
        position=new.position,
    )
    noticed.settle(session, draft)
    noticed.ask(session, new, by=by)
    return new


def take_note(
    session: Session, draft_id: int, *, by: Principal, step_id: int | None = None
) -> Draft:
    """Say that one has read what was sent for information. Raises NotYourTurn, DraftMoved."""
    by.require_scope("sign")
    draft = drafts.locked(session, draft_id, by)
    step = session.scalar(
        select(Step).where(
            Step.draft_id == draft.id,
            Step.round == draft.round,
            Step.kind == StepKind.INFORMATION,
            Step.state == StepState.ACTIVE,
            Step.user_id == by.user_id,
            true() if step_id is None else Step.id == step_id,
        )
    )
    if step is None:
        if step_id is not None and turns.is_over(session, draft, step_id):
            raise DraftMoved(t("The draft has moved on in the meantime. Look at it again."))
        raise NotYourTurn(t("There is nothing to take note of."))
    step.state, step.acted_at, step.acted_by = StepState.NOTED, clock.now(), by.person_id
    noticed.settle(session, draft)
    audit.record(session, "draft.noted", by=by, subject=("draft", draft.id), position=step.position)
    return draft


def _to_decide(
    session: Session, draft: Draft, by: Principal, step_id: int | None
) -> tuple[Step, Deputy | None]:
    step, deputy = turns.mine(session, draft, by=by, step_id=step_id)
    if step.kind == StepKind.INFORMATION:
        raise NotYourTurn(t("This draft is only for your information: there is nothing to sign."))
    return step, deputy


def _decided(
    step: Step, deputy: Deputy | None, by: Principal, state: StepState, reason: str
) -> None:
    step.state, step.reason, step.acted_at = state, reason, clock.now()
    step.acted_by, step.deputy_id = by.person_id, deputy.id if deputy else None


def _why(reason: str, missing: Text) -> str:
    clean = lines(reason)[:MAX_REASON]
    if not clean:
        raise ReasonMissing(missing, field="reason")
    return clean


def _require_may_take(
    session: Session, draft: Draft, step: Step, person: organization.Person
) -> None:
    beside = session.scalars(
        select(Step.user_id).where(
            Step.draft_id == draft.id,
            Step.round == draft.round,
            Step.rank == step.rank,
            Step.state != StepState.FORWARDED,
        )
    ).all()
    if person.id in beside:
        raise TwiceInRank(
            t("{name} stands twice in one rank. Ask each person once.", name=person.full_name),
            field="to",
        )
    if step.kind == StepKind.SIGNATURE:
        allowed = {one.id for one in organization.signers(session, draft.body_id)}
        if person.id not in allowed:
            raise SignerMissing(
                t(
                    "{name} may not sign documents of the body. Choose a signer.",
                    name=person.full_name,
                ),
                field="to",
            )
    kind = StepKind(step.kind)
    planning.require_may_see(session, draft, person.id, person.full_name, kind=kind)
    if kind != StepKind.INFORMATION:
        planning.require_key(session, person.id, person.full_name)
