"""One key for what people write in different ways."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.folding import by_name, fold, fold_reference, line, lines, words


@pytest.mark.parametrize(
    "text",
    ["Οδός", "ΟΔΟΣ", "οδος", "Ὁδός", "Οδο\u0301ς", "ΟΔΌΣ", "οδόσ"],
)
def test_case_accents_and_final_sigma_do_not_matter(text: str) -> None:
    assert fold(text) == "οδοσ"


def test_names_with_an_accent_stand_among_the_others() -> None:
    names = ["Ωραιόπουλος", "Άννα", "Βάσω", "Αλέξης", "Όλγα", "Νίκος", "Αννα"]
    ordered = ["Αλέξης", "Άννα", "Αννα", "Βάσω", "Νίκος", "Όλγα", "Ωραιόπουλος"]
    assert sorted(names, key=by_name) == ordered


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("µ", "μ"),  # MICRO SIGN, which OCR writes for a third of all mu
        ("ΐ", "ι"),
        ("ΰ", "υ"),
        ("ﬁ", "fi"),
        ("Ａ", "a"),
        ("Straße", "STRASSE"),
        ("Őry", "ory"),
        ("Šířka", "sirka"),
    ],
)
def test_look_alikes_of_one_letter_are_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_the_composition_of_accents_does_not_matter(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(
    ("typed", "cited"),
    [
        ("ΕΓΚ. 88/61230", "εγκ 88-61230"),
        ("EK 5", "ΕΚ5"),  # the first in Latin letters
        ("Α.Π. 12/2026", "απ12 2026"),
    ],
)
def test_a_reference_is_the_same_however_it_is_cited(typed: str, cited: str) -> None:
    assert fold_reference(typed) == fold_reference(cited)


def test_different_references_stay_different() -> None:
    assert fold_reference("ΕΓΚ 88/61230") != fold_reference("ΕΓΚ 88/61231")


def test_words_are_folded_in_their_order() -> None:
    assert words("Της Οδού, «Ερμού»·") == ["τησ", "οδου", "ερμου"]


def test_a_line_has_single_blanks_and_no_control_characters() -> None:
    assert line(" α\x00β\r\n\tγ\ud800 Ι\u0301 ") == "α β γ Ί"


def test_lines_keep_their_ends() -> None:
    assert lines(" α \r\nβ\rγ\x07\n\n") == "α\nβ\nγ"


@given(st.text())
def test_what_was_typed_can_be_stored(text: str) -> None:
    for clean in (line(text), lines(text)):
        assert "\x00" not in clean
        assert clean.encode().decode() == clean
    assert line(line(text)) == line(text)
    assert lines(lines(text)) == lines(text)
