"""Checks of the folder of a service before anybody files by it: file, line, what to do.

What needs to know more than files (the process, the fee) is checked by who knows it: `after_check`.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from docflow import payments
from docflow.i18n import Text, t
from docflow.services import forms, groups, locating
from docflow.services.definitions import placeholders, read
from docflow.services.folders import FEE, FORM, FORMS, PROCESS, SERVICE, TEMPLATES, Folder, is_known

MAX_PROBLEMS = 40
_MAX_TEXT = 1 << 20  # of a file that is read as text
TOLD = frozenset(
    ("number", "day", "amount", "reference", "bank_number", "title", "body", "unit", "full_name")
)
"""Names that a receipt or final notice may use besides the fields of the form."""
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a folder. `line` is None and `at` empty where it is about the whole file."""

    file: str
    message: Text
    line: int | None = None
    at: str = ""

    @property
    def place(self) -> str:
        """file:line at path, as far as known."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def told(self, language: str) -> str:
        """The whole in one line: service.json:12 papers[0].title: …"""
        at = f" {self.at}" if self.at else ""
        return f"{self.place}{at}: {self.message.in_language(language)}"


Check = Callable[[Folder, Collection[str] | None], Sequence[Problem]]
_checks: list[Check] = []


def after_check(function: Check) -> Check:
    """Have the function look at each folder that could be read; what it finds is told too.

    It is given the codes of the body's units, or None where the folder is checked for any body.
    """
    _checks.append(function)
    return function


def check(
    folder: Folder, unit_codes: Collection[str] | None = None
) -> tuple[Folder, list[Problem]]:
    """The folder with what was read of it, and what is wrong in it: nothing where it can be used.

    Of very many problems the first ones; mending those often mends the rest.
    """
    problems = [_unknown(path) for path in sorted(folder.files) if not is_known(path)]
    if SERVICE not in folder.files:
        why = t("There is no {file} in it. Pack the folder of one service.", file=SERVICE)
        return folder, [*problems, Problem(SERVICE, why)]
    service, found = _json(folder, SERVICE, "service.schema.json")
    problems += found
    if service is not None and not found:
        folder = replace(folder, definition=read(service), service=service)
        problems += _crossed(folder, service)
    folder, found = _form(folder)
    problems += found
    if FEE in folder.files:
        fee, found = _json(folder, FEE, None)
        problems += found
        folder = replace(folder, fee=fee)
    process, found = _text(folder, PROCESS) if PROCESS in folder.files else ("", [])
    folder = replace(folder, process_xml=process or "")
    problems += found
    problems += _paired(folder)
    if folder.definition is not None and not problems:
        problems += looked_at(folder, unit_codes)
    return folder, problems[:MAX_PROBLEMS]


def looked_at(folder: Folder, unit_codes: Collection[str] | None) -> list[Problem]:
    """What those find who know more than files, in a folder that was read."""
    return [*_fee(folder), *(one for looks in _checks for one in looks(folder, unit_codes))]


def word_fault(service: Mapping[str, Any]) -> Problem | None:
    """The first thing that is wrong in the words of a `service.json`; None where it can be used."""
    for error in _validator("service.schema.json").iter_errors(service):
        where, said = _explained(error)
        missing = _missing(error)
        if missing in _TEXTS and not where:  # in no language
            where, missing = [missing], "el"
        if missing in _WRITE_IT:
            where, said = [*where, missing], _WRITE_IT[missing]
        return Problem(SERVICE, said, at=locating.shown(where))
    return None


_TEXTS = ("title", "summary")
_WRITE_IT = {"el": t("Write this in Greek."), "en": t("Write this in English.")}


def _missing(error: ValidationError) -> str:
    """The key that is not there; nothing where the fault is another one."""
    names: Any = error.validator_value
    given: Any = error.instance
    if error.validator != "required":
        return ""
    return next((str(name) for name in names if name not in given), "")


def merged(service: Mapping[str, Any], words: Mapping[str, Any]) -> dict[str, Any]:
    """A `service.json` with the office's words; a text that the office took out is not in it."""
    return {key: value for key, value in {**service, **words}.items() if value != {}}


def rewritten(service: bytes, words: Mapping[str, Any]) -> bytes:
    """A `service.json` with these keys in place of its own."""
    changed = merged(locating.loads(service.decode()), words)
    return (json.dumps(changed, ensure_ascii=False, indent=2) + "\n").encode()


