"""The QR code and the address by which a stranger checks a document."""

import io

from docflow.printing.wording import line


def qr_svg(content: str, *, border: int = 0) -> str:
    """A QR code as SVG, error correction M (15 %): it survives a fold and a photocopy.

    `border` is the quiet zone in modules; ISO/IEC 18004 asks for four, which on a white page the
    layout leaves free anyway.
    """
    # Imported here: pages that print nothing do not need it.
    import segno

    drawing = io.BytesIO()
    segno.make(content, error="m", micro=False).save(
        drawing, kind="svg", xmldecl=False, border=border, dark="#000", light=None
    )
    return drawing.getvalue().decode("utf-8")


def verification_data(*, code: str, url: str) -> dict[str, object]:
    return {
        "qr": qr_svg(url),
        "verification_code": line(code),
        "verification_url": line(url),
        "verification_link": url,
    }
