"""Acting for another: asked for with a proof, decided by a clerk, chosen in a login, ended."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from docflow import accounts, clock, documents
from docflow.accounts import (
    AlreadyAsked,
    BadRepresentation,
    Citizen,
    Ground,
    Level,
    LevelNeeded,
    RepresentationMoved,
    RepresentedKind,
    Wish,
    representations,
    representing,
)
from docflow.accounts.models import Account, CitizenSession, Representation
from docflow.principal import NotAllowed, Principal
from tests.accounts import citizen
from tests.factories import Town

COMPANY = Wish(RepresentedKind.COMPANY, "Αφοί Κάτω Α.Ε.", "094014201", Ground.LEGAL_REPRESENTATIVE)
PROOF = documents.Upload("καταστατικό.pdf", "a" * 64, 1234, "application/pdf")


@pytest.fixture
def eleni(session: Session, town: Town) -> Citizen:
    return citizen(session, town)


def now(session: Session, who: Citizen) -> Citizen:
    """The same login, as the next request sees it."""
    session.flush()
    session.expire_all()
    login = session.get_one(CitizenSession, who.session_id)
    account = session.get_one(Account, who.account_id)
    return accounts.logins._picture(session, login, account)


def accepted(session: Session, who: Citizen, clerk: Principal, **changes: object) -> Representation:
    row = representing.ask(session, replace(COMPANY, **changes), PROOF, citizen=who)
    return representing.accept(session, row.id, seen=row.step, by=clerk)


def test_accepted_it_is_chosen_in_a_login(
    session: Session, eleni: Citizen, clerk: Principal
) -> None:
    row = representing.ask(session, COMPANY, PROOF, citizen=eleni)
    with pytest.raises(RepresentationMoved):
        representing.act_for(session, row.id, citizen=eleni)
    [waits] = representations.waiting(session, by=clerk)
    assert (waits.account, waits.name) == ("Ελένη Δημητρίου", "Αφοί Κάτω Α.Ε.")
    representing.accept(session, row.id, seen=row.step, by=clerk)
    assert now(session, eleni).representation is None, "nobody acts for another unasked"
    representing.act_for(session, row.id, citizen=eleni)
    acting = now(session, eleni).representation
    assert acting is not None
    assert (acting.id, acting.name, acting.tax_number) == (row.id, COMPANY.name, "094014201")
    representing.act_for(session, None, citizen=eleni)
    assert now(session, eleni).representation is None


def test_revoked_or_over_it_ends_in_logins_under_way(
    session: Session, eleni: Citizen, clerk: Principal
) -> None:
    row = accepted(session, eleni, clerk, valid_to=clock.today())
    representing.act_for(session, row.id, citizen=eleni)
    row.valid_from = row.valid_to = clock.today() - timedelta(days=1)
    assert now(session, eleni).representation is None, "its last day is over"
    row.valid_from = row.valid_to = clock.today()
    assert now(session, eleni).representation is not None
    with pytest.raises(BadRepresentation):
        representing.revoke(session, row.id, reason="", seen=row.step, by=clerk)
    representing.revoke(session, row.id, reason="Ανακλήθηκε", seen=row.step, by=clerk)
    assert now(session, eleni).representation is None
    [shown] = representations.of_citizen(session, eleni)
    assert (shown.state, shown.reason, shown.decided_by) == (
        "revoked",
        "Ανακλήθηκε",
        "Μαρία Νικολάου",
    )


def test_it_is_decided_once(session: Session, town: Town, eleni: Citizen, clerk: Principal) -> None:
    row = representing.ask(session, COMPANY, PROOF, citizen=eleni)
    seen = row.step
    with pytest.raises(BadRepresentation):
        representing.refuse(session, row.id, reason=" ", seen=seen, by=clerk)
    representing.refuse(session, row.id, reason="Δεν φαίνεται υπογραφή", seen=seen, by=clerk)
    other = town.person(session, "registrar")
    with pytest.raises(RepresentationMoved, match="Μαρία Νικολάου"):
        representing.accept(session, row.id, seen=seen, by=other)
    again = representing.ask(session, COMPANY, PROOF, citizen=eleni)  # a better proof
    representing.withdraw(session, again.id, citizen=eleni)
    with pytest.raises(RepresentationMoved, match="withdrawn"):
        representing.accept(session, again.id, seen=again.step, by=other)


def test_the_same_is_not_asked_twice(session: Session, eleni: Citizen, clerk: Principal) -> None:
    row = representing.ask(session, COMPANY, PROOF, citizen=eleni)
    for _ in range(2):
        with pytest.raises(AlreadyAsked):
            representing.ask(session, COMPANY, PROOF, citizen=eleni)
        if row.state == "asked":
            representing.accept(session, row.id, seen=row.step, by=clerk)
    representing.withdraw(session, row.id, citizen=eleni)
    representing.ask(session, COMPANY, PROOF, citizen=eleni)


@pytest.mark.parametrize(
    ("changes", "proof", "field"),
    [
        ({"name": " "}, PROOF, "name"),
        ({"tax_number": "123456789"}, PROOF, "tax_number"),
        ({"tax_number": "090000045"}, PROOF, "tax_number"),  # one's own
        ({"valid_to": clock.today() - timedelta(days=1)}, PROOF, "valid_to"),
        ({}, None, "proof"),
        ({}, replace(PROOF, media_type="application/x-executable"), "proof"),
    ],
)
def test_what_cannot_be_asked_for(
    session: Session,
    town: Town,
    changes: dict[str, object],
    proof: documents.Upload | None,
    field: str,
) -> None:
    who = citizen(session, town, tax_number="090000045")
    with pytest.raises(BadRepresentation) as caught:
        representing.ask(session, replace(COMPANY, **changes), proof, citizen=who)
    assert caught.value.field == field


def test_it_is_the_affair_of_its_citizen_and_the_registry(
    session: Session, town: Town, eleni: Citizen, clerk: Principal
) -> None:
    row = accepted(session, eleni, clerk)
    stranger = citizen(session, town, email="other@example.gr")
    for act in (
        lambda: representing.act_for(session, row.id, citizen=stranger),
        lambda: representing.withdraw(session, row.id, citizen=stranger),
        lambda: representations.proof(session, row.id, by=stranger),
    ):
        with pytest.raises(accounts.NoSuchRepresentation):
            act()
    assert representations.proof(session, row.id, by=eleni)[0] == PROOF.sha256
    with pytest.raises(NotAllowed):
        representations.proof(session, row.id, by=town.person(session, "engineer"))
    visitor = citizen(session, town, level=Level.VISITOR, email="visitor@example.gr")
    with pytest.raises(LevelNeeded):
        representing.ask(session, COMPANY, PROOF, citizen=visitor)


def test_an_emptied_account_keeps_no_words_about_whom_it_acted_for(
    session: Session, eleni: Citizen, clerk: Principal
) -> None:
    gone = representing.ask(session, COMPANY, PROOF, citizen=eleni)
    why = "Οι Αφοί Κάτω Α.Ε. έχουν λυθεί"
    representing.refuse(session, gone.id, reason=why, seen=gone.step, by=clerk)
    kept = accepted(session, eleni, clerk)
    accounts.erasing.forget(session, session.get_one(Account, eleni.known_id))
    session.flush()
    session.expire_all()
    shown = {one.id: (one.name, one.tax_number, one.reason) for one in (gone, kept)}
    assert shown == {gone.id: ("", "", "-"), kept.id: ("", "", "")}
