"""Pages of what comes after a registration: corrections, annulment by two, relations."""

from collections.abc import Callable

import pytest

from api.web import counts
from docflow import registry
from tests.api.browsing import Browser, typed, words
from tests.api.conftest import House

Browsing = Callable[..., Browser]


def form_of(browser: Browser, address: str, **changes: str) -> dict[str, str]:
    """The form of correction as it stands, with changes."""
    page = browser.get(f"{address}/correct")
    assert page.status_code == 200
    names = (
        "subject",
        "sender",
        "sender_email",
        "sender_address",
        "sender_reference",
        "sender_dated_on",
        "delivery_detail",
        "attachments_count",
        "attachments_note",
    )
    form = {name: typed(page, name) for name in names}
    form["delivery_method"] = "counter"
    form["seen"] = page.text.split('name="seen" value="')[1].split('"')[0]
    return {**form, "reason": "Λάθος πληκτρολόγηση", **changes}


@pytest.mark.parametrize(("language", "before"), [("en", "Before"), ("el", "Πριν")])
def test_a_correction_shows_the_old_value_under_the_new_one(
    browsing: Browsing, house: House, language: str, before: str
):
    address = house.register(subject="Αίτηση κοπής δένδρων")
    browser = browsing("clerk", language=language)
    answer = browser.post(
        f"{address}/correct",
        data=form_of(
            browser,
            address,
            subject="Αίτηση κλαδέματος δένδρων",
            authority="Εντολή 5/2026",
            **{"concerned-1-name": "Ελένη Λιάπη", "concerned-1-tax_number": "090000045"},
        ),
    )
    assert answer.headers["location"] == f"{address}?done=correct"
    page = words(browser.get(address))
    for said in (
        "Αίτηση κλαδέματος δένδρων",
        "Αίτηση κοπής δένδρων",
        before,
        "Λάθος πληκτρολόγηση",
        "Εντολή 5/2026",
        "Ελένη Λιάπη",
        "090000045",
    ):
        assert said in page
    assert "Αίτηση κλαδέματος δένδρων" in words(browser.get("/book"))


def test_a_wrong_correction_comes_back_with_what_was_typed(browsing: Browsing, house: House):
    address = house.register(subject="Παλαιό θέμα")
    browser = browsing("clerk")
    for changes, said in (
        ({"subject": "α"}, "at least 3 characters"),
        ({"subject": "Νέο θέμα", "reason": ""}, "Write the reason of the correction."),
        ({"subject": "Νέο θέμα", "sender_dated_on": "31/2/2026"}, "is not a date"),
        ({"sender": ""}, "Write the sender."),
        ({"concerned-1-name": "Λιάπης", "concerned-1-tax_number": "1"}, "not a valid ΑΦΜ"),
        ({}, "Nothing was changed"),
    ):
        answer = browser.post(f"{address}/correct", data=form_of(browser, address, **changes))
        assert answer.status_code in (409, 422)
        assert said in words(answer)
        if "subject" in changes:
            assert typed(answer, "subject") == changes["subject"]
    assert "Παλαιό θέμα" in words(browser.get(address))


def test_a_form_that_grew_old_overwrites_nothing(browsing: Browsing, house: House):
    address = house.register(subject="Παλαιό θέμα")
    browser = browsing("clerk")
    old = form_of(browser, address, subject="Πρώτη διόρθωση")
    late = form_of(browser, address, subject="Δεύτερη διόρθωση")
    browser.post(f"{address}/correct", data=old)
    answer = browser.post(f"{address}/correct", data=late)
    assert answer.status_code == 409
    assert "Somebody corrected this entry" in words(answer)
    assert "Πρώτη διόρθωση" in words(browser.get(address))


@pytest.mark.parametrize("username", ["secretary", "auditor", "registrar"])
def test_who_only_reads_has_no_form(browsing: Browsing, house: House, username: str):
    address = house.register()
    browser = browsing(username)
    assert browser.get(f"{address}/correct").headers["location"] == address
    assert "/correct" not in browser.get(address).text
    answer = browser.post(f"{address}/correct", data={"subject": "Νέο θέμα", "reason": "λόγος"})
    assert answer.status_code == 403


def request_of(house: House, browser: Browser, address: str, reason: str = "Διπλή") -> str:
    answer = browser.post(f"{address}/acts/annul", data={"reason": reason, "authority": "Εντ. 3"})
    assert answer.headers["location"] == f"{address}?done=annul"
    with house.office.db.read() as session:
        pending = registry.annulment.pending(session, house.entry_id(address))
        assert pending is not None
        return str(pending.id)


