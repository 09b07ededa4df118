"""The page of the register of residents: a list is taken over, or its faults are told by row."""

import pytest

from tests.api.browsing import words
from tests.docflow.service_acts.test_residents import ELENI, HEADER, NIKOS


@pytest.fixture
def administrator(browsing):
    return browsing("administrator")


def sent(browser, *rows, **form):
    data = "\n".join([HEADER, *rows]).encode()
    return browser.post("/residents", data=form, files=[("file", ("katoikoi.csv", data))])


def test_a_list_is_given_and_stands_in_the_table(administrator):
    answer = sent(administrator, ELENI, NIKOS)
    assert (answer.status_code, answer.headers["location"]) == (303, "/residents?done=residents")
    page = words(administrator.get("/residents?done=residents"))
    assert "The list holds from now on." in page
    assert "2 people now" in page
    assert "katoikoi.csv" in page
    assert "Δημητρίου" not in page  # nobody is named


def test_faults_are_told_by_their_row(administrator):
    answer = sent(administrator, ELENI, NIKOS.replace("090000045", "090000044"))
    assert answer.status_code == 422
    assert "Row 3: The ΑΦΜ is not valid" in words(answer)


def test_without_a_file_the_form_says_what_is_missing(administrator):
    answer = administrator.post("/residents", data={})
    assert answer.status_code == 422
    assert "Choose the file" in words(answer)


def test_others_do_not_see_the_page(browsing):
    assert browsing("clerk").get("/residents").status_code == 403
