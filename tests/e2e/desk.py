"""Browser windows of the municipality's people and of strangers, and what is watched in them.

A person logs in once; every page of his shares that login. Whatever the console says of an error,
or of something that the content security policy refused, is kept and fails the test.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import pypdfium2
import zxingcpp
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    WebError,
    expect,
)

from api.wording import LABELS
from docflow.i18n import translate
from tests import factories

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
el = partial(translate, language="el")
"""The Greek of a text, by its English: tests say what is pressed, translators how it is called."""

# A refusal that a page shows is an answer, and Chromium notes it in the console.
_REFUSED = re.compile(r"the server responded with a status of (401|403|404|409|410|413|422|503)\b")
_PARTS = re.compile(r"/static/|/favicon|\.(css|js|mjs|svg|woff2)$")


def word(group: str, code: str) -> str:
    """The Greek word that the pages show for a code."""
    return LABELS[group][code].in_language("el")


@dataclass
class Watch:
    """What went wrong in any window since it was last asked."""

    problems: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        context.on("console", self._said)
        context.on("weberror", self._thrown)

    def taken(self) -> list[str]:
        """The problems since the last call."""
        found, self.problems = self.problems, []
        return found

    def _said(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        address = message.location.get("url", "")
        if _REFUSED.search(message.text) and not _PARTS.search(address):
            return
        self.problems.append(f"{message.type}: {message.text} ({address})")

    def _thrown(self, error: WebError) -> None:
        self.problems.append(f"thrown: {error.error}")


@dataclass
class Desk:
    """Opens pages for people by their user names."""

    browser: Browser
    url: str
    watch: Watch
    _contexts: dict[str, BrowserContext] = field(default_factory=dict)

    def page(self, username: str) -> Page:
        """A new page of somebody who is logged in."""
        if username not in self._contexts:
            context = self.context()
            page = context.new_page()
            log_in(page, username)
            page.close()
            self._contexts[username] = context
        return self._contexts[username].new_page()

    def visitor(self, **more: Any) -> Page:
        """A page of somebody without a login, in a browser of his own."""
        return self.context(**more).new_page()

    def context(self, **more: Any) -> BrowserContext:
        settings: dict[str, Any] = {
            "base_url": self.url,
            "locale": "el-GR",
            "timezone_id": "Europe/Athens",
            "viewport": WIDE,
            **more,
        }
        context = self.browser.new_context(**settings)
        context.set_default_timeout(30_000)
        context.set_default_navigation_timeout(60_000)
        self.watch.over(context)
        return context

    def close_pages(self) -> None:
        """Close every page; logins stay."""
        known = set(self._contexts.values())
        for context in self.browser.contexts:
            if context not in known:
                context.close()
                continue
            for page in context.pages:
                page.close()


def log_in(page: Page, username: str, *, password: str = factories.PASSWORD) -> None:
    page.goto("/login")
    labelled(page, "User name").fill(username)
    labelled(page, "Password").fill(password)
    press(page, "Log in")
    expect(page.get_by_role("button", name=el("Log out"))).to_be_visible()


def labelled(page: Page, label: str) -> Locator:
    """The field of that (English) label, be it marked as optional or not."""
    text = re.compile(rf"^\s*{re.escape(el(label))}\s*(\({re.escape(el('optional'))}\)\s*)?$")
    return page.get_by_label(text).and_(page.locator("input, select, textarea"))


def press(page: Page | Locator, text: str) -> None:
    """Press the button of that (English) text."""
    page.get_by_role("button", name=el(text), exact=True).click()


@dataclass
class Keys:
    """A person without a mouse."""

    page: Page

    def to(self, target: Locator) -> None:
        """Go on with the tabulator until the focus is there."""
        for _ in range(80):
            if target.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{target} cannot be reached with the tabulator")

    def write(self, text: str) -> None:
        """Type where the focus is."""
        self.page.keyboard.type(text)

    def fill(self, label: str, text: str) -> None:
        """Go to the field of that (English) label and type."""
        self.to(labelled(self.page, label))
        self.write(text)

    def press(self, keys: str) -> None:
        self.page.keyboard.press(keys)


@dataclass(frozen=True)
class Paper:
    """A PDF that came from the server."""

    data: bytes

    @cached_property
    def text(self) -> str:
        """The text of all pages."""

        document = pypdfium2.PdfDocument(self.data)
        try:
            return "\n".join(page.get_textpage().get_text_bounded() for page in document)
        finally:
            document.close()

    @cached_property
    def codes(self) -> list[str]:
        """What the QR codes of the first page say."""

        document = pypdfium2.PdfDocument(self.data)
        try:
            picture = document[0].render(scale=4).to_pil()
            return [found.text for found in zxingcpp.read_barcodes(picture)]
        finally:
            document.close()


def fetched(page: Page, address: str) -> Paper:
    """The PDF at an address, with the page's login."""
    answer = page.request.get(address)
    assert answer.ok, f"{address}: {answer.status}"
    data = answer.body()
    assert data.startswith(b"%PDF-"), data[:200]
    return Paper(data)
