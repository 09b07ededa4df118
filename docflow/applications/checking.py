"""What was typed into a form, read into values and held against the service's JSON Schema.

First each field is read as people write it (an amount with comma or dot, a day as 21/11/2026), then
the values are validated as a whole. Each fault is told in plain words beside its field.
Source of the keywords: JSON Schema 2020-12.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from docflow import clock, kinds, payments
from docflow.applications.forms import Form, FormField, Typed, is_shown
from docflow.errors import Invalid
from docflow.folding import line, lines
from docflow.i18n import Text, t

MAX_TYPED = 20_000  # characters of one field, whatever its schema allows
_TIME = re.compile(r"([01]?\d|2[0-3]):[0-5]\d")
_ADDRESS = re.compile(r"https?://[^\s/]+\.[^\s]+")
FORM = "form"  # the name of a fault that belongs to no field


class BadForm(Invalid):
    """Something in the form is not right."""

    def __init__(self, faults: Mapping[str, Text]) -> None:
        """`faults` by name of the field, in the order of the form."""
        name, message = next(iter(faults.items()))
        super().__init__(message, field=name)
        self.faults = dict(faults)


class _Wrong(ValueError):
    def __init__(self, message: Text) -> None:
        super().__init__(str(message))
        self.message = message


def checked(form: Form, typed: Typed, files: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The values of a whole form. `files` are the names of those sent, by field.

    Raises BadForm with every fault at once.
    """
    values, faults = read(form, typed, files)
    for error in _errors(form, values):
        name, message = _told(form, error, faults)
        if name not in faults:
            faults[name] = message
    faults |= {name: told for name, told in _too_late(form, values) if name not in faults}
    if faults:
        order = [one.name for one in form.fields]
        known = sorted(faults, key=lambda name: order.index(name) if name in order else len(order))
        raise BadForm({name: faults[name] for name in known})
    return values


def _too_late(form: Form, values: Mapping[str, Any]) -> Iterator[tuple[str, Text]]:
    """Days of what has happened already (`x-latest`), that are still to come."""
    today = clock.today().isoformat()
    for one in form.fields:
        if one.schema.get("x-latest") == "today" and str(values.get(one.name, "")) > today:
            yield one.name, t("This day is still to come. Write today’s or one before it.")


def read(
    form: Form, typed: Typed, files: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Any], dict[str, Text]]:
    """The values that could be read, and what could not; empty fields are left out."""
    values: dict[str, Any] = {}
    faults: dict[str, Text] = {}
    for one in form.fields:
        if not is_shown(one, typed):
            continue
        if one.takes_files:
            if names := list(files.get(one.name, ())):
                values[one.name] = names
            continue
        try:
            value = _value(one, typed.get(one.name, ""))
        except _Wrong as wrong:
            faults[one.name] = wrong.message
            continue
        if value is not None:
            values[one.name] = value
    return values, faults


def _value(one: FormField, typed: str | list[str]) -> Any:
    """One field's value; None where it is empty. Raises _Wrong."""
    if one.schema.get("type") == "array":
        chosen = [typed] if isinstance(typed, str) else typed
        return [each for each in chosen if each] or None
    text = typed if isinstance(typed, str) else (typed[-1] if typed else "")
    if len(text) > MAX_TYPED:
        raise _Wrong(t("At most {max} characters fit here.", max=MAX_TYPED))
    if one.schema.get("type") == "boolean":
        return _yes_no(one, text)
    clean = lines(text) if one.widget in ("textarea", "place") else line(text)
    if not clean:
        return None
    return _READ.get(one.widget, _plain)(one, clean)


def _yes_no(one: FormField, text: str) -> bool | None:
    clean = line(text)
    if not clean:
        # An empty box is a “no”; where two answers are offered, it is no answer.
        return False if one.widget == "checkbox" and not one.is_required else None
    return bool(_kind(one, kinds.FieldType.YES_NO, clean))


def _plain(one: FormField, text: str) -> Any:
    kind, form = one.schema.get("type", "string"), one.schema.get("format")
    if form == "time" and not _TIME.fullmatch(text):
        raise _Wrong(t("“{typed}” is not a time. Write it as 14:30.", typed=text[:40]))
    if form == "uri" and not _ADDRESS.fullmatch(text):
        raise _Wrong(
            t("“{typed}” is not an address of the web. It begins with https://.", typed=text[:40])
        )
    if kind == "integer":
        return int(_kind(one, kinds.FieldType.WHOLE, text))
    if kind == "number":
        try:
            return float(text.replace(" ", "").replace(",", "."))
        except ValueError as error:
            raise _Wrong(t("“{typed}” is not a number.", typed=text[:40])) from error
    return text


