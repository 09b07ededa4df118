"""Drafts as notices name them, for those who may see them."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import notices
from docflow.circulation import closed, drafts
from docflow.circulation.models import Draft
from docflow.principal import Principal


@notices.describes("draft")
def describe(session: Session, ids: Sequence[int], by: Principal) -> Mapping[int, notices.Subject]:
    """Those of the drafts that the person may see. A draft has no number for a mail to name."""
    rows = session.execute(
        select(Draft, closed.is_confidential()).where(Draft.id.in_(ids), drafts.visible_to(by))
    ).all()
    return {
        draft.id: notices.Subject(
            name=draft.subject, page=f"/drafts/{draft.id}", is_closed=is_closed
        )
        for draft, is_closed in rows
    }
