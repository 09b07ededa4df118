"""Who is told of what happens to an item, on the page and as each chose (`notices`)."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import notices, organization
from docflow.notices import NoticeKind
from docflow.principal import Principal
from docflow.routing.models import Charge, ChargeKind
from docflow.routing.targets import Target

_TO_DO = (
    NoticeKind.CHARGED,
    NoticeKind.UNIT_CHARGED,
    NoticeKind.PASSED_ON,
    NoticeKind.RETURNED,
    NoticeKind.REFUSED,
    NoticeKind.REOPENED,
)


def tell(
    session: Session, entry_id: int, kind: NoticeKind, who: Sequence[int | None], by: Principal
) -> None:
    notices.tell(session, who, kind=kind, about=("entry", entry_id), by=by)


def addressed(session: Session, to: Target) -> list[int | None]:
    """The person who is meant, or all who work in the unit."""
    if to.user_id is not None:
        return [to.user_id]
    return [one.id for one in organization.people_of(session, to.unit_id)]


def charged(session: Session, entry_id: int, to: Target, by: Principal) -> None:
    """What was to be done by others before is done, and the new one has it to do."""
    settled(session, entry_id)
    kind = NoticeKind.CHARGED if to.user_id is not None else NoticeKind.UNIT_CHARGED
    tell(session, entry_id, kind, addressed(session, to), by)


def settled(session: Session, entry_id: int) -> None:
    """Nobody has to do what he was told of the item."""
    notices.settle(session, about=("entry", entry_id), kinds=_TO_DO)


def who_charged(session: Session, entry_id: int) -> int | None:
    """Who charged the item for action last."""
    return session.scalar(
        select(Charge.charged_by)
        .where(Charge.entry_id == entry_id, Charge.kind == ChargeKind.ACTION)
        .order_by(Charge.id.desc())
        .limit(1)
    )


def heads(session: Session, unit_id: int) -> list[int | None]:
    """Who heads the unit now, or the nearest one above that has a head."""
    head = organization.head_of(session, unit_id)
    return [head.id] if head is not None else []
