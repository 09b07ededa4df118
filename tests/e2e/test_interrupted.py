"""A login that ends while somebody types, and forms that come back: nothing is lost."""

import re

from playwright.sync_api import Page, expect

from tests import factories
from tests.e2e import acts
from tests.e2e.axe import assert_accessible
from tests.e2e.desk import Desk, el, fetched, labelled, log_in, press
from tests.e2e.running import Running

END = """UPDATE login_sessions SET ends_at = now() - interval '1 minute'
WHERE user_id = %(user)s AND ended_at IS NULL AND last_used_at =
  (SELECT max(last_used_at) FROM login_sessions WHERE user_id = %(user)s) RETURNING 1"""


def _typing(desk: Desk) -> Page:
    page = desk.visitor()
    log_in(page, "clerk")
    return page


def test_a_login_that_ends_in_mid_form_loses_neither_text_nor_file(
    desk: Desk, running: Running
) -> None:
    page, scan = _typing(desk), acts.another_scan()
    acts.fill_in(page, scan, subject="Αίτηση που διακόπηκε")
    labelled(page, "Sender’s number").fill("Φ.12/345")
    labelled(page, "Date of document").fill("01/10/2026")
    assert running.ask(END, user=running.town.users["clerk"]) == 1
    press(page, "Register")
    expect(
        page.get_by_text(
            el("Your login has ended. Please log in again; nothing you typed is lost.")
        ).first
    ).to_be_visible()
    assert_accessible(page)
    assert running.ask(_COUNT, subject="Αίτηση που διακόπηκε") == 0
    labelled(page, "User name").fill("clerk")
    labelled(page, "Password").fill(factories.PASSWORD)
    press(page, "Log in")
    kept = page.locator("#kept")
    for typed in ("Αίτηση που διακόπηκε", "Φ.12/345", "01/10/2026", acts.SCAN.name):
        expect(kept).to_contain_text(typed)
    assert_accessible(page)
    press(page, "Send it now")
    place = acts.shown_entry(page)
    expect(page.locator("#facts")).to_contain_text("Φ.12/345 / 01/10/2026")
    assert fetched(page, f"{place.path}/files/1").data == scan["buffer"]


_COUNT = "SELECT count(*) FROM entries WHERE subject = %(subject)s"


def test_a_subject_of_ten_thousand_letters_is_refused_and_the_file_is_kept(
    desk: Desk, running: Running
) -> None:
    page = desk.page("clerk")
    before = running.ask("SELECT coalesce(max(number), 0) FROM entries")
    scan = acts.another_scan()
    acts.fill_in(page, scan, subject="Θέμα " * 2000)
    press(page, "Register")
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    expect(page).to_have_title(re.compile(f"^{el('Error: ').strip()}"))
    expect(page.locator("[data-upload-list]")).to_contain_text(acts.SCAN.name)
    assert_accessible(page)
    assert running.ask("SELECT coalesce(max(number), 0) FROM entries") == before
    labelled(page, "Subject").fill("Θέμα με το σωστό μήκος")
    press(page, "Register")
    place = acts.shown_entry(page)
    assert fetched(page, f"{place.path}/files/1").data == scan["buffer"]


def test_a_wrong_date_and_a_missing_sender_are_told_at_their_fields(desk: Desk) -> None:
    page = desk.page("clerk")
    acts.fill_in(page, subject="Θέμα", sender="")
    press(page, "Register")
    expect(page.locator("#sender-error")).to_be_visible()
    labelled(page, "Sender").fill("Κάποιος που δεν είναι στο μητρώο")
    labelled(page, "Date of document").fill("31/02/2026")
    press(page, "Register")
    expect(page.locator("#sender_dated_on-error")).to_contain_text("31/02/2026")
    expect(labelled(page, "Sender")).to_have_value("Κάποιος που δεν είναι στο μητρώο")
    labelled(page, "Date of document").fill("28/02/2026")
    press(page, "Register")
    acts.shown_entry(page)
