"""Classes as files and entries have them: of the plan that was in force on the day concerned."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from docflow import audit, clock, registry
from docflow.case_files.models import EntryClass, Plan, PlanClass, PlanVersion
from docflow.errors import Invalid
from docflow.folding import line
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import Entry


class ClassNotInForce(Invalid):
    """No plan that is in force on this day has the class."""


class ClassUnclear(Invalid):
    """Several plans have a class of this code."""


@dataclass(frozen=True, slots=True)
class ClassInfo:
    """A class as lists and choices show it; `name` tells it from those of other plans."""

    id: int
    plan: str
    version: int
    code: str
    title: str
    depth: int
    retention_years: int | None
    action: str

    @property
    def name(self) -> str:
        return f"{self.plan}:{self.code}"


def in_force(session: Session, on: date, *, by: Principal) -> list[ClassInfo]:
    """All classes that can be given on this day, plan by plan, from the top down."""
    rows = session.execute(
        _query(by.body_id, on).order_by(Plan.code, PlanVersion.number, PlanClass.position)
    )
    return [_info(*row) for row in rows]


def find(session: Session, typed: str, on: date, *, by: Principal) -> ClassInfo:
    """The class that a person names on this day: its code, or `plan:code`.

    Raises ClassNotInForce, ClassUnclear.
    """
    plan, _, code = line(typed).rpartition(":")
    if not code.strip():
        raise ClassNotInForce(t("Choose the class from the list."), field="class_code")
    query = _query(by.body_id, on).where(PlanClass.code == code.strip())
    if plan:
        query = query.where(Plan.code == plan.strip())
    found = [_info(*row) for row in session.execute(query)]
    if not found:
        raise ClassNotInForce(
            t(
                "No classification plan in force on {day} has the class “{code}”. Choose one from "
                "the list.",
                day=f"{on:%d/%m/%Y}",
                code=line(typed)[:60],
            ),
            field="class_code",
        )
    if len(found) > 1:
        raise ClassUnclear(
            t(
                "Several plans have the class {code}. Write which one: {choices}.",
                code=code,
                choices=", ".join(one.name for one in found),
            ),
            field="class_code",
        )
    return found[0]


def by_ids(session: Session, ids: Iterable[int | None]) -> dict[int, ClassInfo]:
    """Classes by their ids, in force or not."""
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    query = (
        select(PlanClass, Plan.code, PlanVersion.number)
        .join(PlanVersion, PlanVersion.id == PlanClass.version_id)
        .join(Plan, Plan.id == PlanVersion.plan_id)
        .where(PlanClass.id.in_(wanted))
    )
    return {row[0].id: _info(*row) for row in session.execute(query)}


def of_entries(session: Session, entry_ids: Iterable[int]) -> dict[int, ClassInfo]:
    """The class of each entry that has one. The caller has checked the right to see them."""
    ids = list(entry_ids)
    if not ids:
        return {}
    last = (select(func.max(EntryClass.id)).where(EntryClass.entry_id.in_(ids))).group_by(
        EntryClass.entry_id
    )
    rows = session.execute(
        select(EntryClass.entry_id, EntryClass.class_id).where(EntryClass.id.in_(last))
    ).all()
    known = by_ids(session, [class_id for _, class_id in rows])
    return {entry_id: known[class_id] for entry_id, class_id in rows}


def classify(session: Session, entry_id: int, typed: str, *, by: Principal, zone: str) -> ClassInfo:
    """Give an entry a class of the plan that was in force on the day of its registration.

    The class that it had before stays in the history. Raises NoSuchEntry, ClassNotInForce,
    ClassUnclear, NotAllowed.
    """
    by.require_scope("route")
    entry = registry.get(session, entry_id, by=by, lock=True)
    by.require(not _only_reads(by), t("An auditor changes nothing."))
    found = find(session, typed, clock.local(entry.registered_at, zone).date(), by=by)
    now = of_entries(session, [entry.id]).get(entry.id)
    if now is None or now.id != found.id:
        give(session, entry.id, found.id, by=by)
    return found


def inherit(session: Session, entry: Entry, class_id: int, *, by: Principal, zone: str) -> None:
    """An entry without a class takes that of its file, as the plan had it on the entry's day.

    Where the plan had no such class then, the entry stays without one.
    """
    if of_entries(session, [entry.id]):
        return
    wanted = by_ids(session, [class_id])[class_id]
    day = clock.local(entry.registered_at, zone).date()
    then = session.execute(
        _query(entry.body_id, day).where(Plan.code == wanted.plan, PlanClass.code == wanted.code)
    ).first()
    if then is not None:
        give(session, entry.id, then[0].id, by=by)


def give(session: Session, entry_id: int, class_id: int, *, by: Principal) -> None:
    """Write the class of the entry, with its event."""
    session.add(EntryClass(entry_id=entry_id, class_id=class_id, classed_by=by.user_id))
    session.flush()  # what the next question for the entry's class must see
    audit.record(session, "entry.classified", by=by, subject=("entry", entry_id), class_id=class_id)


def _only_reads(by: Principal) -> bool:
    return by.is_auditor and not by.unit_ids


def _query(body_id: int, on: date) -> Select[PlanClass, str, int]:
    return (
        select(PlanClass, Plan.code, PlanVersion.number)
        .join(PlanVersion, PlanVersion.id == PlanClass.version_id)
        .join(Plan, Plan.id == PlanVersion.plan_id)
        .where(
            Plan.body_id == body_id,
            PlanVersion.valid_from <= on,
            or_(PlanVersion.valid_to.is_(None), PlanVersion.valid_to >= on),
        )
    )


def _info(row: PlanClass, plan: str, version: int) -> ClassInfo:
    return ClassInfo(
        id=row.id,
        plan=plan,
        version=version,
        code=row.code,
        title=row.title,
        depth=row.depth,
        retention_years=row.retention_years,
        action=row.action,
    )
