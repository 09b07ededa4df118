"""Greek folding: what the model confuses and no Greek text means."""

import pytest

from ocr.child.greek import folded


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("νο\u00b5ι\u00b5ότητας", "νομιμότητας"),
        ("Ἡμερομηνία", "Ημερομηνία"),
        ("απὀ", "απο"),
        ("ΕΛΛΗΝIKΗ", "ΕΛΛΗΝΙΚΗ"),
        ("καί", "και"),
        ("τούς", "τους"),
        ("πού", "πού"),
        ("ή", "ή"),
        ("Fax", "Fax"),
        ("6ΡΣΒΑΞ-Ξ0Π", "6ΡΣΒΑΞ-Ξ0Π"),
        ("ϊ", "ϊ"),
    ],
)
def test_a_word_is_folded_to_what_an_office_writes(read: str, meant: str) -> None:
    assert folded(read) == meant
