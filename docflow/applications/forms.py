"""The form of a service as pages show it: groups of fields, in order, in the reader's language.

Source: JSON Schema 2020-12 with the annotations `x-…` of a service’s folder (docs/services.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from docflow import kinds, payments
from docflow.services import said

Typed = Mapping[str, str | list[str]]
"""What stands in the fields, by their names; of a choice of several a list."""

_BY_FORMAT = {
    "date": "date",
    "email": "email",
    "phone": "phone",
    "tax-number": "tax-number",
    "iban": "iban",
    "plate": "plate",
}
LONG_TEXT = 200  # a field that takes more than this is shown with several lines


@dataclass(frozen=True, slots=True)
class FormField:
    """A field. `widget` says how it is shown, `schema` is its part of the JSON Schema.

    `shown_if` names the field on whose value it depends: it counts only where that one has it.
    """

    name: str
    label: str
    hint: str
    widget: str
    is_required: bool
    choices: tuple[tuple[str, str], ...]
    schema: Mapping[str, Any]
    shown_if: tuple[str, Any] | None = None
    prefilled_from: str = ""
    autocomplete: str = ""
    accept: tuple[str, ...] = ()
    message: str = ""  # what to say where the pattern is not met

    @property
    def takes_files(self) -> bool:
        return self.widget == "files"

    @property
    def max_files(self) -> int:
        return int(self.schema.get("maxItems", 30)) if self.takes_files else 0


@dataclass(frozen=True, slots=True)
class FormGroup:
    code: str
    title: str
    text: str
    fields: tuple[FormField, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """A form in one language."""

    groups: tuple[FormGroup, ...]
    schema: Mapping[str, Any] = field(repr=False)

    @property
    def fields(self) -> tuple[FormField, ...]:
        return tuple(one for group in self.groups for one in group.fields)

    def field(self, name: str) -> FormField | None:
        return next((one for one in self.fields if one.name == name), None)


def of(schema: Mapping[str, Any], language: str) -> Form:
    """The form that the schema describes, its texts in the language (else in Greek)."""
    required = set(schema.get("required", ()))
    properties = schema.get("properties", {})
    groups = tuple(
        FormGroup(
            group["code"],
            said(group.get("title", {}), language),
            said(group.get("text", {}), language),
            tuple(
                _field(name, properties[name], name in required, language)
                for name in group["fields"]
            ),
        )
        for group in schema.get("x-groups", ())
    )
    return Form(groups, schema)


def _field(name: str, part: Mapping[str, Any], is_required: bool, language: str) -> FormField:
    condition = part.get("x-shown-if")
    kind = part.get("items", {}) if part.get("type") == "array" else part
    choices = part.get("x-choices") or kind.get("x-choices") or {}
    # In the order of `enum`, which is a list: the database keeps no order of the labels' keys.
    order = [str(value) for value in kind.get("enum", ())] or list(choices)
    return FormField(
        name=name,
        label=said(part.get("x-label", {}), language) or name,
        hint=said(part.get("x-hint", {}), language),
        widget=_widget(part),
        is_required=is_required,
        choices=tuple((value, said(choices.get(value, {}), language) or value) for value in order),
        schema=part,
        shown_if=next(iter(condition.items())) if condition else None,
        prefilled_from=part.get("x-from", ""),
        autocomplete=part.get("x-autocomplete", ""),
        accept=tuple(part.get("x-accept", ())),
        message=said(part.get("x-message", {}), language),
    )


def _widget(part: Mapping[str, Any]) -> str:
    """How a field is shown that does not say so itself."""
    if given := part.get("x-widget"):
        return str(given)
    kind = part.get("type", "string")
    if kind == "boolean":
        return "checkbox"
    if kind == "array":
        return "checkboxes" if "enum" in part.get("items", {}) else "files"
    if "enum" in part:
        return "radios" if len(part["enum"]) <= 5 else "select"
    if kind in ("integer", "number"):
        return "number"
    if part.get("format") in _BY_FORMAT:
        return _BY_FORMAT[part["format"]]
    return "textarea" if part.get("maxLength", 0) > LONG_TEXT else "text"


def shown(one: FormField, value: Any, language: str) -> str:
    """A checked value as people read it; empty where there is none."""
    if value is None or value == "" or value == []:
        return ""
    if one.widget == "amount":
        return payments.amounts.shown(int(value), language)
    if isinstance(value, bool):
        return kinds.shown(
            kinds.Field(one.name, kinds.FieldType.YES_NO, one.label), value, language
        )
    words = dict(one.choices)
    if isinstance(value, list):
        return ", ".join(words.get(str(each), str(each)) for each in value)
    if one.widget == "date":
        year, month, day = str(value).split("-")
        return f"{day}/{month}/{year}"
    if isinstance(value, float):
        return f"{value:g}".replace(".", "," if language == "el" else ".")
    return words.get(str(value), str(value))


def is_shown(one: FormField, typed: Typed) -> bool:
    """Whether the field counts, by what stands in the field on which it depends."""
    if one.shown_if is None:
        return True
    name, wanted = one.shown_if
    said_there = typed.get(name, "")
    if isinstance(wanted, bool):
        return (said_there in ("yes", "true", "on", "1")) is wanted
    if isinstance(said_there, list):
        return str(wanted) in said_there
    return said_there == str(wanted)
