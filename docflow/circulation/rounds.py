"""A round: the draft is printed, its steps are laid out, and ranks have their turn one by one.

All signature fields are made before the first signature. The steps of a rank have their turn
together; the next rank follows when all of them, or any one, have signed, as its rule says. Steps
for information have theirs with their rank, and nothing waits for them.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, documents, organization, outbox, registry, routing
from docflow.circulation import drafts, letters, noticed
from docflow.circulation.chains import ChainStep
from docflow.circulation.models import (
    Draft,
    DraftRound,
    DraftState,
    Rule,
    Step,
    StepKind,
    StepState,
)
from docflow.circulation.planning import Planned, plan
from docflow.circulation.turns import DraftMoved
from docflow.i18n import t
from docflow.notices import NoticeKind
from docflow.office import Office
from docflow.principal import Principal

_OPEN = (StepState.WAITING, StepState.ACTIVE)


def circulate(
    office: Office,
    draft_id: int,
    *,
    by: Principal,
    final_signer_id: int | None = None,
    steps: Sequence[ChainStep] | None = None,
    chain: str = "",
) -> None:
    """Print the letter without a number, with a field for each signature, and start the round.

    Without `steps` the chain is that of the draft's unit. Raises DraftMoved, SignerMissing,
    BadChain, BadUpload, StoreUnavailable, and StillAwaited while the letter that it answers waits
    for an opinion.
    """
    by.require_scope("draft")
    with office.db.read() as session:
        draft = drafts.get(session, draft_id, by=by)
        by.require(draft.drafter_id == by.user_id, t("Only the drafter sends his draft round."))
        drafts.require_state(draft, DraftState.DRAFTING)
        if draft.answers_id is not None:
            routing.require_nothing_awaited(session, draft.answers_id)
        planned = plan(session, draft, final_signer_id=final_signer_id, steps=steps)
        sheet = letters.sheet(session, draft, on_paper(planned), office.settings)
        version = draft.version
    pdf, boxes = letters.print_original(office, sheet)
    stored = documents.keep(office, pdf, body_id=by.body_id)
    with office.db.begin() as session:
        draft = drafts.locked(session, draft_id, by)
        drafts.require_state(draft, DraftState.DRAFTING)
        require_answerable(session, draft)
        if draft.version != version:
            raise DraftMoved(t("The draft was saved in the meantime. Look at it again."))
        draft.round += 1
        draft.state, draft.current_sha256 = DraftState.CIRCULATING, stored.sha256
        draft.changed_at = clock.now()
        _add_steps(session, draft, planned, boxes)
        session.add(
            DraftRound(
                draft_id=draft.id,
                round=draft.round,
                version=version,
                sha256=stored.sha256,
                chain=chain,
                started_by=by.person_id,
            )
        )
        audit.record(
            session,
            "draft.circulated",
            by=by,
            subject=("draft", draft.id),
            round=draft.round,
            signers=[step.user_id for step in planned],
            ranks=[step.rank for step in planned],
            sha256=stored.sha256,
        )
        advance(session, draft, by=by)


def on_paper(planned: Sequence[Planned]) -> list[letters.Placed]:
    """The steps that leave something on the paper, as its signature page prints them."""
    return [
        letters.Placed(step.slot, step.name, step.capacity)
        for step in planned
        if step.slot is not None
    ]


def _add_steps(
    session: Session,
    draft: Draft,
    planned: Sequence[Planned],
    boxes: dict[int, list[float]],
) -> None:
    for position, step in enumerate(planned, start=1):
        session.add(
            Step(
                draft_id=draft.id,
                round=draft.round,
                position=position,
                rank=step.rank,
                rule=step.rule,
                kind=step.kind,
                user_id=step.user_id,
                capacity=step.capacity,
                state=StepState.WAITING,
                slot=step.slot,
                box=boxes[step.slot] if step.slot is not None else [],
            )
        )
        if draft.answers_id is not None and step.user_id is not None:
            registry.open_to_person(session, draft.answers_id, step.user_id)
    session.flush()  # the draft's new round and the steps, before one of them has its turn


def advance(session: Session, draft: Draft, *, by: Principal) -> None:
    """Give the next rank its turn, and tell it; where none is left, the document is issued."""
    session.flush()  # what was just decided, for the guard of the order
    steps = session.scalars(
        select(Step)
        .where(Step.draft_id == draft.id, Step.round == draft.round)
        .order_by(Step.rank, Step.position)
        .execution_options(populate_existing=True)
    ).all()
    _cover(steps)
    session.flush()
    left = [s for s in steps if s.kind != StepKind.INFORMATION and s.state in _OPEN]
    rank = left[0].rank if left else None
    for step in steps:
        if step.state == StepState.WAITING and (rank is None or step.rank <= rank):
            step.state, step.activated_at = StepState.ACTIVE, clock.now()
            session.flush()  # one by one, in their order
            noticed.ask(session, step, by=by)
            if step.kind == StepKind.SEAL:
                outbox.enqueue(session, "circulation.seal", step_id=step.id)
    if rank is None:
        draft.state = DraftState.ISSUING
        outbox.enqueue(session, "circulation.issue", draft_id=draft.id)
    noticed.settle(session, draft)


def _cover(steps: Sequence[Step]) -> None:
    """Where one of a rank suffices and has signed, the others need not."""
    done = {s.rank for s in steps if s.rule == Rule.ANY and s.state == StepState.SIGNED}
    for step in steps:
        if step.rank in done and step.state in _OPEN and step.kind != StepKind.INFORMATION:
            step.state, step.acted_at = StepState.COVERED, clock.now()


def require_answerable(session: Session, draft: Draft) -> None:
    """What answers an annulled entry is signed no more (domain row 15)."""
    if draft.answers_id is not None:
        registry.require_not_annulled(session, session.get_one(registry.Entry, draft.answers_id))


def note_return(session: Session, draft: Draft, step: Step, *, by: Principal) -> None:
    """The event of a return; its reason stands in the step, for free text is not for the log."""
    audit.record(
        session,
        "draft.returned",
        by=by,
        subject=("draft", draft.id),
        position=step.position,
        step=step.id,
    )
    noticed.tell_drafter(session, draft, NoticeKind.DRAFT_RETURNED, by=by)


def preview(office: Office, draft_id: int, *, by: Principal) -> bytes:
    """The draft as it would be printed now, for the eyes only: nothing is stored.

    Raises NoSuchDraft, CannotPrint, BadUpload.
    """
    with office.db.read() as session:
        draft = drafts.get(session, draft_id, by=by)
        drafter = organization.person(session, draft.drafter_id, body_id=draft.body_id)
        signs = [letters.Placed(1, drafter.full_name, drafter.title)]
        sheet = letters.sheet(session, draft, signs, office.settings)
    pdf, _ = letters.print_original(office, sheet)
    return pdf
