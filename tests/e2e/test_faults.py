"""Parts of the installation die in the middle of the work, and come back."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import expect

from tests.e2e import acts, papers
from tests.e2e.desk import Desk, el, fetched, press, word
from tests.e2e.running import LEASE, Running
from tests.stack import Server

LAST = "SELECT coalesce(max(number), 0) FROM entries"
STORE_AWAY = (
    "The file store does not answer, and nothing was saved. Try again in a minute; if the files "
    "no longer stand in the form, choose them again."
)


@contextmanager
def away(server: Server) -> Iterator[None]:
    """The server is down in the block, and back after it."""
    server.stop()
    try:
        yield
    finally:
        server.start()


def test_without_the_broker_letters_are_registered_and_read_when_it_is_back(
    desk: Desk, running: Running
) -> None:
    page, other = desk.page("clerk"), desk.page("clerk")
    scan = acts.as_file("πολυσέλιδο.pdf", papers.long_scan(3))
    acts.register(other, scan, subject="Υπό ανάγνωση όταν έπεσε ο μεσίτης")
    acts.reading_of(other, "running")
    with away(running.broker):
        acts.register(page, acts.another_scan(), subject="Χωρίς τον μεσίτη μηνυμάτων")
        acts.reading_of(page, "pending")
    acts.reading_of(page, "done")
    acts.reading_of(other, "done")


def test_without_the_store_nothing_is_registered_and_the_clerk_is_told(
    desk: Desk, running: Running
) -> None:
    page = desk.page("clerk")
    before, scan = running.ask(LAST), acts.another_scan()
    with away(running.store):
        acts.fill_in(page, scan, subject="Χωρίς την αποθήκη αρχείων")
        press(page, "Register")
        told = page.locator(".govuk-error-summary")
        expect(told).to_contain_text(el(STORE_AWAY), timeout=acts.SLOW)
        expect(told).to_be_focused()
        assert running.ask(LAST) == before
    press(page, "Register")  # the file still stands in the form
    place = acts.shown_entry(page)
    assert int(place.label.split("/")[0]) == before + 1
    assert fetched(page, f"{place.path}/files/1").data == scan["buffer"]


def test_without_time_stamps_one_signs_and_the_page_says_that_the_time_is_not_proven(
    desk: Desk, running: Running
) -> None:
    place = acts.register(desk.page("clerk"), subject="Αίτηση χωρίς χρονοσήμανση")
    acts.charge(desk, place, unit="ΟΔΟΠ", person="engineer", town=running.town)
    page = acts.accept(desk, place, person="engineer")
    draft = acts.begin_answer(page, text="Απαντάμε αργότερα.", email="argotera@example.gr")
    acts.circulate(page, last="mayor")
    pending = el("Time proof pending")
    with away(running.tsa):
        signing = acts.sign(desk, draft, person="engineer")
        route = signing.locator("#route")
        expect(route).to_contain_text(word("step", "signed"), timeout=acts.SLOW)
        expect(route.get_by_text(pending)).to_have_count(1)
    signed = acts.sign(desk, draft, person="director")
    expect(signed.get_by_text(el("You signed the document."))).to_be_visible(timeout=acts.SLOW)
    # Whoever signs when the service is back proves the time of what stands before him.
    expect(signed.locator("#route").get_by_text(pending)).to_have_count(1)


def test_while_the_database_restarts_a_form_is_kept_and_goes_on_afterwards(
    desk: Desk, running: Running
) -> None:
    page = desk.page("clerk")
    message = el("The database does not answer. Nothing was saved; please try again in a minute.")
    acts.fill_in(page, acts.another_scan(), subject="Κατά την επανεκκίνηση της βάσης")
    with away(running.postgres):
        press(page, "Register")
        expect(page.get_by_text(message).first).to_be_visible(timeout=acts.SLOW)
        expect(page.locator("#kept")).to_contain_text(acts.SCAN.name)
        other = desk.page("clerk")
        other.goto("/book")
        expect(other.get_by_text(message).first).to_be_visible(timeout=acts.SLOW)
        stranger = desk.visitor()
        stranger.goto("/verify/0000-0000-0000-0000")
        expect(stranger.get_by_text(message).first).to_be_visible(timeout=acts.SLOW)
    press(page, "Try again")
    acts.shown_entry(page)
    acts.reading_of(page, "done")  # relay and worker found their way back too
    other.reload()
    expect(other.get_by_role("heading", level=1)).to_have_text(el("Protocol book"))


def test_a_worker_killed_in_mid_reading_leaves_a_job_that_another_finishes(
    desk: Desk, running: Running
) -> None:
    page = desk.page("clerk")
    scan = acts.as_file("πολυσέλιδο.pdf", papers.long_scan(4))
    last = running.ask("SELECT coalesce(max(id), 0) FROM jobs")
    acts.register(page, scan, subject="Πολυσέλιδο που διακόπηκε")
    pages = re.compile(el("Page {page} of {total}").format(page="[1-3]", total="4"))
    expect(page.locator("#files")).to_contain_text(pages, timeout=acts.SLOW)
    running.kill("worker")
    expect(page.locator("#files")).to_contain_text(pages)  # nobody reads on
    running.start("worker")
    acts.reading_of(page, "done")
    # A long file is read in slices, each a job: the one that was in the worker's hands came again.
    attempts = f"SELECT max(attempts) FROM jobs WHERE task = 'documents.read' AND id > {last}"
    assert running.ask(attempts) == 2, f"the lease of {LEASE} s was to end"
    states = running.ask("SELECT count(*) FROM jobs WHERE state IN ('failed', 'running')")
    assert states == 0
