"""Reading: pages in, words with boxes and confidences out. No database, no web.

Everything that parses a foreign file runs in a disposable child process with limits (`pool`,
`child`); importing this package loads none of the large libraries.
"""

from ocr.barcodes import Barcode, read_barcodes
from ocr.contents import (
    ARCHIVES,
    MAILS,
    OFFICE,
    OLD_OFFICE,
    SHEETS,
    TEXTS,
    Contents,
    Mail,
    Part,
    PlainText,
    closed_kind,
    part_bytes,
    read_text,
    take_apart,
)
from ocr.exports import alto, hocr
from ocr.languages import tessdata_dir
from ocr.office import pdf_of_office
from ocr.reading import READABLE, page_count, read_pages, render_page, searchable_pdf, thumbnail
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
    "ARCHIVES",
    "MAILS",
    "OFFICE",
    "OLD_OFFICE",
    "READABLE",
    "SHEETS",
    "TEXTS",
    "Barcode",
    "Code",
    "Contents",
    "Corner",
    "Limits",
    "Mail",
    "Page",
    "Part",
    "PlainText",
    "SheetLook",
    "Unreadable",
    "Word",
    "alto",
    "bind_pictures",
    "closed_kind",
    "extract_pages",
    "free_corner",
    "hocr",
    "media_type",
    "page_count",
    "page_picture",
    "part_bytes",
    "pdf_of_office",
    "read_barcodes",
    "read_codes",
    "read_pages",
    "read_text",
    "render_page",
    "searchable_pdf",
    "take_apart",
    "tessdata_dir",
    "thumbnail",
]