def _amount(one: FormField, text: str) -> int:
    try:
        return payments.amounts.parse(text)
    except payments.amounts.BadAmount as error:
        raise _Wrong(error.message) from error


def _of_kind(kind: kinds.FieldType) -> Callable[[FormField, str], Any]:
    return lambda one, text: _kind(one, kind, text)


def _kind(one: FormField, kind: kinds.FieldType, text: str) -> Any:
    """As the fields of a kind of document are read: one rule for staff and citizens."""
    wanted = kinds.Field("value", kind, one.label)
    try:
        return kinds.checked([wanted], {"value": text}).get("value")
    except kinds.BadValues as error:
        raise _Wrong(error.message) from error


_READ: Mapping[str, Callable[[FormField, str], Any]] = {
    "amount": _amount,
    "date": _of_kind(kinds.FieldType.DATE),
    "email": _of_kind(kinds.FieldType.EMAIL),
    "phone": _of_kind(kinds.FieldType.PHONE),
    "tax-number": _of_kind(kinds.FieldType.TAX_NUMBER),
    "iban": _of_kind(kinds.FieldType.IBAN),
    "plate": _of_kind(kinds.FieldType.PLATE),
}


def _errors(form: Form, values: Mapping[str, Any]) -> list[ValidationError]:
    validator = Draft202012Validator(form.schema)
    return sorted(validator.iter_errors(values), key=lambda error: len(error.path))


def _told(form: Form, error: ValidationError, faults: Mapping[str, Text]) -> tuple[str, Text]:
    """The field to blame, and what to say of it."""
    keyword, limit = str(error.validator), cast(Any, error.validator_value)
    if keyword in ("required", "dependentRequired"):
        name = _missing(error, faults)
        one = form.field(name)
        return (name, _wanted(one)) if one else (FORM, t("Something is missing in the form."))
    name = str(error.path[0]) if error.path else FORM
    one = form.field(name)
    if one is None:
        return FORM, t("The form has fields that this service does not know. Open it anew.")
    if one.widget == "amount" and keyword in ("minimum", "maximum"):
        limit = payments.amounts.typed(int(limit))
    if keyword == "pattern" and one.message:
        return name, Text("{said}", {"said": one.message})
    if keyword == "const" and limit is True:
        return name, _wanted(one)
    if keyword == "minLength" and limit == 1:
        return name, _wanted(one)
    message = _SAID.get(keyword)
    return name, message(limit) if message else t("“{label}” is not right.", label=one.label)


def _missing(error: ValidationError, faults: Mapping[str, Text]) -> str:
    """The property that an error of `required` or `dependentRequired` names in its words alone."""
    value: Any = error.validator_value
    there = error.instance if isinstance(error.instance, dict) else {}
    wanted = (
        value
        if isinstance(value, list)
        else [name for key, names in value.items() if key in there for name in names]
    )
    absent = [name for name in wanted if name not in there]
    named = [name for name in absent if error.message.startswith(repr(name))]
    return str((named or [name for name in absent if name not in faults] or absent)[0])


def _wanted(one: FormField) -> Text:
    if one.takes_files:
        return t("Add the file for “{label}”.", label=one.label)
    if one.widget == "checkbox":
        return t("Tick “{label}”.", label=one.label)
    if one.choices or one.schema.get("type") == "boolean":
        return t("Choose an answer for “{label}”.", label=one.label)
    return t("Fill in “{label}”.", label=one.label)


_SAID: Mapping[str, Callable[[Any], Text]] = {
    "minLength": lambda limit: t("Write at least {min} characters.", min=limit),
    "maxLength": lambda limit: t("At most {max} characters fit here.", max=limit),
    "minimum": lambda limit: t("It must be {min} or more.", min=limit),
    "exclusiveMinimum": lambda limit: t("It must be more than {min}.", min=limit),
    "maximum": lambda limit: t("It must be {max} or less.", max=limit),
    "exclusiveMaximum": lambda limit: t("It must be less than {max}.", max=limit),
    "multipleOf": lambda limit: t("It must be a multiple of {step}.", step=limit),
    "enum": lambda _: t("Choose one from the list."),
    "const": lambda _: t("Choose one from the list."),
    "minItems": lambda limit: t("Choose or add at least {min}.", min=limit),
    "maxItems": lambda limit: t("At most {max} are taken here.", max=limit),
    "uniqueItems": lambda _: t("The same stands here twice."),
    "pattern": lambda _: t("It is not written as it should be. See the hint above."),
    "type": lambda _: t("It is not written as it should be. See the hint above."),
}
