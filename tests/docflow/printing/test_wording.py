"""Letters that can be printed, capitals, dates."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.printing import capitals
from docflow.printing.wording import (
    BREAK,
    UNKNOWN,
    line,
    long_date,
    moment,
    paragraphs,
    plain,
    rows,
)


@pytest.mark.parametrize(
    ("small", "large"),
    [
        ("πιστοποιητικό οικογενειακής κατάστασης", "ΠΙΣΤΟΠΟΙΗΤΙΚΟ ΟΙΚΟΓΕΝΕΙΑΚΗΣ ΚΑΤΑΣΤΑΣΗΣ"),
        ("Μάιος", "ΜΑΪΟΣ"),
        ("Μαΐου", "ΜΑΪΟΥ"),
        ("Προϊστάμενος", "ΠΡΟΪΣΤΑΜΕΝΟΣ"),
        ("άυλος", "ΑΫΛΟΣ"),
        ("αϋπνία", "ΑΫΠΝΙΑ"),
        ("Δήμαρχος ή Αντιδήμαρχος", "ΔΗΜΑΡΧΟΣ Ή ΑΝΤΙΔΗΜΑΡΧΟΣ"),
        ("ὁ Ἄγγελος τῇ πόλει", "Ο ΑΓΓΕΛΟΣ ΤΗΙ ΠΟΛΕΙ"),
        ("Őrsi Žofie", "ŐRSI ŽOFIE"),
        ("αρ. 12/2026 – Α΄", "ΑΡ. 12/2026 – Α΄"),
    ],
)
def test_greek_capitals_bear_no_accents_but_dialytika(small: str, large: str):
    assert capitals(small) == large


@pytest.mark.parametrize(
    ("given_text", "printed"),
    [
        ("  δύο \t λέξεις\r\n", "δύο λέξεις"),
        ("α\x00β\x07γ", "α β γ"),
        ("ΐ", "ΐ"),
        ("ὁ ἄνθρωπος", "ὁ ἄνθρωπος"),
        ("Γεια 😀 σας", f"Γεια {UNKNOWN} σας"),
        ("漢字", UNKNOWN * 2),
        ("שלום", "שלום"),
        ("pdf\u202efdp.exe", "pdffdp.exe"),
        ("\u2066α\u2069\u200b\ufeff", "α"),
        ("α\u0e31", "α"),
        ("\ud800", "?"),
        (None, ""),
    ],
)
def test_a_line_holds_only_what_can_be_printed(given_text, printed: str):
    assert line(given_text) == printed


def test_an_overlong_word_may_break_and_loses_nothing():
    word = "https://protocol.dimos-paradeigmatos.gr/v/7K3M-Q2XP-94TD"
    assert BREAK in line(word)
    assert plain(line(word)) == word
    assert BREAK not in line("ηλεκτροεγκεφαλογραφήματος")


@given(st.text())
def test_nothing_printed_is_a_control_or_too_long_to_break(text: str):
    printed = line(text)
    assert all(char.isprintable() or char == BREAK for char in printed)
    assert all(len(piece) <= 60 for piece in printed.replace(BREAK, " ").split(" "))


def test_paragraphs_are_parted_by_blank_lines_only():
    assert paragraphs("α\nβ\r\n\r\n\n γ\n- δ\x0cε\n \n") == ["α\nβ", "γ\n- δ", "ε"]
    assert paragraphs(None) == []


def test_rows_are_the_lines_with_something_in_them():
    assert rows(" α \n\nβ") == ["α", "β"]


def test_dates_are_written_as_the_office_writes_them():
    assert long_date(date(2026, 5, 3), "el") == "3 Μαΐου 2026"
    assert long_date(date(2026, 5, 3), "en") == "3 May 2026"


def test_a_moment_names_its_offset_summer_and_winter():
    athens = ZoneInfo("Europe/Athens")
    assert moment(datetime(2026, 7, 1, 9, 5, tzinfo=athens)) == "01/07/2026 09:05:00 (UTC+03:00)"
    assert moment(datetime(2026, 12, 1, 9, 5, tzinfo=athens)) == "01/12/2026 09:05:00 (UTC+02:00)"
