"""Whose password an administrator replaced is told so, and the auditors: it is a way to read as
that person (domain row 102), and the trail alone is looked at too late.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select, true
from sqlalchemy.orm import Session

from docflow.notices.kinds import NoticeKind
from docflow.notices.people import holders
from docflow.notices.subjects import Subject, describes
from docflow.notices.telling import tell
from docflow.organization import User, passwords
from docflow.principal import Principal, Role


@passwords.after_replaced
def tell_of_password(session: Session, row: User, by: Principal) -> None:
    """Told at once. The auditors' notices stay where whoever logs in as the person reads his."""
    told = [row.id, *holders(session, row.body_id, Role.AUDITOR)]
    tell(session, told, kind=NoticeKind.LOGIN_REPLACED, about=("user", row.id), by=by)


@describes("user")
def describe(session: Session, ids: Sequence[int], by: Principal) -> Mapping[int, Subject]:
    """The person's own account; to an auditor those of his body."""
    mine = or_(User.id == by.user_id, true() if by.is_auditor else User.id.in_([]))
    rows = session.execute(
        select(User.id, User.full_name).where(User.id.in_(ids), User.body_id == by.body_id, mine)
    )
    return {
        user_id: Subject(name=name, page="/password" if user_id == by.user_id else "/audit")
        for user_id, name in rows
    }
