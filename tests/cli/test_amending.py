"""Corrections, relations and annulment by two people from the command line."""

from itertools import count
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal

_papers = count(1)


def registered(office: Terminal, place: Path, subject: str) -> str:
    paper = place / f"{subject}.txt"
    paper.write_text(f"{subject} {next(_papers)}")  # the same file twice is a likely duplicate
    done = office(
        *("register", paper, "--direction", "incoming", "--subject", subject),
        *("--from", "Γεώργιος Λιάπης", "--json"),
    )
    assert done.code == 0, done.err
    return str(done.document["label"])


@pytest.fixture
def label(office: Terminal, tmp_path: Path) -> str:
    return registered(office, tmp_path, "Αίτηση κοπής δένδρων")


def test_an_entry_is_corrected_and_says_so(office: Terminal, label: str) -> None:
    done = office(
        *("correct", label, "subject=Αίτηση κλαδέματος", "attachments_count=3"),
        *("--reason", "Λάθος", "--authority", "Εντολή 5"),
    )
    assert done.code == 0, done.err
    assert "Αίτηση κοπής δένδρων → Αίτηση κλαδέματος" in done.out
    shown = office("show", label, "--json").document
    assert (shown["subject"], shown["corrected"]) == ("Αίτηση κλαδέματος", True)


@pytest.mark.parametrize(
    ("field", "said"),
    [("number=5", "number"), ("subject", "field=value"), ("attachments_count=x", "field=value")],
)
def test_a_wrong_correction_is_exit_code_1(
    office: Terminal, label: str, field: str, said: str
) -> None:
    done = office("correct", label, field, "--reason", "Λάθος")
    assert done.code == 1
    assert said in done.err


def test_entries_are_related(office: Terminal, label: str, tmp_path: Path) -> None:
    other = registered(office, tmp_path, "Συμπληρωματικά")
    assert office("relate", other, "related", label).code == 0
    [relation] = office("show", label, "--json").document["relations"]
    assert (relation["kind"], relation["from_here"], relation["label"]) == ("related", False, other)
    assert office("relate", label, "related", label).code == 1


def test_who_asks_for_an_annulment_does_not_decide(office: Terminal, label: str) -> None:
    asked = office("annulments", "ask", label, "--reason", "Διπλή")
    assert asked.code == 0, asked.err
    request = asked.out.strip()
    assert request in office("annulments", "list").out
    [waiting] = [
        one
        for one in office("annulments", "list", "--json").document["items"]
        if str(one["id"]) == request
    ]
    assert (waiting["label"], waiting["reason"]) == (label, "Διπλή")
    for decision in (("approve", request), ("refuse", request, "--reason", "όχι")):
        assert office("annulments", *decision).code == 1
    assert office("show", label, "--json").document["annulled"] is None
