"""Makes pages to measure reading with: office letters in four languages, damaged in known ways.

    python -m benchmarks.ocr_pages FOLDER [--seed N] [--rounds N]

One page for each damage and language group of a round, with its text beside it (NAME.gt.txt) and a
manifest.json. The fonts are those of the machine that fontconfig knows (Debian: fonts-noto-core,
fonts-open-sans, fonts-roboto, fonts-liberation, fonts-freefont-ttf, fonts-gfs-neohellenic,
fonts-crosextra-carlito, fonts-dejavu); a page names the one that it was set in.

The stamp and the signature are not in the text, so that no reading comes to zero.
"""

import argparse
import itertools
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.ocr_damage import DAMAGES, FULL, Pixels, Rng
from benchmarks.ocr_texts import LETTERS, PARAGRAPHS

_FONTS = (
    "Open Sans",
    "Noto Serif",
    "Roboto",
    "Carlito",
    "Liberation Serif",
    "FreeSans",
    "Noto Sans",
    "GFS Neohellenic",
    "DejaVu Serif",
    "Liberation Mono",
)
_WIDTH, _HEIGHT = 2480, 3508  # A4 at 300 dpi
_LEFT, _RIGHT = 260, 2240
_LANGUAGES = ("ell", "eng", "ell", "hun", "ell", "ces")  # half of the pages are Greek
_LAYOUTS = ("letter", "letter", "dense", "letter", "columns")
_STAMPS = {"ell": "ΔΗΜΟΣ ΠΑΡΑΛΙΑΣ", "eng": "COUNCIL", "hun": "HIVATAL", "ces": "MĚSTO PODHRADÍ"}


@dataclass
class Sheet:
    """A page while it is written: its pixels, and the lines that were written on it."""

    image: Image.Image
    font: str
    size: int
    lines: list[str] = field(default_factory=list)

    def face(self, scale: float = 1.0) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(self.font, round(self.size * scale))

    def write(self, x: int, y: int, text: str, *, scale: float = 1.0, bold: bool = False) -> int:
        """One line; gives back the height of a line."""
        pen = ImageDraw.Draw(self.image)
        pen.text((x, y), text, font=self.face(scale), fill=(15, 15, 20), stroke_width=int(bold))
        self.lines.append(text)
        return round(self.size * scale * 1.35)

    def paragraph(self, x: int, y: int, width: int, text: str) -> int:
        """Wrapped into `width`; gives back the y below it."""
        face = self.face()
        line = ""
        for word in text.split():
            longer = f"{line} {word}".strip()
            if line and face.getlength(longer) > width:
                y += self.write(x, y, line)
                longer = word
            line = longer
        return y + self.write(x, y, line)


def values(language: str, rng: Rng) -> dict[str, str]:
    """Numbers, dates and codes of one page, as offices of that language write them."""

    def digits(count: int) -> str:
        return "".join(str(digit) for digit in rng.integers(0, 10, count))

    def code(letters: str, count: int) -> str:
        return "".join(letters[i] for i in rng.integers(0, len(letters), count))

    day, month = int(rng.integers(1, 29)), int(rng.integers(1, 13))
    year = int(rng.integers(2019, 2027))
    sign = "." if language in ("hun", "ces") else "/"
    date = f"{day:02}{sign}{month:02}{sign}{year}"
    whole = int(rng.integers(1, 90)), int(rng.integers(0, 1000)), int(rng.integers(0, 100))
    separators = "., " if language == "ell" else ",. " if language == "eng" else " ,"
    amount = f"{whole[0]}{separators[0]}{whole[1]:03}{separators[1]}{whole[2]:02}"
    letters = "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ" if language == "ell" else "ABCDEFGHJKLMNPQRSTUVWXYZ"
    country = {"ell": "GR", "eng": "GB", "hun": "HU", "ces": "CZ"}[language]
    name = ("info", "protokollo", "registry", "contact")[int(rng.integers(0, 4))]
    return {
        "tel": f"2{digits(4)} {digits(5)}",
        "mail": f"{name}{digits(2)}@example.org",
        "prot": f"{int(rng.integers(100, 60000))}/{date}",
        "date": date,
        "ada": f"{code(letters + '0123456789', 6)}-{code(letters + '0123456789', 3)}",
        "afm": digits(9),
        "amount": amount,
        "code": digits(3),
        "decision": f"{int(rng.integers(1, 900))}/{year}",
        "deadline": f"{(day % 28) + 1:02}{sign}{month:02}{sign}{year}",
        "iban": f"{country}{digits(2)} {digits(4)} {digits(4)} {digits(4)} {digits(4)}",
    }


