"""What a change of the organogram would do: the tree afterwards, problems, and work that moves.

Nothing is written. A change is carried out only as it was planned: `Plan.seen` names the state that
the plan was made for.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from docflow import clock
from docflow.canonical import encoded
from docflow.folding import by_name
from docflow.i18n import Text, t
from docflow.organization import work
from docflow.organization.models import Body, Grant, Unit, User
from docflow.organization.principals import in_service
from docflow.organization.steps import ChangedUnit, DissolvedUnit, NewHead, NewUnit, Step
from docflow.principal import Role

MARKS = ("new", "changed", "dissolved", "")


@dataclass(frozen=True, slots=True)
class Standing:
    """A unit as it stands, or as it would."""

    code: str
    name: str
    parent: str
    phone: str = ""
    email: str = ""
    id: int | None = None
    mark: str = ""  # one of MARKS
    before: str = ""  # its name, where that changes
    successor: str = ""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a step is not possible; `step` is its number from 0, None where it is none's."""

    step: int | None
    text: Text


@dataclass(frozen=True, slots=True)
class Mover:
    """A person with a role in a unit that is dissolved."""

    user_id: int
    full_name: str
    role: str


@dataclass(frozen=True, slots=True)
class Dissolution:
    """A unit that would end, and what goes to its successor."""

    unit_id: int
    code: str
    name: str
    successor: str
    items: tuple[work.OpenItem, ...]  # hidden ones among them
    people: tuple[Mover, ...]
    is_secretariat: bool

    @property
    def shown(self) -> list[work.OpenItem]:
        return work.shown(self.items)


@dataclass(frozen=True, slots=True)
class Plan:
    """A dry run."""

    units: tuple[Standing, ...]
    problems: tuple[Problem, ...]
    dissolutions: tuple[Dissolution, ...]
    seen: str
    unplaced: int = 0  # of the problems, those of work or people left behind

    @property
    def is_possible(self) -> bool:
        return not self.problems


@dataclass
class _Draft:
    """The tree while the steps are tried on it."""

    units: dict[str, Standing]
    past: dict[str, tuple[str, date | None]]  # codes of units that ended: name and last day
    problems: list[Problem] = field(default_factory=list)
    unplaced: int = 0

    def wrong(self, step: int | None, text: Text) -> None:
        self.problems.append(Problem(step, text))


def plan(session: Session, body_id: int, steps: Sequence[Step]) -> Plan:
    """Try the steps on the organogram of today."""
    rows = session.scalars(select(Unit).where(Unit.body_id == body_id).order_by(Unit.code)).all()
    today = clock.today()
    codes = {unit.id: unit.code for unit in rows}
    draft = _Draft({}, {})
    for unit in rows:
        if unit.valid_to is not None and unit.valid_to < today:
            draft.past[unit.code] = (unit.name, unit.valid_to)
            continue
        above = codes.get(unit.parent_id or 0, "")
        draft.units[unit.code] = Standing(
            unit.code, unit.name, above, unit.phone, unit.email, unit.id
        )
    seen = _digest(draft)
    for place, step in enumerate(steps):
        _try(session, body_id, draft, place, step)
    _check_tree(draft, steps)
    dissolutions = _dissolutions(session, body_id, draft, steps)
    return Plan(
        units=tuple(_ordered(draft)),
        problems=tuple(draft.problems),
        dissolutions=tuple(dissolutions),
        seen=seen,
        unplaced=draft.unplaced,
    )


def _digest(draft: _Draft) -> str:
    """Names the tree as it stands: another digest means that somebody changed it."""
    told = sorted([one.code, one.name, one.parent] for one in draft.units.values())
    return hashlib.sha256(encoded({"units": told})).hexdigest()[:32]


def _try(session: Session, body_id: int, draft: _Draft, place: int, step: Step) -> None:
    if isinstance(step, NewUnit):
        _begin(draft, place, step)
        return
    known = draft.units.get(step.code)
    if known is None:
        draft.wrong(place, t("There is no unit with the code “{code}” today.", code=step.code))
    elif known.mark == "dissolved":
        draft.wrong(place, t("The unit “{name}” is dissolved by this change.", name=known.name))
    elif isinstance(step, ChangedUnit):
        _change(draft, known, step)
    elif isinstance(step, DissolvedUnit):
        if known.mark == "new":
            draft.wrong(place, t("The unit “{name}” only begins here.", name=known.name))
            return
        draft.units[step.code] = replace(known, mark="dissolved", successor=step.successor)
    elif step.username and not _is_somebody(session, body_id, step):
        draft.wrong(
            place, t("There is no active account “{name}” in this body.", name=step.username)
        )


def _is_somebody(session: Session, body_id: int, step: NewHead) -> bool:
    query = select(User.id).where(
        User.username == step.username, User.body_id == body_id, in_service()
    )
    return session.scalar(query) is not None


def _begin(draft: _Draft, place: int, step: NewUnit) -> None:
    if step.code in draft.units:
        name = draft.units[step.code].name
        draft.wrong(place, t("The code “{code}” is that of {name}.", code=step.code, name=name))
    elif step.code in draft.past:
        name, last = draft.past[step.code]
        draft.wrong(
            place,
            t(
                "The code “{code}” was that of {name} until {day}. A code is never given again.",
                code=step.code,
                name=name,
                day=f"{last:%d/%m/%Y}",
            ),
        )
    else:
        draft.units[step.code] = Standing(
            step.code, step.name, step.parent, step.phone, step.email, mark="new"
        )


