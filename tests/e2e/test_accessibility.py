"""Every page of the story: no violation of WCAG 2.2 AA, at both widths, in both languages."""

import pytest
from playwright.sync_api import Page, expect

from docflow.i18n import LANGUAGES, PORTAL_LANGUAGES
from tests.e2e.axe import violations
from tests.e2e.desk import Desk, Paper
from tests.e2e.story import Issued, Registered


@pytest.mark.parametrize("language", ["el", "en"])
def test_no_page_of_the_staff_is_closed_to_anybody(
    desk: Desk, registered: Registered, draft: str, issued: Issued, language: str
) -> None:
    entry = registered.place.path
    found: list[str] = []
    for username, addresses in {
        "clerk": (
            *("/register", "/register?direction=outgoing", "/register?direction=internal"),
            *(entry, f"{entry}?registered=1", f"{entry}/files/1/text", "/no-such-page"),
            *("/book", "/book?first=31/02/2026", "/search", "/search?q=πιστοποιητικο", "/me"),
        ),
        "secretary": ("/work", "/work?basket=sent", "/board", "/statistics?by=month"),
        "engineer": ("/drafts", draft, issued.place.path, "/work?basket=mine"),
        "mayor": ("/me", "/drafts"),
        "auditor": ("/audit", "/storage", "/reads", "/holds"),
        "administrator": ("/system",),
    }.items():
        page = desk.page(username)
        page.goto(f"/language/{language}?to=/me")
        for address in addresses:
            page.goto(address)
            expect(page.locator("html")).to_have_attribute("lang", language)
            found += violations(page)
        page.goto("/language/el?to=/me")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", PORTAL_LANGUAGES)
def test_no_page_of_the_citizens_is_closed_to_anybody(
    desk: Desk, collected: Paper, issued: Issued, language: str
) -> None:
    code = collected.codes[0].rpartition("/verify/")[2]
    page = desk.visitor()
    page.goto(f"/language/{language}?to=/verify")
    found: list[str] = []
    for address in (
        *("/verify", f"/verify/{code}", "/verify/0000-0000-0000-0000"),
        *(issued.link, "/pickup/unknown", "/services", "/questions", "/acts", "/acts/1"),
        *("/appointments", "/status", "/account/login"),
        *(("/login",) if language in LANGUAGES else ()),
    ):
        page.goto(address)
        expect(page.locator("html")).to_have_attribute("lang", language)
        found += violations(page)
    assert not found, "\n".join(found)


def _open_all(page: Page) -> None:
    page.locator("main details").evaluate_all("all => all.forEach(one => { one.open = true })")


def test_open_acts_of_an_entry_are_accessible_too(desk: Desk, registered: Registered) -> None:
    page = desk.page("engineer")
    page.goto(registered.place.path)
    _open_all(page)
    found = violations(page)
    page = desk.page("secretary")
    page.goto("/register")
    _open_all(page)
    found += violations(page)
    assert not found, "\n".join(found)
