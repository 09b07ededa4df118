"""Classification plans: a draft is written, put in force from a day on, and replaced by the next.

A version in force is never rewritten. Several plans may be in force beside each other; a class is
then named with the code of its plan. Source: domain row 88; MoReq2010 (classification).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import audit, clock, organization
from docflow.case_files import class_lists
from docflow.case_files.class_lists import Class, Difference
from docflow.case_files.models import Plan, PlanClass, PlanVersion
from docflow.errors import Conflict, Invalid, NotFound
from docflow.folding import line
from docflow.i18n import t
from docflow.principal import Principal

_LONGEST_TITLE = 200


class NoSuchPlan(NotFound):
    """The body has no such classification plan, or no such version of it."""


class BadPlanCode(Invalid):
    """A plan needs a short code and a title."""


class PlanChanged(Conflict):
    """Somebody else changed the draft of the plan in the meantime."""


class NotPutInForce(Conflict):
    """The version cannot be put in force from this day."""


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """A version of a plan. A draft has neither first nor last day."""

    id: int
    number: int
    revision: int
    classes: int
    valid_from: date | None
    valid_to: date | None
    changed_by: str
    changed_at: datetime

    @property
    def is_draft(self) -> bool:
        return self.valid_from is None

    def holds_on(self, day: date) -> bool:
        if self.valid_from is None or day < self.valid_from:
            return False
        return self.valid_to is None or day <= self.valid_to

    def state_on(self, day: date) -> str:
        """draft, future, in-force or replaced."""
        if self.valid_from is None:
            return "draft"
        if day < self.valid_from:
            return "future"
        return "in-force" if self.holds_on(day) else "replaced"


@dataclass(frozen=True, slots=True)
class PlanInfo:
    """A plan with its versions, the newest first."""

    id: int
    code: str
    title: str
    versions: tuple[VersionInfo, ...]

    @property
    def draft(self) -> VersionInfo | None:
        return next((one for one in self.versions if one.is_draft), None)


def may_keep(by: Principal) -> bool:
    """Whether the person writes plans and masks: the administrator, or the head of the registry."""
    return by.is_administrator or by.is_registrar


def listing(session: Session, *, by: Principal) -> list[PlanInfo]:
    """The plans of the body with their versions."""
    by.require_scope("read")
    plans = session.scalars(select(Plan).where(Plan.body_id == by.body_id).order_by(Plan.code))
    found = {plan.id: plan for plan in plans}
    rows = session.scalars(
        select(PlanVersion)
        .where(PlanVersion.plan_id.in_(found))
        .order_by(PlanVersion.plan_id, PlanVersion.number.desc())
    ).all()
    people = organization.names(session, [row.changed_by for row in rows])
    versions: dict[int, list[VersionInfo]] = {}
    for row in rows:
        versions.setdefault(row.plan_id, []).append(_info(row, people))
    return [
        PlanInfo(plan.id, plan.code, plan.title, tuple(versions.get(plan.id, ())))
        for plan in found.values()
    ]


def named(session: Session, code: str, *, by: Principal) -> PlanInfo:
    """The plan of this code. Raises NoSuchPlan."""
    for plan in listing(session, by=by):
        if plan.code == code:
            return plan
    raise _no_plan(code)


def classes_of(session: Session, code: str, number: int | None, *, by: Principal) -> list[Class]:
    """The classes of a version, without a number of the newest. Raises NoSuchPlan."""
    plan = named(session, code, by=by)
    for one in plan.versions:
        if number in (None, one.number):
            return class_lists.stored(session.get_one(PlanVersion, one.id).content)
    raise _no_plan(code)


def begin(session: Session, code: str, title: str, *, by: Principal) -> Plan:
    """A new plan, without classes yet. Raises BadPlanCode, NotAllowed."""
    _require_keeper(by)
    code, title = line(code), line(title)
    if not 1 <= len(code) <= 20 or not all(char.isalnum() or char in ".-" for char in code):
        raise BadPlanCode(t("The code of a plan has 1 to 20 letters and digits."), field="code")
    if not 1 <= len(title) <= _LONGEST_TITLE:
        raise BadPlanCode(t("A plan needs a title."), field="title")
    if session.scalar(select(Plan.id).where(Plan.body_id == by.body_id, Plan.code == code)):
        raise BadPlanCode(
            t("There is a plan with the code {code} already.", code=code), field="code"
        )
    plan = Plan(body_id=by.body_id, code=code, title=title, made_by=by.user_id)
    session.add(plan)
    session.flush()  # its id, for the event
    audit.record(session, "plan.begun", by=by, subject=("plan", plan.id), code=code)
    return plan


def difference(
    session: Session, code: str, classes: Sequence[Class], *, by: Principal
) -> Difference:
    """What the list would change against the newest version (a dry run). Raises NoSuchPlan."""
    plan = named(session, code, by=by)
    return class_lists.compared(
        classes_of(session, code, None, by=by) if plan.versions else [], classes
    )


def save(
    session: Session,
    code: str,
    classes: Sequence[Class],
    *,
    revision: int | None,
    by: Principal,
) -> VersionInfo:
    """The list becomes the draft of the plan; `revision` is that of the draft the person saw.

    Raises NoSuchPlan, PlanChanged, NotAllowed.
    """
    _require_keeper(by)
    plan = _locked(session, code, by)
    draft = _draft(session, plan)
    seen = draft.revision if draft else 0
    if revision is not None and revision != seen:
        who = organization.names(session, [draft.changed_by] if draft else [])
        raise PlanChanged(
            t(
                "The draft was changed by {person} in the meantime. Compare your list with it.",
                person=next(iter(who.values()), ""),
            )
        )
    content = [one.as_json() for one in classes]
    if draft is None:
        newest = select(func.max(PlanVersion.number)).where(PlanVersion.plan_id == plan.id)
        number = (session.scalar(newest) or 0) + 1
        draft = PlanVersion(plan_id=plan.id, number=number, content=content, revision=1)
        session.add(draft)
    else:
        draft.content, draft.revision = content, draft.revision + 1
    draft.changed_by, draft.changed_at = by.user_id, clock.now()
    session.flush()  # its id, for the event
    audit.record(
        session,
        "plan.saved",
        by=by,
        subject=("plan", plan.id),
        version=draft.number,
        classes=len(content),
    )
    return _info(draft, {by.user_id or 0: by.full_name})


def put_in_force(
    session: Session,
    code: str,
    first_day: date,
    *,
    revision: int | None,
    by: Principal,
    zone: str,
) -> VersionInfo:
    """The draft holds from this day on; the version before it ends on the day before.

    The first version of a plan may begin in the past. A later one begins tomorrow at the earliest:
    what was classed till then keeps its code. Raises NoSuchPlan, PlanChanged, NotPutInForce.
    """
    _require_keeper(by)
    plan = _locked(session, code, by)
    draft = _draft(session, plan)
    if draft is None:
        raise NotPutInForce(t("The plan has no draft. Import a list of classes first."))
    if revision is not None and revision != draft.revision:
        raise PlanChanged(t("The draft was changed in the meantime. Look at it again."))
    before = session.scalar(
        select(PlanVersion)
        .where(PlanVersion.plan_id == plan.id, PlanVersion.valid_from.is_not(None))
        .order_by(PlanVersion.valid_from.desc())
        .limit(1)
    )
    if before is not None:
        last = before.valid_to or before.valid_from or date.min
        earliest = max(last, clock.today(zone)) + timedelta(days=1)
        if first_day < earliest:
            raise NotPutInForce(
                t(
                    "A new version can begin on {day} at the earliest: what was classed before "
                    "keeps its code.",
                    day=f"{earliest:%d/%m/%Y}",
                ),
                field="first_day",
            )
        if before.valid_to is None:
            before.valid_to = first_day - timedelta(days=1)
    draft.valid_from, draft.put_by, draft.put_at = first_day, by.user_id, clock.now()
    session.flush()  # the version, before its classes
    _write_classes(session, draft)
    audit.record(
        session,
        "plan.put-in-force",
        by=by,
        subject=("plan", plan.id),
        version=draft.number,
        first_day=first_day.isoformat(),
    )
    return _info(draft, organization.names(session, [draft.changed_by]))


def end(session: Session, code: str, last_day: date, *, by: Principal, zone: str) -> VersionInfo:
    """The plan is used no more after this day, and no version follows. Raises NotPutInForce."""
    _require_keeper(by)
    plan = _locked(session, code, by)
    row = session.scalar(
        select(PlanVersion).where(
            PlanVersion.plan_id == plan.id,
            PlanVersion.valid_from.is_not(None),
            PlanVersion.valid_to.is_(None),
        )
    )
    if row is None or row.valid_from is None:
        raise NotPutInForce(t("No version of the plan is in force."))
    if last_day < max(row.valid_from, clock.today(zone)):
        raise NotPutInForce(t("The last day must not lie in the past."), field="last_day")
    row.valid_to = last_day
    audit.record(
        session,
        "plan.ended",
        by=by,
        subject=("plan", plan.id),
        version=row.number,
        last_day=last_day.isoformat(),
    )
    return _info(row, organization.names(session, [row.changed_by]))


def _write_classes(session: Session, version: PlanVersion) -> None:
    classes = class_lists.stored(version.content)
    deep = class_lists.depths(classes)
    for position, one in enumerate(classes, start=1):
        session.add(
            PlanClass(
                version_id=version.id,
                position=position,
                code=one.code,
                parent_code=one.parent,
                depth=deep[one.code],
                title=one.title,
                retention_years=one.retention_years,
                action=one.action,
                note=one.note,
            )
        )
    session.flush()  # what files and entries may name from now on


def _require_keeper(by: Principal) -> None:
    by.require_scope("administer")
    by.require(
        may_keep(by), t("The administrator or the head of the registry keeps classification plans.")
    )


def _locked(session: Session, code: str, by: Principal) -> Plan:
    plan = session.scalar(
        select(Plan)
        .where(Plan.body_id == by.body_id, Plan.code == code)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if plan is None:
        raise _no_plan(code)
    return plan


def _draft(session: Session, plan: Plan) -> PlanVersion | None:
    return session.scalar(
        select(PlanVersion)
        .where(PlanVersion.plan_id == plan.id, PlanVersion.valid_from.is_(None))
        .execution_options(populate_existing=True)
    )


def _info(row: PlanVersion, people: dict[int, str]) -> VersionInfo:
    return VersionInfo(
        id=row.id,
        number=row.number,
        revision=row.revision,
        classes=len(row.content),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        changed_by=people.get(row.changed_by or 0, ""),
        changed_at=row.changed_at,
    )


def _no_plan(code: str) -> NoSuchPlan:
    return NoSuchPlan(
        t("There is no classification plan “{code}”, or no such version of it.", code=code[:40])
    )
