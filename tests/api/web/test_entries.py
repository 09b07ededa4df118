"""The page of an entry: what each may see and do there, and what happens when it cannot be done."""

import re
from collections.abc import Callable

import pytest

from docflow import __version__
from tests import factories
from tests.api.browsing import Browser, typed, words
from tests.api.conftest import House, Issued

Browsing = Callable[..., Browser]


def _charge(secretary: Browser, house: House, address: str, **changes: str):
    unit, person = house.town.units["ΟΔΟΠ"], house.town.users["engineer"]
    form = {"target": f"{unit}:{person}", "priority": "urgent", "instructions": "Άμεσα"}
    return secretary.post(f"{address}/acts/charge", data={**form, **changes})


@pytest.mark.parametrize("language", ["el", "en"])
def test_an_entry_shows_what_stands_of_it(browsing: Browsing, house: House, language: str):
    address = house.register(subject="Πρόσκληση σε διαβούλευση")
    page = browsing("clerk", language=language).get(address)
    assert page.status_code == 200
    assert f'<html lang="{language}"' in page.text
    assert "Πρόσκληση σε διαβούλευση" in words(page)
    registered = {"el": "Πρωτοκολλήθηκε", "en": "Registered"}[language]
    assert registered in words(page)
    assert "Μαρία Νικολάου" in words(page)
    assert f"Docflow {__version__}" in words(page)


@pytest.mark.parametrize(
    ("act", "told"),
    [
        ("case-file", "Write the code of the case file"),
        ("classify", "Choose the class from the list"),
        ("relate", "Write the number of the entry"),
    ],
)
def test_a_reference_left_empty_is_asked_for(clerk: Browser, house: House, act: str, told: str):
    address = house.register()
    page = clerk.post(f"{address}/acts/{act}", data={"relation": "relates"})
    assert page.status_code == 422
    assert told in words(page)
    assert "“”" not in words(page)


@pytest.mark.parametrize(
    ("username", "status"),
    [
        ("clerk", 200),
        ("secretary", 200),
        ("auditor", 200),
        ("engineer", 404),
        ("lawyer", 404),
        ("mayor", 404),
        ("administrator", 404),
        ("confidant", 404),
    ],
)
def test_an_entry_is_open_to_those_whose_work_it_is(
    browsing: Browsing, house: House, username: str, status: int
):
    address = house.register((b"x", "α.txt"))
    browser = browsing(username)
    for part in ("", "/files", "/files/1", "/files/1/text", "/receipt.pdf", "/label.pdf"):
        assert browser.get(address + part).status_code == status, part


def test_the_confidential_book_shows_nobody_else_so_much_as_its_count(
    browsing: Browsing, house: House
):
    address = house.register(secret=True, subject="Ένορκη διοικητική εξέταση Ωμέγα")
    number = address.split("/")[-1]
    assert browsing("confidant").get(address).status_code == 200
    for username in ("clerk", "secretary", "auditor", "administrator", "mayor"):
        browser = browsing(username)
        assert browser.get(address).status_code == 404
        book = browser.get("/book", params={"book": "empisteftiko"})
        assert "0 entries" in words(book)
        assert "Εμπιστευτικό" not in words(book)
        found = browser.get("/search", params={"q": "ωμεγα"})
        assert "0 entries found" in words(found)
        assert browser.get("/search", params={"q": f"{number}/0001"}).status_code == 200
    assert "1 entry found" in words(browsing("confidant").get("/search", params={"q": "ωμεγα"}))


def test_a_head_marks_and_charges_with_one_press(browsing: Browsing, house: House):
    address = house.register()
    answer = _charge(browsing("secretary"), house, address, due_on="t")
    assert answer.headers["location"] == f"{address}?done=charge"
    page = browsing("engineer").get(address)
    assert "Urgent" in words(page)
    assert "Άμεσα" in words(page)
    assert "Άννα Βλάχου (Τμήμα Οδοποιίας)" in words(page)


def test_the_receiver_accepts_with_one_key_and_answers(browsing: Browsing, house: House):
    address = house.register()
    _charge(browsing("secretary"), house, address)
    engineer = browsing("engineer")
    assert 'data-shortcut="Alt+A"' in engineer.get(address).text
    done = engineer.post(f"{address}/acts/accept")
    page = engineer.get(done.headers["location"])
    assert "You accepted the entry" in words(page)
    assert f'href="{address}/answer"' in page.text


@pytest.mark.parametrize(
    ("act", "form", "told"),
    [
        ("return", {"reason": " "}, "Write the reason"),
        ("file", {"reason": ""}, "Write the reason"),
        ("pass-on", {"target": ""}, "Choose a unit or a person"),
        ("pass-on", {"target": "99999999"}, "no such unit"),
        ("pass-on", {"target": "x:y"}, "Choose a unit or a person"),
        ("inform", {}, "Choose whom to inform"),
    ],
)
def test_an_act_that_lacks_something_comes_back_unfolded(
    browsing: Browsing, house: House, act: str, form: dict[str, str], told: str
):
    address = house.accepted(house.register())
    answer = browsing("engineer").post(f"{address}/acts/{act}", data=form)
    assert answer.status_code == 422
    assert told in words(answer)
    assert re.search(rf'<details [^>]*id="act-{act}" open', answer.text)


def test_what_was_typed_into_an_act_stays(browsing: Browsing, house: House):
    answer = _charge(browsing("secretary"), house, house.register(), due_on="31/02/2026")
    assert answer.status_code == 422
    assert typed(answer, "instructions") == "Άμεσα"
    assert "is not a date" in words(answer)


