"""What becomes of a process when its entry is annulled, or its personal data are erased."""

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from docflow import registry
from docflow.i18n import DEFAULT_LANGUAGE, t
from docflow.principal import system
from docflow.processes.models import ProcessInstance
from docflow.processes.running import end_early, held
from docflow.processes.values import InstanceState
from docflow.registry import Entry

_LIVE = (InstanceState.RUNNING, InstanceState.STOPPED)


@registry.after_annulment
def cancel_annulled(session: Session, entry: Entry) -> None:
    """Nobody works on what was struck out."""
    for instance_id in session.scalars(_of(entry)).all():
        reason = t("The entry was annulled.").in_language(DEFAULT_LANGUAGE)
        end_early(held(session, instance_id), by=system(entry.body_id), reason=reason)


@registry.after_erasure
def forget(session: Session, entry: Entry) -> None:
    """The process goes with what it knew; its stages and dates stay."""
    for instance_id in session.scalars(_of(entry)).all():
        reason = t("The personal data were erased.").in_language(DEFAULT_LANGUAGE)
        end_early(held(session, instance_id), by=system(entry.body_id), reason=reason)
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
