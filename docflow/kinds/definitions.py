"""What a kind of document asks for: where it is used, its defaults, its own typed fields."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from docflow.errors import Invalid
from docflow.folding import line
from docflow.i18n import Text, t

# The words of the register for these; kinds lie below it and cannot ask (a test compares them).
DIRECTIONS = ("incoming", "outgoing", "internal")
PRIORITIES = ("normal", "urgent", "very-urgent")
GRADES = ("unclassified", "restricted", "confidential")
DELIVERY_METHODS = (
    "counter",
    "phone",
    "post",
    "registered-post",
    "courier",
    "email",
    "fax",
    "portal",
    "system",
)
MAX_TITLE, MAX_HELP, MAX_SUBJECT, MAX_DAYS, MAX_FIELDS, MAX_TEXT = 120, 300, 1000, 3650, 40, 2000
_CODE = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_FIELD_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")


class FieldType(StrEnum):
    """What can stand in a field of a kind."""

    TEXT = "text"
    WHOLE = "whole"
    AMOUNT = "amount"
    DATE = "date"
    CHOICE = "choice"
    YES_NO = "yes-no"
    TAX_NUMBER = "tax-number"
    IBAN = "iban"
    EMAIL = "email"
    PHONE = "phone"
    PLATE = "plate"


class BadDefinition(Invalid):
    """A kind of document is not defined in a way that could be used."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a kind; `max_length` 0 means the type's own limit."""

    code: str
    type: FieldType
    title_el: str
    title_en: str = ""
    is_required: bool = False
    help: str = ""
    max_length: int = 0
    choices: tuple[str, ...] = ()

    def title(self, language: str) -> str:
        return (self.title_en if language == "en" else "") or self.title_el


@dataclass(frozen=True, slots=True)
class Defaults:
    """What flows into the form when the kind is chosen; empty where the kind says nothing."""

    subject: str = ""
    addressee_unit_id: int | None = None
    priority: str = ""
    days: int | None = None  # from registration to the deadline, calendar days
    delivery_method: str = ""
    grade: str = ""
    has_personal_data: bool = False
    retention: str = ""  # as the retention table says it: «5 έτη», «διηνεκής»


@dataclass(frozen=True, slots=True)
class Definition:
    """A version of a kind. No directions, or books, means all of them."""

    title_el: str
    title_en: str = ""
    directions: tuple[str, ...] = ()
    books: tuple[str, ...] = ()
    defaults: Defaults = field(default_factory=Defaults)
    fields: tuple[Field, ...] = ()

    def title(self, language: str) -> str:
        return (self.title_en if language == "en" else "") or self.title_el

    def allows(self, direction: str, book: str) -> bool:
        """Whether an entry of this direction in this book can be of the kind."""
        return direction in (self.directions or DIRECTIONS) and book in (self.books or (book,))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def read(stored: Mapping[str, Any]) -> Definition:
    """A stored version as a definition."""
    return Definition(
        title_el=stored["title_el"],
        title_en=stored["title_en"],
        directions=tuple(stored["directions"]),
        books=tuple(stored["books"]),
        defaults=Defaults(**stored["defaults"]),
        fields=tuple(
            Field(
                **{
                    **one,
                    "type": FieldType(one["type"]),
                    "choices": tuple(one["choices"]),
                }
            )
            for one in stored["fields"]
        ),
    )


def check_code(code: str) -> str:
    """The code of a kind. Raises BadDefinition."""
    clean = line(code).lower()
    if not _CODE.fullmatch(clean):
        raise BadDefinition(
            t("A code has small Latin letters, digits and hyphens, and begins with a letter."),
            field="code",
        )
    return clean


def checked(definition: Definition) -> Definition:
    """The definition with clean lines. Raises BadDefinition with the input to blame.

    An input of a field is named "field.<place from 0>.<part>".
    """
    title_el = _line(definition.title_el, "title_el", MAX_TITLE)
    if not title_el:
        raise BadDefinition(t("Write the title."), field="title_el")
    _known(definition.directions, DIRECTIONS, "directions")
    if len(definition.fields) > MAX_FIELDS:
        raise BadDefinition(t("A kind has at most {max} fields.", max=MAX_FIELDS), field="form")
    fields = tuple(_field(one, place) for place, one in enumerate(definition.fields))
    codes = [one.code for one in fields]
    for place, code in enumerate(codes):
        if code in codes[:place]:
            raise BadDefinition(
                t("Two fields have the code “{code}”.", code=code), field=f"field.{place}.code"
            )
    return Definition(
        title_el=title_el,
        title_en=_line(definition.title_en, "title_en", MAX_TITLE),
        directions=definition.directions,
        books=definition.books,
        defaults=_defaults(definition.defaults),
        fields=fields,
    )


def _defaults(said: Defaults) -> Defaults:
    _known((said.priority,) if said.priority else (), PRIORITIES, "priority")
    _known((said.grade,) if said.grade else (), GRADES, "grade")
    _known(
        (said.delivery_method,) if said.delivery_method else (),
        DELIVERY_METHODS,
        "delivery_method",
    )
    if said.days is not None and not 0 <= said.days <= MAX_DAYS:
        raise BadDefinition(
            t("The days of the deadline are a whole number from 0 to {max}.", max=MAX_DAYS),
            field="days",
        )
    return Defaults(
        subject=_line(said.subject, "subject", MAX_SUBJECT),
        addressee_unit_id=said.addressee_unit_id,
        priority=said.priority,
        days=said.days,
        delivery_method=said.delivery_method,
        grade=said.grade,
        has_personal_data=said.has_personal_data,
        retention=_line(said.retention, "retention", MAX_TITLE),
    )


def _field(said: Field, place: int) -> Field:
    at = f"field.{place}"
    code = line(said.code).lower()
    if not _FIELD_CODE.fullmatch(code):
        raise BadDefinition(
            t("A field’s code has small Latin letters, digits and _, and begins with a letter."),
            field=f"{at}.code",
        )
    title = _line(said.title_el, f"{at}.title_el", MAX_TITLE)
    if not title:
        raise BadDefinition(t("Write the title."), field=f"{at}.title_el")
    if not 0 <= said.max_length <= MAX_TEXT:
        raise BadDefinition(
            t("The length is a whole number from 0 to {max}.", max=MAX_TEXT),
            field=f"{at}.max_length",
        )
    choices = tuple(dict.fromkeys(clean for one in said.choices if (clean := line(one))))
    if said.type is FieldType.CHOICE and len(choices) < 2:
        raise BadDefinition(
            t("Write at least two choices, one on each line."), field=f"{at}.choices"
        )
    return Field(
        code=code,
        type=said.type,
        title_el=title,
        title_en=_line(said.title_en, f"{at}.title_en", MAX_TITLE),
        is_required=said.is_required,
        help=_line(said.help, f"{at}.help", MAX_HELP),
        max_length=said.max_length,
        choices=choices if said.type is FieldType.CHOICE else (),
    )


def _line(text: str, field: str, longest: int) -> str:
    clean = line(text)
    if len(clean) > longest:
        raise BadDefinition(t("At most {max} characters fit here.", max=longest), field=field)
    return clean


def _known(said: Sequence[str], known: Sequence[str], field: str) -> None:
    for one in said:
        if one not in known:
            raise BadDefinition(_unknown(one), field=field)


def _unknown(code: str) -> Text:
    return t("“{code}” is not among the choices.", code=code[:40])
