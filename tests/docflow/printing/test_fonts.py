"""The typeface is built once and covers the languages of our towns."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from docflow.printing import PrintingError, fonts, receipt, typeset

NODE_MODULES = Path(__file__).parents[3] / "node_modules"
ALPHABETS = (
    "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏΪΫαβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ«»΄·€§°–—…"
    "ÁÉÍÓÖŐÚÜŰáéíóöőúüűÁČĎÉĚÍŇÓŘŠŤÚŮÝŽáčďéěíňóřšťúůýž"
    "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЬЮЯабвгдежзийклмнопрстуфхцчшщъьюя"
)


def test_the_typeface_covers_greek_hungarian_czech_and_bulgarian():
    covered = fonts.coverage()
    assert [char for char in ALPHABETS if ord(char) not in covered] == []


def test_fonts_are_built_once_with_the_same_bytes(tmp_path: Path, monkeypatch):
    # One style of four: each takes two seconds.
    monkeypatch.setattr(fonts, "_STYLES", fonts._STYLES[:1])
    assert fonts.install(NODE_MODULES, tmp_path) is True
    assert fonts.install(NODE_MODULES, tmp_path) is False
    file = "Commissioner-Regular.ttf"
    assert (tmp_path / file).read_bytes() == (fonts.FONT_DIR / file).read_bytes()
    assert "SIL OPEN FONT LICENSE" in (tmp_path / "OFL.txt").read_text("utf-8")
    assert not list(tmp_path.glob("*.part"))


def test_fonts_of_an_older_recipe_are_built_again(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(fonts, "_STYLES", ())
    (tmp_path / "built.json").write_text(json.dumps({"recipe": 0, "version": "1"}), "utf-8")
    assert fonts.install(NODE_MODULES, tmp_path) is True
    assert fonts.install(NODE_MODULES, tmp_path) is False


def test_fonts_that_were_not_built_are_missing(tmp_path: Path):
    with pytest.raises(PrintingError) as missing:
        fonts.coverage(tmp_path)
    assert missing.value.code == "fonts-missing"


def test_a_missing_package_is_named(tmp_path: Path):
    with pytest.raises(PrintingError) as missing:
        fonts.install(tmp_path, tmp_path / "fonts")
    assert missing.value.code == "fonts-missing"
    assert "npm ci" in str(missing.value)


def test_printing_without_fonts_says_what_to_do(monkeypatch, tmp_path: Path, receipt_data):
    monkeypatch.setattr(typeset, "_fonts", None)
    monkeypatch.setattr(typeset, "FONT_DIR", tmp_path)
    with pytest.raises(PrintingError) as missing:
        receipt(receipt_data, language="el")
    assert missing.value.code == "fonts-missing"


def test_set_up_may_run_again_and_again(capsys):
    fonts.main([str(NODE_MODULES)])
    assert capsys.readouterr().out == "fonts are up to date\n"
    with pytest.raises(SystemExit, match="usage"):
        fonts.main([])


def test_importing_the_package_loads_no_typesetter():
    code = (
        "import sys, docflow.printing;"
        "print([name for name in ('typst', 'segno', 'fontTools') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=NODE_MODULES.parent,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "[]\n"
