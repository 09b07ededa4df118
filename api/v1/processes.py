"""/api/v1/steps and /api/v1/processes: steps that wait for units, and the processes behind them."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from api.deps import TheOffice
from api.v1 import opening, reads, shapes
from api.v1.fields import Body, Code, Line, Needed
from api.v1.reads import Cursor, Limit, ReadRoute
from api.v1.security import Administrator, Reader, Router
from docflow import processes, registry
from docflow.office import Office
from docflow.principal import Principal
from docflow.processes import (
    FieldType,
    InstanceState,
    StageState,
    TaskKind,
    TaskState,
    Whose,
)

router = APIRouter(route_class=ReadRoute, tags=["processes"])
RowId = Annotated[int, Path(ge=1, le=2**62)]


class StepField(BaseModel):
    """What the form of a step asks for, as its definition says it."""

    name: str = Field(examples=["bank_number"])
    type: FieldType
    label: str = Field(examples=["Αριθμός συναλλαγής τράπεζας"])
    is_required: bool
    required_if: str = Field(
        description="A calculation over the fields of this form: where it holds, this is required.",
        examples=["has_debt == 'yes'"],
    )
    choices: list[str] = Field(description="Of the type “choice”.")


class Step(shapes.Shape):
    """A step of a process."""

    id: int
    process_id: int = Field(validation_alias="instance_id")
    element_id: str = Field(description="Its name in the file of BPMN.", examples=["confirm"])
    kind: TaskKind
    state: TaskState
    name: str = Field(examples=["Επιβεβαίωση πληρωμής"])
    version: int = Field(description="Sent back as `seen` with an act.")
    unit_id: int | None
    unit: str = Field(validation_alias="unit_name")
    taken_by: str = Field(validation_alias="taken_by_name")
    taken_at: datetime | None
    opened_at: datetime
    ended_at: datetime | None
    due_on: date | None
    due_at: datetime | None = Field(description="When a timer goes off.")
    problem: str


class ListedStep(BaseModel):
    step: Step
    service: str = Field(examples=["traffic-fine"])
    entry: str | None = Field(description="The number of its entry.", examples=["1234/2026"])
    subject: str | None = Field(description="Of the entry.")


class StepDetails(ListedStep):
    fields: list[StepField]
    known: dict[str, str | int | bool | None] = Field(
        description="What the step shows of what the process knows; amounts are cents."
    )


class StepPage(BaseModel):
    items: list[ListedStep]
    next_cursor: str | None = Field(description="For the next page; null at the end.")


class Stage(shapes.Shape):
    """A stage of an application in words."""

    element_id: str
    kind: TaskKind
    name: str
    state: StageState
    since: datetime | None
    at: datetime | None = Field(description="When it was done.")
    due_on: date | None


class Process(shapes.Shape):
    """A process; no personal data."""

    id: int
    entry: str = Field(validation_alias="entry_label", examples=["1234/2026"])
    about: str = Field(
        description="`application`; or `entry` for a process of the office, begun by the kind of "
        "the document.",
        examples=["entry"],
    )
    title: str = Field(description="The name of the process.", examples=["Πρόσβαση σε έγγραφα"])
    service: str = Field(description="Code of the service, or of the template.")
    version: int = Field(description="Of the service or template: a process stays on it.")
    state: InstanceState
    problem: str = Field(description="Why it stopped.")
    steps: int = Field(description="What the engine did so far.")
    started_at: datetime
    ended_at: datetime | None
    waits_for: list[Step]


class ProcessDetails(BaseModel):
    process: Process
    stages: list[Stage]


class ProcessPage(BaseModel):
    items: list[Process]
    next_cursor: str | None = Field(description="For the next page; null at the end.")


class OnStep(Body):
    seen: int | None = Field(
        None,
        ge=0,
        le=2**63 - 1,
        description="The `version` of the step on which you decided; where it moved on since then, "
        "nothing is done, and the problem `step-changed` says who did what and when.",
    )


class Completion(OnStep):
    values: dict[Code, Line | bool | int] = Field(
        default_factory=dict,
        max_length=100,
        description="By the names of the fields; amounts as people write them (“50,00”).",
        examples=[{"found": True, "amount_agrees": True}],
    )


class Repair(Body):
    given: dict[Code, Line | bool | int] = Field(
        default_factory=dict,
        max_length=10,
        description="Values that the process lacks; the trail keeps their names.",
    )


class Cancelling(Body):
    reason: Needed


@router.get("/steps")
def steps(
    by: Reader,
    office: TheOffice,
    whose: Whose = Whose.ALL,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> StepPage:
    """The steps of processes that wait for the caller's units, the oldest first."""
    place = f"steps:{whose}"
    after = reads.position(office, by, place, cursor)
    with office.db.read() as session:
        found = processes.steps(
            session, by=by, whose=whose, after=after, limit=limit + 1, language=by.language
        )
    more = len(found) > limit
    return StepPage(
        items=[_listed(one) for one in found[:limit]],
        next_cursor=reads.cursor(office, by, place, found[limit - 1].task.id) if more else None,
    )


