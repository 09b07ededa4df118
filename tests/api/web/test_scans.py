"""The pages of scans: send a batch, see it split, decide about what waits; papers of an entry."""

from collections.abc import Callable

import pytest

from docflow import registry, scans
from tests.api.browsing import Browser, letter, words
from tests.api.conftest import House
from tests.docflow.scans.sheets import Sheet, batch, label

Browsing = Callable[..., Browser]


def send(browser: Browser, data: bytes, name: str = "δέσμη.pdf") -> str:
    """The address of the batch."""
    answer = browser.post("/scans", files={"files": (name, data, "application/pdf")})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


def settle(house: House) -> None:
    for _ in range(3):
        house.run_jobs()


def entry_at(house: House, address: str) -> registry.Entry:
    with house.office.db.read() as session:
        return session.get_one(registry.Entry, house.entry_id(address))


def waiting(house: House, place: str) -> int:
    """The first document of a batch that waits."""
    with house.office.db.read() as session:
        by = house.town.person(session, "clerk")
        batch_id = int(place.rpartition("/")[2])
        found = scans.queries.documents(session, batch_id, by=by)
        return next(one.id for one in found if one.state == "review")


@pytest.mark.parametrize("language", ["el", "en"])
def test_a_batch_is_sent_split_and_shown(browsing: Browsing, house: House, language: str) -> None:
    clerk = browsing("clerk", language=language)
    address = house.register()
    code = label(entry_at(house, address))
    place = send(clerk, batch(Sheet(f"α {language}", (code,)), Sheet(blank=True)))
    assert 'hx-trigger="every 2s"' in clerk.get(place).text
    settle(house)
    page = clerk.get(place)
    assert "every 2s" not in page.text
    assert f'href="{address}"' in page.text
    assert {"el": "Λευκό φύλλο", "en": "Blank sheet"}[language] in words(page)
    assert clerk.get("/scans").status_code == 200
    picture = clerk.get(f"{place}/pages/1.jpg?dpi=40")
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.content.startswith(b"\xff\xd8")
    assert "scan-" in words(clerk.get(address)) or "sarosi-" in words(clerk.get(address))


def test_the_same_file_again_leads_to_its_batch(clerk: Browser, house: House) -> None:
    data = batch(Sheet("ίδιο"))
    place = send(clerk, data)
    again = clerk.post("/scans", files={"files": ("β.pdf", data, "application/pdf")})
    assert again.headers["location"] == f"{place}?done=scan-known"


def test_the_queue_shows_what_waits_and_takes_decisions(clerk: Browser, house: House) -> None:
    address = house.register()
    place = send(clerk, batch(Sheet("χωρίς ετικέτα 1"), Sheet("δύο"), Sheet("τρία")))
    settle(house)
    document_id = waiting(house, place)
    act = f"/scans/documents/{document_id}"
    page = clerk.get("/scans/review")
    assert "No label: which entry is it?" in words(page)
    assert f"{place}/pages/1.jpg" in page.text
    for name, form in (("turn", {"page": "2"}), ("split", {"page": "3"})):
        answer = clerk.post(f"{act}/{name}", data={**form, "back": "batch"})
        assert answer.headers["location"] == f"{place}?done=scan-decided"
    number, year = address.split("/")[-1], address.split("/")[-2]
    wrong = clerk.post(f"{act}/attach", data={"number": "999999/1999"})
    assert wrong.status_code == 422
    assert "999999/1999" in words(wrong)
    nonsense = clerk.post(f"{act}/attach", data={"number": "abc"})
    assert nonsense.status_code == 422
    answer = clerk.post(f"{act}/attach", data={"number": f"{number}/{year}"})
    assert answer.status_code == 303
    settle(house)
    assert f'href="{address}"' in clerk.get(place).text
    discarding = f"/scans/documents/{waiting(house, place)}/discard"
    assert clerk.post(discarding, data={"reason": ""}).status_code == 422
    assert clerk.post(discarding, data={"reason": "Διαφημιστικό"}).status_code == 303
    assert "Διαφημιστικό" in words(clerk.get(place))


def test_a_scan_without_a_number_is_registered_with_the_usual_form(
    clerk: Browser, house: House
) -> None:
    place = send(clerk, batch(Sheet("νέο έγγραφο")))
    settle(house)
    answer = clerk.get(f"/scans/documents/{waiting(house, place)}/register")
    assert answer.status_code == 303
    form = clerk.get(answer.headers["location"])
    assert form.status_code == 200
    note = form.text.partition('name="kept" value="')[2].partition('"')[0]
    assert note
    done = clerk.post("/register", data={**letter(subject="Από σάρωση"), "kept": note})
    assert done.status_code == 303, done.text
    address = done.headers["location"].partition("?")[0]
    assert f'href="{address}"' in clerk.get(place).text


def test_a_sheet_set_aside_comes_back(clerk: Browser, house: House) -> None:
    place = send(clerk, batch(Sheet("με λευκό"), Sheet(blank=True)))
    settle(house)
    answer = clerk.post(f"{place}/pages/2/take-in")
    assert answer.status_code == 303
    assert "Blank sheet" not in words(clerk.get(place))


