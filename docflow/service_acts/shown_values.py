"""What a process knows, as people read it: amounts, dates and choices in words.

The form of the service and the fields of its tasks say what each value is.
"""

from collections.abc import Mapping
from typing import Any

from docflow import payments, processes
from docflow.processes import in_words
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
            found[name] = in_words.shown(fields[name], value, language, amount=euros)
        else:
            found[name] = in_words.plain(value, language)
    return found


def euros(cents: int, language: str) -> str:
    """“50€”, “50,50€”: without cents where there are none, as the messages of S0 write it."""
    text = payments.amounts.shown(cents, language)
    if language == "en":
        return text.removesuffix(".00")
    return text.replace(",00 €", "€").replace(" €", "€")


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
        return in_words.day(value)
    choices = part.get("x-choices", {})
    if isinstance(value, str) and value in choices:
        return said(choices[value], language)
    return in_words.plain(value, language)
