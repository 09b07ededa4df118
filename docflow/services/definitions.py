"""What a service is, as its folder says it: a frozen picture of `service.json`.

The form of the file is `service.schema.json`; what stands here was checked against it, so that a
field that may be left out has its default and nothing else is guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from string import Formatter
from typing import Any

from docflow.accounts import Level
from docflow.folding import line
from docflow.i18n import DEFAULT_LANGUAGE
from docflow.workdays import DayUnit

LANGUAGES = ("el", "en", "hu", "cs")
"""Languages in which a service may speak; Greek and English it must."""
Texts = Mapping[str, str]
"""The same text by language."""
MAX_ATTACHMENTS = 30
_MAX_SUBJECT = 1000


def said(texts: Texts, language: str) -> str:
    """The text in the language; in Greek where it was not written in it."""
    return texts.get(language) or texts.get(DEFAULT_LANGUAGE, "")


@dataclass(frozen=True, slots=True)
class Group:
    """A heading under which the catalogue lists services."""

    code: str
    titles: Texts

    def title(self, language: str) -> str:
        return said(self.titles, language)


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that the applicant needs."""

    titles: Texts
    notes: Texts
    is_required: bool

    def title(self, language: str) -> str:
        return said(self.titles, language)

    def note(self, language: str) -> str:
        return said(self.notes, language)


@dataclass(frozen=True, slots=True)
class Download:
    """A form to print and fill in; `file` is its path in the folder."""

    titles: Texts
    file: str

    def title(self, language: str) -> str:
        return said(self.titles, language)