def letter(sheet: Sheet, language: str, fields: dict[str, str], rng: Rng) -> None:
    text = LETTERS[language]
    y = 220
    for line in text.issuer:
        y += sheet.write(_LEFT, y, line, bold=True)
    y += 20
    for line in text.contact:
        y += sheet.write(_LEFT, y, line.format(**fields), scale=0.85)
    # The second block stands beside the first, its lines between the other's lines.
    right, top = 1440, 220 + int(rng.integers(0, 40))
    other = top
    for line in text.number:
        other += sheet.write(right, other, line.format(**fields))
    if rng.random() < 0.5:
        box = (right - 30, top - 20, _RIGHT, other + 15)
        ImageDraw.Draw(sheet.image).rectangle(box, outline=(20, 20, 20), width=4)
    other += 60
    for line in text.addressee:
        other += sheet.write(right, other, line.format(**fields))
    y = max(y, other) + 70
    y = sheet.paragraph(_LEFT, y, _RIGHT - _LEFT, text.subject) + 40
    for part in text.body[:2]:
        y = sheet.paragraph(_LEFT, y, _RIGHT - _LEFT, part.format(**fields)) + 24
    if rng.random() < 0.6:
        y = _table(sheet, y + 10, text.head, text.goods, rng) + 40
    for part in text.body[2:]:
        y = sheet.paragraph(_LEFT, y, _RIGHT - _LEFT, part.format(**fields)) + 24
    _close(sheet, y + 40, text.signs, _STAMPS[language], rng)
    for line in text.notes:
        y += sheet.write(_LEFT, y + 60, line, scale=0.8)


def _table(sheet: Sheet, y: int, head: Sequence[str], goods: Sequence[str], rng: Rng) -> int:
    pen = ImageDraw.Draw(sheet.image)
    columns = (_LEFT, 370, 1180, 1520, 1860, _RIGHT)
    rows = [tuple(head)]
    for number, name in enumerate(goods, start=1):
        count, price = int(rng.integers(1, 400)), int(rng.integers(100, 9000)) / 100
        total = f"{count * price:.2f}".replace(".", ",")
        rows.append((str(number), name, str(count), f"{price:.2f}".replace(".", ","), total))
    tall = round(sheet.size * 1.7)
    for index, row in enumerate(rows):
        top = y + index * tall
        for x, cell in zip(columns, row, strict=False):
            sheet.write(x + 14, top + 10, cell, scale=0.9, bold=index == 0)
        pen.line((columns[0], top, columns[-1], top), fill=(20, 20, 20), width=3)
    end = y + len(rows) * tall
    pen.line((columns[0], end, columns[-1], end), fill=(20, 20, 20), width=3)
    for x in columns:
        pen.line((x, y, x, end), fill=(20, 20, 20), width=3)
    return end


def _close(sheet: Sheet, y: int, signs: tuple[str, str], stamp: str, rng: Rng) -> None:
    x = 1500 + int(rng.integers(-60, 60))
    sheet.write(x, y, signs[0], bold=True)
    sheet.write(x, y + 230, signs[1], bold=True)
    colour = ((60, 60, 160), (110, 50, 130), (40, 40, 40))[int(rng.integers(0, 3))]
    pen = ImageDraw.Draw(sheet.image)
    cx, cy = x + int(rng.integers(-40, 160)), y + 130
    for radius in (150, 100):
        pen.ellipse((cx - radius, cy - radius, cx + radius, cy + radius), outline=colour, width=5)
    face = ImageFont.truetype(sheet.font, 34)
    for index, char in enumerate(f"{stamp} * {stamp} "):
        angle = index * 2 * np.pi / (2 * len(stamp) + 4)
        mark = Image.new("L", (60, 60), 0)
        ImageDraw.Draw(mark).text((30, 30), char, font=face, fill=255, anchor="mm")
        mark = mark.rotate(-float(np.degrees(angle)), resample=Image.Resampling.BICUBIC)
        place = int(cx + 125 * np.sin(angle) - 30), int(cy - 125 * np.cos(angle) - 30)
        sheet.image.paste(colour, place, mark)
    steps = np.linspace(0, 1, 60)
    wave = [
        (x + 420 * t, cy + 50 * np.sin(9 * t + float(rng.uniform(0, 1))) * (1 - t)) for t in steps
    ]
    pen.line([(float(a), float(b)) for a, b in wave], fill=(25, 25, 80), width=6, joint="curve")


def dense(sheet: Sheet, language: str, fields: dict[str, str], rng: Rng) -> None:
    _running_head(sheet, language, fields)
    y = 420
    for part in _shuffled(PARAGRAPHS[language] + LETTERS[language].body, fields, rng):
        if y > 3000:
            return
        y = sheet.paragraph(_LEFT, y, _RIGHT - _LEFT, part) + 26


