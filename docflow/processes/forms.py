"""What a person types into the form of a step, read field by field as the definition says."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from docflow import kinds
from docflow.errors import Invalid
from docflow.folding import line, lines
from docflow.i18n import Text, t
from docflow.payments import amounts
from docflow.processes import conditions
from docflow.processes.values import FieldType, TaskField

MAX_LINE, MAX_TEXT = 300, 5000
_TICKED = ("on", "true", "yes", "1")


class BadAnswer(Invalid):
    """Something in the form of the step is missing or wrong."""

    def __init__(self, errors: Mapping[str, Text]) -> None:
        name, message = next(iter(errors.items()))
        super().__init__(message, field=name)
        self.errors = dict(errors)


def answers(fields: Sequence[TaskField], typed: Mapping[str, str]) -> dict[str, Any]:
    """The typed values as data of the process. Raises BadAnswer with all that is wrong."""
    found: dict[str, Any] = {}
    errors: dict[str, Text] = {}
    for field in fields:
        try:
            found[field.name] = _answer(field, typed.get(field.name, ""))
        except Invalid as error:
            errors[field.name] = error.message
    for field in fields:
        if field.name not in errors and _is_wanting(field, found):
            errors[field.name] = t("Fill this in.")
    if errors:
        raise BadAnswer(errors)
    return found


def _is_wanting(field: TaskField, found: Mapping[str, Any]) -> bool:
    """Whether what else was typed asks for it, and it is empty; an amount of nothing is none."""
    value = found.get(field.name)
    is_empty = not value if field.type is FieldType.AMOUNT else value in (None, "")
    if not field.required_if or not is_empty:
        return False
    return bool(conditions.evaluate(field.required_if, found))


def _answer(field: TaskField, typed: str) -> Any:
    clean = typed.strip()
    if field.type in (FieldType.TICK, FieldType.YES_NO):
        is_ticked = clean.lower() in _TICKED
        if field.type is FieldType.TICK and not is_ticked:
            raise Invalid(t("Tick this when it is done."))
        return is_ticked
    if not line(clean):
        if field.is_required:
            raise Invalid(t("Fill this in."))
        return None
    return _READ[field.type](field, clean)


def _text(field: TaskField, typed: str) -> str:
    clean = line(typed)
    if len(clean) > MAX_LINE:
        raise Invalid(t("At most {max} characters fit here.", max=MAX_LINE))
    return clean


def _long_text(field: TaskField, typed: str) -> str:
    clean = lines(typed)
    if len(clean) > MAX_TEXT:
        raise Invalid(t("At most {max} characters fit here.", max=MAX_TEXT))
    return clean


def _amount(field: TaskField, typed: str) -> int:
    return amounts.parse(typed)


def _choice(field: TaskField, typed: str) -> str:
    if typed not in {one.value for one in field.choices}:
        raise Invalid(t("Choose one of the list."))
    return typed


def _of_kind(kind: kinds.FieldType) -> Callable[[TaskField, str], Any]:
    """As the fields of a kind of document and of an application are read: one rule for all."""
    wanted = kinds.Field("value", kind, "")

    def read(field: TaskField, typed: str) -> Any:
        return kinds.checked([wanted], {"value": typed})["value"]

    return read


_READ: Mapping[FieldType, Callable[[TaskField, str], Any]] = {
    FieldType.TEXT: _text,
    FieldType.LONG_TEXT: _long_text,
    FieldType.NUMBER: _of_kind(kinds.FieldType.WHOLE),
    FieldType.AMOUNT: _amount,
    FieldType.DATE: _of_kind(kinds.FieldType.DATE),
    FieldType.CHOICE: _choice,
}
