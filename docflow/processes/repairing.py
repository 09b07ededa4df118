"""Processes that stopped, brought on their way again by an administrator, or ended by him.

He sees what went wrong, not what a process knows; where a condition needs a value that is missing,
he gives it. What he gave stands in the trail by its name alone.
"""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from docflow.errors import Conflict, Invalid
from docflow.i18n import t
from docflow.principal import Principal
from docflow.processes import ending, running
from docflow.processes.conditions import is_countable
from docflow.processes.jobs import reopen
from docflow.processes.models import ProcessInstance
from docflow.processes.stepping import LIFE_LIMIT, Walk
from docflow.processes.values import InstanceState, TaskKind, TaskState

MOST_GIVEN = 10


class NothingToRepair(Conflict):
    """The process is on its way, or at its end."""


class BadGiven(Invalid):
    """A value that a process is given is one name and one value a line."""


def repair(
    session: Session, instance_id: int, *, by: Principal, given: Mapping[str, Any] | None = None
) -> InstanceState:
    """Let a stopped process go on: failed acts are tried once more; the state it came to.

    Raises NoSuchProcess, NotAllowed, NothingToRepair, BadGiven.
    """
    walk = _held(session, instance_id, by)
    for name, value in (given or {}).items():
        if not is_countable(value):
            raise BadGiven(t("The number of “{name}” is too large.", name=name), field="given")
    failed = [one for one in walk.tasks.values() if one.state == TaskState.FAILED]
    is_stopped = walk.row.state == InstanceState.STOPPED
    if not is_stopped and not (failed and walk.row.state == InstanceState.RUNNING):
        raise NothingToRepair(t("This process did not stop; look at it again."))
    walk.row.state, walk.row.problem = InstanceState.RUNNING, ""
    walk.row.steps_allowed = walk.row.steps + LIFE_LIMIT
    for task in failed:
        reopen(task)
    for task in walk.tasks.values():
        if task.kind == TaskKind.SERVICE and task.state == TaskState.OPEN:
            task.attempts = 0  # the job of a slow act may have come while the process stood still
    walk.know(given)
    walk.record("process.repaired", by=by, given=sorted(given or {}))
    walk.go_on()
    return InstanceState(walk.row.state)


def cancel(session: Session, instance_id: int, *, by: Principal, reason: str) -> None:
    """End a process for good, with the reason.

    Raises NoSuchProcess, NotAllowed, NothingToRepair, ReasonNeeded.
    """
    _require(session, instance_id, by)
    if not ending.end(session, instance_id, by=by, reason=reason):
        raise NothingToRepair(t("This process has ended already."))


def given(typed: str) -> dict[str, Any]:
    """What is typed as `name = value`, one a line: numbers, true, false, and all else as text.

    Raises BadGiven.
    """
    found: dict[str, Any] = {}
    for line in typed.splitlines():
        if not line.strip():
            continue
        name, sign, value = (part.strip() for part in line.partition("="))
        if not sign or not name.isidentifier() or len(value) > 300:
            raise BadGiven(t("Write one “name = value” a line."), field="given")
        found[name] = _value(value)
    if len(found) > MOST_GIVEN:
        raise BadGiven(t("At most {max} values at once.", max=MOST_GIVEN), field="given")
    return found


def _value(typed: str) -> Any:
    try:
        value = json.loads(typed)
    except ValueError:
        return typed
    return value if is_countable(value) and not isinstance(value, dict | list) else typed


def _held(session: Session, instance_id: int, by: Principal) -> Walk:
    _require(session, instance_id, by)
    return running.held(session, instance_id)


def _require(session: Session, instance_id: int, by: Principal) -> None:
    by.require_scope("administer")
    by.require(by.is_administrator, t("Only administrators repair processes."))
    row = session.get(ProcessInstance, instance_id)
    if row is None or row.body_id != by.body_id:
        raise running.NoSuchProcess(t("There is no such process."))
