"""People press twice, go back, and press again: one letter has one number."""

import re
from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import expect

from tests.e2e import acts
from tests.e2e.desk import Desk, el, labelled
from tests.e2e.running import Running

COUNT = "SELECT count(*) FROM entries WHERE subject = %(subject)s"


def test_a_double_click_gives_one_entry(desk: Desk, running: Running) -> None:
    for subject, files in (("Διπλό κλικ", ()), ("Διπλό κλικ με αρχείο", (acts.another_scan(),))):
        page = desk.page("clerk")
        acts.fill_in(page, *files, subject=subject)
        page.get_by_role("button", name=el("Register"), exact=True).dblclick()
        acts.shown_entry(page)
        assert running.ask(COUNT, subject=subject) == 1


def test_the_same_form_sent_twice_at_once_gives_one_entry(desk: Desk, running: Running) -> None:
    """As by an impatient browser, or a proxy that tries again."""
    page = desk.page("clerk")
    page.goto("/register")
    form = {
        "form_key": page.locator("[name=form_key]").input_value(),
        "direction": "incoming",
        "sender": "Κάποιος",
        "subject": "Δύο φορές μαζί",
    }
    cookies = {one["name"]: one["value"] for one in page.context.cookies()}
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda _: running.post("/register", form, cookies), range(2)))
    assert [status for status, _ in answers] == [303, 303]
    assert len({place for _, place in answers}) == 1
    assert running.ask(COUNT, subject="Δύο φορές μαζί") == 1


def test_going_back_after_registering_shows_an_empty_form_and_not_the_letter_again(
    desk: Desk, running: Running
) -> None:
    page = desk.page("clerk")
    place = acts.register(page, acts.another_scan(), subject="Μία φορά και πίσω")
    page.go_back()
    expect(page).to_have_url(re.compile("/register$"))
    expect(labelled(page, "Subject")).to_have_value("")
    expect(page.locator("[data-upload-list] li")).to_have_count(0)
    page.go_forward()
    assert acts.shown_entry(page) == place
    assert running.ask(COUNT, subject="Μία φορά και πίσω") == 1
