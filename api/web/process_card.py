"""What processes add to the page of an entry: where the application stands, what one can do."""

from typing import Any

from sqlalchemy.orm import Session

from docflow import processes, registry
from docflow.principal import Principal
from docflow.processes import TaskKind, TaskState


def context(session: Session, entry: registry.Entry, *, by: Principal) -> dict[str, Any]:
    """For `web/entry/_processes.html`; the caller got the entry through `registry.get`."""
    positions = processes.of_entry(session, entry.id, by=by, language=by.language)
    waiting = [
        one.id
        for position in positions
        for one in position.instance.waits_for
        if one.kind is TaskKind.EMPLOYEE and one.state is TaskState.OPEN
    ]
    return {
        "process_positions": positions,
        "process_steps": processes.workable(session, waiting, by=by) if waiting else frozenset(),
    }
