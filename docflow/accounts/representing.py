"""Acting for another person or for a company: asked for with a proof, decided by a clerk.

The citizen chooses in each login for whom he acts; the choice falls away when the representation
ends. The proof is read by those who decide, and by whoever sent it.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from docflow import audit, clock, documents, organization, parties
from docflow.accounts import logins
from docflow.accounts.citizen import Citizen, Level, RepresentedKind, acting
from docflow.accounts.keeping import may_keep
from docflow.accounts.models import (
    Account,
    CitizenSession,
    Ground,
    Representation,
    RepresentationState,
)
from docflow.accounts.owning import own
from docflow.accounts.representations import held_one
from docflow.accounts.told import tell
from docflow.errors import Conflict, Invalid
from docflow.folding import line
from docflow.i18n import Text, t
from docflow.principal import Principal

MAX_REASON = 1000
PROOF_TYPES = ("application/pdf", "image/jpeg", "image/png", "image/tiff")


class BadRepresentation(Invalid):
    """The representation cannot be like this."""


class AlreadyAsked(Conflict):
    """The same representation was asked for already, or stands."""


class RepresentationMoved(Conflict):
    """The representation was decided or ended meanwhile."""


@dataclass(frozen=True, slots=True)
class Wish:
    """For whom the citizen wants to act, and by what right."""

    kind: RepresentedKind
    name: str
    tax_number: str
    ground: Ground
    valid_from: date | None = None  # None: from today
    valid_to: date | None = None


def ask(
    session: Session, wish: Wish, proof: documents.Upload | None, *, citizen: Citizen
) -> Representation:
    """Ask the office to accept a representation.

    Raises LevelNeeded, AccountLocked, BadRepresentation, AlreadyAsked.
    """
    citizen.require(Level.REGISTERED)
    account = own(session, citizen)
    clean = _checked(wish, account)
    if proof is None:
        raise BadRepresentation(t("Add the proof: a scan or a photograph."), field="proof")
    if proof.media_type not in PROOF_TYPES:
        raise BadRepresentation(t("The proof is a PDF or a picture."), field="proof")
    assert clean.valid_from is not None
    same = select(Representation).where(
        Representation.account_id == account.id,
        Representation.tax_number == clean.tax_number,
        Representation.state.in_([RepresentationState.ASKED, RepresentationState.ACCEPTED]),
    )
    for other in session.scalars(same):
        if other.state == RepresentationState.ASKED or logins.holds(other):
            raise AlreadyAsked(
                t("You have asked for this already, or it stands: see the list below."),
                field="tax_number",
            )
    row = Representation(
        body_id=account.body_id,
        account_id=account.id,
        kind=clean.kind,
        name=clean.name,
        tax_number=clean.tax_number,
        ground=clean.ground,
        proof_sha256=proof.sha256,
        proof_name=proof.name,
        proof_type=proof.media_type,
        proof_size=proof.size,
        valid_from=clean.valid_from,
        valid_to=clean.valid_to,
        asked_at=clock.now(),
    )
    session.add(row)
    session.flush()
    _record(session, "representation.asked", row, by=acting(citizen, body_id=row.body_id))
    return row


def withdraw(session: Session, representation_id: int, *, citizen: Citizen) -> Representation:
    """The citizen gives up what he asked for, or what was accepted.

    Raises LevelNeeded, NoSuchRepresentation, RepresentationMoved.
    """
    row = held_one(session, representation_id, Representation.account_id == citizen.known_id)
    if row.state not in (RepresentationState.ASKED, RepresentationState.ACCEPTED):
        raise RepresentationMoved(t("This representation has ended already."))
    row.state, row.ended_at = RepresentationState.WITHDRAWN, clock.now()
    row.step += 1
    _no_longer_acting(session, row)
    _record(session, "representation.withdrawn", row, by=acting(citizen, body_id=row.body_id))
    return row


def act_for(session: Session, representation_id: int | None, *, citizen: Citizen) -> None:
    """In this login the citizen acts for this one from now on; None: for himself.

    Raises LevelNeeded, NoSuchRepresentation, RepresentationMoved.
    """
    citizen.require(Level.REGISTERED)
    if representation_id is not None:
        row = held_one(session, representation_id, Representation.account_id == citizen.known_id)
        if not logins.holds(row):
            raise RepresentationMoved(t("You cannot act under this representation today."))
    session.execute(
        update(CitizenSession)
        .where(CitizenSession.id == citizen.session_id)
        .values(representation_id=representation_id)
    )


def accept(
    session: Session,
    representation_id: int,
    *,
    seen: int,
    by: Principal,
    valid_to: date | None = None,
) -> Representation:
    """The clerk holds the proof for good, until the day that was asked for or an earlier one.

    Raises NotAllowed, NoSuchRepresentation, RepresentationMoved, BadRepresentation.
    """
    row = _to_decide(session, representation_id, seen, by)
    if valid_to is not None:
        if valid_to < row.valid_from or (row.valid_to is not None and valid_to > row.valid_to):
            raise BadRepresentation(
                t("The last day lies between those that were asked for."), field="valid_to"
            )
        row.valid_to = valid_to
    _decide(row, RepresentationState.ACCEPTED, by=by, reason="")
    _record(session, "representation.accepted", row, by=by)
    _tell(session, row, t("Your representation was accepted."), by=by)
    return row


def refuse(
    session: Session, representation_id: int, *, reason: str, seen: int, by: Principal
) -> Representation:
    """Raises NotAllowed, NoSuchRepresentation, RepresentationMoved, BadRepresentation."""
    row = _to_decide(session, representation_id, seen, by)
    why = _reason(reason)
    _decide(row, RepresentationState.REFUSED, by=by, reason=why)
    row.ended_at = row.decided_at
    _record(session, "representation.refused", row, by=by)
    _tell(session, row, t("Your representation was refused: {why}", why=why), by=by)
    return row


def revoke(
    session: Session, representation_id: int, *, reason: str, seen: int, by: Principal
) -> Representation:
    """End a representation that was accepted: from this moment nobody acts under it.

    Raises NotAllowed, NoSuchRepresentation, RepresentationMoved, BadRepresentation.
    """
    may_keep(by)
    row = held_one(session, representation_id, Representation.body_id == by.body_id)
    if row.state != RepresentationState.ACCEPTED or row.step != seen:
        raise _moved(session, row)
    why = _reason(reason)
    _decide(row, RepresentationState.REVOKED, by=by, reason=why)
    row.ended_at = row.decided_at
    _no_longer_acting(session, row)
    _record(session, "representation.revoked", row, by=by)
    _tell(session, row, t("Your representation was revoked: {why}", why=why), by=by)
    return row


def _checked(wish: Wish, account: Account) -> Wish:
    name, number = line(wish.name), "".join(wish.tax_number.split())
    if not 2 <= len(name) <= 300:
        raise BadRepresentation(t("Write the name, of 2 to 300 characters."), field="name")
    if not parties.is_tax_number(number):
        raise BadRepresentation(
            t("“{number}” is not a valid ΑΦΜ: check its nine digits.", number=number[:20]),
            field="tax_number",
        )
    if number == account.tax_number:
        raise BadRepresentation(
            t("This is your own ΑΦΜ: for yourself you need no representation."), field="tax_number"
        )
    today = clock.today()
    since = wish.valid_from or today
    if wish.valid_to is not None and wish.valid_to < max(since, today):
        raise BadRepresentation(
            t("The last day is not before the first, and not over."), field="valid_to"
        )
    return Wish(wish.kind, name, number, wish.ground, since, wish.valid_to)


def _to_decide(
    session: Session, representation_id: int, seen: int, by: Principal
) -> Representation:
    may_keep(by)
    row = held_one(session, representation_id, Representation.body_id == by.body_id)
    if row.state != RepresentationState.ASKED or row.step != seen:
        raise _moved(session, row)
    return row


def _decide(row: Representation, state: RepresentationState, *, by: Principal, reason: str) -> None:
    row.state, row.decided_by, row.decided_at = state, by.person_id, clock.now()
    row.reason = reason
    row.step += 1


def _reason(typed: str) -> str:
    reason = line(typed)
    if not 3 <= len(reason) <= MAX_REASON:
        raise BadRepresentation(t("Say why, for the citizen reads it."), field="reason")
    return reason


def _moved(session: Session, row: Representation) -> RepresentationMoved:
    if row.decided_by is None:
        return RepresentationMoved(t("The citizen has withdrawn this representation."))
    assert row.decided_at is not None
    return RepresentationMoved(
        t(
            "{who} decided this at {when}. Look at it once more.",
            who=organization.names(session, [row.decided_by]).get(row.decided_by, ""),
            when=f"{clock.local(row.decided_at, clock.OFFICIAL_ZONE):%d/%m/%Y %H:%M}",
        )
    )


def _no_longer_acting(session: Session, row: Representation) -> None:
    session.execute(
        update(CitizenSession)
        .where(CitizenSession.representation_id == row.id)
        .values(representation_id=None)
    )


def _record(session: Session, action: str, row: Representation, *, by: Principal) -> None:
    audit.record(
        session,
        action,
        by=by,
        subject=("representation", row.id),
        account=row.account_id,
        kind=row.kind,
        ground=row.ground,
    )


def _tell(session: Session, row: Representation, what: Text, *, by: Principal) -> None:
    tell(session, session.get_one(Account, row.account_id), what, by=by)
