"""The emergency kit on paper: each number once on its page and once on its label."""

import io
from datetime import datetime
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
import zxingcpp

from docflow import printing

NUMBERS = tuple(f"ΕΚΤ-2026-{number:04}" for number in range(51, 81))


def kit(**changes) -> printing.EmergencyKitData:
    told = {
        "issuer": printing.Issuer(name="Δήμος Παραδείγματος"),
        "book": "Κοινό πρωτόκολλο",
        "code": "7K3M94TD",
        "place": "Γκισέ 1",
        "year": 2026,
        "numbers": NUMBERS,
        "prepared_at": datetime(2026, 11, 22, 9, tzinfo=ZoneInfo("Europe/Athens")),
        "prepared_by": "Ορέστης Καλλέργης",
    }
    return printing.EmergencyKitData(**{**told, **changes})


@pytest.mark.parametrize("language", ["el", "en"])
def test_every_number_stands_on_its_page_and_its_label(language):
    document = pypdfium2.PdfDocument(printing.emergency_kit(kit(), language=language))
    texts = [page.get_textpage().get_text_bounded() for page in document]
    assert len(texts) == 1 + 3 + 2  # activation, register pages of 12, label sheets of 24
    for number in NUMBERS:
        assert sum(number in text for text in texts[1:4]) == 1
        assert sum(number in text for text in texts[4:]) == 1
    assert all("7K3M94TD" in text for text in texts[:4])
    words = {"el": ("Αιτία", "Σύνολα ημέρας"), "en": ("Cause", "Totals of the day")}[language]
    assert all(word in texts[0] for word in words)
    document.close()


def test_the_labels_codes_are_what_one_types_to_find_the_entry():
    document = pypdfium2.PdfDocument(printing.emergency_kit(kit(), language="el"))
    read = set()
    for page in list(document)[4:]:
        picture = page.render(scale=3).to_pil().convert("L")
        read |= {code.text for code in zxingcpp.read_barcodes(picture)}
    document.close()
    assert read == {number.replace("ΕΚΤ", "EKT") for number in NUMBERS}


def test_words_of_strangers_are_printed_and_not_evaluated():
    hostile = kit(place="#panic() *x* \u202e\x00 " + "Α" * 190, numbers=NUMBERS[:1])
    pdf = printing.emergency_kit(hostile, language="el")
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    assert "#panic()" in document[0].get_textpage().get_text_bounded()
    document.close()
