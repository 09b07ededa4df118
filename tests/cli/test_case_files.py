"""Case files and classification plans from the command line."""

import json
import zipfile
from pathlib import Path

from tests.cli.conftest import Terminal

UNIT = "1"  # the secretariat, as `docflow init` opens it


def test_from_a_plan_to_an_exported_file(office: Terminal, tmp_path: Path) -> None:
    admin = ("--as", "admin")
    table, paper, out = tmp_path / "plan.csv", tmp_path / "note.txt", tmp_path / "file.zip"
    table.write_text("code;title\n5;Διοίκηση\n5.1;Προσωπικό\n")
    paper.write_text("σημείωμα")
    dry = office("classification", "import", "Π", table, "--dry-run", *admin)
    assert "New: 2." in dry.out
    assert office("classification", "list", "--json", *admin).document["plans"] == []
    done = office("classification", "import", "Π", table, "--in-force", "2020-01-01", *admin)
    assert done.code == 0, done.err
    assert "5.1;5;Προσωπικό" in office("classification", "export", "Π", *admin).out
    assert office("classification", "mask", "Φ.{class}/{n}/{year}", *admin).code == 0
    account = (
        "create-user",
        "arxeio",
        "--name",
        "Αρχειονόμος",
        "--technical",
        "--role",
        f"clerk:{UNIT}",
    )
    made = office(*account)
    assert made.code == 0, made.err
    clerk = ("--as", "arxeio")
    opened = office("case-file", "open", "Άδειες", "--unit", UNIT, "--class", "5.1", *clerk)
    assert opened.code == 0, opened.err
    code = opened.out.strip()
    assert code.startswith("Φ.5.1/1/")
    entry = office(
        *("register", paper, "--direction", "incoming", "--subject", "Άδεια"),
        *("--from", "Άννα Μάρκου", "--json", *clerk),
    )
    label = entry.document["label"]
    assert office("case-file", "file", code, label, "--pages", "2", *clerk).code == 0
    assert office("case-file", "file", code, label, *clerk).code == 1
    shown = office("case-file", "show", code, "--json", *clerk).document
    assert [one["label"] for one in shown["contents"]] == [label]
    assert code in office("case-file", "list", "αδειες", *clerk).out
    exported = office("case-file", "export", code, out, *clerk)
    assert exported.code == 0, exported.err
    with zipfile.ZipFile(out) as archive:
        told = json.loads(archive.read("index.json"))
    assert told["case_files"][0]["documents"][0]["label"] == label
    taken = ("case-file", "take-out", code, label, "--reason", "Λάθος", *clerk)
    assert office(*taken).code == 0
    assert office(*taken).code == 1
    wrong = office("case-file", "open", "Χ", "--unit", UNIT, "--class", "99", *clerk)
    assert wrong.code == 1
    assert "99" in wrong.err
