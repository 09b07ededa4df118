"""One's own account: from visitor to registered, passwords, another address, the end of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from docflow import accounts, audit, clock, outbox
from docflow.accounts import (
    Account,
    AccountState,
    Channel,
    CodePurpose,
    Details,
    Level,
    LevelNeeded,
    Way,
    codes,
    hooks,
    logins,
    owning,
    providers,
)
from docflow.accounts.models import CitizenSession
from docflow.office import Office
from docflow.organization import passwords
from docflow.principal import Principal
from docflow.throttle import Tries
from tests.accounts import PASSWORD, account, citizen, secret_of, seen
from tests.docflow.accounts.conftest import code_in
from tests.docflow.steps import watched
from tests.factories import Town

NEW = "ένα-νέο-συνθηματικό"
HOW = {"hours": 1, "client": "test"}


def test_a_visitor_registers_and_stays_who_he_was(session: Session, town: Town) -> None:
    visitor = citizen(session, town, level=Level.VISITOR)
    with pytest.raises(passwords.BadPassword):
        owning.register(session, Details("Ελένη Δημητρίου"), "κοντό", citizen=visitor, **HOW)
    details = Details("  Ελένη   Δημητρίου ", "697 1234567", "090000045", "en", Channel.BOTH)
    secret = owning.register(session, details, NEW, citizen=visitor, **HOW)
    now = seen(session, secret)
    assert (now.account_id, now.level) == (visitor.account_id, Level.REGISTERED)
    assert (now.full_name, now.language, now.channel) == ("Ελένη Δημητρίου", "en", Channel.BOTH)
    assert not now.is_proven, "an ΑΦΜ that was typed proves nothing"
    assert owning.log_in(session, town.body_id, now.email, NEW, **HOW) is not None
    assert owning.log_in(session, town.body_id, now.email, PASSWORD, **HOW) is None
    assert owning.log_in(session, town.body_id, "nobody@example.gr", NEW, **HOW) is None


@pytest.mark.parametrize(
    ("details", "field"),
    [
        (Details("Ε"), "full_name"),
        (Details("Ελένη Δημητρίου", tax_number="123456789"), "tax_number"),
        (Details("Ελένη Δημητρίου", phone="12"), "phone"),
        (Details("Ελένη Δημητρίου", channel=Channel.SMS), "phone"),
    ],
)
def test_details_that_cannot_be(details: Details, field: str) -> None:
    with pytest.raises(accounts.BadDetails) as caught:
        owning.checked(details)
    assert caught.value.field == field


@pytest.mark.parametrize("typed", ["eleni@example.gr", "nobody@example.gr"])
def test_an_address_rests_after_five_wrong_passwords(
    session: Session, town: Town, typed: str
) -> None:
    """One with an account and one without alike: the answer tells nobody which it is."""
    account(session, town)
    for _ in range(owning.MAX_FAILED):
        assert owning.log_in(session, town.body_id, typed, "λάθος", **HOW) is None
    with pytest.raises(accounts.AccountRests):
        owning.log_in(session, town.body_id, f" {typed.upper()} ", PASSWORD, **HOW)


def test_the_rest_ends_by_itself_and_the_right_password_begins_anew(
    session: Session, town: Town
) -> None:
    row = account(session, town)

    def tried(password: str) -> str | None:
        return owning.log_in(session, town.body_id, row.email, password, **HOW)

    for wrong in (owning.MAX_FAILED - 1, owning.MAX_FAILED):
        for _ in range(wrong):
            assert tried("λάθος") is None
        if wrong < owning.MAX_FAILED:
            assert tried(PASSWORD) is not None
    with pytest.raises(accounts.AccountRests):
        tried(PASSWORD)
    session.execute(update(Tries).values(window=Tries.window - owning.REST))
    with pytest.raises(accounts.AccountRests):  # the window before counts too
        tried(PASSWORD)
    session.execute(update(Tries).values(window=Tries.window - owning.REST))
    assert tried(PASSWORD) is not None
    assert not session.scalar(select(Tries.key).where(Tries.key.contains("@")))


def test_a_forgotten_password_is_chosen_anew_after_a_code(session: Session, town: Town) -> None:
    row = account(session, town, level=Level.VERIFIED, tax_number="090000045")
    elsewhere = secret_of(session, row)
    by_code = seen(session, secret_of(session, row, way=Way.CODE))
    assert by_code.level is Level.VISITOR, "a code alone is no proof of who it is"
    secret = owning.set_password(session, NEW, citizen=by_code, **HOW)
    assert seen(session, secret).level is Level.REGISTERED, "nor two steps after it"
    assert row.tax_number == "090000045"
    assert logins.by_session(session, elsewhere, idle_minutes=60) is None, "the others ended"


def test_a_code_replaces_a_providers_proof_but_not_that_of_a_clerk_before_any_password(
    session: Session, town: Town, clerk: Principal
) -> None:
    person = providers.Person(
        "taxisnet", "https://id.example.gr", "1", Level.VERIFIED, "Κώστας Μάρκου", "094014201"
    )
    where = {"body_id": town.body_id, "language": "el", **HOW}
    came = seen(session, providers.enter(session, person, **where))
    of_provider = session.get_one(Account, came.known_id)
    of_clerk = account(session, town, level=Level.VISITOR)
    said = accounts.Seen("Ελένη Δημητρίου", "090000045", accounts.Paper.PASSPORT)
    accounts.proving.prove(session, of_clerk.id, said, seen=of_clerk.step, by=clerk)
    levels = {}
    for row in (of_provider, of_clerk):
        by_code = seen(session, secret_of(session, row, way=Way.CODE))
        details = Details(row.full_name, tax_number=row.tax_number)
        secret = owning.register(session, details, NEW, citizen=by_code, **HOW)
        levels[row.id] = seen(session, secret).level
    assert levels == {of_provider.id: Level.REGISTERED, of_clerk.id: Level.VERIFIED}
    again = providers.enter(session, person, **where)
    assert seen(session, again).is_proven, "the provider gives it back"


@pytest.mark.parametrize("over", [False, True], ids=["standing", "over"])
@pytest.mark.parametrize("source", ["provider", "counter"])
def test_a_password_that_was_chosen_with_a_mailbox_does_not_share_the_next_proof(
    session: Session, town: Town, clerk: Principal, source: str, over: bool
) -> None:
    level = Level.TEMPORARY if over else Level.VERIFIED
    person = providers.Person(
        "taxisnet", "https://id.example.gr", "1", level, "Κώστας Μάρκου", "094014201"
    )
    where = {"body_id": town.body_id, "language": "el", **HOW}
    row = session.get_one(
        Account, seen(session, providers.enter(session, person, **where)).known_id
    )
    row.email = row.email_key = "kostas@example.gr"
    if over:
        row.level_until = clock.today() - timedelta(days=1)
    # Somebody reads one code in the mailbox.
    details = Details(row.full_name, tax_number=row.tax_number)
    by_code = seen(session, secret_of(session, row, way=Way.CODE))
    thief = seen(session, owning.register(session, details, NEW, citizen=by_code, **HOW))
    with pytest.raises(accounts.ProvenDetails):
        owning.change(session, Details("Άλλος Κάποιος", tax_number="090000045"), citizen=thief)
    other = replace(person, subject="2", level=Level.REGISTERED, tax_number="")
    with pytest.raises(LevelNeeded):
        providers.link(session, other, citizen=thief)
    if source == "provider":
        owner = seen(session, providers.enter(session, person, **where))
        assert (owner.known_id, owner.level) == (row.id, level)
    else:
        said = accounts.Seen(row.full_name, row.tax_number, accounts.Paper.PASSPORT)
        accounts.proving.prove(session, row.id, said, seen=row.step, by=clerk)
    shown = session.scalars(select(CitizenSession.ended_at).filter_by(id=thief.session_id))
    assert shown.one() is not None
    assert owning.log_in(session, town.body_id, row.email, NEW, **HOW) is None
    if source == "provider":  # there the owner chooses another one, and the proof stays
        secret = owning.set_password(session, NEW, citizen=owner, **HOW)
        assert seen(session, secret).level is level


def test_a_new_proof_leaves_a_password_that_ended_none(
    session: Session, town: Town, clerk: Principal
) -> None:
    row = account(session, town)
    said = accounts.Seen("Ελένη Δημητρίου", "090000045", accounts.Paper.PASSPORT)
    accounts.proving.prove(session, row.id, said, seen=row.step, by=clerk)
    accounts.proving.take_back(session, row.id, seen=row.step, by=clerk)
    accounts.proving.prove(session, row.id, said, seen=row.step, by=clerk)
    entered = owning.log_in(session, town.body_id, row.email, PASSWORD, **HOW)
    assert entered
    assert seen(session, entered).level is Level.VERIFIED


def test_an_account_is_held_before_its_tries(session: Session, town: Town) -> None:
    """As where a password is chosen or an account unlocked: else the two end each other."""
    row = account(session, town)
    with watched(session) as statements:
        owning.log_in(session, town.body_id, row.email, PASSWORD, **HOW)
    held = [one for one in statements if one.endswith("FOR UPDATE") or "tries" in one]
    assert "citizen_accounts" in held[0]
    assert "INSERT INTO tries" in held[1]


def test_a_login_by_password_needs_the_old_one(session: Session, town: Town) -> None:
    who = citizen(session, town)
    with pytest.raises(accounts.NotFresh):
        owning.set_password(session, NEW, citizen=who, **HOW)
    with pytest.raises(passwords.BadPassword):
        owning.set_password(session, NEW, citizen=who, old="λάθος-λάθος", **HOW)
    owning.set_password(session, NEW, citizen=who, old=PASSWORD, **HOW)


def test_an_old_login_by_code_does_not_change_a_registered_account(
    session: Session, town: Town
) -> None:
    row = account(session, town)
    who = seen(session, secret_of(session, row, way=Way.CODE))
    login = session.get_one(CitizenSession, who.session_id)
    login.created_at -= logins.FRESH
    for act in (
        lambda: owning.change(session, Details("Άλλος Κάποιος"), citizen=who),
        lambda: owning.set_password(session, NEW, citizen=who, **HOW),
        lambda: owning.close(session, citizen=who, password=PASSWORD),
    ):
        with pytest.raises(accounts.NotFresh):
            act()


def test_what_was_proven_is_not_typed_over(session: Session, town: Town) -> None:
    who = citizen(session, town, level=Level.VERIFIED, tax_number="090000045")
    same = Details(who.full_name, "2101234567", "090000045")
    owning.change(session, same, citizen=who)
    for other in (Details("Άλλη Δημητρίου", "", "090000045"), Details(who.full_name)):
        with pytest.raises(accounts.ProvenDetails):
            owning.change(session, other, citizen=who)


def test_another_address_is_confirmed_first(
    office: Office, town: Town, mails: Callable[[], list[str]]
) -> None:
    with office.db.begin() as session:
        who = citizen(session, town)
        account(session, town, email="taken@example.gr")
    for address in ("new@example.gr", "taken@example.gr"):
        with office.db.begin() as session:
            token = codes.ask(
                session,
                address,
                body_id=town.body_id,
                language="en",
                purpose=CodePurpose.CHANGE_EMAIL,
                citizen=who,
            )
        code = code_in(mails()[-1])
        with pytest.raises(codes.NoSuchCode), office.db.begin() as session:
            owning.enter_by_code(session, token, code, **HOW)  # it opens no account
        with office.db.begin() as session:
            if address.startswith("taken"):
                with pytest.raises(accounts.AddressTaken):
                    owning.change_address(session, token, code, citizen=who)
            else:
                assert not owning.change_address(session, token, "no code", citizen=who)
                assert owning.change_address(session, token, code, citizen=who)
    assert any(one.startswith("eleni@example.gr\n") for one in mails()), "the old one is told"
    with office.db.read() as session:
        assert session.get_one(Account, who.known_id).email == "new@example.gr"


def test_one_sees_and_ends_ones_own_logins_only(session: Session, town: Town) -> None:
    row = account(session, town)
    here, there = (seen(session, secret_of(session, row)) for _ in range(2))
    stranger = citizen(session, town, email="other@example.gr")
    shown = logins.open_logins(session, here, idle_minutes=60)
    assert {one.id: one.is_this for one in shown} == {
        here.session_id: True,
        there.session_id: False,
    }
    assert there.session_id is not None
    with pytest.raises(accounts.NoSuchLogin):
        logins.end_login(session, there.session_id, stranger)
    logins.end_login(session, there.session_id, here)
    assert len(logins.open_logins(session, here, idle_minutes=60)) == 1


@pytest.fixture
def need(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """Something above that needs the closed account, while the value is true."""
    state = {"needed": True}
    monkeypatch.setattr(hooks, "_needed_by", [lambda session, account_id: state["needed"]])
    return state


def test_a_closed_account_is_emptied_when_nothing_needs_it(
    office: Office, town: Town, need: dict[str, bool]
) -> None:
    with office.db.begin() as session:
        who = citizen(session, town)
        with pytest.raises(passwords.BadPassword):
            owning.close(session, citizen=who, password="λάθος")
        owning.close(session, citizen=who, password=PASSWORD)
    with office.db.begin() as session:
        assert owning.log_in(session, town.body_id, who.email, PASSWORD, **HOW) is None
        with pytest.raises(LevelNeeded):
            owning.own(session, who)
    run = outbox.Run(office, 0, 1)
    accounts.erasing.erase(run)
    with office.db.read() as session:
        assert session.get_one(Account, who.known_id).full_name, "an application needs it"
    need["needed"] = False
    accounts.erasing.erase(run)
    with office.db.read() as session:
        row = session.get_one(Account, who.known_id)
        assert row.state == AccountState.CLOSED
        assert (row.full_name, row.email, row.phone, row.password_hash) == ("", "", "", None)
    # The address is free for a new account.
    with office.db.begin() as session:
        assert citizen(session, town, email=who.email).account_id != who.account_id


def test_no_personal_data_stand_in_the_trail(session: Session, town: Town) -> None:
    visitor = citizen(session, town, level=Level.VISITOR)
    details = Details("Ελένη Δημητρίου", "6971234567", "090000045")
    owning.register(session, details, NEW, citizen=visitor, **HOW)
    session.flush()
    events = session.scalars(
        select(audit.Event).where(audit.Event.subject_type == "citizen-account")
    ).all()
    assert {one.action for one in events} >= {"account.registered", "account.changed"}
    for event in events:
        said = f"{event.actor_name} {event.details}"
        for secret in ("Ελένη", "6971234567", "090000045", "eleni"):
            assert secret not in said
