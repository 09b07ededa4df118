"""Filling in a form, sending it and following it, in a browser without JavaScript."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count

import pytest

from docflow import applications, clock, payments, registry
from docflow.applications import supplements
from tests import accounts as making
from tests.api.browsing import Browser, hidden, words
from tests.api.conftest import House
from tests.docflow.applications import forms
from tests.docflow.payments import paying

START = "/services/small-fine/apply"
_fines = count(1000)


@pytest.fixture(scope="module")
def on_offer(house: House) -> House:
    """The house offers the small fine."""
    forms.offered(house.office, house.town)
    return house


@pytest.fixture
def citizen(on_offer: House) -> Iterator[Browser]:
    with Browser(on_offer.office, on_offer.app) as browser:
        yield browser


def fill(browser: Browser, **typed: str) -> str:
    """The form up to the page before sending; the draft's address."""
    said = {**forms.TYPED, "fine": str(next(_fines)), **typed}
    first = browser.post(START, data={name: said[name] for name in ("full_name", "email")})
    assert first.status_code == 303, words(first)
    address = first.headers["location"].rpartition("/")[0]
    rest = {name: said[name] for name in ("fine", "amount", "way", "agreed")}
    second = browser.post(f"{address}/2", data=rest)
    assert second.headers["location"] == f"{address}/3", words(second)
    third = browser.post(f"{address}/3", data={})
    assert third.headers["location"] == f"{address}/check"
    return address


def sent(browser: Browser, **typed: str) -> tuple[int, str, str]:
    """An application filed in this browser: its id, number and secret."""
    address = fill(browser, **typed)
    check = browser.get(f"{address}/check")
    answer = browser.post(f"{address}/send", data=hidden(check))
    assert answer.headers["location"] == f"{address}/done"
    done = browser.get(f"{address}/done")
    application_id = re.search(r"/applications/(\d+)", done.text)
    number = re.search(r"<strong>(\d+/\d+)</strong>", done.text)
    secret = re.search(r"app-secret\">([\w-]+)<", done.text)
    assert application_id
    assert number
    assert secret
    assert f"/applications/{application_id[1]}/receipt" in done.text
    return int(application_id[1]), number[1], secret[1]


def test_page_by_page_to_a_number(citizen: Browser) -> None:
    page = citizen.get(START)
    assert "Page 1 of 3" in words(page)
    application_id, number, _ = sent(citizen)
    status = citizen.get(f"/applications/{application_id}")
    assert f"Application {number}" in words(status)
    assert "Visit" in words(status)
    receipt = citizen.get(f"/applications/{application_id}/receipt")
    assert receipt.content.startswith(b"%PDF")


def test_what_is_wrong_comes_back_beside_its_field_with_all_that_was_typed(
    citizen: Browser,
) -> None:
    wrong = citizen.post(START, data={"full_name": "Ε", "tax_number": "123", "email": "a@b.gr"})
    assert wrong.status_code == 422
    assert "Write at least 3 characters." in words(wrong)
    assert 'href="#tax_number"' in wrong.text
    assert 'value="a@b.gr"' in wrong.text
    address = re.search(r'action="(/apply/[\w-]+)/1"', wrong.text)
    assert address
    again = citizen.get(f"{address[1]}/1")
    assert 'value="123"' in again.text
    assert "You began this form" in words(citizen.get(START))


def test_files_are_kept_and_left_out_again(citizen: Browser) -> None:
    address = fill(citizen)
    kept = citizen.post(
        f"{address}/3",
        data={"act": "stay"},
        files=[("attachments", (f"{n}.txt", f"{n}".encode())) for n in range(3)],
    )
    assert [f"{n}.txt" in kept.text for n in range(3)] == [True] * 3
    drop = re.search(r'name="drop" value="(\d+)"', kept.text)
    assert drop
    less = citizen.post(f"{address}/3", data={"act": "stay", "drop": drop[1]})
    assert "0.txt" not in less.text
    assert "1.txt" in citizen.get(f"{address}/check").text


def test_the_page_of_files_asks_for_papers_only_where_the_service_says_nothing_else(
    on_offer: House, citizen: Browser
) -> None:
    name = forms.FORM["properties"]["full_name"]
    form = {**forms.FORM, "properties": {"full_name": name}, "required": ["full_name"]}
    form = {key: form[key] for key in form if key not in ("x-groups", "dependentRequired")}
    limit = on_offer.office.settings.max_upload_mb
    note = {"el": "Αν θέλετε, φωτογραφία.", "en": "A photograph, if you like."}
    said: dict[str, object] = {
        "form": form,
        "subject": {"el": "Κλήση", "en": "Fine"},
        "applicant": {"name": "full_name"},
        "unique_by": ["full_name"],
        "attachments": {"max": 3},
    }
    for code, more in (("plain", {}), ("noted", {"attachments": {"max": 3, "note": note}})):
        forms.offered(on_offer.office, on_offer.town, **{**said, "code": code, **more})
        first = citizen.post(f"/services/{code}/apply", data={"full_name": "Ελένη Δημητρίου"})
        page = words(citizen.get(first.headers["location"]))
        assert f"at most 3 files of {limit} MB each" in page
        assert ("These papers are asked for" in page) is (code == "plain")
        assert ("A photograph, if you like." in page) is (code == "noted")


