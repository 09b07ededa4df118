"""What each person chose: of which kinds a mail or a push message goes out, and at which hours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import audit
from docflow.errors import Invalid
from docflow.i18n import t
from docflow.notices import kinds
from docflow.notices.kinds import GROUPS, NoticeKind
from docflow.notices.models import Mailing, Notice, NoticeChoice, NoticeHours
from docflow.principal import Principal, Role
from docflow.workdays import Calendar

CHANGES_SCOPE = "route"
DAILY_AT = 8  # hour of the mail of the day where the person chose none


class BadHours(Invalid):
    """These hours are not possible."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How a person is told of a kind besides the page, where everything stands."""

    kind: NoticeKind
    mail: Mailing
    push: bool


@dataclass(frozen=True, slots=True)
class Hours:
    """Full hours of the office's zone. `quiet_from` to `quiet_to` may go over midnight.

    With `quiet_days_off` nothing is sent on days on which the office does not work.
    """

    daily_at: int = DAILY_AT
    quiet_from: int | None = None
    quiet_to: int | None = None
    quiet_days_off: bool = False

    def are_quiet(self, moment: datetime, calendar: Calendar) -> bool:
        """Whether nothing is sent at this moment of the office's wall clock."""
        if self.quiet_days_off and not calendar.is_working(moment.date()):
            return True
        if self.quiet_from is None or self.quiet_to is None:
            return False
        if self.quiet_from <= self.quiet_to:
            return self.quiet_from <= moment.hour < self.quiet_to
        return moment.hour >= self.quiet_from or moment.hour < self.quiet_to


def offered(by: Principal) -> Mapping[str, tuple[NoticeKind, ...]]:
    """The kinds that can concern the person, by their groups."""
    registers = (
        by.is_clerk or by.is_registrar or by.is_administrator or bool(by.confidential_writes)
    )
    works = registers or bool(by.roles & {Role.HEAD, Role.EMPLOYEE, Role.SIGNER})
    shown = {
        "work": works,
        "deadlines": works,
        "drafts": works,
        "registry": registers,
        "search": True,
        "applications": works,
        "account": True,
    }
    return {group: members for group, members in GROUPS.items() if shown[group]}


def chosen(session: Session, *, by: Principal) -> dict[NoticeKind, Choice]:
    """The person's choice for every kind that can concern him."""
    by.require_scope("read")
    rows = session.scalars(select(NoticeChoice).where(NoticeChoice.user_id == by.user_id))
    known = {row.kind: row for row in rows}

    def choice(kind: NoticeKind) -> Choice:
        row = known.get(kind)
        if row is None:
            return Choice(kind, kinds.usual(kind), push=True)
        return Choice(kind, Mailing(row.mail), row.push)

    return {kind: choice(kind) for members in offered(by).values() for kind in members}


def hours(session: Session, user_id: int) -> Hours:
    return _hours(session.get(NoticeHours, user_id))


def choose(
    session: Session, wanted: Sequence[Choice], hours: Hours | None = None, *, by: Principal
) -> None:
    """Keep what the person wants; it holds for what waits to be sent too. Raises BadHours."""
    by.require_scope(CHANGES_SCOPE)
    user_id = by.person_id
    for one in wanted:
        fresh = insert(NoticeChoice).values(
            user_id=user_id, kind=one.kind, mail=one.mail, push=one.push
        )
        session.execute(
            fresh.on_conflict_do_update(
                index_elements=["user_id", "kind"],
                set_={"mail": fresh.excluded.mail, "push": fresh.excluded.push},
            )
        )
        session.execute(
            update(Notice)
            .where(
                Notice.user_id == user_id,
                Notice.kind == one.kind,
                Notice.read_at.is_(None),
                Notice.sending_id.is_(None),
            )
            .values(mail=one.mail, push=Notice.push & one.push)
            .execution_options(synchronize_session=False)
        )
    if hours is not None:
        _keep(session, hours, user_id)
    audit.record(
        session,
        "notices.chosen",
        by=by,
        subject=("user", user_id),
        kinds=len(wanted),
        quiet=hours is not None and hours.quiet_from is not None,
    )


def _keep(session: Session, hours: Hours, user_id: int) -> None:
    given = (hours.daily_at, hours.quiet_from, hours.quiet_to)
    if not all(one is None or 0 <= one <= 23 for one in given):
        raise BadHours(t("An hour is a number from 0 to 23."), field="daily_at")
    if (hours.quiet_from is None) != (hours.quiet_to is None):
        raise BadHours(
            t("Choose both hours, from when to when nothing is sent, or neither."),
            field="quiet_to" if hours.quiet_to is None else "quiet_from",
        )
    if hours.quiet_from is not None and hours.quiet_from == hours.quiet_to:
        raise BadHours(t("The two hours are the same."), field="quiet_to")
    values = {
        "daily_at": hours.daily_at,
        "quiet_from": hours.quiet_from,
        "quiet_to": hours.quiet_to,
        "quiet_days_off": hours.quiet_days_off,
    }
    session.execute(
        insert(NoticeHours)
        .values(user_id=user_id, **values)
        .on_conflict_do_update(index_elements=["user_id"], set_=values)
    )


def _hours(row: NoticeHours | None) -> Hours:
    if row is None:
        return Hours()
    return Hours(
        daily_at=DAILY_AT if row.daily_at is None else row.daily_at,
        quiet_from=row.quiet_from,
        quiet_to=row.quiet_to,
        quiet_days_off=row.quiet_days_off,
    )


def take_today(session: Session, user_id: int, moment: datetime) -> bool:
    """Take the day for the person's mail of the day; False where it was taken already.

    `moment` is of the office's wall clock. The row decides between two workers.
    """
    today = moment.date()
    fresh = insert(NoticeHours).values(user_id=user_id, last_daily_on=today)
    row = session.execute(
        fresh.on_conflict_do_update(
            index_elements=["user_id"],
            set_={"last_daily_on": today},
            where=NoticeHours.last_daily_on.is_distinct_from(today),
        ).returning(NoticeHours.user_id)
    ).first()
    return row is not None
