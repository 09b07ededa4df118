"""A letter chosen in the form proposes its own description; the keyboard takes it, key by key."""

import re

from playwright.sync_api import expect

from tests.docflow.understanding import paper
from tests.e2e.desk import Desk, labelled, log_in


def test_a_letter_describes_itself_and_the_clerk_takes_it_by_keys(desk: Desk) -> None:
    page = desk.visitor()
    log_in(page, "clerk")
    page.goto("/register")
    data = paper.letter("9077/2026")
    page.locator("#files").set_input_files(
        {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": data}
    )
    sender = labelled(page, "Sender")
    proposed = page.locator("#sender-proposal")
    expect(proposed).to_contain_text("MUNICIPALITY OF NAFPLIO", timeout=30_000)
    expect(sender).to_have_value("")  # nothing is filled in by itself
    sender.focus()
    expect(page.locator("rect[data-for=sender]")).to_have_class(re.compile("--here"))
    page.keyboard.press("Alt+Enter")
    expect(sender).to_have_value("MUNICIPALITY OF NAFPLIO")
    expect(proposed).to_have_class(re.compile("--taken"))
    labelled(page, "Subject").fill("Συμμετοχή στο πρόγραμμα")
    page.keyboard.press("Alt+Shift+Enter")
    expect(labelled(page, "Subject")).to_have_value("Συμμετοχή στο πρόγραμμα")  # typed: it stays
    expect(labelled(page, "Sender’s number")).to_have_value("9077/2026")
    expect(labelled(page, "Date of document")).to_have_value("07/09/2026")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile(r"/entries/\w+/\d+/\d+"))
    expect(page.get_by_text("MUNICIPALITY OF NAFPLIO").first).to_be_visible()
