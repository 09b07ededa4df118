"""The QR code and the address by which a stranger checks a document."""

import io
from typing import Any

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


def long_qr_svg(address: str, digits: str) -> str:
    """A QR code of an address and a number of thousands of digits behind it, as SVG.

    Digits take 3.3 bits each, which is all that they say, and any address may hold them. Error
    correction L (7 %): the paper is in somebody's hand, and a larger code would be finer.
    """
    import segno
    from segno import consts

    drawing = io.BytesIO()
    # It takes segments too, which its annotations do not say.
    parts: Any = [(address, consts.MODE_BYTE), (digits, consts.MODE_NUMERIC)]
    segno.make(parts, error="l", micro=False, boost_error=False).save(
        drawing, kind="svg", xmldecl=False, border=0, dark="#000", light=None
    )
    return drawing.getvalue().decode("utf-8")


def verification_data(*, code: str, url: str) -> dict[str, object]:
    return {
        "qr": qr_svg(url),
        "verification_code": line(code),
        "verification_url": line(url),
        "verification_link": url,
    }
