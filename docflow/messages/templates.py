"""The words of each kind, as the office wrote them: versions, checks of the placeholders, previews.

A version is written once; the last one holds. Without one, the words that came with the product.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from string import Formatter
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import audit, organization
from docflow.errors import Conflict, Invalid
from docflow.folding import line, lines
from docflow.i18n import t
from docflow.messages import kinds
from docflow.messages.models import MessageTemplate
from docflow.messages.values import LANGUAGES, Kind, Wording
from docflow.principal import Principal

EVERYWHERE = ("body", "portal")  # placeholders of every kind
MAX_SUBJECT, MAX_TEXT, MAX_SMS = 200, 4000, 480
_GSM = set(  # GSM 03.38: what an SMS of 160 letters holds; anything else makes it one of 70
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = set("^{}\\[~]|€")  # take the room of two


class BadWords(Invalid):
    """The words of the message cannot be used."""


class WordsChanged(Conflict):
    """The words were changed since the form was opened."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the words of a kind in one language; number 0 came with the product."""

    number: int
    words: Wording
    set_by: str = ""
    set_at: datetime | None = None


def require_editor(by: Principal) -> None:
    """The office's texts are its administrator's and the registry's head's. Raises NotAllowed."""
    by.require_scope("administer")
    by.require(
        by.is_administrator or by.is_registrar,
        t("Only the head of the registry and the administrator change the messages to citizens."),
    )


def current(session: Session, body_id: int, kind: Kind, language: str) -> tuple[Wording, int]:
    """The words that hold now, and their version; 0: those that came with the product."""
    row = session.scalars(
        select(MessageTemplate)
        .where(
            MessageTemplate.body_id == body_id,
            MessageTemplate.kind == kind.code,
            MessageTemplate.language == language,
        )
        .order_by(MessageTemplate.version.desc())
        .limit(1)
    ).first()
    if row is None:
        return kinds.default_words(kind, language), 0
    return Wording(row.subject, row.text, row.sms), row.version


def versions(session: Session, kind: Kind, language: str, *, by: Principal) -> list[Version]:
    """All of them, the newest first, down to that of the product. Raises NotAllowed."""
    require_editor(by)
    rows = session.scalars(
        select(MessageTemplate)
        .where(
            MessageTemplate.body_id == by.body_id,
            MessageTemplate.kind == kind.code,
            MessageTemplate.language == language,
        )
        .order_by(MessageTemplate.version.desc())
    ).all()
    people = organization.names(session, (row.set_by for row in rows))
    made = [
        Version(
            row.version,
            Wording(row.subject, row.text, row.sms),
            people.get(row.set_by, ""),
            row.set_at,
        )
        for row in rows
    ]
    return [*made, Version(0, kinds.default_words(kind, language))]


def define(
    session: Session,
    code: str,
    language: str,
    words: Wording,
    *,
    seen: int,
    by: Principal,
) -> int:
    """Let these words hold from now on; the new version. `seen` is the one that the person saw.

    Raises NoSuchKind, NotAllowed, BadWords, WordsChanged.
    """
    require_editor(by)
    kind = kinds.kind(code)
    clean = checked(kind, language, words)
    # Two at once: the second waits here and then finds another version.
    key = func.hashtextextended(f"message-template:{by.body_id}:{code}:{language}", 0)
    session.execute(select(func.pg_advisory_xact_lock(key)))
    before, known = current(session, by.body_id, kind, language)
    if known != seen:
        [last, *_] = versions(session, kind, language, by=by)
        raise WordsChanged(
            t(
                "{name} changed these words in the meantime. Open them again and compare.",
                name=last.set_by,
            )
        )
    if before == clean:
        return known
    session.add(
        MessageTemplate(
            body_id=by.body_id,
            kind=code,
            language=language,
            version=known + 1,
            subject=clean.subject,
            text=clean.text,
            sms=clean.sms,
            set_by=by.person_id,
        )
    )
    audit.record(
        session,
        "message.words-set",
        by=by,
        subject=("body", by.body_id),
        kind=code,
        language=language,
        version=known + 1,
    )
    return known + 1


