"""Labels have the size of the label in the printer, and their code can be read."""

from dataclasses import replace

import pytest

from docflow.printing import LABEL_SIZES, LabelData, label

POINTS_PER_MM = 72 / 25.4


@pytest.mark.parametrize(
    ("size", "width", "height"),
    [
        ("57x32", 57, 32),
        ("62x29", 62, 29),
        ("60x30", 60, 30),
        ("89x36", 89, 36),
        ("100x50", 100, 50),
    ],
)
def test_the_page_is_the_label(read, label_data: LabelData, size, width: float, height: float):
    found = read(label(label_data, size=size))
    assert found.size() == pytest.approx((width * POINTS_PER_MM, height * POINTS_PER_MM), abs=0.1)
    assert len(found.pages) == 1
    # 203 dots per inch: the usual printer of labels.
    assert found.codes(dpi=203) == [label_data.verification_url]


@pytest.mark.parametrize("size", LABEL_SIZES)
def test_a_label_names_body_number_day_and_direction(read, label_data: LabelData, size):
    text = read(label(label_data, size=size)).text
    for words in (
        "Δήμος Παραδείγματος",
        "Κοινό βιβλίο",
        "18402/2026",
        "20/11/2026 10:41",
        "ΕΙΣΕΡΧΟΜΕΝΟ",
    ):
        assert words in text


def test_directions_are_named_in_the_language_asked_for(read, label_data: LabelData):
    outgoing = replace(label_data, direction="outgoing")
    assert "ΕΞΕΡΧΟΜΕΝΟ" in read(label(outgoing, size="62x29")).text
    assert (
        "INTERNAL"
        in read(label(replace(label_data, direction="internal"), size="62x29", language="en")).text
    )


def test_a_roll_prints_one_page_for_each_copy(read, label_data: LabelData):
    assert len(read(label(label_data, size="62x29", copies=3)).pages) == 3


def test_a_sheet_is_used_from_the_place_asked_for(read, label_data: LabelData):
    found = read(label(label_data, size="a4-3x8", first=6))
    left, bottom, _, top = found.where("18402/2026", 0)
    # Place 6 is the third of the second row: 140 to 210 mm from the left, 37 to 74 from the top.
    assert 140 < left / POINTS_PER_MM < 210
    assert 37 < (found.size()[1] - top) / POINTS_PER_MM < 74
    assert 37 < (found.size()[1] - bottom) / POINTS_PER_MM < 74


def test_a_full_sheet_goes_on_with_the_next(read, label_data: LabelData):
    found = read(label(label_data, size="a4-3x8", first=23, copies=4))
    assert [page.count("18402/2026") for page in found.pages] == [2, 2]
    assert found.size() == pytest.approx((595.28, 841.89), abs=0.1)


@pytest.mark.parametrize(("first", "copies"), [(0, 1), (25, 1), (1, 0)])
def test_a_place_that_is_not_on_the_sheet_is_refused(label_data, first: int, copies: int):
    with pytest.raises(ValueError, match="1 to 24"):
        label(label_data, size="a4-3x8", first=first, copies=copies)


def test_a_long_name_stays_on_the_label(read, label_data: LabelData):
    long = replace(label_data, issuer="Περιφερειακή Ένωση Δήμων " * 20, book="Βιβλίο " * 60)
    found = read(label(long, size="60x30"))
    assert len(found.pages) == 1
    assert "18402/2026" in found.text
    assert found.codes(dpi=300) == [long.verification_url]
