"""The workflow engine SpiffWorkflow, behind the few things that we ask of it.

The only module that knows it. The engine moves tokens over the drawing; it runs no scripts (its
script engine is ours and evaluates conditions alone), keeps no data (those of a process stand in
our row, one set for all branches) and no clock (timers ask ours).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import SpiffWorkflow.bpmn.parser
from lxml import etree  # type: ignore[import-untyped]
from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.parser import BpmnParser, TaskParser
from SpiffWorkflow.bpmn.parser.event_parsers import (
    BoundaryEventParser,
    IntermediateCatchEventParser,
)
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.script_engine import BasePythonScriptEngineEnvironment, PythonScriptEngine
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.serializer.config import DEFAULT_CONFIG
from SpiffWorkflow.bpmn.serializer.default.event_definition import (
    TimerConditionalEventDefinitionConverter,
)
from SpiffWorkflow.bpmn.serializer.default.task_spec import BpmnTaskSpecConverter
from SpiffWorkflow.bpmn.specs import BpmnTaskSpec
from SpiffWorkflow.bpmn.specs.defaults import (
    BoundaryEvent,
    EventBasedGateway,
    IntermediateCatchEvent,
)
from SpiffWorkflow.bpmn.specs.event_definitions import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.task import Task

from docflow import clock
from docflow.calendars import Calendar
from docflow.processes import conditions, definitions, timers

SCHEMA = Path(SpiffWorkflow.bpmn.parser.__file__).parent / "schema" / "BPMN20.xsd"

# What the engine may raise besides its own errors where a drawing is not as it thinks.
_FAULTS = (SpiffWorkflowException, LookupError, TypeError, ValueError, AttributeError)

_AT_REST = TaskState.READY | TaskState.WAITING | TaskState.STARTED
_REACHED = _AT_REST | TaskState.FINISHED_MASK

WorkingDays = Callable[[], Calendar]  # asked for only where a timer begins


class EngineFault(Exception):
    """The engine could not go on; the text is its own."""


@dataclass(frozen=True, slots=True)
class Position:
    """A token at an element: at rest (waiting for somebody), or gone on."""

    key: str
    element_id: str
    is_open: bool
    is_done: bool
    timer_at: datetime | None = None


class _Step(BpmnTaskSpec):  # type: ignore[misc]  # the engine has no types
    """A task that the engine leaves to us: of a person, or of the software."""

    def __init__(self, wf_spec: Any, name: str, *, manual: bool = True, **kw: Any) -> None:
        super().__init__(wf_spec, name, manual=manual, **kw)


class _Timer(TimerEventDefinition):  # type: ignore[misc]
    """A timer by the clock and the calendar of the office."""

    def has_fired(self, my_task: Any) -> bool:
        office: _Office = my_task.workflow.script_engine.environment
        due = my_task.internal_data.get(self._place)
        if due is None:
            due = timers.moment(self.expression, office.now, office.calendar()).isoformat()
            my_task.internal_data[self._place] = due
        if datetime.fromisoformat(due) <= office.now:
            my_task.internal_data["event_fired"] = True
        return bool(my_task.internal_data.get("event_fired", False))

    def due(self, my_task: Any) -> datetime | None:
        kept = my_task.internal_data.get(self._place)
        return datetime.fromisoformat(kept) if kept else None

    def reset(self, my_task: Any) -> None:
        my_task.internal_data.pop(self._place, None)
        super().reset(my_task)

    @property
    def _place(self) -> str:
        return f"due:{self.name}"


class _TimerParsing:
    """Events whose timers are ours."""

    node: Any

    def parse_timer_event(self, event: Any) -> _Timer:
        return _Timer(self.node.get("id"), definitions.timer_of(self.node) or "")


class _CatchParser(_TimerParsing, IntermediateCatchEventParser):  # type: ignore[misc]
    pass


class _BoundaryParser(_TimerParsing, BoundaryEventParser):  # type: ignore[misc]
    pass


class _Parser(BpmnParser):  # type: ignore[misc]
    OVERRIDE_PARSER_CLASSES = {  # noqa: RUF012  # the engine's own attribute
        full_tag("userTask"): (TaskParser, _Step),
        full_tag("serviceTask"): (TaskParser, _Step),
        full_tag("intermediateCatchEvent"): (_CatchParser, IntermediateCatchEvent),
        full_tag("boundaryEvent"): (_BoundaryParser, BoundaryEvent),
    }


class _Office(BasePythonScriptEngineEnvironment):  # type: ignore[misc]
    """What the engine may ask: conditions over our data. It executes nothing."""

    def __init__(self, data: Mapping[str, Any], calendar: WorkingDays) -> None:
        super().__init__()
        self.data, self.calendar, self.now = data, calendar, clock.now()

    def evaluate(self, expression: str, context: Any, external_context: Any = None) -> Any:
        return conditions.evaluate(expression, self.data)

    def execute(self, script: str, context: Any, external_context: Any = None) -> Any:
        raise PermissionError("a definition runs no scripts")

    def call_service(self, context: Any, **kwargs: Any) -> Any:
        raise PermissionError("services are called by Docflow")


class _ScriptEngine(PythonScriptEngine):  # type: ignore[misc]
    """Errors of conditions reach us as they are."""

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:
        return self.environment.evaluate(expression, {})


@cache
def _serializer() -> Any:
    config = {**DEFAULT_CONFIG, _Step: BpmnTaskSpecConverter}
    config[_Timer] = TimerConditionalEventDefinitionConverter
    return BpmnWorkflowSerializer(registry=BpmnWorkflowSerializer.configure(config))


def fault(xml: bytes | str) -> str | None:
    """What the engine says against a definition; None where it takes it."""
    try:
        _spec(definitions.as_bytes(xml))
    except EngineFault as error:
        return str(error)
    return None


def _spec(xml: bytes) -> Any:
    root = definitions.tree(xml)
    parser = _Parser()
    try:
        parser.add_bpmn_xml(etree.ElementTree(root))
        return parser.get_spec(definitions.process_of(root).get("id"))
    except (*_FAULTS, RuntimeError) as error:  # what the parser has no code for among them
        raise EngineFault(str(error)) from error


class Course:
    """One process on its way, step by step."""

    def __init__(self, workflow: Any, data: Mapping[str, Any], calendar: WorkingDays) -> None:
        self._workflow = workflow
        self._workflow.script_engine = _ScriptEngine(_Office(data, calendar))

    @classmethod
    def begin(cls, xml: bytes, data: Mapping[str, Any], calendar: WorkingDays) -> "Course":
        """A process before its first step."""
        return cls(BpmnWorkflow(_spec(xml)), data, calendar)

    @classmethod
    def resume(cls, kept: str, data: Mapping[str, Any], calendar: WorkingDays) -> "Course":
        """A process as `kept` left it."""
        try:
            return cls(_serializer().deserialize_json(kept), data, calendar)
        except _FAULTS as error:
            raise EngineFault(str(error)) from error

    def knowing(self, data: Mapping[str, Any]) -> "Course":
        """The same course, whose conditions ask these data from now on."""
        self._workflow.script_engine.environment.data = data
        return self

    def kept(self) -> str:
        text: str = _serializer().serialize_json(self._workflow)
        return text

    @property
    def is_ended(self) -> bool:
        return bool(self._workflow.is_completed())

    def step(self) -> bool:
        """Let the engine do one thing of its own (an event, a gateway); whether there was one.

        Raises EngineFault, ExpressionFailed.
        """
        for task in self._workflow.get_tasks(state=TaskState.READY):
            if not task.task_spec.manual:
                self._run(task)
                return True
        return False

    def ready(self) -> list[tuple[str, str]]:
        """Tasks that are to be done by somebody: key and element."""
        return [
            (str(task.id), task.task_spec.name)
            for task in self._workflow.get_tasks(state=TaskState.READY)
            if task.task_spec.manual
        ]

    def complete(self, key: str) -> bool:
        """Somebody did the task; False where nobody has it (any more)."""
        task = self._workflow.tasks.get(UUID(key))
        if task is None or not task.has_state(TaskState.READY) or not task.task_spec.manual:
            return False
        self._run(task)
        return True

    def catch(self, message: str) -> bool:
        """Give the process a message; whether it waited for it."""
        event = BpmnEvent(MessageEventDefinition(message), payload={})
        try:
            caught: int = self._workflow.event_manager.catch(event, internal=False)
        except _FAULTS as error:
            raise EngineFault(str(error)) from error
        return caught > 0

    def look_at_clock(self) -> None:
        """Let timers go off whose time has come, and begin those that were reached just now."""
        try:
            self._workflow.refresh_timers()
        except _FAULTS as error:
            raise EngineFault(str(error)) from error

    def cancel(self) -> None:
        self._workflow.cancel()

    def positions(self) -> Iterator[Position]:
        """Where tokens are and were, in the order in which they came; what is ahead is left out."""
        for task in self._workflow.get_tasks(state=_REACHED):
            if isinstance(task.task_spec, EventBasedGateway):
                yield from _awaited(task)
                continue
            is_open = task.has_state(_AT_REST)
            yield Position(
                str(task.id),
                task.task_spec.name,
                is_open,
                task.has_state(TaskState.COMPLETED),
                _due(getattr(task.task_spec, "event_definition", None), task) if is_open else None,
            )

    def _run(self, task: Task) -> None:
        """A task that failed is ready once more: a gateway decides before it changes anything."""
        try:
            if task.run() is False:
                raise EngineFault(f"{task.task_spec.name} failed")
        except conditions.ExpressionFailed:
            task._set_state(TaskState.READY)
            raise
        except _FAULTS as error:
            task._set_state(TaskState.READY)
            raise EngineFault(str(error)) from error


def _due(event: Any, task: Any) -> datetime | None:
    return event.due(task) if isinstance(event, _Timer) else None


def _awaited(task: Any) -> Iterator[Position]:
    """The events for which a gateway waits: it holds them in the place of the elements."""
    is_open = task.has_state(TaskState.WAITING)
    events = task.task_spec.event_definition.event_definitions
    for spec, event in zip(task.task_spec.outputs, events, strict=True):
        key = f"{task.id}:{spec.name}"
        yield Position(key, spec.name, is_open, False, _due(event, task) if is_open else None)
