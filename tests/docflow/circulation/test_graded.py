"""The answer to a letter graded ΕΜΠ is open to whom the letter is, and to who signs (row 36)."""

import pytest
from sqlalchemy import text

from docflow import circulation, organization
from docflow.circulation import ChainStep, DraftState
from docflow.office import Office
from docflow.registry import Grade
from tests import factories
from tests.docflow.circulation.chaining import countersigns, deputised, informs, signs
from tests.docflow.steps import answer, circulated, draft, signed
from tests.factories import Town


@pytest.fixture
def draft_id(signing_office: Office, town: Town) -> int:
    """The engineer's answer. The letter is seen by her, the heads above her, the secretary."""
    with signing_office.db.begin() as session:
        entry = factories.letter(session, town, grade=Grade.CONFIDENTIAL)
        factories.accepted(session, town, entry)
    return answer(signing_office, town, entry.id)


def sent(office: Office, town: Town, draft_id: int, *before: ChainStep) -> None:
    circulated(office, town, draft_id, *before, signs(town, 2, "mayor"))


@pytest.mark.parametrize("who", ["colleague", "lawyer"])
@pytest.mark.parametrize("step", [countersigns, informs])
def test_a_chain_lets_nobody_in(
    signing_office: Office, town: Town, draft_id: int, step: object, who: str
) -> None:
    with pytest.raises(circulation.SignerMissing, match="graded confidential and not open to"):
        sent(signing_office, town, draft_id, step(town, 1, who))  # type: ignore[operator]
    assert draft(signing_office, draft_id).state == DraftState.DRAFTING
    with signing_office.db.begin() as session, pytest.raises(circulation.NoSuchDraft):
        circulation.get(session, draft_id, by=town.person(session, who))


def test_who_may_sign_is_not_let_in_for_information(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    with signing_office.db.begin() as session:
        user = session.get_one(organization.User, town.users["lawyer"])
        organization.grant(session, user, organization.Role.SIGNER)
    with pytest.raises(circulation.SignerMissing, match="not open to Ιωάννα Σταύρου"):
        sent(signing_office, town, draft_id, informs(town, 1, "lawyer"))
    with pytest.raises(circulation.SignerMissing, match="Ιωάννα Σταύρου has no signing key"):
        sent(signing_office, town, draft_id, countersigns(town, 1, "lawyer"))


def test_heads_signers_and_whoever_sees_the_letter_are_asked(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    chain = [countersigns(town, 1, "director"), informs(town, 1, "secretary")]
    sent(signing_office, town, draft_id, *chain)
    assert signed(signing_office, town, draft_id, "director", "mayor") == DraftState.ISSUING


@pytest.mark.parametrize("who", ["colleague", "lawyer"])
def test_it_is_forwarded_to_nobody_else(
    signing_office: Office, town: Town, draft_id: int, who: str
) -> None:
    sent(signing_office, town, draft_id, countersigns(town, 1, "director"))
    with signing_office.db.begin() as session:
        by = town.person(session, "director")
        to = town.users[who]
        with pytest.raises(circulation.SignerMissing, match="graded confidential and not open to"):
            circulation.forward(session, draft_id, to=to, reason="Αρμόδιος", by=by)
    with signing_office.db.begin() as session, pytest.raises(circulation.NoSuchDraft):
        circulation.get(session, draft_id, by=town.person(session, who))


@pytest.mark.parametrize(("who", "may"), [("colleague", False), ("secretary", True)])
def test_a_deputy_comes_in_only_where_he_sees_the_letter(
    signing_office: Office, town: Town, draft_id: int, who: str, may: bool
) -> None:
    sent(signing_office, town, draft_id, countersigns(town, 1, "director"))
    deputised(signing_office, town, "director", who)
    with signing_office.db.begin() as session:
        by = town.person(session, who)
        assert circulation.awaiting_count(session, by=by) == may
        assert [one.id for one in circulation.awaiting(session, by=by)] == [draft_id] * may
    if may:
        assert signed(signing_office, town, draft_id, who) == DraftState.CIRCULATING
    else:
        with pytest.raises(circulation.NoSuchDraft):
            signed(signing_office, town, draft_id, who)


def test_who_sees_the_draft_but_not_the_letter_signs_for_nobody(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    """The drafter keeps her draft; the letter was graded, and is the work of another by now."""
    sent(signing_office, town, draft_id, countersigns(town, 1, "director"))
    deputised(signing_office, town, "director", "engineer")
    with signing_office.db.begin() as session:
        by = town.person(session, "engineer")
        row = circulation.get(session, draft_id, by=by)
        assert circulation.turn(session, row, by=by).deputy_id is not None
        session.execute(
            text("DELETE FROM entry_access WHERE entry_id = :entry AND user_id = :user"),
            {"entry": row.answers_id, "user": by.user_id},
        )
        with pytest.raises(circulation.NotYourTurn):
            circulation.turn(session, row, by=by)
