"""Logins and tokens: only digests are kept, wrong passwords rest an account, ends are ends."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from docflow import clock, organization
from docflow.office import Office
from docflow.organization import User, Via
from docflow.throttle import TooManyTries, count
from tests import factories
from tests.factories import PASSWORD, Town

IDLE = 30


@pytest.fixture
def clerk(session: Session, town: Town) -> User:
    return session.get_one(User, town.users["clerk"])


def logged_in(session: Session, secret: str) -> organization.Principal:
    return organization.by_session(session, secret, idle_minutes=IDLE)[0]


def test_the_right_password_opens_a_login(session: Session, clerk: User) -> None:
    user = organization.check_password(session, " CLERK ", PASSWORD)
    assert user is clerk
    secret = organization.open_session(session, clerk, hours=8, client="Firefox")
    session.flush()
    assert logged_in(session, secret).username == "clerk"


@pytest.mark.parametrize(
    ("username", "password"),
    [("clerk", "λάθος"), ("clerk", ""), ("nobody", PASSWORD), ("", "")],
)
def test_a_wrong_name_or_password_opens_nothing(
    session: Session, clerk: User, username: str, password: str
) -> None:
    assert organization.check_password(session, username, password) is None


def test_five_wrong_passwords_rest_the_account_for_a_while(session: Session, clerk: User) -> None:
    for _ in range(5):
        assert organization.check_password(session, "clerk", "λάθος") is None
    with pytest.raises(organization.LoginFailed, match="rests"):
        organization.check_password(session, "clerk", PASSWORD)
    with clock.pretend(clock.now() + timedelta(minutes=6)):
        assert organization.check_password(session, "clerk", PASSWORD) is clerk


def test_a_technical_account_cannot_log_in(session: Session, clerk: User) -> None:
    clerk.password_hash = None
    session.flush()
    assert organization.check_password(session, "clerk", PASSWORD) is None


def test_the_database_holds_no_secret(session: Session, clerk: User) -> None:
    secret = organization.open_session(session, clerk, hours=8, client="")
    token = organization.issue_token(session, clerk, name="scanner", scopes=["register"])
    session.flush()
    kept = session.scalar(
        text(
            "SELECT string_agg(a::text, '') || (SELECT string_agg(t::text, '') FROM api_tokens t)"
            " FROM login_sessions a"
        )
    )
    assert secret not in str(kept)
    assert token not in str(kept)


@pytest.mark.parametrize(
    ("later", "idle", "lives"),
    [
        (timedelta(minutes=29), False, True),
        (timedelta(minutes=31), False, False),  # idle too long
        (timedelta(hours=7, minutes=59), True, True),
        (timedelta(hours=8, minutes=1), True, False),  # over, however busy
    ],
)
def test_a_login_ends_of_itself(
    session: Session, clerk: User, later: timedelta, idle: bool, lives: bool
) -> None:
    secret = organization.open_session(session, clerk, hours=8, client="")
    session.flush()
    with clock.pretend(clock.now() + later):
        if idle:
            organization.touch(session, secret)
        if lives:
            assert logged_in(session, secret).username == "clerk"
        else:
            with pytest.raises(organization.NotLoggedIn):
                logged_in(session, secret)


def test_use_is_noted_once_a_minute(session: Session, clerk: User) -> None:
    secret = organization.open_session(session, clerk, hours=8, client="")
    session.flush()
    now = clock.now()
    for seconds, noted in ((10, False), (61, True)):
        with clock.pretend(now + timedelta(seconds=seconds)):
            assert organization.by_session(session, secret, idle_minutes=IDLE)[1] is noted


def test_a_closed_login_stays_closed(session: Session, clerk: User) -> None:
    secret = organization.open_session(session, clerk, hours=8, client="")
    session.flush()
    organization.close_session(session, secret)
    session.flush()
    with pytest.raises(organization.NotLoggedIn):
        logged_in(session, secret)
    assert organization.owner_of_ended(session, secret) is None


def test_whose_login_ended_of_itself_is_known_for_a_week(session: Session, clerk: User) -> None:
    """So that a form that was being typed can be kept for him."""
    secret = organization.open_session(session, clerk, hours=8, client="")
    session.flush()
    now = clock.now()
    for days, owner in ((1, clerk.id), (8, None)):
        with clock.pretend(now + timedelta(days=days)):
            assert organization.owner_of_ended(session, secret) == owner
    assert organization.owner_of_ended(session, "unknown") is None


def test_a_closed_account_is_logged_out_at_once(session: Session, clerk: User) -> None:
    secret = organization.open_session(session, clerk, hours=8, client="")
    token = organization.issue_token(session, clerk, name="x", scopes=[])
    clerk.is_active = False
    session.flush()
    with pytest.raises(organization.NotLoggedIn):
        logged_in(session, secret)
    with pytest.raises(organization.BadToken):
        organization.by_token(session, token)


def test_a_token_acts_within_its_scopes_until_it_ends(session: Session, clerk: User) -> None:
    now = clock.now()
    token = organization.issue_token(
        session, clerk, name="scanner", scopes=["register"], expires_at=now + timedelta(days=1)
    )
    session.flush()
    by = organization.by_token(session, token)
    assert (by.scopes, by.via) == (frozenset({"register"}), Via.API)
    with pytest.raises(organization.NotAllowed):
        by.require_scope("sign")
    with clock.pretend(now + timedelta(days=2)), pytest.raises(organization.BadToken):
        organization.by_token(session, token)
    with pytest.raises(organization.BadToken):
        organization.by_token(session, token + "x")


def test_a_revoked_token_is_dead(session: Session, clerk: User) -> None:
    token = organization.issue_token(session, clerk, name="x", scopes=[])
    session.flush()
    session.execute(text("UPDATE api_tokens SET revoked_at = now()"))
    session.expire_all()
    with pytest.raises(organization.BadToken):
        organization.by_token(session, token)


def test_too_many_tries_from_one_place_are_stopped(office: Office) -> None:
    def attempt(key: str) -> None:
        with office.db.begin() as session:
            count(session, key, limit=3, every=timedelta(minutes=5))

    for _ in range(3):
        attempt("10.0.0.1")
    with pytest.raises(TooManyTries):
        attempt("10.0.0.1")
    attempt("10.0.0.2")
    with clock.pretend(clock.now() + timedelta(minutes=10)):
        attempt("10.0.0.1")


def test_the_names_on_the_demos_login_page_can_log_in(session: Session, town: Town) -> None:
    names = [row[0] for row in organization.usernames(session, town.body_id)]
    assert names == list(factories.PEOPLE)
    assert set(names) <= set(session.scalars(select(User.username)))
