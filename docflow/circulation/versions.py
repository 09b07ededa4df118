"""What a draft said each time it was saved, and two of its versions beside each other.

Paragraphs are compared first, then the words of those that were changed.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import canonical, organization
from docflow.circulation import drafts
from docflow.circulation.models import DraftRound, DraftVersion
from docflow.errors import NotFound
from docflow.i18n import t
from docflow.principal import Principal

_ALIKE = 0.35  # paragraphs less alike than this are one taken out and one put in
_WORDS = re.compile(r"\s+|[^\w\s]|\w+")


class NoSuchVersion(NotFound):
    """The draft has no such version."""


class Change(StrEnum):
    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words; `is_changed` where the other side says something else, or nothing."""

    text: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A paragraph on both sides; `field` names what it belongs to (subject, body …)."""

    field: str
    change: Change
    old: tuple[Piece, ...]
    new: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """A version, its digest, and the rounds in which it was sent to be signed."""

    version: int
    saved_by: str
    saved_at: datetime
    sha256: str
    rounds: tuple[int, ...]


def versions(session: Session, draft_id: int, *, by: Principal) -> list[VersionInfo]:
    """All versions of a draft, the first one first. Raises NoSuchDraft."""
    draft = drafts.get(session, draft_id, by=by)
    rows = session.scalars(
        select(DraftVersion).where(DraftVersion.draft_id == draft.id).order_by(DraftVersion.version)
    ).all()
    names = organization.names(session, (row.saved_by for row in rows))
    sent: dict[int, list[int]] = {}
    for number, version in session.execute(
        select(DraftRound.round, DraftRound.version)
        .where(DraftRound.draft_id == draft.id)
        .order_by(DraftRound.round)
    ):
        sent.setdefault(version, []).append(number)
    return [
        VersionInfo(
            version=row.version,
            saved_by=names.get(row.saved_by, ""),
            saved_at=row.saved_at,
            sha256=digest(row.content),
            rounds=tuple(sent.get(row.version, ())),
        )
        for row in rows
    ]


def compare(session: Session, draft_id: int, old: int, new: int, *, by: Principal) -> list[Row]:
    """Two versions side by side, paragraph by paragraph. Raises NoSuchDraft, NoSuchVersion."""
    draft = drafts.get(session, draft_id, by=by)
    found = [session.get(DraftVersion, (draft.id, number)) for number in (old, new)]
    before, after = (row.content if row is not None else None for row in found)
    if before is None or after is None:
        raise NoSuchVersion(t("The draft has no such version."))
    rows: list[Row] = []
    for field, one, other in zip(_FIELDS, _said(before), _said(after), strict=True):
        rows += _rows(field, one, other)
    return rows


def digest(content: Any) -> str:
    """SHA-256 of a version's content as canonical JSON, in hex."""
    return canonical.digest(content)


_FIELDS = ("subject", "recipient", "channel", "copies_to", "upload", "body")


def _said(content: dict[str, Any]) -> tuple[list[str], ...]:
    """The paragraphs of each of the fields."""
    recipient = content.get("recipient") or {}
    upload = content.get("upload") or {}
    named = f"{upload['name']} ({upload['sha256']})" if upload else ""
    contact = [recipient.get(name) or "" for name in ("name", "address", "email")]
    return (
        [str(content.get("subject", ""))],
        [line for line in contact if line],
        [str(content.get("channel", ""))],
        [str(name) for name in content.get("copies_to", [])],
        [named] if named else [],
        [part for part in re.split(r"\n\s*\n", str(content.get("body", ""))) if part.strip()],
    )


def _rows(field: str, old: Sequence[str], new: Sequence[str]) -> Iterable[Row]:
    for kind, a0, a1, b0, b1 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            for text in old[a0:a1]:
                same = (Piece(text, False),)
                yield Row(field, Change.SAME, same, same)
            continue
        yield from _changed(field, list(old[a0:a1]), list(new[b0:b1]))


def _changed(field: str, old: list[str], new: list[str]) -> Iterable[Row]:
    """Paragraphs that stand in each other's place: the first alike is the same one, reworded."""
    while old and new:
        if _likeness(old[0], new[0]) >= _ALIKE or field != "body":
            left, right = _words(old.pop(0), new.pop(0))
            yield Row(field, Change.CHANGED, left, right)
        elif any(_likeness(one, new[0]) >= _ALIKE for one in old[1:]):
            yield Row(field, Change.REMOVED, (Piece(old.pop(0), True),), ())
        elif any(_likeness(old[0], one) >= _ALIKE for one in new[1:]):
            yield Row(field, Change.ADDED, (), (Piece(new.pop(0), True),))
        else:
            yield Row(field, Change.REMOVED, (Piece(old.pop(0), True),), ())
            yield Row(field, Change.ADDED, (), (Piece(new.pop(0), True),))
    for text in old:
        yield Row(field, Change.REMOVED, (Piece(text, True),), ())
    for text in new:
        yield Row(field, Change.ADDED, (), (Piece(text, True),))


def _likeness(one: str, other: str) -> float:
    """0 to 1; by words, which is quick enough for paragraphs of any length."""
    return SequenceMatcher(None, _WORDS.findall(one), _WORDS.findall(other)).ratio()


def _words(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    left, right = _WORDS.findall(old), _WORDS.findall(new)
    before: list[Piece] = []
    after: list[Piece] = []
    for kind, a0, a1, b0, b1 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if a1 > a0:
            before.append(Piece("".join(left[a0:a1]), kind != "equal"))
        if b1 > b0:
            after.append(Piece("".join(right[b0:b1]), kind != "equal"))
    return tuple(before), tuple(after)
