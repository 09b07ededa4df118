"""Statistics from the command line."""

from pathlib import Path

from tests.cli.conftest import Terminal


def test_statistics_are_printed_and_written_for_those_who_may_see_them(
    office: Terminal, tmp_path: Path
) -> None:
    shown = office("statistics", "--as", "admin", "--json")
    assert shown.code == 0, shown.err
    assert shown.document["by"] == "unit"
    lines = office("statistics", "--as", "admin", "--by", "channel", "--from", "01/01/2020")
    assert "Total" in lines.out
    path = tmp_path / "figures.csv"
    assert office("statistics", "--as", "admin", "-o", path).code == 0
    assert path.read_text(encoding="utf-8-sig").startswith("Unit;")
    assert office("statistics", "--as", "admin", "--from", "yesterday").code == 1
    assert office("statistics").code == 1  # the technical account has no office
