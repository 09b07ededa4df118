"""What a process knows, as people read it: amounts, dates and choices in words.

The form of the service and the fields of its tasks say what each value is.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from docflow import payments, processes
from docflow.i18n import DEFAULT_LANGUAGE, translate
from docflow.processes import FieldType
from docflow.services import ServiceVersion, said


def shown(version: ServiceVersion, data: Mapping[str, Any], language: str) -> dict[str, str]:
    """Each value of `data` as text; what the service does not describe stands as it is."""
    properties: Mapping[str, Any] = version.form.get("properties", {})
    fields = _task_fields(version)
    found = {}
    for name, value in data.items():
        if name in properties:
            found[name] = _of_form(properties[name], value, language)
        elif name in fields:
            found[name] = _of_task(fields[name], value, language)
        else:
            found[name] = _plain(value, language)
    return found


def euros(cents: int, language: str) -> str:
    """“50€”, “50,50€”: without cents where there are none, as the messages of S0 write it."""
    text = payments.amounts.shown(cents, language)
    if language == "en":
        return text.removesuffix(".00")
    return text.replace(",00 €", "€").replace(" €", "€")


def day(value: str) -> str:
    """20/11/2026 for 2026-11-20; what is no date stays as it is."""
    try:
        return f"{date.fromisoformat(value):%d/%m/%Y}"
    except ValueError:
        return value


def _task_fields(version: ServiceVersion) -> dict[str, processes.TaskField]:
    definition = processes.read(version.process_xml.encode())
    return {
        field.name: field
        for element in definition.elements
        for field in (*element.shows, *element.fields)
    }


def _of_form(part: Mapping[str, Any], value: Any, language: str) -> str:
    if value is None:
        return ""
    if part.get("x-widget") == "amount" and isinstance(value, int):
        return euros(value, language)
    if part.get("format") == "date":
        return day(str(value))
    choices = part.get("x-choices", {})
    if isinstance(value, str) and value in choices:
        return said(choices[value], language)
    return _plain(value, language)


def _of_task(field: processes.TaskField, value: Any, language: str) -> str:
    if value is None:
        return ""
    if field.type is FieldType.AMOUNT and isinstance(value, int):
        return euros(value, language)
    if field.type is FieldType.DATE:
        return day(str(value))
    for choice in field.choices:
        if choice.value == value:
            return choice.label.in_language(language)
    return _plain(value, language)


def _plain(value: Any, language: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return translate("Yes" if value else "No", language)
    if isinstance(value, float) and language == DEFAULT_LANGUAGE:
        return f"{value:g}".replace(".", ",")
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(_plain(one, language) for one in value)
    return str(value)
