"""The searchable rendition: what was recognised lies invisibly over each page.

The page's own content and its images are not touched: one content stream is added behind. The font
has one blank glyph and a table from its codes to Unicode (PDF 32000-1, 9.10.3), so that any letter
of any script can be searched and copied without embedding a real font.
"""

import io
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import pikepdf
import pikepdf.pdfa
import pypdfium2 as pdfium

from ocr.child import old_layer, wrapping
from ocr.child.blank_font import FONT_NAME, GLYPH_WIDTH, add_font
from ocr.values import Page, Unreadable, Word

_FOUND_AGAIN = 0.97  # of the words; pdfium joins words hyphenated at line ends


def searchable(path: Path, kind: str, pages: Sequence[Page], *, pdfa: bool) -> bytes:
    """The PDF's bytes. Raises `Unreadable` for what may not or cannot be given a layer."""
    data = path.read_bytes() if kind == "application/pdf" else wrapping.as_pdf(path)
    places = _places(data)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        if _is_signed(pdf):
            raise Unreadable("unsupported", "The PDF is signed; a layer would break the signature")
        if len(places) != len(pdf.pages):
            raise Unreadable("damaged", "The two parsers disagree about the number of pages")
        _add_layers(pdf, pages, places)
        result = _saved(pdf, pdfa=pdfa)
    compare(result, pages)
    return result


def _add_layers(
    pdf: pikepdf.Pdf,
    pages: Sequence[Page],
    places: Sequence[tuple[float, float, float, float, int]],
) -> None:
    with_words = [page for page in pages if page.source == "ocr" and page.words]
    if not with_words:
        return
    characters = sorted({char for page in with_words for word in page.words for char in word.text})
    codes = {char: code for code, char in enumerate([" ", *characters], start=1)}
    font = add_font(pdf, codes)
    for page in with_words:
        if not 1 <= page.number <= len(places):
            raise Unreadable("damaged", f"There is no page {page.number}")
        target = pdf.pages[page.number - 1]
        content = _content(page, places[page.number - 1], codes)
        old_layer.remove(pdf, target)
        # Whatever the page's own content leaves open (q without Q) must not reach the layer.
        target.contents_add(pdf.make_stream(b"q\n"), prepend=True)
        target.contents_add(pdf.make_stream(b"\nQ\n" + content))
        # The rendition stands upright; only this entry of the page says so, the images stay.
        target.obj.Rotate = (places[page.number - 1][4] + page.rotation) % 360
        target.add_resource(font, pikepdf.Name.Font, pikepdf.Name(f"/{FONT_NAME}"))


def _content(
    page: Page, place: tuple[float, float, float, float, int], codes: dict[str, int]
) -> bytes:
    left, bottom, right, top, rotate = place
    width, height = right - left, top - bottom
    # From the upright page (origin bottom left) to the page's own space.
    matrix = {
        0: (1, 0, 0, 1, left, bottom),
        90: (0, 1, -1, 0, left + width, bottom),
        180: (-1, 0, 0, -1, left + width, bottom + height),
        270: (0, -1, 1, 0, left, bottom + height),
    }[(rotate + page.rotation) % 360]
    lines = ["q", " ".join(_number(value) for value in matrix) + " cm", "BT 3 Tr"]
    for line in _lines(page.words):
        lines.extend(_show_line(line, page.height, codes))
    lines.append("ET Q\n")
    return "\n".join(lines).encode("ascii")


