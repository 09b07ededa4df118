"""Does a signature that was added later stand on top of text that an earlier signer signed?

It may be an innocent stamp in a bad place, or an amount that was painted over: the bytes below are
unchanged, but not what a person sees. A reservation, not a verdict.
"""

import pypdfium2 as pdfium
from pyhanko.pdf_utils.generic import DictionaryObject, Reference
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader

from signing.later import at, fields, form

Box = tuple[float, float, float, float]


def covers_text(pdf: bytes, reader: PdfFileReader, revision: int, *, end: int) -> bool:
    """Is there text of the document that ends at `end` below a field added after `revision`?"""
    old = reader.get_historical_resolver(revision)
    new = reader.get_historical_resolver(reader.xrefs.total_revisions - 1)
    present = {reference for reference, _ in fields(form(old))}
    added = [
        (str(at(field, "/P").container_ref), box)
        for reference, field in fields(form(new))
        if reference not in present and (box := _box(field)) and at(field, "/P") is not None
    ]
    if not added:
        return False
    numbers = {str(reference): number for number, reference in enumerate(_pages(old))}
    document = pdfium.PdfDocument(pdf[:end])
    try:
        return any(
            _has_text(document, numbers[page], box) for page, box in added if page in numbers
        )
    finally:
        document.close()


def _box(field: DictionaryObject) -> Box | None:
    """The rectangle of a visible widget."""
    values = at(field, "/Rect")
    if values is None or len(values) != 4:
        return None
    x0, y0, x1, y1 = (float(value) for value in values)
    box = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
    return box if box[0] < box[2] and box[1] < box[3] else None


def _pages(resolver: HistoricalResolver) -> list[Reference]:
    """The pages in order."""
    found: list[Reference] = []
    waiting = [resolver.root.raw_get("/Pages")]
    while waiting and len(found) < 100_000:
        node = waiting.pop()
        dictionary = node.get_object()
        if at(dictionary, "/Type") == "/Pages":
            waiting += reversed([kid for kid in at(dictionary, "/Kids") or ()])
        else:
            found.append(node.reference)
    return found


def _has_text(document: pdfium.PdfDocument, number: int, box: Box) -> bool:
    page = document[number]
    text = page.get_textpage()
    try:
        return bool(text.get_text_bounded(*box).strip())
    finally:
        text.close()
        page.close()
