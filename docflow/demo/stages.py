"""Stages at which a visitor shall find letters, and the acts that bring a letter there."""

from dataclasses import dataclass
from datetime import date
from enum import Enum, auto

from docflow.demo import acts
from docflow.demo.courses import Course
from docflow.demo.house import House
from docflow.demo.people import SECRETARIAT
from docflow.registry import DeliveryMethod, Priority

_PAUSES = (
    25,
    8,
    70,
    45,
    40,
)  # minutes of work before each act: all of them fit in one day


class Stage(Enum):
    """How far a letter has come."""

    NEW = auto()  # with the secretariat
    MARKED = auto()
    CHARGED = auto()  # to a unit
    GIVEN = auto()  # to a person, who has not accepted yet
    ACCEPTED = auto()
    RETURNED = auto()  # by a unit that was not competent
    PASSED_ON = auto()  # to somebody else, who has not accepted yet


class Paper(Enum):
    """What file comes with a letter."""

    NONE = auto()
    LETTER = auto()  # a typeset PDF with a text layer
    SCAN = auto()  # pictures of paper


@dataclass(frozen=True, slots=True)
class Staged:
    """A letter that came `days` working days ago; `key` names it for the answers."""

    days: int
    stage: Stage
    subject: str
    sender: str
    unit: str
    person: str = ""
    key: str = ""
    method: DeliveryMethod = DeliveryMethod.EMAIL
    reference: str = ""  # number of the sender, without the year
    attachments: tuple[str, ...] = ()
    priority: Priority = Priority.NORMAL
    instructions: str = "Για τις δικές σας ενέργειες."
    due: int | None = None  # working days after the registration
    inform: tuple[str, ...] = ()
    paper: Paper = Paper.NONE
    text: str = ""
    wrong_unit: str = "30"
    colleague: str = ""
    kind: str | None = None
    waits_for: str = ""  # what the applicant must bring: the clock stands still
    extended: tuple[int, str] | None = None  # days more, and why


def course_of(house: House, staged: Staged, *, due_on: date | None) -> Course:
    """The acts that bring the letter to its stage, some minutes of work between them."""
    secretary, head = house.head(SECRETARIAT), house.head(staged.unit)
    steps: list[acts.EntryAct] = []
    if staged.stage is not Stage.NEW:
        steps.append(
            acts.mark(
                secretary,
                staged.priority,
                instructions=staged.instructions,
                due_on=due_on,
            )
        )
    if staged.stage is Stage.RETURNED:
        reason = "Δεν ανήκει στην αρμοδιότητα της υπηρεσίας μας."
        wrong = house.head(staged.wrong_unit)
        steps += [
            acts.charge(house, secretary, staged.wrong_unit),
            acts.send_back(wrong, reason),
        ]
    elif staged.stage not in (Stage.NEW, Stage.MARKED):
        steps.append(acts.charge(house, secretary, staged.unit, inform=staged.inform))
    if staged.stage in (Stage.GIVEN, Stage.ACCEPTED, Stage.PASSED_ON):
        person = house.people[staged.person]
        if person != head:
            steps.append(acts.charge(house, head, staged.unit, person=person))
        if staged.stage is not Stage.GIVEN:
            steps.append(acts.accept(person))
        if staged.stage is Stage.PASSED_ON:
            colleague = house.people[staged.colleague]
            why = "Χειρίζεται ήδη συναφή υπόθεση."
            steps.append(acts.pass_on(house, person, staged.unit, colleague, why))
        if staged.waits_for:
            steps.append(acts.stop_clock(person, staged.waits_for))
        if staged.extended:
            steps.append(acts.extend(head, *staged.extended))
    return [(_PAUSES[place], step) for place, step in enumerate(steps)]