def _lines(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Neighbours in reading order that stand beside each other."""
    line: list[Word] = []
    for word in words:
        if line:
            last = line[-1]
            middle = (word.y0 + word.y1) / 2
            follows = word.x0 >= last.x1 - 0.5 * (last.y1 - last.y0)
            if not (follows and last.y0 <= middle <= last.y1):
                yield line
                line = []
        line.append(word)
    if line:
        yield line


def _show_line(line: Sequence[Word], page_height: float, codes: dict[str, int]) -> Iterator[str]:
    """Each word in a level matrix of its own (a sloped one makes readers split it), on a common
    baseline that may slope, followed by a blank as wide as the gap."""
    heights = sorted(word.y1 - word.y0 for word in line)
    size = max(1.0, heights[len(heights) // 2])
    slope, start = _baseline(line)
    yield f"/{FONT_NAME} {_number(size)} Tf"
    for index, word in enumerate(line):
        baseline = page_height - (start + slope * (word.x0 + word.x1) / 2) + 0.15 * size
        yield _show(word.text, word.x0, word.x1, baseline, size, codes)
        if index + 1 < len(line) and line[index + 1].x0 > word.x1:
            yield _show(" ", word.x1, line[index + 1].x0, baseline, size, codes)
        else:
            yield _show(" ", word.x1, word.x1 + 0.3 * size, baseline, size, codes)


def _baseline(line: Sequence[Word]) -> tuple[float, float]:
    """Slope and height at x = 0 of the line through the words' feet (least squares)."""
    xs = [(word.x0 + word.x1) / 2 for word in line]
    ys = [word.y1 for word in line]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - mean_x) ** 2 for x in xs)
    if len(line) < 4 or spread == 0:
        return 0.0, mean_y
    slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread
    return slope, mean_y - slope * mean_x


def _show(
    text: str, x0: float, x1: float, baseline: float, size: float, codes: dict[str, int]
) -> str:
    natural = len(text) * size * GLYPH_WIDTH / 1000
    stretch = 100 * max(0.1, x1 - x0) / natural
    shown = "".join(f"{codes[char]:04X}" for char in text)
    place = f"1 0 0 1 {_number(x0)} {_number(baseline)} Tm"
    return f"{_number(stretch)} Tz {place} <{shown}> Tj"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _places(data: bytes) -> list[tuple[float, float, float, float, int]]:
    """Each page's visible box and /Rotate, as the reader that rendered the page sees them."""
    with pdfium.PdfDocument(data) as document:
        places = []
        for page in document:
            left, bottom, right, top = page.get_bbox()
            places.append((left, bottom, right, top, page.get_rotation()))
            page.close()
    return places


def _is_signed(pdf: pikepdf.Pdf) -> bool:
    if "/Perms" in pdf.Root:
        return True
    form = pdf.Root.get("/AcroForm")
    if form is None:
        return False
    # ISO 32000-1, table 219: bit 1 SignaturesExist; some writers forget it.
    if int(form.get("/SigFlags", 0)) & 1:
        return True
    fields: list[pikepdf.Object] = list(form.get("/Fields", []))
    return any(field.get("/FT") == "/Sig" and "/V" in field for field in fields)


def _saved(pdf: pikepdf.Pdf, *, pdfa: bool) -> bytes:
    result = io.BytesIO()
    if not pdfa:
        pdf.save(result)
        return result.getvalue()
    try:
        pikepdf.pdfa.save(pdf, result, "2b", output_intent="sRGB")
    except pikepdf.pdfa.PdfaError as exc:
        raise Unreadable("unsupported", f"Cannot become PDF/A-2b: {exc}") from exc
    return result.getvalue()


def compare(result: bytes, pages: Sequence[Page]) -> None:
    """Read the text again with another library than the one that wrote it."""
    with pdfium.PdfDocument(result) as document:
        for page in pages:
            if page.source != "ocr" or not page.words:
                continue
            textpage = document[page.number - 1].get_textpage()
            there = _letters(textpage.get_text_range())
            textpage.close()
            found = sum(1 for word in page.words if _letters(word.text) in there)
            if found < _FOUND_AGAIN * len(page.words):
                detail = f"Only {found} of {len(page.words)} words are found again"
                raise Unreadable("damaged", detail, page.number)


def _letters(text: str) -> str:
    return "".join(
        char for char in unicodedata.normalize("NFKC", text) if char.isalnum() and char != "\ufffe"
    )
