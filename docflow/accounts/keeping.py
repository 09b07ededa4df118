"""Accounts as the clerk at the counter sees and keeps them.

Nobody leafs through the citizens: an account is found by its number, ΑΦΜ, address or name, and
whoever opens one stands in the trail.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, aliased

from docflow import audit, clock, organization
from docflow.accounts import logins, tries
from docflow.accounts.citizen import Level
from docflow.accounts.models import Account, AccountState, Identity, Proof, Representation
from docflow.accounts.told import tell
from docflow.errors import Conflict, Invalid, NotFound
from docflow.folding import fold, line
from docflow.i18n import t
from docflow.messages import Channel
from docflow.principal import Principal

SHOWN = 50
SHORTEST = 3  # characters of a name
_HIS_OWN = {"account.entered", "account.logins-ended"}


class NoSuchAccount(NotFound):
    """There is no such account."""


class AccountMoved(Conflict):
    """Somebody else has changed this account meanwhile."""


class AccountOver(Conflict):
    """The account is closed, or was merged into another."""


class BadSearch(Invalid):
    """Too little was typed to search for."""


@dataclass(frozen=True, slots=True)
class Summary:
    """An account in one line, for whoever has the right to what hangs on it."""

    id: int
    full_name: str
    email: str
    phone: str
    tax_number: str
    level: Level  # the most that a login can count as today
    language: str
    channel: Channel
    state: AccountState


@dataclass(frozen=True, slots=True)
class ProofLine:
    level: Level
    paper: str
    provider: str
    given_by: str
    given_at: datetime
    valid_to: date | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Detail:
    """An account on the clerk's page. `twins` have the same ΑΦΜ, and may be the same person's."""

    summary: Summary
    created_at: datetime
    closed_at: datetime | None
    is_locked: bool
    is_registered: bool
    email_problem: str
    level_until: date | None
    merged_into_id: int | None
    proofs: Sequence[ProofLine]
    providers: Sequence[str]
    twins: Sequence[Summary]
    step: int


def may_keep(by: Principal) -> None:
    """Raises NotAllowed unless the person keeps accounts of citizens."""
    by.require_scope("register")
    by.require(
        by.is_clerk or by.is_registrar,
        t("Only the clerks of the registry keep the accounts of citizens."),
    )


def keeps(by: Principal) -> bool:
    """Whether the page of the citizens' accounts is open to this person."""
    return by.is_clerk or by.is_registrar


def find(session: Session, typed: str, *, by: Principal) -> list[Summary]:
    """Open accounts by number, ΑΦΜ or address, whole; or by a part of the name.

    Raises NotAllowed, BadSearch.
    """
    may_keep(by)
    text = line(typed)[:200]
    key = fold(text)
    wanted: ColumnElement[bool]
    if text.isdecimal() and len(text) == 9:
        wanted = Account.tax_number == text
    elif text.isdecimal():
        wanted = Account.id == int(text[:18])
    elif "@" in text:
        wanted = Account.email_key == text.lower()
    elif len(key) < SHORTEST:
        raise BadSearch(t("Type three letters of the name at least, or the ΑΦΜ."), field="q")
    else:
        wanted = Account.name_key.contains(key, autoescape=True)
    rows = session.scalars(
        select(Account)
        .where(Account.body_id == by.body_id, Account.state == AccountState.OPEN, wanted)
        .order_by(Account.name_key, Account.id)
        .limit(SHOWN)
    )
    return [summary(row) for row in rows]


def twins(session: Session, *, by: Principal) -> list[Summary]:
    """Open accounts that share an ΑΦΜ proven for one of them: to be looked at, one by one."""
    may_keep(by)
    other = aliased(Account)
    same = (
        select(other.id)
        .where(
            other.body_id == Account.body_id,
            other.tax_number == Account.tax_number,
            other.id != Account.id,
            other.state == AccountState.OPEN,
            or_(other.level.is_not(None), Account.level.is_not(None)),
        )
        .exists()
    )
    rows = session.scalars(
        select(Account)
        .where(
            Account.body_id == by.body_id,
            Account.state == AccountState.OPEN,
            Account.tax_number != "",
            same,
        )
        .order_by(Account.tax_number, Account.id)
        .limit(SHOWN)
    )
    return [summary(row) for row in rows]


def one(session: Session, account_id: int, *, by: Principal) -> Detail:
    """An account with its proofs. The caller notes that it was seen. Raises NotAllowed,
    NoSuchAccount."""
    may_keep(by)
    row = session.get(Account, account_id)
    if row is None or row.body_id != by.body_id:
        raise no_such_account()
    proofs = session.scalars(
        select(Proof).where(Proof.account_id == row.id).order_by(Proof.id.desc())
    ).all()
    names = organization.names(session, {p.given_by for p in proofs if p.given_by is not None})
    providers = session.scalars(
        select(Identity.provider).where(Identity.account_id == row.id).order_by(Identity.id)
    ).all()
    return Detail(
        summary=summary(row),
        created_at=row.created_at,
        closed_at=row.closed_at,
        is_locked=row.locked_at is not None,
        is_registered=row.password_hash is not None or bool(providers),
        email_problem=row.email_problem,
        level_until=row.level_until,
        merged_into_id=row.merged_into_id,
        proofs=[
            ProofLine(
                level=Level(proof.level),
                paper=proof.paper or "",
                provider=proof.provider or "",
                given_by=names.get(proof.given_by, "") if proof.given_by is not None else "",
                given_at=proof.given_at,
                valid_to=proof.valid_to,
                ended_at=proof.ended_at,
            )
            for proof in proofs
        ],
        providers=providers,
        twins=_twins_of(session, row),
        step=row.step,
    )


