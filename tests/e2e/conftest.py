"""One installation and one browser for all stories, in one worker of the test run.

The parts of the main story are fixtures here: each is done once, in the browser, by the first test
that needs it, and looked at by many.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, TimeoutError, expect, sync_playwright

from tests import factories
from tests.e2e import acts
from tests.e2e.acts import Place
from tests.e2e.axe import assert_accessible
from tests.e2e.desk import Desk, Keys, Paper, Watch, el, fetched, labelled, press
from tests.e2e.running import Running, run
from tests.e2e.story import EMAIL, SENDER, SUBJECT, Issued, Registered
from tests.stack import wait_until

HERE = Path(__file__).parent


def pytest_itemcollected(item: pytest.Item) -> None:
    """Each may wait for the start of everything, and for what it tells of."""
    if HERE in item.path.parents:
        item.add_marker(pytest.mark.timeout(420))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One after the other, in whatever order: the installation ends with the last.

    `make test` runs them apart from the other tests, each file in one process.
    """
    items.sort(key=lambda item: HERE in item.path.parents)


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The installation: servers, processes, municipality."""
    with ExitStack() as stack_of_servers:
        yield run(tmp_path_factory.mktemp("e2e"), stack_of_servers)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. It ends with this package: its loop would be in the way of other tests."""
    expect.set_options(timeout=20_000)  # the machine may be busy with other tests
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def whole_desk(running: Running, browser: Browser) -> Desk:
    """The windows, for steps of a story that several tests look at."""
    return Desk(browser, running.url, Watch())


@pytest.fixture(autouse=True)
def desk(whole_desk: Desk) -> Iterator[Desk]:
    """The windows of one test: closed after it, and nothing may have gone wrong in any of them."""
    yield whole_desk
    whole_desk.close_pages()
    problems = whole_desk.watch.taken()
    assert not problems, "\n".join(problems)


def choose(page: Page, keys: Keys, file: Path) -> None:
    """Open the focused file button by keyboard and choose the file.

    Chromium opens the chooser only for the window in front that has just heard a key; on a busy
    machine the key may come before that, so it is pressed once more.
    """
    for patience in (5_000, 5_000, 30_000):
        page.bring_to_front()
        keys.to(labelled(page, "Files"))
        try:
            with page.expect_file_chooser(timeout=patience) as choosing:
                keys.press("Space")
        except TimeoutError:
            if patience == 30_000:
                raise
        else:
            choosing.value.set_files(file)
            return


# --- the main story -------------------------------------------------------------------------


@pytest.fixture(scope="package")
def registered(whole_desk: Desk) -> Registered:
    """The clerk registers a scan, from the login to the papers, and never touches the mouse."""
    page = whole_desk.visitor()
    keys = Keys(page)
    page.goto("/login")
    keys.fill("User name", "clerk")
    keys.fill("Password", factories.PASSWORD)
    keys.press("Enter")
    expect(page).to_have_url(re.compile("/register$"))
    expect(labelled(page, "Sender")).to_be_focused()
    keys.write(SENDER)
    keys.fill("Subject", SUBJECT)
    keys.fill("Sender’s number", "ΔΥ 77/β")
    keys.fill("Date of document", "18/03/2025")
    keys.fill("Attachments", "1")
    keys.to(labelled(page, "Files"))
    choose(page, keys, acts.SCAN)
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


@pytest.fixture(scope="package")
def charged(whole_desk: Desk, running: Running, registered: Registered) -> None:
    """The head of the registry finds the entry in his work and charges it to the engineer."""
    page = whole_desk.page("secretary")
    page.goto("/work?basket=to-charge")
    expect(page.get_by_role("link", name=registered.place.label, exact=True)).to_be_visible()
    acts.charge(whole_desk, registered.place, unit="ΟΔΟΠ", person="engineer", town=running.town)


@pytest.fixture(scope="package")
def draft(whole_desk: Desk, registered: Registered, charged: None) -> str:
    """The engineer accepts, answers, and sends the answer to be signed; the path of the draft."""
    page = acts.accept(whole_desk, registered.place, person="engineer")
    path = acts.begin_answer(page, text="Σας χορηγούμε το πιστοποιητικό.", email=EMAIL)
    acts.circulate(page, last="mayor")
    return path


@pytest.fixture(scope="package")
def issued(whole_desk: Desk, running: Running, registered: Registered, draft: str) -> Issued:
    """All sign; the number is given, the document sealed, the recipient told."""
    place = acts.issued_entry(acts.sign_all(whole_desk, draft))
    wait_until(lambda: bool(_mails(running, place)), what="the notice", seconds=60)
    text = _mails(running, place)[0]
    link, code = re.search(r"http://\S+/pickup/\S+", text), re.search(r"\b\d{8}\b", text)
    assert link, text
    assert code, text
    return Issued(place, link[0], code[0])


def _mails(running: Running, place: Place) -> list[str]:
    texts = [message.get_content() for message in running.smtp.messages]
    return [text for text in texts if re.search(rf"(?<!\d){place.label}(?!\d)", text)]


@pytest.fixture(scope="package")
def collected(whole_desk: Desk, issued: Issued) -> Paper:
    """The citizen opens the link, types a wrong code, then the right one, and gets the document."""
    page = whole_desk.visitor()
    page.goto(issued.link)
    expect(page.get_by_text(issued.place.label, exact=True)).to_be_visible()
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
