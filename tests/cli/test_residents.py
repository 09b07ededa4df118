"""The register of residents from the command line."""

from pathlib import Path

from tests.cli.conftest import Terminal
from tests.docflow.service_acts.test_residents import ELENI, HEADER, NIKOS


def test_a_list_is_given_and_listed(office: Terminal, tmp_path: Path) -> None:
    admin = ("--as", "admin")
    path = tmp_path / "katoikoi.csv"
    path.write_text("\n".join([HEADER, ELENI, NIKOS]))
    done = office("residents", "import", str(path), "--json", *admin)
    assert done.code == 0, done.err
    assert (done.document["rows"], done.document["entered"]) == (2, 2)
    assert "katoikoi.csv" in office("residents", "lists", *admin).out
    path.write_text("\n".join([HEADER, ELENI.replace("123456783", "1")]))
    refused = office("residents", "import", str(path), *admin)
    assert refused.code == 1
    assert "Row 2" in refused.err
