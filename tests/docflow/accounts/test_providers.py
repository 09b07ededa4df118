"""Who comes through an identity provider, and which account is his."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import accounts, audit
from docflow.accounts import (
    Account,
    Citizen,
    Details,
    Level,
    Way,
    keeping,
    logins,
    owning,
    providers,
)
from docflow.accounts.providers import Person
from docflow.citizen_settings import CitizenProvider
from docflow.principal import Principal
from docflow.settings import Settings
from tests.accounts import account, citizen, secret_of, seen
from tests.factories import Town

ISSUER = "https://id.example.gr"
KOSTAS = Person(
    "taxisnet", ISSUER, "1", Level.VERIFIED, "Κώστας Μάρκου", "094014201", "kostas@example.gr"
)


def entered(session: Session, town: Town, person: Person) -> Citizen:
    return seen(
        session,
        providers.enter(
            session, person, body_id=town.body_id, language="el", hours=1, client="test"
        ),
    )


def test_the_same_person_finds_his_account_again(session: Session, town: Town) -> None:
    first = entered(session, town, KOSTAS)
    assert (first.level, first.full_name, first.tax_number) == (
        Level.VERIFIED,
        "Κώστας Μάρκου",
        "094014201",
    )
    again = entered(session, town, replace(KOSTAS, email="other@example.gr"))
    assert (again.account_id, again.email) == (first.account_id, "kostas@example.gr")
    somebody = replace(KOSTAS, subject="2", tax_number="", email="third@example.gr")
    assert entered(session, town, somebody).account_id != first.account_id


def test_a_proven_tax_number_ties_what_a_typed_one_does_not(
    session: Session, town: Town, clerk: Principal
) -> None:
    typed = account(session, town, tax_number=KOSTAS.tax_number)
    came = entered(session, town, KOSTAS)
    assert came.account_id != typed.id, "whoever typed the number first gets nobody's account"
    assert [one.id for one in keeping.twins(session, by=clerk)] == [typed.id, came.account_id]
    proven = account(
        session, town, email="p@example.gr", level=Level.VERIFIED, tax_number="090000045"
    )
    person = replace(KOSTAS, subject="3", tax_number="090000045")
    assert entered(session, town, person).account_id == proven.id
    weak = replace(person, subject="4", level=Level.REGISTERED)
    assert entered(session, town, weak).account_id != proven.id


def test_an_address_of_another_account_is_left_to_it(session: Session, town: Town) -> None:
    known = account(session, town, email=KOSTAS.email)
    came = entered(session, town, KOSTAS)
    assert came.account_id != known.id
    assert came.email == ""


def test_a_login_is_added_to_the_account_that_is_open(session: Session, town: Town) -> None:
    who = citizen(session, town, full_name="Κώστας Μάρκου")
    providers.link(session, KOSTAS, citizen=who)
    assert providers.of_account(session, who) == ["taxisnet"]
    assert entered(session, town, KOSTAS).account_id == who.account_id
    stranger = citizen(session, town, email="other@example.gr")
    with pytest.raises(accounts.IdentityTaken):
        providers.link(session, KOSTAS, citizen=stranger)
    with pytest.raises(accounts.TaxNumberTaken):
        providers.link(session, replace(KOSTAS, subject="9"), citizen=stranger)


EUROPEAN = replace(KOSTAS, provider="eidas", subject="eu", full_name="Mara Low", tax_number="")


def test_a_proof_without_a_number_does_not_prove_the_one_that_was_typed(
    session: Session, town: Town
) -> None:
    who = citizen(session, town, tax_number=KOSTAS.tax_number)
    providers.link(session, EUROPEAN, citizen=who)
    came = entered(session, town, EUROPEAN)
    assert (came.account_id, came.is_proven, came.tax_number) == (who.account_id, True, "")
    victim = entered(session, town, KOSTAS)
    assert victim.account_id != who.account_id
    # It is learned from who proves it; a proof that is not as sure keeps no number for a surer one.
    mine = replace(KOSTAS, subject="5", tax_number="090000045")
    providers.link(session, mine, citizen=came)
    assert entered(session, town, EUROPEAN).tax_number == "090000045"
    temporary = account(
        session, town, email="t@example.gr", level=Level.TEMPORARY, tax_number="094259216"
    )
    lifted = seen(session, secret_of(session, temporary))
    providers.link(session, replace(EUROPEAN, subject="eu2"), citizen=lifted)
    assert (temporary.level, temporary.tax_number) == (Level.VERIFIED, "")


def test_a_nameless_login_proves_nothing_that_was_typed(session: Session, town: Town) -> None:
    who = citizen(session, town, tax_number="090000045")
    nameless = replace(EUROPEAN, full_name="")
    providers.link(session, nameless, citizen=who)
    came = entered(session, town, nameless)
    assert (came.account_id, came.level) == (who.account_id, Level.REGISTERED)


def test_what_a_login_proves_is_what_the_provider_said(session: Session, town: Town) -> None:
    mine = citizen(session, town, full_name="Άλλο Όνομα")
    providers.link(session, replace(KOSTAS, level=Level.REGISTERED), citizen=mine)
    account(session, town, email="p@example.gr", level=Level.VERIFIED, tax_number=KOSTAS.tax_number)
    came = entered(session, town, KOSTAS)  # his own, but the number is proven for another account
    assert (came.account_id, came.is_proven) == (mine.account_id, True)
    assert (came.full_name, came.tax_number) == ("Κώστας Μάρκου", KOSTAS.tax_number)
    told = select(audit.Event).where(audit.Event.action == "account.changed")
    event = session.scalars(told.where(audit.Event.subject_id == mine.account_id)).one()
    assert event.details["fields"] == ["full_name", "tax_number"]
    entered(session, town, KOSTAS)
    assert len(session.scalars(told).all()) == 1, "nothing is new"
    with pytest.raises(accounts.ProvenDetails):
        owning.change(session, Details("Ελένη Δημητρίου", "", "090000045"), citizen=came)
    by_password = seen(session, secret_of(session, session.get_one(Account, mine.known_id)))
    owning.change(session, Details("Ελένη Δημητρίου", "", "090000045"), citizen=by_password)
    shown = logins.open_logins(session, by_password, idle_minutes=60)
    assert came.session_id not in {one.id for one in shown}, "it would prove what was typed now"


def test_a_mailbox_alone_ties_nobody_else_to_a_proven_account(session: Session, town: Town) -> None:
    row = account(session, town, level=Level.VERIFIED, tax_number=KOSTAS.tax_number)
    by_code = seen(session, secret_of(session, row, way=Way.CODE))
    with pytest.raises(accounts.LevelNeeded):
        providers.link(session, EUROPEAN, citizen=by_code)
    providers.link(session, KOSTAS, citizen=by_code)  # the same ΑΦΜ, proven there too


def test_another_persons_number_does_not_replace_a_proven_one(session: Session, town: Town) -> None:
    who = citizen(session, town, level=Level.VERIFIED, tax_number="090000045")
    with pytest.raises(accounts.OtherPerson):
        providers.link(session, KOSTAS, citizen=who)


def test_a_locked_account_stays_closed(session: Session, town: Town, clerk: Principal) -> None:
    came = entered(session, town, KOSTAS)
    row = session.get_one(Account, came.known_id)
    keeping.lock(session, row.id, seen=row.step, by=clerk)
    with pytest.raises(accounts.AccountLocked):
        entered(session, town, KOSTAS)


EIDAS = CitizenProvider(
    name="eidas",
    title="eIDAS",
    issuer=ISSUER,
    client_id="docflow",
    level="registered",
    acr_levels={"http://eidas.europa.eu/LoA/high": "verified"},
    claims={"full_name": "given_name family_name", "tax_number": "afm"},
)
CLAIMS = {"iss": ISSUER, "sub": "1", "given_name": "Kostas", "family_name": " Markou "}


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({}, {"full_name": "Kostas Markou", "level": Level.REGISTERED, "email": ""}),
        ({"acr": "http://eidas.europa.eu/LoA/high"}, {"level": Level.VERIFIED}),
        ({"acr": "http://eidas.europa.eu/LoA/low"}, {"level": Level.REGISTERED}),
        ({"email": "k@example.gr"}, {"email": ""}),  # not confirmed
        ({"email": "k@example.gr", "email_verified": True}, {"email": "k@example.gr"}),
        ({"email": "no address", "email_verified": True}, {"email": ""}),
        ({"afm": "EL094014201"}, {"tax_number": "094014201"}),
        ({"afm": 94014201}, {"tax_number": ""}),
        ({"afm": "123456789"}, {"tax_number": ""}),
        ({"given_name": ["a"], "family_name": None}, {"full_name": ""}),
    ],
)
def test_claims_are_read_as_the_settings_say(
    more: dict[str, object], wanted: dict[str, object]
) -> None:
    person = providers._person(EIDAS, {**CLAIMS, **more})
    assert {name: getattr(person, name) for name in wanted} == wanted


def test_only_ways_that_reach_the_level_are_offered() -> None:
    weak = EIDAS.model_copy(update={"name": "weak", "acr_levels": {}})
    settings = Settings.model_construct(citizen_providers=[EIDAS, weak])
    assert [one.name for one in providers.offered(settings)] == ["eidas", "weak"]
    assert [one.name for one in providers.offered(settings, Level.VERIFIED)] == ["eidas"]
    with pytest.raises(accounts.NoSuchProvider):
        providers.begin(settings, "other", redirect_uri="x")
