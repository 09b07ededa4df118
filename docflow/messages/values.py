"""What a message to a citizen is: its kind, its words, to whom it goes and by which way."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from docflow.i18n import PORTAL_LANGUAGES, Text, translate

LANGUAGES = PORTAL_LANGUAGES
UNKNOWN_LANGUAGE = ("el", "en")  # in these, one after the other, who never chose a language is told


_MAIL_ADDRESS = re.compile(r"[^\s<>\"'(),:;]+@[^\s<>\"'(),:;]+")
_LAST_DIGITS = 8  # of a telephone number


class Channel(StrEnum):
    """How a citizen wants to be told."""

    EMAIL = "email"
    SMS = "sms"
    BOTH = "both"
    NONE = "none"  # by nothing electronic: he looks himself, or gets a letter


class Way(StrEnum):
    """How one message goes: `BOTH` makes two of them."""

    EMAIL = "email"
    SMS = "sms"


class MessageState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"  # a server took it
    FAILED = "failed"  # no server took it; a person may have it tried again
    BOUNCED = "bounced"  # a server took it and said later that it could not deliver it
    NEEDLESS = "needless"  # no longer true when its turn came


@dataclass(frozen=True, slots=True)
class Addressee:
    """To whom a message goes.

    Where the wanted way has no address, the other one is taken. Without a language (“”) the
    message has Greek and English, one after the other.
    """

    email: str = ""
    phone: str = ""
    language: str = ""
    channel: Channel = Channel.EMAIL

    def ways(self) -> tuple[Way, ...]:
        """The ways that a message to him takes; none where he can or will not be told."""
        open_ways = [
            way for way, address in ((Way.EMAIL, self.email), (Way.SMS, self.phone)) if address
        ]
        if self.channel is Channel.NONE:
            return ()
        if self.channel is Channel.BOTH:
            return tuple(open_ways)
        return tuple(way for way in open_ways if way.value == self.channel.value) or tuple(
            open_ways[:1]
        )


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a kind in one language; `{name}` in them is filled in.

    An empty `sms` means that the kind never goes by SMS.
    """

    subject: str  # of the mail; names no person and nothing of a matter
    text: str
    sms: str = ""


class Worded(Mapping[str, Wording]):
    """The words of a kind from the catalogues, read when they are wanted.

    English where a language has no translation.
    """

    def __init__(self, subject: Text, text: Text, sms: Text | None = None) -> None:
        self._said = (subject, text, sms)

    @property
    def said(self) -> tuple[Text, ...]:
        """The texts that are translated."""
        return tuple(one for one in self._said if one is not None)

    def __getitem__(self, language: str) -> Wording:
        if language not in LANGUAGES:
            raise KeyError(language)
        subject, text, sms = self._said
        return Wording(
            _bare(subject, language), _bare(text, language), _bare(sms, language) if sms else ""
        )

    def __iter__(self) -> Iterator[str]:
        return iter(LANGUAGES)

    def __len__(self) -> int:
        return len(LANGUAGES)


def _bare(text: Text, language: str) -> str:
    """The translation with its placeholders as they are."""
    return translate(text.msgid, language)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of message, declared by the package that sends it.

    `samples` are the placeholders with an example of each, for the preview; `{body}` (the name of
    the body) and `{portal}` (its address for citizens) are filled in everywhere. Those of `late`
    are not given to `send` but made when the message leaves (see `at_sending`), and kept nowhere:
    codes and other secrets; words do without those of `spared` alone. A kind with late values goes
    by one way alone.
    """

    code: str  # as "pickup-ready": [a-z-], at most 40
    title: Text | str  # for the office; a text or its msgid
    samples: Mapping[str, str]
    words: Mapping[str, Wording]  # by language, el and en at least; or `Worded`
    late: frozenset[str] = field(default_factory=frozenset)
    spared: frozenset[str] = field(default_factory=frozenset)
    needed: frozenset[str] = field(default_factory=frozenset)  # a text without them is refused
    is_editable: bool = True  # else the words are the office's elsewhere (the terms of deadlines)
    is_sealed: bool = False  # its attachment needs the seal: sent by the worker that holds it
    is_audited: bool = True  # else the package that sends it records its own events


def nameless(said: str, address: str) -> str:
    """What a server said, without the addresses in it: it goes into the trail and into lists.

    `address` is the one that the message went to; a gateway repeats a number in its own form,
    with or without the country, but its last digits stay.
    """
    bare = _MAIL_ADDRESS.sub("…", said)
    if "@" in address or len(address) < _LAST_DIGITS:
        return bare
    return re.sub(rf"\+?\d*{re.escape(address[-_LAST_DIGITS:])}", "…", bare)