@pytest.mark.parametrize("username", ["engineer", "auditor", "administrator"])
def test_scans_are_the_registrys(browsing: Browsing, house: House, username: str) -> None:
    place = send(browsing("clerk"), batch(Sheet(f"για {username}")))
    other = browsing(username)
    for address in ("/scans", "/scans/review", place, f"{place}/original", f"{place}/pages/1.jpg"):
        assert other.get(address).status_code in (403, 404), address
    assert "/scans" not in other.get("/me").text


def test_a_private_batch_is_seen_by_its_owner_alone(browsing: Browsing, house: House) -> None:
    owner = browsing("confidant")
    place = send(owner, batch(Sheet("εμπιστευτικό")))
    assert owner.get(place).status_code == 200
    assert browsing("clerk").get(place).status_code == 404


def test_nothing_chosen_is_said_at_the_field(clerk: Browser) -> None:
    answer = clerk.post("/scans", data={"is_private": ""})
    assert answer.status_code == 422
    assert "Choose at least one file." in words(answer)


def test_a_batch_too_large_is_said_at_the_field(
    clerk: Browser, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(house.office.settings.__dict__, "max_scan_mb", 0)
    answer = clerk.post("/scans", files={"files": ("α.pdf", b"%PDF-1.4 xx", "application/pdf")})
    assert answer.status_code == 413
    assert "in parts" in words(answer)


def test_separator_sheets_are_printed(clerk: Browser) -> None:
    answer = clerk.get("/scans/separator.pdf?copies=3")
    assert answer.content.startswith(b"%PDF")
    assert clerk.get("/scans/separator.pdf?copies=101").status_code == 404


def test_scanners_are_offered_apart(clerk: Browser) -> None:
    answer = clerk.get("/scans/devices")
    assert answer.status_code == 200
    assert "scanner" in words(answer).lower()
    refused = clerk.post("/scans/scanner", data={"device": "nowhere:0"})
    assert refused.status_code == 422


def test_the_original_of_a_batch_is_downloaded_byte_for_byte(clerk: Browser) -> None:
    data = batch(Sheet("πρωτότυπο"))
    place = send(clerk, data)
    answer = clerk.get(f"{place}/original")
    assert answer.content == data
    assert answer.headers["content-disposition"].startswith("attachment")


def test_the_receipt_is_mailed_from_the_page(clerk: Browser, house: House) -> None:
    address = house.register()
    form = {"email": "politis@example.gr"}
    assert clerk.post(f"{address}/mail-receipt", data=form).status_code == 303
    again = clerk.post(f"{address}/mail-receipt", data=form)
    assert again.status_code == 409
    assert "already" in words(again)
    settle(house)
    page = words(clerk.get(address))
    assert "Receipt to politis@example.gr" in page
    assert "Receipt sent by e-mail" in page
    wrong = clerk.post(f"{address}/mail-receipt", data={"email": "όχι"})
    assert wrong.status_code == 422


def test_a_stamped_copy_and_labels_are_printed_from_the_page(clerk: Browser, house: House) -> None:
    address = house.register((batch(Sheet("για σφραγίδα")), "α.pdf"))
    assert clerk.get(f"{address}/files/1/stamped.pdf").content.startswith(b"%PDF")
    assert clerk.get(f"{address}/files/1/stamped.pdf?corner=bottom-left").status_code == 200
    assert clerk.get(f"{address}/files/9/stamped.pdf").status_code == 404
    assert clerk.get(f"{address}/label.pdf?size=a4-4x10&first=40").status_code == 200
    assert clerk.get(f"{address}/label.pdf?size=a4-3x8&first=40").status_code == 422
    assert clerk.get(f"{address}/label.pdf").status_code == 200
    assert 'value="a4-4x10" selected' in clerk.get(address).text
    assert "again" in words(clerk.get(address))


def test_the_receipt_goes_out_by_itself_where_the_installation_wants_it(
    clerk: Browser, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(house.office.settings.__dict__, "mail_receipts", True)
    form = letter(subject="Με αυτόματο αποδεικτικό", sender_email="politis.a@example.gr")
    address = clerk.post("/register", data=form).headers["location"].partition("?")[0]
    settle(house)
    assert "Receipt to politis.a@example.gr" in words(clerk.get(address))


def test_the_depositor_stands_on_the_receipt(clerk: Browser, house: House) -> None:
    form = letter(subject="Με καταθέτη", depositor="Ευφροσύνη Ξενάκη")
    address = clerk.post("/register", data=form).headers["location"].partition("?")[0]
    with house.office.db.read() as session:
        assert registry.depositor(session, house.entry_id(address)) == "Ευφροσύνη Ξενάκη"


def test_a_sheet_with_two_labels_says_whose_they_are(clerk: Browser, house: House) -> None:
    first, second = house.register(), house.register(secret=True)
    third = house.register()
    codes = tuple(label(entry_at(house, address)) for address in (first, third))
    place = send(clerk, batch(Sheet("δύο ετικέτες", codes)))
    settle(house)
    page = clerk.get(place)
    told = page.text.partition("Labels of:")[2].partition("</p>")[0]
    assert f'href="{first}"' in told
    assert f'href="{third}"' in told
    hidden = (label(entry_at(house, first)), label(entry_at(house, second)))
    place = send(clerk, batch(Sheet("μία κρυφή", hidden)))
    settle(house)
    told = clerk.get(place).text.partition("Labels of:")[2].partition("</p>")[0]
    assert f'href="{first}"' in told
    assert second not in told
