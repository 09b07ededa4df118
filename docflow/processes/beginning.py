"""A document of a kind that has a process comes in, and the process begins.

With the number only its row is written, and a job that lets it come to its first steps: nobody
waits for a process at the counter, and one that cannot begin stands as stopped, for an
administrator, beside an entry that has its number all the same.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from docflow import audit, clock, documents, kinds, outbox, registry
from docflow.kinds import FieldType
from docflow.principal import Principal, system
from docflow.processes import of_kinds, running, showing
from docflow.processes.models import ProcessInstance
from docflow.processes.of_kinds import Begins
from docflow.processes.stepping import LIFE_LIMIT
from docflow.processes.values import InstanceState
from docflow.registry import Direction, Entry, Handling, NewEntry

SUBJECT = "entry"  # what a process of the office is about
BEGIN = "processes.begin"
_SERVED = "docflow.processes.served"


@contextmanager
def by_service(session: Session) -> Iterator[None]:
    """What is registered meanwhile is filed with a service, whose own process follows it."""
    session.info[_SERVED] = True
    try:
        yield
    finally:
        del session.info[_SERVED]


@registry.after_registration
def with_registration(
    session: Session, new: NewEntry, uploads: Sequence[documents.Upload], by: Principal
) -> Callable[[Session, Entry], None] | None:
    """The process of the kind begins with an incoming document; asked for before the number."""
    is_served = session.info.get(_SERVED, False)
    if new.direction != Direction.INCOMING or not new.kind or is_served:
        return None
    found = of_kinds.begins(session, by.body_id, new.kind)
    if found is None:
        return None
    chosen = kinds.named(session, new.kind, by=by, version=new.kind_version)

    def begin(session: Session, entry: Entry) -> None:
        _stand(session, entry, found, chosen, by=by)

    return begin


@registry.after_kind_given
def with_description(session: Session, entry: Entry, chosen: kinds.Chosen, by: Principal) -> None:
    """What was registered before it was described begins when it is known what it is."""
    if entry.direction != Direction.INCOMING:
        return
    found = of_kinds.begins(session, entry.body_id, chosen.code)
    if found is not None:
        _stand(session, entry, found, chosen, by=by)


def _stand(
    session: Session, entry: Entry, begins: Begins, chosen: kinds.Chosen, *, by: Principal
) -> None:
    now = clock.now()
    handling = session.get_one(Handling, entry.id)
    addressed = entry.addressee_unit_id or chosen.definition.defaults.addressee_unit_id
    row = ProcessInstance(
        body_id=entry.body_id,
        subject_type=SUBJECT,
        subject_id=entry.id,
        entry_id=entry.id,
        definition_id=begins.definition_id,
        service=begins.template,
        service_version=begins.number,
        unit_id=addressed or handling.unit_id,
        state=InstanceState.RUNNING,
        data=_known(session, entry, chosen),
        course="",
        steps=0,
        steps_allowed=LIFE_LIMIT,
        problem="",
        reason="",
        started_at=now,
        changed_at=now,
    )
    session.add(row)
    session.flush()  # its id, for the job
    audit.record(
        session,
        "process.started",
        by=by,
        subject=(SUBJECT, entry.id),
        process=row.id,
        template=begins.template,
        version=begins.number,
    )
    outbox.enqueue(session, BEGIN, instance_id=row.id)


def _known(session: Session, entry: Entry, chosen: kinds.Chosen) -> dict[str, Any]:
    """What the process knows at its beginning: the fields of the kind, number, day and kind."""
    row = session.get(kinds.EntryKind, entry.id)
    values: Mapping[str, Any] = row.values if row is not None else {}
    types = {field.code: field.type for field in chosen.definition.fields}
    return {
        **{code: _datum(types.get(code), value) for code, value in values.items()},
        "number": entry.label,
        "registered_on": clock.local(entry.registered_at).date().isoformat(),
        "kind": chosen.code,
    }


def _datum(kind: FieldType | None, value: Any) -> Any:
    """A value of a kind as processes reckon: amounts are cents."""
    return int(Decimal(str(value)) * 100) if kind is FieldType.AMOUNT else value


def _given_up(run: outbox.Run, *, why: str, instance_id: int) -> None:
    """It stands as stopped: an administrator looks at it, and lets it begin."""
    with run.office.db.begin() as session:
        entry_id = session.get_one(ProcessInstance, instance_id).subject_id
        registry.hold(session, entry_id)  # before the process, as all who move one
        row = session.get_one(
            ProcessInstance, instance_id, with_for_update=True, populate_existing=True
        )
        if row.has_begun or row.state != InstanceState.RUNNING:
            return
        row.state = InstanceState.STOPPED
        row.problem = why
        audit.record(
            session,
            "process.stopped",
            by=system(row.body_id),
            subject=(SUBJECT, row.subject_id),
            process=row.id,
        )
        showing.tell_administrators(session, row)


@outbox.job(BEGIN, given_up=_given_up)
def begin(run: outbox.Run, *, instance_id: int) -> None:
    """Let the process come to its first steps; one that was moved or cancelled is left alone."""
    with run.office.db.begin() as session:
        walk = running.held(session, instance_id)
        if walk.row.state == InstanceState.RUNNING and not walk.row.has_begun:
            walk.go_on()
