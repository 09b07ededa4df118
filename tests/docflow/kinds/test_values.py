"""What is typed into the fields of a kind of document (domain row 38)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow import kinds
from docflow.kinds import BadValues, Field, FieldType


def _one(type_: FieldType, value: Any, **changes: Any) -> Any:
    field = Field("f", type_, "Πεδίο", **changes)
    return kinds.checked([field], {"f": value}).get("f")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("1.234,56", "1234.56"),
        ("1234.56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1234,5", "1234.50"),
        ("1.234", "1234.00"),
        ("1.234.567", "1234567.00"),
        ("1.234.567,89 €", "1234567.89"),
        ("0,05", "0.05"),
        ("-12,00", "-12.00"),
        ("50", "50.00"),
        (50, "50.00"),
        (12.5, "12.50"),
    ],
)
def test_amounts_are_understood_in_greek_and_in_english_writing(typed: Any, kept: str) -> None:
    assert _one(FieldType.AMOUNT, typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        *("1.23.456", "1,2,3", "12.345.6", "0.123", "1,234", "1234,567", "1,234,567"),
        *("δέκα", "1 €€ x", ",", "1,", 12.345),
    ],
)
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(BadValues) as refused:
        _one(FieldType.AMOUNT, typed)
    assert refused.value.field == "value.f"


def test_an_amount_that_can_be_read_in_two_ways_says_how_to_write_each() -> None:
    with pytest.raises(BadValues, match=r"Write 12345,00 .* or two decimals: 12,34"):
        _one(FieldType.AMOUNT, "12,345")


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_an_amount_that_is_shown_is_read_back_to_the_cent(cents: int) -> None:
    field = Field("f", FieldType.AMOUNT, "Ποσό")
    sign, (whole, rest) = "-" if cents < 0 else "", divmod(abs(cents), 100)
    kept = f"{sign}{whole}.{rest:02}"
    for language in ("el", "en"):
        shown = kinds.shown(field, kept, language)
        assert kinds.checked([field], {"f": shown}) == {"f": kept.replace("-0.00", "0.00")}


@pytest.mark.parametrize(
    ("type_", "typed", "kept"),
    [
        (FieldType.DATE, "29/02/2024", "2024-02-29"),
        (FieldType.DATE, "1.2.2026", "2026-02-01"),
        (FieldType.DATE, "01022026", "2026-02-01"),
        (FieldType.DATE, "2026-02-01", "2026-02-01"),
        (FieldType.WHOLE, "-12", -12),
        (FieldType.WHOLE, 7, 7),
        (FieldType.YES_NO, "ΝΑΙ", True),
        (FieldType.YES_NO, "όχι", False),
        (FieldType.YES_NO, True, True),
        (FieldType.TAX_NUMBER, "090 000 045", "090000045"),
        (FieldType.TAX_NUMBER, "EL090000045", "090000045"),
        (FieldType.IBAN, "GR16 0110 1250 0000 0001 2300 695", "GR1601101250000000012300695"),
        (FieldType.IBAN, "de89370400440532013000", "DE89370400440532013000"),
        (FieldType.PHONE, "0030 210 123-4567", "+302101234567"),
        (FieldType.PHONE, "(210) 1234567", "2101234567"),
        (FieldType.PLATE, "ibp 1234", "ΙΒΡ-1234"),
        (FieldType.PLATE, "ΙΒΡ-1234", "ΙΒΡ-1234"),
        (FieldType.PLATE, "B MW 1234", "BMW1234"),
        (FieldType.EMAIL, " a@example.gr ", "a@example.gr"),
        (FieldType.TEXT, "  δύο   λέξεις ", "δύο λέξεις"),
    ],
)
def test_values_are_kept_in_one_form(type_: FieldType, typed: Any, kept: Any) -> None:
    assert _one(type_, typed) == kept


@pytest.mark.parametrize(
    ("type_", "typed"),
    [
        (FieldType.DATE, "29/02/2026"),
        (FieldType.DATE, "31/04/2026"),
        (FieldType.DATE, "χθες"),
        (FieldType.DATE, "01/01/0999"),
        (FieldType.WHOLE, "1,5"),
        (FieldType.WHOLE, "٣"),
        (FieldType.WHOLE, True),
        (FieldType.YES_NO, "ίσως"),
        (FieldType.TAX_NUMBER, "090000046"),
        (FieldType.TAX_NUMBER, "000000000"),
        (FieldType.TAX_NUMBER, "12345678"),
        (FieldType.IBAN, "GR1601101250000000012300696"),
        (FieldType.IBAN, "GR160110125000000001230069"),
        (FieldType.PHONE, "12345"),
        (FieldType.PHONE, "τηλέφωνο"),
        (FieldType.PLATE, "!"),
        (FieldType.EMAIL, "a@b"),
        (FieldType.TEXT, "α" * 301),
        (FieldType.TEXT, ["λίστα"]),
    ],
)
def test_a_wrong_value_is_refused(type_: FieldType, typed: Any) -> None:
    with pytest.raises(BadValues):
        _one(type_, typed)


def test_a_choice_is_found_without_accents_and_case() -> None:
    assert _one(FieldType.CHOICE, "αστικη", choices=("Αστική", "Αγροτική")) == "Αστική"
    with pytest.raises(BadValues):
        _one(FieldType.CHOICE, "άλλη", choices=("Αστική", "Αγροτική"))


def test_every_fault_is_told_at_once() -> None:
    fields = [
        Field("amount", FieldType.AMOUNT, "Ποσό", is_required=True),
        Field("plate", FieldType.PLATE, "Πινακίδα"),
        Field("note", FieldType.TEXT, "Σημείωση", max_length=3),
    ]
    with pytest.raises(BadValues) as refused:
        kinds.checked(fields, {"amount": " ", "note": "αβγδ", "other": "1"})
    assert set(refused.value.faults) == {"value.amount", "value.note", "value.other"}
    assert "Ποσό" in str(refused.value.faults["value.amount"])


def test_an_empty_field_is_not_kept() -> None:
    assert kinds.checked([Field("f", FieldType.TEXT, "Πεδίο")], {"f": ""}) == {}


def test_kept_values_come_back_into_a_form_as_they_are_typed() -> None:
    fields = [
        Field("d", FieldType.DATE, "Ημερομηνία"),
        Field("a", FieldType.AMOUNT, "Ποσό"),
        Field("y", FieldType.YES_NO, "Ναι ή όχι"),
    ]
    kept = kinds.checked(fields, {"d": "1/2/2026", "a": "1.234,56", "y": "ναι"})
    typed = kinds.typed(fields, kept)
    assert typed == {"d": "01/02/2026", "a": "1234,56", "y": "yes"}
    assert kinds.checked(fields, typed) == kept
    assert kinds.shown(fields[1], kept["a"], "el") == "1.234,56 €"
    assert kinds.shown(fields[1], kept["a"], "en") == "1,234.56 €"