def _fee(folder: Folder) -> list[Problem]:
    if folder.fee is None:
        return []
    try:
        rule = payments.read_rule(folder.fee)
    except payments.BadFeeRule as error:
        return [Problem(FEE, error.message)]
    missing = payments.fields_missing(rule, folder.form.get("properties", {}))
    return [Problem(FEE, forms.no_field(name)) for name in missing]


def _form(folder: Folder) -> tuple[Folder, list[Problem]]:
    if FORM not in folder.files:
        return folder, []
    form, problems = _json(folder, FORM, "form-definition.schema.json")
    if form is None or problems:
        return folder, problems
    said = folder.files[FORM].decode()
    problems += [
        Problem(FORM, message, locating.line(said, path), locating.shown(path))
        for path, message in forms.faults(form)
    ]
    folder = replace(folder, form=forms.grouped(form))
    if folder.definition is not None and not problems:
        problems += _between(folder)
    return folder, problems


def _crossed(folder: Folder, service: Mapping[str, Any]) -> list[Problem]:
    """What `service.json` says of itself and of other files."""
    definition = folder.definition
    assert definition is not None
    said = folder.files[SERVICE].decode()

    def at(message: Text, *path: str | int) -> Problem:
        return Problem(SERVICE, message, locating.line(said, path), locating.shown(path))

    found = []
    if folder.name and folder.name != definition.code:
        found.append(
            at(
                t(
                    "The folder is called “{folder}” and the service “{code}”. Give both the same.",
                    folder=folder.name[:60],
                    code=definition.code,
                ),
                "code",
            )
        )
    keys = {
        "interest": "interest_groups",
        "citizens": "citizen_groups",
        "document": "document_kind",
        "life": "life_situations",
    }
    for axis, key in keys.items():
        known = groups.known()[axis]
        for place, group in enumerate(definition.groups[axis]):
            if not group.titles and group.code not in known:
                path = (key,) if axis == "document" else (key, place)
                message = t(
                    "There is no heading “{code}”. Use one of these, or give one of your own with "
                    "code and title: {known}",
                    code=group.code,
                    known=", ".join(sorted(known)),
                )
                found.append(at(message, *path))
    for place, one in enumerate(definition.downloads):
        if one.file not in folder.files:
            message = t("The file “{name}” is not in the folder.", name=one.file)
            found.append(at(message, "downloads", place, "file"))
    if definition.self_service and not folder.files.get(PROCESS):
        found.append(at(t("What is issued by itself needs a process."), "self_service"))
    return found


def _between(folder: Folder) -> list[Problem]:
    """What `service.json` says of the fields of the form."""
    definition = folder.definition
    assert definition is not None
    fields = set(folder.form["properties"])
    needed = set(folder.form.get("required", ()))
    said = folder.files[SERVICE].decode()
    found = []

    def at(message: Text, *path: str | int) -> None:
        found.append(Problem(SERVICE, message, locating.line(said, path), locating.shown(path)))

    for whom, name in definition.applicant.items():
        if name not in fields:
            at(forms.no_field(name), "applicant", whom)
    for place, name in enumerate(definition.unique_by):
        if name not in fields:
            at(forms.no_field(name), "unique_by", place)
        elif name not in needed:
            at(
                t(
                    "“{name}” tells applications apart, so it must be filled in: name it in "
                    "“required” of the form.",
                    name=name,
                ),
                "unique_by",
                place,
            )
    texts = {
        "subject": (definition.subjects, fields),
        "receipt": (definition.receipts, fields | TOLD),
        "final_notice": (definition.final_notices, fields | TOLD),
    }
    for key, (by_language, known) in texts.items():
        for language, template in by_language.items():
            for message in _brackets(template, known):
                at(message, key, language)
    return found


def _brackets(template: str, known: set[str] | frozenset[str]) -> list[Text]:
    try:
        names = placeholders(template)
    except ValueError:
        return [t("A curly bracket is not closed. Write the name of a field between two of them.")]
    return [forms.no_field(name) for name in sorted(names - known)]


