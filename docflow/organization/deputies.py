"""Deputies: who acts for a person while he is away, from when to when, and for what.

An appointment gives one person the right to act for another, never the right to pass that on: a
deputy's own deputy acts for the deputy alone. The database refuses chains too (migration 0015).
Source: domain rows 55, 68.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.errors import Conflict, Invalid, NotFound
from docflow.folding import by_name, line
from docflow.i18n import t
from docflow.organization.models import ActsAs, Deputy, DeputyScope, Grant, User
from docflow.organization.principals import in_service, logs_in
from docflow.organization.service import colleague, names
from docflow.principal import Principal, Role

MAX_AUTHORITY = 500


class BadDeputy(Invalid):
    """This appointment is not possible."""


class DeputyOfDeputy(Conflict):
    """A deputy has no deputy."""


class NoSuchDeputy(NotFound):
    """There is no such appointment, or it is not open to this person."""


@dataclass(frozen=True, slots=True)
class Appointment:
    """Who is to act for whom; both days are included. `authority` cites the decision."""

    person_id: int
    deputy_id: int
    valid_from: date
    valid_to: date
    scope: DeputyScope = DeputyScope.ALL
    acts_as: ActsAs = ActsAs.DEPUTY
    authority: str = ""


@dataclass(frozen=True, slots=True)
class DeputyInfo:
    """An appointment as lists show it."""

    id: int
    person_id: int
    person: str
    deputy_id: int
    deputy: str
    valid_from: date
    valid_to: date
    scope: str
    acts_as: str
    authority: str
    is_in_force: bool
    is_over: bool
    may_end: bool


def appoint(session: Session, wanted: Appointment, *, by: Principal) -> Deputy:
    """Let somebody act for a person. By an administrator, a head of the person, or himself.

    Raises NotAllowed, BadDeputy, DeputyOfDeputy, NoSuchUser.
    """
    by.require_scope("administer")
    _require_may_appoint(session, wanted.person_id, by)
    if wanted.deputy_id == wanted.person_id:
        raise BadDeputy(t("Nobody is his own deputy. Choose another person."), field="deputy")
    if wanted.deputy_id == by.user_id:
        raise BadDeputy(
            t("Nobody makes himself a deputy. Ask a head or an administrator."), field="deputy"
        )
    # Held together and in one order: two appointments that would make a chain wait for each other.
    people = session.scalars(
        select(User)
        .where(User.id.in_([wanted.person_id, wanted.deputy_id]), User.body_id == by.body_id)
        .order_by(User.id)
        .with_for_update()
    ).all()
    if len(people) < 2:
        raise BadDeputy(t("Choose a person of this body."), field="deputy")
    colleague(session, wanted.deputy_id, body_id=by.body_id)  # a closed account acts for nobody
    _check_period(wanted)
    _require_no_chain(session, wanted)
    row = Deputy(
        body_id=by.body_id,
        person_id=wanted.person_id,
        deputy_id=wanted.deputy_id,
        valid_from=wanted.valid_from,
        valid_to=wanted.valid_to,
        scope=wanted.scope,
        acts_as=wanted.acts_as,
        authority=line(wanted.authority)[:MAX_AUTHORITY],
        appointed_by=by.person_id,
    )
    session.add(row)
    session.flush()  # its id, for the event
    audit.record(
        session,
        "deputy.appointed",
        by=by,
        subject=("user", wanted.person_id),
        appointment=row.id,
        person=wanted.deputy_id,
        valid_from=wanted.valid_from.isoformat(),
        valid_to=wanted.valid_to.isoformat(),
        scope=wanted.scope,
        acts_as=wanted.acts_as,
    )
    for then in _after_appointment:
        then(session, row, by)
    return row


AfterAppointment = Callable[[Session, Deputy, Principal], None]
_after_appointment: list[AfterAppointment] = []


def after_appointment(function: AfterAppointment) -> AfterAppointment:
    """Register what an upper package does, in the same transaction, when a deputy is appointed."""
    _after_appointment.append(function)
    return function


def end(session: Session, appointment_id: int, *, by: Principal) -> Deputy:
    """End an appointment now. What the deputy did stays. Raises NoSuchDeputy, NotAllowed."""
    by.require_scope("administer")
    row = session.scalar(
        select(Deputy)
        .where(Deputy.id == appointment_id, Deputy.body_id == by.body_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None or not (_may_see(session, row, by)):
        raise NoSuchDeputy(t("There is no such appointment."))
    _require_may_appoint(session, row.person_id, by)
    if row.ended_at is not None:
        raise BadDeputy(t("This appointment has ended already."))
    row.ended_at, row.ended_by = clock.now(), by.person_id
    audit.record(
        session,
        "deputy.ended",
        by=by,
        subject=("user", row.person_id),
        appointment=row.id,
        person=row.deputy_id,
    )
    return row


def in_force() -> ColumnElement[bool]:
    """The condition on `deputies` that the appointment holds today."""
    today = clock.today()
    return (Deputy.valid_from <= today) & (Deputy.valid_to >= today) & (Deputy.ended_at.is_(None))


def acting_for(session: Session, user_id: int | None) -> list[Deputy]:
    """The appointments under which the person acts for others today, the oldest first."""
    if user_id is None:
        return []
    return list(
        session.scalars(
            select(Deputy).where(Deputy.deputy_id == user_id, in_force()).order_by(Deputy.id)
        )
    )


def last_over(session: Session, deputy_id: int | None, person_ids: Iterable[int]) -> Deputy | None:
    """The latest appointment of the deputy for one of these people that holds no more."""
    return session.scalar(
        select(Deputy)
        .where(
            Deputy.deputy_id == deputy_id,
            Deputy.person_id.in_(list(person_ids)),
            or_(Deputy.valid_to < clock.today(), Deputy.ended_at.is_not(None)),
        )
        .order_by(Deputy.valid_to.desc())
        .limit(1)
    )


def deputies_of(session: Session, person_ids: Iterable[int | None]) -> dict[int, list[DeputyInfo]]:
    """Who acts for each of these people today."""
    ids = {one for one in person_ids if one is not None}
    rows = session.scalars(
        select(Deputy).where(Deputy.person_id.in_(ids), in_force()).order_by(Deputy.id)
    ).all()
    found: dict[int, list[DeputyInfo]] = {}
    for info in _infos(session, rows, None):
        found.setdefault(info.person_id, []).append(info)
    return found


def deputies(session: Session, *, by: Principal, with_past: bool = False) -> list[DeputyInfo]:
    """The appointments that concern the person: his own, those of his people, or all of the body's.

    An administrator or auditor sees all; a head those of the people of his units.
    """
    query = select(Deputy).where(Deputy.body_id == by.body_id)
    if not (by.is_administrator or by.is_auditor):
        query = query.where(
            or_(
                Deputy.person_id == by.user_id,
                Deputy.deputy_id == by.user_id,
                Deputy.person_id.in_(_people_of(by)),
            )
        )
    if not with_past:
        query = query.where(Deputy.valid_to >= clock.today(), Deputy.ended_at.is_(None))
    rows = session.scalars(query.order_by(Deputy.valid_from.desc(), Deputy.id.desc()).limit(200))
    return _infos(session, rows.all(), by)


def may_appoint_for(session: Session, *, by: Principal) -> list[tuple[int, str]]:
    """The people for whom this person may appoint a deputy, as (id, name)."""
    query = select(User.id, User.full_name).where(
        User.body_id == by.body_id, in_service(), logs_in()
    )
    if not by.is_administrator:
        allowed: list[ColumnElement[bool]] = [User.id.in_(_people_of(by))]
        if _decides_himself(by):
            allowed.append(User.id == by.user_id)
        query = query.where(or_(*allowed))
    people = session.execute(query.order_by(User.id))
    return sorted(((one, name) for one, name in people), key=lambda person: by_name(person[1]))


def colleagues(session: Session, *, by: Principal) -> list[tuple[int, str]]:
    """Everybody of the body who works here, as (id, name and title)."""
    rows = session.execute(
        select(User.id, User.full_name, User.title)
        .where(User.body_id == by.body_id, in_service(), logs_in())
        .order_by(User.id)
    ).all()
    people = sorted(rows, key=lambda row: by_name(row[1]))
    return [(one, f"{name} – {title}" if title else name) for one, name, title in people]


def _check_period(wanted: Appointment) -> None:
    if wanted.valid_to < wanted.valid_from:
        raise BadDeputy(t("The last day is before the first."), field="valid_to")
    if wanted.valid_to < clock.today():
        raise BadDeputy(t("This period is over. Choose days to come."), field="valid_to")


def _require_no_chain(session: Session, wanted: Appointment) -> None:
    overlapping = (
        Deputy.ended_at.is_(None)
        & (Deputy.valid_from <= wanted.valid_to)
        & (Deputy.valid_to >= wanted.valid_from)
    )
    replaced = session.scalar(
        select(Deputy).where(overlapping, Deputy.person_id == wanted.deputy_id).limit(1)
    )
    if replaced is not None:
        raise DeputyOfDeputy(
            t(
                "{name} has a deputy himself from {start} to {end}. Choose somebody who is there.",
                name=names(session, [wanted.deputy_id]).get(wanted.deputy_id, ""),
                start=f"{replaced.valid_from:%d/%m/%Y}",
                end=f"{replaced.valid_to:%d/%m/%Y}",
            ),
            field="deputy",
        )
    acts = session.scalar(
        select(Deputy).where(overlapping, Deputy.deputy_id == wanted.person_id).limit(1)
    )
    if acts is not None:
        called = names(session, [wanted.person_id, acts.person_id])
        raise DeputyOfDeputy(
            t(
                "{name} is the deputy of {other} from {start} to {end}, and a deputy has no "
                "deputy. End that appointment first.",
                name=called.get(wanted.person_id, ""),
                other=called.get(acts.person_id, ""),
                start=f"{acts.valid_from:%d/%m/%Y}",
                end=f"{acts.valid_to:%d/%m/%Y}",
            ),
            field="person",
        )


def _decides_himself(by: Principal) -> bool:
    return bool(by.roles & {Role.HEAD, Role.SIGNER, Role.FINAL_SIGNER})


def _require_may_appoint(session: Session, person_id: int, by: Principal) -> None:
    allowed = by.is_administrator or (person_id == by.user_id and _decides_himself(by))
    if not allowed and by.headed_unit_ids:
        allowed = person_id in set(session.scalars(_people_of(by)))
    by.require(
        allowed,
        t("Only an administrator or a head of the person appoints his deputy."),
    )


def _people_of(by: Principal) -> Select[int]:
    """The ids of those who have a place in a unit that the person heads."""
    return select(Grant.user_id).where(Grant.unit_id.in_(by.headed_unit_ids), _valid_today())


def _valid_today() -> ColumnElement[bool]:
    today = clock.today()
    return (Grant.valid_from <= today) & or_(Grant.valid_to.is_(None), Grant.valid_to >= today)


def _may_see(session: Session, row: Deputy, by: Principal) -> bool:
    if by.is_administrator or by.user_id in (row.person_id, row.deputy_id):
        return True
    return row.person_id in set(session.scalars(_people_of(by)))


def _infos(session: Session, rows: Iterable[Deputy], by: Principal | None) -> list[DeputyInfo]:
    found = list(rows)
    called = names(session, [one for row in found for one in (row.person_id, row.deputy_id)])
    mine = set(session.scalars(_people_of(by))) if by and by.headed_unit_ids else set()
    today = clock.today()

    def may_end(row: Deputy) -> bool:
        if by is None or row.ended_at is not None or row.valid_to < today:
            return False
        himself = row.person_id == by.user_id and _decides_himself(by)
        return by.is_administrator or himself or row.person_id in mine

    return [
        DeputyInfo(
            id=row.id,
            person_id=row.person_id,
            person=called.get(row.person_id, ""),
            deputy_id=row.deputy_id,
            deputy=called.get(row.deputy_id, ""),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            scope=row.scope,
            acts_as=row.acts_as,
            authority=row.authority,
            is_in_force=row.ended_at is None and row.valid_from <= today <= row.valid_to,
            is_over=row.ended_at is not None or row.valid_to < today,
            may_end=may_end(row),
        )
        for row in found
    ]
