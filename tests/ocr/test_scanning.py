"""Sheets of a batch: codes, blanks, which way up; pages out and pictures together, untouched."""

import io
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

import ocr
from tests.docflow.scans.sheets import Sheet, batch, streams
from tests.ocr.conftest import PAGES

CODE = "https://protocol.paradeigma.example/verify/7K3M-Q2XP-94TD-0AVE#L"


def written(tmp_path: Path, *sheets: Sheet, kind: str = "pdf") -> Path:
    path = tmp_path / f"batch.{kind}"
    path.write_bytes(batch(*sheets, kind=kind))
    return path


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("kind", ["pdf", "tiff"])
def test_a_code_is_read_and_tells_which_way_up(tmp_path: Path, turn: int, kind: str) -> None:
    path = written(tmp_path, Sheet("α", (CODE,), turn=turn, noise=15, skew=2.0), kind=kind)
    seen = ocr.read_codes(path, 1)
    assert [code.text for code in seen.codes] == [CODE]
    assert (seen.rotation + turn) % 360 == 0
    assert not seen.is_blank


@pytest.mark.parametrize(
    ("name", "rotation"), [("15-ell-letter-rot180.jpg", 180), ("06-ell-letter-jpeglow.jpg", 0)]
)
def test_a_real_page_without_a_code_is_turned_by_its_lines(name: str, rotation: int) -> None:
    seen = ocr.read_codes(PAGES / name, 1)
    assert (seen.rotation, seen.is_blank) == (rotation, False)


def test_a_blank_sheet_is_blank_and_one_with_only_a_label_is_not(tmp_path: Path) -> None:
    path = written(tmp_path, Sheet(blank=True), Sheet(labels=(CODE,), blank=True))
    assert ocr.read_codes(path, 1).is_blank
    assert not ocr.read_codes(path, 2).is_blank


def test_two_codes_on_a_sheet_are_two(tmp_path: Path) -> None:
    path = written(tmp_path, Sheet("α", (CODE, CODE.replace("7K3M", "8K3M"))))
    assert len(ocr.read_codes(path, 1).codes) == 2


def test_the_same_scan_has_the_same_print_in_whatever_batch(tmp_path: Path) -> None:
    sheet = Sheet("α", (CODE,))
    alone = ocr.read_codes(written(tmp_path, sheet), 1).print
    second = tmp_path / "second.pdf"
    second.write_bytes(batch(Sheet("β"), sheet))
    assert ocr.read_codes(second, 2).print == alone
    assert ocr.read_codes(second, 1).print != alone


def test_pages_are_taken_out_turned_and_with_untouched_streams(tmp_path: Path) -> None:
    path = written(tmp_path, Sheet("α"), Sheet("β"), Sheet("γ"))
    pdf = ocr.extract_pages(path, [(3, 180), (1, 0)])
    whole = streams(path.read_bytes())
    assert streams(pdf) == [whole[2], whole[0]]
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert [int(page.obj.get("/Rotate", 0)) for page in document.pages] == [180, 0]
    assert ocr.extract_pages(path, [(3, 180), (1, 0)]) == pdf  # known again by its digest
    with pytest.raises(ocr.Unreadable):
        ocr.extract_pages(path, [(4, 0)])


def test_pictures_are_bound_pixel_for_pixel(tmp_path: Path) -> None:
    paths = []
    for number, mode in enumerate(("1", "L", "RGB")):
        path = tmp_path / f"{number}.tif"
        Image.linear_gradient("L").convert(mode).save(path, dpi=(150, 150))
        paths.append(path)
    bound = tmp_path / "bound.pdf"
    bound.write_bytes(ocr.bind_pictures(paths))
    assert ocr.page_count(bound) == 3
    with pikepdf.open(bound) as document:
        [image] = document.pages[2].resources.XObject.values()
        pixels = pikepdf.PdfImage(image).as_pil_image()
        assert pixels.tobytes() == Image.linear_gradient("L").convert("RGB").tobytes()


def test_a_page_is_shown_turned(tmp_path: Path) -> None:
    path = written(tmp_path, Sheet("α"))
    upright = Image.open(io.BytesIO(ocr.page_picture(path, 1, dpi=40)))
    lying = Image.open(io.BytesIO(ocr.page_picture(path, 1, dpi=40, turn=90)))
    assert lying.size == upright.size[::-1]


def test_room_for_a_stamp_is_found_where_there_is_no_ink(tmp_path: Path) -> None:
    size = {"width": 180.0, "height": 80.0, "margin": 12.0}
    assert ocr.free_corner(written(tmp_path, Sheet("α")), **size) == ("top-right", True)
    assert ocr.free_corner(written(tmp_path, Sheet("α", (CODE,))), **size) == ("top-left", True)
