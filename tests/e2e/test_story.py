"""One letter goes the whole way: received, read, charged, answered, signed, sent, verified, proved.

Each fixture is a part of the story, done once in the browser; the tests look at what came of it.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

import signing
from tests.e2e import acts
from tests.e2e.acts import Place
from tests.e2e.axe import assert_accessible
from tests.e2e.desk import Desk, Keys, Paper, el, fetched, labelled, press, word
from tests.e2e.running import Running
from tests.stack import wait_until

SENDER = "Αγγελική Λεμού"
EMAIL = "aggeliki@example.gr"
SUBJECT = "Αίτηση χορήγησης πιστοποιητικού"


@dataclass(frozen=True)
class Registered:
    """What the clerk holds in his hands."""

    place: Place
    receipt: Paper
    label: Paper


@pytest.fixture(scope="module")
def registered(whole_desk: Desk) -> Registered:
    """The clerk registers a scan, from the login to the papers, and never touches the mouse."""
    page = whole_desk.visitor()
    keys = Keys(page)
    page.goto("/login")
    keys.fill("User name", "clerk")
    keys.fill("Password", "καλημέρα-27")
    keys.press("Enter")
    expect(page).to_have_url(re.compile("/register$"))
    expect(labelled(page, "Sender")).to_be_focused()
    keys.write(SENDER)
    keys.fill("Subject", SUBJECT)
    keys.fill("Sender’s number", "ΔΥ")  # and a mistake, put right below
    keys.press("Backspace")
    keys.write("77/β")
    keys.fill("Date of document", "18/03/2025")
    keys.fill("Attachments", "1")
    keys.to(labelled(page, "Files"))
    with page.expect_file_chooser() as choosing:
        keys.press("Space")
    choosing.value.set_files(acts.SCAN)
    keys.to(page.locator("summary", has_text=el("More about sender, delivery and book")))
    keys.press("Enter")
    keys.fill("Sender’s e-mail", EMAIL)
    keys.press("Control+Enter")
    place = acts.shown_entry(page)
    papers = []
    for shortcut in ("Alt+p", "Alt+l"):
        with page.expect_popup() as opening:
            keys.press(shortcut)
        papers.append(opening.value)
    receipt, label = (fetched(page, paper.url) for paper in papers)
    return Registered(place, receipt, label)


@pytest.fixture(scope="module")
def charged(whole_desk: Desk, running: Running, registered: Registered) -> Page:
    """The head of the registry finds the entry in his work and charges it to the engineer."""
    page = whole_desk.page("secretary")
    page.goto("/work?basket=to-charge")
    expect(page.get_by_role("link", name=registered.place.label, exact=True)).to_be_visible()
    return acts.charge(
        whole_desk, registered.place, unit="ΟΔΟΠ", person="engineer", town=running.town
    )


@pytest.fixture(scope="module")
def draft(whole_desk: Desk, registered: Registered, charged: Page) -> str:
    """The engineer accepts, answers, and sends the answer to be signed; the path of the draft."""
    page = acts.accept(whole_desk, registered.place, person="engineer")
    path = acts.begin_answer(page, text="Σας χορηγούμε το πιστοποιητικό.", email=EMAIL)
    acts.circulate(page, last="mayor")
    return path


@dataclass(frozen=True)
class Issued:
    """The outgoing document and the mail that tells of it."""

    place: Place
    link: str
    code: str


@pytest.fixture(scope="module")
def issued(whole_desk: Desk, running: Running, registered: Registered, draft: str) -> Issued:
    """All sign; the number is given, the document sealed, the recipient told."""
    place = acts.issued_entry(acts.sign_all(whole_desk, draft))
    wait_until(lambda: _mails(running, place), what="the notice", seconds=60)
    text = _mails(running, place)[0]
    link, code = re.search(r"http://\S+/pickup/\S+", text), re.search(r"\b\d{8}\b", text)
    assert link, text
    assert code, text
    return Issued(place, link[0], code[0])


def _mails(running: Running, place: Place) -> list[str]:
    texts = [message.get_content() for message in running.smtp.messages]
    return [text for text in texts if place.label in text]


@pytest.fixture(scope="module")
def collected(whole_desk: Desk, issued: Issued) -> Paper:
    """The citizen opens the link, types a wrong code, then the right one, and gets the document."""
    page = whole_desk.visitor()
    page.goto(issued.link)
    expect(page.get_by_text(issued.place.label)).to_be_visible()
    code = labelled(page, "Code from the message")
    code.fill("00000000" if issued.code != "00000000" else "11111111")
    press(page, "Get the document")
    expect(page.get_by_role("alert")).to_contain_text(
        el("The code is not right. Type the eight digits from the message.")
    )
    assert_accessible(page)
    code.fill(issued.code)
    with page.expect_download() as downloading:
        press(page, "Get the document")
    return Paper(downloading.value.path().read_bytes())


def test_a_clerk_registers_by_keyboard_alone_and_gets_number_receipt_and_label(
    desk: Desk, registered: Registered
) -> None:
    assert re.fullmatch(r"\d+/20\d\d", registered.place.label)
    text = registered.receipt.text
    for said in (registered.place.label, SENDER, SUBJECT, "77/β", "18/03/2025", "Δήμος"):
        assert said in text, f"{said} is not on the receipt:\n{text}"
    assert registered.place.label in registered.label.text


def test_the_code_on_label_and_receipt_leads_to_the_verification_page(
    desk: Desk, running: Running, registered: Registered
) -> None:
    [address] = registered.label.codes
    assert registered.receipt.codes == [address]
    assert address.startswith(f"{running.url}/verify/")
    page = desk.visitor()
    page.goto(address)
    expect(page.get_by_text(el("The document stands in our register"))).to_be_visible()
    expect(page.get_by_text(registered.place.label)).to_be_visible()
    assert SENDER not in page.content()


def test_the_page_of_the_entry_follows_the_reading_by_itself(
    desk: Desk, registered: Registered
) -> None:
    page = desk.page("clerk")
    page.goto(registered.place.path)
    acts.reading_of(page, "done")
    expect(page.locator("#files")).to_contain_text("%")
    page.locator("#files").get_by_role("link", name=el("Text"), exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("ΟΙΚΟΓΕΝΕΙΑΚΗΣ")


def test_the_scan_stays_as_it_came_and_has_a_searchable_copy(
    desk: Desk, registered: Registered
) -> None:
    page = desk.page("clerk")
    page.goto(registered.place.path)
    acts.reading_of(page, "done")
    original = fetched(page, f"{registered.place.path}/files/1?download=1")
    assert original.data == acts.SCAN.read_bytes()
    copy = fetched(page, f"{registered.place.path}/files/1?rendition=searchable")
    assert "ΠΙΣΤΟΠΟΙΗΤΙΚΟ" in copy.text
    assert "ΠΙΣΤΟΠΟΙΗΤΙΚΟ" not in original.text
    # The same copy is drawn in the page, with its text over the picture
    layer = page.locator(".textLayer").first
    expect(layer).to_contain_text("ΠΙΣΤΟΠΟΙΗΤΙΚΟ", timeout=acts.SLOW)


def test_words_of_the_scan_are_found_without_accents_and_capitals(
    desk: Desk, registered: Registered
) -> None:
    page = desk.page("clerk")
    page.goto(registered.place.path)
    acts.reading_of(page, "done")
    page.goto("/search")
    page.get_by_role("search").get_by_role("textbox").fill("τηρουμενα στοιχεια δημοτολογιο")
    press(page, "Search")
    found = page.get_by_role("row").filter(has_text=SUBJECT)
    expect(found.get_by_role("link", name=registered.place.label, exact=True)).to_be_visible()
    expect(found.locator("mark").first).to_be_visible()


def test_the_head_marks_and_charges_and_the_engineer_has_it_in_his_work(
    desk: Desk, registered: Registered, charged: Page, draft: str
) -> None:
    page = desk.page("engineer")
    page.goto(registered.place.path)
    main = page.get_by_role("main")
    expect(main.locator(".app-page-head")).to_contain_text(word("priority", "urgent"))
    expect(page.locator("#charges")).to_contain_text("Άννα Βλάχου")
    expect(page.locator("#charges")).to_contain_text("31/12/2027")
    page.goto("/work?basket=mine")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_three_persons_sign_and_the_document_is_issued_under_the_next_number(
    desk: Desk, registered: Registered, issued: Issued
) -> None:
    assert issued.place.label != registered.place.label
    page = desk.page("engineer")
    page.goto(issued.place.path)
    main = page.get_by_role("main")
    expect(main.get_by_text(el("In answer to"))).to_be_visible()
    expect(main.get_by_role("link", name=registered.place.label, exact=True)).to_be_visible()
    page.goto(registered.place.path)
    expect(page.locator(".app-page-head")).to_contain_text(word("handling", "closed"))


def test_the_citizen_gets_the_sealed_document_and_the_register_knows_it(
    desk: Desk, running: Running, issued: Issued, collected: Paper
) -> None:
    assert issued.place.label in collected.text
    assert "Σας χορηγούμε το πιστοποιητικό." in collected.text
    roots = [running.roots.read_bytes()]
    # The browser's loop runs in this thread, and the validation brings its own
    with ThreadPoolExecutor(1) as another:
        report = another.submit(signing.validate, collected.data, trust_roots=roots).result()
    assert (report.verdict, report.integrity) == ("valid", "intact"), report
    page = desk.page("engineer")
    page.goto(issued.place.path)
    expect(page.locator("#deliveries")).to_contain_text(word("delivery", "picked-up"))
    for act in ("pickup.refused", "pickup.collected"):
        expect(page.locator("#history")).to_contain_text(word("act", act))


def test_the_signed_original_carries_three_signatures_in_their_order(
    desk: Desk, running: Running, issued: Issued
) -> None:
    page = desk.page("engineer")
    page.goto(issued.place.path)
    original = fetched(page, f"{issued.place.path}/files/2")
    with ThreadPoolExecutor(1) as another:
        report = another.submit(
            signing.validate, original.data, trust_roots=[running.roots.read_bytes()]
        ).result()
    assert report.verdict == "valid", report
    signers = [one.signer or "" for one in report.signatures]
    assert [name for name in ("Βλάχου", "Αλεξίου", "Παπαδόπουλος")] == [
        next(name for name in ("Βλάχου", "Αλεξίου", "Παπαδόπουλος") if name in signer)
        for signer in signers
    ]
    times = [one.time for one in report.signatures if one.time]
    assert len(times) == 3
    assert times == sorted(times)


def test_a_stranger_verifies_by_the_code_on_the_paper(
    desk: Desk, issued: Issued, collected: Paper
) -> None:
    page = desk.visitor()
    [address] = collected.codes
    code = address.rpartition("/")[2]
    page.goto("/verify")
    labelled(page, "Verification code").fill(code.lower())
    press(page, "Check the code")
    expect(page.get_by_text(el("The document stands in our register"))).to_be_visible()
    expect(page.get_by_text(issued.place.label)).to_be_visible()
    assert_accessible(page)


def test_a_stranger_verifies_the_file_and_a_changed_copy_is_found_out(
    desk: Desk, issued: Issued, collected: Paper
) -> None:
    page = desk.visitor()
    _check_file(page, collected.data)
    expect(page.get_by_text(el("The document is genuine"))).to_be_visible()
    expect(page.get_by_text(issued.place.label)).to_be_visible()
    assert_accessible(page)
    at = collected.data.index(b"stream") + 60
    changed = collected.data[:at] + bytes([collected.data[at] ^ 1]) + collected.data[at + 1 :]
    _check_file(page, changed)
    expect(page.get_by_text(el("The document was changed"))).to_be_visible()
    assert_accessible(page)
    _check_file(page, acts.SCAN.read_bytes())
    expect(page.get_by_text(el("We do not know this document"))).to_be_visible()
    assert_accessible(page)


def _check_file(page: Page, data: bytes) -> None:
    page.goto("/verify")
    chosen = acts.as_file("έγγραφο.pdf", data)
    labelled(page, "Or check the PDF file").set_input_files(chosen)
    press(page, "Check the file")


def test_the_auditor_proves_the_trail_and_whoever_alters_a_row_is_found(
    desk: Desk, running: Running, collected: Paper
) -> None:
    _all_chained(running)
    sound = running.docflow("audit", "verify", "--json")
    assert (sound.code, sound.document["sound"]) == (0, True), sound
    page = desk.page("auditor")
    page.goto("/audit")
    press(page, "Check the whole trail")
    expect(page.get_by_role("status").first).to_be_visible()
    expect(page.get_by_text(el("The trail is NOT sound. What was found first stands below."))).to_have_count(0)
    victim = running.ask("SELECT max(id) FROM audit_events WHERE action = 'charge.accepted'")
    name = running.ask("SELECT actor_name FROM audit_events WHERE id = %(id)s", id=victim)
    _alter(running, victim, "Κάποιος Άλλος")
    try:
        altered = running.docflow("audit", "verify", "--json")
        assert altered.code == 1, altered
        assert victim in {finding["event_id"] for finding in altered.document["findings"]}
        page.goto("/audit?check=1")
        expect(
            page.get_by_text(el("The trail is NOT sound. What was found first stands below."))
        ).to_be_visible()
        expect(page.get_by_role("cell", name=str(victim), exact=True)).to_be_visible()
        assert_accessible(page)
    finally:
        _alter(running, victim, name)
    assert running.docflow("audit", "verify", "--json").code == 0


def _all_chained(running: Running) -> None:
    wait_until(
        lambda: running.ask("SELECT count(*) FROM audit_pending") == 0, what="the chain", seconds=30
    )


def _alter(running: Running, event_id: int, name: str) -> None:
    """Change a written event as only the superuser can, past every guard."""
    with running.superuser() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE audit_events SET actor_name = %s WHERE id = %s", (name, event_id)
        )
