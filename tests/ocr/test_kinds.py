"""Every kind of picture that an office receives, and pages whose language nobody said."""

import io
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

import ocr
from benchmarks.ocr_measures import errors
from tests.ocr.conftest import PAGES, text_pdf

FAX = PAGES / "27-eng-letter-fax.tif"
TRUTH = (PAGES / "27-eng-letter-fax.gt.txt").read_text("utf-8")


def _page() -> Image.Image:
    with Image.open(FAX) as image:
        return image.convert("L")


def _cmyk(path: Path) -> None:
    _page().convert("RGB").convert("CMYK").save(path, "JPEG", quality=90, dpi=(200, 200))


def _heic(path: Path) -> None:
    pillow_heif.from_pillow(_page().convert("RGB")).save(path, quality=80)


def _webp(path: Path) -> None:
    _page().convert("RGB").save(path, "WEBP", quality=80)


def _alpha(path: Path) -> None:
    """Black letters on nothing at all."""
    ink = Image.fromarray(255 - np.asarray(_page()))
    letters = Image.new("RGBA", ink.size, (0, 0, 0, 0))
    letters.putalpha(ink)
    letters.save(path, "TIFF", dpi=(200, 200))


def _sixteen_bits(path: Path) -> None:
    deep = (np.asarray(_page(), dtype=np.uint16) * 257).astype(np.uint16)
    Image.fromarray(deep).save(path, "TIFF", dpi=(200, 200))


@pytest.mark.parametrize(
    "made", [_cmyk, _heic, _webp, _alpha, _sixteen_bits], ids=lambda made: made.__name__[1:]
)
def test_each_kind_of_picture_is_read(tmp_path: Path, made) -> None:
    path = tmp_path / "named wrongly.bin"
    made(path)
    (page,) = ocr.read_pages(path, languages=("eng",))
    assert page.source == "ocr"
    assert errors(TRUTH, page.text).letter_rate < 8
    with Image.open(io.BytesIO(ocr.thumbnail(path, pixels=200))) as small:
        assert small.format == "JPEG"
        assert max(small.size) == 200


@pytest.mark.parametrize(
    ("name", "languages"),
    [
        ("13-ell-letter-mono300.pdf", ("ell", "eng")),
        ("15-ell-letter-rot180.jpg", ("ell", "eng")),
        ("27-eng-letter-fax.tif", ("eng",)),
        ("28-hun-letter-copier.pdf", ("hun",)),
    ],
)
def test_the_language_is_found_where_nobody_said_it(name: str, languages: tuple[str, ...]) -> None:
    (page,) = ocr.read_pages(PAGES / name, languages=None)
    assert page.languages == languages
    truth = (PAGES / name).with_suffix("").with_suffix(".gt.txt").read_text("utf-8")
    assert errors(truth, page.text).letter_rate < 15


def test_a_page_of_its_own_text_says_its_language_too(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(text_pdf("The committee will meet again on Monday to settle the budget."))
    (page,) = ocr.read_pages(path, languages=None)
    assert (page.source, page.languages) == ("text-layer", ("eng",))


def test_portions_and_single_pages_can_be_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(text_pdf("page number one", "page number two", "page number three"))
    assert [page.number for page in ocr.read_pages(path, pages=[3, 1])] == [3, 1]
    (again,) = ocr.read_pages(path, pages=[2], languages=("eng",))
    assert again.text.strip() == "page number two"
    with pytest.raises(ValueError, match="pages 1 to 3"):
        ocr.read_pages(path, pages=[4])
