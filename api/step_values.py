"""The data of a process as the page of a step shows them, and as its form begins with them."""

from collections.abc import Mapping, Sequence
from datetime import date

from docflow.i18n import t
from docflow.payments import amounts
from docflow.processes import FieldType, TaskField


def shown(fields: Sequence[TaskField], data: Mapping[str, object], language: str) -> dict[str, str]:
    """Each datum in words; empty where the process does not know it."""
    return {one.name: _shown(one, data.get(one.name), language) for one in fields}


def typed(fields: Sequence[TaskField], data: Mapping[str, object]) -> dict[str, str]:
    """What the process knows already, as one would type it; nobody's tick is taken over."""
    return {one.name: _typed(one, data.get(one.name)) for one in fields}


def _shown(field: TaskField, value: object, language: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return (t("Yes") if value else t("No")).in_language(language)
    if field.type is FieldType.AMOUNT and isinstance(value, int):
        return amounts.shown(value, language)
    if field.type is FieldType.DATE:
        return _day(value)
    for choice in field.choices:
        if choice.value == value:
            return choice.label.in_language(language)
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return str(value)


def _typed(field: TaskField, value: object) -> str:
    if value is None or isinstance(value, bool | list | dict):
        return ""
    if field.type is FieldType.AMOUNT and isinstance(value, int):
        return amounts.typed(value)
    return _day(value) if field.type is FieldType.DATE else str(value)


def _day(value: object) -> str:
    try:
        return f"{date.fromisoformat(str(value)):%d/%m/%Y}"
    except ValueError:
        return str(value)
