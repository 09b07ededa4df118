"""Pages as hOCR and as ALTO, for programs that show or study words with their places.

hOCR 1.2 is HTML with the boxes in `title`; ALTO 4 (Library of Congress) is XML with attributes.
Both count in pixels here, at 300 to the inch, so that they fit a page that is drawn at 300 dpi.
"""

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from ocr.values import Page, Word

Line = Sequence[Word]

_PIXELS_A_POINT = 300 / 72
_ALTO = "http://www.loc.gov/standards/alto/ns-v4#"


def blocks(page: Page) -> list[list[Line]]:
    """The words by paragraphs and lines, as the page's text has them; where text and words do not
    match (some PDFs), by their places."""
    parts = [[line.split() for line in part.split("\n")] for part in page.text.split("\n\n")]
    if [token for part in parts for line in part for token in line] == [w.text for w in page.words]:
        words = iter(page.words)
        grouped: list[list[Line]] = [
            [[next(words) for _ in line] for line in part if line] for part in parts
        ]
        return [part for part in grouped if part]
    lines: list[list[Word]] = []
    for word in page.words:
        last = lines[-1][-1] if lines else None
        if last and word.x0 >= last.x0 and last.y0 <= (word.y0 + word.y1) / 2 <= last.y1:
            lines[-1].append(word)
        else:
            lines.append([word])
    return [list(lines)] if lines else []


def hocr(pages: Iterable[Page]) -> str:
    """One HTML document; pages without words are there, empty."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"',
        ' "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">',
        '<html xmlns="http://www.w3.org/1999/xhtml"><head><title></title>',
        '<meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>',
        '<meta name="ocr-system" content="Docflow"/>',
        '<meta name="ocr-capabilities" content="ocr_page ocr_carea ocr_line ocrx_word"/>',
        "</head><body>",
    ]
    for page in pages:
        size = f"bbox 0 0 {_px(page.width)} {_px(page.height)}; ppageno {page.number - 1}"
        parts.append(f'<div class="ocr_page" id="page_{page.number}" title="{size}">')
        for block in blocks(page):
            parts.append(f'<div class="ocr_carea" title="{_bbox(_all(block))}">')
            for line in block:
                words = " ".join(_hocr_word(word) for word in line)
                parts.append(f'<span class="ocr_line" title="{_bbox(line)}">{words}</span>')
            parts.append("</div>")
        parts.append("</div>")
    parts.append("</body></html>\n")
    return "\n".join(parts)


def alto(pages: Iterable[Page]) -> str:
    """One ALTO 4 document with a Page for each page."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<alto xmlns="{_ALTO}"><Description><MeasurementUnit>pixel</MeasurementUnit>',
        '<Processing ID="reading"><processingSoftware><softwareName>Docflow</softwareName>',
        "</processingSoftware></Processing></Description><Layout>",
    ]
    for page in pages:
        size = f'WIDTH="{_px(page.width)}" HEIGHT="{_px(page.height)}"'
        name = f"page_{page.number}"
        parts.append(f'<Page ID="{name}" PHYSICAL_IMG_NR="{page.number}" {size}>')
        parts.append(f'<PrintSpace HPOS="0" VPOS="0" {size}>')
        for number, block in enumerate(blocks(page), start=1):
            parts.append(f'<TextBlock ID="{name}_block_{number}" {_place(_all(block))}>')
            for line in block:
                strings = "<SP/>".join(_alto_word(word) for word in line)
                parts.append(f"<TextLine {_place(line)}>{strings}</TextLine>")
            parts.append("</TextBlock>")
        parts.append("</PrintSpace></Page>")
    parts.append("</Layout></alto>\n")
    return "\n".join(parts)


def _hocr_word(word: Word) -> str:
    title = f"{_bbox([word])}; x_wconf {round(word.confidence)}"
    return f'<span class="ocrx_word" title="{title}">{escape(word.text)}</span>'


def _alto_word(word: Word) -> str:
    sure = f"{word.confidence / 100:.2f}"
    return f'<String CONTENT={quoteattr(word.text)} WC="{sure}" {_place([word])}/>'


def _all(block: Iterable[Line]) -> list[Word]:
    return [word for line in block for word in line]


def _hull(words: Sequence[Word]) -> tuple[int, int, int, int]:
    return (
        _px(min(word.x0 for word in words)),
        _px(min(word.y0 for word in words)),
        _px(max(word.x1 for word in words)),
        _px(max(word.y1 for word in words)),
    )


def _bbox(words: Sequence[Word]) -> str:
    return "bbox {} {} {} {}".format(*_hull(words))


def _place(words: Sequence[Word]) -> str:
    x0, y0, x1, y1 = _hull(words)
    return f'HPOS="{x0}" VPOS="{y0}" WIDTH="{x1 - x0}" HEIGHT="{y1 - y0}"'


def _px(points: float) -> int:
    return round(points * _PIXELS_A_POINT)
