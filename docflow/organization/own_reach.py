"""Nobody opens the work of others to himself by the organogram that he changes (domain row 102).

To be named head, or to be given a role in a unit, is another administrator's act (`roles`,
`changes`). The same would come of a unit that is moved below one's own, or dissolved into it.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow.i18n import t
from docflow.organization.accounts import OwnRights
from docflow.organization.models import Grant
from docflow.organization.planning import Plan
from docflow.organization.principals import valid_today
from docflow.organization.steps import DissolvedUnit, Step
from docflow.principal import Principal, Role


def require_none_gained(
    session: Session, steps: Sequence[Step], found: Plan, *, by: Principal
) -> None:
    """Raises OwnRights where the change would open to the person what is closed to him now."""
    if _moved_below(found, by) or _taken_over(found, by) or _goes_along(session, steps, found, by):
        raise OwnRights(
            t("This would open the work of other units to you. Ask another administrator."),
            field="steps",
        )


def _moved_below(found: Plan, by: Principal) -> bool:
    return any(
        one.mark != "dissolved"
        and one.id is not None
        and one.id not in by.headed_unit_ids
        and _is_headed(found, one.code, by)
        for one in found.units
    )


def _taken_over(found: Plan, by: Principal) -> bool:
    ids = {one.code: one.id for one in found.units}
    known = by.unit_ids | by.headed_unit_ids
    return any(
        ending.unit_id not in known
        and (ids.get(ending.successor) in by.unit_ids or _is_headed(found, ending.successor, by))
        for ending in found.dissolutions
        if ending.successor
    )


def _is_headed(found: Plan, code: str, by: Principal) -> bool:
    """Whether the person is head of the unit, or of one above it, in the planned tree."""
    standing = {one.code: one for one in found.units}
    passed: set[str] = set()
    while code in standing and code not in passed:
        if standing[code].id in by.headed_unit_ids:
            return True
        passed.add(code)
        code = standing[code].parent
    return False


def _goes_along(session: Session, steps: Sequence[Step], found: Plan, by: Principal) -> bool:
    """Whether he is the head who goes along into another unit."""
    codes = {
        step.code for step in steps if isinstance(step, DissolvedUnit) and step.head_goes_along
    }
    ids = [ending.unit_id for ending in found.dissolutions if ending.code in codes]
    query = select(Grant.id).where(
        Grant.user_id == by.user_id,
        Grant.unit_id.in_(ids),
        Grant.role == Role.HEAD,
        valid_today(Grant),
    )
    return bool(ids) and session.scalar(query.limit(1)) is not None
