"""The clerk's form: from the letter on the counter to its number, and whatever may go wrong."""

import re
from io import BytesIO

import pikepdf
import pytest

from tests.api.browsing import Browser, hidden, letter, typed, words
from tests.api.conftest import House


def _pdf() -> bytes:
    document, buffer = pikepdf.new(), BytesIO()
    document.add_blank_page()
    document.save(buffer)
    return buffer.getvalue()


def _huge_page() -> bytes:
    document, buffer = pikepdf.new(), BytesIO()
    document.add_blank_page(page_size=(14400, 14400))
    document.save(buffer)
    return buffer.getvalue()


def _encrypted() -> bytes:
    document, buffer = pikepdf.new(), BytesIO()
    document.add_blank_page()
    document.save(buffer, encryption=pikepdf.Encryption(owner="o", user="u"))
    return buffer.getvalue()


def _form_key(clerk: Browser) -> str:
    return hidden(clerk.get("/register"))["form_key"]


def _address(response) -> str:
    assert response.status_code == 303, words(response)
    return response.headers["location"].removesuffix("?registered=1")


def test_a_registered_letter_shows_its_number_with_receipt_and_label_at_hand(clerk: Browser):
    sent = clerk.post("/register", data=letter(form_key=_form_key(clerk)))
    page = clerk.get(sent.headers["location"])
    number, year = _address(sent).split("/")[-1], _address(sent).split("/")[-2]
    assert f"Registered under {number}/{year}" in words(page)
    assert f'href="{_address(sent)}/receipt.pdf"' in page.text
    assert f'href="{_address(sent)}/label.pdf"' in page.text
    assert "01/02/2026" in words(page)


def test_the_form_shows_no_number_before_it_is_given(clerk: Browser):
    form = clerk.get("/register").text.split("</form>")[1]  # the first is "log out"
    assert not re.search(r"\d+/20\d\d", re.sub(r"title=\"[^\"]*\"", "", form))


def test_what_the_clerk_chose_last_is_chosen_again(clerk: Browser):
    clerk.post("/register", data=letter(delivery_method="courier"))
    assert '<option value="courier" selected>' in clerk.get("/register").text


def test_a_second_press_of_the_same_form_gives_the_same_entry(clerk: Browser):
    form = letter(form_key=_form_key(clerk))
    assert _address(clerk.post("/register", data=form)) == _address(
        clerk.post("/register", data=form)
    )


def test_two_forms_with_the_same_letter_and_a_reason_give_two_entries(clerk: Browser):
    sent = {**letter(), "duplicate_reason": "δεύτερο αντίτυπο"}
    first = clerk.post("/register", data={**sent, "form_key": _form_key(clerk)})
    second = clerk.post("/register", data={**sent, "form_key": _form_key(clerk)})
    assert _address(first) != _address(second)


@pytest.mark.parametrize(
    ("field", "wrong", "told"),
    [
        ("sender", "", "Write the sender"),
        ("subject", "", "Write the subject"),
        ("subject", "α" * 10_000, "at most 1000"),
        ("sender_dated_on", "31/02/2026", "is not a date"),
        ("sender_dated_on", "χθες", "is not a date"),
        ("sender_dated_on", "01/01/2999", "future"),
        ("received_on", "01/01/2999", "future"),
        ("attachments_count", "-1", "whole number"),
        ("attachments_count", "πολλά", "whole number"),
        ("delivery_method", "περιστέρι", "Choose one from the list"),
        ("addressee_unit_id", "987654", "no such unit"),
        ("sender_tax_number", "123456789", "ΑΦΜ"),
        ("sender_email", "not an address", "e-mail"),
    ],
)
def test_a_wrong_field_is_told_of_and_everything_typed_stays(
    clerk: Browser, field: str, wrong: str, told: str
):
    sent = letter(**{field: wrong})
    answer = clerk.post("/register", data=sent)
    assert answer.status_code == 422
    assert told in words(answer)
    assert typed(answer, "sender_reference") == sent["sender_reference"]


def test_files_chosen_before_an_error_need_not_be_chosen_again(clerk: Browser):
    files = [("files", ("σάρωση.pdf", _pdf(), "application/pdf"))]
    wrong = clerk.post("/register", data=letter(subject=""), files=files)
    assert "σάρωση.pdf" in words(wrong)
    again = clerk.post("/register", data=letter(kept=hidden(wrong)["kept"]))
    assert "σάρωση.pdf" in words(clerk.get(_address(again)))


def test_a_kept_file_can_be_left_out(clerk: Browser):
    files = [("files", ("λάθος.pdf", _pdf(), "application/pdf"))]
    wrong = clerk.post("/register", data=letter(subject=""), files=files)
    drop = re.search(r'name="drop" value="(\w+)"', wrong.text).group(1)
    again = clerk.post("/register", data=letter(kept=hidden(wrong)["kept"], drop=drop))
    assert "λάθος.pdf" not in words(clerk.get(_address(again)))


