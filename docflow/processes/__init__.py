"""Processes in BPMN 2.0: where each application stands, and who has the next step."""

from docflow.processes import carrying as _carrying  # noqa: F401  # moves steps with the organogram
from docflow.processes import deploying as _deploying  # noqa: F401  # checks files of services
from docflow.processes import repairing
from docflow.processes import with_entry as _with_entry  # noqa: F401  # annulled, erased
from docflow.processes.access import NoSuchTask
from docflow.processes.acts import act, job_act
from docflow.processes.checking import check, read
from docflow.processes.conditions import ExpressionFailed
from docflow.processes.definitions import BadDefinition
from docflow.processes.forms import BadAnswer, answers
from docflow.processes.jobs import NoSuchAct
from docflow.processes.lists import (
    MOST_COUNTED,
    Position,
    Step,
    Whose,
    count,
    instances,
    known,
    of_entry,
    picture,
    position,
    step,
    steps,
    workable,
)
from docflow.processes.models import ProcessDefinition, ProcessInstance, ProcessTask
from docflow.processes.repairing import BadGiven, NothingToRepair, repair
from docflow.processes.running import (
    AlreadyRunning,
    NoSuchProcess,
    ProcessUnreadable,
    ReasonNeeded,
    cancel,
    data,
    instance,
    send,
    start,
    tasks,
)
from docflow.processes.stages import stages
from docflow.processes.stepping import after_step
from docflow.processes.values import (
    Choice,
    Context,
    Definition,
    Element,
    FieldType,
    InstanceInfo,
    InstanceState,
    Label,
    Problem,
    Progress,
    Stage,
    StageState,
    Subject,
    TaskField,
    TaskInfo,
    TaskKind,
    TaskState,
)
from docflow.processes.working import (
    ProcessStopped,
    StepChanged,
    answer,
    complete,
    put_back,
    take,
)

__all__ = [
    "MOST_COUNTED",
    "AlreadyRunning",
    "BadAnswer",
    "BadDefinition",
    "BadGiven",
    "Choice",
    "Context",
    "Definition",
    "Element",
    "ExpressionFailed",
    "FieldType",
    "InstanceInfo",
    "InstanceState",
    "Label",
    "NoSuchAct",
    "NoSuchProcess",
    "NoSuchTask",
    "NothingToRepair",
    "Position",
    "Problem",
    "ProcessDefinition",
    "ProcessInstance",
    "ProcessStopped",
    "ProcessTask",
    "ProcessUnreadable",
    "Progress",
    "ReasonNeeded",
    "Stage",
    "StageState",
    "Step",
    "StepChanged",
    "Subject",
    "TaskField",
    "TaskInfo",
    "TaskKind",
    "TaskState",
    "Whose",
    "act",
    "after_step",
    "answer",
    "answers",
    "cancel",
    "check",
    "complete",
    "count",
    "data",
    "instance",
    "instances",
    "job_act",
    "known",
    "of_entry",
    "picture",
    "position",
    "put_back",
    "read",
    "repair",
    "repairing",
    "send",
    "stages",
    "start",
    "step",
    "steps",
    "take",
    "tasks",
    "workable",
]
