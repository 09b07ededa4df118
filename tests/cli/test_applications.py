"""Applications of citizens from the command line."""

from tests.cli.conftest import Terminal


def test_applications_are_listed_and_an_unknown_one_is_told(office: Terminal) -> None:
    assert office("applications", "list", "--as", "admin").out.strip() == "0 found."
    assert office("applications", "list", "--json", "--as", "admin").out.strip() == "[]"
    unknown = office("applications", "write", "99", "Καλημέρα", "--as", "admin")
    assert unknown.code == 1
    assert "There is no such application." in unknown.out + unknown.err
