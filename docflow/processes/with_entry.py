"""What becomes of a process when its entry is closed, annulled or erased."""

import logging

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from docflow import registry, routing
from docflow.i18n import DEFAULT_LANGUAGE, t
from docflow.principal import Principal, system
from docflow.processes.beginning import SUBJECT
from docflow.processes.ending import end
from docflow.processes.models import ProcessInstance
from docflow.processes.running import ProcessUnreadable, send
from docflow.processes.values import InstanceState
from docflow.registry import Disposal, Entry, Handling

log = logging.getLogger(__name__)

ANSWERED, CLOSED = "answered", "closed"  # what a process of the office may wait for
_LIVE = (InstanceState.RUNNING, InstanceState.STOPPED)


@routing.after_closing
def tell_closed(session: Session, entry: Entry, handling: Handling, by: Principal) -> None:
    """The item was closed: the process about it goes on, where it waits for that.

    Which it was stays known to it, for where it comes to wait for it only later.
    """
    message = ANSWERED if handling.disposal == Disposal.ANSWERED else CLOSED
    try:
        send(session, (SUBJECT, entry.id), message, {f"is_{message}": True})
    except ProcessUnreadable as error:  # it must not keep an answer from going out
        log.error("the process about entry id %s was not told of its end: %s", entry.id, error)


@registry.after_annulment
def cancel_annulled(session: Session, entry: Entry) -> None:
    """Nobody works on what was struck out."""
    for instance_id in session.scalars(_of(entry)).all():
        reason = t("The entry was annulled.").in_language(DEFAULT_LANGUAGE)
        end(session, instance_id, by=system(entry.body_id), reason=reason)


@registry.after_erasure
def forget(session: Session, entry: Entry) -> None:
    """The process goes with what it knew; its stages and dates stay."""
    for instance_id in session.scalars(_of(entry)).all():
        reason = t("The personal data were erased.").in_language(DEFAULT_LANGUAGE)
        end(session, instance_id, by=system(entry.body_id), reason=reason)
    session.execute(
        update(ProcessInstance)
        .where(ProcessInstance.entry_id == entry.id)
        .values(data={}, reason="")
        .execution_options(synchronize_session="fetch")
    )


def _of(entry: Entry) -> Select[int]:
    return select(ProcessInstance.id).where(
        ProcessInstance.entry_id == entry.id, ProcessInstance.state.in_(_LIVE)
    )
