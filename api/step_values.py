"""The data of a process as the page of a step shows them, and as its form begins with them."""

from collections.abc import Mapping, Sequence

from docflow.payments import amounts
from docflow.processes import FieldType, TaskField, in_words


def shown(fields: Sequence[TaskField], data: Mapping[str, object], language: str) -> dict[str, str]:
    """Each datum in words; empty where the process does not know it."""
    return {one.name: in_words.shown(one, data.get(one.name), language) for one in fields}


def typed(fields: Sequence[TaskField], data: Mapping[str, object]) -> dict[str, str]:
    """What the process knows already, as one would type it; nobody's tick is taken over."""
    return {one.name: _typed(one, data.get(one.name)) for one in fields}


def _typed(field: TaskField, value: object) -> str:
    if value is None or isinstance(value, bool | list | dict):
        return ""
    if field.type is FieldType.AMOUNT and isinstance(value, int):
        return amounts.typed(value)
    return in_words.day(value) if field.type is FieldType.DATE else str(value)
