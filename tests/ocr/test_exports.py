"""hOCR and ALTO: every word with its place and certainty, in well-formed documents."""

from xml.etree import ElementTree as ET

import ocr

ALTO = "{http://www.loc.gov/standards/alto/ns-v4#}"
XHTML = "{http://www.w3.org/1999/xhtml}"


def page(text: str, words: list[ocr.Word]) -> ocr.Page:
    return ocr.Page(1, "ocr", text, 91.0, 0, 0.0, 595.0, 842.0, tuple(words), 0.1)


WORDS = [
    ocr.Word("ΑΦΜ:", 72.0, 72.0, 96.0, 84.0, 96.4),
    ocr.Word("<&>", 100.0, 72.0, 120.0, 84.0, 50.0),
    ocr.Word("κάτω", 72.0, 90.0, 96.0, 102.0, 88.0),
    ocr.Word("τέλος", 72.0, 140.0, 96.0, 152.0, 88.0),
]
PAGE = page("ΑΦΜ: <&>\nκάτω\n\nτέλος", WORDS)


def test_alto_has_blocks_lines_and_words_in_pixels_at_300_dpi() -> None:
    root = ET.fromstring(ocr.alto([PAGE]))  # noqa: S314 our own document
    (sheet,) = root.iter(f"{ALTO}Page")
    assert (sheet.get("WIDTH"), sheet.get("HEIGHT")) == ("2479", "3508")
    assert len(list(root.iter(f"{ALTO}TextBlock"))) == 2
    lines = [
        [word.get("CONTENT") for word in line.iter(f"{ALTO}String")]
        for line in root.iter(f"{ALTO}TextLine")
    ]
    assert lines == [["ΑΦΜ:", "<&>"], ["κάτω"], ["τέλος"]]
    first = next(root.iter(f"{ALTO}String"))
    place = [first.get(name) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT", "WC")]
    assert place == ["300", "300", "100", "50", "0.96"]


def test_hocr_has_the_same_words_with_boxes_and_certainty() -> None:
    root = ET.fromstring(ocr.hocr([PAGE]).split("\n", 3)[3])  # noqa: S314 our own document
    words = [item for item in root.iter(f"{XHTML}span") if item.get("class") == "ocrx_word"]
    assert [item.text for item in words] == ["ΑΦΜ:", "<&>", "κάτω", "τέλος"]
    assert words[0].get("title") == "bbox 300 300 400 350; x_wconf 96"
    areas = [item.get("title") for item in root.iter(f"{XHTML}div")]
    assert areas == [
        "bbox 0 0 2479 3508; ppageno 0",
        "bbox 300 300 500 425",
        "bbox 300 583 400 633",
    ]


def test_where_text_and_words_differ_the_places_make_the_lines() -> None:
    other = page("quite another text", WORDS)
    lines = ocr.alto([other]).count("<TextLine")
    assert lines == 3


def test_a_page_without_words_is_there_and_empty() -> None:
    blank = ocr.Page(2, "blank", "", None, 0, 0.0, 595.0, 842.0, (), 0.1)
    assert "<TextLine" not in ocr.alto([blank])
    assert 'id="page_2"' in ocr.hocr([blank])
