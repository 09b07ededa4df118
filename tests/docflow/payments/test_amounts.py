"""Amounts as people type them, and payment codes with their check digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.payments import BadAmount, BadReference, amounts, references


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("50", 5000),
        ("50,00", 5000),
        ("50.5", 5050),
        ("€ 50", 5000),
        ("50,00 €", 5000),
        ("0,05", 5),
        ("1.234,50", 123450),
        ("1,234.50", 123450),
        ("1 234,5", 123450),
        ("1.234.567,89", 123456789),
        ("1.234.567", 123456700),
    ],
)
def test_amounts_come_with_comma_or_dot(typed: str, cents: int) -> None:
    assert amounts.parse(typed) == cents


@pytest.mark.parametrize("typed", ["1.234", "1,234", "12.500"])
def test_what_can_be_read_in_two_ways_is_asked(typed: str) -> None:
    with pytest.raises(BadAmount, match=f"“{typed}” can be read in two ways"):
        amounts.parse(typed)


@pytest.mark.parametrize(
    "typed", ["", "abc", "-5", "1,2,3", "1.234.50", "12,345.678", "1e3", "٥", "9" * 13, "50,001"]
)
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(BadAmount):
        amounts.parse(typed)


@given(st.integers(min_value=0, max_value=amounts.MOST))
def test_what_is_shown_can_be_typed(cents: int) -> None:
    if cents >= 100_000:  # below, one group of thousands alone would not stand there
        assert amounts.parse(amounts.shown(cents, "el")) == cents
        assert amounts.parse(amounts.shown(cents, "en")) == cents
    assert amounts.parse(amounts.typed(cents)) == cents


def test_a_payment_code_is_an_rf_reference_of_25_characters() -> None:
    made = references.made(7, "90123")
    assert len(made) == 25
    assert references.is_valid(made)
    assert made.startswith("RF")
    assert made[4:9] == "90123"
    assert references.is_valid("RF18539007547034")  # the example of ISO 11649
    assert references.read("rf18 5390 0754 7034") == "RF18539007547034"


@given(st.integers(min_value=1, max_value=10**9), st.integers(4, 24), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(serial: int, place: int, by: int) -> None:
    made = references.made(serial)
    wrong = made[:place] + str((int(made[place]) + by) % 10) + made[place + 1 :]
    assert not references.is_valid(wrong)
    with pytest.raises(BadReference):
        references.read(wrong)


def test_codes_are_found_in_what_payers_write() -> None:
    one, other = references.made(1), references.made(2)
    text = f"ΠΛΗΡΩΜΗ {references.grouped(one)} 50 ΕΥΡΩ ΚΑΙ {other.lower()}"
    assert references.found(text) == [one, other]
    assert references.found(f"ρφ{one[2:]}") == [one]  # typed on the Greek keyboard
    assert references.found("RF00 1234 κλήση") == []