@router.get("/steps/{step_id}")
def step(
    step_id: RowId, by: Reader, office: TheOffice, reason: opening.Reason = None
) -> StepDetails:
    """One step with its form; the read of its entry is noted."""
    with office.db.read() as session:
        found = processes.step(session, step_id, by=by, language=by.language)
        about = found.task.entry_id
        entry = registry.get(session, about, by=by) if about is not None else None
    if entry is not None:
        opening.opened(office, entry, by=by, reason=reason)
    return _details(office, step_id, by)


@router.post("/steps/{step_id}/take", status_code=204)
def take(step_id: RowId, sent: OnStep, by: Router, office: TheOffice) -> None:
    """Take a step in hand."""
    with office.db.begin() as session:
        processes.take(session, step_id, by=by, seen=sent.seen)


@router.post("/steps/{step_id}/put-back", status_code=204)
def put_back(step_id: RowId, sent: OnStep, by: Router, office: TheOffice) -> None:
    """Give a step back to its unit: who has it, or a head."""
    with office.db.begin() as session:
        processes.put_back(session, step_id, by=by, seen=sent.seen)


@router.post("/steps/{step_id}/complete", status_code=204)
def complete(step_id: RowId, sent: Completion, by: Router, office: TheOffice) -> None:
    """Complete a step for good; the process goes on."""
    typed = {name: _typed(value) for name, value in sent.values.items()}
    with office.db.begin() as session:
        processes.complete(session, step_id, typed, by=by, seen=sent.seen)


@router.get("/processes")
def listing(
    by: Administrator,
    office: TheOffice,
    state: InstanceState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ProcessPage:
    """All processes of the body, the newest first (administrators)."""
    place = f"processes:{state}"
    before = reads.position(office, by, place, cursor)
    with office.db.read() as session:
        found = processes.instances(
            session, by=by, state=state, before=before, limit=limit + 1, language=by.language
        )
    more = len(found) > limit
    return ProcessPage(
        items=[Process.model_validate(one) for one in found[:limit]],
        next_cursor=reads.cursor(office, by, place, found[limit - 1].id) if more else None,
    )


@router.get("/processes/{process_id}")
def process(process_id: RowId, by: Reader, office: TheOffice) -> ProcessDetails:
    """Where a process stands: for who may see its entry, and for administrators."""
    return _process(office, process_id, by)


@router.post("/processes/{process_id}/repair")
def repair(process_id: RowId, sent: Repair, by: Administrator, office: TheOffice) -> ProcessDetails:
    """Set a stopped process going again; what failed is tried once more."""
    with office.db.begin() as session:
        processes.repair(session, process_id, by=by, given=sent.given)
    return _process(office, process_id, by)


@router.post("/processes/{process_id}/cancel")
def cancel(
    process_id: RowId, sent: Cancelling, by: Administrator, office: TheOffice
) -> ProcessDetails:
    """End a process for good."""
    with office.db.begin() as session:
        processes.repairing.cancel(session, process_id, by=by, reason=sent.reason)
    return _process(office, process_id, by)


def _listed(one: processes.Step) -> ListedStep:
    return ListedStep(
        step=Step.model_validate(one.task),
        service=one.service,
        entry=one.entry.label if one.entry else None,
        subject=one.entry.subject if one.entry else None,
    )


def _details(office: Office, step_id: int, by: Principal) -> StepDetails:
    with office.db.read() as session:
        found = processes.step(session, step_id, by=by, language=by.language)
        known = processes.known(session, step_id, by=by)
    fields = [
        StepField(
            name=one.name,
            type=one.type,
            label=one.label.in_language(by.language),
            is_required=one.is_required,
            required_if=one.required_if,
            choices=[choice.value for choice in one.choices],
        )
        for one in found.task.fields
    ]
    plain = {
        name: value if isinstance(value, str | int | bool) or value is None else str(value)
        for name, value in known.items()
    }
    return StepDetails(**dict(_listed(found)), fields=fields, known=plain)


def _process(office: Office, process_id: int, by: Principal) -> ProcessDetails:
    with office.db.read() as session:
        found = processes.position(session, process_id, by=by, language=by.language)
    return ProcessDetails(
        process=Process.model_validate(found.instance),
        stages=[Stage.model_validate(one) for one in found.stages],
    )


def _typed(value: str | bool | int) -> str:
    """As the form would send it."""
    if isinstance(value, bool):
        return "yes" if value else ""
    return str(value)
