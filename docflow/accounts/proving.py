"""That somebody is who he says: a clerk saw his papers, or a provider such as taxisnet proves it.

A temporary proof lasts a month at most and is of use only where a service demands no more (domain
row S1-3). An ΑΦΜ is proven for one account alone.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from docflow import audit, clock, parties
from docflow.accounts import logins
from docflow.accounts.citizen import Citizen, Level, acting
from docflow.accounts.keeping import held, may_keep
from docflow.accounts.models import Account, AccountState, Paper, Proof
from docflow.accounts.told import tell
from docflow.accounts.turns import in_turn
from docflow.errors import Conflict, Invalid
from docflow.folding import fold, line
from docflow.i18n import t
from docflow.principal import Principal

MONTH = timedelta(days=31)


class BadProof(Invalid):
    """The proof of identity cannot be like this."""


class TaxNumberTaken(Conflict):
    """The ΑΦΜ was proven for another account."""

    def __init__(self, other_id: int, **options: str) -> None:
        super().__init__(
            t(
                "This ΑΦΜ was proven for another account, number {id}. If both are this person’s, "
                "make one of them.",
                id=other_id,
            ),
            **options,
        )
        self.other_id = other_id


class NothingProven(Conflict):
    """No proof stands that could be ended."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the papers say that the clerk saw, and how far the proof goes.

    `valid_to` is its last day; a temporary one without it lasts a month.
    """

    full_name: str
    tax_number: str
    paper: Paper
    level: Level = Level.VERIFIED
    valid_to: date | None = None


def prove(session: Session, account_id: int, said: Seen, *, seen: int, by: Principal) -> Account:
    """A clerk has seen the papers of the person before him. `seen` is the step of his page.

    Raises NotAllowed, NoSuchAccount, AccountMoved, BadProof, TaxNumberTaken.
    """
    may_keep(by)
    clean = _checked(said)
    account = held(session, account_id, seen=seen, by=by)
    give(
        session,
        account,
        level=clean.level,
        valid_to=clean.valid_to,
        full_name=clean.full_name,
        tax_number=clean.tax_number,
        by=by,
        paper=clean.paper,
    )
    what = t("You showed your papers at a counter: your identity is proven now.")
    if clean.valid_to is not None:
        what = t(
            "You showed your papers at a counter: your identity is proven until {day}.",
            day=f"{clean.valid_to:%d/%m/%Y}",
        )
    tell(session, account, what, by=by)
    return account


def give(
    session: Session,
    account: Account,
    *,
    level: Level,
    valid_to: date | None,
    full_name: str,
    tax_number: str,
    by: Principal,
    paper: Paper | None = None,
    provider: str | None = None,
) -> None:
    """Put a proof in the place of the one before. Raises TaxNumberTaken.

    One that names no ΑΦΜ keeps what was proven as surely before, never what was only typed. A
    password that ended the proof before (`end_by_code`) does not share the new one.
    """
    in_turn(session, account.body_id, tax_number)
    other = proven(session, account.body_id, tax_number, lock=True) if tax_number else None
    if other is not None and other.id != account.id:
        raise TaxNumberTaken(other.id, field="tax_number")
    before = logins.proof_of(account)
    kept = account.tax_number if before is not None and before.reaches(level) else ""
    if lost_by_code(session, account) is not None:
        _end_password(session, account, by)
    _end(session, account, by)
    account.full_name, account.name_key = full_name, fold(full_name)
    account.tax_number = tax_number or kept
    account.level, account.level_until = level, valid_to
    row = Proof(
        account_id=account.id,
        level=level,
        paper=paper,
        provider=provider,
        given_by=by.user_id,
        given_at=clock.now(),
        valid_to=valid_to,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        "account.proven",
        by=by,
        subject=("citizen-account", account.id),
        proof=row.id,
        level=level,
        paper=paper,
        provider=provider,
        valid_to=valid_to.isoformat() if valid_to else None,
    )


def proven(
    session: Session, body_id: int, tax_number: str, *, lock: bool = False
) -> Account | None:
    """The open account for which this ΑΦΜ is proven today; a proof that is over counts no more."""
    query = select(Account).where(
        Account.body_id == body_id,
        Account.tax_number == tax_number,
        Account.state == AccountState.OPEN,
        Account.level.is_not(None),
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None or logins.proof_of(found) is not None:
        return found
    if lock:  # its place is free again
        found.level = found.level_until = None
        session.flush()
    return None


def ends_by_code(session: Session, account: Account, citizen: Citizen) -> bool:
    """Whether a password that the citizen chooses after a code ends the proof of his identity.

    A mailbox alone is no way to it: the password before, or the provider, was. What a clerk saw of
    somebody who had a mailbox and nothing else stays, for he registers after it.
    """
    return logins.proof_of(account) is not None and _has_only_a_code(session, account, citizen)


def end_by_code(session: Session, account: Account, citizen: Citizen) -> bool:
    """End the proof for a password chosen after a code; whether it stood (`ends_by_code`).

    One that is over by its day ends too: the next must not be shared by that password either.
    """
    if not _has_only_a_code(session, account, citizen):
        return False
    stood = logins.proof_of(account) is not None
    _end_now(session, account, acting(citizen, body_id=account.body_id))
    return stood


def _has_only_a_code(session: Session, account: Account, citizen: Citizen) -> bool:
    if not logins.came_by_code(session, citizen):
        return False
    return account.password_hash is not None or _came_from_provider(session, account)


def _came_from_provider(session: Session, account: Account) -> bool:
    """Whether the last proof is one that the next login at a provider gives again."""
    newest = select(Proof.provider).where(Proof.account_id == account.id, Proof.ended_at.is_(None))
    return session.scalar(newest.order_by(Proof.id.desc()).limit(1)) is not None


def lost_by_code(session: Session, account: Account) -> Level | None:
    """What the last proof was, where a password chosen after a code ended it; else None.

    No clerk stands at such an end; a proof that another one replaced is not the last.
    """
    newest = select(Proof).where(Proof.account_id == account.id).order_by(Proof.id.desc()).limit(1)
    row = session.scalar(newest)
    if row is None or row.ended_at is None or row.ended_by is not None:
        return None
    return Level(row.level)


def _end_password(session: Session, account: Account, by: Principal) -> None:
    """Whoever chose it had a mailbox and no more: he may be another than who is proven now."""
    account.password_hash = None
    logins.end_logins(session, account.id)
    audit.record(session, "account.password-ended", by=by, subject=("citizen-account", account.id))
    what = t(
        "Your identity was proven anew, so the password that was chosen after a code ended. Choose "
        "another one soon after a login with your provider or, if you showed your papers at a "
        "counter, after a code."
    )
    tell(session, account, what, by=by)


def _end_now(session: Session, account: Account, by: Principal) -> None:
    """No proof stands for the account any more; logins that count by themselves end."""
    if _end(session, account, by) or account.level is not None:
        subject = ("citizen-account", account.id)
        audit.record(session, "account.proof-ended", by=by, subject=subject)
    account.level = account.level_until = None
    logins.end_provider_logins(session, account.id)


def take_back(session: Session, account_id: int, *, seen: int, by: Principal) -> Account:
    """End a proof that was wrong or came to an end. Logins stay, and count as registered.

    Raises NotAllowed, NoSuchAccount, AccountMoved, NothingProven.
    """
    may_keep(by)
    account = held(session, account_id, seen=seen, by=by)
    if account.level is None:
        raise NothingProven(t("No proof of identity stands for this account."))
    _end_now(session, account, by)
    tell(session, account, t("The office ended the proof of your identity."), by=by)
    return account


def _end(session: Session, account: Account, by: Principal) -> bool:
    """End each proof that did not end; whether there was one."""
    ended = session.scalars(
        update(Proof)
        .where(Proof.account_id == account.id, Proof.ended_at.is_(None))
        .values(ended_at=clock.now(), ended_by=by.user_id)
        .returning(Proof.id)
    ).all()
    return bool(ended)


def _checked(said: Seen) -> Seen:
    name, number = line(said.full_name), "".join(said.tax_number.split())
    if not 2 <= len(name) <= 200:
        raise BadProof(t("Write the full name, of 2 to 200 characters."), field="full_name")
    if not parties.is_tax_number(number):
        raise BadProof(
            t("“{number}” is not a valid ΑΦΜ: check its nine digits.", number=number[:20]),
            field="tax_number",
        )
    if said.level not in (Level.TEMPORARY, Level.VERIFIED):
        raise BadProof(t("A proof is temporary, or for good."), field="level")
    today, until = clock.today(), said.valid_to
    if until is not None and until < today:
        raise BadProof(t("This day is over already."), field="valid_to")
    if said.level is Level.TEMPORARY:
        until = until or today + MONTH
        if until > today + MONTH:
            raise BadProof(
                t("A temporary proof lasts a month at most, to {day}.", day=_day(today + MONTH)),
                field="valid_to",
            )
    return Seen(name, number, said.paper, said.level, until)


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
