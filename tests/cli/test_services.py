"""Services from the command line: checked without an installation, deployed, written out."""

from pathlib import Path

from docflow import services
from tests import offers
from tests.cli.conftest import Terminal

UNIT = "1"  # the secretariat, as `docflow init` opens it


def _written(folder: services.Folder, to: Path) -> Path:
    place = to / folder.name
    for path, data in folder.files.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(data)
    return place


def test_what_is_wrong_is_told_with_file_and_line(terminal: Terminal, tmp_path: Path) -> None:
    place = _written(offers.folder(level="friend"), tmp_path)
    done = terminal("services", "check", place)
    assert done.code == 1
    assert done.err.startswith("service.json:")
    assert "level: “friend” cannot stand here" in done.err
    [problem] = terminal("services", "check", place, "--json").document
    assert (problem["file"], problem["at"]) == ("service.json", "level")
    assert terminal("services", "check", tmp_path / "nothing").code == 1
    assert terminal("services", "check", "traffic-fine").code == 0


def test_a_folder_is_deployed_listed_written_out_and_withdrawn(
    office: Terminal, tmp_path: Path
) -> None:
    admin = ("--as", "admin")
    place = _written(offers.folder(kind=None), tmp_path)
    lost = office("services", "deploy", place, *admin)
    assert (lost.code, "Choose the competent unit" in lost.err) == (1, True)
    done = office("services", "deploy", place, "--unit", UNIT, *admin)
    assert done.code == 0, done.err
    assert "Offered: kiosk-permit, version 1." in done.out
    [listed] = office("services", "list", "--json", *admin).document
    assert (listed["code"], listed["state"], listed["deployed"]) == ("kiosk-permit", "deployed", 1)
    out = tmp_path / "out.zip"
    assert office("services", "export", "kiosk-permit", out, *admin).code == 0
    assert services.read_zip(out.read_bytes()).digest == listed["digest"]
    gone = office("services", "withdraw", "kiosk-permit", "--reason", "Απόφαση 12", *admin)
    assert gone.code == 0, gone.err
    assert "withdrawn" in office("services", "list", *admin).out
