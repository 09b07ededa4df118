"""Working days from the command line."""

from tests.cli.conftest import Terminal


def test_a_day_is_added_counted_and_removed(office: Terminal) -> None:
    admin = ("--as", "admin")
    assert office("workdays", "until", "2026-04-09", "1").out.strip() == "14/04/2026"
    done = office("workdays", "add", "2026-04-14", "Πολιούχος", *admin)
    assert done.code == 0, done.err
    assert office("workdays", "until", "2026-04-09", "1").out.strip() == "15/04/2026"
    assert office("workdays", "until", "2026-04-09", "3", "--calendar").out.strip() == "15/04/2026"
    shown = office("workdays", "list", "--year", "2026", "--json").document
    assert {"day": "2026-04-14", "name": "Πολιούχος"} in shown["holidays"]
    [own] = shown["own"]
    assert "Πολιούχος" in office("workdays", "list", "--year", "2026").out
    assert office("workdays", "remove", str(own["id"]), *admin).code == 0
    assert office("workdays", "list", "--json").document["own"] == []


def test_what_is_no_day_is_refused(office: Terminal) -> None:
    assert office("workdays", "add", "2026-02-30", "Χ", "--as", "admin").code == 1
    assert office("workdays", "add", "02-30", "Χ", "--as", "admin").code == 1
    assert office("workdays", "add", "11-30", "Χ").code == 1  # not an administrator
    assert office("workdays", "until", "ποτέ", "1").code == 1
