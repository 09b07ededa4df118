"""The end of somebody's service: his open work goes somewhere, then the account is closed.

With open work and no place for it the end is refused. What is confidential is moved without being
told of. On the day after the last one a job does what was arranged.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from docflow import audit, clock, outbox, schedule
from docflow.errors import Conflict, DocflowError, Invalid
from docflow.i18n import t
from docflow.organization import work
from docflow.organization.accounts import (
    OwnRights,
    held,
    require_administrator,
    require_another,
    require_may_end,
    require_may_rule,
)
from docflow.organization.login import end_sessions
from docflow.organization.models import ApiToken, Body, Deputy, Grant, User
from docflow.organization.principals import valid_today
from docflow.organization.service import colleague, unit, works_in
from docflow.organization.work import OpenItem, Place
from docflow.principal import Principal, Role, Via

log = logging.getLogger(__name__)


class StillHasWork(Conflict):
    """The person has open work: say who takes it over."""


class BadEnd(Invalid):
    """The service cannot end like this."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """What ending somebody's service would move; confidential items are not among them."""

    items: tuple[OpenItem, ...]
    headed_units: tuple[int, ...]


def dry_run(session: Session, user_id: int, *, by: Principal) -> Leaving:
    """What somebody leaves behind. Raises NotAllowed, NoSuchUser."""
    require_administrator(by)
    row = held(session, user_id, by.body_id, lock=False)
    headed = session.scalars(
        select(Grant.unit_id).where(
            Grant.user_id == row.id,
            Grant.role == Role.HEAD,
            Grant.unit_id.is_not(None),
            valid_today(Grant),
        )
    )
    return Leaving(
        tuple(work.shown(work.of_person(session, row.id))),
        tuple(one for one in headed if one is not None),
    )


def end_service(
    session: Session,
    user_id: int,
    *,
    by: Principal,
    last_day: date,
    work_to: Place | None = None,
    placements: Mapping[str, Place] | None = None,
) -> User:
    """End somebody's service after `last_day`; a day that is over means at once.

    `work_to` takes over what is open; `placements` sends single items elsewhere (only where the
    service ends at once). Raises NotAllowed, OwnRights, NoSuchUser, StillHasWork, BadEnd,
    LastAdministrator.
    """
    require_administrator(by)
    if user_id == by.user_id:
        raise OwnRights(t("Nobody does this to his own account. Ask another administrator."))
    row = held(session, user_id, by.body_id)
    if not row.is_active:
        raise BadEnd(t("This account is closed already."))
    require_may_end(session, row, by)
    for place in (work_to, *(placements or {}).values()):
        _check_place(session, place, row)
    if work_to is None and work.shown(work.of_person(session, row.id)):
        raise StillHasWork(
            t(
                "{name} has open work ({n}). Say which unit or person takes it over.",
                name=row.full_name,
                n=len(work.shown(work.of_person(session, row.id))),
            ),
            field="work_to",
        )
    row.service_ends_on = last_day
    row.work_to_unit_id = work_to.unit_id if work_to else None
    row.work_to_user_id = work_to.user_id if work_to else None
    row.service_ended_by = by.person_id
    audit.record(
        session,
        "user.service-ends",
        by=by,
        subject=("user", row.id),
        last_day=last_day.isoformat(),
        unit=row.work_to_unit_id,
        person=row.work_to_user_id,
    )
    if last_day < clock.today():
        _close(session, row, by, placements or {})
    return row


def keep_in_service(session: Session, user_id: int, *, by: Principal) -> User:
    """Take back an end that was arranged and has not come. Raises NotAllowed, OwnRights, BadEnd."""
    require_administrator(by)
    require_another(by, user_id)
    row = held(session, user_id, by.body_id)
    require_may_rule(session, row, by)
    if not row.is_active or row.service_ends_on is None:
        raise BadEnd(t("No end of service is arranged for this account."))
    row.service_ends_on = row.work_to_unit_id = row.work_to_user_id = None
    audit.record(session, "user.service-goes-on", by=by, subject=("user", row.id))
    return row


