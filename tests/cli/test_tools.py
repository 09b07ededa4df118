"""`docflow ocr`, `sign` and `validate`: no database, no running stack."""

from pathlib import Path

import pikepdf
import pytest
from lxml import etree
from PIL import Image, ImageDraw, ImageFont

from docflow.printing.fonts import FONT_DIR
from tests.cli.conftest import Terminal
from tests.conftest import Keys
from tests.factories import KEY_PASSWORD


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A picture of two lines of Greek, as from a scanner."""
    page = Image.new("L", (1240, 600), 255)
    font = ImageFont.truetype(str(FONT_DIR / "Commissioner-Regular.ttf"), 48)
    ImageDraw.Draw(page).multiline_text(
        (120, 150), "Αίτηση επισκευής πεζοδρομίου\nστην οδό Βενιζέλου", fill=0, font=font
    )
    path = tmp_path / "scan.png"
    page.save(path, dpi=(150, 150))
    return path


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    path, document = tmp_path / "letter.pdf", pikepdf.new()
    document.add_blank_page()
    document.save(path)
    return path


@pytest.fixture
def key(tmp_path: Path, keys: Keys) -> Path:
    path = tmp_path / "engineer.p12"
    path.write_bytes(keys.persons["engineer"])
    return path


def test_a_scan_becomes_a_searchable_pdf(terminal: Terminal, scan: Path) -> None:
    words = ("--text", "out.txt", "--hocr", "out.hocr", "--alto", "out.xml")
    done = terminal("ocr", scan, "-o", "out.pdf", *words, "--json")
    assert done.code == 0, done.err
    [page] = done.document["pages"]
    assert set(page) == {"page", "source", "rotation", "skew", "confidence", "words"}
    assert (page["page"], page["source"], page["words"]) == (1, "ocr", 6)
    assert done.document["seconds"] > 0
    assert "πεζοδρομίου" in (terminal.place / "out.txt").read_text()
    assert (terminal.place / "out.pdf").read_bytes().startswith(b"%PDF-")
    for name in ("out.hocr", "out.xml"):
        found = etree.fromstring((terminal.place / name).read_bytes())
        assert "πεζοδρομίου" in etree.tostring(found, encoding="unicode")


def test_what_cannot_be_read_is_exit_code_1_and_leaves_nothing(terminal: Terminal) -> None:
    for name, content in (("empty.pdf", b""), ("page.pdf", b"<html>"), ("cut.pdf", b"%PDF-1.7")):
        (terminal.place / name).write_bytes(content)
        done = terminal("ocr", name, "-o", "out.pdf", "--json")
        assert (done.code, done.out) == (1, "")
        assert done.err.strip()
    assert not (terminal.place / "out.pdf").exists()


def test_an_unknown_language_is_an_error(terminal: Terminal, scan: Path) -> None:
    assert terminal("ocr", scan, "-o", "out.pdf", "--languages", "ell+xyz").code == 1


def test_the_input_is_never_overwritten(terminal: Terminal, pdf: Path) -> None:
    before = pdf.read_bytes()
    assert terminal("ocr", pdf, "-o", pdf).code == 1
    assert pdf.read_bytes() == before


def test_a_signed_pdf_is_valid(terminal: Terminal, pdf: Path, key: Path, keys: Keys) -> None:
    password = {"DOCFLOW_KEY_PASSWORD": KEY_PASSWORD}
    done = terminal(
        *("sign", pdf, "-o", "signed.pdf", "--key", key, "--tsa", keys.tsa_url, "--json"),
        **password,
    )
    assert done.code == 0, done.err
    assert (done.document["level"], done.document["field"]) == ("B-T", "Signature1")
    verdict = terminal("validate", "signed.pdf", "--trust", keys.roots, "--json").document
    [signature] = verdict["signatures"]
    assert verdict["document"]["integrity"] == "intact"
    assert signature["trust"] == "trusted"
    assert (signature["kind"], signature["level"]) == ("signature", "B-T")
    assert signature["signer"] == "Άννα Βλάχου (TEST)"
    again = terminal("sign", "signed.pdf", "-o", "twice.pdf", "--key", key, "--json", **password)
    assert again.document["field"] == "Signature2"
    stranger = terminal("validate", "signed.pdf", "--offline", "--json").document
    assert (stranger["document"]["verdict"], stranger["signatures"][0]["trust"]) == (
        "unconfirmed",
        "unknown",
    )


def test_the_password_comes_from_a_file_and_a_wrong_one_signs_nothing(
    terminal: Terminal, pdf: Path, key: Path
) -> None:
    sign = ("sign", pdf, "-o", "signed.pdf", "--key", key, "--password-file", "-")
    wrong = terminal(*sign, typed="λάθος\n")
    assert wrong.code == 1
    assert not (terminal.place / "signed.pdf").exists()
    assert terminal(*sign, typed=f"{KEY_PASSWORD}\n").code == 0


def test_signing_fails_cleanly_without_its_services(
    terminal: Terminal, pdf: Path, key: Path
) -> None:
    sign = ("sign", pdf, "-o", "signed.pdf", "--key", key)
    away = terminal(*sign, "--tsa", "http://127.0.0.1:9/", DOCFLOW_KEY_PASSWORD=KEY_PASSWORD)
    level = terminal(*sign, "--level", "B-T", DOCFLOW_KEY_PASSWORD=KEY_PASSWORD)
    asked = terminal(*sign)
    assert (away.code, level.code, asked.code) == (1, 1, 1)
    assert "Nothing was signed" in away.err
    assert "--password-file" in asked.err


def test_an_unsigned_or_broken_file_gets_a_verdict(terminal: Terminal, pdf: Path) -> None:
    assert terminal("validate", pdf, "--json").document["document"]["verdict"] == "unsigned"
    (terminal.place / "no.pdf").write_bytes(b"no pdf at all")
    broken = terminal("validate", "no.pdf", "--json")
    assert (broken.code, broken.document["document"]["integrity"]) == (0, "unreadable")
    assert terminal("validate", pdf, "--at", "yesterday").code == 1