def checked(kind: Kind, language: str, words: Wording) -> Wording:
    """The words, clean. Raises BadWords."""
    if not kind.is_editable:
        raise BadWords(t("The words of this message are set elsewhere."), field="form")
    if language not in LANGUAGES:
        raise BadWords(t("“{code}” is not among the choices.", code=language[:40]), field="form")
    clean = Wording(line(words.subject), lines(words.text), lines(words.sms))
    for name, text, most in (
        ("subject", clean.subject, MAX_SUBJECT),
        ("text", clean.text, MAX_TEXT),
        ("sms", clean.sms, MAX_SMS),
    ):
        if len(text) > most:
            raise BadWords(t("At most {max} characters fit here.", max=most), field=name)
        if not text and name != "sms":
            raise BadWords(t("Write something here: it is sent to citizens."), field=name)
        _check_names(kind, text, name)
    personal = set(kind.samples)
    if set(_names(clean.subject, "subject")) & personal - {"number"}:
        raise BadWords(
            t("The subject is read on the way: only {names} may stand in it.", names=_OPEN),
            field="subject",
        )
    return clean


_OPEN = "{body}, {number}"


def _check_names(kind: Kind, text: str, field: str) -> None:
    names = _names(text, field)
    known = [*kind.samples, *EVERYWHERE]
    if set(names) - set(known):
        raise BadWords(
            t(
                "Only {names} are filled in; write no other braces.",
                names=", ".join(f"{{{one}}}" for one in known),
            ),
            field=field,
        )
    left_out = ((kind.late - kind.spared) | kind.needed) - set(names)
    if left_out and (field == "text" or (field == "sms" and text)):
        raise BadWords(
            t(
                "The message is of no use without {names}. Put it back.",
                names=", ".join(f"{{{one}}}" for one in sorted(left_out)),
            ),
            field=field,
        )


def _names(text: str, field: str) -> list[str]:
    """The placeholders of a text; nothing but names, for they are filled in as they are."""
    try:
        return [
            f"{name}{'!' + form if form else ''}{':' + spec if spec else ''}"
            for _, name, spec, form in Formatter().parse(text)
            if name is not None
        ]
    except ValueError as error:
        raise BadWords(
            t("A brace is left open. Write placeholders as {example}.", example="{number}"),
            field=field,
        ) from error


def values_in(values: Mapping[str, Any], language: str, *, portal: str = "") -> dict[str, str]:
    """The values of a message in one language: those of "name.el" under their name.

    A link is given as "{portal}/…": the address of the portal is filled in when it is read.
    """
    plain = {name: value for name, value in values.items() if "." not in name}
    own = {
        name.removesuffix(f".{language}"): value
        for name, value in values.items()
        if name.endswith(f".{language}")
    }
    said = {name: str(value) for name, value in (plain | own).items()}
    return {
        name: portal + value.removeprefix("{portal}") if value.startswith("{portal}/") else value
        for name, value in said.items()
    }


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled in; an unknown one of an older version stays empty."""
    parts = []
    for literal, name, _, _ in Formatter().parse(text):
        parts.append(literal)
        if name is not None:
            parts.append(str(values.get(name, "")))
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class Preview:
    """The words with the examples filled in."""

    subject: str
    text: str
    sms: str
    sms_parts: int  # how many SMS the operator counts


def preview(session: Session, kind: Kind, words: Wording, *, by: Principal, portal: str) -> Preview:
    """How the message will look. Raises NotAllowed."""
    require_editor(by)
    values = {
        **kind.samples,
        "body": organization.body(session, by.body_id).name,
        "portal": portal.rstrip("/"),
    }
    said = filled(words.sms, values)
    return Preview(filled(words.subject, values), filled(words.text, values), said, parts(said))


def parts(text: str) -> int:
    """How many SMS a text takes (GSM 03.38 and 03.40: 160 or 153 letters of the small alphabet,
    70 or 67 of any other, as small Greek letters are)."""
    if not text:
        return 0
    if set(text) <= _GSM | _GSM_TWICE:
        length, one, many = sum(1 + (char in _GSM_TWICE) for char in text), 160, 153
    else:
        length, one, many = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= one else -(-length // many)


def overview(session: Session, *, by: Principal) -> Sequence[tuple[Kind, dict[str, int]]]:
    """Each kind that the office may word, and the version that holds in each language."""
    require_editor(by)
    newest: dict[tuple[str, str], int] = {
        (kind, language): version
        for kind, language, version in session.execute(
            select(
                MessageTemplate.kind, MessageTemplate.language, func.max(MessageTemplate.version)
            )
            .where(MessageTemplate.body_id == by.body_id)
            .group_by(MessageTemplate.kind, MessageTemplate.language)
        )
    }
    return [
        (one, {language: newest.get((one.code, language), 0) for language in LANGUAGES})
        for one in kinds.all_kinds()
        if one.is_editable
    ]
