"""Chains that units keep: offered to their drafters, never rewritten (domain row 67)."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from docflow import audit, circulation, organization
from docflow.circulation import ChainStep, DraftRound, StepKind, Who, chains
from docflow.office import Office
from docflow.organization import NotAllowed
from tests.docflow.circulation.chaining import countersigns, signs
from tests.docflow.steps import begun
from tests.factories import Town, municipality

SHORT = (
    ChainStep(5, StepKind.COUNTERSIGN, Who.HEAD),
    ChainStep(9, StepKind.SIGNATURE, Who.FINAL),
)


def kept(
    session: Session, town: Town, name: str, unit: str | None, by: str = "administrator"
) -> int:
    unit_id = town.units[unit] if unit else None
    return chains.make(session, name, SHORT, unit_id=unit_id, by=town.person(session, by)).id


def names(session: Session, town: Town, unit: str) -> list[str]:
    found = chains.offered(session, body_id=town.body_id, unit_id=town.units[unit])
    return [one.name for one in found]


def test_the_nearest_unit_comes_first_then_the_body_then_the_usual(
    session: Session, town: Town
) -> None:
    kept(session, town, "Του φορέα", None)
    kept(session, town, "Της διεύθυνσης", "ΤΥ")
    kept(session, town, "Της γραμματείας", "ΓΡΑΜ")
    assert names(session, town, "ΟΔΟΠ") == ["Της διεύθυνσης", "Του φορέα", ""]
    assert names(session, town, "ΝΟΜ") == ["Του φορέα", ""]


def test_ranks_are_kept_without_gaps(session: Session, town: Town) -> None:
    chain = chains.get(session, kept(session, town, "Σύντομη", None), body_id=town.body_id)
    assert [(step.rank, step.who) for step in chain.steps] == [(1, Who.HEAD), (2, Who.FINAL)]


@pytest.mark.parametrize(
    ("by", "unit", "may"),
    [
        ("administrator", None, True),
        ("director", "ΟΔΟΠ", True),
        ("director", "ΓΡΑΜ", False),
        ("director", None, False),
        ("engineer", "ΟΔΟΠ", False),
    ],
)
def test_a_head_keeps_chains_of_his_units_only(
    session: Session, town: Town, by: str, unit: str | None, may: bool
) -> None:
    if may:
        made = kept(session, town, "Σειρά", unit, by=by)
        chains.retire(session, made, by=town.person(session, by))
    else:
        with pytest.raises(NotAllowed):
            kept(session, town, "Σειρά", unit, by=by)


def test_a_name_stands_once_among_those_that_are_offered(session: Session, town: Town) -> None:
    first = kept(session, town, "Σύντομη", None)
    with pytest.raises(circulation.BadChain, match="of this name already"):
        kept(session, town, "Σύντομη", "ΤΥ")
    chains.retire(session, first, by=town.person(session, "administrator"))
    assert kept(session, town, "Σύντομη", "ΤΥ") != first
    with pytest.raises(circulation.NoSuchChain):
        chains.get(session, first, body_id=town.body_id)


def test_chains_of_another_body_are_not_offered(session: Session, town: Town) -> None:
    other = municipality(session, code="allos")
    made = kept(session, town, "Σύντομη", None)
    with pytest.raises(circulation.NoSuchChain):
        chains.get(session, made, body_id=other.body_id)
    step = countersigns(other, 1, "director")
    by = town.person(session, "administrator")
    with pytest.raises(organization.NoSuchUser):
        chains.make(session, "Ξένη", [step, signs(town, 2, "mayor")], unit_id=None, by=by)


def test_a_draft_takes_the_chain_of_its_unit(signing_office: Office, town: Town) -> None:
    with signing_office.db.begin() as session:
        kept(session, town, "Χωρίς συντάκτη", "ΟΔΟΠ")
    made = begun(signing_office, town)[1]
    with signing_office.db.begin() as session:
        by = town.person(session, "engineer")
    mayor = town.users["mayor"]
    circulation.circulate(signing_office, made, by=by, final_signer_id=mayor)
    with signing_office.db.begin() as session:
        row = circulation.get(session, made, by=by)
        shown = circulation.steps(session, row, by=by)
        assert [one.person for one in shown] == ["Γιώργος Αλεξίου", "Νίκος Παπαδόπουλος"]
        assert session.get_one(DraftRound, (made, 1)).version == 1


def test_who_would_be_asked_is_named_before_it_is_sent(signing_office: Office, town: Town) -> None:
    made = begun(signing_office, town)[1]
    with signing_office.db.begin() as session:
        row = session.get_one(circulation.Draft, made)
        shown = circulation.outline(session, row, chains.STANDARD)
    assert [(one.step.who, one.name) for one in shown] == [
        ("drafter", "Άννα Βλάχου"),
        ("head", "Γιώργος Αλεξίου"),
        ("director", ""),
        ("final", ""),
    ]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE chains SET steps = '[]'",
        "UPDATE chains SET name = 'Άλλη', retired_at = now(), retired_by = made_by",
        "UPDATE chains SET retired_at = now()",
        "UPDATE chains SET retired_at = NULL, retired_by = NULL WHERE retired_at IS NOT NULL",
        "UPDATE chains SET retired_at = now() WHERE retired_at IS NOT NULL",
    ],
)
def test_the_database_lets_a_chain_only_be_retired_once(
    session: Session, town: Town, change: str
) -> None:
    kept(session, town, "Μένει", None)
    gone = kept(session, town, "Αποσύρθηκε", None)
    chains.retire(session, gone, by=town.person(session, "administrator"))
    session.flush()
    with (
        pytest.raises(IntegrityError, match=r"restrict_violation|RestrictViolation"),
        session.begin_nested(),
    ):
        session.execute(text(change))


def test_a_chain_is_in_the_trail(session: Session, town: Town) -> None:
    made = kept(session, town, "Σύντομη", None)
    chains.retire(session, made, by=town.person(session, "administrator"))
    session.flush()
    assert [e.action for e in audit.history(session, [("chain", made)])] == [
        "chain.made",
        "chain.retired",
    ]
