"""The searchable rendition: the text is found again, the original's images are untouched."""

import hashlib
import io
import subprocess
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageChops

import ocr
from ocr.child import layer
from tests.ocr.conftest import PAGES, multi_page_tiff, text_pdf

MONO = PAGES / "13-ell-letter-mono300.pdf"


def _text(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


def _streams(pdf: bytes) -> list[str]:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return [
            hashlib.sha256(image.read_raw_bytes()).hexdigest()
            for page in document.pages
            for image in page.get_images().values()
        ]


def first_image(page: pikepdf.Page) -> pikepdf.Stream:
    image = next(iter(page.get_images().values()))
    assert isinstance(image, pikepdf.Stream)
    return image


@pytest.mark.parametrize("pdfa", [False, True])
def test_every_word_is_found_again_and_the_image_is_untouched(pdfa: bool) -> None:
    before = MONO.read_bytes()
    pages = list(ocr.read_pages(MONO))
    result = ocr.searchable_pdf(MONO, pages, pdfa=pdfa)
    text = _text(result)
    assert [word.text for word in pages[0].words if word.text not in text] == []
    assert _streams(result) == _streams(before)
    assert MONO.read_bytes() == before
    assert (b"pdfaid:part" in result) is pdfa


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_the_layer_of_a_turned_page_lies_on_its_words(tmp_path: Path, angle: int) -> None:
    with pikepdf.open(PAGES / "28-hun-letter-copier.pdf") as pdf:
        pdf.pages[0].rotate(angle, relative=True)
        pdf.save(tmp_path / "turned.pdf")
    pages = list(ocr.read_pages(tmp_path / "turned.pdf", languages=("hun",)))
    assert pages[0].rotation == 360 - angle
    result = ocr.searchable_pdf(tmp_path / "turned.pdf", pages)
    word = max(pages[0].words, key=lambda word: word.confidence + len(word.text))
    with pypdfium2.PdfDocument(result) as document:
        page = document[0]
        assert page.get_rotation() == 0
        textpage = page.get_textpage()
        found = textpage.search(word.text).get_next()
        assert found is not None
        left, _, _, top = textpage.get_charbox(found[0])
        assert abs(left - word.x0) < 3
        assert abs(page.get_height() - top - word.y0) < 8


def test_jpeg_data_are_copied_and_a_fax_stays_pixel_for_pixel(tmp_path: Path) -> None:
    jpeg = PAGES / "06-ell-letter-jpeglow.jpg"
    wrapped = ocr.searchable_pdf(jpeg, [])
    assert _streams(wrapped) == [hashlib.sha256(jpeg.read_bytes()).hexdigest()]

    tiff = multi_page_tiff(tmp_path / "a.tif", 2)
    with pikepdf.open(io.BytesIO(ocr.searchable_pdf(tiff, []))) as pdf, Image.open(tiff) as image:
        assert len(pdf.pages) == 2
        stored = pikepdf.PdfImage(first_image(pdf.pages[1])).as_pil_image()
        image.seek(1)
        assert ImageChops.difference(stored.convert("L"), image.convert("L")).getbbox() is None


def test_a_picture_with_alpha_is_wrapped_on_white(tmp_path: Path) -> None:
    Image.new("RGBA", (300, 400), (0, 0, 0, 0)).save(tmp_path / "a.png", dpi=(100, 100))
    with pikepdf.open(io.BytesIO(ocr.searchable_pdf(tmp_path / "a.png", []))) as pdf:
        image = pikepdf.PdfImage(first_image(pdf.pages[0])).as_pil_image()
        assert image.convert("L").getextrema() == (255, 255)


def test_words_that_are_not_found_again_are_refused(tmp_path: Path) -> None:
    word = ocr.Word("αόρατος", 40.0, 10.0, 90.0, 20.0, 90.0)
    page = ocr.Page(1, "ocr", "αόρατος", 90.0, 0, 0.0, 595.0, 842.0, (word,), 0.1)
    with pytest.raises(ocr.Unreadable, match="Only 0 of 1 words"):
        layer.compare(text_pdf("one"), [page])
    layer.compare(layered(tmp_path / "a.pdf", page), [page])


def layered(path: Path, page: ocr.Page) -> bytes:
    path.write_bytes(text_pdf("one"))
    return ocr.searchable_pdf(path, [page])


def test_a_signed_pdf_is_left_alone(tmp_path: Path) -> None:
    with pikepdf.open(io.BytesIO(text_pdf("one"))) as pdf:
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[], SigFlags=3)
        pdf.save(tmp_path / "a.pdf")
    with pytest.raises(ocr.Unreadable, match="signed"):
        ocr.searchable_pdf(tmp_path / "a.pdf", [])


@pytest.mark.parametrize("through_a_form", [False, True])
def test_an_old_invisible_layer_gives_way_to_the_new_one(
    tmp_path: Path, through_a_form: bool
) -> None:
    old = b"q BT 3 Tr /F1 12 Tf 72 720 Td (OLDWORDS of a scanner) Tj ET Q"
    with pikepdf.open(MONO) as pdf:
        page = pdf.pages[0]
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
        if through_a_form:
            form = pdf.make_stream(old)
            form.Type, form.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
            form.BBox = [0, 0, 595, 842]
            form.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
            page.add_resource(form, pikepdf.Name.XObject, pikepdf.Name.Old)
            old = b"q /Old Do Q"
        else:
            page.add_resource(font, pikepdf.Name.Font, pikepdf.Name.F1)
        page.contents_add(pdf.make_stream(old))
        pdf.save(tmp_path / "scan.pdf")
    before = (tmp_path / "scan.pdf").read_bytes()
    assert "OLDWORDS" in _text(before)

    pages = list(ocr.read_pages(tmp_path / "scan.pdf"))
    assert pages[0].source == "ocr"
    result = ocr.searchable_pdf(tmp_path / "scan.pdf", pages)
    assert "OLDWORDS" not in _text(result)
    assert _streams(result) == _streams(MONO.read_bytes())
    longest = max(pages[0].words, key=lambda word: len(word.text)).text
    assert _text(result).count(longest) == pages[0].text.count(longest)


def test_visible_text_beside_a_scan_stays(tmp_path: Path) -> None:
    with pikepdf.open(MONO) as pdf:
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
        pdf.pages[0].add_resource(font, pikepdf.Name.Font, pikepdf.Name.F1)
        stamp = b"q BT /F1 12 Tf 72 20 Td (Received) Tj 3 Tr (hidden) Tj ET Q"
        pdf.pages[0].contents_add(pdf.make_stream(stamp))
        pdf.save(tmp_path / "scan.pdf")
    pages = list(ocr.read_pages(tmp_path / "scan.pdf"))
    assert "Received" in _text(ocr.searchable_pdf(tmp_path / "scan.pdf", pages))


@pytest.mark.parametrize("pdfa", [False, True])
def test_another_program_finds_the_words_as_well(tmp_path: Path, pdfa: bool) -> None:
    fax = PAGES / "12-ell-letter-fax.tif"
    pages = list(ocr.read_pages(fax))
    (tmp_path / "a.pdf").write_bytes(ocr.searchable_pdf(fax, pages, pdfa=pdfa))
    run = subprocess.run(
        ["pdftotext", str(tmp_path / "a.pdf"), "-"], capture_output=True, text=True, check=True
    )
    assert run.stderr == ""
    found = set(run.stdout.split())
    lost = [word.text for word in pages[0].words if word.text not in found]
    assert len(lost) <= 0.02 * len(pages[0].words)