def test_a_made_up_note_of_a_kept_file_brings_nothing(clerk: Browser):
    answer = clerk.post("/register", data=letter(kept='["x.pdf","00",1,"application/pdf"].AAAA'))
    assert "No files" in words(clerk.get(_address(answer)))


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "άδειο.pdf"),
        (b"<html><script>alert(1)</script></html>", "σελίδα.pdf"),
        (_pdf()[:200], "κομμένο.pdf"),
        (_encrypted(), "κλειδωμένο.pdf"),
        (_huge_page(), "τεράστιο.pdf"),
    ],
)
def test_a_file_that_nobody_can_read_is_registered_all_the_same(
    clerk: Browser, data: bytes, name: str
):
    answer = clerk.post("/register", data=letter(), files=[("files", (name, data))])
    page = clerk.get(_address(answer))
    assert name in words(page)
    assert clerk.get(f"{_address(answer)}/files/1").content == data


def test_a_file_that_failed_says_why_and_can_be_read_again(clerk: Browser, house: House):
    address = _address(clerk.post("/register", data=letter(), files=[("files", ("α.pdf", b""))]))
    house.run_jobs()
    page = clerk.get(address)
    assert "Could not be read" in words(page)
    again = clerk.post(f"{address}/files/1/read-again")
    assert again.headers["location"] == f"{address}?done=read-again#files"
    assert "Waits to be read" in words(clerk.get(address))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\γράμμα.pdf", "γράμμα.pdf"),
        ("e\u0301γγραφο.pdf", "éγγραφο.pdf"),
        ("α" * 300 + ".pdf", "α" * 98 + ".pdf"),
    ],
)
def test_a_file_gets_a_clean_name(clerk: Browser, sent: str, kept: str):
    answer = clerk.post("/register", data=letter(), files=[("files", (sent, sent.encode()))])
    page = clerk.get(_address(answer))
    assert re.search(rf">{re.escape(kept)}</a>", page.text)


def test_html_that_came_as_a_letter_is_never_run(clerk: Browser):
    answer = clerk.post("/register", data=letter(), files=[("files", ("α.html", b"<html>"))])
    served = clerk.get(f"{_address(answer)}/files/1")
    assert served.headers["content-type"] == "application/octet-stream"
    assert served.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in served.headers["content-security-policy"]


def test_a_file_over_the_limit_is_named_and_the_others_are_kept(clerk: Browser):
    files = [("files", ("μικρό.pdf", _pdf())), ("files", ("μεγάλο.pdf", b"x" * (1 << 20) + b"x"))]
    answer = clerk.post("/register", data=letter(), files=files)
    assert "μεγάλο.pdf" in words(answer)
    assert hidden(answer)["kept"]
    assert "μικρό.pdf" in words(answer)


def test_more_than_all_limits_is_refused_before_it_is_read(clerk: Browser):
    body = b"x" * (6 << 20)
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    assert clerk.post("/register", content=body, headers=headers).status_code == 413


def test_a_sender_nobody_knew_is_suggested_next_time(clerk: Browser):
    clerk.post("/register", data=letter(sender="Ζαχαροπλαστείο Η Πρωινή"))
    found = clerk.get("/parties/suggest", params={"q": "ΠΡΩΙΝΗ"}).json()
    assert [party["name"] for party in found] == ["Ζαχαροπλαστείο Η Πρωινή"]


def test_nul_in_a_field_is_dropped(clerk: Browser):
    address = _address(clerk.post("/register", data=letter(subject="Αίτηση\x00 άδειας")))
    assert "Αίτηση άδειας" in words(clerk.get(address))


def test_an_outgoing_document_needs_a_recipient(clerk: Browser):
    form = letter(direction="outgoing", sender="", recipients="Υπουργείο Εσωτερικών\nΔΕΥΑ")
    page = clerk.get(_address(clerk.post("/register", data=form)))
    assert "Υπουργείο Εσωτερικών; ΔΕΥΑ" in re.sub(" +", " ", words(page)).replace(" ;", ";")
    refused = clerk.post("/register", data={**form, "recipients": ""})
    assert refused.status_code == 422
    assert "Write at least one recipient" in words(refused)


@pytest.mark.parametrize("username", ["engineer", "director", "mayor", "auditor", "administrator"])
def test_only_a_clerk_registers(browsing, username: str):
    browser = browsing(username)
    assert browser.get("/register").status_code == 403
    assert browser.post("/register", data=letter()).status_code == 403


def test_a_request_that_another_site_caused_changes_nothing(clerk: Browser):
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = clerk.post("/register", data=letter(sender="Κλέφτης"), headers=headers)
    assert answer.status_code == 403
    assert clerk.get("/parties/suggest", params={"q": "Κλέφτης"}).json() == []
