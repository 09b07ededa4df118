"""The typeface of everything printed: Commissioner, built once at set-up from the npm package.

The web package brings one variable font a script; a PDF wants one static font a weight. Building
them here means that no font has to be installed on the machine and none lies in the repository,
and that the same letter looks the same (and has the same bytes) on each machine.

    python -m docflow.printing.fonts node_modules
"""

import json
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docflow.printing.errors import PrintingError

FAMILY = "Commissioner"
FONT_DIR = Path(__file__).parent / "fonts"

# Goes up when the way of building changes, so that a set-up builds again.
_RECIPE = 1
_PACKAGE = Path("@fontsource-variable") / "commissioner"
# In this order: a character that two subsets draw comes from the first. Commissioner has no
# polytonic Greek; typeset.py says where those letters come from.
_SUBSETS = ("latin", "latin-ext", "greek", "cyrillic", "cyrillic-ext", "vietnamese")
_RECORD = "built.json"
_FIXED_TIME = 3_786_912_000  # seconds since 1904 (the zero of TrueType): 1 January 2024


@dataclass(frozen=True)
class _Style:
    file: str
    name: str
    weight: int
    slant: float


_STYLES = (
    _Style("Commissioner-Regular.ttf", "Regular", 400, 0),
    _Style("Commissioner-Italic.ttf", "Italic", 400, -12),
    _Style("Commissioner-SemiBold.ttf", "SemiBold", 600, 0),
    _Style("Commissioner-Bold.ttf", "Bold", 700, 0),
)


def install(node_modules: Path, target: Path = FONT_DIR) -> bool:
    """Build the fonts into `target`; False when they already stand there, built from the same.

    Raises PrintingError 'fonts-missing' when the npm package is not installed.
    """
    package = node_modules / _PACKAGE
    if not (package / "package.json").is_file():
        raise PrintingError("fonts-missing", f"{package}: run `npm ci` first")
    version = json.loads((package / "package.json").read_text("utf-8"))["version"]
    made_from = {"recipe": _RECIPE, "version": version}
    record = target / _RECORD
    if record.is_file():
        found = json.loads(record.read_text("utf-8"))
        if {key: found.get(key) for key in made_from} == made_from:
            return False
    target.mkdir(parents=True, exist_ok=True)
    covered: set[int] | None = None
    for style in _STYLES:
        characters = _build(package / "files", target / style.file, style)
        covered = characters if covered is None else covered & characters
    shutil.copyfile(package / "LICENSE", target / "OFL.txt")
    # Last: a build that broke off leaves no record and is done again.
    record.write_text(json.dumps(made_from | {"covers": _ranges(covered or ())}), "utf-8")
    return True


def coverage(directory: Path = FONT_DIR) -> frozenset[int]:
    """The code points that every style of the typeface can draw.

    Raises PrintingError 'fonts-missing' when the fonts were not built.
    """
    try:
        record = json.loads((directory / _RECORD).read_text("utf-8"))
    except FileNotFoundError as exc:
        raise PrintingError(
            "fonts-missing", "run `python -m docflow.printing.fonts node_modules`"
        ) from exc
    return frozenset(code for first, last in record["covers"] for code in range(first, last + 1))


def _build(files: Path, target: Path, style: _Style) -> set[int]:
    """One static font of all subsets; returns the code points it draws."""
    # fontTools is needed at set-up only; a web worker never pays for it.
    from fontTools.merge import Merger
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    parts: list[Path] = []
    for subset in _SUBSETS:
        font = TTFont(files / f"commissioner-{subset}-slnt-normal.woff2", recalcTimestamp=False)
        font = instancer.instantiateVariableFont(
            font, {"wght": style.weight, "slnt": style.slant}, inplace=True
        )
        for table in ("STAT", "MVAR", "HVAR", "avar", "prep"):
            if table in font:
                del font[table]
        font.flavor = None
        part = target.with_suffix(f".{subset}.part")
        font.save(part)
        parts.append(part)
    merged = Merger().merge([str(part) for part in parts])
    for part in parts:
        part.unlink()
    _name(merged, style)
    merged.recalcTimestamp = False
    merged["head"].created = merged["head"].modified = _FIXED_TIME
    unfinished = target.with_suffix(".part")
    merged.save(unfinished)
    unfinished.replace(target)
    # NUL and CR are placeholders of the format, not letters.
    return {code for code in merged.getBestCmap() if code >= 0x20}


def _name(font: Any, style: _Style) -> None:
    """Name and weight of the font, by which the typesetter chooses it."""
    italic = style.slant != 0
    names = font["name"]
    names.names = []
    full = f"{FAMILY} {style.name}"
    for key, text in {
        1: FAMILY if style.weight in (400, 700) else full,
        2: style.name if style.weight in (400, 700) else "Regular",
        3: f"docflow;{full}",
        4: full,
        5: "Version 1.000",
        6: f"{FAMILY}-{style.name}",
        13: "SIL Open Font License, Version 1.1",
        14: "https://openfontlicense.org",
        16: FAMILY,
        17: style.name,
    }.items():
        names.setName(text, key, 3, 1, 0x409)
    font["OS/2"].usWeightClass = style.weight
    bold = style.weight == 700
    font["OS/2"].fsSelection = (
        1 << 7 | (1 if italic else 0) | (1 << 5 if bold else 0) | (0 if italic or bold else 1 << 6)
    )
    font["head"].macStyle = (1 if bold else 0) | (2 if italic else 0)
    font["post"].italicAngle = style.slant


def _ranges(codes: Iterable[int]) -> list[list[int]]:
    """The code points as [first, last] pairs."""
    ranges: list[list[int]] = []
    for code in sorted(codes):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return ranges


def main(arguments: list[str]) -> None:
    """`python -m docflow.printing.fonts node_modules`, called by set-up."""
    if len(arguments) != 1:
        raise SystemExit("usage: python -m docflow.printing.fonts NODE_MODULES")
    print("fonts built" if install(Path(arguments[0])) else "fonts are up to date")


if __name__ == "__main__":
    main(sys.argv[1:])
