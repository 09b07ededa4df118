"""What the schema of a form cannot say of itself: labels of choices, groups, defaults, patterns."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from docflow.i18n import Text, t

Path = tuple[str | int, ...]
Fault = tuple[Path, Text]
_ALONE: Mapping[str, str] = {
    "amount": "integer",
    "number": "integer number",
    "checkbox": "boolean",
    "files": "array",
    "checkboxes": "array",
}
"""What the values of a widget must be; of any other, strings (or numbers to choose from)."""
# A repeated group that is repeated in itself takes a pattern's time beyond all bounds.
_NESTED = re.compile(r"\([^()]*[+*}][^()]*\)[+*{]")


def faults(form: Mapping[str, Any]) -> list[Fault]:
    """What is wrong in a form that fits our schema of forms, with the place of each."""
    properties: Mapping[str, Mapping[str, Any]] = form["properties"]
    found = [fault for name, one in properties.items() for fault in _of_field(name, one)]
    found += _of_names(form)
    found += _of_groups(form)
    if not found:
        try:
            Draft202012Validator.check_schema(dict(form))
        except SchemaError as error:
            path = tuple(error.absolute_path)
            found.append((path, t("This is no JSON Schema: {why}", why=error.message[:200])))
    return found


def grouped(form: Mapping[str, Any]) -> dict[str, Any]:
    """The form with its groups: all fields in one, in the order of the file, where it has none."""
    if form.get("x-groups"):
        return dict(form)
    title = {"el": "Στοιχεία", "en": "Details", "hu": "Adatok", "cs": "Údaje"}
    only = {"code": "all", "title": title, "fields": list(form["properties"])}
    return {**form, "x-groups": [only]}


def _of_field(name: str, field: Mapping[str, Any]) -> Iterator[Fault]:
    at: Path = ("properties", name)
    widget, type_ = field.get("x-widget", ""), field["type"]
    if widget and type_ not in _ALONE.get(widget, "string integer number").split():
        yield (
            (*at, "x-widget"),
            t(
                "The widget “{widget}” goes with the type {type}.",
                widget=widget,
                type=_ALONE.get(widget, "string").replace(" ", ", "),
            ),
        )
    if type_ == "array" and widget not in ("files", "checkboxes"):
        yield (*at, "type"), t("A list is of files or of boxes: say so in x-widget.")
    choices = [*field.get("enum", ()), *field.get("items", {}).get("enum", ())]
    labels = field.get("x-choices", {})
    for choice in choices:
        if str(choice) not in labels:
            yield at, t("The choice “{value}” has no label in x-choices.", value=str(choice)[:60])
    if widget in ("select", "radios", "checkboxes") and not choices:
        yield at, t("There is nothing to choose from: write enum and x-choices.")
    for label in labels:
        if label not in map(str, choices):
            yield (
                (*at, "x-choices", label),
                t("“{value}” is no choice of enum. Take it out.", value=label[:60]),
            )
    if "x-latest" in field and field.get("format") != "date":
        yield (*at, "x-latest"), t("Only a day can be the latest: the format must be date.")
    for low, high in (("minLength", "maxLength"), ("minItems", "maxItems"), ("minimum", "maximum")):
        if low in field and high in field and field[low] > field[high]:
            yield (*at, low), t("The least is more than the most.")
    yield from _of_pattern((*at, "pattern"), field.get("pattern"))
    if "default" in field:
        try:
            fits = Draft202012Validator(dict(field)).is_valid(field["default"])
        except (re.error, SchemaError):
            fits = True  # told at its pattern
        if not fits:
            yield (*at, "default"), t("What is filled in beforehand must fit the field itself.")


def _of_pattern(at: Path, pattern: str | None) -> Iterator[Fault]:
    if pattern is None:
        return
    try:
        re.compile(pattern)
    except re.error as error:
        yield at, t("This pattern cannot be read: {why}", why=str(error)[:120])
        return
    if _NESTED.search(pattern):
        yield at, t("A repetition inside a repetition may take for ever. Write it plainly.")


def _of_names(form: Mapping[str, Any]) -> Iterator[Fault]:
    """Every name that rules use is a field."""
    properties = form["properties"]
    for place, name in enumerate(form.get("required", ())):
        if name not in properties:
            yield ("required", place), no_field(name)
    for name, needed in form.get("dependentRequired", {}).items():
        for other in (name, *needed):
            if other not in properties:
                yield ("dependentRequired", name), no_field(other)
    rules: list[tuple[Path, Mapping[str, Any]]] = [((), form)]
    rules += [(("allOf", place), one) for place, one in enumerate(form.get("allOf", ()))]
    for at, rule in rules:
        for key in ("if", "then", "else"):
            part = rule.get(key, {})
            for name in (*part.get("required", ()), *part.get("properties", ())):
                if name not in properties:
                    yield (*at, key), no_field(name)
    for name, field in properties.items():
        for other in field.get("x-shown-if", {}):
            if other not in properties or other == name:
                yield ("properties", name, "x-shown-if"), no_field(other)
        if field.get("x-shown-if") and name in form.get("required", ()):
            yield (
                ("properties", name, "x-shown-if"),
                t("What is not always shown cannot be required. Require it by if and then."),
            )


def _of_groups(form: Mapping[str, Any]) -> Iterator[Fault]:
    groups = form.get("x-groups")
    if not groups:
        return
    placed: set[str] = set()
    codes: set[str] = set()
    for place, group in enumerate(groups):
        if group["code"] in codes:
            yield ("x-groups", place, "code"), t("Two groups have this code.")
        codes.add(group["code"])
        for number, name in enumerate(group["fields"]):
            at: Path = ("x-groups", place, "fields", number)
            if name not in form["properties"]:
                yield at, no_field(name)
            elif name in placed:
                yield at, t("The field “{name}” stands in two groups.", name=name)
            placed.add(name)
    for name in form["properties"]:
        if name not in placed:
            yield ("x-groups",), t("The field “{name}” stands in no group.", name=name)


def no_field(name: str) -> Text:
    """What is said of a name that no field of the form has."""
    return t("The form has no field “{name}”. Correct the name.", name=name[:60])