def columns(sheet: Sheet, language: str, fields: dict[str, str], rng: Rng) -> None:
    _running_head(sheet, language, fields)
    parts = itertools.cycle(_shuffled(PARAGRAPHS[language], fields, rng))
    for x in (_LEFT, 1290):
        y = 420
        while y < 2900:
            y = sheet.paragraph(x, y, 930, next(parts)) + 26
    if rng.random() < 0.5:
        pen = ImageDraw.Draw(sheet.image)
        pen.line((1245, 420, 1245, 3050), fill=(30, 30, 30), width=3)


def _running_head(sheet: Sheet, language: str, fields: dict[str, str]) -> None:
    number, date = (line.format(**fields) for line in LETTERS[language].number[:2])
    sheet.write(_LEFT, 260, number, bold=True)
    sheet.write(1400, 260, date, bold=True)


def _shuffled(parts: Sequence[str], fields: dict[str, str], rng: Rng) -> list[str]:
    return [parts[index].format(**fields) for index in rng.permutation(len(parts))]


_WRITERS = {"letter": letter, "dense": dense, "columns": columns}


def page(language: str, layout: str, family: str, rng: Rng) -> tuple[Sheet, dict[str, str]]:
    """A clean page in colour at 300 dpi, and those key fields that stand on it."""
    points = rng.uniform(10, 12.5) if layout == "letter" else rng.uniform(8.5, 10)
    blank = Image.new("RGB", (_WIDTH, _HEIGHT), "white")
    sheet = Sheet(blank, _font_file(family), round(points * FULL / 72))
    fields = values(language, rng)
    _WRITERS[layout](sheet, language, fields, rng)
    text = "\n".join(sheet.lines).replace("\n", " ")
    return sheet, {name: value for name, value in fields.items() if value in text}


def _font_file(family: str) -> str:
    command = ["fc-match", "-f", "%{family}\t%{file}", f"{family}:style=Regular"]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    names, _, file = found.partition("\t")
    if family not in names:
        sys.exit(f"The font {family} is not installed; see the docstring of this file")
    return file


def _saved(pixels: Pixels, dpi: int, target: Path, index: int) -> Path:
    """As PDF and, in turn, as JPEG or (one bit) as TIFF in group 4."""
    one_bit = pixels.ndim == 2 and bool(np.isin(pixels[::5, ::5], (0, 255)).all())
    image = Image.fromarray(pixels)
    if one_bit:
        image = image.convert("1", dither=Image.Dither.NONE)
    if index % 2:
        path = target.with_suffix(".pdf")
        if one_bit:  # packed without loss: Pillow takes no word on quality
            image.save(path, resolution=dpi)
        else:
            image.save(path, resolution=dpi, quality=85)
    elif one_bit:
        path = target.with_suffix(".tif")
        image.save(path, dpi=(dpi, dpi), compression="group4")
    else:
        path = target.with_suffix(".jpg")
        image.save(path, dpi=(dpi, dpi), quality=88)
    return path


def make(folder: Path, *, seed: int, rounds: int, damages: Iterable[str]) -> list[dict[str, Any]]:
    folder.mkdir(parents=True, exist_ok=True)
    manifest = []
    names = list(damages)
    for index in range(len(names) * rounds):
        rng = np.random.default_rng((seed, index))
        damage = names[index % len(names)]
        # Languages, fonts and layouts run at other lengths than the damages: all pairs come up.
        language = _LANGUAGES[(index + index // len(names)) % len(_LANGUAGES)]
        layout = _LAYOUTS[(index * 3 + seed) % len(_LAYOUTS)]
        family = _FONTS[(index * 7 + seed + index // len(names)) % len(_FONTS)]
        sheet, fields = page(language, layout, family, rng)
        colour = rng.random() < 0.3
        clean = np.asarray(sheet.image if colour else sheet.image.convert("L"), dtype=np.uint8)
        pixels, dpi = DAMAGES[damage](clean, rng)
        name = f"{index:03}-{language}-{layout}-{damage.replace(', ', '-').replace(' ', '-')}"
        path = _saved(pixels, dpi, folder / name, index // 2)
        (folder / f"{name}.gt.txt").write_text("\n".join(sheet.lines), "utf-8")
        manifest.append(
            {
                "name": name,
                "file": path.name,
                "lang": language,
                "profile": damage,
                "font": family,
                "dpi": dpi,
                "fields": fields,
            }
        )
    (folder / "manifest.json").write_text(
        json.dumps(manifest, ensure_ascii=False, indent=1), "utf-8"
    )
    return manifest


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=2, help="pages for each damage")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    made = make(options.folder, seed=options.seed, rounds=options.rounds, damages=DAMAGES)
    print(f"{len(made)} pages in {options.folder}")


if __name__ == "__main__":
    main()
