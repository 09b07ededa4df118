"""Binding many documents into one PDF: printed sheets, the pages of each document, bookmarks.

The pages of others are laid in without what acts by itself. What cannot be laid in (locked,
damaged) keeps its place by its sheet. A signature does not survive being bound: whoever needs it
gives the original as an attachment, byte for byte. The result claims no PDF/A level.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pikepdf
from pikepdf import AttachedFileSpec, Dictionary, Name, OutlineItem, Pdf

from docflow.printing.errors import PrintingError
from docflow.printing.merging import calm, calm_notes, drop_claims

MOST_PAGES = 20_000
_TITLE = 200  # characters of a bookmark
# pikepdf reports broken structure by ValueError and TypeError, too.
_BROKEN = (pikepdf.PdfError, pikepdf.DataDecodingError, ValueError, TypeError)


@dataclass(frozen=True)
class Measured:
    """What a PDF on disk has: its pages, 0 where they cannot be laid in; whether it is signed."""

    pages: int
    is_signed: bool


@dataclass(frozen=True)
class Leaf:
    """A document to lay in: its bookmark and the PDF."""

    title: str
    path: Path


@dataclass(frozen=True)
class Chapter:
    """A bookmark over some documents; `sheet` is the page of the sheets before them, from 0."""

    title: str
    level: int  # 0: a case file or sub-file, 1: an entry of it
    sheet: int
    leaves: tuple[Leaf, ...] = ()


@dataclass(frozen=True)
class Attachment:
    """A file to put inside as it is; `name` is what a reader saves it as."""

    name: str
    path: Path
    media_type: str
    description: str
    made_at: str  # as PDF writes a date: D:20260422093000Z


def measure(path: Path) -> Measured:
    """How many pages can be laid in, and whether the file bears a signature."""
    try:
        with pikepdf.open(path) as document:
            if document.is_encrypted:
                return Measured(0, is_signed=False)
            return Measured(len(document.pages), _is_signed(document))
    except (*_BROKEN, pikepdf.PasswordError):
        return Measured(0, is_signed=False)


def bind(
    sheets: Path,
    front: int,
    chapters: Sequence[Chapter],
    attachments: Iterable[Attachment],
    target: Path,
    *,
    title: str,
) -> int:
    """Write the bound document; the number of its pages.

    `sheets` has `front` pages of cover and contents, then the sheets of the chapters. Raises
    PrintingError 'too-many-pages' and 'damaged'.
    """
    with ExitStack() as stage:
        try:
            whole = stage.enter_context(Pdf.new())
            printed = stage.enter_context(pikepdf.open(sheets))
            whole.pages.extend(printed.pages[:front])
            marks = [_laid_in(stage, whole, printed, chapter) for chapter in chapters]
            if len(whole.pages) > MOST_PAGES:
                raise PrintingError("too-many-pages", f"{len(whole.pages)}, {MOST_PAGES} at most")
            calm(whole)
            _bookmarks(whole, marks)
            for one in attachments:
                _attach(whole, one)
            # The reader opens the bookmarks beside the page, and shows the title of the file.
            whole.Root.PageMode = Name.UseOutlines
            whole.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
            with whole.open_metadata(set_pikepdf_as_editor=False) as metadata:
                metadata["dc:title"] = title[:_TITLE]
                drop_claims(metadata)
            whole.save(target, deterministic_id=True)
            return len(whole.pages)
        except _BROKEN as exc:
            raise PrintingError("damaged", str(exc)) from exc


def _laid_in(
    stage: ExitStack, whole: Pdf, printed: Pdf, chapter: Chapter
) -> tuple[int, str, int, list[tuple[str, int]]]:
    """Level, title and first page of the chapter, with those of its documents."""
    first = len(whole.pages)
    whole.pages.append(printed.pages[chapter.sheet])
    leaves = []
    for leaf in chapter.leaves:
        # Sources stay open until the whole is saved: their pages are copied then.
        source = stage.enter_context(pikepdf.open(leaf.path))
        at = len(whole.pages)
        whole.pages.extend(source.pages)
        for page in list(whole.pages)[at:]:
            if "/StructParents" in page.obj:
                del page.obj["/StructParents"]  # the tag tree that it points into stays behind
            calm_notes(page.obj, added=True)
        leaves.append((leaf.title, at))
    return chapter.level, chapter.title, first, leaves


def _bookmarks(whole: Pdf, marks: Sequence[tuple[int, str, int, list[tuple[str, int]]]]) -> None:
    with whole.open_outline() as outline:
        over: list[OutlineItem] = []
        for level, title, first, leaves in marks:
            item = OutlineItem(title[:_TITLE], first)
            item.children.extend(OutlineItem(name[:_TITLE], at) for name, at in leaves)
            item.is_closed = level > 0
            del over[level:]
            (over[-1].children if over else outline.root).append(item)
            over.append(item)


def _attach(whole: Pdf, one: Attachment) -> None:
    stem, dot, end = one.name.rpartition(".")
    name, n = one.name, 1
    while name in whole.attachments:
        n += 1
        name = f"{stem}-{n}.{end}" if dot else f"{one.name}-{n}"
    specification = AttachedFileSpec(
        whole,
        one.path.read_bytes(),
        filename=name,
        description=one.description,
        mime_type=one.media_type,
        creation_date=one.made_at,
        mod_date=one.made_at,
    )
    specification.relationship = Name.Source
    whole.attachments[name] = specification


def _is_signed(document: Pdf) -> bool:
    return any(
        isinstance(item, Dictionary) and "/ByteRange" in item and "/Contents" in item
        for item in document.objects
    )
