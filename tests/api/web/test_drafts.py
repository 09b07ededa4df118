"""An answer from its first line to its issue, in the browser."""

import re
from collections.abc import Callable

import pytest

from tests import factories
from tests.api.browsing import Browser, hidden, seen, typed, words
from tests.api.conftest import House, Issued
from tests.docflow.steps import step_of

Browsing = Callable[..., Browser]
PASSWORD = {"password": factories.KEY_PASSWORD}


def _answer(**changes: str) -> dict[str, str]:
    return {
        "subject": "Απάντηση για το οδόστρωμα",
        "recipient": "Σύλλογος Κατοίκων",
        "recipient_email": "katoikoi@example.gr",
        "recipient_address": "Οδός Α 1",
        "channel": "pickup",
        "copies_to": "Τεχνική Υπηρεσία\nΑρχείο",
        "body": "Σας γνωρίζουμε ότι η επισκευή θα γίνει.",
        **changes,
    }


@pytest.fixture
def engineer(browsing: Browsing) -> Browser:
    return browsing("engineer")


@pytest.fixture
def draft(engineer: Browser, house: House) -> str:
    """The address of a draft that the engineer began."""
    address = house.accepted(house.register())
    answer = engineer.post(f"{address}/answer", data=_answer())
    assert answer.status_code == 303, words(answer)
    return answer.headers["location"].partition("?")[0]


def _circulate(engineer: Browser, house: House, draft: str) -> None:
    form = {"final_signer": str(house.town.users["mayor"])}
    answer = engineer.post(f"{draft}/circulate", data=form)
    assert answer.status_code == 303, words(answer)


def test_an_answer_inherits_from_the_letter(engineer: Browser, house: House):
    address = house.accepted(house.register(subject="Αίτηση φωτισμού"))
    form = engineer.get(f"{address}/answer")
    assert typed(form, "subject") == "Αίτηση φωτισμού"
    assert typed(form, "recipient").startswith("Σύλλογος Κατοίκων")
    assert typed(form, "recipient_email").startswith("katoikoi")


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("subject", ""), ("recipient", ""), ("body", ""), ("recipient_email", "x"), ("channel", "y")],
)
def test_an_answer_that_lacks_something_comes_back_as_it_was(
    engineer: Browser, house: House, field: str, wrong: str
):
    address = house.accepted(house.register())
    answer = engineer.post(f"{address}/answer", data=_answer(**{field: wrong}))
    assert answer.status_code == 422
    assert "Please correct" in words(answer)
    assert typed(answer, "copies_to").split() == ["Τεχνική", "Υπηρεσία", "Αρχείο"]


def test_only_a_pdf_stands_in_place_of_the_letter(engineer: Browser, house: House):
    address = house.accepted(house.register())
    files = [("upload", ("α.txt", b"text"))]
    answer = engineer.post(f"{address}/answer", data=_answer(), files=files)
    assert answer.status_code == 422
    assert "must be a PDF" in words(answer)
    assert hidden(answer)["kept"]


def test_only_the_responsible_person_answers(browsing: Browsing, house: House):
    address = house.accepted(house.register())
    answer = browsing("colleague").post(f"{address}/answer", data=_answer())
    assert answer.status_code == 403
    assert "only the responsible person answers it" in words(answer)


def test_a_draft_is_changed_and_keeps_its_versions(engineer: Browser, draft: str):
    form = engineer.get(f"{draft}/edit")
    assert typed(form, "body") == "Σας γνωρίζουμε ότι η επισκευή θα γίνει."
    version = hidden(form)["version"]
    engineer.post(f"{draft}/edit", data=_answer(body="Νέο κείμενο", version=version))
    assert "version 2" in words(engineer.get(draft))


def test_two_windows_do_not_overwrite_each_other_unseen(engineer: Browser, draft: str):
    old = hidden(engineer.get(f"{draft}/edit"))["version"]
    engineer.post(f"{draft}/edit", data=_answer(body="Πρώτο παράθυρο", version=old))
    second = engineer.post(f"{draft}/edit", data=_answer(body="Δεύτερο παράθυρο", version=old))
    assert second.status_code == 409
    assert "saved in another window" in words(second)
    assert typed(second, "body") == "Δεύτερο παράθυρο"
    newest = hidden(second)["version"]
    again = engineer.post(f"{draft}/edit", data=_answer(body="Δεύτερο παράθυρο", version=newest))
    assert again.status_code == 303


def test_the_paper_of_a_draft_is_shown_before_it_circulates(engineer: Browser, draft: str):
    paper = engineer.get(f"{draft}/document.pdf")
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF")


