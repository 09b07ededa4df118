"""What is typed into a form: read as people write it, and told field by field what is wrong."""

from datetime import UTC, datetime
from typing import Any

import pytest

from docflow import clock
from docflow.applications import checking, forms
from docflow.applications.checking import BadForm
from docflow.applications.forms import Form
from tests.docflow.applications.forms import FORM, TAX_NUMBER, TYPED


@pytest.fixture(scope="module")
def form() -> Form:
    return forms.of(FORM, "en")


def faults(form: Form, files: dict[str, list[str]] | None = None, **typed: Any) -> dict[str, str]:
    """What is told beside each field, of a right form with these fields changed."""
    with pytest.raises(BadForm) as caught:
        checking.checked(form, {**TYPED, **typed}, files or {})
    return {name: str(message) for name, message in caught.value.faults.items()}


def test_a_right_form_is_read_into_values(form: Form) -> None:
    assert checking.checked(form, TYPED, {"papers": ["a.pdf"]}) == {
        "full_name": "Ελένη Δημητρίου",
        "tax_number": TAX_NUMBER,
        "email": "Eleni@example.gr",
        "fine": "1234",
        "amount": 5000,  # cents
        "day": "2026-11-10",
        "plate": "ΙΒΡ-1234",
        "way": "card",
        "agreed": True,
        "papers": ["a.pdf"],
    }


@pytest.mark.parametrize(
    ("typed", "cents"),
    [("50", 5000), ("50,5", 5050), ("50.00", 5000), ("1.234,50", 123450), ("1,234.50 €", 123450)],
)
def test_an_amount_has_comma_or_dot(form: Form, typed: str, cents: int) -> None:
    assert checking.checked(form, {**TYPED, "amount": typed}, {})["amount"] == cents


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("amount", "1.234", "can be read in two ways"),
        ("amount", "50 ευρώ;", "is no amount"),
        ("amount", "0,50", "It must be 1,00 or more."),
        ("tax_number", "123456789", "is not a valid ΑΦΜ"),
        ("email", "eleni.example.gr", "e-mail"),
        ("day", "31/02/2026", "is not a date"),
        ("plate", "!!", "is not a plate"),
        ("fine", "12", "Four digits."),
        ("full_name", "Ελ", "Write at least 3 characters."),
        ("full_name", "Ε" * 61, "At most 60 characters fit here."),
        ("full_name", "  ", "Fill in “Full name”."),
        ("way", "", "Choose an answer for “Way”."),
        ("way", "cheque", "Choose one from the list."),
        ("agreed", "", "Tick “I agree”."),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    form: Form, field: str, typed: str, told: str
) -> None:
    found = faults(form, **{field: typed})
    assert list(found) == [field]
    assert told in found[field]


def test_what_another_field_asks_for_is_told_there(form: Form) -> None:
    found = faults(form, iban="GR1601101250000000012300695", plate="")
    assert found == {"plate": "Fill in “Plate”."}


def test_every_fault_is_told_at_once_in_the_order_of_the_form(form: Form) -> None:
    found = faults(form, full_name="", fine="x", amount="y")
    assert list(found) == ["full_name", "fine", "amount"]


def test_too_many_files_of_a_field(form: Form) -> None:
    found = faults(form, {"papers": ["1.pdf", "2.pdf", "3.pdf"]})
    assert found == {"papers": "At most 2 are taken here."}


def test_a_field_that_is_not_shown_does_not_count(form: Form) -> None:
    assert "bank" not in checking.checked(form, {**TYPED, "bank": "Εθνική"}, {})
    shown = checking.checked(form, {**TYPED, "way": "bank", "bank": "Εθνική"}, {})
    assert shown["bank"] == "Εθνική"


def test_a_day_of_what_has_happened_is_not_to_come() -> None:
    day = {**FORM["properties"]["day"], "x-latest": "today"}
    happened = forms.of({**FORM, "properties": {**FORM["properties"], "day": day}}, "en")
    with clock.pretend(datetime(2026, 11, 9, 22, 30, tzinfo=UTC)):  # half past midnight here
        assert checking.checked(happened, TYPED, {})["day"] == "2026-11-10"
        assert "still to come" in faults(happened, day="11/11/2026")["day"]


def test_choices_stand_in_the_order_of_the_file() -> None:
    way = {**FORM["properties"]["way"], "enum": ["wire", "bank", "card"]}
    way["x-choices"] = {  # as a jsonb column gives keys back
        code: {"el": code, "en": code} for code in ("bank", "card", "wire")
    }
    form = forms.of({**FORM, "properties": {**FORM["properties"], "way": way}}, "en")
    field = form.field("way")
    assert field is not None
    assert [value for value, _ in field.choices] == ["wire", "bank", "card"]


def test_values_are_shown_as_people_read_them(form: Form) -> None:
    values = checking.checked(form, TYPED, {})
    said = {one.name: forms.shown(one, values.get(one.name), "en") for one in form.fields}
    assert said["amount"] == "€50.00"
    assert (said["day"], said["way"], said["agreed"]) == ("10/11/2026", "Card", "Yes")
    greek = forms.of(FORM, "el")
    assert [group.title for group in greek.groups] == ["Ποιος", "Η κλήση"]
    assert forms.of(FORM, "hu").field("way").label == "Τρόπος"  # type: ignore[union-attr]
