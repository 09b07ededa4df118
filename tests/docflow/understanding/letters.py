"""Letters as reading gives them: lines of words with boxes, for the rules to look at."""

from datetime import date

import ocr

TODAY = date(2026, 11, 22)
HEAD = """
ΕΛΛΗΝΙΚΗ ΔΗΜΟΚΡΑΤΙΑ
ΝΟΜΟΣ ΗΡΑΚΛΕΙΟΥ
ΔΗΜΟΣ ΜΙΝΩΑ ΠΕΔΙΑΔΑΣ
Δ/ΝΣΗ ΔΙΟΙΚΗΤΙΚΩΝ ΥΠΗΡΕΣΙΩΝ
"""
WIDTH, HEIGHT, LINE = 595.0, 842.0, 14.0


def page(*blocks: tuple[float, float, str], number: int = 1, confidence: float = 95.0) -> ocr.Page:
    """A page of blocks of lines: each with the place of its first line, in points."""
    words: list[ocr.Word] = []
    for left, top, text in blocks:
        for place, line in enumerate(text.strip("\n").splitlines()):
            words += _words(line, left, top + place * LINE, confidence)
    return ocr.Page(number, "ocr", "", confidence, 0, 0.0, WIDTH, HEIGHT, tuple(words), seconds=0.0)


def _words(line: str, left: float, top: float, confidence: float) -> list[ocr.Word]:
    found, x = [], left + 4.5 * (len(line) - len(line.lstrip()))
    for text in line.split():
        end = x + 5.0 * len(text)
        found.append(ocr.Word(text, x, top, end, top + 9.0, confidence))
        x = end + 4.0
    return found


def official(
    *,
    head: str = HEAD,
    contact: str = "Ταχ. Δ/νση: Πλατεία 3\nΤηλ.: 28910 22646\nE-mail: info@minoa.example",
    number: str = "Αρ. Πρωτ.: 7725/04-11-2026\nΗμερομηνία: 04/11/2026",
    to: str = "ΠΡΟΣ: Δήμο Παραδείγματος\nΔιεύθυνση Τεχνικών Υπηρεσιών",
    subject: str = "ΘΕΜΑ: Διαβίβαση απόφασης για έλεγχο νομιμότητας",
    body: str = "Σας διαβιβάζουμε συνημμένα την απόφαση και παρακαλούμε για τις ενέργειές σας.",
    confidence: float = 95.0,
) -> ocr.Page:
    """A letter of a public body: letterhead at the left, number and addressee at the right."""
    return page(
        (60, 50, head),
        (60, 120, contact),
        (340, 50, number),
        (340, 95, to),
        (60, 200, subject),
        (60, 250, body),
        confidence=confidence,
    )
