"""A seal in the chain: when its rank has its turn, the worker puts the body's seal on the PDF."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import clock, documents, organization, outbox
from docflow.circulation import drafts, pen, rounds, signatures
from docflow.circulation.models import (
    Draft,
    DraftState,
    Step,
    StepKind,
    StepState,
    field_name,
)
from docflow.circulation.turns import Turn
from docflow.i18n import translate
from docflow.principal import system


def give_up(run: outbox.Run, *, step_id: int, why: str) -> None:
    """The seal failed for good: the draft goes back to its drafter, with the reason."""
    with run.office.db.begin() as session:
        found = _held(session, step_id)
        if found is None:
            return
        draft, step = found
        step.state, step.acted_at = StepState.RETURNED, clock.now()
        step.reason = translate("The seal could not be put: {why}", "el", why=why)[:2000]
        session.flush()  # before the others are cancelled
        drafts.cancel_steps(session, draft)
        draft.state, draft.current_sha256 = DraftState.DRAFTING, None
        draft.changed_at = clock.now()
        rounds.note_return(session, draft, step, by=system(draft.body_id))


@outbox.job("circulation.seal", queue="signing", given_up=give_up)
def seal(run: outbox.Run, *, step_id: int) -> None:
    """Seal the PDF of a step whose turn it is, and give the next rank its turn."""
    office = run.office
    with office.db.begin() as session:
        found = _held(session, step_id)
        if found is None:
            return
        turn, body_id = _turn(session, *found), found[0].body_id
    made = pen.sealed(office, documents.read_bytes(office, turn.base_sha256), turn, body_id=body_id)
    stored = documents.keep(office, made.pdf, body_id=body_id)
    with office.db.begin() as session:
        found = _held(session, step_id)
        if found is None or found[0].current_sha256 != turn.base_sha256:
            return
        draft, step = found
        rounds.require_answerable(session, draft)
        signatures.record(
            session,
            draft,
            step,
            sha256=stored.sha256,
            certificate=made.certificate,
            level=made.level,
            by=system(draft.body_id),
        )


def _turn(session: Session, draft: Draft, step: Step) -> Turn:
    assert step.slot is not None  # the database has no seal without its place
    assert draft.current_sha256 is not None  # nor a circulating draft without a PDF
    return Turn(
        draft_id=draft.id,
        step_id=step.id,
        kind=StepKind.SEAL,
        field=field_name(step.slot),
        box=tuple(step.box),
        base_sha256=draft.current_sha256,
        name=organization.body(session, draft.body_id).name,
        capacity=step.capacity,
        note="",
        deputy_id=None,
    )


def _held(session: Session, step_id: int) -> tuple[Draft, Step] | None:
    """The step and its draft, locked, if it is still to be sealed."""
    draft_id = session.scalar(select(Step.draft_id).where(Step.id == step_id))
    draft = session.scalars(
        select(Draft)
        .where(Draft.id == draft_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    step = session.get_one(Step, step_id, populate_existing=True)
    if draft.state != DraftState.CIRCULATING or step.state != StepState.ACTIVE:
        return None
    return draft, step
