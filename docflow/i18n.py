"""Texts in the reader's language.

English is the language of the source; `docflow/locale/<language>/*.po` translate it, one file an
area, so that a text stands near its translators. A domain error does not know who will read it:
it carries a `Text` (message id and parameters) that the edge renders.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

LANGUAGES = ("el", "en")
PORTAL_LANGUAGES = (*LANGUAGES, "hu", "cs")  # of the citizens' pages and of messages to citizens
DEFAULT_LANGUAGE = "el"
_LOCALE = Path(__file__).parent / "locale"


@dataclass(frozen=True, slots=True)
class Text:
    """A message that is translated when somebody reads it."""

    msgid: str
    params: Mapping[str, object] = field(default_factory=dict)

    def in_language(self, language: str) -> str:
        return translate(self.msgid, language, **self.params)

    def __str__(self) -> str:
        return self.in_language("en")


def t(msgid: str, **params: object) -> Text:
    """A `Text`; `{name}` in the message is replaced by the parameter of that name."""
    return Text(msgid, params)


def translate(msgid: str, language: str, **params: object) -> str:
    """The message in `language`; the source text where no translation stands."""
    text = catalogue(language).get(msgid, msgid)
    if not params:
        return text
    rendered = {
        name: value.in_language(language) if isinstance(value, Text) else value
        for name, value in params.items()
    }
    return text.format_map(rendered)


def plural(one: str, many: str, n: int, language: str, **params: object) -> str:
    """`one` or `many` by the number `n`, which is also the parameter `{n}`.

    Greek and English share the rule (1 is singular); languages with more forms bring their own
    rule with their catalogue.
    """
    return translate(one if n == 1 else many, language, n=n, **params)


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All translations of `language`, by message id."""
    messages: dict[str, str] = {}
    for path in sorted((_LOCALE / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                is_plain = isinstance(message.id, str) and isinstance(message.string, str)
                if is_plain and message.id and message.string and not message.fuzzy:
                    messages[str(message.id)] = str(message.string)
    return messages


def language_of(
    accepted: str | None,
    default: str = DEFAULT_LANGUAGE,
    spoken: Collection[str] = LANGUAGES,
) -> str:
    """The first language of an Accept-Language header that we speak."""
    for part in (accepted or "").split(","):
        code = part.split(";")[0].strip().lower().split("-")[0]
        if code in spoken:
            return code
    return default
