"""One's own account: entered by a code or a password, registered, changed, closed.

Whoever typed a code is a visitor; with a name and a password of his own he is registered, under
the same account, so that what he filed before stays his. A forgotten password is chosen anew after
a code, within half an hour.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import audit, clock, messages, organization, parties
from docflow.accounts import codes, logins, proving, tries
from docflow.accounts.citizen import ANONYMOUS, Citizen, Level, LevelNeeded, acting
from docflow.accounts.models import (
    Account,
    AccountState,
    CodePurpose,
    Identity,
    Representation,
    RepresentationState,
    Way,
)
from docflow.accounts.told import tell
from docflow.accounts.turns import in_turn
from docflow.errors import Conflict, Forbidden, Invalid
from docflow.folding import fold, line
from docflow.i18n import t
from docflow.messages import Channel

MAX_FAILED, REST = 5, timedelta(minutes=5)  # wrong passwords of one address
LOGINS, LOGINS_EVERY = 60, timedelta(minutes=5)  # of one place, whatever the account
LANGUAGES = ("el", "en", "hu", "cs")
MAX_NAME, MAX_PHONE = 200, 40


class AccountLocked(Forbidden):
    """The office has locked this account."""


class AccountRests(Forbidden):
    """The account rests after too many wrong passwords.

    Said alike of an address without an account: it tells nobody which addresses have one.
    """


class AddressTaken(Conflict):
    """Another account has this address."""


class BadDetails(Invalid):
    """An account cannot be like this."""


class ProvenDetails(Conflict):
    """Name and ΑΦΜ that were proven are changed at the counter only."""


class NotFresh(Forbidden):
    """A password is chosen with the old one, or soon after a code."""


@dataclass(frozen=True, slots=True)
class Details:
    """What the owner says of himself."""

    full_name: str
    phone: str = ""
    tax_number: str = ""
    language: str = "el"
    channel: Channel = Channel.EMAIL


def enter_by_code(
    session: Session, token: str, typed: str, *, hours: int, client: str
) -> str | None:
    """The secret of a new login when the code is right; an address unknown so far gets an account.

    Commit either way: wrong codes are counted. Raises NoSuchCode, CodeOver, AccountLocked.
    """
    row = codes.use(session, token, typed)
    if row is None:
        return None
    if row.purpose != CodePurpose.ENTER:
        raise codes.NoSuchCode(t("No code was asked for in this browser. Begin again."))
    account = codes.of_address(session, row.body_id, row.email, lock=True)
    if account is None:
        account = _made(session, row.body_id, row.email, row.language)
    require_unlocked(account)
    account.email_problem = ""
    return logins.open_login(session, account, way=Way.CODE, hours=hours, client=client)


def _made(session: Session, body_id: int, address: str, language: str) -> Account:
    """A visitor's account; two codes for one new address that are typed at once make one."""
    made = session.scalar(
        insert(Account)
        .values(
            body_id=body_id, email=address, email_key=address.lower(), language=_language(language)
        )
        .on_conflict_do_nothing()
        .returning(Account.id)
    )
    if made is None:
        found = codes.of_address(session, body_id, address, lock=True)
        assert found is not None  # it stood in the way just now
        return found
    audit.record(
        session,
        "account.made",
        by=acting(ANONYMOUS, body_id=body_id),
        subject=("citizen-account", made),
    )
    return session.get_one(Account, made)


def log_in(
    session: Session, body_id: int, address: str, password: str, *, hours: int, client: str
) -> str | None:
    """The secret of a new login when the password is right, else None.

    Commit either way: tries are counted. Raises AccountLocked, AccountRests.
    """
    typed = line(address)[:300]
    # Held before the tries, as where a password is chosen: each waits for the other in one order.
    account = codes.of_address(session, body_id, typed, lock=True)
    if not tries.count(session, body_id, typed, limit=MAX_FAILED, every=REST):
        raise AccountRests(
            t(
                "Too many wrong passwords. The account rests for some minutes; you can enter with "
                "a code meanwhile."
            )
        )
    known = account.password_hash if account is not None else None
    is_right = organization.password_is(known or _decoy(), password)
    if account is None or known is None or not is_right:
        return None
    tries.forget(session, body_id, typed)
    require_unlocked(account)
    return logins.open_login(session, account, way=Way.PASSWORD, hours=hours, client=client)


@cache
def _decoy() -> str:
    """Checked for unknown addresses, so that time does not tell them."""
    return organization.hash_password("nobody")


