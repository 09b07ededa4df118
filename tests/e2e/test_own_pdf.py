"""An answer that the employee wrote in his own program, returned once on its way."""

from playwright.sync_api import expect

from tests.e2e import acts, papers
from tests.e2e.desk import Desk, el, fetched, labelled, press, word
from tests.e2e.running import Running

OWN = "Απάντηση γραμμένη αλλού"
REASON = "Λείπει η ημερομηνία της αυτοψίας."


def test_an_own_pdf_is_returned_with_a_reason_and_signed_in_the_second_round_with_no_number_lost(
    desk: Desk, running: Running
) -> None:
    place = acts.register(desk.page("clerk"), subject="Αίτηση αυτοψίας σε πεζοδρόμιο")
    acts.charge(desk, place, unit="ΟΔΟΠ", person="engineer", town=running.town)
    page = acts.accept(desk, place, person="engineer")
    upload = acts.as_file("απάντηση.pdf", papers.written(OWN))
    draft = acts.begin_answer(page, text="", email="katoikoi@example.gr", own=upload)
    acts.circulate(page, last="mayor")
    signed = acts.sign(desk, draft, person="engineer")
    expect(signed.get_by_text(el("You signed the document."))).to_be_visible(timeout=acts.SLOW)

    before = _last_number(running)
    head = desk.page("director")
    head.goto("/drafts")
    head.get_by_role("main").locator(f"a[href='{draft}']").click()
    head.get_by_text(el("Return to the drafter")).click()
    press(head, "Return")
    expect(head.locator(".govuk-error-summary")).to_be_visible()  # it needs a reason
    labelled(head, "Reason").fill(REASON)
    press(head, "Return")
    expect(head.get_by_text(el("It was returned with your reason."))).to_be_visible()
    assert _last_number(running) == before

    page.goto(draft)
    expect(page.get_by_text(REASON).first).to_be_visible()
    page.get_by_role("button", name=el("Change the draft"), exact=True).click()
    labelled(page, "Subject").fill("Απάντηση με την ημερομηνία της αυτοψίας")
    press(page, "Save the draft")
    acts.circulate(page, last="mayor")
    issued = acts.issued_entry(acts.sign_all(desk, draft))
    assert int(issued.label.split("/")[0]) == before + 1
    page.goto(draft)
    expect(page.locator("#earlier")).to_contain_text(word("step", "returned"))
    original = fetched(page, f"{issued.path}/files/2")
    assert OWN in original.text
    assert running.judge(original.data).verdict == "valid"


def _last_number(running: Running) -> int:
    return int(running.ask("SELECT coalesce(max(number), 0) FROM entries"))