def test_the_second_who_accepts_is_told_that_somebody_was_faster(browsing: Browsing, house: House):
    address = house.register()
    secretary = browsing("secretary")
    _charge(secretary, house, address, target=str(house.town.units["ΟΔΟΠ"]))
    assert browsing("engineer").post(f"{address}/acts/accept").status_code == 303
    late = browsing("colleague").post(f"{address}/acts/accept")
    assert late.status_code == 409
    assert "somebody was faster" in words(late)


@pytest.mark.parametrize("act", ["charge", "accept", "return", "file", "annul", "reopen"])
def test_whoever_only_reads_does_nothing(browsing: Browsing, house: House, act: str):
    address = house.register()
    form = {"reason": "Α", "target": str(house.town.units["ΟΔΟΠ"])}
    answer = browsing("auditor").post(f"{address}/acts/{act}", data=form)
    assert answer.status_code in (403, 409)
    assert 'id="acts"' not in browsing("auditor").get(address).text


def test_an_act_that_does_not_exist_is_not_found(clerk: Browser, house: House):
    assert clerk.post(f"{house.register()}/acts/burn").status_code == 404


def test_reading_is_asked_for_again_only_while_it_goes_on(clerk: Browser, house: House):
    address = house.register((b"Hello", "α.txt"))
    waiting = clerk.get(f"{address}/files", headers={"HX-Request": "true"})
    assert 'hx-trigger="every 2s"' in waiting.text
    assert "<html" not in waiting.text
    house.run_jobs()
    read = clerk.get(f"{address}/files", headers={"HX-Request": "true"})
    assert "hx-trigger" not in read.text


def test_the_text_of_a_file_is_shown_page_by_page(clerk: Browser, house: House, issued: Issued):
    house.run_jobs()
    text = clerk.get(f"{issued.address}/files/1/text")
    assert "Page 1" in words(text)
    assert "επισκευή" in words(text)


def test_receipt_and_label_are_pdf(clerk: Browser, house: House):
    address = house.register()
    for name in ("receipt.pdf", "receipt.pdf?language=en", "label.pdf", "label.pdf?size=62x29"):
        answer = clerk.get(f"{address}/{name}")
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")
    assert clerk.get(f"{address}/label.pdf?size=huge").status_code == 404
    assert "Receipt made" in words(clerk.get(address))


def test_an_answer_and_its_letter_point_at_each_other(clerk: Browser, issued: Issued):
    main = clerk.get(issued.address).text.split('<main id="main"')[1]
    letter = re.search(r'href="(/entries/koino/\d+/\d+)">\d+/\d+</a>', main).group(1)
    assert f'href="{issued.address}"' in clerk.get(letter).text


def test_a_head_sees_what_waits_to_be_charged(browsing: Browsing, house: House):
    house.register(subject="Καινούργιο για χρέωση")
    page = browsing("secretary").get("/work", params={"basket": "to-charge"})
    assert page.status_code == 200
    assert "To be charged" in words(page)


@pytest.mark.parametrize(
    "basket", ["to-charge", "mine", "unit", "informed", "sent", "overdue", "nonsense"]
)
def test_every_work_list_opens(browsing: Browsing, basket: str):
    assert browsing("secretary").get("/work", params={"basket": basket}).status_code == 200


def test_an_information_is_taken_note_of_from_the_page(browsing: Browsing, house: House):
    address = house.register()
    _charge(browsing("secretary"), house, address, inform=str(house.town.units["ΝΟΜ"]))
    lawyer = browsing("lawyer")
    charge = re.search(r'name="charge_id" value="(\d+)"', lawyer.get(address).text).group(1)
    assert lawyer.post(f"{address}/acts/note", data={"charge_id": charge}).status_code == 303
    assert 'name="charge_id"' not in lawyer.get(address).text


def test_the_book_is_filtered_by_day_state_unit_and_direction(clerk: Browser, house: House):
    house.register(subject="Ορατό σήμερα")
    today = {"first": "t", "last": "t", "state": "new", "direction": "incoming"}
    assert "Ορατό σήμερα" in words(clerk.get("/book", params=today))
    for other in ({"last": "01/01/2020"}, {"direction": "outgoing"}, {"state": "closed"}):
        assert "Ορατό σήμερα" not in words(clerk.get("/book", params={**today, **other}))
    secretariat = house.town.units["ΓΡΑΜ"]
    assert "Ορατό σήμερα" in words(clerk.get("/book", params={**today, "unit": secretariat}))


def test_a_wrong_day_in_the_filter_is_told_of(clerk: Browser):
    answer = clerk.get("/book", params={"first": "κάποτε"})
    assert answer.status_code == 422
    assert "is not a date" in words(answer)


def test_the_book_turns_its_pages(clerk: Browser, house: House):
    with house.office.db.begin() as session:
        for _ in range(51):
            factories.letter(session, house.town)
    first = clerk.get("/book", params={"direction": "incoming"})
    older = re.search(r'rel="next" href="([^"]+)"', first.text).group(1).replace("&amp;", "&")
    second = clerk.get(older)
    labels = re.compile(r'href="(/entries/koino/\d+/\d+)"')
    assert not set(labels.findall(first.text)) & set(labels.findall(second.text))
    assert "direction=incoming" in older


def test_one_number_found_opens_at_once(clerk: Browser, house: House):
    address = house.register()
    _, _, _, year, number = address.split("/")
    found = clerk.get("/search", params={"q": f"{number}/{year}"})
    assert (found.status_code, found.headers["location"]) == (303, address)


def test_a_passage_is_marked_and_never_markup(clerk: Browser, house: House):
    text = "Πριν <b>έντονα</b> η λέξη Κολοκύνθη και μετά".encode()
    house.register((text, "κείμενο.txt"))
    house.run_jobs()
    page = clerk.get("/search", params={"q": "κολοκυνθη"})
    assert "<b>έντονα" not in page.text
    assert page.status_code == 200
