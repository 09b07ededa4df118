"""Files that cannot be read are registered all the same: they came, and so they have a number."""

from playwright.sync_api import expect

from docflow.documents import PROBLEMS
from tests.e2e import acts, papers
from tests.e2e.axe import assert_accessible
from tests.e2e.desk import Desk, el, fetched, word
from tests.e2e.running import Running


def test_bad_files_are_registered_and_say_in_greek_why_they_cannot_be_read(
    desk: Desk, running: Running
) -> None:
    bad = papers.bad_files()
    page = desk.page("clerk")
    place = acts.register(page, *bad.values(), subject="Αίτηση με αρχεία που δεν διαβάζονται")
    for position, (problem, file) in enumerate(bad.items(), start=1):
        line = page.locator("#files li").filter(has_text=file["name"])
        expect(line).to_contain_text(PROBLEMS[problem].in_language("el"), timeout=acts.SLOW)
        expect(line.locator(".app-stack__head .govuk-tag")).to_have_text(word("reading", "failed"))
        answer = page.request.get(f"{place.path}/files/{position}?download=1")
        assert answer.body() == file["buffer"], file["name"]
    assert_accessible(page)
    tries = "SELECT max(attempts) FROM readings JOIN files ON files.id = file_id WHERE name = %(n)s"
    before = running.ask(tries, n="κομμένο.pdf")
    cut_off = page.locator("#files li").filter(has_text="κομμένο.pdf")
    cut_off.get_by_role("button", name=el("Try again")).click()  # its name ends with the file's
    expect(page.get_by_text(el("The file will be read again."))).to_be_visible()
    line = page.locator("#files li").filter(has_text="κομμένο.pdf")
    expect(line.locator(".app-stack__head .govuk-tag")).to_have_text(
        word("reading", "failed"), timeout=acts.SLOW
    )
    assert running.ask(tries, n="κομμένο.pdf") == before + 1
    assert fetched(page, f"{place.path}/receipt.pdf").text
