"""What the package speaks of: definitions, stages, tasks, what an act is told.

Nothing here knows the workflow engine or the database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from docflow.i18n import DEFAULT_LANGUAGE, Text, t

Subject = tuple[str, int]  # what a process is about, as ("application", 17)


class TaskKind(StrEnum):
    """Who or what has a step."""

    CITIZEN = "citizen"  # the applicant does something
    EMPLOYEE = "employee"  # somebody of a unit does something
    SERVICE = "service"  # an act of the software
    TIMER = "timer"  # waits for a moment
    MESSAGE = "message"  # waits for a message by its name


class TaskState(StrEnum):
    """What became of a step."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"  # another way was taken, or the process was cancelled
    FAILED = "failed"  # an act that did not succeed; it is tried again, or waits for a person


class InstanceState(StrEnum):
    """Where a process stands as a whole."""

    RUNNING = "running"
    ENDED = "ended"
    CANCELLED = "cancelled"
    STOPPED = "stopped"  # something is wrong: a person looks at it and lets it run on


class FieldType(StrEnum):
    """What is typed into a field of a task's form, and what it is in the data of the process."""

    TEXT = "text"  # one line; str
    LONG_TEXT = "long-text"  # str
    NUMBER = "number"  # int
    AMOUNT = "amount"  # "50,00" or "50.00"; cents, int
    DATE = "date"  # ISO date, str
    YES_NO = "yes-no"  # bool
    TICK = "tick"  # must be ticked: a step of a checklist; bool
    CHOICE = "choice"  # str


@dataclass(frozen=True, slots=True)
class Label:
    """A text of a definition in the languages in which it stands."""

    texts: Mapping[str, str] = field(default_factory=dict)

    def in_language(self, language: str) -> str:
        """The text in the language, else in Greek, else in any."""
        for code in (language, DEFAULT_LANGUAGE, *self.texts):
            if self.texts.get(code):
                return self.texts[code]
        return ""

    def __bool__(self) -> bool:
        return any(self.texts.values())


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: Label


@dataclass(frozen=True, slots=True)
class TaskField:
    """A field that a task asks for, or a datum that it shows.

    `required_if` is a calculation over what is typed into the same form.
    """

    name: str
    type: FieldType
    label: Label
    hint: Label = field(default_factory=Label)
    is_required: bool = False
    choices: tuple[Choice, ...] = ()
    required_if: str = ""

    @property
    def is_optional(self) -> bool:
        """Whether it may be left empty whatever else is typed."""
        return not self.is_required and not self.required_if


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a process definition cannot be deployed. `line` counts from 1; None: the whole file."""

    line: int | None
    message: Text
    element_id: str = ""

    def told(self, language: str) -> str:
        """The fault with its line."""
        if self.line is None:
            return self.message.in_language(language)
        return t("Line {line}: {message}", line=self.line, message=self.message).in_language(
            language
        )


@dataclass(frozen=True, slots=True)
class Element:
    """A task or event of a definition that people are told of.

    `who` of an employee's task is "unit" (the one that is competent for the service) or
    "unit:CODE". `is_hidden` keeps it out of the list of stages, `is_exception` until the process
    comes to it.
    """

    id: str
    kind: TaskKind
    name: Label
    who: str = ""
    act: str = ""
    given: tuple[tuple[str, str], ...] = ()  # names and expressions, for the act
    message: str = ""
    days: int | None = None  # until when a person should have done it
    is_working_days: bool = True
    fields: tuple[TaskField, ...] = ()
    shows: tuple[TaskField, ...] = ()
    is_hidden: bool = False
    is_exception: bool = False


@dataclass(frozen=True, slots=True)
class Gate:
    """A gateway with a name that waits for what happens first, and those events by their ids."""

    id: str
    name: Label
    events: frozenset[str]


@dataclass(frozen=True, slots=True)
class Definition:
    """A process as a file of BPMN 2.0 says it, in the order of its flow."""

    process_id: str
    name: Label
    elements: tuple[Element, ...]
    digest: str  # SHA-256 of the file, hex
    reaches: Mapping[str, frozenset[str]] = field(default_factory=dict)  # what may come after each
    gates: tuple[Gate, ...] = ()

    def element(self, element_id: str) -> Element | None:
        return next((one for one in self.elements if one.id == element_id), None)

    def gate_of(self, element_id: str) -> Gate | None:
        """The gateway with a name at which the event is waited for."""
        return next((one for one in self.gates if element_id in one.events), None)

    @property
    def unit_codes(self) -> frozenset[str]:
        """The units that the definition names by their code."""
        return frozenset(
            one.who.removeprefix("unit:") for one in self.elements if one.who.startswith("unit:")
        )


@dataclass(frozen=True, slots=True)
class Context:
    """What an act of the software is told.

    `data` is all that the process knows, `given` what the definition hands to this task
    (`docflow:with`). `key` is the same whenever this very step is tried again.
    """

    instance_id: int
    task_id: int
    body_id: int
    subject: Subject
    entry_id: int | None
    service: str
    version: int
    unit_id: int
    data: Mapping[str, Any]
    given: Mapping[str, Any]
    key: str


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """A step as pages show it. `name` is its name in the language that was asked for."""

    id: int
    instance_id: int
    subject: Subject
    entry_id: int | None
    element_id: str
    kind: TaskKind
    state: TaskState
    name: str
    version: int  # of the row: what a person decides on, `seen`
    unit_id: int | None
    unit_name: str
    taken_by: int | None
    taken_by_name: str
    taken_at: datetime | None
    opened_at: datetime
    ended_at: datetime | None
    due_on: date | None
    due_at: datetime | None  # when a timer goes off
    message: str
    problem: str
    fields: tuple[TaskField, ...] = ()
    shows: tuple[TaskField, ...] = ()
    is_hidden: bool = False  # no stage: a boundary event, or what the definition hides


class StageState(StrEnum):
    DONE = "done"
    CURRENT = "current"
    AHEAD = "ahead"
    SKIPPED = "skipped"  # the process went another way


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of an application in words: what, whose, how far, when."""

    element_id: str
    kind: TaskKind
    name: str
    state: StageState
    since: datetime | None  # when it began
    at: datetime | None  # when it was done
    due_on: date | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class InstanceInfo:
    """A process as lists of administrators show it; no personal data.

    `title` is the name that its file gives it; `service` of a process of the office is the code of
    its template.
    """

    id: int
    body_id: int
    subject: Subject
    entry_id: int | None
    entry_label: str
    title: str
    service: str
    version: int
    state: InstanceState
    problem: str
    steps: int
    started_at: datetime
    ended_at: datetime | None
    waits_for: Sequence[TaskInfo] = ()

    @property
    def about(self) -> str:
        """`entry` for a process of the office, begun by the kind of the document."""
        return self.subject[0]


@dataclass(frozen=True, slots=True)
class Progress:
    """What hooks are told after each run of a process: in what state it is, and what changed.

    `data` is what the process knows now.
    """

    instance_id: int
    body_id: int
    subject: Subject
    entry_id: int | None
    service: str
    state: InstanceState
    opened: tuple[TaskInfo, ...]
    ended: tuple[TaskInfo, ...]
    data: Mapping[str, Any]
