"""The register of residents, given by another program."""

import json

import pytest

from tests.docflow.service_acts.test_residents import ELENI, HEADER, NIKOS


@pytest.fixture
def administrator(calling):
    return calling("administrator")


def sent(caller, *rows, **said):
    return caller.post(
        "/residents/lists",
        data={"metadata": json.dumps(said)},
        files={"files": ("katoikoi.csv", "\n".join([HEADER, *rows]).encode(), "text/csv")},
    )


def test_a_list_replaces_the_one_before_and_names_nobody(administrator):
    first = sent(administrator, ELENI, NIKOS)
    assert first.status_code == 201, first.text
    second = sent(administrator, ELENI).json()
    assert (second["rows"], second["removed"]) == (1, 1)
    listed = administrator.get("/residents/lists").json()
    assert listed["residents"] == 1
    assert [one["rows"] for one in listed["items"]][:2] == [1, 2]
    assert "Ελένη" not in json.dumps(listed, ensure_ascii=False)


def test_a_bad_list_is_a_problem_that_names_the_row(administrator):
    answer = sent(administrator, ELENI.replace("123456783", "1"))
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:docflow:problem:bad-residents")
    assert "Row 2" in answer.json()["detail"]


def test_a_clerk_does_not_give_it(clerk):
    assert sent(clerk, ELENI).status_code == 403