def test_a_number_without_end_is_refused(citizen: Browser) -> None:
    address, endless = fill(citizen), "9" * 5000  # more digits than Python reads
    assert citizen.post(f"{address}/send", data={"seen": endless}).status_code == 422
    kept = citizen.post(f"{address}/3", data={"act": "stay", "drop": endless})
    assert kept.status_code == 200


def test_a_double_click_and_the_back_button_give_one_number(citizen: Browser) -> None:
    address = fill(citizen)
    seen = hidden(citizen.get(f"{address}/check"))
    first = citizen.post(f"{address}/send", data=seen)
    again = citizen.post(f"{address}/send", data=seen)
    assert first.headers["location"] == again.headers["location"]
    assert citizen.get(f"{address}/2").headers["location"] == f"{address}/done"
    assert citizen.post(f"{address}/1", data={}).headers["location"] == f"{address}/done"


def test_another_browser_opens_neither_draft_nor_application(
    on_offer: House, citizen: Browser, visitor: Browser
) -> None:
    assert visitor.get(fill(citizen) + "/check").status_code == 404
    application_id, number, secret = sent(citizen)
    page = f"/applications/{application_id}"
    assert visitor.get(page).headers["location"] == "/status"
    wrong = visitor.post("/status", data={"number": number, "secret": "AAAA-BBBB-CCCC"})
    assert wrong.status_code == 422
    assert "do not go together" in words(wrong)
    with on_offer.office.db.read() as session:
        row = session.get_one(applications.Application, application_id)
        code = session.get_one(registry.Entry, row.entry_id).verification_code
    printed = {"number": number, "secret": registry.codes.shown(code)}
    assert "the code of the receipt" in words(visitor.post("/status", data=printed))
    right = visitor.post("/status", data={"number": number, "secret": secret.lower()})
    assert right.headers["location"] == page
    assert visitor.get(page).status_code == 200
    assert visitor.get(f"/status/{application_id}/AAAA").headers["location"] == "/status"


def test_a_level_is_asked_for_and_what_was_typed_waits(on_offer: House, visitor: Browser) -> None:
    forms.offered(on_offer.office, on_offer.town, code="surer", level="registered")
    way = visitor.get("/services/surer/apply")
    assert way.headers["location"].startswith("/account/login?level=registered")
    with on_offer.office.db.begin() as session:
        account = making.account(session, on_offer.town, email="level@example.gr")
        secret = making.secret_of(session, account)
    visitor.cookies.set("docflow_citizen", secret)
    page = visitor.get("/services/surer/apply")
    assert 'value="Ελένη Δημητρίου"' in page.text


def test_whoever_logs_out_leaves_nothing_that_opens(on_offer: House, citizen: Browser) -> None:
    with on_offer.office.db.begin() as session:
        account = making.account(session, on_offer.town, email="library@example.gr")
    form = fill(citizen)  # begun as nobody
    login = making.logged_in(citizen, account.id)
    citizen.post(f"{form}/send", data=hidden(citizen.get(f"{form}/check")))
    done = citizen.get(f"{form}/done")
    page, secret = (
        re.search(one, done.text) for one in (r"/applications/\d+", r"secret\">([\w-]+)")
    )
    assert page
    assert secret
    number = page[0].rpartition("/")[2]
    assert citizen.get(f"/status/{number}/{secret[1]}").headers["location"] == page[0]
    assert citizen.get(page[0]).status_code == 200
    citizen.cookies.delete("docflow_citizen")  # a login that ended leads back
    assert citizen.get(page[0]).headers["location"] == "/status"
    again = citizen.get(f"{form}/done").headers["location"]
    assert again.startswith("/account/login?level=visitor&to=%2Fapply%2F")
    citizen.cookies.set("docflow_citizen", login)
    assert citizen.get(f"{form}/done").status_code == 200
    assert citizen.post("/account/logout").status_code == 303
    assert citizen.get(f"{form}/done").status_code == 404
    assert citizen.get(page[0]).headers["location"] == "/status"


