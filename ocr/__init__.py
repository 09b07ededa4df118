"""Reading: pages in, words with boxes and confidences out. No database, no web.

Everything that parses a foreign file runs in a disposable child process with limits (`pool`,
`child`); importing this package loads none of the large libraries.
"""

from ocr.languages import tessdata_dir
from ocr.reading import page_count, read_pages, render_page, searchable_pdf
from ocr.sniffing import media_type
from ocr.values import Limits, Page, Unreadable, Word

__all__ = [
    "Limits",
    "Page",
    "Unreadable",
    "Word",
    "media_type",
    "page_count",
    "read_pages",
    "render_page",
    "searchable_pdf",
    "tessdata_dir",
]
