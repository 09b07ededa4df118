"""Nothing works: the offline page from a file, two documents, the way back into the book."""

import json
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.axe import assert_accessible
from tests.e2e.desk import Desk, el, labelled, press

SUBJECTS = ("Αίτηση επιδόματος θέρμανσης", 'Καταγγελία "στάσιμα νερά" \\ ρέμα <b>&amp; 𝛂 τέλος')


def test_the_offline_page_notes_documents_that_the_book_takes_over(
    desk: Desk, tmp_path: Path
) -> None:
    offline = _prepared(desk, tmp_path / "kit.html")
    page = desk.visitor()  # a computer of the registry, which reaches nothing
    page.context.set_offline(True)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(offline.as_uri())
    assert_accessible(page)
    _begin(page)
    first = _note(page, sender="Σοφία Αντωνίου", subject=SUBJECTS[0])
    page.reload()  # the power goes once more; the browser has kept what was typed
    second = _note(page, sender="Σύλλογος Γειτονιάς", subject=SUBJECTS[1])
    assert second > first
    assert_accessible(page)
    page.get_by_role("button", name=el("End the emergency"), exact=True).click()
    expect(page.get_by_role("status")).to_contain_text(
        el("The emergency was ended. Save the file now.")
    )
    saved = tmp_path / "saved.json"
    with page.expect_download() as downloading:
        page.get_by_role("button", name=el("Save the file"), exact=True).click()
    downloading.value.save_as(saved)
    assert [line["kind"] for line in json.loads(saved.read_text())["log"]] == [
        "begin",
        "entry",
        "entry",
        "end",
    ]
    _take_over(desk, saved, first)
    again = _looked_at(desk, saved)
    expect(
        again.get_by_text(
            el("Everything in this file was taken over already. Nothing will be registered twice.")
        )
    ).to_be_visible()


def test_the_offline_page_refuses_what_the_book_would_refuse(desk: Desk, tmp_path: Path) -> None:
    page = desk.visitor()
    page.goto(_prepared(desk, tmp_path / "kit.html").as_uri())
    _begin(page)
    status = page.get_by_role("status")
    page.get_by_role("button", name=el("Note under this number"), exact=True).click()
    expect(status).to_have_text(el("Write the sender."))
    page.locator("#e-from").fill("Άννα Δήμου")
    page.keyboard.press("Control+Enter")
    expect(status).to_have_text(el("Write the subject (3 to 1,000 characters)."))
    page.locator("#e-subject").fill("Αίτηση")
    page.locator("#e-date").fill("31/02/2026")
    page.keyboard.press("Control+Enter")
    expect(status).to_have_text(el("This is not a date that is past. Write it as 21/11/2026."))
    expect(page.locator("#rows tr")).to_have_count(0)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Emergency register")


def _prepared(desk: Desk, place: Path) -> Path:
    """The registrar reserves numbers and keeps the offline page."""
    page = desk.page("registrar")
    page.goto("/emergency")
    labelled(page, "Workplace").fill("Γκισέ 1")
    press(page, "Reserve the numbers")
    link = page.get_by_role("link", name=re.compile(el("Offline page"))).first
    with page.expect_download() as downloading:
        link.click()
    downloading.value.save_as(place)
    return place


def _begin(page: Page) -> None:
    page.locator("#b-cause").fill("Διακοπή ρεύματος στο δημαρχείο")
    page.locator("#b-by").fill("Ορέστης Καλλέργης")
    page.locator("#b-op").fill("Μαρία Νικολάου")
    page.get_by_role("button", name=el("Begin"), exact=True).click()
    expect(page.locator("#e-from")).to_be_focused()


def _note(page: Page, *, sender: str, subject: str) -> str:
    """Note a document by keyboard; its emergency number."""
    number = page.locator("#next").inner_text()
    page.locator("#e-from").fill(sender)
    page.locator("#e-subject").fill(subject)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status")).to_contain_text(number)
    return number


def _looked_at(desk: Desk, saved: Path) -> Page:
    page = desk.page("clerk")
    page.goto("/emergency")
    page.locator("input[type=file]").set_input_files(saved)
    press(page, "Look at the file")
    return page


def _take_over(desk: Desk, saved: Path, first: str) -> None:
    """The system is back: the clerk looks at the file and registers what is in it."""
    page = _looked_at(desk, saved)
    expect(page.get_by_text(SUBJECTS[1])).to_be_visible()
    assert_accessible(page)
    press(page, "Register the entries")
    expect(page.get_by_text(el("The emergency entries were registered."))).to_be_visible()
    assert_accessible(page)
    page.get_by_role("row", name=re.compile(first)).get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text(first).first).to_be_visible()
    page.goto(f"/search?q={first}")
    expect(page.get_by_text(SUBJECTS[0]).first).to_be_visible()
