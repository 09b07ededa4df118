"""Representations as their citizen and the clerks see them, and their proofs."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from docflow import audit, organization
from docflow.accounts import logins
from docflow.accounts.citizen import Citizen, Level, RepresentedKind
from docflow.accounts.keeping import may_keep
from docflow.accounts.models import Account, Ground, Representation, RepresentationState
from docflow.errors import NotFound
from docflow.i18n import t
from docflow.principal import Principal


class NoSuchRepresentation(NotFound):
    """There is no such representation."""


@dataclass(frozen=True, slots=True)
class RepresentationInfo:
    """A representation as the citizen and the clerk see it; `account` is who acts."""

    id: int
    account_id: int
    account: str
    account_level: Level
    kind: RepresentedKind
    name: str
    tax_number: str
    ground: Ground
    proof_name: str
    proof_size: int
    valid_from: date
    valid_to: date | None
    state: RepresentationState
    holds: bool
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None
    reason: str
    step: int


def of_citizen(session: Session, citizen: Citizen) -> list[RepresentationInfo]:
    """The citizen's own representations, the newest first. Raises LevelNeeded."""
    return _infos(session, Representation.account_id == citizen.known_id)


def of_account(session: Session, account_id: int, *, by: Principal) -> list[RepresentationInfo]:
    """Those of an account, for its clerk. Raises NotAllowed."""
    may_keep(by)
    return _infos(
        session,
        Representation.account_id == account_id,
        Representation.body_id == by.body_id,
    )


def waiting(session: Session, *, by: Principal) -> list[RepresentationInfo]:
    """What waits for a decision, the newest first. Raises NotAllowed."""
    may_keep(by)
    return _infos(
        session,
        Representation.body_id == by.body_id,
        Representation.state == RepresentationState.ASKED,
    )


def count_waiting(session: Session, *, by: Principal) -> int:
    """How many wait; for the navigation."""
    query = select(func.count()).where(
        Representation.body_id == by.body_id, Representation.state == RepresentationState.ASKED
    )
    return session.scalars(query).one()


def one(session: Session, representation_id: int, *, by: Principal) -> RepresentationInfo:
    """Raises NotAllowed, NoSuchRepresentation."""
    may_keep(by)
    found = _infos(
        session, Representation.id == representation_id, Representation.body_id == by.body_id
    )
    if not found:
        raise _no_such()
    return found[0]


def note_proof_read(session: Session, representation_id: int, *, by: Principal) -> None:
    """That a clerk opened the proof stands in the trail."""
    audit.record(
        session, "representation.proof-read", by=by, subject=("representation", representation_id)
    )


def proof(
    session: Session, representation_id: int, *, by: Principal | Citizen
) -> tuple[str, str, str]:
    """Digest, name and type of the proof's file. Raises NotAllowed, NoSuchRepresentation."""
    if isinstance(by, Citizen):
        row = held_one(
            session, representation_id, Representation.account_id == by.known_id, lock=False
        )
    else:
        may_keep(by)
        row = held_one(session, representation_id, Representation.body_id == by.body_id, lock=False)
    if row.proof_sha256 is None:
        raise _no_such()
    return row.proof_sha256, row.proof_name, row.proof_type


def held_one(
    session: Session, representation_id: int, *where: ColumnElement[bool], lock: bool = True
) -> Representation:
    """One of those that fit, held until the transaction ends. Raises NoSuchRepresentation."""
    query = select(Representation).where(Representation.id == representation_id, *where)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query)
    if row is None:
        raise _no_such()
    return row


def _no_such() -> NoSuchRepresentation:
    return NoSuchRepresentation(t("There is no such representation."))


def _infos(session: Session, *where: ColumnElement[bool]) -> list[RepresentationInfo]:
    rows = session.execute(
        select(Representation, Account)
        .join(Account, Account.id == Representation.account_id)
        .where(*where)
        .order_by(Representation.id.desc())
        .limit(200)
    ).all()
    names = organization.names(session, [row.decided_by for row, _ in rows])
    return [_info(row, account, names) for row, account in rows]


def _info(row: Representation, account: Account, names: dict[int, str]) -> RepresentationInfo:
    return RepresentationInfo(
        id=row.id,
        account_id=row.account_id,
        account=account.full_name,
        account_level=logins.proof_of(account) or Level.REGISTERED,
        kind=RepresentedKind(row.kind),
        name=row.name,
        tax_number=row.tax_number,
        ground=Ground(row.ground),
        proof_name=row.proof_name,
        proof_size=row.proof_size,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        state=RepresentationState(row.state),
        holds=logins.holds(row),
        asked_at=row.asked_at,
        decided_by=names.get(row.decided_by, "") if row.decided_by is not None else "",
        decided_at=row.decided_at,
        reason=row.reason,
        step=row.step,
    )
