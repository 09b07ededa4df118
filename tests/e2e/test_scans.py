"""A batch on the clerk's screen: one letter files itself, another is decided from its picture."""

import re
from pathlib import Path

from playwright.sync_api import expect

from docflow import registry
from tests.docflow.scans.sheets import Sheet, batch, separator
from tests.e2e import acts
from tests.e2e.axe import assert_accessible
from tests.e2e.desk import Desk, el, labelled, press, word
from tests.e2e.running import Running


def test_a_batch_files_itself_and_the_rest_is_decided(
    desk: Desk, running: Running, tmp_path: Path
) -> None:
    page = desk.page("clerk")
    first = acts.register(page, subject="Σάρωση με ετικέτα")
    code = running.ask(
        "SELECT verification_code FROM entries WHERE subject = %(subject)s",
        subject="Σάρωση με ετικέτα",
    )
    second = acts.register(page, subject="Σάρωση χωρίς ετικέτα")
    label = registry.codes.url(running.url, str(code)) + registry.LABEL_MARK
    file = tmp_path / "δέσμη.pdf"
    file.write_bytes(
        batch(
            Sheet("α", (label,)),
            Sheet("β", turn=180),
            Sheet(blank=True),
            separator(),
            Sheet("γ"),
        )
    )
    page.goto("/scans")
    labelled(page, "Files").set_input_files(file)
    press(page, "Send the batch")
    filed = page.get_by_text(word("scan_document", "filed"), exact=True)
    expect(filed).to_have_count(1, timeout=60_000)
    expect(page.get_by_role("link", name=first.label, exact=True)).to_be_visible()
    expect(page.get_by_text(word("scan_page", "blank"))).to_be_visible()
    assert_accessible(page)
    place = page.url
    page.goto("/scans/review")
    picture = page.locator(".app-sheets img").first
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 100
    waiting = page.locator("section", has_text=word("scan_reason", "no-label")).last
    waiting.get_by_label(el("Entry (number/year)")).fill(second.label)
    assert_accessible(page)
    waiting.get_by_role("button", name=el("File under this entry")).click()
    expect(page.get_by_text(el("Your decision was noted."))).to_be_visible()
    page.goto(place)
    expect(filed).to_have_count(2, timeout=60_000)
    page.goto(second.path)
    expect(page.get_by_role("link", name=re.compile("^sarosi-"))).to_be_visible(timeout=60_000)
