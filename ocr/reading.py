"""The use cases: count, read, render, and make searchable. All parsing happens in a child."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ocr.languages import installed
from ocr.pool import children
from ocr.sniffing import media_type
from ocr.values import Limits, Page, Unreadable, Word

READABLE = frozenset(
    {
        "application/pdf",
        "image/jpeg",
        "image/png",
        "image/tiff",
        "image/webp",
        "image/gif",
        "image/bmp",
        "image/heic",
        "image/avif",
    }
)
DEFAULT_LANGUAGES = ("ell", "eng")
_DEFAULT = Limits()
_LAYER_SECONDS_A_PAGE = 2.0
_LARGE_FILE = 50 * 1024**2
_MOST_MEMORY = 4 * 1024**3


def page_count(path: Path, *, limits: Limits = _DEFAULT) -> int:
    """How many pages the file has. Raises `Unreadable` where it cannot be opened."""
    answer, _ = children.ask(
        {"do": "count", **request_of(path, limits)},
        limits=limits,
        seconds=limits.file_seconds,
    )
    count = int(answer["pages"])
    if count > limits.max_pages:
        raise Unreadable("too-many-pages", f"{count} pages, at most {limits.max_pages} are read")
    return count


def read_pages(
    path: Path,
    *,
    languages: Sequence[str] | None = DEFAULT_LANGUAGES,
    pages: Iterable[int] | None = None,
    limits: Limits = _DEFAULT,
) -> Iterator[Page]:
    """Read the pages in order, each as soon as it is done.

    `languages` is None where they are to be found out, page by page. `pages` are the numbers
    (from 1) of those to be read, all by default: so a large file can be read in portions between
    others, and one page again in another language.

    A page that cannot be read comes as a page with source "failed" and its problem, and the next
    one is read in a new child. Raises `Unreadable` at once, before the first page, where the file
    as a whole cannot be read; ValueError for a language that is not installed or a page that is
    not there.
    """
    missing = set(languages or ()) - set(installed())
    if missing or (languages is not None and not languages):
        raise ValueError(f"No model for {sorted(missing)}; installed: {', '.join(installed())}")
    count = page_count(path, limits=limits)
    numbers = range(1, count + 1) if pages is None else list(pages)
    if absent := [number for number in numbers if not 1 <= number <= count]:
        raise ValueError(f"There are pages 1 to {count}, not {absent}")
    return _each(path, numbers, languages, limits)


def _each(
    path: Path, numbers: Iterable[int], languages: Sequence[str] | None, limits: Limits
) -> Iterator[Page]:
    likely: Sequence[str] = ()
    for number in numbers:
        page = _read(path, number, languages, likely, limits)
        likely = page.languages or likely
        yield page


def render_page(path: Path, number: int, *, dpi: int = 100, limits: Limits = _DEFAULT) -> bytes:
    """A PNG of one page as it is displayed (not turned upright), for thumbnails and viewers."""
    request = {"do": "render", **request_of(path, limits), "number": number, "dpi": dpi}
    try:
        return children.ask(request, limits=limits, seconds=limits.page_seconds)[1]
    except Unreadable as exc:
        raise Unreadable(exc.code, exc.detail, number) from exc


def thumbnail(
    path: Path, number: int = 1, *, pixels: int = 320, limits: Limits = _DEFAULT
) -> bytes:
    """A small JPEG of one page, its longer side so many pixels; some ten kilobytes."""
    request = {"do": "thumbnail", **request_of(path, limits), "number": number, "pixels": pixels}
    try:
        return children.ask(request, limits=limits, seconds=limits.page_seconds)[1]
    except Unreadable as exc:
        raise Unreadable(exc.code, exc.detail, number) from exc


def searchable_pdf(
    path: Path, pages: Sequence[Page], *, pdfa: bool = False, limits: Limits = _DEFAULT
) -> bytes:
    """The file as a PDF that can be searched: what was read lies invisibly over each page.

    The streams of the images stay as they are; a picture (JPEG, PNG, TIFF) is wrapped losslessly.
    Before the result is given out, its text is extracted again and compared with what was read.
    `pdfa` asks for PDF/A-2b. Raises `Unreadable`, with "unsupported" where the file cannot be
    made into what was asked for.
    """
    request = {
        "do": "layer",
        **request_of(path, limits),
        "pages": [asdict(page) for page in pages],
        "pdfa": pdfa,
    }
    seconds = limits.file_seconds + _LAYER_SECONDS_A_PAGE * len(pages)
    if (size := path.stat().st_size) > _LARGE_FILE:
        # The file is held three times: as it was, taken apart, and made new.
        memory = min(limits.memory_bytes + 4 * size, _MOST_MEMORY)
        limits = replace(limits, memory_bytes=max(limits.memory_bytes, memory))
    return children.ask(request, limits=limits, seconds=seconds)[1]


def _read(
    path: Path,
    number: int,
    languages: Sequence[str] | None,
    likely: Sequence[str],
    limits: Limits,
) -> Page:
    request = {
        "do": "read",
        **request_of(path, limits),
        "number": number,
        "languages": list(languages or ()),
        "likely": list(likely),
    }
    started = time.monotonic()
    try:
        answer, _ = children.ask(request, limits=limits, seconds=limits.page_seconds)
    except Unreadable as exc:
        seconds = time.monotonic() - started
        return Page(number, "failed", "", None, 0, 0.0, 0.0, 0.0, (), seconds, exc.code)
    page = answer["page"]
    words = tuple(Word(*word) for word in page.pop("words"))
    spoken = tuple(page.pop("languages"))
    seconds = time.monotonic() - started
    return Page(number=number, words=words, languages=spoken, seconds=seconds, **page)


def request_of(path: Path, limits: Limits) -> dict[str, Any]:
    """What a child is told of a file. Raises `Unreadable` 'empty' and 'unsupported'."""
    kind = media_type(path)
    if kind == "application/x-empty":
        raise Unreadable("empty", "The file has no bytes")
    if kind not in READABLE:
        raise Unreadable("unsupported", f"Files of type {kind} are not read")
    return {
        "path": str(path.resolve()),
        "kind": kind,
        "max_pixels": limits.max_pixels,
        "reading_pixels": limits.reading_pixels,
    }
