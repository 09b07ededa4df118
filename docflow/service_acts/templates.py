"""Templates of documents that a service issues under the seal: `templates/NAME.json`.

    {"title": T, "subject": T, "body": T, "closing": T,
     "facts": [{"label": T, "value": "{resident_address}", "required": true}]}

T is a text by language, el at least; the names in curly brackets are those of the form, of the
tasks and of the acts (see `words`). A fact that is empty is left out, or, where it is required,
keeps the document from being issued.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from docflow.errors import Conflict
from docflow.i18n import Text, t
from docflow.services import filled, said

TEXTS = ("title", "subject", "body")
_KNOWN = {*TEXTS, "closing", "facts"}


class BadTemplate(Conflict):
    """The template of the document cannot be used."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A document in words."""

    title: str
    subject: str
    body: str
    closing: str
    facts: tuple[tuple[str, str], ...]


def read(written: bytes, *, name: str) -> Mapping[str, Any]:
    """The template of a file. Raises BadTemplate with what is wrong."""
    try:
        template = json.loads(written)
    except ValueError as error:
        raise _bad(name, t("it is no JSON")) from error
    why = fault(template)
    if why is not None:
        raise _bad(name, why)
    checked: Mapping[str, Any] = template
    return checked


def fault(template: object) -> Text | None:
    """The first thing that is wrong with a template; None where it can be used."""
    if not isinstance(template, dict):
        return t("it is no JSON object")
    if unknown := sorted(set(template) - _KNOWN):
        return t("“{name}” is not known in it", name=unknown[0])
    for name in (*TEXTS, "closing"):
        if not _is_text(template.get(name), needed=name in TEXTS):
            return t("“{name}” must be a text in el and in en", name=name)
    facts = template.get("facts", [])
    if not isinstance(facts, list):
        return t("“{name}” must be a list", name="facts")
    for place, fact in enumerate(facts):
        is_good = (
            isinstance(fact, dict)
            and set(fact) <= {"label", "value", "required"}
            and _is_text(fact.get("label"), needed=True)
            and isinstance(fact.get("value"), str)
        )
        if not is_good:
            return t("“{name}” must have a label and a value", name=f"facts[{place}]")
    return None


def fill(template: Mapping[str, Any], values: Mapping[str, str], language: str) -> Filled:
    """The document with these values. Raises BadTemplate where a required one is missing."""
    facts = []
    for fact in template.get("facts", []):
        label, value = said(fact["label"], language), filled(fact["value"], values).strip()
        if not value and fact.get("required"):
            raise BadTemplate(
                t("The document cannot be issued: “{label}” is missing.", label=label)
            )
        if value:
            facts.append((label, value))
    title = filled(said(template["title"], language), values).strip()
    return Filled(
        title=title,
        subject=filled(said(template["subject"], language), values).strip() or title,
        body=filled(said(template["body"], language), values),
        closing=filled(said(template.get("closing", {}), language), values),
        facts=tuple(facts),
    )


def _is_text(value: object, *, needed: bool) -> bool:
    if value is None:
        return not needed
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        return False
    return bool(value.get("el")) and bool(value.get("en"))


def _bad(name: str, why: Text) -> BadTemplate:
    return BadTemplate(t("The template “{name}” cannot be used: {why}.", name=name[:60], why=why))
