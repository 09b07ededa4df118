"""`docflow processes`."""

from pathlib import Path

from docflow import processes, tables
from docflow.cli import finding
from docflow.cli.failures import CannotDo
from docflow.cli.output import language, print_json, say
from docflow.i18n import t
from docflow.processes import InstanceInfo, InstanceState

__all__ = ["cancel", "check", "listing", "repair", "tables"]  # `tables`: every act is known


def listing(
    data: Path | None, *, state: str, limit: int, acting_as: str | None, as_json: bool
) -> int:
    """Print processes, the newest first. Raises NotAllowed, CannotDo."""
    if state and state not in set(InstanceState):
        raise CannotDo(t("There is no such state: {state}.", state=state))
    with finding.office(data) as office, office.db.read() as session:
        found = processes.instances(
            session,
            by=finding.acting(session, acting_as),
            state=InstanceState(state) if state else None,
            limit=limit,
            language=language(),
        )
    if as_json:
        print_json([_plain(one) for one in found])
        return 0
    for one in found:
        waits = "; ".join(task.name for task in one.waits_for)
        say(f"{one.id:>8}  {one.state:<9}  {one.entry_label or '–':<12}  {one.service}  {waits}")
        if one.problem:
            say(f"          {one.problem}")
    return 0


def repair(data: Path | None, *, number: int, given: list[str], acting_as: str | None) -> int:
    """Raises NoSuchProcess, NotAllowed, NothingToRepair, BadGiven."""
    with finding.office(data) as office, office.db.begin() as session:
        state = processes.repair(
            session,
            number,
            by=finding.acting(session, acting_as),
            given=processes.repairing.given("\n".join(given)),
        )
        found = processes.position(session, number, by=finding.acting(session, acting_as))
    if state is InstanceState.STOPPED:
        say(t("It stopped again: {why}", why=found.instance.problem))
        return 1
    say(t("The process goes on."))
    return 0


def cancel(data: Path | None, *, number: int, reason: str, acting_as: str | None) -> int:
    """Raises NoSuchProcess, NotAllowed, NothingToRepair, ReasonNeeded."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        processes.repairing.cancel(session, number, by=by, reason=reason)
    say(t("The process is cancelled."))
    return 0


def check(data: Path | None, *, file: str) -> int:
    """Print what is wrong with a file of BPMN; 1 where something is. Raises CannotDo."""
    try:
        xml = Path(file).read_bytes()
    except OSError as error:
        raise CannotDo(t("{file} cannot be read.", file=file)) from error
    problems = processes.check(xml)
    for one in problems:
        say(f"{file}:{one.line or 1}: {one.message.in_language(language())}")
    if not problems:
        say(t("The process can be deployed."))
    return 1 if problems else 0


def _plain(one: InstanceInfo) -> dict[str, object]:
    return {
        "id": one.id,
        "state": one.state,
        "entry": one.entry_label,
        "service": one.service,
        "version": one.version,
        "problem": one.problem,
        "steps": one.steps,
        "started_at": one.started_at.isoformat(),
        "ended_at": one.ended_at.isoformat() if one.ended_at else None,
        "waits_for": [
            {"step": task.id, "name": task.name, "kind": task.kind, "state": task.state}
            for task in one.waits_for
        ],
    }