def test_an_annulment_goes_through_two_people(browsing: Browsing, house: House):
    address = house.register(subject="Διπλή αίτηση")
    clerk, registrar = browsing("clerk"), browsing("registrar")
    request_id = request_of(house, clerk, address)
    page = clerk.get(address)
    assert "Annulment asked for" in words(page)
    assert "Take the request back" in words(page)
    assert "Approve: annul the entry" not in words(page)
    waiting = words(registrar.get("/annulments"))
    assert "Διπλή αίτηση" in waiting
    assert "Μαρία Νικολάου" in waiting
    refused = clerk.post(f"{address}/acts/approve-annulment", data={"request_id": request_id})
    assert refused.status_code == 403
    assert "Approve: annul the entry" in words(registrar.get(address))
    answer = registrar.post(f"{address}/acts/approve-annulment", data={"request_id": request_id})
    assert answer.headers["location"] == f"{address}?done=approve-annulment"
    page = words(clerk.get(address))
    assert "Annulled" in page
    assert "Διπλή" in page
    assert "app-row--struck" in clerk.get("/book").text
    assert "Διπλή αίτηση" not in words(registrar.get("/annulments"))


def test_a_refusal_says_why(browsing: Browsing, house: House):
    address = house.register()
    clerk, registrar = browsing("clerk"), browsing("registrar")
    request_id = request_of(house, clerk, address)
    where = f"{address}/acts/refuse-annulment"
    empty = registrar.post(where, data={"request_id": request_id, "reason": ""})
    assert empty.status_code == 422
    assert "Write the reason." in words(empty)
    registrar.post(where, data={"request_id": request_id, "reason": "Δεν είναι διπλή"})
    page = words(clerk.get(address))
    assert "Δεν είναι διπλή" in page
    assert "Annulment refused" in page
    again = request_of(house, clerk, address)
    clerk.post(f"{address}/acts/withdraw-annulment", data={"request_id": again})
    assert "Request for annulment taken back" in words(clerk.get(address))


@pytest.mark.parametrize(("username", "status"), [("clerk", 200), ("auditor", 200), ("mayor", 403)])
def test_the_list_of_annulments_is_for_the_registry(
    browsing: Browsing, house: House, username: str, status: int
):
    assert browsing(username).get("/annulments").status_code == status


def test_entries_are_related_by_number_and_drawn(browsing: Browsing, house: House):
    one, other = house.register(subject="Πρώτο"), house.register(subject="Δεύτερο")
    number = "/".join(reversed(other.split("/")[-2:]))
    clerk = browsing("clerk")
    for typed_number, said in (("999999/2026", "There is no entry"), ("", "Write the number")):
        answer = clerk.post(f"{one}/acts/relate", data={"kind": "forwards", "other": typed_number})
        assert answer.status_code == 422
        assert said in words(answer)
    answer = clerk.post(f"{one}/acts/relate", data={"kind": "forwards", "other": number})
    assert answer.headers["location"] == f"{one}?done=relate"
    page = clerk.get(one)
    assert "<svg" in page.text
    assert f'href="{other}"' in page.text
    assert "Forwards" in words(page)
    assert "Forwarded by" in words(clerk.get(other))
    relation_id = page.text.split('name="relation_id" value="')[1].split('"')[0]
    where = f"{one}/acts/unrelate"
    empty = clerk.post(where, data={"relation_id": relation_id, "reason": " "})
    assert empty.status_code == 422
    assert f'id="unrelate-{relation_id}-reason-error"' in empty.text
    clerk.post(where, data={"relation_id": relation_id, "reason": "Λάθος αριθμός"})
    page = clerk.get(one)
    assert '<svg class="app-graph"' not in page.text
    assert "Λάθος αριθμός" in words(page)


def test_a_related_entry_that_one_may_not_see_is_not_drawn(browsing: Browsing, house: House):
    one, other = house.register(), house.register(subject="Υπόθεση Ψι")
    number = "/".join(reversed(other.split("/")[-2:]))
    browsing("clerk").post(f"{one}/acts/relate", data={"kind": "related", "other": number})
    house.accepted(one)
    page = browsing("engineer").get(one)
    assert page.status_code == 200
    assert "Υπόθεση Ψι" not in page.text


def test_the_registrar_sees_how_many_wait_for_him(
    browsing: Browsing, house: House, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(counts, "_LIFE", 0)  # an earlier test's count may still be remembered
    address = house.register()
    request_id = request_of(house, browsing("clerk"), address)
    registrar = browsing("registrar")
    waiting = registrar.get("/annulments").text.count("/entries/koino/")
    assert f"Annulments ({waiting})" in words(registrar.get("/book"))
    registrar.post(
        f"{address}/acts/refuse-annulment", data={"request_id": request_id, "reason": "όχι"}
    )
    left = f"Annulments ({waiting - 1})" if waiting > 1 else "Annulments "
    assert left in words(registrar.get("/book"))
