"""The stamp of the register, its cover, and the separator sheet, as they come out."""

from io import BytesIO

import pikepdf
import pytest

from docflow.printing import (
    MARK_HEIGHT,
    MARK_WIDTH,
    SEPARATOR,
    MarkData,
    cover_copy,
    mark,
    separator_sheet,
    stamped_copy,
)
from tests.docflow.printing.conftest import MOMENT, URL


@pytest.fixture
def mark_data() -> MarkData:
    return MarkData(
        issuer="Δήμος Παραδείγματος",
        book="Κοινό βιβλίο",
        number="18402/2026",
        direction="incoming",
        registered_at=MOMENT,
        verification_code="7K3M-Q2XP-94TD",
        verification_url=URL,
        unit="Τμήμα Δημοτολογίου",
        classification="Φ. 12.3",
    )


def test_the_stamp_states_what_a_stamp_states(read, mark_data: MarkData) -> None:
    found = read(mark(mark_data))
    assert found.size() == pytest.approx((MARK_WIDTH, MARK_HEIGHT), abs=0.1)
    for words in (
        "Δήμος Παραδείγματος",
        "Κοινό βιβλίο",
        "ΕΙΣΕΡΧΟΜΕΝΟ",
        "18402/2026",
        "20/11/2026 10:41",
        "Τμήμα Δημοτολογίου",
        "Φ. 12.3",
        "7K3M-Q2XP-94TD",
    ):
        assert words in found.text
    assert found.codes() == [URL]
    assert found.fonts_outside() == []


def page_of(width: float, height: float) -> bytes:
    out = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(width, height))
        pdf.add_blank_page(page_size=(width, height))
        pdf.save(out)
    return out.getvalue()


@pytest.mark.parametrize(("width", "height"), [(595, 842), (842, 595), (298, 420), (150, 150)])
def test_a_stamped_page_keeps_its_size_whatever_it_is(
    read, mark_data: MarkData, width: float, height: float
) -> None:
    found = read(stamped_copy(page_of(width, height), mark_data))
    assert found.size() == pytest.approx((width, height), abs=0.1)
    assert found.codes(dpi=400) == [URL]
    assert found.codes(1) == []


def test_a_cover_holds_the_original_and_says_why(read, mark_data: MarkData) -> None:
    pdf = cover_copy(b"%PDF-1.7 signed", mark_data, file_name="α.pdf", sha256="AB" * 32)
    found = read(pdf)
    assert "18402/2026" in found.text
    assert "επισυνάπτεται αμετάβλητο" in found.text
    assert "ab" * 32 in found.solid
    assert found.claims()["pdfaid:part"] == "3"
    with pikepdf.open(BytesIO(pdf)) as document:
        assert document.attachments["α.pdf"].get_file().read_bytes() == b"%PDF-1.7 signed"


def test_a_separator_sheet_is_read_at_both_ends(read) -> None:
    found = read(separator_sheet("Δήμος Παραδείγματος", copies=2))
    assert len(found.pages) == 2
    assert found.codes() == [SEPARATOR, SEPARATOR]


@pytest.mark.parametrize("copies", [0, 101])
def test_separator_sheets_are_printed_in_reasonable_numbers(copies: int) -> None:
    with pytest.raises(ValueError, match="hundred"):
        separator_sheet("Δήμος", copies=copies)
