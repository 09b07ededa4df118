"""The files that come with letters: typeset PDFs of public bodies and companies, scans of citizens.

A scan is a picture as a copier makes it: grey, a little askew, with specks; nothing but recognition
finds its text.
"""

import io
from dataclasses import dataclass
from datetime import date
from random import Random
from textwrap import wrap

from docflow import documents, printing
from docflow.demo.correspondents import Correspondent, Group
from docflow.office import Office
from docflow.printing.fonts import FONT_DIR

_WIDTH, _HEIGHT, _DPI = 1654, 2339, 200  # A4
_INK = 40

_SIGNERS = {
    Group.PUBLIC: "Ο Προϊστάμενος της Διεύθυνσης",
    Group.COMPANY: "Ο νόμιμος εκπρόσωπος",
}
_FORM = (
    "Παρακαλώ για τις δικές σας ενέργειες. Τα στοιχεία που αναφέρω είναι αληθή και επισυνάπτω "
    "όσα δικαιολογητικά απαιτούνται."
)
_COVER = (
    "Σε συνέχεια της μεταξύ μας αλληλογραφίας σας αποστέλλουμε το παρόν και παρακαλούμε για τις "
    "δικές σας ενέργειες.\n\nΠαραμένουμε στη διάθεσή σας για κάθε διευκρίνιση."
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to be made for a letter of this sender; `number` is the sender's own."""

    subject: str
    sender: Correspondent
    dated_on: date
    number: int = 1
    text: str = ""

    @property
    def is_scan(self) -> bool:
        return self.sender.group is Group.CITIZEN


def make(office: Office, wanted: Wanted, chance: Random) -> documents.Upload:
    """Make the file and put its bytes into the store."""
    if wanted.is_scan:
        content, name = _scan(wanted, chance), "αίτηση.pdf"
    else:
        content, name = (
            _letter(wanted),
            f"έγγραφο {wanted.number}-{wanted.dated_on.year}.pdf",
        )
    return documents.receive(office, io.BytesIO(content), name)


def _letter(wanted: Wanted) -> bytes:
    sender = wanted.sender
    street, _, city = sender.address.rpartition(", ")
    is_public = sender.group is Group.PUBLIC
    data = printing.LetterData(
        issuer=printing.Issuer(
            name=sender.name,
            region=("ΕΛΛΗΝΙΚΗ ΔΗΜΟΚΡΑΤΙΑ",) if is_public else (sender.name,),
            unit=sender.name if is_public else None,
            address=street,
            postal_code_city=city,
            phone="2000 000 100",
            email=sender.email,
            website="",
        ),
        subject=wanted.subject,
        body=wanted.text or _COVER,
        recipients=(printing.Recipient("Δήμος Παραδείγματος", "Πλατεία Δημαρχείου 1"),),
        signers=(printing.Signer("signer", "(υπογραφή)", _SIGNERS[sender.group]),),
        place=city,
        number=wanted.number,
        year=wanted.dated_on.year,
        dated_on=wanted.dated_on,
    )
    return printing.letter(data).pdf


def _scan(wanted: Wanted, chance: Random) -> bytes:
    # Imported here: the login page, which asks the demo for its names, draws no pictures.
    import numpy
    from PIL import Image, ImageDraw, ImageFilter, ImageFont

    page = Image.new("L", (_WIDTH, _HEIGHT), 250)
    draw = ImageDraw.Draw(page)
    y = 190
    for line, size, bold in _form(wanted):
        font = ImageFont.truetype(
            str(FONT_DIR / f"Commissioner-{'Bold' if bold else 'Regular'}.ttf"), size
        )
        draw.text((200, y), line, fill=_INK, font=font)
        y += int(size * 1.75)
    draw.line(
        [(980, y + 150), (1180, y + 110), (1120, y + 190), (1380, y + 130)],
        fill=70,
        width=4,
    )
    angle = chance.uniform(-0.9, 0.9)
    page = page.rotate(angle, resample=Image.Resampling.BICUBIC, fillcolor=250)
    page = page.filter(ImageFilter.GaussianBlur(0.7))
    source = numpy.random.default_rng(chance.randrange(2**32))
    grain = 9 * source.standard_normal((_HEIGHT, _WIDTH), dtype=numpy.float32)
    pixels = numpy.clip(numpy.asarray(page) + grain, 0, 255).astype("uint8")
    output = io.BytesIO()
    Image.fromarray(pixels).save(output, "PDF", resolution=_DPI, quality=60)
    return output.getvalue()


def _form(wanted: Wanted) -> list[tuple[str, int, bool]]:
    """The lines of a citizen's application: text, size in pixels, whether bold."""
    sender = wanted.sender
    lines: list[tuple[str, int, bool]] = [
        ("ΑΙΤΗΣΗ", 60, True),
        ("", 30, False),
        ("Προς: Δήμο Παραδείγματος", 38, False),
        (f"Ονοματεπώνυμο: {sender.name}", 38, False),
        (f"ΑΦΜ: {sender.tax_number}", 38, False),
        (f"Διεύθυνση: {sender.address}", 38, False),
        ("", 30, False),
    ]
    lines += [(line, 40, True) for line in wrap(f"Θέμα: {wanted.subject}", 56)]
    lines.append(("", 30, False))
    lines += [(line, 38, False) for line in wrap(wanted.text or _FORM, 62)]
    lines += [
        ("", 30, False),
        (f"Παράδειγμα, {wanted.dated_on:%d/%m/%Y}", 38, False),
        ("Ο αιτών / Η αιτούσα", 38, False),
    ]
    return lines
