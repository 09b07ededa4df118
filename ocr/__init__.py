"""Reading: pages in, words with boxes and confidences out. No database, no web.

Everything that parses a foreign file runs in a disposable child process with limits (`pool`,
`child`); importing this package loads none of the large libraries.
"""

from ocr.exports import alto, hocr
from ocr.languages import tessdata_dir
from ocr.reading import page_count, read_pages, render_page, searchable_pdf, thumbnail
from ocr.scanning import (
    Code,
    Corner,
    SheetLook,
    bind_pictures,
    extract_pages,
    free_corner,
    page_picture,
    read_codes,
)
from ocr.sniffing import media_type
from ocr.values import Limits, Page, Unreadable, Word

__all__ = [
    "Code",
    "Corner",
    "Limits",
    "Page",
    "SheetLook",
    "Unreadable",
    "Word",
    "alto",
    "bind_pictures",
    "extract_pages",
    "free_corner",
    "hocr",
    "media_type",
    "page_count",
    "page_picture",
    "read_codes",
    "read_pages",
    "render_page",
    "searchable_pdf",
    "tessdata_dir",
    "thumbnail",
]
