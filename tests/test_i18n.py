"""Every text that people read has its Greek, with the same parameters."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from docflow.i18n import Text, catalogue, language_of, plural, t, translate
from tests.stack import ROOT

LOCALE = ROOT / "docflow" / "locale"
FILES = sorted(LOCALE.glob("*/*.po"))
PARAMETER = re.compile(r"\{(\w*)[^}]*\}")


def texts() -> Iterator[tuple[str, str]]:
    """Each message id that Python code names, and where."""
    for package in ("api", "docflow"):
        for path in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            constants = dict(_constants(tree))
            for node in ast.walk(tree):
                if isinstance(node, ast.Call):
                    for msgid in _named(node, constants):
                        yield msgid, f"{path.relative_to(ROOT)}:{node.lineno}"


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                value = ast.literal_eval(node.value)
            except ValueError:
                continue
            if isinstance(value, str):
                yield node.targets[0].id, value


def _named(call: ast.Call, constants: dict[str, str]) -> Iterator[str]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    for argument in call.args[: {"t": 1, "translate": 1, "plural": 2}.get(name, 0)]:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value
        elif isinstance(argument, ast.Name) and argument.id in constants:
            yield constants[argument.id]


def test_every_text_of_the_code_has_its_greek() -> None:
    known = catalogue("el")
    missing = {where: msgid for msgid, where in texts() if msgid not in known}
    assert missing == {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_translation_has_the_parameters_of_its_source(path: Path) -> None:
    with path.open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    assert messages
    for message in messages:
        assert isinstance(message.id, str)
        assert isinstance(message.string, str)
        assert set(PARAMETER.findall(message.string)) == set(PARAMETER.findall(message.id)), (
            message.id
        )


def test_no_text_is_translated_in_two_ways() -> None:
    told: dict[tuple[str, str], tuple[str, str]] = {}
    for path in FILES:
        with path.open("rb") as file:
            for message in read_po(file):
                if not message.id:
                    continue
                key = (path.parent.name, str(message.id))
                before = told.setdefault(key, (str(message.string), path.name))
                assert before[0] == message.string, f"{message.id!r}: {before[1]}, {path.name}"


def test_greek_has_no_latin_look_alikes_inside_a_word() -> None:
    """A Latin o in «έντυπο» looks right, and is found by no search and read wrongly aloud."""
    mixed = re.compile(r"\b(?=\w*[α-ωά-ώ])(?=\w*[a-z])[^\W\d_]+\b", re.IGNORECASE)
    wrong = {text: mixed.findall(text) for text in catalogue("el").values() if mixed.search(text)}
    assert wrong == {}


def test_a_text_is_rendered_in_the_readers_language() -> None:
    text = t("The book “{book}” of {year} is closed.", book="Κοινό", year=2026)
    assert str(text) == "The book “Κοινό” of 2026 is closed."
    assert text.in_language("el") == "Το βιβλίο «Κοινό» του έτους 2026 έχει κλείσει."


def test_a_text_inside_a_text_is_translated_too() -> None:
    inner = t("There is no such body.")
    outer = Text("The document could not be issued: {why}", {"why": inner})
    assert outer.in_language("el").endswith("Δεν υπάρχει τέτοιος φορέας.")


def test_braces_in_a_parameter_are_only_text() -> None:
    assert translate("Error: {why}", "xx", why="{name}") == "Error: {name}"


def test_an_unknown_text_stays_as_it_is() -> None:
    assert translate("No such message {here}", "el") == "No such message {here}"


@pytest.mark.parametrize(("n", "said"), [(0, "0 files"), (1, "one file"), (2, "2 files")])
def test_a_plural_follows_the_number(n: int, said: str) -> None:
    assert plural("one file", "{n} files", n, "en") == said


@pytest.mark.parametrize(
    ("header", "language"),
    [(None, "el"), ("", "el"), ("en-GB,el;q=0.8", "en"), ("de, el-CY", "el"), ("fr", "el")],
)
def test_the_first_language_that_we_speak_is_taken(header: str | None, language: str) -> None:
    assert language_of(header) == language


def test_every_translation_is_of_a_text_that_there_is() -> None:
    """A text that nobody says any more goes with its Greek, and none is translated twice."""
    said = " ".join(
        _one_line(path.read_text(encoding="utf-8"))
        for package in ("api", "docflow")
        for path in sorted((ROOT / package).rglob("*"))
        if path.suffix in {".py", ".html", ".js", ".typ"} and "built" not in path.parts
    )
    found: dict[tuple[str, str], str] = {}
    for path in FILES:
        with path.open("rb") as file:
            for message in read_po(file):
                msgid = message.id if isinstance(message.id, str) else message.id[0]
                key = (path.parent.name, msgid)
                if msgid:
                    assert key not in found, f"{msgid!r} in {path.name} and {found[key]}"
                    assert _one_line(msgid) in said, f"{msgid!r} in {path.name} is said nowhere"
                    found[key] = path.name


def _one_line(text: str) -> str:
    """Without the breaks, quotes and backslashes of a text that is written over several lines."""
    return re.sub(r"(?:\\n|[\s\"'\\])+", "", text)