def note_seen(session: Session, account_id: int, *, by: Principal) -> None:
    """That a clerk opened the page of an account stands in the trail."""
    audit.record(session, "account.seen", by=by, subject=("citizen-account", account_id))


def history(session: Session, account_id: int, *, by: Principal) -> list[audit.HistoryLine]:
    """What happened to the account and its representations, the newest first.

    When its owner comes and goes is his own affair. Raises NotAllowed.
    """
    may_keep(by)
    ids = session.scalars(
        select(Representation.id).where(
            Representation.account_id == account_id, Representation.body_id == by.body_id
        )
    ).all()
    subjects = [("citizen-account", account_id), *(("representation", one) for one in ids)]
    told = audit.history(session, subjects)[::-1]
    return [one for one in told if one.action not in _HIS_OWN][:SHOWN]


def lock(session: Session, account_id: int, *, seen: int, by: Principal) -> Account:
    """Nobody enters the account until it is unlocked; its logins end.

    Raises NotAllowed, NoSuchAccount, AccountMoved, AccountOver.
    """
    may_keep(by)
    row = held(session, account_id, seen=seen, by=by)
    if row.locked_at is None:
        row.locked_at = clock.now()
        logins.end_logins(session, row.id)
        audit.record(session, "account.locked", by=by, subject=("citizen-account", row.id))
        tell(session, row, t("The office locked it. Ask at a counter, with your papers."), by=by)
    return row


def unlock(session: Session, account_id: int, *, seen: int, by: Principal) -> Account:
    """Raises NotAllowed, NoSuchAccount, AccountMoved, AccountOver."""
    may_keep(by)
    row = held(session, account_id, seen=seen, by=by)
    if row.locked_at is not None:
        row.locked_at = None
        tries.forget(session, row.body_id, row.email)
        audit.record(session, "account.unlocked", by=by, subject=("citizen-account", row.id))
    return row


def held(session: Session, account_id: int, *, seen: int | None, by: Principal) -> Account:
    """An open account of the body as the clerk saw it, held until the transaction ends.

    Without `seen` he did not look at it. Its step is counted on.
    Raises NoSuchAccount, AccountMoved, AccountOver.
    """
    row = session.scalar(
        select(Account)
        .where(Account.id == account_id, Account.body_id == by.body_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise no_such_account()
    if row.state != AccountState.OPEN:
        raise AccountOver(t("This account is closed, or was made one with another."))
    if seen is not None and row.step != seen:
        raise _moved(session, account_id)
    row.step += 1
    return row


def summaries(session: Session, body_id: int, ids: Collection[int]) -> Mapping[int, Summary]:
    """The accounts of these ids, for packages above that checked the right to what hangs on them.

    What was merged is found under its own id, with the data of the account that it became.
    """
    rows = session.scalars(
        select(Account).where(Account.body_id == body_id, Account.id.in_(set(ids)))
    ).all()
    kept = {
        row.id: row
        for row in session.scalars(
            select(Account).where(
                Account.id.in_({row.merged_into_id for row in rows if row.merged_into_id})
            )
        )
    }
    return {
        row.id: summary(kept.get(row.merged_into_id, row) if row.merged_into_id else row)
        for row in rows
    }


def by_tax_number(session: Session, body_id: int, tax_number: str) -> list[Summary]:
    """Open accounts with this ΑΦΜ, that for which it is proven first."""
    rows = session.scalars(
        select(Account)
        .where(
            Account.body_id == body_id,
            Account.tax_number == tax_number,
            Account.tax_number != "",
            Account.state == AccountState.OPEN,
        )
        .order_by(Account.level.is_(None), Account.id)
        .limit(SHOWN)
    )
    return [summary(row) for row in rows]


def summary(row: Account) -> Summary:
    own = Level.VISITOR if row.password_hash is None else Level.REGISTERED
    return Summary(
        id=row.id,
        full_name=row.full_name,
        email=row.email,
        phone=row.phone,
        tax_number=row.tax_number,
        level=logins.proof_of(row) or own,
        language=row.language,
        channel=Channel(row.channel),
        state=AccountState(row.state),
    )


def _twins_of(session: Session, row: Account) -> list[Summary]:
    if not row.tax_number or row.state != AccountState.OPEN:
        return []
    found = by_tax_number(session, row.body_id, row.tax_number)
    return [one for one in found if one.id != row.id]


def no_such_account() -> NoSuchAccount:
    return NoSuchAccount(t("There is no such account."))


def _moved(session: Session, account_id: int) -> AccountMoved:
    told = audit.history(session, [("citizen-account", account_id)])
    last = next((one for one in reversed(told) if one.actor_name), None)
    if last is None:
        return AccountMoved(t("This account was changed meanwhile. Look at it once more."))
    return AccountMoved(
        t(
            "{who} changed this account at {when}. Look at it once more, then decide.",
            who=last.actor_name,
            when=f"{clock.local(last.at, clock.OFFICIAL_ZONE):%H:%M}",
        )
    )
