"""The secret of an application, as people type it."""

import pytest

from docflow.applications import secret

MADE = "ABEH-KMXT-YZ29"


@pytest.mark.parametrize(
    "typed",
    [
        MADE,
        "abeh kmxt yz29",
        "ΑΒΕΗ-ΚΜΧΤ-ΥΖ29",  # all of it on a Greek keyboard
        "αβεη κμχτ υζ29",
        " ABEH–KMXT–YZ29\n",
    ],
)
def test_it_is_understood_however_it_is_typed(typed: str) -> None:
    assert secret.typed(typed) == secret.typed(MADE) == "ABEHKMXTYZ29"


def test_a_letter_that_looks_like_no_latin_one_is_left_out() -> None:
    assert secret.typed("ΣΩ-ABEH") == "ABEH"
