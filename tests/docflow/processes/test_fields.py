"""What is typed into the form of a step, and what a process knows in words."""

import pytest

from docflow.processes import BadAnswer, FieldType, Label, TaskField, answers, in_words


def field(kind: FieldType) -> TaskField:
    return TaskField("it", kind, Label(), is_required=True)


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        (FieldType.DATE, "21/11/2026", "2026-11-21"),
        (FieldType.DATE, "21.11.2026", "2026-11-21"),
        (FieldType.DATE, " 21112026 ", "2026-11-21"),
        (FieldType.DATE, "2026-11-21", "2026-11-21"),
        (FieldType.NUMBER, "-12", -12),
        (FieldType.AMOUNT, "50,00", 5000),
    ],
)
def test_a_step_reads_what_a_form_of_citizens_reads(
    kind: FieldType, typed: str, kept: object
) -> None:
    assert answers([field(kind)], {"it": typed}) == {"it": kept}


@pytest.mark.parametrize(
    ("kind", "typed", "said"),
    [
        (FieldType.DATE, "31/02/2026", "is not a date"),
        (FieldType.DATE, "21/11/1626", "The year of"),
        (FieldType.NUMBER, "1,5", "is not a whole number"),
        (FieldType.NUMBER, "9" * 5000, "is not a whole number"),
        (FieldType.TEXT, "\x00", "Fill this in"),
    ],
)
def test_what_is_wrong_in_a_field_is_said_in_plain_words(
    kind: FieldType, typed: str, said: str
) -> None:
    with pytest.raises(BadAnswer, match=said) as refused:
        answers([field(kind)], {"it": typed})
    assert list(refused.value.errors) == ["it"]


@pytest.mark.parametrize(
    ("kind", "value", "greek", "english"),
    [
        (FieldType.AMOUNT, 123456, "1.234,56 €", "€1,234.56"),
        (FieldType.DATE, "2026-11-21", "21/11/2026", "21/11/2026"),
        (FieldType.DATE, "some day", "some day", "some day"),
        (FieldType.NUMBER, 1234567.5, "1234567,5", "1234567.5"),
        (FieldType.YES_NO, True, "Ναι", "Yes"),
        (FieldType.TEXT, [True, 1.5, "α"], "Ναι, 1,5, α", "Yes, 1.5, α"),
        (FieldType.AMOUNT, None, "", ""),
    ],
)
def test_a_datum_is_shown_as_its_reader_writes_it(
    kind: FieldType, value: object, greek: str, english: str
) -> None:
    assert in_words.shown(field(kind), value, "el") == greek
    assert in_words.shown(field(kind), value, "en") == english


def test_what_is_asked_for_only_where_something_else_was_typed() -> None:
    fields = [
        TaskField("owes", FieldType.YES_NO, Label()),
        TaskField("debt", FieldType.AMOUNT, Label(), required_if="owes"),
        TaskField("why", FieldType.LONG_TEXT, Label(), required_if="owes and debt != 1"),
    ]
    assert answers(fields, {}) == {"owes": False, "debt": None, "why": None}
    with pytest.raises(BadAnswer) as refused:
        answers(fields, {"owes": "on", "debt": "0", "why": " "})
    assert list(refused.value.errors) == ["debt", "why"]
    assert answers(fields, {"owes": "on", "debt": "0,01"})["debt"] == 1
