"""The one place that calls the typesetter: data and a template in, PDF bytes and boxes out.

Templates read nothing but their own folder, fonts nothing but ours: the same data give the same
bytes on each machine. Data are handed over as JSON, so no text of theirs is ever read as code.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from docflow.printing.errors import PrintingError
from docflow.printing.fonts import FAMILY, FONT_DIR

if TYPE_CHECKING:
    import typst

Standard = Literal["a-2a", "a-2b", "a-3a"]

_TEMPLATES = Path(__file__).parent / "templates"
_loading = threading.Lock()
_fonts: "typst.Fonts | None" = None


@dataclass(frozen=True)
class Box:
    """A place on a page: `page` counts from 0; points from the lower left corner of the page."""

    page: int
    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True)
class Letter:
    """A document and the places in it where signatures or seals belong, by their id."""

    pdf: bytes
    boxes: Mapping[str, Box]


def typeset(
    template: str,
    data: Mapping[str, object],
    *,
    made_at: datetime,
    standard: Standard,
) -> Letter:
    """Set `data` in `template`; accessible (PDF/UA-1, too) where the standard asks for tags.

    Raises PrintingError 'fonts-missing' or 'not-typeset'.
    """
    # Imported here and not above: the library takes some 60 MB that a web worker which never
    # prints need not hold.
    import typst

    compiler = typst.Compiler(
        _TEMPLATES / f"{template}.typ", root=_TEMPLATES, font_paths=_loaded_fonts()
    )
    tagged = standard.endswith("a")
    try:
        pdf = compiler.compile(
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            format="pdf",
            pdf_standards=[standard, "ua-1"] if tagged else [standard],
            pdf_tags=tagged,
            timestamp=int(made_at.astimezone(UTC).timestamp()),
        )
        marks = json.loads(compiler.query("<box>", field="value"))
    except typst.TypstError as exc:
        raise PrintingError("not-typeset", f"{template}: {exc.message}") from exc
    # Bytes, since a PDF was asked for and no file to write it to.
    return Letter(pdf=cast(bytes, pdf), boxes={mark["id"]: _box(mark) for mark in marks})


def _box(mark: Mapping[str, float]) -> Box:
    """From the template's mark: upper left corner and size in points, page from 1."""
    top = mark["page_height"] - mark["y"]
    return Box(
        page=int(mark["page"]) - 1,
        x0=round(mark["x"], 2),
        y0=round(top - mark["height"], 2),
        x1=round(mark["x"] + mark["width"], 2),
        y1=round(top, 2),
    )


def _loaded_fonts() -> "typst.Fonts":
    global _fonts
    with _loading:
        if _fonts is None:
            import typst

            fonts = typst.Fonts(include_system_fonts=False, font_paths=[FONT_DIR])
            if FAMILY not in fonts.families():
                raise PrintingError(
                    "fonts-missing",
                    "run `python -m docflow.printing.fonts node_modules`",
                )
            _fonts = fonts
        return _fonts
