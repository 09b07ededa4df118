"""Verification codes: not to be guessed, and read however a person types them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.registry import codes


def test_no_two_codes_are_alike() -> None:
    made = {codes.new() for _ in range(1000)}
    assert len(made) == 1000
    assert {len(code) for code in made} == {16}


def test_a_code_is_shown_in_groups() -> None:
    assert codes.shown("7K3MQ2XP94TD0AVE") == "7K3M-Q2XP-94TD-0AVE"


@pytest.mark.parametrize(
    "typed",
    [
        "7K3M-Q2XP-94TD-0AVE",
        " 7k3m q2xp 94td 0ave ",
        "7K3MQ2XP94TDOAVE",  # the letter O for zero
        "7Κ3Μ-Q2ΧP-94ΤD-0ΑVΕ",  # Greek capitals of the same shape
        "7κ3μ-q2χp-94τd-0αvε",
    ],
)
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert codes.typed(typed) == "7K3MQ2XP94TD0AVE"


@pytest.mark.parametrize("typed", ["", "7K3M", "7K3MQ2XP94TD0AVEX", "7K3MQ2XP94TD0AV!", "Ω" * 16])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert codes.typed(typed) is None


@given(st.text())
def test_any_text_is_a_code_or_none(text: str) -> None:
    code = codes.typed(text)
    assert code is None or (len(code) == 16 and code == codes.typed(codes.shown(code)))
