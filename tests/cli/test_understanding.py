"""What a document proposes, and what was learned, from the command line."""

from pathlib import Path

from tests.cli.conftest import Terminal
from tests.docflow.understanding import paper


def test_a_document_is_understood_without_a_stack(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(paper.letter("12/2026"))
    done = terminal("understand", path, "--json")
    assert done.code == 0, done.err
    assert done.document["fields"]["sender_reference"]["value"] == "12/2026"
    assert "MUNICIPALITY OF NAFPLIO" in terminal("understand", path).out


def test_what_cannot_be_read_is_refused(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "empty.pdf"
    path.write_bytes(b"")
    done = terminal("understand", path)
    assert (done.code, "empty" in done.err) == (1, True)
    path.write_bytes(paper.letter())
    done = terminal("understand", path, "--languages", "xyz")
    assert done.code == 1
    assert "xyz" in done.err


def test_only_an_administrator_trains(office: Terminal) -> None:
    assert office("learning", "train").code == 1
    assert office("learning", "train", "--as", "admin").code == 0
    assert isinstance(office("learning", "show", "--json", "--as", "admin").document, list)
    assert office("learning", "show").code == 1
