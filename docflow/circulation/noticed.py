"""Who is told what of a draft: whose turn it is, its drafter, and nobody twice.

What asked a person to sign counts as read as soon as it is not his turn any more.
"""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import notices
from docflow.circulation.models import Draft, Step, StepKind, StepState
from docflow.notices import NoticeKind
from docflow.principal import Principal

ASKS: Mapping[str, NoticeKind] = {
    StepKind.COUNTERSIGN: NoticeKind.TO_COUNTERSIGN,
    StepKind.SIGNATURE: NoticeKind.TO_SIGN,
    StepKind.INFORMATION: NoticeKind.TO_NOTE,
}
TURNS = (NoticeKind.TO_COUNTERSIGN, NoticeKind.TO_SIGN)
_ASKED = (*ASKS.values(), NoticeKind.DRAFT_WAITS)


def ask(session: Session, step: Step, *, by: Principal) -> None:
    """Tell the person of a step that it is his turn; the seal of the body is told nothing."""
    kind = ASKS.get(step.kind)
    if kind is not None:
        notices.tell(session, [step.user_id], kind=kind, about=("draft", step.draft_id), by=by)


def settle(session: Session, draft: Draft) -> None:
    """Only those whose turn it still is are asked for something."""
    session.flush()  # what was just decided
    asked = session.scalars(
        select(Step.user_id).where(
            Step.draft_id == draft.id,
            Step.round == draft.round,
            Step.state == StepState.ACTIVE,
        )
    ).all()
    notices.settle(session, about=("draft", draft.id), kinds=_ASKED, but_for=asked)


def tell_drafter(session: Session, draft: Draft, kind: NoticeKind, *, by: Principal) -> None:
    """Tell the drafter what became of his draft."""
    notices.tell(session, [draft.drafter_id], kind=kind, about=("draft", draft.id), by=by)


def tell_issued(session: Session, draft: Draft, *, by: Principal) -> None:
    """Tell the drafter; that his letter is answered by it, he need not be told besides."""
    tell_drafter(session, draft, NoticeKind.ISSUED, by=by)
    if draft.answers_id is not None:
        notices.settle(
            session,
            about=("entry", draft.answers_id),
            kinds=[NoticeKind.ANSWERED],
            user_ids=[draft.drafter_id],
        )
