"""What people were told in the past of the demo is read; of the last days some still waits."""

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from docflow import clock, organization
from docflow.notices import Mailing, Notice, NoticeKind, choices
from docflow.principal import Via

_READ_AFTER = timedelta(hours=2)
_UNREAD = timedelta(days=2)
_EARLY = "vasileiou"  # a head who wants to know at once, but not in the evening


def read_the_past(session: Session) -> None:
    """Mark as read what is older than two days, and let a head have chosen how to be told."""
    session.execute(
        update(Notice)
        .where(Notice.told_at < clock.now() - _UNREAD, Notice.read_at.is_(None))
        .values(read_at=Notice.told_at + _READ_AFTER)
        .execution_options(synchronize_session=False)
    )
    user_id = session.scalar(
        select(organization.User.id).where(organization.User.username == _EARLY)
    )
    if user_id is None:
        return
    by = organization.principal(session, user_id, via=Via.WEB)
    wanted = [
        choices.Choice(NoticeKind.UNIT_CHARGED, Mailing.AT_ONCE, push=True),
        choices.Choice(NoticeKind.TO_COUNTERSIGN, Mailing.AT_ONCE, push=True),
        choices.Choice(NoticeKind.INFORMED, Mailing.NEVER, push=False),
    ]
    hours = choices.Hours(daily_at=7, quiet_from=20, quiet_to=7, quiet_days_off=True)
    choices.choose(session, wanted, hours, by=by)
