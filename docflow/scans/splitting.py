"""Where one document of a batch ends and the next begins. Pure: looks in, pieces out.

A label or a separator sheet begins a document. Separators and blank sheets stand aside, in no
document. The same label once more goes on with its document: some offices label every sheet.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from docflow.scans.marks import Mark, Meaning
from docflow.scans.models import PageKind


@dataclass(frozen=True, slots=True)
class Look:
    """A page as it was seen; `problem` is the code of why it could not be."""

    number: int
    marks: tuple[Mark, ...] = ()
    texts: tuple[str, ...] = ()
    has_damaged_code: bool = False
    is_blank: bool = False
    rotation: int = 0
    print: str = ""
    problem: str | None = None

    @property
    def labels(self) -> frozenset[Mark]:
        return frozenset(mark for mark in self.marks if mark.meaning is Meaning.LABEL)

    @property
    def kind(self) -> PageKind:
        """A label on a separator makes it a page of its entry: nothing that is labelled is lost."""
        if self.labels or self.problem:
            return PageKind.PAGE
        if any(mark.meaning is Meaning.SEPARATOR for mark in self.marks):
            return PageKind.SEPARATOR
        return PageKind.BLANK if self.is_blank else PageKind.PAGE


@dataclass(slots=True)
class Piece:
    """The pages of one document."""

    pages: list[Look] = field(default_factory=list)

    @property
    def labels(self) -> frozenset[Mark]:
        return frozenset(mark for page in self.pages for mark in page.labels)

    @property
    def papers(self) -> frozenset[Mark]:
        return frozenset(
            mark for page in self.pages for mark in page.marks if mark.meaning is Meaning.PAPER
        )

    @property
    def has_damaged_code(self) -> bool:
        return any(page.has_damaged_code for page in self.pages)

    @property
    def fingerprint(self) -> str:
        return fingerprint([page.print for page in self.pages])


def pieces(looks: Sequence[Look], *, is_signed: bool = False) -> list[Piece]:
    """The documents of a batch, in order; one that bears a signature is left whole."""
    if is_signed:
        return [Piece(list(looks))] if looks else []
    found: list[Piece] = []
    begins = True
    for look in looks:
        if look.kind is PageKind.SEPARATOR:
            begins = True
            continue
        if look.kind is PageKind.BLANK:
            continue
        if look.labels and not (found and not begins and found[-1].labels == look.labels):
            begins = True
        if begins:
            found.append(Piece())
        found[-1].pages.append(look)
        begins = False
    return found


def fingerprint(prints: Sequence[str]) -> str:
    """The same for the same scans in the same order, in whatever file and however turned."""
    return hashlib.sha256("|".join(prints).encode()).hexdigest()
