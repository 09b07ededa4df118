"""What a planned change of the organogram writes. Called with the body's row held."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.organization import work
from docflow.organization.models import Body, Grant, Position, Unit, User
from docflow.organization.planning import Dissolution, Plan
from docflow.organization.principals import valid_today
from docflow.organization.service import head_of
from docflow.organization.steps import (
    ChangedUnit,
    DissolvedUnit,
    NewHead,
    NewUnit,
    Placing,
    Step,
)
from docflow.organization.work import Place
from docflow.principal import Principal, Role


def apply(
    session: Session,
    body_id: int,
    steps: Sequence[Step],
    plan: Plan,
    placements: Mapping[str, Placing],
    *,
    by: Principal,
) -> dict[str, Any]:
    """Write the steps of a possible plan; how much of what was done."""
    held = _hold_ending(session, plan)
    units = {
        unit.code: unit
        for unit in session.scalars(
            select(Unit).where(Unit.body_id == body_id).with_for_update(key_share=True)
        )
    }
    begun = _begin(session, body_id, steps, plan, units, by)
    changed = _change(session, steps, units, by)
    people = moved = 0
    for ending in plan.dissolutions:
        heir = units.get(ending.successor)
        if heir is not None:
            people += _move_people(session, ending, heir, steps)
    session.flush()  # who works where now, for those who keep their items
    for ending in _deepest_first(plan, units):
        heir = units.get(ending.successor) or _above(session, ending, units)
        moved += _move_work(session, ending, heir, units, placements, by)
        _dissolve(session, ending, held[ending.unit_id], units.get(ending.successor), by)
    heads = _new_heads(session, steps, units, by)
    return {
        "begun": begun,
        "changed": changed,
        "dissolved": len(plan.dissolutions),
        "people": people,
        "items": moved,
        "heads": heads,
    }


def _hold_ending(session: Session, plan: Plan) -> dict[int, Unit]:
    """The units that end, held against whoever gives them work, in one order for all."""
    ids = [one.unit_id for one in plan.dissolutions]
    rows = session.scalars(
        select(Unit).where(Unit.id.in_(ids)).order_by(Unit.id).with_for_update()
    ).all()
    return {unit.id: unit for unit in rows}


def _begin(
    session: Session,
    body_id: int,
    steps: Sequence[Step],
    plan: Plan,
    units: dict[str, Unit],
    by: Principal,
) -> int:
    """New units, those above before those below: in the order of the planned tree."""
    new = {step.code: step for step in steps if isinstance(step, NewUnit)}
    for standing in plan.units:
        step = new.get(standing.code)
        if step is None:
            continue
        above = units.get(standing.parent)
        units[step.code] = Unit(
            body_id=body_id,
            parent_id=above.id if above else None,
            code=step.code,
            name=standing.name,
            phone=step.phone,
            email=step.email,
            valid_from=clock.today(),
        )
        session.add(units[step.code])
        session.flush()  # its id, for the units below it
        _record(session, "unit.begun", units[step.code], by, code=step.code, name=standing.name)
    return len(new)


def _change(
    session: Session, steps: Sequence[Step], units: Mapping[str, Unit], by: Principal
) -> int:
    count = 0
    for step in steps:
        if not isinstance(step, ChangedUnit):
            continue
        unit, old = units[step.code], {}
        above = units[step.parent].id if step.parent else None
        wanted = {"name": step.name, "phone": step.phone, "email": step.email}
        told: dict[str, object] = {n: value for n, value in wanted.items() if value is not None}
        if step.parent is not None:
            told["parent_id"] = above
        for name, value in told.items():
            if getattr(unit, name) != value:
                old[name] = getattr(unit, name)
                setattr(unit, name, value)
        if old:
            unit.changed_at = clock.now()
            _record(session, "unit.changed", unit, by, before=old, after={n: told[n] for n in old})
            count += 1
    session.flush()
    return count


def _move_people(session: Session, ending: Dissolution, heir: Unit, steps: Sequence[Step]) -> int:
    """Roles in the unit that ends are ended, and given in the successor."""
    along = any(
        isinstance(step, DissolvedUnit) and step.code == ending.code and step.head_goes_along
        for step in steps
    )
    today = clock.today()
    rows = session.scalars(
        select(Grant)
        .join(User, User.id == Grant.user_id)
        .where(
            Grant.unit_id == ending.unit_id,
            or_(Grant.valid_to.is_(None), Grant.valid_to >= today),
            User.is_active,
        )
        .order_by(Grant.id)
    ).all()
    for row in rows:
        if row.valid_from > today:
            # A head to come is one of the unit that ends: in the other he works.
            later = Role.EMPLOYEE if row.role == Role.HEAD else Role(row.role)
            _give_later(session, row, heir, later)
            continue
        role = Role.EMPLOYEE if row.role == Role.HEAD and not along else Role(row.role)
        if role == Role.HEAD:
            _end_heads(session, heir.id)
        has_it = session.scalar(
            select(Grant.id).where(
                Grant.user_id == row.user_id,
                Grant.unit_id == heir.id,
                Grant.role == role,
                valid_today(Grant),
            )
        )
        if has_it is None:
            session.add(
                Grant(
                    user_id=row.user_id,
                    unit_id=heir.id,
                    role=role,
                    valid_from=today,
                    valid_to=row.valid_to,
                )
            )
        row.valid_to = today - timedelta(days=1)
    return len({row.user_id for row in rows})


def _give_later(session: Session, row: Grant, heir: Unit, role: Role) -> None:
    """A role that begins on a day to come begins in the successor, and never here."""
    first = row.valid_from
    has_it = session.scalar(
        select(Grant.id).where(
            Grant.user_id == row.user_id,
            Grant.unit_id == heir.id,
            Grant.role == role,
            or_(Grant.valid_to.is_(None), Grant.valid_to >= first),
        )
    )
    if has_it is None:
        session.add(
            Grant(
                user_id=row.user_id,
                unit_id=heir.id,
                role=role,
                valid_from=first,
                valid_to=row.valid_to,
            )
        )
    row.valid_to = clock.today() - timedelta(days=1)


def _deepest_first(plan: Plan, units: Mapping[str, Unit]) -> list[Dissolution]:
    """So that what goes to a unit above goes on from there, if that one ends too."""
    above = {unit.id: unit.parent_id for unit in units.values()}

    def depth(unit_id: int) -> int:
        level, at = 0, above.get(unit_id)
        while at is not None:
            level, at = level + 1, above.get(at)
        return level

    return sorted(plan.dissolutions, key=lambda ending: depth(ending.unit_id), reverse=True)


def _above(session: Session, ending: Dissolution, units: Mapping[str, Unit]) -> Unit:
    """Where confidential work goes that the plan may not tell of: to the unit above, or to the
    secretariat."""
    unit = session.get_one(Unit, ending.unit_id)
    known = {one.id: one for one in units.values()}
    if unit.parent_id is not None:
        return known[unit.parent_id]
    secretariat = session.get_one(Body, unit.body_id).secretariat_id
    return known[secretariat if secretariat is not None else unit.id]


def _move_work(
    session: Session,
    ending: Dissolution,
    heir: Unit,
    units: Mapping[str, Unit],
    placements: Mapping[str, Placing],
    by: Principal,
) -> int:
    """Every open item of the unit, as it is found now: what came meanwhile moves too."""
    items = work.of_units(session, {ending.unit_id})
    there = set(
        session.scalars(
            select(Grant.user_id)
            .join(User, User.id == Grant.user_id)
            .where(Grant.unit_id == heir.id, valid_today(Grant), User.is_active)
        )
    )
    for item in items:
        chosen = placements.get(item.key)
        if chosen is None or item.is_hidden:
            place = Place(heir.id, item.user_id if item.user_id in there else None)
        else:
            place = Place(units[chosen.code].id, chosen.user_id)
        work.move(session, item, place, by=by)
    work.inherit(session, ending.unit_id, heir.id, by=by)
    return len(work.shown(items))


def _dissolve(
    session: Session, ending: Dissolution, unit: Unit, heir: Unit | None, by: Principal
) -> None:
    last = clock.today() - timedelta(days=1)
    unit.valid_to, unit.successor_id = last, heir.id if heir else None
    for position in session.scalars(
        select(Position).where(Position.unit_id == unit.id, Position.valid_to.is_(None))
    ):
        position.valid_to = last
    if ending.is_secretariat and heir is not None:
        session.get_one(Body, unit.body_id).secretariat_id = heir.id
    _record(
        session,
        "unit.dissolved",
        unit,
        by,
        code=unit.code,
        name=unit.name,
        successor=heir.id if heir else None,
    )


def _new_heads(
    session: Session, steps: Sequence[Step], units: Mapping[str, Unit], by: Principal
) -> int:
    count = 0
    for step in steps:
        if not isinstance(step, NewHead):
            continue
        unit = units[step.code]
        session.flush()
        current = session.scalars(
            select(User.username)
            .join(Grant, Grant.user_id == User.id)
            .where(Grant.unit_id == unit.id, Grant.role == Role.HEAD, valid_today(Grant))
        ).all()
        if list(current) == ([step.username] if step.username else []):
            continue
        _end_heads(session, unit.id)
        count += 1
        person = None
        if step.username:
            person = session.scalar(select(User.id).where(User.username == step.username))
            assert person is not None  # the plan found the account
            session.add(
                Grant(user_id=person, unit_id=unit.id, role=Role.HEAD, valid_from=clock.today())
            )
        _record(session, "unit.head-changed", unit, by, person=person)
    return count


def _end_heads(session: Session, unit_id: int) -> None:
    """Whoever heads the unit today did so until yesterday."""
    for row in session.scalars(
        select(Grant).where(Grant.unit_id == unit_id, Grant.role == Role.HEAD, valid_today(Grant))
    ):
        row.valid_to = clock.today() - timedelta(days=1)
        _keep_at_work(session, row)


def _keep_at_work(session: Session, head: Grant) -> None:
    """Who is head no more works on in the unit: his open items are there, and he knows them."""
    session.flush()  # the end, and the roles given before
    has_place = session.scalar(
        select(Grant.id).where(
            Grant.user_id == head.user_id,
            Grant.unit_id == head.unit_id,
            Grant.role.in_([Role.EMPLOYEE, Role.CLERK]),
            valid_today(Grant),
        )
    )
    if has_place is None:
        session.add(
            Grant(
                user_id=head.user_id,
                unit_id=head.unit_id,
                role=Role.EMPLOYEE,
                valid_from=clock.today(),
            )
        )


def _record(session: Session, action: str, unit: Unit, by: Principal, **details: Any) -> None:
    audit.record(session, action, by=by, subject=("unit", unit.id), **details)


def heirs_without_head(session: Session, plan: Plan) -> list[str]:
    """Names of units that would take work over and have no head, to be told in a dry run."""
    found = []
    for one in plan.units:
        is_heir = any(ending.successor == one.code for ending in plan.dissolutions)
        if is_heir and (one.id is None or head_of(session, one.id) is None):
            found.append(one.name)
    return found
