"""What a person types into the form of a step, read field by field as the definition says."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from docflow.errors import Invalid
from docflow.folding import line, lines
from docflow.i18n import Text, t
from docflow.payments import amounts
from docflow.processes.values import FieldType, TaskField

MAX_LINE, MAX_TEXT = 300, 5000
_TICKED = ("on", "true", "yes", "1")
_NUMBER = re.compile(r"-?\d{1,12}")
_GREEK_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


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
    if errors:
        raise BadAnswer(errors)
    return found


def _answer(field: TaskField, typed: str) -> Any:
    clean = typed.strip()
    if field.type in (FieldType.TICK, FieldType.YES_NO):
        is_ticked = clean.lower() in _TICKED
        if field.type is FieldType.TICK and not is_ticked:
            raise Invalid(t("Tick this when it is done."))
        return is_ticked
    if not clean:
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


def _number(field: TaskField, typed: str) -> int:
    if not _NUMBER.fullmatch(typed):
        raise Invalid(t("Write a whole number, in digits."))
    return int(typed)


def _amount(field: TaskField, typed: str) -> int:
    return amounts.parse(typed)


def _date(field: TaskField, typed: str) -> str:
    greek = _GREEK_DATE.fullmatch(typed)
    try:
        if greek:
            return date(int(greek[3]), int(greek[2]), int(greek[1])).isoformat()
        return datetime.strptime(typed, "%Y-%m-%d").date().isoformat()  # noqa: DTZ007  # a day
    except ValueError as error:
        raise Invalid(t("Write a date, such as 31/12/2026.")) from error


def _choice(field: TaskField, typed: str) -> str:
    if typed not in {one.value for one in field.choices}:
        raise Invalid(t("Choose one of the list."))
    return typed


_READ: Mapping[FieldType, Callable[[TaskField, str], Any]] = {
    FieldType.TEXT: _text,
    FieldType.LONG_TEXT: _long_text,
    FieldType.NUMBER: _number,
    FieldType.AMOUNT: _amount,
    FieldType.DATE: _date,
    FieldType.CHOICE: _choice,
}