def _change(draft: _Draft, known: Standing, step: ChangedUnit) -> None:
    told = {
        name: value
        for name in ("name", "parent", "phone", "email")
        if (value := getattr(step, name)) is not None
    }
    changed = replace(known, **told)
    if known.mark == "" and changed != known:
        before = known.name if changed.name != known.name else ""
        changed = replace(changed, mark="changed", before=before)
    draft.units[step.code] = changed


def _check_tree(draft: _Draft, steps: Sequence[Step]) -> None:
    blame = {step.code: place for place, step in enumerate(steps)}
    for one in draft.units.values():
        if one.mark == "dissolved":
            _check_successor(draft, one, blame.get(one.code))
            continue
        above = draft.units.get(one.parent)
        if one.parent and above is None:
            draft.wrong(
                blame.get(one.code),
                t("There is no unit with the code “{code}” today.", code=one.parent),
            )
        elif above is not None and above.mark == "dissolved":
            draft.wrong(
                blame.get(above.code),
                t(
                    "{name} lies below {above}, which is dissolved. Say where it goes.",
                    name=one.name,
                    above=above.name,
                ),
            )
        if _is_in_circle(draft, one):
            draft.wrong(blame.get(one.code), t("{name} would lie below itself.", name=one.name))


def _check_successor(draft: _Draft, one: Standing, place: int | None) -> None:
    if not one.successor:
        return  # allowed where nothing is left behind, see `_dissolutions`
    heir = draft.units.get(one.successor)
    if heir is None:
        draft.wrong(place, t("There is no unit with the code “{code}” today.", code=one.successor))
    elif heir.mark == "dissolved":
        draft.wrong(place, t("{name} is dissolved itself: it takes nothing over.", name=heir.name))


def _is_in_circle(draft: _Draft, one: Standing) -> bool:
    way, current = {one.code}, draft.units.get(one.parent)
    while current is not None:
        if current.code in way:
            return current.code == one.code
        way.add(current.code)
        current = draft.units.get(current.parent)
    return False


def _dissolutions(
    session: Session, body_id: int, draft: _Draft, steps: Sequence[Step]
) -> list[Dissolution]:
    ending = [one for one in draft.units.values() if one.mark == "dissolved" and one.id]
    if not ending:
        return []
    ids = {one.id for one in ending if one.id is not None}
    items = work.of_units(session, ids)
    people = _people(session, ids)
    secretariat = session.scalar(select(Body.secretariat_id).where(Body.id == body_id))
    blame = {step.code: place for place, step in enumerate(steps)}
    found = []
    for one in ending:
        assert one.id is not None  # a unit that only begins is not dissolved, see `_try`
        made = Dissolution(
            unit_id=one.id,
            code=one.code,
            name=one.name,
            successor=one.successor,
            items=tuple(item for item in items if item.unit_id == one.id),
            people=tuple(people.get(one.id, ())),
            is_secretariat=one.id == secretariat,
        )
        found.append(made)
        if not one.successor and (made.shown or made.people or made.is_secretariat):
            draft.unplaced += 1
            draft.wrong(blame.get(one.code), _left_behind(made))
    return found


def _left_behind(made: Dissolution) -> Text:
    if made.is_secretariat and not made.shown:
        return t("New entries land with {name}. Name the unit that takes over.", name=made.name)
    return t(
        "{name} has open work ({items}) and people ({people}). Name the unit that takes over.",
        name=made.name,
        items=len(made.shown),
        people=len({mover.user_id for mover in made.people}),
    )


def _people(session: Session, unit_ids: set[int]) -> dict[int, list[Mover]]:
    rows = session.execute(
        select(Grant.unit_id, User.id, User.full_name, Grant.role)
        .join(User, User.id == Grant.user_id)
        .where(
            Grant.unit_id.in_(unit_ids),
            or_(Grant.valid_to.is_(None), Grant.valid_to >= clock.today()),  # those to come too
            User.is_active,
        )
        .order_by(Grant.id)
    ).all()
    found: dict[int, list[Mover]] = {}
    by_rank = sorted(rows, key=lambda row: (row[3] != Role.HEAD, by_name(row[2])))
    for unit_id, user_id, name, role in by_rank:
        assert unit_id is not None  # it is one of those asked for
        found.setdefault(unit_id, []).append(Mover(user_id, name, role))
    return found


def _ordered(draft: _Draft) -> list[Standing]:
    """From the top down; a unit whose place is wrong stands at the top, so that it is seen."""
    below: dict[str, list[Standing]] = {}
    for one in sorted(draft.units.values(), key=lambda unit: unit.code):
        is_lost = one.parent not in draft.units or _is_in_circle(draft, one)
        below.setdefault("" if is_lost else one.parent, []).append(one)

    def walk(above: str, depth: int) -> list[Standing]:
        found: list[Standing] = []
        for one in below.get(above, []):
            found.append(replace(one, depth=depth))
            found += walk(one.code, depth + 1)
        return found

    return walk("", 0)