def test_keys_of_before_a_login_go_with_it(
    on_offer: House, citizen: Browser, visitor: Browser
) -> None:
    pages, links = [], []
    for _ in range(2):
        application_id, _, secret = sent(citizen)
        pages.append(f"/applications/{application_id}")
        links.append(f"/status/{application_id}/{secret}")
    for link in links:  # as the mails say
        visitor.get(link)
    with on_offer.office.db.begin() as session:
        account = making.account(session, on_offer.town, email="keys@example.gr")
    making.logged_in(visitor, account.id)
    assert [visitor.get(page).status_code for page in pages] == [200, 200]
    key = visitor.cookies.get("docflow_application", path=pages[0])
    visitor.post("/account/logout")
    assert "docflow_application" not in {one.name for one in visitor.cookies.jar}
    # Nor does a key open what an answer lost on its way did not take away, also beside another.
    visitor.cookies.set("docflow_application", key or "", "protocol.example", pages[0])
    assert visitor.get(pages[0]).headers["location"] == "/status"
    visitor.get(links[1])
    assert visitor.get(pages[1]).status_code == 200
    assert visitor.get(pages[0]).headers["location"] == "/status"


def test_office_and_citizen_write_and_ask(
    on_offer: House, citizen: Browser, browsing: Callable[..., Browser]
) -> None:
    application_id, number, _ = sent(citizen)
    engineer, at = browsing("engineer"), f"/petitions/{application_id}"
    assert number in words(engineer.get("/petitions"))
    page = engineer.get(at)
    assert "€50.00" in words(page)
    assert re.search(r'for="supplement-due_on"[^>]*>\s*Until', page.text)
    engineer.post(f"{at}/messages", data={"text": "Ποια οδός;"})
    own = f"/applications/{application_id}"
    assert "Ποια οδός;" in words(citizen.get(own))
    reply = citizen.post(f"{own}/messages", data={"text": "Αθηνάς"})
    assert reply.headers["location"] == f"{own}?done=message#thread"
    assert "Αθηνάς" in words(engineer.get(at))
    seen = hidden(engineer.get(at))["seen"]
    past = {"text": "Ταυτότητα", "due_on": "1/1/2020", "seen": seen}
    late = engineer.post(f"{at}/supplement", data=past)
    assert late.status_code == 422
    assert "Ταυτότητα" in late.text
    day = clock.today() + timedelta(days=9)
    asked = {"text": "Ταυτότητα", "due_on": f"{day:%d/%m/%Y}", "seen": seen}
    assert engineer.post(f"{at}/supplement", data=asked).status_code == 303
    assert engineer.post(f"{at}/supplement", data=asked).status_code == 409
    page = citizen.get(own)
    assert "The office asks you for something" in words(page)
    answered = citizen.post(
        f"{own}/supplement",
        data={"text": "Ορίστε", "asked": hidden(page)["asked"]},
        files={"files": ("id.txt", b"id")},
    )
    assert answered.status_code == 303
    with on_offer.office.db.read() as session:
        row = session.get_one(applications.Application, application_id)
        [one] = supplements.of_application(session, row, for_staff=True)
        assert one.answer == "Ορίστε"
    assert "What is asked of the applicant" in words(engineer.get(at))


def test_what_is_paid_is_no_more_to_pay_and_leads_to_its_receipt(
    on_offer: House, citizen: Browser
) -> None:
    application_id, _, _ = sent(citizen)
    house = on_offer
    with house.office.db.begin() as session:
        paying.account(session, house.town)
        owed = paying.fine(session, house.town, application_id=application_id)
    receipt = f'href="/pay/{owed.token}/receipt.pdf"'
    before = citizen.get(f"/applications/{application_id}")
    assert "To pay" in words(before)
    assert payments.references.grouped(owed.reference) in words(before)
    assert receipt not in before.text
    with house.office.db.begin() as session:
        payments.confirm_by_hand(
            session,
            owed.id,
            cents=5000,
            received_on=clock.today(),
            number="77001",
            note="Στη θυρίδα",
            by=house.town.person(session, paying.KEEPER),
        )
    after = citizen.get(f"/applications/{application_id}")
    assert "To pay" not in words(after)
    assert "Payments" in words(after)
    assert receipt in after.text


def test_a_withdrawal(citizen: Browser) -> None:
    application_id, _, _ = sent(citizen)
    page = f"/applications/{application_id}"
    endless = {"reason": "λάθος", "text": "…", "seen": "9" * 5000, "asked": "9" * 5000}
    for act in ("withdrawal", "supplement", "steps/1"):
        assert citizen.post(f"{page}/{act}", data=endless).status_code in (404, 422)
    seen = hidden(citizen.get(page))["seen"]
    empty = citizen.post(f"{page}/withdrawal", data={"reason": "", "seen": seen})
    assert empty.status_code == 422
    citizen.post(f"{page}/withdrawal", data={"reason": "λάθος", "seen": seen})
    assert "You withdrew it on" in words(citizen.get(page))


def test_a_unit_that_has_it_not_sees_nothing(
    citizen: Browser, browsing: Callable[..., Browser]
) -> None:
    application_id, number, _ = sent(citizen)
    lawyer = browsing("lawyer")
    assert number not in words(lawyer.get("/petitions"))
    assert lawyer.get(f"/petitions/{application_id}").status_code == 404
