"""The text that a PDF page carries itself, where there is any and it can be believed.

Decided page by page: letters and scans are often merged into one file, scanners write text layers
of unknown quality, and broken fonts give letters that are not those on the paper.
"""

import unicodedata

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ocr.values import Word

_SOME_TEXT = 12  # visible letters and digits that make a page with text
_MUCH_TEXT = 400  # the same, where a picture covers the page: a scan may bear a printed note
_COVERED = 0.5
_MOJIBAKE = 0.35  # of letters from "À" to "ÿ": Greek in a font without a table looks like this
_UNREADABLE = 0.05


def read(page: pdfium.PdfPage) -> tuple[str, list[Word]] | None:
    """The text and words of the page, or None where it has to be recognised."""
    textpage = page.get_textpage()
    try:
        text = textpage.get_text_range().replace("\r\n", "\n").replace("\ufffe", "-\n")
        needed = _MUCH_TEXT if _picture_share(page) > _COVERED else _SOME_TEXT
        if not is_plausible(text) or _visible(page, textpage) < needed:
            return None
        words = _words(page, textpage)
    finally:
        textpage.close()
    return unicodedata.normalize("NFKC", text).replace("\x00", ""), words


def is_plausible(text: str) -> bool:
    """Whether the letters can be those that a reader sees."""
    marks = [char for char in text if not char.isspace()]
    letters = [char for char in marks if char.isalpha()]
    if not marks:
        return False
    broken = sum(1 for char in marks if unicodedata.category(char) in ("Co", "Cn", "Cc"))
    broken += text.count("\ufffd")
    strange = sum(1 for char in letters if "\u00a1" <= char <= "\u00ff")
    return broken <= _UNREADABLE * len(marks) and strange <= _MOJIBAKE * max(1, len(letters))


def _picture_share(page: pdfium.PdfPage) -> float:
    left, bottom, right, top = page.get_bbox()
    area = max(1.0, (right - left) * (top - bottom))
    covered = 0.0
    for image in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=4):
        x0, y0, x1, y1 = image.get_bounds()
        width = min(x1, right) - max(x0, left)
        height = min(y1, top) - max(y0, bottom)
        covered += max(0.0, width) * max(0.0, height)
    return float(covered / area)


def _visible(page: pdfium.PdfPage, textpage: pdfium.PdfTextPage) -> int:
    """Letters and digits that are drawn: not invisible, not outside the page."""
    left, bottom, right, top = page.get_bbox()
    count = 0
    for item in page.get_objects(
        filter=[pdfium_c.FPDF_PAGEOBJ_TEXT], max_depth=4, textpage=textpage
    ):
        mode = pdfium_c.FPDFTextObj_GetTextRenderMode(item.raw)
        x0, y0, x1, y1 = item.get_bounds()
        inside = x1 > left and x0 < right and y1 > bottom and y0 < top
        if mode != pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE and inside:
            text = item.extract() if isinstance(item, pdfium.PdfTextObj) else ""
            count += sum(1 for char in text if char.isalnum())
    return count


def _words(page: pdfium.PdfPage, textpage: pdfium.PdfTextPage) -> list[Word]:
    words: list[Word] = []
    letters: list[str] = []
    boxes: list[tuple[float, float, float, float]] = []
    for index in range(textpage.count_chars() + 1):
        char = chr(pdfium_c.FPDFText_GetUnicode(textpage.raw, index) or 32)
        if not char.isspace() and index < textpage.count_chars():
            letters.append(char)
            boxes.append(textpage.get_charbox(index))
        elif letters:
            words.append(_word(page, "".join(letters), boxes))
            letters, boxes = [], []
    return words


def _word(page: pdfium.PdfPage, text: str, boxes: list[tuple[float, float, float, float]]) -> Word:
    left, bottom, right, top = page.get_bbox()
    x0 = min(box[0] for box in boxes) - left
    x1 = max(box[2] for box in boxes) - left
    y0 = top - max(box[3] for box in boxes)
    y1 = top - min(box[1] for box in boxes)
    width, height = right - left, top - bottom
    match page.get_rotation():
        case 90:
            x0, y0, x1, y1 = height - y1, x0, height - y0, x1
        case 180:
            x0, y0, x1, y1 = width - x1, height - y1, width - x0, height - y0
        case 270:
            x0, y0, x1, y1 = y0, width - x1, y1, width - x0
    return Word(unicodedata.normalize("NFKC", text), x0, y0, x1, y1, 100.0)
