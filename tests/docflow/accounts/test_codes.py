"""A code by e-mail: good once, for a while, in the browser that asked, and not to be guessed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import accounts, audit, clock, mail, outbox, throttle
from docflow.accounts import Level, codes, owning
from docflow.accounts.models import Account, Code
from docflow.i18n import t
from docflow.office import Office
from tests.accounts import account, seen
from tests.docflow.accounts.conftest import code_in
from tests.factories import Town

Mails = Callable[[], list[str]]
ADDRESS = "kostas@example.gr"


def asked(office: Office, town: Town, address: str = ADDRESS) -> str:
    with office.db.begin() as session:
        return codes.ask(session, address, body_id=town.body_id, language="en")


def entered(office: Office, token: str, typed: str) -> str | None:
    with office.db.begin() as session:
        return owning.enter_by_code(session, token, typed, hours=1, client="test")


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_code_opens_an_account_once(office: Office, town: Town, mails: Mails) -> None:
    token = asked(office, town)
    [letter] = mails()
    assert letter.startswith(ADDRESS)
    code = code_in(letter)
    with office.db.read() as session:
        assert codes.asked(session, token).is_sent is True
        assert session.scalar(select(Code.code_digest)) != code, "only a digest is kept"
    secret = entered(office, token, f" {code[:3]} {code[3:]} ")
    assert secret is not None
    with office.db.begin() as session:
        citizen = seen(session, secret)
        assert (citizen.level, citizen.email) == (Level.VISITOR, ADDRESS)
    with pytest.raises(codes.CodeOver):
        entered(office, token, code)
    # The next one leads into the same account.
    again = asked(office, town, ADDRESS.upper())
    other = entered(office, again, code_in(mails()[-1]))
    assert other is not None
    with office.db.begin() as session:
        assert seen(session, other).account_id == citizen.account_id


def test_a_code_is_tried_five_times(office: Office, town: Town, mails: Mails) -> None:
    token = asked(office, town)
    code = code_in(mails()[-1])
    for _ in range(codes.MAX_FAILED):
        assert entered(office, token, wrong(code)) is None
    with pytest.raises(codes.CodeOver):
        entered(office, token, code)
    with office.db.read() as session:
        assert session.scalar(select(Account.id)) is None
        [event] = session.scalars(
            select(audit.Event).where(audit.Event.action == "account.code-guessed")
        )
        assert event.details == {"tries": codes.MAX_FAILED}


def test_a_code_is_over_after_ten_minutes(office: Office, town: Town, mails: Mails) -> None:
    token = asked(office, town)
    code = code_in(mails()[-1])
    with office.db.begin() as session:
        row = session.scalars(select(Code)).one()
        row.sent_at = clock.now() - codes.LIFE - timedelta(seconds=1)
    with pytest.raises(codes.CodeOver):
        entered(office, token, code)


def test_a_code_is_of_use_only_where_it_was_asked_for(
    office: Office, town: Town, mails: Mails
) -> None:
    mine, theirs = asked(office, town), asked(office, town, "other@example.gr")
    first, second = (code_in(one) for one in mails())
    assert first == second or entered(office, mine, second) is None
    with pytest.raises(codes.NoSuchCode):
        entered(office, "of nobody", first)
    assert entered(office, theirs, second) is not None


def test_only_so_many_codes_go_to_one_mailbox_and_from_one_place(session: Session) -> None:
    for number in range(codes.PER_ADDRESS):
        codes.count_asked(session, ADDRESS, sender=f"10.0.0.{number}")
    with pytest.raises(throttle.TooManyTries):
        codes.count_asked(session, ADDRESS.upper(), sender="10.0.0.9")
    for number in range(codes.PER_SENDER):
        codes.count_asked(session, f"{number}@example.gr", sender="10.1.0.1")
    with pytest.raises(throttle.TooManyTries):
        codes.count_asked(session, "one-more@example.gr", sender="10.1.0.1")
    assert not session.scalar(select(throttle.Tries.key).where(throttle.Tries.key.contains("@")))


def test_a_mail_that_bounces_is_told_on_the_page_and_on_the_account(
    office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object, **__: object) -> str:
        raise mail.MailRefused(t("There is no such mailbox."))

    with office.db.begin() as session:
        known = account(session, town, email=ADDRESS).id
    token = asked(office, town)
    monkeypatch.setattr(mail, "send", refuses)
    with office.db.read() as session:
        [job] = session.scalars(select(outbox.Job.id).where(outbox.Job.task == "messages.send"))
    outbox.run(office, job)
    with office.db.read() as session:
        assert codes.asked(session, token).is_sent is False
        assert session.get_one(Account, known).email_problem


def test_two_who_type_a_code_at_once_for_a_new_address_get_one_account(
    office: Office, town: Town, mails: Mails
) -> None:
    first, second = asked(office, town), asked(office, town)
    one, two = (code_in(letter) for letter in mails())
    secrets = entered(office, first, one), entered(office, second, two)
    with office.db.begin() as session:
        ids = {seen(session, secret).account_id for secret in secrets if secret}
    assert len(ids) == 1


def test_yesterdays_codes_are_forgotten(office: Office, town: Town) -> None:
    asked(office, town)
    with office.db.begin() as session:
        session.scalars(select(Code)).one().created_at = clock.now() - timedelta(days=2)
    accounts.codes.sweep(outbox.Run(office, 0, 1))
    with office.db.read() as session:
        assert session.scalar(select(Code.id)) is None
