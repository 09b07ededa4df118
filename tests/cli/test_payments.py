"""The bank's file from the command line."""

from pathlib import Path

from tests.cli.conftest import Terminal


def test_payments_are_listed_and_a_file_needs_an_account(office: Terminal, tmp_path: Path) -> None:
    assert office("payments", "list", "--as", "admin", "--json").document == []
    file = tmp_path / "bank.csv"
    file.write_text("Ημερομηνία;Ποσό\n21/11/2026;50,00\n", encoding="utf-8")
    refused = office("payments", "import", file, "--as", "admin")
    assert refused.code == 1
    assert "collection account" in refused.err
    assert office("payments", "import", tmp_path / "none.csv").code == 2
