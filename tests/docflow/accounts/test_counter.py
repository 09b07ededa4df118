"""At the counter: papers seen, proofs for a while and for good, two accounts made one."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from docflow import accounts, clock, parties
from docflow.accounts import (
    Account,
    AccountState,
    BadProof,
    Level,
    NotOnePerson,
    Paper,
    Seen,
    TaxNumberTaken,
    hooks,
    keeping,
    logins,
    merging,
    proving,
)
from docflow.accounts.models import Identity
from docflow.parties import TraceKind, Whose
from docflow.principal import NotAllowed, Principal
from tests.accounts import account, citizen, secret_of, seen
from tests.factories import Town, municipality

AFM = "090000045"


def said(**changes: object) -> Seen:
    values = {"full_name": "Ελένη Δημητρίου", "tax_number": AFM, "paper": Paper.PASSPORT}
    return Seen(**{**values, **changes})  # type: ignore[arg-type]


def prove(session: Session, row: Account, by: Principal, **changes: object) -> Account:
    return proving.prove(session, row.id, said(**changes), seen=row.step, by=by)


def test_papers_lift_a_login_that_is_open(session: Session, town: Town, clerk: Principal) -> None:
    row = account(session, town)
    secret, by_code = secret_of(session, row), secret_of(session, row, way=accounts.Way.CODE)
    assert seen(session, secret).level is Level.REGISTERED
    prove(session, row, clerk)
    assert seen(session, secret).level is Level.VERIFIED
    assert seen(session, by_code).level is Level.VISITOR
    shown = keeping.one(session, row.id, by=clerk)
    assert [(one.paper, one.given_by) for one in shown.proofs] == [("passport", "Μαρία Νικολάου")]
    proving.take_back(session, row.id, seen=row.step, by=clerk)
    assert seen(session, secret).level is Level.REGISTERED
    with pytest.raises(accounts.NothingProven):
        proving.take_back(session, row.id, seen=row.step, by=clerk)


def test_a_temporary_proof_lasts_a_month_at_most(
    session: Session, town: Town, clerk: Principal
) -> None:
    row = account(session, town)
    secret, today = secret_of(session, row), clock.today()
    late = today + proving.MONTH + timedelta(days=1)
    for day in (late, today - timedelta(days=1)):
        with pytest.raises(BadProof):
            prove(session, row, clerk, level=Level.TEMPORARY, valid_to=day)
    session.refresh(row)
    prove(session, row, clerk, level=Level.TEMPORARY)
    assert row.level_until == today + proving.MONTH
    now = seen(session, secret)
    assert now.level is Level.TEMPORARY
    assert now.level.reaches(Level.REGISTERED)
    assert not now.level.reaches(Level.VERIFIED), "of use where a service demands no more"
    row.level_until = today - timedelta(days=1)
    session.flush()
    assert seen(session, secret).level is Level.REGISTERED
    # Its ΑΦΜ can be proven for another account now.
    other = account(session, town, email="other@example.gr")
    prove(session, other, clerk)
    assert row.level is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tax_number": "123456789"}, "tax_number"),
        ({"tax_number": ""}, "tax_number"),
        ({"full_name": "Ε"}, "full_name"),
        ({"level": Level.REGISTERED}, "level"),
    ],
)
def test_what_papers_cannot_say(
    session: Session, town: Town, clerk: Principal, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(BadProof) as caught:
        prove(session, account(session, town), clerk, **changes)
    assert caught.value.field == field


def test_the_tax_number_of_another_account_leads_to_it(
    session: Session, town: Town, clerk: Principal
) -> None:
    first = account(session, town, level=Level.VERIFIED, tax_number=AFM)
    second = account(session, town, email="second@example.gr")
    with pytest.raises(TaxNumberTaken) as caught:
        prove(session, second, clerk)
    assert caught.value.other_id == first.id


def test_two_accounts_of_one_person_become_one(
    session: Session, town: Town, clerk: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[tuple[int, int]] = []
    monkeypatch.setattr(
        hooks, "_after_merge", [lambda session, stays, goes, by: moved.append((stays, goes))]
    )
    stays = account(session, town, level=Level.VERIFIED, tax_number=AFM)
    goes = account(session, town, email="second@example.gr", tax_number=AFM)
    session.add(
        Identity(
            body_id=town.body_id,
            account_id=goes.id,
            provider="taxisnet",
            issuer="https://id.example.gr",
            subject="1",
            tied_at=clock.now(),
        )
    )
    secret = secret_of(session, goes)
    assert [one.id for one in keeping.twins(session, by=clerk)] == [stays.id, goes.id]

    def merge(one: Account, other: Account, number: str) -> Account:
        return merging.merge(session, one.id, other.id, tax_number=number, seen=one.step, by=clerk)

    with pytest.raises(NotOnePerson):
        merge(goes, stays, AFM)  # the proven one stays
    session.expire_all()
    with pytest.raises(NotOnePerson):
        merge(stays, goes, "094014201")  # the papers are another's
    session.refresh(stays)
    with pytest.raises(accounts.BadMerge):
        merge(stays, stays, AFM)
    merge(stays, goes, AFM)
    session.expire_all()
    assert moved == [(stays.id, goes.id)]
    assert (goes.state, goes.merged_into_id, goes.full_name) == (AccountState.MERGED, stays.id, "")
    assert logins.by_session(session, secret, idle_minutes=60) is None
    assert session.scalars(select(Identity.account_id)).all() == [stays.id]
    assert accounts.survivor(session, goes.id) == stays.id
    told = accounts.summaries(session, town.body_id, [goes.id])
    assert told[goes.id].full_name == "Ελένη Δημητρίου"
    with pytest.raises(accounts.AccountOver):
        prove(session, goes, clerk)


def test_who_decides_on_an_older_state_is_told_who_was_faster(
    session: Session, town: Town, clerk: Principal
) -> None:
    row = account(session, town)
    old = row.step
    keeping.lock(session, row.id, seen=old, by=clerk)
    registrar = town.person(session, "registrar")
    with pytest.raises(accounts.AccountMoved, match="Μαρία Νικολάου"):
        proving.prove(session, row.id, said(), seen=old, by=registrar)


def test_a_locked_account_is_entered_by_no_way(
    session: Session, town: Town, clerk: Principal
) -> None:
    row = account(session, town)
    secret = secret_of(session, row)
    keeping.lock(session, row.id, seen=row.step, by=clerk)
    assert logins.by_session(session, secret, idle_minutes=60) is None
    with pytest.raises(accounts.AccountLocked):
        accounts.owning.log_in(
            session, town.body_id, row.email, "θάλασσα-και-ήλιος", hours=1, client=""
        )
    keeping.unlock(session, row.id, seen=row.step, by=clerk)
    assert seen(session, secret_of(session, row)).account_id == row.id


def test_accounts_are_found_but_never_leafed_through(
    session: Session, town: Town, clerk: Principal
) -> None:
    row = account(session, town, tax_number=AFM)
    for typed in (AFM, "Δημητρ", "ΔΗΜΗΤΡΙΟΥ", "ELENI@example.gr", str(row.id)):
        assert [one.id for one in keeping.find(session, typed, by=clerk)] == [row.id], typed
    for typed in ("", "Δη", "%"):
        with pytest.raises(accounts.BadSearch):
            keeping.find(session, typed, by=clerk)
    assert keeping.find(session, "%%%", by=clerk) == []


def test_only_the_registry_keeps_accounts(session: Session, town: Town) -> None:
    row = account(session, town)
    for name in ("engineer", "mayor", "auditor", "administrator"):
        by = town.person(session, name)
        for act in (
            lambda by=by: keeping.find(session, AFM, by=by),
            lambda by=by: keeping.one(session, row.id, by=by),
            lambda by=by: prove(session, row, by),
            lambda by=by: keeping.lock(session, row.id, seen=row.step, by=by),
        ):
            with pytest.raises(NotAllowed):
                act()
    neighbour = municipality(session, code="geitonas").person(session, "clerk")
    with pytest.raises(accounts.NoSuchAccount):
        keeping.one(session, row.id, by=neighbour)
    with pytest.raises(accounts.NoSuchAccount):
        prove(session, row, neighbour)


def test_the_view_of_a_person_shows_accounts_to_their_keepers(
    session: Session, town: Town, clerk: Principal
) -> None:
    citizen(session, town, level=Level.VERIFIED, tax_number=AFM)
    whose = Whose(town.body_id, (), frozenset({AFM}), frozenset())
    [found] = parties.traces.of(session, whose, [TraceKind.ACCOUNT], by=clerk)
    assert found.state == Level.VERIFIED
    engineer = town.person(session, "engineer")
    assert parties.traces.of(session, whose, [TraceKind.ACCOUNT], by=engineer) == []


def test_a_proof_that_is_over_does_not_count_in_summaries(session: Session, town: Town) -> None:
    row = account(session, town, level=Level.TEMPORARY, tax_number=AFM)
    session.execute(
        update(Account)
        .where(Account.id == row.id)
        .values(level_until=clock.today() - proving.MONTH)
    )
    session.expire_all()
    [found] = accounts.by_tax_number(session, town.body_id, AFM)
    assert found.level is Level.REGISTERED
