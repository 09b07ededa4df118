"""The traffic fine of the source document (S0), from the form to the final notice, in a browser.

A visitor who is no citizen of the municipality fills in the ten fields, gets a number, sees amount
and reference, pays, types the bank's number and is told that it was received; an employee of the
department does the five acts; the payment is entered and the citizen told.
"""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from docflow import clock
from tests import filing
from tests.e2e.axe import assert_accessible
from tests.e2e.desk import Desk, el, labelled, press
from tests.e2e.running import Running
from tests.waiting import wait_until

EMAIL = "g.papadakis@visitor.example"
DAY = clock.today() - timedelta(days=12)
FIELDS = {  # S0-5, word for word
    "Ονοματεπώνυμο": "Γεώργιος Παπαδάκης",
    "Email": EMAIL,
    "Κινητό": "6971234567",
    "Αρ. Κλήσης ΚΟΚ": "Β-0123456",
    "Ημ/νία παράβασης": f"{DAY:%d/%m/%Y}",
    "Αρ. Πινακίδων": "ΙΒΚ-1234",
    "Περιγραφή Παράβασης": "Στάθμευση σε θέση ΑμεΑ",
    "Ποσό": "50",
    "ΑΦΜ": "123456783",
    "Ονοματεπώνυμο Κατόχου": "Γεώργιος Παπαδάκης",
}
RECEIPT = (  # S0-7
    "Η κλήση ΚΟΚ που πληρώσατε με αρ. πληρωμής τραπέζης: 123456 με ποσό για πληρωμή 50€, "
    "παραλήφθηκε από το Σύστημα. Μετά από ελέγχους που θα κάνουμε"
)
FINAL = (  # S0-9
    "Η πληρωμή της κλήσης ΚΟΚ Β-0123456 με αρ. πληρωμής τραπέζης: 123456 και ποσό 50€ ελέγχθηκε "
    "και καταχωρίστηκε οριστικά."
)


@pytest.fixture(scope="module")
def service(running: Running) -> None:
    """The administrator has deployed the service for a department."""
    office = running.office()
    filing.deployed(office, running.town, "traffic-fine", unit="ΟΔΟΠ")
    office.db.dispose()


def test_a_fine_is_filed_paid_checked_and_entered_definitely(
    desk: Desk, running: Running, service: None
) -> None:
    page = desk.visitor()
    _begin(page, running)
    _fill_in(page)
    number = _send(page)
    page.get_by_role("button", name=el("See where it stands")).or_(
        page.get_by_role("link", name=el("See where it stands"))
    ).click()
    status = page.url
    _pay(page, number)
    _told(running, RECEIPT)
    _five_acts(desk, number)
    _told(running, FINAL)
    page.goto(status)
    expect(page.locator(".app-verdict--good")).to_be_visible()
    expect(page.locator("#stages + ol")).to_contain_text("Ενημέρωση για την οριστική καταχώριση")
    page.goto("/applications")
    expect(page.get_by_role("main")).to_contain_text(number)


def _begin(page: Page, running: Running) -> None:
    """From the catalogue to the form: a code by e-mail is all that is asked of the visitor."""
    page.goto("/services")
    page.get_by_role("link", name="Πληρωμή κλήσης ΚΟΚ").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Πληρωμή κλήσης ΚΟΚ")
    assert_accessible(page)
    page.get_by_role("button", name=el("Apply online")).or_(
        page.get_by_role("link", name=el("Apply online"))
    ).first.click()
    page.locator("#email").fill(EMAIL)
    press(page, "Send me a code")
    code = labelled(page, "Code from the message")
    expect(code).to_be_visible()
    code.fill(re.findall(r"\b\d{6}\b", _mail(running, r"\b\d{6}\b"))[-1])
    press(page, "Go on")


def _fill_in(page: Page) -> None:
    """The ten fields, group by group; the check page shows them all again."""
    left = dict(FIELDS)
    while left:
        shown = [name for name in left if page.get_by_label(name, exact=True).is_visible()]
        assert shown, f"{list(left)} are on no page: {page.url}"
        for name in shown:
            page.get_by_label(name, exact=True).fill(left.pop(name))
        assert_accessible(page)
        press(page, "Continue")
        page.wait_for_load_state()
    while page.get_by_role("button", name=el("Continue"), exact=True).is_visible():
        press(page, "Continue")  # the page of free files
        page.wait_for_load_state()


def _send(page: Page) -> str:
    main = page.get_by_role("main")
    for name in FIELDS:
        expect(main).to_contain_text(name)
    expect(main).to_contain_text("50,00 €")
    press(page, "Send the application")
    panel = page.locator(".govuk-panel__body strong")
    expect(panel).to_have_text(re.compile(r"^\d+/20\d\d$"))
    return str(panel.text_content())


def _pay(page: Page, number: str) -> None:
    """S0-6: amount and reason are shown; back from the bank, its transaction number is typed."""
    main = page.get_by_role("main")
    expect(main).to_contain_text(number)
    expect(main).to_contain_text("50,00 €")
    expect(main).to_contain_text("Πληρωμή κλήσης ΚΟΚ Β-0123456")
    expect(main).to_contain_text(re.compile(r"RF\d\d"))
    assert_accessible(page)
    page.get_by_label("Αριθμός συναλλαγής της τράπεζας").fill("123456")
    page.locator("form[action*='/steps/'] button").click()
    expect(page.locator("main li[aria-current=step]")).to_contain_text("Επιβεβαίωση πληρωμής")


def _five_acts(desk: Desk, number: str) -> None:
    """S0-8: every employee of the department finds it in his work, with all data."""
    page = desk.page("engineer")
    page.goto("/steps")
    row = page.get_by_role("row").filter(has_text=number)
    row.get_by_role("link", name="Επιβεβαίωση πληρωμής").click()
    about = page.locator("#about")
    for shown in ("123456", "50,00 €", "Β-0123456", "Γεώργιος Παπαδάκης", "Στάθμευση σε θέση ΑμεΑ"):
        expect(about).to_contain_text(shown)
    for act in ("1. Διάβασα", "2. Βρέθηκε", "3. Το ποσό συμφωνεί", "4. Σημειώθηκε"):
        page.get_by_label(re.compile(re.escape(act))).check()
    assert_accessible(page)
    press(page, "Complete")
    expect(page.get_by_text(number, exact=True)).not_to_be_visible()


def _mail(running: Running, pattern: str) -> str:
    """The text of the newest mail to the visitor that has the pattern."""

    def found() -> list[str]:
        texts = [
            str(message.get_content())
            for message, to in zip(running.smtp.messages, running.smtp.recipients, strict=False)
            if EMAIL in to and not message.is_multipart()
        ]
        return [text for text in texts if re.search(pattern, " ".join(text.split()))]

    wait_until(lambda: bool(found()), what=f"a mail with {pattern}", seconds=90)
    return found()[-1]


def _told(running: Running, text: str) -> None:
    _mail(running, re.escape(text))
