"""Many documents with one password: a result each, on after an error (domain row 67)."""

import pytest
from sqlalchemy import text

from docflow import circulation, documents, signatures, throttle
from docflow.circulation import BatchResult, DraftState
from docflow.office import Office
from tests import factories
from tests.docflow.circulation.chaining import countersigns, signs
from tests.docflow.steps import begun, circulated, draft, signed, step_of
from tests.factories import Town

RIGHT = circulation.Secrets(password=factories.KEY_PASSWORD)


@pytest.fixture
def three(signing_office: Office, town: Town) -> list[int]:
    """Three drafts that wait for the director."""
    made = [begun(signing_office, town)[1] for _ in range(3)]
    for draft_id in made:
        chain = [countersigns(town, 1, "director"), signs(town, 2, "mayor")]
        circulated(signing_office, town, draft_id, *chain)
    return made


def batch(
    office: Office, town: Town, ids: list[int], secrets: circulation.Secrets = RIGHT
) -> list[BatchResult]:
    with office.db.begin() as session:
        by = town.person(session, "director")
    steps = [(one, step_of(office, town, one, "director")) for one in ids]
    return list(circulation.sign_batch(office, steps, by=by, secrets=secrets))


def test_each_document_has_its_result_and_all_are_signed(
    signing_office: Office, town: Town, three: list[int]
) -> None:
    results = batch(signing_office, town, three)
    assert [(one.draft_id, one.place, one.total, one.is_signed) for one in results] == [
        (draft_id, place, 3, True) for place, draft_id in enumerate(three, start=1)
    ]
    with signing_office.db.begin() as session:
        assert circulation.awaiting_count(session, by=town.person(session, "director")) == 0
        assert circulation.awaiting_count(session, by=town.person(session, "mayor")) == 3


def test_a_wrong_one_in_the_middle_stops_nobody(
    signing_office: Office, town: Town, three: list[int]
) -> None:
    with signing_office.db.begin() as session:  # recalled while the director looks at his list
        circulation.recall(session, three[1], by=town.person(session, "engineer"))
    results = batch(signing_office, town, [three[0], three[1], 10**9, three[2], three[0]])
    assert [(one.draft_id, one.is_signed) for one in results] == [
        (three[0], True),
        (three[1], False),
        (10**9, False),
        (three[2], True),
    ]
    assert "moved on" in str(results[1].problem)
    assert results[1].subject  # still named, for he could see it
    assert "no such draft" in str(results[2].problem)
    assert results[2].subject == ""


def test_a_text_that_came_anew_is_not_signed_for_the_one_that_was_chosen(
    signing_office: Office, town: Town, three: list[int]
) -> None:
    seen = [(one, step_of(signing_office, town, one, "director")) for one in three]
    with signing_office.db.begin() as session:
        by = town.person(session, "engineer")
        circulation.recall(session, three[1], by=by)
        text = factories.content(body="Σας γνωρίζουμε το αντίθετο.")
        circulation.save(session, three[1], text, version=1, by=by)
        director = town.person(session, "director")
    circulated(
        signing_office,
        town,
        three[1],
        countersigns(town, 1, "director"),
        signs(town, 2, "mayor"),
    )
    results = list(circulation.sign_batch(signing_office, seen, by=director, secrets=RIGHT))
    assert [one.is_signed for one in results] == [True, False, True]
    assert "moved on" in str(results[1].problem)
    with signing_office.db.begin() as session:
        [left] = circulation.awaiting(session, by=director)
    assert left.id == three[1]
    assert left.step == step_of(signing_office, town, three[1], "director")
    [again] = batch(signing_office, town, [three[1]])
    assert again.is_signed


def test_the_paper_that_cannot_be_signed_is_named_and_the_next_is_signed(
    signing_office: Office, town: Town, three: list[int]
) -> None:
    broken = documents.keep(signing_office, b"%PDF-1.7 broken")
    with signing_office.db.begin() as session:
        session.execute(
            text("UPDATE drafts SET current_sha256 = :sha WHERE id = :id"),
            {"sha": broken.sha256, "id": three[0]},
        )
    results = batch(signing_office, town, three)
    assert [one.is_signed for one in results] == [False, True, True]
    assert "could not be signed" in str(results[0].problem)


def test_a_wrong_password_signs_none_of_them(
    signing_office: Office, town: Town, three: list[int]
) -> None:
    with pytest.raises(circulation.WrongKeyPassword):
        batch(signing_office, town, three, circulation.Secrets(password="λάθος"))
    assert {draft(signing_office, one).state for one in three} == {DraftState.CIRCULATING}
    with signing_office.db.begin() as session:
        assert circulation.awaiting_count(session, by=town.person(session, "director")) == 3


def test_after_five_wrong_passwords_the_key_rests(
    signing_office: Office, town: Town, three: list[int]
) -> None:
    for _ in range(5):
        with pytest.raises(circulation.WrongKeyPassword):
            batch(signing_office, town, three, circulation.Secrets(password="λάθος"))
    with pytest.raises(throttle.TooManyTries):
        batch(signing_office, town, three)
    with pytest.raises(throttle.TooManyTries):
        signed(signing_office, town, three[0], "director")


@pytest.mark.parametrize(("count", "said"), [(0, "Choose the documents"), (101, "too many")])
def test_nothing_or_too_much_is_not_begun(
    signing_office: Office, town: Town, count: int, said: str
) -> None:
    with pytest.raises(circulation.BadBatch, match=said):
        batch(signing_office, town, list(range(1, count + 1)))


def test_who_asks_for_no_more_results_signs_no_more(
    signing_office: Office, town: Town, three: list[int]
) -> None:
    """A browser that is closed leaves what was signed signed, and the rest as it was."""
    with signing_office.db.begin() as session:
        by = town.person(session, "director")
    steps = [(one, step_of(signing_office, town, one, "director")) for one in three]
    results = circulation.sign_batch(signing_office, steps, by=by, secrets=RIGHT)
    next(results)
    results.close()  # type: ignore[attr-defined]
    with signing_office.db.begin() as session:
        assert circulation.awaiting_count(session, by=town.person(session, "director")) == 2


def test_the_password_is_in_no_row_and_no_event(
    signing_office: Office, town: Town, three: list[int]
) -> None:
    batch(signing_office, town, three)
    assert factories.KEY_PASSWORD not in repr(RIGHT)
    with signing_office.db.begin() as session:
        events = session.execute(text("SELECT details::text FROM audit_events")).scalars().all()
    assert not any(factories.KEY_PASSWORD in event for event in events)


def test_a_key_that_lies_elsewhere_signs_no_batch(
    signing_office: Office, town: Town, three: list[int]
) -> None:
    with signing_office.db.begin() as session:
        session.execute(
            text("UPDATE keyrings SET kind = 'elsewhere', pkcs12 = NULL WHERE user_id = :id"),
            {"id": town.users["director"]},
        )
    with pytest.raises(signatures.KeyElsewhere):
        batch(signing_office, town, three)
