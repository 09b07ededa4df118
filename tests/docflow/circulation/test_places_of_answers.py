"""An answer that is issued goes under the number, or into the case, of its letter."""

import pytest

from docflow import clock, registry
from docflow.office import Office
from docflow.registry import Entry, Policy, Scheme, books
from tests.docflow.steps import answer, begun, circulated, draft, run_jobs, signed
from tests.factories import Town

SHARED = Policy(shares_numbers=True)
CASES = Policy(scheme=Scheme.CASE, mask="{n}-{sub}/{year}")


def rule(office: Office, town: Town, policy: Policy) -> None:
    """Let the common book number so, before its first entry."""
    with office.db.begin() as session:
        by = town.person(session, "administrator")
        books.set_policy(session, "koino", policy=policy, opens_by_hand=False, by=by)


def issued(office: Office, town: Town, draft_id: int) -> Entry:
    circulated(office, town, draft_id)
    signed(office, town, draft_id)
    run_jobs(office, "circulation.issue")
    entry_id = draft(office, draft_id).entry_id
    assert entry_id is not None
    with office.db.begin() as session:
        return registry.get(session, entry_id, by=town.person(session, "clerk"))


@pytest.mark.parametrize("policy", [SHARED, CASES, Policy()], ids=["shared", "cases", "plain"])
def test_an_answer_is_issued_as_the_book_numbers(
    signing_office: Office, town: Town, policy: Policy
) -> None:
    rule(signing_office, town, policy)
    letter_id, draft_id = begun(signing_office, town)
    sent = issued(signing_office, town, draft_id)
    year = clock.today().year
    label, shares = {
        SHARED: (f"1/{year}", letter_id),
        CASES: (f"1-2/{year}", None),
        Policy(): (f"2/{year}", None),
    }[policy]
    assert (sent.label, sent.shares_number_of) == (label, shares)
    with signing_office.db.begin() as session:
        found = registry.contiguity(session, by=town.person(session, "auditor"))
        assert [one.problems for one in found] == [()]


def test_a_second_answer_takes_a_new_number(signing_office: Office, town: Town) -> None:
    """The number of a letter is shared once; the letter is opened again and answered again."""
    rule(signing_office, town, SHARED)
    letter_id, draft_id = begun(signing_office, town)
    second_id = answer(signing_office, town, letter_id)
    first = issued(signing_office, town, draft_id)
    second = issued(signing_office, town, second_id)
    assert (first.number, second.number) == (1, 2)
    assert second.shares_number_of is None
