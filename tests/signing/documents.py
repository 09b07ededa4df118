"""PDFs for these tests, made here: letters, stamps, and what attackers append."""

from collections.abc import Callable
from io import BytesIO

import pikepdf
import typst
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

A4 = (0.0, 0.0, 595.0, 842.0)


def letter(
    text: str = "Pay 100 EUR",
    *,
    rotation: int = 0,
    media: tuple[float, ...] = A4,
    crop: tuple[float, ...] | None = None,
    pages: int = 1,
    text_field: bool = False,
) -> bytes:
    """A document of blank pages with one line of text."""
    pdf = pikepdf.new()
    for _ in range(pages):
        page = pdf.add_blank_page(page_size=(media[2] - media[0], media[3] - media[1]))
        page.MediaBox = pikepdf.Array(list(media))
        if crop:
            page.CropBox = pikepdf.Array(list(crop))
        if rotation:
            page.Rotate = rotation
        font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
        fonts = pikepdf.Dictionary(
            F=pikepdf.Dictionary({k: pikepdf.Name(v) for k, v in font.items()})
        )
        page.Resources = pikepdf.Dictionary(Font=fonts)
        page.Contents = pdf.make_stream(f"BT /F 12 Tf 60 700 Td ({text}) Tj ET".encode("latin-1"))
    if text_field:
        _add_text_field(pdf)
    output = BytesIO()
    pdf.save(output, static_id=True, compress_streams=False)
    return output.getvalue()


def stamp(width: float = 150, height: float = 60, text: str = "ΨΗΦΙΑΚΑ ΥΠΟΓΕΓΡΑΜΜΕΝΟ") -> bytes:
    """A one-page PDF with Greek text in a black frame; its upper third is filled."""
    source = (
        f"#set page(width: {width}pt, height: {height}pt, margin: 0pt, fill: none)\n"
        f"#rect(width: 100%, height: 100%, stroke: 1pt)[\n"
        f"#place(top, dy: -3pt, rect(width: 100%, height: {height / 3}pt, fill: black))\n"
        f"#v({height / 2}pt) #text(size: 6pt)[{text} Μαρία Παπαδοπούλου]]"
    )
    return bytes(typst.compile(source.encode()))


def appended(pdf: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """The document with one more revision."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf), strict=False)
    change(writer)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def other_page_content(writer: IncrementalPdfFileWriter) -> None:
    """Replace what the first page says."""
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(
        generic.StreamObject(stream_data=b"BT /F 12 Tf 60 700 Td (Pay 999 EUR) Tj ET")
    )
    writer.update_container(page)


def one_page_more(writer: IncrementalPdfFileWriter) -> None:
    """Append a page."""
    pages = writer.root["/Pages"]
    page = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Page"),
            pdf_name("/Parent"): writer.root.raw_get("/Pages"),
            pdf_name("/MediaBox"): generic.ArrayObject(map(generic.NumberObject, (0, 0, 90, 90))),
        }
    )
    pages["/Kids"].append(writer.add_object(page))
    pages["/Count"] = generic.NumberObject(int(pages["/Count"]) + 1)
    writer.update_container(pages)


def annotation(writer: IncrementalPdfFileWriter) -> None:
    """Stick a note on the first page."""
    page = writer.root["/Pages"]["/Kids"][0]
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/FreeText"),
            pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (60, 690, 200, 720))),
            pdf_name("/Contents"): generic.TextStringObject("Pay 999 EUR"),
        }
    )
    page.setdefault(pdf_name("/Annots"), generic.ArrayObject()).append(writer.add_object(note))
    writer.update_container(page)


def filled_text_field(writer: IncrementalPdfFileWriter) -> None:
    """The shadow attack: what the form field shows is exchanged."""
    field = next(
        reference.get_object()
        for reference in writer.root["/AcroForm"]["/Fields"]
        if reference.get_object().get("/FT") == "/Tx"
    )
    field["/V"] = generic.TextStringObject("999 EUR")
    writer.update_container(field)


def other_stamp(name: str) -> Callable[[IncrementalPdfFileWriter], None]:
    """Exchange what the field of a signature shows, leaving the signature."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        for reference in writer.root["/AcroForm"]["/Fields"]:
            field = reference.get_object()
            if field.get("/T") == name:
                shown = generic.StreamObject(stream_data=b"0 0 50 50 re f")
                shown["/Type"], shown["/Subtype"] = pdf_name("/XObject"), pdf_name("/Form")
                box = map(generic.NumberObject, (0, 0, 50, 50))
                shown["/BBox"] = generic.ArrayObject(box)
                field["/AP"] = generic.DictionaryObject({pdf_name("/N"): writer.add_object(shown)})
                writer.update_container(field)

    return change


def without_form(writer: IncrementalPdfFileWriter) -> None:
    """Take the signatures out of sight."""
    del writer.root["/AcroForm"]
    writer.update_root()


def _add_text_field(pdf: pikepdf.Pdf) -> None:
    field = pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Widget,
            FT=pikepdf.Name.Tx,
            T="Amount",
            V="100 EUR",
            Rect=pikepdf.Array([60, 600, 200, 620]),
            P=pdf.pages[0].obj,
        )
    )
    pdf.pages[0].Annots = pikepdf.Array([field])
    pdf.Root.AcroForm = pdf.make_indirect(pikepdf.Dictionary(Fields=pikepdf.Array([field])))
