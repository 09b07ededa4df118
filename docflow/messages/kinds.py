"""The kinds of messages that there are, and what their packages do when one leaves or ends."""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy.orm import Session

from docflow.errors import NotFound
from docflow.i18n import t
from docflow.mail import Attachment
from docflow.messages.models import Message
from docflow.messages.values import Addressee, Kind, Wording
from docflow.office import Office

AtSending = Callable[[Session, Message], Mapping[str, str] | None]
Attaching = Callable[[Office, Message], Sequence[Attachment]]
AfterEnded = Callable[[Session, Message], None]

Chosen = Callable[[Session, tuple[str, int]], Addressee | None]

_kinds: dict[str, Kind] = {}
_at_sending: dict[str, AtSending] = {}
_attaching: dict[str, Attaching] = {}
_after_ended: dict[str, AfterEnded] = {}
_chosen: list[Chosen] = []


class NoSuchKind(NotFound):
    """There is no such kind of message."""


def declare(kind: Kind) -> Kind:
    """Let there be this kind; at the import of the package that sends it."""
    _kinds[kind.code] = kind
    return kind


def all_kinds() -> Sequence[Kind]:
    """Every kind, in the order of their codes."""
    return [_kinds[code] for code in sorted(_kinds)]


def kind(code: str) -> Kind:
    """Raises NoSuchKind."""
    found = _kinds.get(code)
    if found is None:
        raise NoSuchKind(t("There is no kind of message “{code}”.", code=code[:40]))
    return found


def default_words(one: Kind, language: str) -> Wording:
    """The words that came with the product; the English ones where it has none in a language."""
    return one.words.get(language) or one.words["en"]


def at_sending(code: str) -> Callable[[AtSending], AtSending]:
    """Register what gives the late values when a message of this kind leaves.

    Called in a transaction of its own, at each try. None: the message is no longer true.
    """

    def register(fn: AtSending) -> AtSending:
        _at_sending[code] = fn
        return fn

    return register


def attaching(code: str) -> Callable[[Attaching], Attaching]:
    """Register what makes the files that go with a mail of this kind; outside transactions."""

    def register(fn: Attaching) -> Attaching:
        _attaching[code] = fn
        return fn

    return register


def after_ended(code: str) -> Callable[[AfterEnded], AfterEnded]:
    """Register what is done, in the same transaction, when a message was sent, failed, bounced or
    proved needless.
    """

    def register(fn: AfterEnded) -> AfterEnded:
        _after_ended[code] = fn
        return fn

    return register


def chosen_by(fn: Chosen) -> Chosen:
    """Register who knows how the person behind a thing wants to be told: called with the session
    and the thing, as ("entry", 17); None where he knows nothing of it.
    """
    _chosen.append(fn)
    return fn


def chosen(session: Session, about: tuple[str, int], otherwise: Addressee) -> Addressee:
    """How the person behind a thing chose to be told; `otherwise` where nobody knows."""
    for find in _chosen:
        found = find(session, about)
        if found is not None:
            return found
    return otherwise


def late_values(session: Session, row: Message) -> Mapping[str, str] | None:
    """What is filled in now alone; None where the message is no longer true."""
    fill = _at_sending.get(row.kind)
    return {} if fill is None else fill(session, row)


def attachments(office: Office, row: Message) -> Sequence[Attachment]:
    make = _attaching.get(row.kind)
    return () if make is None else make(office, row)


def ended(session: Session, row: Message) -> None:
    told = _after_ended.get(row.kind)
    if told is not None:
        told(session, row)
