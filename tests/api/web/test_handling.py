"""Opinions, refusals, notes, forwarding and lists of paper through the pages."""

import re
from collections.abc import Callable

from docflow import registry, routing
from tests.api.browsing import Browser, words
from tests.api.conftest import House

Browsing = Callable[..., Browser]


def charged(house: House, person: str = "engineer", **changes: object) -> str:
    address = house.register(**changes)
    entry_id = house.entry_id(address)
    with house.office.db.begin() as session:
        by = house.town.person(session, "secretary")
        routing.charge(session, entry_id, by=by, to=house.town.target("ΟΔΟΠ", person))
    return address


def version(page: str) -> str:
    found = re.search(r'name="seen" value="(\d+)"', page)
    assert found is not None
    return found[1]


def test_who_was_overtaken_is_told_and_keeps_what_he_wrote(
    house: House, browsing: Browsing
) -> None:
    address = charged(house)
    engineer = browsing("engineer")
    seen = version(engineer.get(address).text)
    with house.office.db.begin() as session:
        by = house.town.person(session, "director")
        to = house.town.target("ΟΔΟΠ", "colleague")
        routing.charge(session, house.entry_id(address), by=by, to=to)
    written = "Η οδός είναι επαρχιακή, άρα αρμόδια είναι η Περιφέρεια."
    late = engineer.post(f"{address}/acts/refuse", data={"reason": written, "seen": seen})
    assert late.status_code == 409
    assert "Γιώργος Αλεξίου charged it to Πέτρος Δήμου on" in words(late)
    assert written in words(late), "the form is gone, what stood in it is not"
    director = browsing("director")
    marking = {"priority": "normal", "target": str(house.town.units["ΟΔΟΠ"]), "seen": seen}
    again = director.post(f"{address}/acts/charge", data={**marking, "instructions": "Άμεσα"})
    assert again.status_code == 409
    assert ">Άμεσα</textarea>" in again.text
    data = {**marking, "seen": version(again.text)}
    assert director.post(f"{address}/acts/charge", data=data).status_code == 303


def test_an_opinion_is_asked_on_the_page_and_answered_once(
    house: House, browsing: Browsing
) -> None:
    address = house.accepted(house.register())
    engineer, lawyer = browsing("engineer"), browsing("lawyer")
    units = house.town.units
    data = {
        "kind": "opinion",
        "target": f"{units['ΝΟΜ']}:{house.town.users['lawyer']}",
        "also": [str(units["ΔΥ"])],
        "question": "Είναι σύννομη η παράταση;",
        "due_on": "31/12/2999",
        "seen": version(engineer.get(address).text),
    }
    nobody = engineer.post(f"{address}/acts/ask", data={**data, "target": "", "also": []})
    assert nobody.status_code == 422
    assert "Είναι σύννομη η παράταση;</textarea>" in nobody.text
    assert engineer.post(f"{address}/acts/ask", data=data).status_code == 303
    page = engineer.get(address)
    assert "waits for 2 answers" in words(page)
    waits = engineer.post(f"{address}/acts/file", data={"reason": "Τέλος", "how": "filed"})
    assert waits.status_code == 409
    assert ">Τέλος</textarea>" in waits.text
    asked = lawyer.get(address)
    [mine] = set(re.findall(r'id="act-contribute-(\d+)"', asked.text))
    answer = {"contribution_id": mine, "answer": "Ναι, κατά το άρθρο 4."}
    assert lawyer.post(f"{address}/acts/contribute", data=answer).status_code == 303
    twice = lawyer.post(f"{address}/acts/contribute", data={**answer, "answer": "Όχι."})
    assert twice.status_code == 409
    assert "Ιωάννα Σταύρου answered this on" in words(twice)
    assert "Answer Όχι." in words(twice), "what was not saved is shown to be copied"
    other = house.register()
    strange = browsing("clerk").post(f"{other}/acts/contribute", data=answer)
    assert strange.status_code == 404
    assert "Ναι, κατά το άρθρο 4." in words(engineer.get(address))


def test_notes_are_written_and_an_entry_forwarded(house: House, browsing: Browsing) -> None:
    address = house.accepted(house.register())
    engineer = browsing("engineer", language="el")
    note = {"text": "Τηλεφώνησα στον αιτούντα."}
    assert engineer.post(f"{address}/acts/remark", data=note).status_code == 303
    assert "Τηλεφώνησα στον αιτούντα." in words(engineer.get(address))
    form = {"to_name": "", "reason": "Επαρχιακή οδός"}
    missing = engineer.post(f"{address}/acts/send-on", data=form)
    assert missing.status_code == 422
    assert "Γράψτε ποιος φορέας είναι αρμόδιος" in words(missing)
    form["to_name"] = "Περιφέρεια Αττικής"
    assert engineer.post(f"{address}/acts/send-on", data=form).status_code == 303
    shown = words(engineer.get(f"{address}?done=send-on"))
    assert "Διαβιβάστηκε στον αρμόδιο φορέα" in shown
    assert "Περιφέρεια Αττικής" in shown
    auditor = browsing("auditor").get(address)
    assert "acts/remark" not in auditor.text


def test_paper_goes_with_a_list(house: House, browsing: Browsing) -> None:
    address = charged(house, delivery_method=registry.DeliveryMethod.POST)
    secretary = browsing("secretary")
    assert 'href="/delivery-lists"' in secretary.get("/work").text
    page = secretary.get("/delivery-lists")
    boxes = re.findall(r'name="charge_id" value="(\d+)"[^>]*><span[^>]*>([^<]+)<', page.text)
    number = address.split("/")[-1]
    [charge_id] = [charge for charge, label in boxes if label.startswith(f"{number}/")]
    made = secretary.post("/delivery-lists", data={"charge_id": charge_id})
    assert made.status_code == 303
    place = made.headers["location"].partition("?")[0]
    assert number in words(secretary.get(place))
    assert secretary.get(f"{place}/list.pdf").content.startswith(b"%PDF")
    again = secretary.post("/delivery-lists", data={"charge_id": charge_id})
    assert again.status_code == 409
    assert "is on list" in words(again)
    assert secretary.post("/delivery-lists", data={}).status_code == 422
    assert browsing("lawyer").get(place).status_code == 404
