"""The use cases of a scanner's batches: look at sheets, take pages out, bind pictures together."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from ocr.pool import children
from ocr.reading import request_of
from ocr.values import Limits

Corner = Literal["top-right", "top-left", "bottom-right", "bottom-left"]
_DEFAULT = Limits()
_SECONDS_A_PAGE = 2.0


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code; its box in points, origin at the top left of the page as it is displayed.

    A damaged one was seen but could not be read: its text is empty.
    """

    text: str
    box: tuple[float, float, float, float]
    is_damaged: bool = False


@dataclass(frozen=True, slots=True)
class SheetLook:
    """What one page of a batch is.

    `rotation` is the angle, clockwise, that sets it upright; `print` a digest of its raster, the
    same for the same scan in whatever file; width and height are points, as it is displayed.
    """

    codes: tuple[Code, ...]
    is_blank: bool
    rotation: int
    print: str
    width: float
    height: float


def read_codes(
    path: Path,
    number: int,
    *,
    languages: Sequence[str] = ("ell", "eng"),
    limits: Limits = _DEFAULT,
) -> SheetLook:
    """Look at page `number` (from 1). Raises `Unreadable`."""
    request = {
        "do": "codes",
        **request_of(path, limits),
        "number": number,
        "languages": list(languages),
    }
    fields, _ = children.ask(request, limits=limits, seconds=limits.page_seconds)
    codes = tuple(
        Code(text, cast(tuple[float, float, float, float], tuple(box)), is_damaged)
        for text, box, is_damaged in fields.pop("codes")
    )
    return SheetLook(codes=codes, **fields)


def extract_pages(
    path: Path, pages: Sequence[tuple[int, int]], *, limits: Limits = _DEFAULT
) -> bytes:
    """A PDF of these pages: number from 1, and degrees clockwise by which each is turned.

    Nothing is packed anew: streams of pictures stay as they are. Raises `Unreadable`.
    """
    request = {"do": "extract", **request_of(path, limits), "pages": [list(p) for p in pages]}
    seconds = limits.file_seconds + _SECONDS_A_PAGE * len(pages)
    return children.ask(request, limits=limits, seconds=seconds)[1]


def bind_pictures(paths: Sequence[Path], *, limits: Limits = _DEFAULT) -> bytes:
    """A PDF of pictures, each pixel for pixel, in this order. Raises `Unreadable`."""
    for path in paths:
        request_of(path, limits)  # refuses what is no picture
    request = {"do": "bind", "paths": [str(path.resolve()) for path in paths]}
    seconds = limits.file_seconds + _SECONDS_A_PAGE * len(paths)
    return children.ask(request, limits=limits, seconds=seconds)[1]


def page_picture(
    path: Path, number: int, *, dpi: int = 100, turn: int = 0, limits: Limits = _DEFAULT
) -> bytes:
    """A JPEG of one page, turned clockwise by so many degrees. Raises `Unreadable`."""
    request = {
        "do": "picture",
        **request_of(path, limits),
        "number": number,
        "dpi": dpi,
        "turn": turn,
    }
    return children.ask(request, limits=limits, seconds=limits.page_seconds)[1]


def free_corner(
    path: Path,
    *,
    number: int = 1,
    width: float,
    height: float,
    margin: float,
    limits: Limits = _DEFAULT,
) -> tuple[Corner, bool]:
    """A corner of the page with room for a box of so many points, and whether it is free of ink.

    The corner is that of the page as it is displayed. Raises `Unreadable`.
    """
    request = {
        "do": "corner",
        **request_of(path, limits),
        "number": number,
        "width": width,
        "height": height,
        "margin": margin,
    }
    answer, _ = children.ask(request, limits=limits, seconds=limits.page_seconds)
    return cast(Corner, answer["corner"]), bool(answer["is_free"])
