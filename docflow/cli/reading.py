"""`docflow ocr`: a pure tool, no database, no running stack."""

import sys
import time
from pathlib import Path
from typing import Any

import ocr
from docflow.cli.failures import CannotDo
from docflow.cli.output import print_json, say, warn
from docflow.cli.writing import write_whole
from docflow.documents import PROBLEMS
from docflow.i18n import Text, t


def ocr_file(
    data: Path | None,
    *,
    source: Path,
    output: Path,
    text: Path | None,
    hocr: Path | None,
    alto: Path | None,
    languages: list[str],
    pdfa: bool,
    as_json: bool,
) -> int:
    """Read all pages, write the searchable PDF; 1 where a page could not be read."""
    began = time.monotonic()
    pages: list[ocr.Page] = []
    try:
        for page in ocr.read_pages(source, languages=languages):
            pages.append(page)
            if not as_json and sys.stderr.isatty():
                warn(_told(page))
        searchable = ocr.searchable_pdf(source, pages, pdfa=pdfa)
    except ocr.Unreadable as error:
        problem = PROBLEMS.get(error.code) or t("The file cannot be read: {why}", why=str(error))
        raise CannotDo(problem) from error
    except ValueError as error:  # a language that is not installed
        raise CannotDo(t("These languages cannot be read: {why}", why=str(error))) from error
    write_whole(output, searchable, source=source)
    if text is not None:
        write_whole(text, "\f".join(page.text for page in pages).encode(), source=source)
    for path, form in ((hocr, ocr.hocr), (alto, ocr.alto)):
        if path is not None:
            write_whole(path, form(pages).encode(), source=source)
    seconds = round(time.monotonic() - began, 3)
    failed = [page for page in pages if page.source == "failed"]
    for page in failed:
        warn(t("Page {n} could not be read ({why}).", n=page.number, why=page.problem or "-"))
    if as_json:
        print_json({"pages": [_page(page) for page in pages], "seconds": seconds})
    else:
        words = sum(len(page.words) for page in pages)
        say(t("{n} pages, {words} words, {s} s.", n=len(pages), words=words, s=seconds))
    return int(bool(failed))


def _page(page: ocr.Page) -> dict[str, Any]:
    return {
        "page": page.number,
        "source": page.source,
        "rotation": page.rotation,
        "skew": page.skew,
        "confidence": page.confidence,
        "words": len(page.words),
    }


def _told(page: ocr.Page) -> Text:
    return t(
        "Page {n}: {source}, {words} words",
        n=page.number,
        source=page.source,
        words=len(page.words),
    )
