"""Sample documents of an invented municipality, and eyes to read what was printed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pikepdf
import pypdfium2
import pytest
import zxingcpp

from docflow.printing import (
    ExactCopyData,
    Issuer,
    LabelData,
    LetterData,
    ReceiptData,
    ReceiptFile,
    Recipient,
    Signature,
    Signer,
    StampData,
    fonts,
)

MOMENT = datetime(2026, 11, 20, 10, 41, 7, tzinfo=ZoneInfo("Europe/Athens"))
URL = "https://protocol.dimos-paradeigmatos.gr/v/7K3M-Q2XP-94TD"
DIGEST = "3f9a0c7b12de84aa" * 4
BODY = """Σε απάντηση της αίτησής σας σας γνωρίζουμε ότι έγινε αυτοψία στην οδό Βενιζέλου 14.

Προγραμματίστηκαν οι εξής εργασίες:
- τομή και απομάκρυνση του φθαρμένου ασφαλτοτάπητα,
- ασφαλτόστρωση και διαγράμμιση.

Για κάθε διευκρίνιση παραμένουμε στη διάθεσή σας."""


@dataclass(frozen=True)
class Read:
    """A PDF as a reader finds it."""

    pdf: bytes

    @property
    def pages(self) -> list[str]:
        """The text of each page, blanks and line ends as single blanks."""
        with pypdfium2.PdfDocument(self.pdf) as document:
            return [" ".join(page.get_textpage().get_text_range().split()) for page in document]

    @property
    def text(self) -> str:
        return " ".join(self.pages)

    @property
    def solid(self) -> str:
        """All letters without any blank: for texts that were broken over lines."""
        return "".join(self.text.split())

    def size(self, page: int = 0) -> tuple[float, float]:
        with pypdfium2.PdfDocument(self.pdf) as document:
            width, height = document[page].get_size()
            return float(width), float(height)

    def where(self, words: str, page: int) -> tuple[float, float, float, float]:
        """Left, bottom, right, top of the last occurrence of the words, in points."""
        with pypdfium2.PdfDocument(self.pdf) as document:
            text = document[page].get_textpage()
            search = text.search(words)
            found = None
            while (hit := search.get_next()) is not None:
                found = hit
            assert found is not None, f"{words!r} is not on page {page}"
            boxes = [text.get_charbox(found[0] + offset) for offset in range(found[1])]
            return (
                min(box[0] for box in boxes),
                min(box[1] for box in boxes),
                max(box[2] for box in boxes),
                max(box[3] for box in boxes),
            )

    def codes(self, page: int = 0, *, dpi: int = 200) -> list[str]:
        """What a phone reads in the QR codes of the page."""
        with pypdfium2.PdfDocument(self.pdf) as document:
            picture = document[page].render(scale=dpi / 72).to_pil()
        return [code.text for code in zxingcpp.read_barcodes(picture)]

    def claims(self) -> dict[str, str]:
        """The standards that the file says it follows."""
        with pikepdf.open(BytesIO(self.pdf)) as document, document.open_metadata() as metadata:
            keys = ("pdfaid:part", "pdfaid:conformance", "pdfuaid:part")
            return {key: str(metadata[key]) for key in keys if key in metadata}

    def fonts_outside(self) -> list[str]:
        """Names of fonts that are used but not embedded."""
        with pikepdf.open(BytesIO(self.pdf)) as document:
            return [
                str(item.FontName)
                for item in document.objects
                if isinstance(item, pikepdf.Dictionary)
                and item.get("/Type") == "/FontDescriptor"
                and "/FontFile2" not in item
                and "/FontFile3" not in item
            ]


@pytest.fixture(scope="session", autouse=True)
def _typeface() -> None:
    """The fonts, built if this machine has not built them yet."""
    fonts.install(Path(__file__).parents[3] / "node_modules")


@pytest.fixture
def read() -> Callable[[bytes], Read]:
    return Read


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(
        name="Δήμος Παραδείγματος",
        region=("ΕΛΛΗΝΙΚΗ ΔΗΜΟΚΡΑΤΙΑ", "ΝΟΜΟΣ ΑΤΤΙΚΗΣ", "ΔΗΜΟΣ ΠΑΡΑΔΕΙΓΜΑΤΟΣ"),
        unit="Διεύθυνση Τεχνικών Υπηρεσιών\nΤμήμα Οδοποιίας",
        address="Πλατεία Δημαρχείου 1",
        postal_code_city="153 41 Παράδειγμα",
        phone="210 000 0000",
        email="protocol@dimos-paradeigmatos.gr",
        website="www.dimos-paradeigmatos.gr",
        monogram="ΔΠ",
    )


@pytest.fixture
def receipt_data(issuer: Issuer) -> ReceiptData:
    return ReceiptData(
        issuer=issuer,
        book="Κοινό βιβλίο",
        number=18402,
        year=2026,
        registered_at=MOMENT,
        subject="Αίτηση για πιστοποιητικό οικογενειακής κατάστασης",
        sender="Őrsi Žofie, Přemysl Řehoř",
        depositor="Ξενάκη Ευφροσύνη",
        addressee="Τμήμα Δημοτολογίου",
        attachments=3,
        attachments_description="δύο αντίγραφα και ένα CD",
        verification_code="7K3M-Q2XP-94TD",
        verification_url=URL,
        sender_reference="ΕΓΚ. 88/61230",
        sender_dated_on=date(2026, 11, 18),
        received_by="Αυτοπροσώπως",
        registered_by="Μαρία Αλεξίου",
        files=(ReceiptFile("Αίτηση.pdf", 128_345, DIGEST),),
    )


@pytest.fixture
def label_data() -> LabelData:
    return LabelData(
        issuer="Δήμος Παραδείγματος",
        book="Κοινό βιβλίο",
        number=18402,
        year=2026,
        direction="incoming",
        registered_at=MOMENT,
        verification_url=URL,
        verification_code="7K3M-Q2XP-94TD",
    )


@pytest.fixture
def signers() -> tuple[Signer, ...]:
    return (
        Signer("drafter", "Ελένη Καραγιάννη", "Η συντάκτρια"),
        Signer("head", "Νικόλαος Σταματίου", "Ο προϊστάμενος\nΤεχνικών Υπηρεσιών"),
        Signer("mayor", "Ιωάννης Ρήγας", "Ο Δήμαρχος"),
        Signer("secretary", "Őrsi Žofie", "Η Γενική Γραμματέας"),
    )


@pytest.fixture
def letter_data(issuer: Issuer, signers: tuple[Signer, ...]) -> LetterData:
    return LetterData(
        issuer=issuer,
        subject="Αποκατάσταση οδοστρώματος στην οδό Βενιζέλου 14",
        body=BODY,
        recipients=(Recipient("κ. Παπαϊωάννου Γεώργιο", "Βενιζέλου 14\n153 41 Παράδειγμα"),),
        signers=signers[:3],
        place="Παράδειγμα",
        contact="Ελένη Καραγιάννη",
        phone="210 000 0123",
        copies=(Recipient("Αντιδήμαρχο Τεχνικών Έργων"),),
        internal_distribution=("Γραφείο Δημάρχου", "Χρονολογικό αρχείο"),
        references=("Η από 18/11/2026 αίτησή σας", "Ο ν. 3463/2006"),
        attachments=("Έκθεση αυτοψίας",),
        marks=("ΕΠΕΙΓΟΝ",),
    )


@pytest.fixture
def copy_data(letter_data: LetterData) -> ExactCopyData:
    return ExactCopyData(
        letter=replace(letter_data, number=18455, year=2026, dated_on=date(2026, 11, 23)),
        signatures=tuple(
            Signature(one.name, one.capacity, MOMENT, f"CN={one.name}, C=GR")
            for one in letter_data.signers
        ),
        issued_at=MOMENT,
        verification_code="7K3M-Q2XP-94TD",
        verification_url=URL,
        original_sha256=DIGEST,
    )


@pytest.fixture
def stamp_data() -> StampData:
    return StampData(name="Ιωάννης Ρήγας", capacity="Ο Δήμαρχος", at=MOMENT)
