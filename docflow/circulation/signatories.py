"""Who signed a draft in its last round, as the issued document names them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow.circulation import turns
from docflow.circulation.models import Draft, Step, StepKind, StepState
from docflow.organization import Deputy, User


@dataclass(frozen=True, slots=True)
class Signatory:
    """A person who signed; `note` says in whose place he acted, where he did."""

    slot: int
    name: str
    capacity: str
    note: str
    signed_at: datetime
    certificate: str

    @property
    def printed(self) -> str:
        """Capacity and note, a line each."""
        return "\n".join(filter(None, (self.capacity, self.note)))


def signatories(session: Session, draft: Draft) -> list[Signatory]:
    """In the order of their fields. The body's seal is nobody's and stands on the copy itself."""
    rows = session.execute(
        select(Step, User, Deputy)
        .join(User, User.id == Step.acted_by)
        .outerjoin(Deputy, Deputy.id == Step.deputy_id)
        .where(
            Step.draft_id == draft.id,
            Step.round == draft.round,
            Step.state == StepState.SIGNED,
            Step.kind != StepKind.SEAL,
        )
        .order_by(Step.slot)
    ).all()
    return [
        Signatory(
            slot=step.slot,
            name=person.full_name,
            capacity=person.title if deputy is not None else step.capacity,
            note=turns.note(session, step, deputy),
            signed_at=step.acted_at,
            certificate=step.certificate,
        )
        for step, person, deputy in rows
        if step.slot is not None and step.acted_at is not None  # a signed step has both
    ]
