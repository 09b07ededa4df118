"""Stamps are seen where a person put them, upright, also on rotated and cropped pages."""

import numpy as np
import pypdfium2 as pdfium
import pytest
from numpy.typing import NDArray

import signing
from tests.signing.conftest import Office
from tests.signing.documents import A4, letter, stamp

BOX = (350.0, 80.0, 500.0, 140.0)


Picture = NDArray[np.bool_]


def ink(pdf: bytes, *, scale: float = 2) -> Picture:
    """Where the first page, as displayed, is dark."""
    document = pdfium.PdfDocument(pdf)
    document.init_forms()  # without it, pdfium leaves the fields out
    picture = document[0].render(scale=scale, may_draw_forms=True).to_numpy()
    return np.asarray(picture[..., :3].mean(axis=2) < 128)


def inside(
    dark: np.ndarray, box: tuple[float, float, float, float], scale: float = 2
) -> np.ndarray:
    """The part of the picture that a box (points, origin bottom-left) covers."""
    x0, y0, x1, y1 = (round(number * scale) for number in box)
    height = dark.shape[0]
    return dark[height - y1 : height - y0, x0:x1]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize(
    ("media", "crop"),
    [
        (A4, None),
        ((-100.0, 50.0, 495.0, 892.0), None),
        ((0.0, 0.0, 900.0, 900.0), (120.0, 150.0, 820.0, 850.0)),
    ],
    ids=["plain", "shifted", "cropped"],
)
def test_the_stamp_is_in_its_box_and_upright(
    office: Office,
    rotation: int,
    media: tuple[float, ...],
    crop: tuple[float, ...] | None,
) -> None:
    pdf = letter("", rotation=rotation, media=media, crop=crop)
    pdf = signing.prepare(pdf, [signing.Field("A", 1, BOX)])
    pdf = signing.sign(pdf, office.mayor, field="A", level="B-B", stamp=stamp())
    dark = ink(pdf)
    part = inside(dark, BOX)
    assert part.sum() == dark.sum(), "ink outside the box"
    rows = part.mean(axis=1)
    upper, lower = rows[4 : len(rows) // 3 - 4], rows[len(rows) // 3 + 4 :]
    assert upper.mean() > 0.9, "the filled third is not on top"
    assert 0.005 < lower.mean() < 0.5, "no text below"


def test_a_stamp_keeps_its_shape(office: Office) -> None:
    """A square stamp in a wide box stays square, in the middle."""
    pdf = signing.prepare(letter(""), [signing.Field("A", 1, (100, 100, 400, 160))])
    pdf = signing.sign(pdf, office.mayor, field="A", level="B-B", stamp=stamp(60, 60))
    columns = np.flatnonzero(inside(ink(pdf), (100, 100, 400, 160)).any(axis=0))
    assert 2 * 115 <= columns.min() <= 2 * 125
    assert 2 * 175 <= columns.max() <= 2 * 185


def test_greek_letters_of_a_stamp_can_be_read(office: Office) -> None:
    fields = [signing.Field("A", 1, BOX)]
    pdf = signing.sign(
        signing.prepare(letter(""), fields), office.mayor, field="A", level="B-B", stamp=stamp()
    )
    document = pdfium.PdfDocument(pdf)
    document.init_forms()
    document[0].flatten()
    assert "ΨΗΦΙΑΚΑ ΥΠΟΓΕΓΡΑΜΜΕΝΟ" in document[0].get_textpage().get_text_range()


@pytest.mark.parametrize(
    "field",
    [
        signing.Field("A", 2, BOX),
        signing.Field("A", 0, BOX),
        signing.Field("A", 1, (100, 100, 100, 200)),
        signing.Field("", 1, BOX),
        signing.Field("A.B", 1, BOX),
    ],
    ids=["no such page", "page zero", "empty box", "no name", "dotted name"],
)
def test_fields_that_cannot_be_are_refused(field: signing.Field) -> None:
    with pytest.raises(signing.FieldMissing):
        signing.prepare(letter(), [field])


def test_fields_are_made_once_and_before_signing(office: Office) -> None:
    field = signing.Field("A", 1, BOX)
    pdf = signing.prepare(letter(), [field])
    with pytest.raises(signing.FieldMissing, match="taken"):
        signing.prepare(pdf, [field])
    signed = signing.sign(pdf, office.mayor, field="A", level="B-B")
    with pytest.raises(signing.SigningError, match="before the first signature"):
        signing.prepare(signed, [signing.Field("B", 1, BOX)])
