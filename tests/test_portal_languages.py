"""What citizens read stands in each of the four languages: pages, words of codes, messages, and
the services that come with Docflow."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment
from lxml import etree  # type: ignore[import-untyped]

from api import account_words, contact_words, wording
from docflow import messages, services, tables
from docflow.i18n import PORTAL_LANGUAGES, catalogue
from docflow.messages import Worded
from tests.stack import ROOT
from tests.test_i18n import texts

TEMPLATES = ROOT / "api" / "templates"
LABEL = re.compile(r'label\("([a-z_]+)"\)|status_tag\("([a-z_]+)"')
PLACEHOLDER = re.compile(r"\{\w+\}")
OURS = "{urn:docflow:process:1}"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
UNSEEN = {"exclusiveGateway", "boundaryEvent", "sequenceFlow"}  # no stages
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


# Modules of which a citizen may be told every text.
TOLD_TO_CITIZENS = (
    "api/portal/",
    "api/uploads.py",
    "docflow/accounts/codes.py",
    "docflow/accounts/logins.py",
    "docflow/accounts/owning.py",
    "docflow/accounts/providers.py",
    "docflow/applications/checking.py",
    "docflow/applications/drafts.py",
    "docflow/applications/filing.py",
    "docflow/applications/standing.py",
    "docflow/applications/thread.py",
    "docflow/citizens/",
    "docflow/db.py",
    "docflow/documents/intake.py",
    "docflow/kinds/iban.py",
    "docflow/payments/cards.py",
    "docflow/payments/receipts.py",
    "docflow/processes/working.py",
    "docflow/publications/acts.py",
    "docflow/throttle.py",
)


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
        if where.startswith(TOLD_TO_CITIZENS):
            yield msgid, where
    for done in (account_words.PORTAL_DONE, contact_words.PORTAL_DONE):
        for text in done.values():
            yield text.msgid, "done"
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


@pytest.mark.parametrize("kind", messages.kinds.all_kinds(), ids=lambda kind: kind.code)
def test_each_message_has_its_own_words_in_each_language(kind: messages.Kind) -> None:
    placeholders = {
        language: {name for text in (words.text, words.sms) for name in PLACEHOLDER.findall(text)}
        for language in PORTAL_LANGUAGES
        if (words := kind.words.get(language)) is not None
    }
    assert placeholders == dict.fromkeys(PORTAL_LANGUAGES, placeholders["en"])
    said = {kind.words[language].text for language in PORTAL_LANGUAGES}
    assert len(said) == len(PORTAL_LANGUAGES) or said == {"{text}"}  # words of others, given whole


def of_folder(folder: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Each text of a service that citizens read, by language. Papers that it issues are Greek."""
    for path in sorted(folder.glob("*.json")):
        said = json.loads(path.read_text(encoding="utf-8"))
        said.pop("kind", None)  # the words of the register's kind are the office's
        yield from _texts_in(said, path.name)
    process = etree.parse(str(folder / "process.bpmn"))
    for step in process.iterfind(".//*[@id]"):
        name = step.find("{*}extensionElements/{*}name")
        if name is None or step.get(f"{OURS}hidden") or etree.QName(step).localname in UNSEEN:
            continue
        groups = [[*step.iterfind("{*}extensionElements/{*}name")]]
        if step.get(f"{OURS}who") == "citizen":
            asked = step.iterfind("{*}extensionElements//*")
            groups += [[*one.iterfind(kind)] for one in asked for kind in ("{*}label", "{*}hint")]
        for group in groups:
            if group:
                texts = {one.get(LANGUAGE): one.text for one in group}
                yield f"{step.get('id')}", {"el": step.get("name"), **texts}


def _texts_in(said: Any, where: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    if isinstance(said, Mapping) and {"el", "en"} <= set(said):
        yield where, {language: str(text) for language, text in said.items()}
        return
    inner = said.items() if isinstance(said, Mapping) else ()
    for name, value in enumerate(said) if isinstance(said, list) else inner:
        yield from _texts_in(value, f"{where}.{name}")


@pytest.mark.parametrize(("code", "folder"), sorted(services.shipped().items()))
def test_a_shipped_service_speaks_four_languages(code: str, folder: Path) -> None:
    found = list(of_folder(folder))
    assert found, code
    for where, said in found:
        assert set(said) == set(PORTAL_LANGUAGES), where
        filled = {language: set(PLACEHOLDER.findall(text)) for language, text in said.items()}
        assert filled == dict.fromkeys(said, filled["el"]), where
