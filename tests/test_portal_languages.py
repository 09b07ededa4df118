"""What citizens read stands in each of the four languages: pages, words of codes, messages."""

import re
from collections.abc import Iterator

import pytest
from jinja2 import Environment

from api import wording
from docflow import messages, tables
from docflow.i18n import PORTAL_LANGUAGES, catalogue
from docflow.messages import Worded
from tests.stack import ROOT
from tests.test_i18n import texts

TEMPLATES = ROOT / "api" / "templates"
LABEL = re.compile(r'label\("([a-z_]+)"\)|status_tag\("([a-z_]+)"')
# Of the macros, which staff pages share: what no page of the citizens shows.
STAFF = {
    "Contains personal data (ΠΔ)",
    "Corrected",
    "From the directory",
    "Not in the directory: it will be added",
    "a visitor",
    "the system",
    "ΠΔ",
}


def read() -> Iterator[tuple[str, str]]:
    """Each message id of the citizens' pages, and where it stands."""
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    pages = sorted((TEMPLATES / "portal").rglob("*.html"))
    for path in (
        *pages,
        *(TEMPLATES / n for n in ("base.html", "base_portal.html", "macros.html")),
    ):
        source = path.read_text(encoding="utf-8")
        for line, _, said in environment.extract_translations(source, ("_", "ngettext")):
            for msgid in said if isinstance(said, tuple) else (said,):
                if msgid and msgid not in STAFF:
                    yield msgid, f"{path.name}:{line}"
        for found in LABEL.findall(source) if path in pages else ():
            for text in wording.LABELS[found[0] or found[1]].values():
                yield text.msgid, path.name
    for msgid, where in texts():
        if where.startswith("api/portal/"):
            yield msgid, where
    assert tables.Base  # every package has declared its messages
    for kind in messages.kinds.all_kinds():
        if isinstance(kind.words, Worded):
            for text in kind.words.said:
                yield text.msgid, kind.code


@pytest.mark.parametrize("language", [one for one in PORTAL_LANGUAGES if one != "en"])
def test_what_citizens_read_has_its_translation(language: str) -> None:
    known = catalogue(language)
    assert {where: msgid for msgid, where in read() if msgid not in known} == {}


def test_the_smaller_catalogues_hold_nothing_twice_and_nothing_empty() -> None:
    hungarian, czech = catalogue("hu"), catalogue("cs")
    assert set(hungarian) == set(czech)
    assert all(text.strip() for text in (*hungarian.values(), *czech.values()))
