"""The counter's pages: kinds, likenesses, batches, numbers before the description, envelopes."""

import json
import re
from collections.abc import Callable
from html import unescape
from itertools import count

import pytest

from docflow import kinds, parties
from docflow.kinds import Defaults, Definition, Field, FieldType
from tests.api.browsing import Browser, hidden, letter, typed, words
from tests.api.conftest import House

_codes = (f"eidos-{n}" for n in count(1))
FINE = Definition(
    title_el="Κλήση ΚΟΚ",
    title_en="Traffic fine",
    defaults=Defaults(subject="Πληρωμή κλήσης ΚΟΚ", delivery_method="courier", retention="5 έτη"),
    fields=(
        Field("fine", FieldType.TEXT, "Αρ. κλήσης", "Number of the fine", is_required=True),
        Field("amount", FieldType.AMOUNT, "Ποσό", "Amount"),
        Field("zone", FieldType.CHOICE, "Ζώνη", "Zone", choices=("Α", "Β")),
    ),
)


@pytest.fixture
def kind(house: House) -> str:
    """The code of a kind of this test alone."""
    code = next(_codes)
    with house.office.db.begin() as session:
        kinds.define(session, code, FINE, by=house.town.person(session, "administrator"))
    return code


def _registered(answer) -> str:
    assert answer.status_code == 303, words(answer)
    return answer.headers["location"].removesuffix("?registered=1")


