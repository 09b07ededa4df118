"""What the documentation says is so: settings, errors, commands, links."""

import re
import runpy
import tomllib
from pathlib import Path

import pytest
import typer

from docflow.cli.commands import app

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = runpy.run_path(str(ROOT / "scripts" / "reference.py"))
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")])


@pytest.mark.parametrize("name", ["settings.md", "errors.md"])
def test_reference_pages_are_as_the_code_says(name):
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == REFERENCE["PAGES"][name](), "run scripts/reference.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def commands(group=None, before=()):
    """Each command of `docflow --help`, those of groups with their group's name."""
    group = group or typer.main.get_command(app)
    for name, one in group.commands.items():
        if hasattr(one, "commands"):
            yield from commands(one, (*before, name))
        elif not one.hidden:
            yield " ".join((*before, name))


def test_the_table_of_commands_names_each_one():
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    table = text.partition("| command | does |")[2]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert sorted(named) == sorted(commands())


def test_the_readme_shows_the_two_commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make run" in readme
    assert "make test" in readme


def test_each_make_target_of_the_documents_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    for page in PAGES:
        for target in re.findall(r"`make ([a-z-]+)`", page.read_text(encoding="utf-8")):
            assert target in targets, f"{page.name} speaks of make {target}"


def test_decisions_name_what_enforces_them():
    for page in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        assert "**Enforced by**" in page.read_text(encoding="utf-8"), page.name


def test_the_rooms_of_the_architecture_stand_in_the_order_that_is_enforced():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    [layers] = [one["layers"] for one in contracts["contracts"] if "containers" in one]
    rank = {name.strip(): place for place, one in enumerate(layers) for name in one.split("|")}
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", page, re.MULTILINE)
    told = [name for row in rows for name in re.findall(r"\w+", row) if name in rank]
    assert told == sorted(told, key=rank.__getitem__)
    packages = {path.parent.name for path in (ROOT / "docflow").glob("*/__init__.py")}
    assert packages & set(rank) - set(told) == {"cli", "demo"}
