"""Old registers as files, made for the tests."""

from collections.abc import Sequence
from io import BytesIO

import openpyxl

HEADER = ("Αρ. Πρωτ.", "Ημ. Πρωτ/σης", "Είδος", "Αποστολέας", "Παραλήπτης", "Θέμα", "Παρατηρήσεις")


def row(n: int, /, **changes: str) -> tuple[str, ...]:
    """A good row of 2024, dated by its number."""
    day = f"{1 + (n * 28 // 100_000) % 28:02}/{1 + n * 11 // 100_000:02}/2024"
    cells = {
        "number": str(n),
        "date": day,
        "direction": "Εισερχόμενο",
        "sender": f"Σύλλογος Αγίας Ειρήνης {n}",
        "recipient": "",
        "subject": f"Αίτημα για τον δρόμο αρ. {n}",
        "remarks": "παλαιό",
        **changes,
    }
    return tuple(cells.values())


def csv(rows: Sequence[Sequence[str]], *, encoding: str = "utf-8", separator: str = ";") -> bytes:
    lines = [separator.join(cells) for cells in (HEADER, *rows)]
    return "\r\n".join(lines).encode(encoding)


def xlsx(rows: Sequence[Sequence[object]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in (HEADER, *rows):
        sheet.append(list(cells))
    out = BytesIO()
    book.save(out)
    return out.getvalue()
