"""Accounts by hand: roles from day to day, lock, passwords, and the end of somebody's service."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import circulation, clock, organization, outbox, registry, routing
from docflow.db import TwoAtOnce
from docflow.i18n import t
from docflow.office import Office
from docflow.organization import Grant, accounts, deputies, leaving, passwords, positions, roles
from docflow.organization.accounts import (
    AccountData,
    BadAccount,
    LastAdministrator,
    OwnRights,
    UsernameTaken,
)
from docflow.organization.leaving import BadEnd, StillHasWork
from docflow.organization.passwords import BadPassword
from docflow.organization.positions import NoSuchPosition, PositionHeld
from docflow.organization.roles import BadRole, NoSuchGrant
from docflow.organization.work import Place
from docflow.principal import Role, Via
from docflow.registry import HandlingState
from tests import factories
from tests.factories import PASSWORD, Town

DAY = timedelta(days=1)


def admin(session: Session, town: Town) -> organization.Principal:
    return town.person(session, "administrator")


def held(session: Session, entry_id: int) -> registry.Handling:
    return session.get_one(registry.Handling, entry_id, populate_existing=True)


def test_an_account_begins_without_rights_and_changes_its_password(
    session: Session, town: Town
) -> None:
    by = admin(session, town)
    data = AccountData("Ρένα Μακρή", "Η Μηχανικός", "rena@example.gr")
    user = accounts.create(session, "rena", data, by=by, password="προσωρινός-1")
    rena = organization.principal(session, user.id, via=Via.WEB)
    assert rena.must_change_password
    assert rena.roles == frozenset()
    with pytest.raises(BadPassword, match="not right"):
        passwords.change_own(session, "λάθος", "δικός-μου-κωδικός", by=rena)
    with pytest.raises(BadPassword, match="at least"):
        passwords.change_own(session, "προσωρινός-1", "κοντός", by=rena)
    with pytest.raises(BadPassword, match="another"):
        passwords.change_own(session, "προσωρινός-1", "προσωρινός-1", by=rena)
    passwords.change_own(session, "προσωρινός-1", "δικός-μου-κωδικός", by=rena)
    assert not organization.principal(session, user.id, via=Via.WEB).must_change_password


@pytest.mark.parametrize(
    ("username", "data", "field"),
    [
        ("Ρένα", AccountData("Ρένα Μακρή"), "username"),
        ("r", AccountData("Ρένα Μακρή"), "username"),
        ("rena", AccountData(" "), "full_name"),
        ("rena", AccountData("Ρένα Μακρή", "τ" * 201), "title"),
        ("rena", AccountData("Ρένα Μακρή", "", "όχι-διεύθυνση"), "email"),
    ],
)
def test_an_account_that_says_too_little_is_refused(
    session: Session, town: Town, username: str, data: AccountData, field: str
) -> None:
    with pytest.raises(BadAccount) as refused:
        accounts.create(session, username, data, by=admin(session, town))
    assert refused.value.field == field


def test_a_user_name_is_given_once(session: Session, town: Town) -> None:
    with pytest.raises(UsernameTaken):
        accounts.create(session, "clerk", AccountData("Άλλη"), by=admin(session, town))


def test_roles_are_given_and_taken_by_day(session: Session, town: Town) -> None:
    by, lawyer = admin(session, town), town.users["lawyer"]
    tomorrow = clock.today() + DAY
    grant = roles.give(
        session, lawyer, Role.HEAD, by=by, unit_id=town.units["ΝΟΜ"], valid_from=tomorrow
    )
    assert not town.person(session, "lawyer").headed_unit_ids
    with pytest.raises(BadRole, match="already"):
        roles.give(session, lawyer, Role.HEAD, by=by, unit_id=town.units["ΝΟΜ"])
    with clock.pretend(clock.now() + DAY):
        assert town.person(session, "lawyer").heads(town.units["ΝΟΜ"])
    roles.take(session, lawyer, grant.id, by=by)
    with clock.pretend(clock.now() + DAY):
        assert not town.person(session, "lawyer").headed_unit_ids
    with pytest.raises(NoSuchGrant):
        roles.take(session, lawyer, grant.id, by=by)


@pytest.mark.parametrize(
    ("role", "unit", "more", "field"),
    [
        (Role.EMPLOYEE, None, {}, "unit_id"),
        (Role.EMPLOYEE, "ΟΔΟΠ", {"valid_to": clock.today() - DAY}, "valid_to"),
        (Role.EMPLOYEE, "ΝΟΜ", {}, "role"),
    ],
)
def test_a_role_that_makes_no_sense_is_refused(
    session: Session, town: Town, role: Role, unit: str | None, more: dict, field: str
) -> None:
    unit_id = town.units[unit] if unit else None
    with pytest.raises(BadRole) as refused:
        roles.give(
            session, town.users["lawyer"], role, by=admin(session, town), unit_id=unit_id, **more
        )
    assert refused.value.field == field


def test_nobody_gives_himself_a_role_nor_locks_himself_out(session: Session, town: Town) -> None:
    by = admin(session, town)
    with pytest.raises(OwnRights):
        roles.give(session, by.person_id, Role.AUDITOR, by=by)
    with pytest.raises(OwnRights):
        accounts.lock(session, by.person_id, by=by)
    with pytest.raises(OwnRights):
        leaving.end_service(session, by.person_id, by=by, last_day=clock.today())
    with pytest.raises(organization.NotAllowed):
        roles.give(session, town.users["clerk"], Role.INSTALLATION, by=by)


def test_the_last_administrator_stays(session: Session, town: Town) -> None:
    by = admin(session, town)
    roles.give(session, town.users["clerk"], Role.ADMINISTRATOR, by=by)
    second = town.person(session, "clerk")
    accounts.lock(session, by.person_id, by=second)
    with pytest.raises(LastAdministrator):
        accounts.lock(session, second.person_id, by=by)


def test_a_locked_handler_is_out_at_once_and_gets_no_work(session: Session, town: Town) -> None:
    entry = factories.letter(session, town)
    routing.charge(
        session,
        entry.id,
        by=town.person(session, "secretary"),
        to=town.target("ΟΔΟΠ", "engineer"),
    )
    user = session.get_one(organization.User, town.users["engineer"])
    secret = organization.open_session(session, user, hours=1, client="")
    accounts.lock(session, user.id, by=admin(session, town))
    with pytest.raises(organization.NotLoggedIn):
        organization.by_session(session, secret, idle_minutes=60)
    assert organization.check_password(session, "engineer", PASSWORD) is None
    other = factories.letter(session, town)
    with pytest.raises(organization.NoSuchUser, match="locked"):
        routing.charge(
            session,
            other.id,
            by=town.person(session, "secretary"),
            to=town.target("ΟΔΟΠ", "engineer"),
        )
    # What he has is seen by his head, who gives it to somebody else.
    director = town.person(session, "director")
    routing.charge(session, entry.id, by=director, to=town.target("ΟΔΟΠ", "colleague"))
    assert held(session, entry.id).user_id == town.users["colleague"]
    accounts.unlock(session, user.id, by=admin(session, town))
    assert town.person(session, "engineer").unit_ids


def test_a_handed_over_password_is_good_for_one_login(session: Session, town: Town) -> None:
    made = accounts.new_password(session, town.users["engineer"], by=admin(session, town))
    assert organization.check_password(session, "engineer", PASSWORD) is None
    assert organization.check_password(session, "engineer", made) is not None
    assert town.person(session, "engineer").must_change_password


def test_a_service_does_not_end_with_open_work(session: Session, town: Town) -> None:
    entry = factories.letter(session, town)
    factories.accepted(session, town, entry)
    by, engineer = admin(session, town), town.users["engineer"]
    circulation.begin_answer(
        session, entry.id, factories.content(), by=town.person(session, "engineer")
    )
    assert {one.carrier for one in leaving.dry_run(session, engineer, by=by).items} == {
        "entry",
        "draft",
    }
    with pytest.raises(StillHasWork, match="2"):
        leaving.end_service(session, engineer, by=by, last_day=clock.today() - DAY)
    place = Place(town.units["ΟΔΟΠ"], town.users["colleague"])
    leaving.end_service(session, engineer, by=by, last_day=clock.today() - DAY, work_to=place)
    moved = held(session, entry.id)
    assert (moved.user_id, moved.state) == (town.users["colleague"], HandlingState.CHARGED)
    assert leaving.dry_run(session, town.users["colleague"], by=by).items
    with pytest.raises(organization.NoSuchUser):
        town.person(session, "engineer")
    assert accounts.one(session, engineer, by=by).state == "closed"


def test_work_is_not_left_to_somebody_of_another_unit(session: Session, town: Town) -> None:
    place = Place(town.units["ΝΟΜ"], town.users["colleague"])
    with pytest.raises(BadEnd):
        leaving.end_service(
            session,
            town.users["engineer"],
            by=admin(session, town),
            last_day=clock.today(),
            work_to=place,
        )


def test_on_the_day_after_the_last_the_account_closes_itself(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        entry = factories.letter(session, town)
        factories.accepted(session, town, entry)
        leaving.end_service(
            session,
            town.users["engineer"],
            by=admin(session, town),
            last_day=clock.today(),
            work_to=Place(town.units["ΟΔΟΠ"]),
        )
    leaving.close_due(outbox.Run(office, 1, 1))
    with office.db.begin() as session:
        assert town.person(session, "engineer").unit_ids  # today he is still there
    with clock.pretend(clock.now() + DAY):
        leaving.close_due(outbox.Run(office, 1, 1))
        with office.db.begin() as session:
            moved = held(session, entry.id)
            assert (moved.user_id, moved.state) == (None, HandlingState.CHARGED)
            assert (
                accounts.one(session, town.users["engineer"], by=admin(session, town))
                .grants[0]
                .is_over
            )


def test_an_account_that_cannot_be_closed_now_keeps_no_other_waiting(
    office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    today, real, asked = clock.today(), leaving._close, []
    with office.db.begin() as session:
        by = admin(session, town)
        for who in ("lawyer", "colleague"):
            leaving.end_service(session, town.users[who], by=by, last_day=today)

    def once_in_the_way(*args) -> None:
        asked.append(args)
        if len(asked) == 1:
            raise TwoAtOnce(t("Nothing was saved."))
        real(*args)

    monkeypatch.setattr(leaving, "_close", once_in_the_way)
    left = select(organization.User.id).where(
        organization.User.is_active,
        organization.User.id.in_([town.users["lawyer"], town.users["colleague"]]),
    )
    with clock.pretend(clock.now() + DAY):
        for count in (1, 0):
            leaving.close_due(outbox.Run(office, 1, 1))
            with office.db.read() as session:
                assert len(session.scalars(left).all()) == count


def test_an_end_that_was_arranged_is_taken_back(session: Session, town: Town) -> None:
    by, lawyer = admin(session, town), town.users["lawyer"]
    leaving.end_service(session, lawyer, by=by, last_day=clock.today() + DAY)
    assert leaving.keep_in_service(session, lawyer, by=by).service_ends_on is None
    with pytest.raises(BadEnd):
        leaving.keep_in_service(session, lawyer, by=by)


def test_a_round_that_waits_for_who_leaves_goes_back_to_its_drafter(
    signing_office: Office, town: Town
) -> None:
    with signing_office.db.begin() as session:
        entry = factories.letter(session, town)
        factories.accepted(session, town, entry)
        engineer = town.person(session, "engineer")
        draft = circulation.begin_answer(session, entry.id, factories.content(), by=engineer)
    circulation.circulate(
        signing_office, draft.id, by=engineer, final_signer_id=town.users["mayor"]
    )
    with signing_office.db.begin() as session:
        by = admin(session, town)
        director = town.users["director"]
        assert "signature" in {
            one.carrier for one in leaving.dry_run(session, director, by=by).items
        }
        place = Place(town.units["ΤΥ"])
        leaving.end_service(session, director, by=by, last_day=clock.today() - DAY, work_to=place)
        row = session.get_one(circulation.Draft, draft.id)
        assert row.state == circulation.DraftState.DRAFTING
        assert row.drafter_id == town.users["engineer"]


def test_a_post_is_filled_left_vacant_and_ended(session: Session, town: Town) -> None:
    by = admin(session, town)
    post = positions.begin(session, town.units["ΝΟΜ"], "Προϊστάμενος", Role.HEAD, by=by)
    positions.fill(session, post.id, town.users["lawyer"], by=by)
    assert town.person(session, "lawyer").heads(town.units["ΝΟΜ"])
    with pytest.raises(PositionHeld):
        positions.fill(session, post.id, town.users["engineer"], by=by)
    positions.vacate(session, post.id, by=by)
    assert not town.person(session, "lawyer").headed_unit_ids
    positions.end(session, post.id, by=by)
    with pytest.raises(NoSuchPosition):
        positions.vacate(session, post.id, by=by)


@pytest.mark.parametrize("who", ["director", "mayor", "auditor"])
def test_only_an_administrator_keeps_accounts(session: Session, town: Town, who: str) -> None:
    by = town.person(session, who)
    with pytest.raises(organization.NotAllowed):
        accounts.listing(session, by=by)
    with pytest.raises(organization.NotAllowed):
        accounts.lock(session, town.users["clerk"], by=by)


def test_an_account_of_another_body_is_not_there(session: Session, town: Town) -> None:
    other = factories.municipality(session, code="allos")
    by = admin(session, town)
    with pytest.raises(organization.NoSuchUser):
        accounts.one(session, other.users["clerk"], by=by)
    assert {one.id for one in accounts.listing(session, by=by)} == set(town.users.values())


def test_a_deputy_of_one_who_left_acts_no_more(session: Session, town: Town) -> None:
    by, today = admin(session, town), clock.today()
    wanted = organization.Appointment(
        town.users["director"], town.users["lawyer"], today, today + 9 * DAY
    )
    deputies.appoint(session, wanted, by=by)
    assert town.person(session, "lawyer").heads_for(town.units["ΟΔΟΠ"]) is not None
    leaving.end_service(
        session,
        town.users["director"],
        by=by,
        last_day=today - DAY,
        work_to=Place(town.units["ΤΥ"]),
    )
    assert town.person(session, "lawyer").substitutions == ()


def test_who_opens_bodies_is_locked_or_ended_by_another_such_alone(
    session: Session, town: Town
) -> None:
    by = admin(session, town)
    for name in ("clerk", "lawyer"):
        user = session.get_one(organization.User, town.users[name])
        organization.grant(session, user, Role.INSTALLATION, None)
    clerk = town.users["clerk"]
    with pytest.raises(organization.NotAllowed):
        accounts.lock(session, clerk, by=by)
    with pytest.raises(organization.NotAllowed):
        leaving.end_service(session, clerk, by=by, last_day=clock.today())
    lawyer = session.get_one(organization.User, town.users["lawyer"])
    organization.grant(session, lawyer, Role.ADMINISTRATOR, None)
    other = town.person(session, "lawyer")
    accounts.lock(session, clerk, by=other)
    with pytest.raises(LastAdministrator):  # told by the account, whoever asks
        accounts.require_installation_left(session, lawyer)


def test_no_way_leads_into_the_account_of_who_opens_bodies(session: Session, town: Town) -> None:
    by, clerk = admin(session, town), town.users["clerk"]
    user = session.get_one(organization.User, clerk)
    organization.grant(session, user, Role.INSTALLATION, None)
    held_role = session.scalars(
        select(Grant).where(Grant.user_id == clerk, Grant.role == Role.INSTALLATION)
    ).one()
    before = user.password_hash
    with pytest.raises(organization.NotAllowed):
        accounts.new_password(session, clerk, by=by)
    with pytest.raises(organization.NotAllowed):
        accounts.move_to_provider(session, clerk, "https://idp.example", by=by)
    with pytest.raises(organization.NotAllowed):
        roles.take(session, clerk, held_role.id, by=by)
    user.locked_at, user.service_ends_on = clock.now(), clock.today()
    with pytest.raises(organization.NotAllowed):
        accounts.unlock(session, clerk, by=by)
    with pytest.raises(organization.NotAllowed):
        leaving.keep_in_service(session, clerk, by=by)
    assert user.password_hash == before
    assert held_role.valid_to is None


def test_who_was_head_in_the_past_stays_told(session: Session, town: Town) -> None:
    today, unit = clock.today(), town.units["ΝΟΜ"]
    past = Grant(
        user_id=town.users["clerk"],
        unit_id=unit,
        role=Role.HEAD,
        valid_from=today - 60 * DAY,
        valid_to=today - 30 * DAY,
    )
    present = Grant(
        user_id=town.users["colleague"],
        unit_id=unit,
        role=Role.HEAD,
        valid_from=today - 29 * DAY,
    )
    session.add_all([past, present])
    session.flush()
    roles.give(
        session,
        town.users["lawyer"],
        Role.HEAD,
        by=admin(session, town),
        unit_id=unit,
        valid_from=today - 45 * DAY,
    )
    assert (past.valid_from, past.valid_to) == (today - 60 * DAY, today - 30 * DAY)
    assert (present.valid_from, present.valid_to) == (today - 29 * DAY, today - DAY)


def test_two_administrators_who_lock_each_other_leave_one(committed: Office) -> None:
    office = committed
    with office.db.begin() as session:
        town = factories.municipality(session)
        roles.give(session, town.users["clerk"], Role.ADMINISTRATOR, by=admin(session, town))
        pair = [town.person(session, who) for who in ("administrator", "clerk")]
    together = Barrier(2)

    def lock(by: organization.Principal, other: organization.Principal) -> bool:
        together.wait(10)
        try:
            with office.db.begin() as session:
                accounts.lock(session, other.person_id, by=by)
        except (LastAdministrator, TwoAtOnce):
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        locked = list(pool.map(lock, pair, reversed(pair)))
    assert sorted(locked) == [False, True]


def test_a_new_password_of_ones_own_ends_the_other_logins(session: Session, town: Town) -> None:
    clerk = session.get_one(organization.User, town.users["clerk"])
    mine, other = (organization.open_session(session, clerk, hours=8, client=name) for name in "ab")
    by = town.person(session, "clerk")
    passwords.change_own(session, PASSWORD, "δικός-μου-κωδικός", by=by, login=mine)
    session.flush()
    assert organization.by_session(session, mine, idle_minutes=60)[0].user_id == clerk.id
    with pytest.raises(organization.NotLoggedIn):
        organization.by_session(session, other, idle_minutes=60)


def test_an_administrator_who_goes_soon_is_not_the_one_who_stays(
    session: Session, town: Town
) -> None:
    by = admin(session, town)
    day = clock.today() + DAY
    roles.give(session, town.users["clerk"], Role.ADMINISTRATOR, by=by, valid_to=day)
    with pytest.raises(LastAdministrator):
        accounts.lock(session, by.person_id, by=town.person(session, "clerk"))
    roles.give(session, town.users["lawyer"], Role.ADMINISTRATOR, by=by)
    second = town.person(session, "lawyer")
    leaving.end_service(session, by.person_id, by=second, last_day=day)
    with pytest.raises(LastAdministrator):
        leaving.end_service(session, second.person_id, by=by, last_day=day)
