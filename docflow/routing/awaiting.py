"""What an item waits for: opinions and parts of the work that others were asked for."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from docflow import clock, notices, organization
from docflow.errors import Conflict
from docflow.i18n import Text, t
from docflow.notices import NoticeKind
from docflow.principal import Principal
from docflow.routing import telling
from docflow.routing.models import Contribution, ContributionState
from docflow.routing.targets import Target

_TO_ANSWER = (NoticeKind.OPINION_ASKED, NoticeKind.OPINION_DUE)
_LATE = NoticeKind.OPINION_LATE  # told to who asked, too


class StillAwaited(Conflict):
    """An opinion or a part of the work is still awaited."""


def require_nothing_awaited(session: Session, entry_id: int) -> None:
    """Whether all came that the item waits for. Raises StillAwaited, naming whose is missing."""
    rows = session.scalars(
        _open(entry_id).where(Contribution.is_awaited).order_by(Contribution.id)
    ).all()
    if not rows:
        return
    units = organization.unit_names(session, (row.unit_id for row in rows))
    people = organization.names(session, (row.taken_by or row.user_id for row in rows))
    who: Text | str = ""
    for row in rows[:5]:
        name = people.get(row.taken_by or row.user_id or 0) or units.get(row.unit_id, "")
        who = t("{one}, {other}", one=who, other=name) if who else name
    raise StillAwaited(
        t(
            "The item waits for {who}. Wait for the answer, or take the request back with a "
            "reason.",
            who=who,
        )
    )


def end_contributions(session: Session, entry_id: int, by: Principal) -> None:
    """The item is closed: nobody is asked any more."""
    rows = session.scalars(_open(entry_id).with_for_update()).all()
    for row in rows:
        row.state, row.ended_by, row.ended_at = (
            ContributionState.WITHDRAWN,
            by.user_id,
            clock.now(),
        )
    if rows:
        notices.settle(session, about=("entry", entry_id), kinds=[*_TO_ANSWER, _LATE])


def answered(session: Session, row: Contribution) -> None:
    """What people were told of a request that ended is done with, but for those of whom, or who,
    another one still waits for an answer: a notice is about the item, not about one request.
    """
    others = session.scalars(_open(row.entry_id).where(Contribution.id != row.id)).all()
    asked = [one for other in others for one in _asked(session, other)]
    who, about = _asked(session, row), ("entry", row.entry_id)
    notices.settle(session, about=about, kinds=_TO_ANSWER, user_ids=who, but_for=asked)
    waits = [other.asked_by for other in others]
    notices.settle(
        session,
        about=about,
        kinds=[_LATE],
        user_ids=[*who, row.asked_by],
        but_for=[*asked, *waits],
    )


def _asked(session: Session, row: Contribution) -> list[int | None]:
    """Who was told that the answer is his to give."""
    to = Target(row.unit_id, row.user_id)
    return [row.taken_by, *telling.addressed(session, to)]


def _open(entry_id: int) -> Select[Contribution]:
    return select(Contribution).where(
        Contribution.entry_id == entry_id, Contribution.state == ContributionState.ASKED
    )
