"""Stamps have exactly the size of their field and hold their text."""

from dataclasses import replace
from io import BytesIO

import pikepdf
import pypdfium2
import pytest

from docflow.printing import StampData, stamp


@pytest.mark.parametrize(
    ("width", "height"), [(144.57, 68.03), (225.35, 68.03), (187.09, 73.7), (90, 30)]
)
def test_a_stamp_is_as_large_as_its_field(read, stamp_data: StampData, width: float, height: float):
    found = read(stamp(stamp_data, width=width, height=height))
    assert found.size() == pytest.approx((width, height), abs=0.02)
    assert len(found.pages) == 1
    for words in (
        "ΨΗΦΙΑΚΑ ΥΠΟΓΕΓΡΑΜΜΕΝΟ ΑΠΟ",
        "Ιωάννης Ρήγας",
        "Ο Δήμαρχος",
        "20/11/2026 10:41:07 (UTC+02:00)",
    ):
        assert words in found.text
    assert found.fonts_outside() == []


def test_a_stamp_has_nothing_behind_it(stamp_data: StampData):
    made = stamp(stamp_data, width=150, height=70)
    with pypdfium2.PdfDocument(made) as document:
        picture = document[0].render(scale=2, fill_color=(0, 0, 0, 0)).to_pil().convert("RGBA")
    # Between the frame and the first letters nothing was painted.
    assert picture.getpixel((picture.width - 8, picture.height // 2))[3] == 0


def test_a_stamp_is_untagged_for_it_is_drawn_into_another_document(stamp_data: StampData):
    with pikepdf.open(BytesIO(stamp(stamp_data, width=150, height=70))) as document:
        assert "/StructTreeRoot" not in document.Root
        assert "/Annots" not in document.pages[0]


@pytest.mark.parametrize(("language", "mark"), [("el", "ΔΟΚΙΜΑΣΤΙΚΟ"), ("en", "TEST CERTIFICATE")])
def test_a_test_certificate_is_marked(read, stamp_data: StampData, language: str, mark: str):
    tested = replace(stamp_data, is_test=True)
    assert mark in read(stamp(tested, width=150, height=70, language=language)).text
    assert mark not in read(stamp(stamp_data, width=150, height=70, language=language)).text


def test_a_seal_has_its_own_title_and_lines(read, stamp_data: StampData):
    seal = replace(
        stamp_data, title="ΗΛΕΚΤΡΟΝΙΚΗ ΣΦΡΑΓΙΔΑ", lines=("Ακριβές αντίγραφο",), note="Α1"
    )
    text = read(stamp(seal, width=187, height=74)).text
    assert "ΗΛΕΚΤΡΟΝΙΚΗ ΣΦΡΑΓΙΔΑ" in text
    assert "Ακριβές αντίγραφο" in text
    assert "ΥΠΟΓΕΓΡΑΜΜΕΝΟ" not in text


def test_a_long_name_gets_smaller_letters_and_stays_inside(read, stamp_data: StampData):
    name = "Παναγιώτα-Αλεξάνδρα Παπακωνσταντίνου-Χατζηδημητρίου του Αναστασίου " * 3
    found = read(
        stamp(replace(stamp_data, name=name, capacity="Αναπληρώτρια\n" * 4), width=110, height=45)
    )
    left, bottom, right, top = found.where("UTC+02:00", 0)
    assert 0 < left < right < 110
    assert 0 < bottom < top < 45
    assert found.solid.count("Χατζηδημητρίου") == 3


def test_the_same_stamp_has_the_same_bytes(stamp_data: StampData):
    once = stamp(stamp_data, width=150, height=70)
    assert stamp(stamp_data, width=150, height=70) == once
