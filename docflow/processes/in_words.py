"""A datum of a process as people read it: amounts, days, choices, yes and no in words."""

from collections.abc import Callable
from datetime import date
from typing import Any

from docflow.i18n import translate
from docflow.payments import amounts
from docflow.processes.values import FieldType, TaskField


def shown(
    field: TaskField,
    value: Any,
    language: str,
    *,
    amount: Callable[[int, str], str] = amounts.shown,
) -> str:
    """What the field holds; empty where the process does not know it.

    `amount` says how cents are written in a language, where a text wants them otherwise.
    """
    if value is None or isinstance(value, bool):
        return plain(value, language)
    if field.type is FieldType.AMOUNT and isinstance(value, int):
        return amount(value, language)
    if field.type is FieldType.DATE:
        return day(value)
    for choice in field.choices:
        if choice.value == value:
            return choice.label.in_language(language)
    return plain(value, language)


def plain(value: Any, language: str) -> str:
    """A value of which nobody says what it is."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return translate("Yes" if value else "No", language)
    if isinstance(value, float):
        text = f"{value:.12g}"
        return text if language == "en" else text.replace(".", ",")
    if isinstance(value, list | tuple):
        return ", ".join(plain(one, language) for one in value)
    return str(value)


def day(value: Any) -> str:
    """20/11/2026 for 2026-11-20; what is no date stays as it is."""
    try:
        return f"{date.fromisoformat(str(value)):%d/%m/%Y}"
    except ValueError:
        return str(value)