@dataclass(frozen=True, slots=True)
class Basis:
    """The provision on which the service rests; `url` is empty where none was given."""

    titles: Texts
    url: str

    def title(self, language: str) -> str:
        return said(self.titles, language)


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when the body answers, counted from the application."""

    days: int
    unit: DayUnit
    is_statutory: bool
    notes: Texts

    def note(self, language: str) -> str:
        return said(self.notes, language)


@dataclass(frozen=True, slots=True)
class Definition:
    """A service as its folder describes it.

    `groups` are headings by axis: "interest", "citizens", "document", "life". `families` are codes
    of processes as the administration numbers them (Δ1.2): what stands before the dot is the
    family. `applicant` says which field of the form names whom: name, email, phone, tax_number,
    address. `parameters` are of the acts of its process, by the name of the act.
    """

    code: str
    titles: Texts
    summaries: Texts
    descriptions: Texts
    groups: Mapping[str, tuple[Group, ...]]
    families: tuple[str, ...]
    keywords: Mapping[str, tuple[str, ...]]
    papers: tuple[Paper, ...]
    downloads: tuple[Download, ...]
    fees: Texts
    deadline: Deadline | None
    unit: str
    legal_basis: tuple[Basis, ...]
    level: Level
    allows_representation: bool
    kind: Group | None
    subjects: Texts
    applicant: Mapping[str, str]
    unique_by: tuple[str, ...]
    max_attachments: int
    attachments_notes: Texts
    self_service: bool
    has_appointments: bool
    receipts: Texts
    final_notices: Texts
    parameters: Mapping[str, Any]

    def title(self, language: str) -> str:
        return said(self.titles, language)

    def summary(self, language: str) -> str:
        return said(self.summaries, language)

    def description(self, language: str) -> str:
        """Markdown."""
        return said(self.descriptions, language)

    def fee(self, language: str) -> str:
        return said(self.fees, language)


@dataclass(frozen=True, slots=True)
class ServiceVersion:
    """A version of a service as a body has it.

    `definition` has the texts that the office wrote since, `form` always has `x-groups`. `unit_id`
    is the unit that is competent now, also for applications under an older version.
    """

    id: int
    service_id: int
    body_id: int
    code: str
    number: int
    digest: str
    definition: Definition
    form: Mapping[str, Any]
    process_xml: str
    fee: Mapping[str, Any] | None
    unit_id: int | None
    kind_id: int | None
    deployed_at: datetime | None
    is_deployed: bool  # the one that holds for new applications

    @property
    def is_electronic(self) -> bool:
        """Whether it can be asked for here: it has a form and a process."""
        return bool(self.process_xml)

    @property
    def level(self) -> Level:
        return self.definition.level

    @property
    def unique_by(self) -> tuple[str, ...]:
        return self.definition.unique_by

    @property
    def deadline(self) -> Deadline | None:
        return self.definition.deadline

    @property
    def self_service(self) -> bool:
        return self.definition.self_service

    @property
    def applicant(self) -> Mapping[str, str]:
        return self.definition.applicant

    @property
    def parameters(self) -> Mapping[str, Any]:
        return self.definition.parameters

    @property
    def kind_code(self) -> str:
        return self.definition.kind.code if self.definition.kind else ""

    def title(self, language: str) -> str:
        return self.definition.title(language)

    def subject(self, language: str, data: Mapping[str, Any]) -> str:
        """The subject of the entry: the title where the service gives none."""
        template = said(self.definition.subjects, language) or self.title(language)
        return line(filled(template, data))[:_MAX_SUBJECT]

    def receipt(self, language: str, data: Mapping[str, Any]) -> str:
        return filled(said(self.definition.receipts, language), data)

    def final_notice(self, language: str, data: Mapping[str, Any]) -> str:
        return filled(said(self.definition.final_notices, language), data)


def placeholders(template: str) -> set[str]:
    """The names in curly brackets. Raises ValueError where a bracket is never closed."""
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def filled(template: str, data: Mapping[str, Any]) -> str:
    """The text with what stands in the data; a name that it does not know stays empty.

    No attribute and no index of a value is reached: a name is looked up as a whole.
    """
    parts = []
    for text, name, _, _ in Formatter().parse(template):
        value = None if name is None else data.get(name)
        parts.append(text + ("" if value is None else str(value)))
    return "".join(parts)


def read(said_of: Mapping[str, Any], code: str = "") -> Definition:
    """A checked `service.json` as a definition."""
    get = said_of.get
    attachments = get("attachments", {})
    deadline = get("deadline")
    return Definition(
        code=code or said_of["code"],
        titles=said_of["title"],
        summaries=said_of["summary"],
        descriptions=get("description", {}),
        groups={
            "interest": _groups(get("interest_groups", [])),
            "citizens": _groups(get("citizen_groups", [])),
            "document": _groups([said_of["document_kind"]]),
            "life": _groups(get("life_situations", [])),
        },
        families=tuple(get("families", ())),
        keywords={language: tuple(words) for language, words in get("keywords", {}).items()},
        papers=tuple(
            Paper(one["title"], one.get("note", {}), one.get("required", True))
            for one in get("papers", [])
        ),
        downloads=tuple(Download(one["title"], one["file"]) for one in get("downloads", [])),
        fees=get("fee", {}),
        deadline=deadline
        and Deadline(
            deadline["days"],
            DayUnit(deadline["unit"]),
            deadline.get("statutory", False),
            deadline.get("note", {}),
        ),
        unit=get("unit", ""),
        legal_basis=tuple(
            Basis(one["title"], one.get("url", "")) for one in get("legal_basis", [])
        ),
        level=Level(said_of["level"]),
        allows_representation=get("representation", True),
        kind=Group(said_of["kind"]["code"], said_of["kind"]["title"]) if get("kind") else None,
        subjects=get("subject", {}),
        applicant=get("applicant", {}),
        unique_by=tuple(get("unique_by", ())),
        max_attachments=attachments.get("max", MAX_ATTACHMENTS),
        attachments_notes=attachments.get("note", {}),
        self_service=get("self_service", False),
        has_appointments=get("appointments", False),
        receipts=get("receipt", {}),
        final_notices=get("final_notice", {}),
        parameters=get("act", {}),
    )


def _groups(found: list[Any]) -> tuple[Group, ...]:
    """Own groups as they are; of a known one only the code (see `groups.titled`)."""
    return tuple(
        Group(one, {}) if isinstance(one, str) else Group(one["code"], one["title"])
        for one in found
    )
