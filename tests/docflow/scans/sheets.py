"""Sheets as a scanner gives them: drawn with Pillow, labelled, turned, slanted, noisy."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import segno
from PIL import Image, ImageDraw, ImageFont

from docflow import printing, registry
from docflow.registry import Entry

DPI = 150
A4 = (round(8.27 * DPI), round(11.69 * DPI))
PUBLIC_URL = "https://protocol.paradeigma.example"
TEXT = (
    "Προς τον Δήμο Παραδείγματος. Με την παρούσα ζητώ να επισκευαστεί το οδόστρωμα έξω από την",
    "κατοικία μου στην οδό Αγίου Δημητρίου, διότι μετά τις βροχές έχει υποχωρήσει και είναι",
    "επικίνδυνο για τους πεζούς και τα οχήματα. Επισυνάπτω φωτογραφίες και σχετικό σχέδιο.",
)


@cache
def _font() -> ImageFont.FreeTypeFont:
    folder = Path(printing.__file__).parent / "fonts"
    return ImageFont.truetype(str(folder / "Commissioner-Regular.ttf"), 26)


@dataclass(frozen=True)
class Sheet:
    """One side of paper. `label` holds texts of QR codes; `turn` is how far it lies, clockwise."""

    words: str = ""
    labels: tuple[str, ...] = ()
    turn: int = 0
    skew: float = 0.0
    noise: float = 0.0
    torn: bool = False
    blank: bool = False
    picture: Image.Image | None = field(default=None, compare=False)

    def drawn(self) -> Image.Image:
        if self.picture:
            image = self.picture.copy()
        else:
            image = Image.new("L", A4, 250) if self.blank else _written(self.words).copy()
        for place, text in enumerate(self.labels):
            image.paste(_code(text, torn=self.torn), (A4[0] - 330 - place * 420, 70))
        if self.skew:
            image = image.rotate(self.skew, fillcolor=250, resample=Image.Resampling.BICUBIC)
        if self.noise:
            pixels = np.asarray(image, dtype=np.float64) + _noise(self.noise, image.size)
            image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
        return image.rotate(-self.turn, expand=True)


@cache
def _written(words: str) -> Image.Image:
    """A page of text, drawn once: most sheets differ in their labels alone."""
    image = Image.new("L", A4, 250)
    draw = ImageDraw.Draw(image)
    for row in range(24):
        draw.text((90, 420 + row * 44), TEXT[row % len(TEXT)], font=_font(), fill=15)
    draw.text((90, 1520), words, font=_font(), fill=15)
    return image


@cache
def _noise(strength: float, size: tuple[int, int]) -> np.ndarray:
    width, height = size
    return np.random.default_rng(7).normal(0, strength, (height, width))


def _code(text: str, *, torn: bool) -> Image.Image:
    drawn = BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="png", scale=6, border=4)
    image = Image.open(drawn).convert("L")
    if torn:
        draw = ImageDraw.Draw(image)
        draw.rectangle(
            (image.width * 0.45, image.height * 0.4, image.width, image.height), fill=255
        )
        draw.rectangle((0, image.height * 0.42, image.width * 0.3, image.height * 0.55), fill=255)
    return image


def batch(*sheets: Sheet, kind: str = "pdf") -> bytes:
    """The sheets in one file: a PDF of JPEGs, or a TIFF of many frames."""
    images = [sheet.drawn() for sheet in sheets]
    out = BytesIO()
    if kind == "tiff":
        images[0].save(
            out,
            "TIFF",
            save_all=True,
            append_images=images[1:],
            dpi=(DPI, DPI),
            compression="tiff_lzw",
        )
        return out.getvalue()
    with pikepdf.new() as pdf:
        for image in images:
            _add(pdf, image)
        pdf.save(out, deterministic_id=True)
    return out.getvalue()


def _add(pdf: pikepdf.Pdf, image: Image.Image) -> None:
    jpeg = BytesIO()
    image.save(jpeg, "JPEG", quality=85)
    stream = pikepdf.Stream(
        pdf,
        jpeg.getvalue(),
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=image.width,
        Height=image.height,
        ColorSpace=pikepdf.Name.DeviceGray,
        BitsPerComponent=8,
        Filter=pikepdf.Name.DCTDecode,
    )
    width, height = image.width * 72 / DPI, image.height * 72 / DPI
    page = pikepdf.Dictionary(
        Type=pikepdf.Name.Page,
        MediaBox=[0, 0, width, height],
        Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=stream)),
        Contents=pdf.make_stream(f"q {width} 0 0 {height} 0 0 cm /Im0 Do Q".encode()),
    )
    pdf.pages.append(pikepdf.Page(page))


def label(entry: Entry, *, host: str = PUBLIC_URL) -> str:
    """What the code of the entry's label says."""
    return registry.codes.url(host, entry.verification_code) + registry.LABEL_MARK


def paper(entry: Entry) -> str:
    """What the code of the entry's receipt says."""
    return registry.codes.url(PUBLIC_URL, entry.verification_code)


def stranger(host: str = PUBLIC_URL) -> str:
    """A label of no entry that we have."""
    return registry.codes.url(host, registry.codes.new()) + registry.LABEL_MARK


@cache
def _printed_separator() -> Image.Image:
    pdf = printing.separator_sheet("Δήμος Παραδείγματος")
    with pypdfium2.PdfDocument(pdf) as document:
        return document[0].render(scale=DPI / 72, grayscale=True).to_pil().resize(A4)


def separator(**how: object) -> Sheet:
    """The separator sheet that we print, as it comes out of a scanner."""
    return Sheet(picture=_printed_separator(), **how)  # type: ignore[arg-type]


def printed_label(entry: Entry, size: printing.LabelSize = "62x29") -> Image.Image:
    """Our own printed label, at the scanner's resolution."""
    data = printing.LabelData(
        issuer="Δήμος Παραδείγματος",
        number=entry.number,
        year=entry.year,
        direction="incoming",
        registered_at=datetime.now(UTC),
        verification_url=label(entry),
        verification_code=registry.codes.shown(entry.verification_code),
    )
    with pypdfium2.PdfDocument(printing.label(data, size=size)) as document:
        return document[0].render(scale=DPI / 72, grayscale=True).to_pil()


def streams(pdf: bytes) -> list[bytes]:
    """The pictures in a PDF, as they are packed."""
    with pikepdf.open(BytesIO(pdf)) as document:
        return [
            bytes(one.read_raw_bytes())
            for page in document.pages
            for one in page.resources.XObject.values()
        ]