def _paired(folder: Folder) -> list[Problem]:
    """Form and process come together; files are what their names say."""
    found = []
    for one, other in ((FORM, PROCESS), (PROCESS, FORM)):
        if one in folder.files and other not in folder.files:
            message = t("Form and process come together: add {file}, or take both out.", file=other)
            found.append(Problem(one, message))
    for path, data in folder.files.items():
        if path.startswith("forms/") and not data.startswith((b"%PDF-", b"PK\x03\x04")):
            message = t(
                "This is not the file that its name says. Save it again as PDF or document."
            )
            found.append(Problem(path, message))
    return found


def _json(
    folder: Folder, path: str, schema: str | None
) -> tuple[dict[str, Any] | None, list[Problem]]:
    """The JSON object in a file, checked against one of our schemas."""
    text, problems = _text(folder, path)
    if text is None:
        return None, problems
    try:
        value = locating.loads(text)
    except json.JSONDecodeError as error:
        message = t(
            "This is no JSON from here on ({why}). Look for a missing comma, quotation mark or "
            "bracket.",
            why=error.msg,
        )
        return None, [Problem(path, message, error.lineno)]
    except locating.TwiceNamed as error:
        message = t("“{name}” stands twice in one object. Take one out.", name=str(error)[:80])
        return None, [Problem(path, message)]
    except (ValueError, RecursionError):
        return None, [Problem(path, t("This is no JSON. Look for numbers that are none."))]
    if not isinstance(value, dict):
        return None, [Problem(path, t("The file must be one JSON object, in curly brackets."), 1)]
    if schema is None:
        return value, []
    errors = sorted(
        _validator(schema).iter_errors(value), key=lambda error: list(map(str, error.path))
    )
    return value, [
        Problem(path, said, locating.line(text, where), locating.shown(where))
        for error in errors[:MAX_PROBLEMS]
        for where, said in [_explained(error)]
    ]


def _text(folder: Folder, path: str) -> tuple[str | None, list[Problem]]:
    data = folder.files[path]
    if len(data) > _MAX_TEXT:
        return None, [Problem(path, t("The file is larger than {mb} MB.", mb=_MAX_TEXT >> 20))]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        message = t("The file is not in UTF-8. Save it again in that encoding.")
        return None, [Problem(path, message, data.count(b"\n", 0, error.start) + 1)]
    if "\0" in text:
        return None, [Problem(path, t("The file is not in UTF-8. Save it again in that encoding."))]
    return text, []


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((_HERE / name).read_text(encoding="utf-8")))


def _explained(error: ValidationError) -> tuple[list[str | int], Text]:
    """Where it is, and what to do, for the rules that our schemas use."""
    where, rule = list(error.absolute_path), error.validator
    value: Any = error.validator_value
    schema: Any = error.schema
    instance: Any = error.instance
    if rule == "oneOf" and isinstance(instance, dict) and error.context:
        return _explained(error.context[-1])  # a heading of its own: its fault is inside
    if rule == "required":
        return where, t("“{name}” is missing here. Add it.", name=_missing(error))
    if rule == "additionalProperties":
        known = sorted(schema.get("properties", {}))
        strange = next((name for name in instance if name not in known), "")
        return [*where, strange], t(
            "“{name}” is not known here. Take it out, or write one of: {known}",
            name=strange[:60],
            known=", ".join(known),
        )
    if rule == "enum":
        return where, t(
            "“{value}” cannot stand here. Write one of: {known}",
            value=str(instance)[:60],
            known=", ".join(map(str, value)),
        )
    if rule == "const":
        return where, t("Here stands always {value}.", value=json.dumps(value))
    if rule in ("minLength", "minItems", "minProperties"):
        return where, t("There is nothing here. Fill it in, or take it out.")
    if rule in ("maxLength", "maxItems", "maxProperties"):
        return where, t("This is too long: at most {max}.", max=value)
    if rule == "type":
        kinds = value if isinstance(value, str) else ", ".join(value)
        return where, t("Here must stand: {type} (JSON).", type=kinds)
    return where, t(
        "“{value}” is not in the form that is wanted here ({rule}).",
        value=str(instance)[:60],
        rule=str(value)[:80],
    )


def _unknown(path: str) -> Problem:
    message = t(
        "This file has no place in the folder of a service. Documents are in templates/ "
        "({templates}), forms to print in forms/ ({forms}).",
        templates=", ".join(TEMPLATES),
        forms=", ".join(FORMS),
    )
    return Problem(path[:120], message)
