"""A person's notices, as page, API and bell show them; what he may not see now is not there.

It is not counted either: a count would tell that there is something.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from docflow import clock, organization
from docflow.errors import NotFound
from docflow.i18n import Text, t
from docflow.notices import kinds, subjects
from docflow.notices.models import Notice
from docflow.notices.subjects import Subject
from docflow.principal import Principal

MOST = 100  # unread notices that are counted; the bell says "99+" from here on
_LOOKS = 5  # pages of rows that are looked at for one page of what may be seen


class NoSuchNotice(NotFound):
    """There is no such notice, or what it is about is not open to this person any more."""


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A notice as a row of the list."""

    id: int
    kind: str
    said: Text
    subject: Subject
    about_type: str
    about_id: int
    by: str  # empty where the installation itself tells
    in_place_of: str  # empty where it is his own
    told_at: datetime
    times: int
    is_read: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of notices, the newest first; `after` continues it, None at the end."""

    lines: Sequence[NoticeLine]
    after: int | None


def unread(session: Session, *, by: Principal) -> int:
    """How many unread notices the person has, `MOST` at most; one statement where there is none."""
    rows = session.execute(
        select(Notice.about_type, Notice.about_id)
        .where(_unread(by))
        .order_by(Notice.told_at.desc())
        .limit(MOST)
    ).all()
    if not rows:
        return 0
    seen = subjects.described(session, ((kind, one) for kind, one in rows), by=by)
    return sum((kind, one) in seen for kind, one in rows)


def listed(
    session: Session,
    *,
    by: Principal,
    only_unread: bool = False,
    after: int | None = None,
    limit: int = 50,
) -> Listed:
    """The person's notices after the one with the id `after`."""
    by.require_scope("read")
    found: list[NoticeLine] = []
    last = session.scalar(select(Notice).where(Notice.id == after, _his(by)))
    for _ in range(_LOOKS):
        query = select(Notice).where(_unread(by) if only_unread else _his(by))
        if last is not None:
            query = query.where(
                or_(
                    Notice.told_at < last.told_at,
                    and_(Notice.told_at == last.told_at, Notice.id < last.id),
                )
            )
        rows = session.scalars(
            query.order_by(Notice.told_at.desc(), Notice.id.desc()).limit(limit + 1)
        ).all()
        for line, row in _lines(session, rows[:limit], by):
            last = row
            if line is not None:
                found.append(line)
                if len(found) == limit:
                    return Listed(found, row.id if row is not rows[-1] else None)
        if len(rows) <= limit:
            return Listed(found, None)
    return Listed(found, last.id if last is not None else None)


def opened(session: Session, notice_id: int, *, by: Principal) -> Subject:
    """What a notice is about; it counts as read from now on. Raises NoSuchNotice."""
    by.require_scope("route")
    row = session.scalar(select(Notice).where(Notice.id == notice_id, _his(by)).with_for_update())
    about = (row.about_type, row.about_id) if row is not None else ("", 0)
    subject = subjects.described(session, [about], by=by).get(about)
    if row is None or subject is None:
        raise NoSuchNotice(t("There is no such notice, or its subject is not open to you now."))
    if row.read_at is None:
        row.read_at = clock.now()
    return subject


def read(session: Session, ids: Sequence[int], *, by: Principal) -> None:
    """Mark these notices of the person as read; those of others, and read ones, are left."""
    by.require_scope("route")
    session.execute(
        update(Notice)
        .where(_unread(by), Notice.id.in_(list(ids)))
        .values(read_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def read_all(session: Session, *, until: datetime, by: Principal) -> None:
    """Mark everything as read that was told up to the newest that the person saw."""
    by.require_scope("route")
    session.execute(
        update(Notice)
        .where(_unread(by), Notice.told_at <= until)
        .values(read_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _his(by: Principal) -> ColumnElement[bool]:
    return Notice.user_id == by.user_id


def _unread(by: Principal) -> ColumnElement[bool]:
    return and_(_his(by), Notice.read_at.is_(None))


def _lines(
    session: Session, rows: Sequence[Notice], by: Principal
) -> list[tuple[NoticeLine | None, Notice]]:
    """Each row with its line; without one where the person may not see what it is about."""
    seen = subjects.described(session, ((row.about_type, row.about_id) for row in rows), by=by)
    people = organization.names(session, (i for row in rows for i in (row.by_id, row.in_place_of)))
    return [
        (
            NoticeLine(
                id=row.id,
                kind=row.kind,
                said=kinds.said(row.kind),
                subject=seen[row.about_type, row.about_id],
                about_type=row.about_type,
                about_id=row.about_id,
                by=people.get(row.by_id or 0, ""),
                in_place_of=people.get(row.in_place_of or 0, ""),
                told_at=row.told_at,
                times=row.times,
                is_read=row.read_at is not None,
            )
            if (row.about_type, row.about_id) in seen
            else None,
            row,
        )
        for row in rows
    ]
