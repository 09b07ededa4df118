"""What a child can be asked: count, read, render, layer, take apart. One file stays open between
requests."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ocr.child import barcodes, codes, contents, corners, layer, page, pieces
from ocr.child.pdf import PdfSource
from ocr.child.pictures import PictureSource
from ocr.child.sheets import Source
from ocr.values import Page, Word

_open: dict[tuple[str, int, int], Source] = {}


def count(request: dict[str, Any]) -> dict[str, Any]:
    return {"pages": _source(request).count}


def read(request: dict[str, Any]) -> dict[str, Any]:
    return {"page": page.read(_source(request), request)}


def render(request: dict[str, Any]) -> bytes:
    picture = _source(request).picture(
        request["number"], dpi=request["dpi"], max_pixels=request["max_pixels"]
    )
    png = io.BytesIO()
    picture.save(png, "PNG", compress_level=1)
    return png.getvalue()


def thumbnail(request: dict[str, Any]) -> bytes:
    source = _source(request)
    width, height = source.size(request["number"])
    dpi = max(4, int(request["pixels"] * 72 / max(1.0, width, height)) + 1)
    picture = source.picture(request["number"], dpi=min(dpi, 150), max_pixels=request["max_pixels"])
    picture.thumbnail((request["pixels"], request["pixels"]))
    jpeg = io.BytesIO()
    picture.convert("RGB").save(jpeg, "JPEG", quality=80, optimize=True)
    return jpeg.getvalue()


def add_layer(request: dict[str, Any]) -> bytes:
    pages = [
        Page(**{**fields, "words": tuple(Word(**word) for word in fields["words"])})
        for fields in request["pages"]
    ]
    path = Path(request["path"])
    return layer.searchable(path, request["kind"], pages, pdfa=request["pdfa"])


def _source(request: dict[str, Any]) -> Source:
    path = Path(request["path"])
    stat = path.stat()
    key = (str(path), stat.st_mtime_ns, stat.st_size)
    if key not in _open:
        while _open:
            _open.popitem()[1].close()
        kind = PdfSource if request["kind"] == "application/pdf" else PictureSource
        _open[key] = kind(path)
    return _open[key]


def look(request: dict[str, Any]) -> dict[str, Any]:
    return codes.look(_source(request), request)


def extract(request: dict[str, Any]) -> bytes:
    pages = [(number, turn) for number, turn in request["pages"]]
    return pieces.taken_out(Path(request["path"]), request["kind"], pages)


def bind(request: dict[str, Any]) -> bytes:
    return pieces.bound([Path(path) for path in request["paths"]])


def picture(request: dict[str, Any]) -> bytes:
    return pieces.picture(
        _source(request),
        request["number"],
        dpi=request["dpi"],
        turn=request["turn"],
        max_pixels=request["max_pixels"],
    )


def corner(request: dict[str, Any]) -> dict[str, Any]:
    return corners.free_corner(_source(request), request)


def read_barcodes(request: dict[str, Any]) -> dict[str, Any]:
    return barcodes.found(_source(request), request)


DUTIES: dict[str, Callable[[dict[str, Any]], dict[str, Any] | bytes]] = {
    "count": count,
    "read": read,
    "render": render,
    "thumbnail": thumbnail,
    "layer": add_layer,
    "codes": look,
    "barcodes": read_barcodes,
    "extract": extract,
    "bind": bind,
    "picture": picture,
    "corner": corner,
    "text": contents.text,
    "open": contents.taken_apart,
    "part": contents.part,
}
