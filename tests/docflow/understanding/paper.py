"""A letter as a PDF with its text, made without any typesetting: what reads it needs no picture."""

import io

import pikepdf

LINES = (
    (60, 780, "MUNICIPALITY OF NAFPLIO"),
    (60, 764, "Directorate of Administrative Services"),
    (60, 740, "Tel. +30 2357094259"),
    (60, 726, "office@nafplio.example"),
    (340, 780, "Ref. No.: {number}"),
    (340, 764, "Date: 07/09/2026"),
    (340, 740, "TO: The Municipality of Paradeigma"),
    (60, 660, "Subject: Confirmation of participation in the programme"),
    (60, 620, "We refer to your letter and we are pleased to confirm that we will participate."),
    (60, 604, "The originals will follow by registered post within ten working days."),
)


def letter(number: str = "1484/2026") -> bytes:
    """One page A4 with the lines above."""
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(595, 842))
    page = pdf.pages[0]
    font = pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
    )
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font))
    shown = [f"BT /F 11 Tf {x} {y} Td ({line.format(number=number)}) Tj ET" for x, y, line in LINES]
    page.Contents = pdf.make_stream("\n".join(shown).encode("latin-1"))
    written = io.BytesIO()
    pdf.save(written, deterministic_id=True)  # the same letter is the same bytes
    return written.getvalue()
