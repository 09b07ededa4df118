"""One letter goes the whole way: received, read, charged, answered, signed, sent, verified, proved.

The parts of the story are fixtures, each done once in the browser; here is what came of them.
"""

import re
import subprocess
import sys
from pathlib import Path

import httpx
from playwright.sync_api import Page, expect

from signing.report import Kind
from tests.e2e import acts
from tests.e2e.axe import assert_accessible
from tests.e2e.desk import Desk, Paper, el, fetched, labelled, press, word
from tests.e2e.running import Running
from tests.e2e.story import SENDER, SUBJECT, Issued, Registered
from tests.stack import wait_until

NOT_SOUND = "The trail is NOT sound. What was found stands below."


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
    address, *_ = sorted(registered.receipt.codes, key=len)  # a longer one holds the proof
    assert registered.label.codes == [f"{address}#L"]  # a label begins a new document in a batch
    assert address.startswith(f"{running.url}/verify/")
    page = desk.visitor()
    page.goto(address)
    expect(page.get_by_text(el("The document stands in our register"))).to_be_visible()
    expect(page.get_by_text(registered.place.label, exact=True)).to_be_visible()
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
    page.get_by_role("search").get_by_role("combobox").fill("τηρουμενα στοιχεια δημοτολογιο")
    press(page, "Search")
    found = page.get_by_role("row").filter(has_text=SUBJECT)
    expect(found.get_by_role("link", name=registered.place.label, exact=True)).to_be_visible()
    expect(found.locator("mark").first).to_be_visible()


def test_the_head_marks_and_charges_and_the_engineer_has_it_in_his_work(
    desk: Desk, registered: Registered, draft: str
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
    report = running.judge(collected.data)
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
    report = running.judge(original.data)
    assert report.verdict == "valid", report
    # An archive timestamp may stand behind them: the document is brought to B-LTA.
    persons = [one for one in report.signatures if one.kind == Kind.SIGNATURE]
    signers = [one.signer or "" for one in persons]
    for name, signer in zip(("Βλάχου", "Αλεξίου", "Παπαδόπουλος"), signers, strict=True):
        assert name in signer
    times = [one.time for one in persons if one.time]
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
    expect(page.get_by_text(issued.place.label, exact=True)).to_be_visible()
    assert_accessible(page)


def test_a_stranger_verifies_the_file_and_a_changed_copy_is_found_out(
    desk: Desk, issued: Issued, collected: Paper
) -> None:
    page = desk.visitor()
    _check_file(page, collected.data)
    expect(page.get_by_text(el("The document is genuine"))).to_be_visible()
    expect(page.get_by_text(issued.place.label, exact=True)).to_be_visible()
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


def test_whoever_has_the_small_file_shows_that_the_entry_stood_in_the_log(
    desk: Desk, running: Running, registered: Registered, tmp_path: Path
) -> None:
    _all_chained(running)
    wait_until(
        lambda: running.ask("SELECT count(*) FROM audit_checkpoints") > 0, what="a head", seconds=30
    )
    page = desk.page("clerk")
    page.goto(registered.place.path)
    with page.expect_download() as started:
        page.get_by_role("link", name=el("Proof of registration")).click()
    proof = tmp_path / "entry.tlog-proof"
    started.value.save_as(proof)
    key = httpx.get(f"{running.url}/log/paradeigma/key").text.strip()
    program = tmp_path / "check_proof.py"
    program.write_text(httpx.get(f"{running.url}/log/check_proof.py").text)
    command = [sys.executable, "-I", program, proof, "--key", key]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Entry {registered.place.label}" in done.stdout


def test_the_browser_checks_the_proof_on_the_paper_and_sends_nothing(
    desk: Desk, running: Running, registered: Registered
) -> None:
    """A telephone opens the large QR code of the receipt; somebody else's number holds nothing."""
    _all_chained(running)
    page = desk.page("clerk")
    code = max(fetched(page, f"{registered.place.path}/receipt.pdf").codes, key=len)
    assert code.startswith(f"{running.url}/log/check#")
    page = desk.visitor()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.goto(code)
    expect(page.get_by_text(el("The proof holds"), exact=True)).to_be_visible()
    expect(page.locator('[data-fact="number"]')).to_have_text(registered.place.label)
    labelled(page, "Or the text of the receipt’s large QR code").fill(f"{code[:-2]}99")
    press(page, "Check the proof")
    expect(page.get_by_text(el("The proof does not hold"), exact=True)).to_be_visible()
    assert set(sent) == {"GET"}
    assert_accessible(page)


def test_the_auditor_proves_the_trail_and_whoever_alters_a_row_is_found(
    desk: Desk, running: Running, collected: Paper
) -> None:
    _all_chained(running)
    sound = running.docflow("audit", "verify", "--json")
    assert (sound.code, sound.document["sound"]) == (0, True), sound
    page = desk.page("auditor")
    page.goto("/audit")
    press(page, "Check the whole trail")
    expect(page.locator("#log")).to_be_visible()
    expect(page.get_by_text(el(NOT_SOUND))).to_have_count(0)
    victim = running.ask("SELECT max(id) FROM audit_events WHERE action = 'charge.accepted'")
    name = running.ask("SELECT actor_name FROM audit_events WHERE id = %(id)s", id=victim)
    _alter(running, victim, "Κάποιος Άλλος")
    try:
        altered = running.docflow("audit", "verify", "--json")
        assert altered.code == 1, altered
        assert victim in {finding["event_id"] for finding in altered.document["findings"]}
        page.goto("/audit")
        press(page, "Check the whole trail")
        expect(page.get_by_text(el(NOT_SOUND))).to_be_visible()
        expect(page.get_by_role("cell", name=str(victim), exact=True)).to_be_visible()
        assert_accessible(page)
    finally:
        _alter(running, victim, name)


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
