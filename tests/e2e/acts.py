"""What people do in the pages, one function an act: the stories are made of these."""

import re
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from playwright.sync_api import FilePayload, Page, expect

from tests import factories
from tests.e2e.desk import Desk, el, labelled, press, word

SLOW = 120_000  # milliseconds: what a worker does may wait for others on a busy machine
PAGES = Path(__file__).parent.parent / "data" / "pages"
_copies = count(1)
SCAN = PAGES / "13-ell-letter-mono300.pdf"  # a Greek certificate, scanned in black and white


@dataclass(frozen=True)
class Place:
    """An entry as a person finds it: the path of its page, and its number."""

    path: str
    label: str


def shown_entry(page: Page) -> Place:
    """The entry whose page is open."""
    expect(page).to_have_url(re.compile(r"/entries/\w+/\d+/\d+"))
    path = "/entries/" + page.url.partition("/entries/")[2].partition("?")[0]
    year, number = path.split("/")[-2:]
    return Place(path, f"{number}/{year}")


def another_scan() -> FilePayload:
    """The scan once more, with other bytes: the register knows the same ones again."""
    data = SCAN.read_bytes() + b"%% copy %d\n" % next(_copies)
    return as_file(SCAN.name, data)


def fill_in(
    page: Page,
    *files: Path | FilePayload,
    subject: str,
    sender: str = "Σύλλογος Κατοίκων Άνω Πόλης",
) -> None:
    """Open the form of the registry and fill it in."""
    page.goto("/register")
    labelled(page, "Sender").fill(sender)
    labelled(page, "Subject").fill(subject)
    if files:
        labelled(page, "Files").set_input_files(list(files))  # type: ignore[arg-type]


def register(page: Page, *files: Path | FilePayload, subject: str) -> Place:
    """Register a letter; the page of its entry is open afterwards."""
    fill_in(page, *files, subject=subject)
    press(page, "Register")
    return shown_entry(page)


def as_file(name: str, data: bytes, media_type: str = "application/pdf") -> FilePayload:
    """Bytes that are chosen as a file of that name."""
    return {"name": name, "mimeType": media_type, "buffer": data}


def reading_of(page: Page, code: str) -> None:
    """Wait until the first file of the open entry shows that state, without loading it anew."""
    expect(page.locator("#files .govuk-tag").first).to_have_text(
        word("reading", code), timeout=SLOW
    )


def charge(desk: Desk, place: Place, *, unit: str, person: str, town: factories.Town) -> Page:
    """The head of the registry marks the entry as urgent and charges it."""
    page = desk.page("secretary")
    page.goto(place.path)
    page.get_by_text(el("Mark and charge")).click()
    target = labelled(page, "For action to")
    target.select_option(f"{town.units[unit]}:{town.users[person]}")
    labelled(page, "Priority").select_option("urgent")
    labelled(page, "Deadline").fill("31/12/2027")
    labelled(page, "Instructions").fill("Παρακαλώ για τις δικές σας ενέργειες.")
    press(page, "Charge")
    expect(page.get_by_text(el("The entry was charged."))).to_be_visible()
    return page


def accept(desk: Desk, place: Place, *, person: str) -> Page:
    """The person who was charged takes the work over."""
    page = desk.page(person)
    page.goto(place.path)
    press(page, "Accept")
    expect(page.get_by_text(el("You accepted the entry. It is now in your work."))).to_be_visible()
    return page


def begin_answer(page: Page, *, text: str, email: str, own: FilePayload | None = None) -> str:
    """From the page of the entry to a saved draft; its path."""
    page.get_by_role("button", name=el("Write the answer"), exact=True).click()
    if own is None:
        labelled(page, "Text").fill(text)
    else:
        labelled(page, "Own PDF in place of the letter").set_input_files(own)
    labelled(page, "E-mail").fill(email)
    labelled(page, "Goes by").select_option("pickup")
    press(page, "Save the draft")
    expect(page).to_have_url(re.compile(r"/drafts/\d+(\?|$)"))
    return "/drafts/" + page.url.partition("/drafts/")[2].partition("?")[0]


def circulate(page: Page, *, last: str) -> None:
    """From the page of the draft: send it to be signed, last by that person."""
    final = labelled(page, "Signs last")
    value = final.locator("option", has_text=factories.PEOPLE[last][0]).get_attribute("value")
    final.select_option(value)
    press(page, "Send to be signed")
    expect(page.get_by_text(el("The draft is on its way to be signed."))).to_be_visible()


def sign(desk: Desk, draft: str, *, person: str, password: str = factories.KEY_PASSWORD) -> Page:
    """Open the draft and sign; the page says what came of it."""
    page = desk.page(person)
    page.goto(draft)
    labelled(page, "Password of your signing key").fill(password)
    page.locator("form[action$='/sign'] button").click()  # Sign, or Countersign
    return page


def sign_all(desk: Desk, draft: str) -> Page:
    """All three sign, in their order; the page of the last one."""
    for person in ("engineer", "director", "mayor"):
        page = sign(desk, draft, person=person)
        expect(page.get_by_text(el("You signed the document."))).to_be_visible(timeout=SLOW)
    return page


def issued_entry(page: Page) -> Place:
    """From the page of the signed draft, which tells by itself when the number is there."""
    link = page.get_by_role("link", name=el("Open the outgoing entry"))
    expect(link).to_be_visible(timeout=SLOW)
    link.click()
    return shown_entry(page)