def test_all_sign_in_order_and_the_document_is_issued_and_sent(
    browsing: Browsing, house: House, engineer: Browser, draft: str
):
    _circulate(engineer, house, draft)
    assert "Next to sign" in words(engineer.get(draft))
    mayor, director = browsing("mayor"), browsing("director")
    assert draft not in mayor.get("/drafts").text.split("My drafts")[0]
    step = step_of(house.office, house.town, int(draft.rpartition("/")[2]), "mayor")
    early = mayor.post(f"{draft}/sign", data={**PASSWORD, "step": str(step)})
    assert early.status_code == 403
    assert "not your turn" in words(early)
    for signer in (engineer, director, mayor):
        assert draft in signer.get("/drafts").text
        assert signer.post(f"{draft}/sign", data=seen(signer, draft, **PASSWORD)).status_code == 303
    assert 'hx-trigger="every 2s"' in engineer.get(draft).text
    house.run_jobs()
    house.run_jobs()
    page = engineer.get(draft)
    assert re.search(r"Issued with number \d+/\d+", words(page))
    outgoing = re.search(r'href="(/entries/[^"]+)">Open the outgoing entry', page.text)
    assert outgoing
    assert "Sent, not yet picked up" in words(engineer.get(outgoing.group(1)))


def test_a_wrong_key_password_signs_nothing_and_is_never_shown(
    engineer: Browser, house: House, draft: str
):
    _circulate(engineer, house, draft)
    answer = engineer.post(f"{draft}/sign", data=seen(engineer, draft, password="μυστικό-λάθος"))
    assert answer.status_code == 422
    assert "password of the signing key is wrong" in words(answer)
    assert "μυστικό-λάθος" not in answer.text
    assert "Next to sign" in words(engineer.get(draft))


def test_a_signature_without_a_time_stamping_service_says_that_its_time_is_pending(
    engineer: Browser, house: House, draft: str
):
    _circulate(engineer, house, draft)
    right = list(house.office.settings.tsa_urls)
    house.office.settings.tsa_urls[:] = ["http://127.0.0.1:9/tsa"]  # the discard port: nobody
    try:
        assert (
            engineer.post(f"{draft}/sign", data=seen(engineer, draft, **PASSWORD)).status_code
            == 303
        )
    finally:
        house.office.settings.tsa_urls[:] = right
    assert "Time proof pending" in words(engineer.get(draft))


def test_a_signer_returns_a_draft_with_a_reason(
    browsing: Browsing, house: House, engineer: Browser, draft: str
):
    _circulate(engineer, house, draft)
    engineer.post(f"{draft}/sign", data=seen(engineer, draft, **PASSWORD))
    director = browsing("director")
    refused = director.post(f"{draft}/return", data=seen(director, draft, reason=""))
    assert refused.status_code == 422
    assert "Write the reason of the return" in words(refused)
    director.post(f"{draft}/return", data=seen(director, draft, reason="Λείπει η προθεσμία"))
    page = engineer.get(draft)
    assert "Λείπει η προθεσμία" in words(page)
    assert f'href="{draft}/edit"' in page.text
    _circulate(engineer, house, draft)
    assert "Earlier rounds" in words(engineer.get(draft))


def test_a_draft_is_withdrawn(engineer: Browser, draft: str):
    engineer.post(f"{draft}/withdraw")
    assert "Withdrawn" in words(engineer.get(draft))


def test_the_last_signer_must_be_chosen(engineer: Browser, draft: str):
    assert engineer.post(f"{draft}/circulate", data={}).status_code == 422
    nobody = engineer.post(f"{draft}/circulate", data={"final_signer": "999999"})
    assert nobody.status_code in (404, 409)


@pytest.mark.parametrize("username", ["lawyer", "clerk", "administrator"])
def test_a_draft_is_hidden_from_whom_it_does_not_concern(
    browsing: Browsing, draft: str, username: str
):
    browser = browsing(username)
    for part in ("", "/edit", "/document.pdf"):
        assert browser.get(draft + part).status_code == 404


def test_an_act_that_does_not_exist_is_not_found(engineer: Browser, draft: str):
    assert engineer.post(f"{draft}/burn").status_code == 404


def test_the_notice_is_sent_again_from_the_page(
    browsing: Browsing, house: House, unclaimed: Issued
):
    engineer = browsing("engineer")
    act = re.search(r'action="(/deliveries/\d+/notify)"', engineer.get(unclaimed.address).text)
    assert act
    answer = engineer.post(act.group(1), data={"back": unclaimed.address})
    assert answer.headers["location"] == f"{unclaimed.address}?done=notify"
    assert browsing("auditor").post(act.group(1), data={}).status_code == 403
    outside = engineer.post(act.group(1), data={"back": "https://evil.example"})
    assert outside.headers["location"] == "/work?done=notify"
    house.run_jobs()
