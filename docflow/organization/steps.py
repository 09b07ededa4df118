"""The steps of a change of the organogram: what becomes of which unit, by its code.

A merger is a new unit (or one that stays) and the dissolution of the others into it; a splitting is
the new units and the dissolution of the old one into one of them. Units have codes, which are never
given again: an entry of long ago must not seem to have been with a unit of today.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from docflow.errors import Invalid
from docflow.folding import line
from docflow.i18n import Text, t

MAX_CODE, MAX_NAME, MAX_STEPS = 20, 200, 500


class BadStep(Invalid):
    """A step of the change is not possible."""


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A unit begins. `parent` is the code of the unit above it, empty at the top."""

    code: str
    name: str
    parent: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class ChangedUnit:
    """A unit is renamed or moved below another; None leaves something as it is."""

    code: str
    name: str | None = None
    parent: str | None = None
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class DissolvedUnit:
    """A unit ends. Its people, its open work and what it saw go to the successor.

    `head_goes_along`: its head becomes head of the successor; else he works there as an employee.
    """

    code: str
    successor: str = ""
    head_goes_along: bool = False


@dataclass(frozen=True, slots=True)
class NewHead:
    """A unit gets another head, by user name; empty: the post is vacant."""

    code: str
    username: str = ""


@dataclass(frozen=True, slots=True)
class Placing:
    """Where a single open item goes, instead of to the successor of its unit."""

    code: str  # of a unit of today, or one that begins with the change
    user_id: int | None = None


Step = NewUnit | ChangedUnit | DissolvedUnit | NewHead
_KINDS: Mapping[str, type[Step]] = {
    "new": NewUnit,
    "change": ChangedUnit,
    "dissolve": DissolvedUnit,
    "head": NewHead,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def merger(codes: Sequence[str], into: NewUnit | str) -> list[Step]:
    """Units become one: a new one, or one of them, or another that stays."""
    target = into if isinstance(into, str) else into.code
    first: list[Step] = [] if isinstance(into, str) else [into]
    return first + [DissolvedUnit(code, target) for code in codes if code != target]


def splitting(code: str, parts: Sequence[NewUnit], *, successor: str) -> list[Step]:
    """A unit becomes several; what is not placed by hand goes to `successor`."""
    return [*parts, DissolvedUnit(code, successor)]


def as_json(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """As they are kept and sent: each with its `do`."""
    return [{"do": _NAMES[type(step)], **asdict(step)} for step in steps]


def from_json(given: object) -> list[Step]:
    """The steps of what was kept or sent. Raises BadStep with the number of the wrong one."""
    if not isinstance(given, list) or not given:
        raise BadStep(t("A change has at least one step."), field="steps")
    if len(given) > MAX_STEPS:
        raise BadStep(t("A change has at most {n} steps.", n=MAX_STEPS), field="steps")
    return [_step(one, f"steps.{place}") for place, one in enumerate(given)]


def _step(given: object, field: str) -> Step:
    kind = _KINDS.get(str(given.get("do"))) if isinstance(given, dict) else None
    if not isinstance(given, dict) or kind is None:
        raise BadStep(
            t("A step is one of these: {names}", names=", ".join(_KINDS)), field=f"{field}.do"
        )
    values = {name: value for name, value in given.items() if name != "do"}
    allowed = kind.__dataclass_fields__
    for name, value in values.items():
        wanted = bool if name == "head_goes_along" else str
        if name not in allowed or not (isinstance(value, wanted) or value is None):
            raise BadStep(t("“{name}” is not part of such a step.", name=name), field=field)
    said = {name for name, value in values.items() if value is not None}
    missing = {"code", "name"} & _needed(kind) - said
    if missing:
        raise BadStep(t("Fill in {name}.", name=sorted(missing)[0]), field=field)
    return checked(kind(**{n: v for n, v in values.items() if v is not None}), field)


def _needed(kind: type[Step]) -> set[str]:
    return {"code", "name"} if kind is NewUnit else {"code"}


def checked(step: Step, field: str = "") -> Step:
    """The step with its texts cleaned. Raises BadStep for one that is empty or too long."""
    at = f"{field}." if field else ""
    texts = {name: line(value) for name, value in asdict(step).items() if isinstance(value, str)}
    if not texts["code"]:
        raise BadStep(t("Give the code of the unit."), field=f"{at}code")
    if isinstance(step, NewUnit) and not texts["name"]:
        raise BadStep(t("Give the name of the unit."), field=f"{at}name")
    if isinstance(step, ChangedUnit) and texts.get("name") == "":
        raise BadStep(t("Give the name of the unit."), field=f"{at}name")
    for name, value in texts.items():
        most = MAX_CODE if name in ("code", "parent", "successor") else MAX_NAME
        if len(value) > most:
            raise BadStep(_too_long(most), field=f"{at}{name}")
    return type(step)(**{**asdict(step), **texts})


def _too_long(most: int) -> Text:
    return t("At most {max} characters fit here.", max=most)