def register(
    session: Session,
    details: Details,
    password: str,
    *,
    citizen: Citizen,
    hours: int,
    client: str,
) -> str:
    """Make a visitor's account a registered one; the secret of the login that follows.

    Raises LevelNeeded, BadDetails, BadPassword, NotFresh, AccountLocked.
    """
    account = own(session, citizen)
    change(session, details, citizen=citizen)
    return set_password(
        session, password, citizen=citizen, account=account, hours=hours, client=client
    )


def set_password(
    session: Session,
    new: str,
    *,
    citizen: Citizen,
    hours: int,
    client: str,
    old: str = "",
    account: Account | None = None,
) -> str:
    """Choose a password, with the old one or soon after a code; all other logins end.

    Where a code replaces what proved the owner, the proof of his identity ends (`proving`).
    The secret of the login that follows. Raises LevelNeeded, BadPassword, NotFresh, AccountLocked.
    """
    account = account or own(session, citizen)
    is_fresh = logins.is_fresh(session, citizen)
    if not is_fresh:
        if account.password_hash is None or not old:
            raise NotFresh(
                t("Type your present password, or enter once more with a code."), field="password"
            )
        if not organization.password_is(account.password_hash, old):
            wrong = t("The present password is not right.")
            raise organization.passwords.BadPassword(wrong, field="password")
    organization.passwords.require_long(new)
    is_first = account.password_hash is None
    by = acting(citizen, body_id=account.body_id)
    unproven = is_fresh and proving.end_by_code(session, account, citizen)
    account.password_hash = organization.hash_password(new)
    tries.forget(session, account.body_id, account.email)
    logins.end_logins(session, account.id)
    audit.record(
        session,
        "account.registered" if is_first else "account.password-changed",
        by=by,
        subject=("citizen-account", account.id),
    )
    what = t("Your account was registered.") if is_first else t("A new password was chosen for it.")
    if unproven:
        what = t(
            "A password was chosen for it after a code, so the proof of your identity ended. Log "
            "in with your provider once more, or show your papers at a counter: with the new proof "
            "that password ends, and you choose another one."
        )
    tell(session, account, what, by=by)
    return logins.open_login(session, account, way=Way.PASSWORD, hours=hours, client=client)


def change(session: Session, details: Details, *, citizen: Citizen) -> Account:
    """Say anew who one is and how one wants to be told.

    Raises LevelNeeded, BadDetails, ProvenDetails, NotFresh, AccountLocked.
    """
    account = own(session, citizen)
    require_owner(session, account, citizen)
    clean = checked(details)
    is_other = (clean.full_name, clean.tax_number) != (account.full_name, account.tax_number)
    was_proven = account.level is not None or proving.lost_by_code(session, account) is not None
    if is_other and (was_proven or citizen.is_proven):
        raise ProvenDetails(
            t(
                "Name and ΑΦΜ were proven with papers. If they have changed, show the new papers "
                "at a counter."
            ),
            field="full_name",
        )
    values = {
        "full_name": clean.full_name,
        "name_key": fold(clean.full_name),
        "phone": clean.phone,
        "tax_number": clean.tax_number,
        "language": clean.language,
        "channel": clean.channel,
    }
    changed = [name for name, value in values.items() if getattr(account, name) != value]
    for name in changed:
        setattr(account, name, values[name])
    if is_other:  # another login, of a provider, does not go on proving what was just typed
        logins.end_provider_logins(session, account.id)
    if changed:
        audit.record(
            session,
            "account.changed",
            by=acting(citizen, body_id=account.body_id),
            subject=("citizen-account", account.id),
            fields=sorted(set(changed) - {"name_key"}),
        )
    return account


def checked(details: Details) -> Details:
    """The details as clean lines. Raises BadDetails."""
    name, phone = line(details.full_name), line(details.phone)
    number = "".join(details.tax_number.split())
    if not 2 <= len(name) <= MAX_NAME:
        raise BadDetails(t("Write the full name, of 2 to 200 characters."), field="full_name")
    digits = [char for char in phone if char.isdecimal()]
    if phone and (len(phone) > MAX_PHONE or not 7 <= len(digits) <= 15):
        raise BadDetails(t("A telephone number has 7 to 15 digits."), field="phone")
    if number and not parties.is_tax_number(number):
        raise BadDetails(
            t("“{number}” is not a valid ΑΦΜ: check its nine digits.", number=number[:20]),
            field="tax_number",
        )
    if details.channel in (Channel.SMS, Channel.BOTH) and not phone:
        raise BadDetails(t("Messages by SMS need a telephone number."), field="phone")
    return Details(name, phone, number, _language(details.language), details.channel)