def test_a_kind_brings_its_fields_and_its_defaults(clerk: Browser, kind: str):
    page = clerk.get(f"/register?kind={kind}")
    assert typed(page, "subject") == "Πληρωμή κλήσης ΚΟΚ"
    assert '<option value="courier" selected>' in page.text
    for said in ("Number of the fine", "Amount", "Zone"):
        assert said in words(page)
    part = clerk.get(f"/register/kind?kind={kind}", headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert 'name="value.fine"' in part.text
    defaults = re.search(r'data-kind-defaults="([^"]*)"', part.text)
    assert json.loads(unescape(defaults[1]))["subject"] == "Πληρωμή κλήσης ΚΟΚ"
    assert 'id="kind-fields"' in clerk.get("/register/kind?kind=agnosto").text


def test_the_entry_of_a_kind_shows_its_values(clerk: Browser, kind: str):
    sent = letter(kind=kind, kind_version="1", **{"value.fine": "123", "value.amount": "1.234,5"})
    page = clerk.get(_registered(clerk.post("/register", data=sent)))
    for said in ("Traffic fine", "Number of the fine 123", "1,234.50 €", "5 έτη"):
        assert said in words(page)


def test_a_wrong_value_of_a_kind_is_told_at_its_field(clerk: Browser, kind: str):
    sent = letter(kind=kind, **{"value.amount": "πολλά", "value.zone": "Γ"})
    answer = clerk.post("/register", data=sent)
    assert answer.status_code == 422
    for name in ("fine", "amount", "zone"):
        assert f'href="#value.{name}"' in answer.text
    assert typed(answer, "value.amount") == "πολλά"
    assert "Choose one from the list" in words(answer)


def test_an_unknown_kind_is_refused(clerk: Browser):
    answer = clerk.post("/register", data=letter(kind="agnosto"))
    assert answer.status_code == 422
    assert "no kind of document" in words(answer)


def test_a_kind_that_changes_under_an_open_form_loses_nothing(
    house: House, clerk: Browser, kind: str
):
    form = hidden(clerk.get(f"/register?kind={kind}"))
    with house.office.db.begin() as session:
        by = house.town.person(session, "administrator")
        fields = (Field("plate", FieldType.PLATE, "Πινακίδα", is_required=True),)
        kinds.redefine(session, kind, Definition("Κλήση", fields=fields), version=1, by=by)
    sent = letter(kind=kind, kind_version=form["kind_version"], **{"value.fine": "778/2026"})
    assert "778/2026" in words(clerk.get(_registered(clerk.post("/register", data=sent))))


def test_the_memory_is_the_clerks_own(browsing: Callable[..., Browser], kind: str):
    clerk = browsing("clerk")
    clerk.post("/register", data=letter(kind=kind, delivery_method="fax", **{"value.fine": "1"}))
    assert f'<option value="{kind}" selected>' in clerk.get("/register").text
    memory = clerk.cookies.get("docflow_register")
    other = browsing("confidant")
    other.cookies.set("docflow_register", memory)
    assert '<option value="fax" selected>' not in other.get("/register").text


def test_a_letter_that_is_there_already_is_told_with_a_link(clerk: Browser):
    sent = letter()
    first = _registered(clerk.post("/register", data=sent))
    again = clerk.post("/register", data=sent)
    assert again.status_code == 409
    assert f'href="{first}"' in again.text
    assert "same sender, number and date" in words(again)
    entry = _registered(
        clerk.post("/register", data={**sent, "duplicate_reason": "δεύτερο αντίτυπο"})
    )
    page = clerk.get(entry)
    assert "δεύτερο αντίτυπο" in words(page)
    assert f'href="{first}"' in page.text


def test_the_same_file_is_told_and_kept_in_the_form(clerk: Browser):
    files = [("files", ("α.txt", b"the very same file", "text/plain"))]
    _registered(clerk.post("/register", data=letter(), files=files))
    again = clerk.post("/register", data=letter(), files=files)
    assert again.status_code == 409
    assert "same file" in words(again)
    assert "α.txt" in words(again)


def test_what_is_alike_in_a_closed_book_is_not_shown(house: House, clerk: Browser):
    sent = letter()
    house.register(
        secret=True,
        sender=parties.Contact(name=sent["sender"]),
        sender_reference=sent["sender_reference"],
        subject="Απόρρητη υπόθεση",
    )
    answer = clerk.post("/register", data=sent)
    assert answer.status_code == 409
    assert "not open to you" in words(answer)
    assert "empisteftiko" not in answer.text
    assert "Απόρρητη" not in answer.text


def test_the_next_document_of_the_same_sender_begins_with_him(clerk: Browser):
    sent = letter(sender="Σύνδεσμος Εμπόρων", sender_email="emporoi@example.gr", act="keep")
    answer = clerk.post("/register", data=sent)
    page = clerk.get(answer.headers["location"])
    assert typed(page, "sender") == "Σύνδεσμος Εμπόρων"
    assert typed(page, "sender_email") == "emporoi@example.gr"
    assert typed(page, "subject") == ""
    assert "The next document has the same sender" in words(page)
    for odd in ("koino/2026", "koino/2026/999999999999", "x/y/z", "koino/0/0", "nope/2026/1"):
        assert clerk.get(f"/register?like={odd}").status_code == 200


def test_a_number_at_once_and_the_description_later(clerk: Browser):
    data = {"act": "now", "form_key": hidden(clerk.get("/register"))["form_key"]}
    address = _registered(clerk.post("/register", data=data))
    page = clerk.get(address)
    assert "Προς περιγραφή" in words(page)
    assert f'href="{address}/describe"' in page.text
    assert 'href="/to-describe"' in page.text
    waiting = clerk.get("/to-describe")
    assert f'href="{address}/describe"' in waiting.text
    form = clerk.get(f"{address}/describe")
    assert typed(form, "subject") == typed(form, "sender") == ""
    wrong = clerk.post(f"{address}/describe", data={"subject": "", "sender": "Άννα"})
    assert wrong.status_code == 422
    assert typed(wrong, "sender") == "Άννα"
    done = clerk.post(
        f"{address}/describe", data={"subject": "Αίτηση αδείας", "sender": "Άννα Μάρκου"}
    )
    assert done.status_code == 303
    page = clerk.get(done.headers["location"])
    assert "The entry was described." in words(page)
    assert "Αίτηση αδείας" in words(page)
    assert f"{address}/describe" not in clerk.get("/to-describe").text
    assert clerk.get(f"{address}/describe").status_code == 303


def test_an_envelope_is_opened_by_its_head(
    house: House, browsing: Callable[..., Browser], clerk: Browser
):
    sent = letter(act="envelope", subject="δεν γράφεται")
    missing = clerk.post("/register", data=sent)
    assert missing.status_code == 422
    assert "addressed to a unit" in words(missing)
    unit = str(house.town.units["ΟΔΟΠ"])
    address = _registered(clerk.post("/register", data={**sent, "addressee_unit_id": unit}))
    page = clerk.get(address)
    assert "Κλειστός φάκελος" in words(page)
    assert "δεν γράφεται" not in page.text
    assert f"{address}/describe" not in page.text
    head = browsing("director")
    assert "Open and describe" in words(head.get(address))
    opened = {"subject": "Εμπιστευτική αναφορά", "sender": "Άννα"}
    refused = head.post(f"{address}/describe", data=opened)
    assert refused.status_code == 409
    assert "This was said at the registration: Sender." in words(refused)
    assert typed(refused, "subject") == "Εμπιστευτική αναφορά"
    described = head.post(f"{address}/describe", data={**opened, "reason": "άλλος υπογράφει"})
    assert described.status_code == 303, words(described)
    assert clerk.get(address).status_code == 404
    assert "Εμπιστευτική αναφορά" in words(head.get(address))


def test_a_batch_gets_a_number_for_each_row(clerk: Browser):
    page = clerk.get("/register/series")
    sent = {
        "form_key": hidden(page)["form_key"],
        "rows": "6",
        "sender": "Λογιστικό Γραφείο",
        "delivery_method": "post",
        "subject-0": "Τιμολόγιο α",
        "subject-2": "Τιμολόγιο β",
        "sender_reference-2": "77",
        "attachments_count-2": "3",
    }
    files = [("files-2", ("β.txt", b"batch of one sender", "text/plain"))]
    answer = clerk.post("/register/series", data=sent, files=files)
    assert answer.status_code == 303, words(answer)
    done = clerk.get(answer.headers["location"])
    assert "2 documents were registered." in words(done)
    numbers = [int(n) for n in re.findall(r"/entries/koino/\d+/(\d+)/label\.pdf", done.text)]
    assert numbers == [numbers[0], numbers[0] + 1]
    second = clerk.get(f"/entries/koino/{_year(done)}/{numbers[1]}")
    assert "β.txt" in words(second)
    again = clerk.post("/register/series", data=sent, files=files)
    assert again.headers["location"] == answer.headers["location"]


def _year(done) -> str:
    return re.search(r"/entries/koino/(\d+)/", done.text)[1]


def test_a_wrong_row_of_a_batch_is_told_and_no_number_is_taken(house: House, clerk: Browser):
    before = clerk.get(house.register()).url.path.split("/")[-1]
    sent = {"rows": "6", "sender": "Γραφείο", "subject-1": "Σωστό θέμα", "subject-4": "ό"}
    files = [("files-1", ("σωστό.txt", b"kept in the batch", "text/plain"))]
    answer = clerk.post("/register/series", data=sent, files=files)
    assert answer.status_code == 422
    assert 'href="#subject-4"' in answer.text
    assert typed(answer, "subject-1") == "Σωστό θέμα"
    assert "σωστό.txt" in words(answer)
    after = clerk.get(house.register()).url.path.split("/")[-1]
    assert int(after) == int(before) + 1
    empty = clerk.post("/register/series", data={"rows": "6", "sender": "Γραφείο"})
    assert empty.status_code == 422


def test_more_rows_keep_what_was_typed(clerk: Browser):
    answer = clerk.post("/register/series", data={"rows": "6", "act": "rows", "subject-5": "Έκτο"})
    assert typed(answer, "subject-5") == "Έκτο"
    assert 'name="subject-11"' in answer.text


@pytest.mark.parametrize("grade", ["secret", "top-secret"])
def test_a_state_secret_is_refused_with_what_to_do(clerk: Browser, grade: str):
    answer = clerk.post("/register", data=letter(grade=grade))
    assert answer.status_code == 422
    assert "security officer" in words(answer)


def test_grade_and_personal_data_are_marked_in_the_list(clerk: Browser):
    _registered(clerk.post("/register", data=letter(grade="restricted", has_personal_data="1")))
    shown = words(clerk.get("/book"))
    assert "ΠΧ" in shown
    assert "ΠΔ" in shown


def test_three_hundred_files_are_taken(clerk: Browser):
    files = [
        ("files", (f"{n}.txt", f"file {n} of many".encode(), "text/plain")) for n in range(300)
    ]
    page = clerk.get(_registered(clerk.post("/register", data=letter(), files=files)))
    assert "299.txt" in words(page)


@pytest.mark.parametrize("typed_date", ["29/02/2026", "30/02/2024", "1/13/2026"])
def test_days_that_do_not_exist_are_refused(clerk: Browser, typed_date: str):
    answer = clerk.post("/register", data=letter(due_on=typed_date))
    assert answer.status_code == 422
    assert "is not a date" in words(answer)


# --- kinds, by the administrator ------------------------------------------------------------


def test_only_the_administrator_sees_the_kinds(browsing: Callable[..., Browser], kind: str):
    assert browsing("administrator").get("/kinds").status_code == 200
    for nobody in ("clerk", "mayor", "auditor"):
        for address in ("/kinds", "/kinds/new", f"/kinds/{kind}"):
            assert browsing(nobody).get(address).status_code == 403


def test_a_kind_is_defined_changed_withdrawn_and_offered_again(browsing: Callable[..., Browser]):
    admin, code = browsing("administrator"), next(_codes)
    sent = {
        "code": code,
        "title_el": "Καταγγελία",
        "directions": ["incoming", "internal"],
        "days": "30",
        "field.1.code": "place",
        "field.1.title_el": "Τόπος",
        "field.1.type": "text",
        "field.1.is_required": "1",
        "field.2.code": "how",
        "field.2.title_el": "Τρόπος",
        "field.2.type": "choice",
        "field.2.choices": "Α\nΒ",
    }
    assert admin.post("/kinds/new", data=sent).status_code == 303
    page = admin.get(f"/kinds/{code}")
    assert typed(page, "field.0.code") == "place"
    assert typed(page, "days") == "30"
    assert page.text.count(" checked") == 3
    changed = {**sent, "version": "1", "title_el": "Αναφορά"}
    assert admin.post(f"/kinds/{code}", data=changed).status_code == 303
    assert "Αναφορά" in words(admin.get("/kinds"))
    stale = admin.post(f"/kinds/{code}", data={**changed, "title_el": "Παλιό"})
    assert stale.status_code == 409
    assert admin.post(f"/kinds/{code}", data={"act": "retire"}).status_code == 303
    assert "Withdrawn" in words(admin.get(f"/kinds/{code}"))
    assert admin.post(f"/kinds/{code}", data={"act": "restore"}).status_code == 303
    assert admin.post("/kinds/new", data=sent).status_code == 409


def test_a_wrong_field_of_a_kind_is_told_at_its_row(browsing: Callable[..., Browser]):
    sent = {
        "code": next(_codes),
        "title_el": "Είδος",
        "field.0.code": "ok",
        "field.0.title_el": "Σωστό",
        "field.3.code": "Λάθος!",
        "field.3.title_el": "Λάθος",
    }
    answer = browsing("administrator").post("/kinds/new", data=sent)
    assert answer.status_code == 422
    assert 'href="#field.3.code"' in answer.text
    assert typed(answer, "field.3.code") == "Λάθος!"
    assert browsing("administrator").get("/kinds/agnosto").status_code == 404


def test_an_entry_with_a_kind_is_described_in_its_fields(clerk: Browser, kind: str):
    data = {
        **letter(kind=kind, kind_version="1", **{"value.fine": "123"}),
        "act": "now",
        "form_key": hidden(clerk.get("/register"))["form_key"],
    }
    address = _registered(clerk.post("/register", data=data))
    form = clerk.get(f"{address}/describe")
    assert typed(form, "value.fine") == "123"
    sent = {"subject": data["subject"], "kind": kind, "value.amount": "12,50"}
    done = clerk.post(f"{address}/describe", data=sent)
    assert done.status_code == 303, words(done)
    assert "12.50 €" in words(clerk.get(address))
