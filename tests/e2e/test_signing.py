"""Signing as an office does it: two heads beside each other, an objection, a deputy, one batch."""

import re

from playwright.sync_api import Page, expect

from tests import factories
from tests.e2e import acts
from tests.e2e.axe import assert_accessible
from tests.e2e.desk import Desk, el, fetched, labelled, press
from tests.e2e.running import Running

OBJECTION = "Διαφωνώ ως προς την προθεσμία."


def test_two_drafts_go_round_by_rank_with_objection_deputy_and_batch(
    desk: Desk, running: Running
) -> None:
    drafts = [_drafted(desk, running, subject) for subject in ("Πρώτη αίτηση", "Δεύτερη αίτηση")]
    _appointed(desk.page("administrator"), person="mayor", deputy="colleague")

    # The director objects to the one, the secretary countersigns both: the same rank, any order.
    director = desk.page("director")
    director.goto(drafts[0])
    director.get_by_text(el("Object in writing")).click()
    labelled(director, "Written objection").fill(OBJECTION)
    labelled(director, "Password of your signing key").fill(factories.KEY_PASSWORD)
    press(director, "Countersign")
    expect(director.get_by_text(OBJECTION)).to_be_visible(timeout=acts.SLOW)
    acts.sign(desk, drafts[1], person="director")
    _batch(desk.page("secretary"), drafts)

    # The mayor is away: his deputy signs both in his place.
    deputy = desk.page("colleague")
    _batch(deputy, drafts)
    deputy.goto(drafts[0])
    place = acts.issued_entry(deputy)
    copy = fetched(deputy, f"{place.path}/files/1")
    assert "Με εντολή, αντί: Νίκος Παπαδόπουλος" in " ".join(copy.text.split())
    assert "Διαφωνώ" not in copy.text
    assert running.judge(fetched(deputy, f"{place.path}/files/2").data).integrity == "intact"

    drafter = desk.page("engineer")
    drafter.goto(drafts[0])
    expect(drafter.get_by_text(OBJECTION)).to_be_visible()
    sheet = fetched(drafter, f"{drafts[0]}/sheet.pdf")
    assert "ΦΥΛΛΟ ΚΥΚΛΟΦΟΡΙΑΣ" in sheet.text
    assert "Διαφωνώ" in sheet.text
    assert "Διαφωνώ" not in fetched(drafter, f"{drafts[0]}/sheet.pdf?copy=plain").text


def _drafted(desk: Desk, running: Running, subject: str) -> str:
    """An answer by the engineer, for director and secretary together, then for the mayor."""
    place = acts.register(desk.page("clerk"), subject=f"{subject} {running.ask('SELECT now()')}")
    acts.charge(desk, place, unit="ΟΔΟΠ", person="engineer", town=running.town)
    page = acts.accept(desk, place, person="engineer")
    draft = acts.begin_answer(page, text="Σας γνωρίζουμε.", email="katoikoi@example.gr")
    page.goto(f"{draft}/chain")
    assert_accessible(page)
    for row, (who, rank) in enumerate((("director", 1), ("secretary", 1), ("", 2), ("", 3))):
        page.locator(f"[id='who.{row}']").select_option(
            str(running.town.users[who]) if who else ("final" if rank == 2 else "")
        )
        page.locator(f"[id='rank.{row}']").fill(str(rank))
        page.locator(f"[id='kind.{row}']").select_option("countersign" if who else "signature")
    labelled(page, "Signs last").select_option(str(running.town.users["mayor"]))
    press(page, "Show who signs")
    expect(page.get_by_text(factories.PEOPLE["secretary"][0]).first).to_be_visible()
    press(page, "Send to be signed")
    expect(page.get_by_text(el("The draft is on its way to be signed."))).to_be_visible()
    return draft


def _appointed(page: Page, *, person: str, deputy: str) -> None:
    page.goto("/deputies")
    labelled(page, "Who is away").select_option(label=factories.PEOPLE[person][0])
    name, title, _ = factories.PEOPLE[deputy]
    labelled(page, "Who acts for him").select_option(label=f"{name} – {title}")
    labelled(page, "First day").fill("t")
    labelled(page, "Last day").fill("t")
    labelled(page, "As").select_option("by-order")
    assert_accessible(page)
    press(page, "Appoint")
    expect(page.get_by_text(el("The deputy was appointed."))).to_be_visible()


def _batch(page: Page, drafts: list[str]) -> None:
    """All that waits is chosen by keyboard and signed with one password."""
    page.goto("/drafts")
    for draft in drafts:
        box = page.locator(f"input[name=draft][value^='{draft.rpartition('/')[2]}.']")
        box.focus()
        page.keyboard.press("Space")
        expect(box).to_be_checked()
    assert_accessible(page)
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile("/drafts/batch"))
    labelled(page, "Password of your signing key").fill(factories.KEY_PASSWORD)
    press(page, "Sign all of them")
    done = el("Done: {signed} signed, {failed} not signed.").format(signed=len(drafts), failed=0)
    expect(page.get_by_text(done)).to_be_visible(timeout=acts.SLOW)
    assert_accessible(page)