def change_address(session: Session, token: str, typed: str, *, citizen: Citizen) -> bool:
    """Take the address over that a code was sent to; False where the code is wrong.

    Commit either way: wrong codes are counted. The old address is told. Raises LevelNeeded,
    NoSuchCode, CodeOver, AddressTaken, NotFresh, AccountLocked.
    """
    account = own(session, citizen)
    require_owner(session, account, citizen)
    row = codes.use(session, token, typed)
    if row is None:
        return False
    if row.purpose != CodePurpose.CHANGE_EMAIL or row.account_id != account.id:
        raise codes.NoSuchCode(t("No code was asked for in this browser. Begin again."))
    in_turn(session, account.body_id, row.email.lower())
    other = codes.of_address(session, account.body_id, row.email, lock=True)
    if other is not None and other.id != account.id:
        raise AddressTaken(
            t(
                "Another account has this address. If both are yours, show your papers at a "
                "counter: a clerk makes one of them."
            ),
            field="email",
        )
    before, by = account.email, acting(citizen, body_id=account.body_id)
    account.email, account.email_key, account.email_problem = row.email, row.email.lower(), ""
    audit.record(session, "account.address-changed", by=by, subject=("citizen-account", account.id))
    if before:
        tell(session, account, t("It has another e-mail address now."), by=by, email=before)
    return True


def close(session: Session, *, citizen: Citizen, password: str = "") -> None:
    """Close the account for good: nobody enters any more, and representations end.

    What no application needs is removed at once, the rest when the need is over (see `erasing`).
    Raises LevelNeeded, BadPassword, NotFresh, AccountLocked.
    """
    account = own(session, citizen)
    require_owner(session, account, citizen)
    if account.password_hash is not None and not organization.password_is(
        account.password_hash, password
    ):
        wrong = t("The present password is not right.")
        raise organization.passwords.BadPassword(wrong, field="password")
    by = acting(citizen, body_id=account.body_id)
    tell(session, account, t("It was closed, as you wished."), by=by)
    account.state, account.closed_at = AccountState.CLOSED, clock.now()
    account.password_hash, account.level, account.level_until = None, None, None
    logins.end_logins(session, account.id)
    session.execute(delete(Identity).where(Identity.account_id == account.id))
    session.execute(
        update(Representation)
        .where(
            Representation.account_id == account.id,
            Representation.state.in_([RepresentationState.ASKED, RepresentationState.ACCEPTED]),
        )
        .values(state=RepresentationState.WITHDRAWN, ended_at=clock.now())
    )
    audit.record(session, "account.closed", by=by, subject=("citizen-account", account.id))


def own(session: Session, citizen: Citizen) -> Account:
    """The citizen's own account, held until the transaction ends.

    Raises LevelNeeded, AccountLocked.
    """
    account = session.scalars(
        select(Account)
        .where(Account.id == citizen.known_id, Account.state == AccountState.OPEN)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if account is None:
        raise LevelNeeded(Level.VISITOR)  # closed, or merged, since the page was opened
    require_unlocked(account)
    return account


def require_owner(session: Session, account: Account, citizen: Citizen) -> None:
    """Whoever came by a code changes a registered account only soon after it. Raises NotFresh."""
    is_owner = account.password_hash is None or citizen.level.reaches(Level.REGISTERED)
    if not is_owner and not logins.is_fresh(session, citizen):
        raise NotFresh(t("Enter with your password, or once more with a code."))


def require_unlocked(account: Account) -> None:
    if account.locked_at is not None:
        raise AccountLocked(
            t("The office has locked this account. Ask at a counter, with your papers.")
        )


def _language(chosen: str) -> str:
    return chosen if chosen in LANGUAGES else "el"


@messages.after_ended("account-changed")
def _learn(session: Session, message: messages.Message) -> None:
    """An address that no server takes is shown to its owner and to the clerk."""
    account = session.get(Account, message.source_id) if message.source_id else None
    if account is None or account.email_key != message.address:
        return
    is_sent = message.state == messages.MessageState.SENT
    if is_sent or message.problem:
        account.email_problem = "" if is_sent else str(message.problem)