def _check_place(session: Session, place: Place | None, leaver: User) -> None:
    if place is None:
        return
    unit(session, place.unit_id, body_id=leaver.body_id)
    if place.user_id is None:
        return
    colleague(session, place.user_id, body_id=leaver.body_id)
    if place.user_id == leaver.id or not works_in(session, place.user_id, place.unit_id):
        raise BadEnd(
            t("This person does not work in the unit. Choose a person of the unit."),
            field="work_to",
        )


def _close(session: Session, row: User, by: Principal, placements: Mapping[str, Place]) -> None:
    """Roles, logins, tokens and appointments end, and every open item goes somewhere."""
    yesterday = clock.today() - timedelta(days=1)
    otherwise = _otherwise(session, row)
    items = work.of_person(session, row.id)
    for item in items:
        place = placements.get(item.key) if not item.is_hidden else None
        work.move(session, item, place or _default(session, row, item, otherwise), by=by)
    for grant in session.scalars(
        select(Grant).where(
            Grant.user_id == row.id,
            or_(Grant.valid_to.is_(None), Grant.valid_to >= clock.today()),
        )
    ):
        grant.valid_to = yesterday
    for deputy in session.scalars(
        select(Deputy).where(
            or_(Deputy.person_id == row.id, Deputy.deputy_id == row.id),
            Deputy.ended_at.is_(None),
            Deputy.valid_to >= clock.today(),
        )
    ):
        deputy.ended_at, deputy.ended_by = clock.now(), by.person_id
    end_sessions(session, row.id)
    session.execute(
        update(ApiToken)
        .where(ApiToken.user_id == row.id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )
    row.is_active = False
    audit.record(
        session,
        "user.closed",
        by=by,
        subject=("user", row.id),
        items=len(work.shown(items)),
    )


def _default(session: Session, row: User, item: OpenItem, otherwise: Place | None) -> Place:
    """Where an item goes that was not placed by hand. A hidden one goes to no named person: it
    stays in its unit, for those who may see it."""
    if otherwise is None or item.is_hidden:
        return Place(item.unit_id)
    return otherwise


def _otherwise(session: Session, row: User) -> Place | None:
    """The place that was arranged, or that of the unit that took over meanwhile."""
    if row.work_to_unit_id is None:
        return None
    try:
        unit(session, row.work_to_unit_id, body_id=row.body_id)
    except DocflowError:
        secretariat = session.get_one(Body, row.body_id).secretariat_id
        return Place(secretariat) if secretariat is not None else None
    person = row.work_to_user_id
    if person is not None and not works_in(session, person, row.work_to_unit_id):
        person = None
    return Place(row.work_to_unit_id, person)


schedule.every("organization.leavings", timedelta(minutes=10))


@outbox.job("organization.leavings")
def close_due(run: outbox.Run) -> None:
    """Close the accounts whose last day is over, each in its own transaction."""
    today = clock.today(run.office.settings.zone)
    with run.office.db.read() as session:
        due = session.execute(
            select(User.id, User.body_id)
            .where(User.is_active, User.service_ends_on < today)
            .order_by(User.id)
        ).all()
    for user_id, body_id in due:
        try:
            with run.office.db.begin() as session:
                row = held(session, user_id, body_id)
                over = row.service_ends_on is not None and row.service_ends_on < today
                if row.is_active and over:
                    _close(session, row, _acting(session, row), {})
        except (DocflowError, IntegrityError):
            # He is out by his last day already; the next run moves his work, and the others
            # are not kept waiting.
            log.exception("account %s is closed by a later run", user_id)


def _acting(session: Session, row: User) -> Principal:
    """In whose name the job moves the work: of him who arranged the end."""
    actor = session.get_one(User, row.service_ended_by or row.id)
    return Principal(
        user_id=actor.id,
        body_id=row.body_id,
        username=actor.username,
        full_name=actor.full_name,
        via=Via.JOB,
    )
