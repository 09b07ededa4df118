"""The sheet that is laid between the documents of a batch before it is scanned."""

from datetime import UTC, datetime

from docflow.printing.typeset import typeset
from docflow.printing.verification import qr_svg
from docflow.printing.wording import clipped, line, plain

# What the codes of a separator sheet say. It names no body: sheets may be lent.
SEPARATOR = "DOCFLOW:NEXT-DOCUMENT"
_TITLES = {"el": "Διαχωριστικό φύλλο", "en": "Separator sheet"}


def separator_sheet(issuer: str, *, language: str = "el", copies: int = 1) -> bytes:
    """So many separator sheets, A4, PDF/A-2a: the code stands at both ends, and can be read
    whichever way the sheet lies in the scanner. Raises PrintingError."""
    if not 1 <= copies <= 100:
        raise ValueError("one to a hundred sheets are printed at a time")
    content = {
        "language": language,
        "title": _TITLES[language],
        "author": clipped(plain(line(issuer))),
        "issuer": clipped(line(issuer), 120),
        "qr": qr_svg(SEPARATOR),
        "copies": copies,
    }
    made_at = datetime(2026, 1, 1, tzinfo=UTC)  # a form: the same bytes each time
    return typeset("separator", content, made_at=made_at, standard="a-2a").pdf
