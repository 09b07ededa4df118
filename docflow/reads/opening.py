"""Opening an entry or a file: the right was checked, the read is written before anything is shown.

Reading an ordinary entry costs one small transaction. A confidential one (of a confidential book,
or graded ΕΜΠ) asks for a reason, unless the person registered it or it is in his hands: then the
register itself says why he reads it. A reason holds for eight hours, for the one entry.
Source: domain rows 104, 106; GDPR art. 5 par. 1 f and 32.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from docflow import clock, registry
from docflow.db import Database
from docflow.errors import Forbidden, Invalid
from docflow.folding import line
from docflow.i18n import t
from docflow.principal import Principal
from docflow.reads.models import MOST_REASON, Basis, Read, Reason, What

HOLDS = timedelta(hours=8)  # a reason, for a day's work
SAME_LOOK = timedelta(minutes=5)  # a page that is shown again after an act is no second reading


class ReasonNeeded(Forbidden):
    """Say why you open this confidential entry."""


class BadReason(Invalid):
    """The reason is missing, or too long."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the person stands to an entry: may it be shown without more, and on what basis?"""

    is_confidential: bool
    basis: Basis
    reason_id: int | None = None

    @property
    def needs_reason(self) -> bool:
        return self.basis is Basis.REASON and self.reason_id is None


def opened(
    db: Database,
    entry: registry.Entry,
    *,
    by: Principal,
    what: What = What.ENTRY,
    position: int | None = None,
    reason: str = "",
) -> None:
    """Write that the person reads this; the caller has checked that he may see the entry.

    Durable when it returns. With a `reason` the reason is kept first. Raises ReasonNeeded,
    BadReason.
    """
    with db.begin() as session:
        note(session, entry, by=by, what=what, position=position, reason=reason)


def note(
    session: Session,
    entry: registry.Entry,
    *,
    by: Principal,
    what: What = What.ENTRY,
    position: int | None = None,
    reason: str = "",
) -> None:
    """As `opened`, in a transaction of the caller's."""
    if reason:
        give_reason(session, entry, reason, by=by)
    stands = require_reason(session, entry, by=by)
    if _was_just_read(session, entry.id, by, what, position):
        return
    session.add(
        Read(
            body_id=entry.body_id,
            user_id=by.person_id,
            user_name=by.full_name,
            via=by.via,
            entry_id=entry.id,
            what=what,
            position=position,
            is_confidential=stands.is_confidential,
            basis=stands.basis,
            reason_id=stands.reason_id,
        )
    )


def require_reason(session: Session, entry: registry.Entry, *, by: Principal) -> Standing:
    """How the person stands to the entry, where it may be shown to him. Raises ReasonNeeded."""
    stands = standing(session, entry, by=by)
    if stands.needs_reason:
        raise ReasonNeeded(
            t("This entry is confidential. Say why you open it; the reason is kept.")
        )
    return stands


def give_reason(session: Session, entry: registry.Entry, reason: str, *, by: Principal) -> None:
    """Keep why the person opens a confidential entry. Raises BadReason."""
    clean = line(reason)
    if not 3 <= len(clean) <= MOST_REASON:
        raise BadReason(
            t("Write the reason in 3 to {max} characters.", max=MOST_REASON), field="reason"
        )
    session.add(
        Reason(
            body_id=entry.body_id,
            user_id=by.person_id,
            entry_id=entry.id,
            via=by.via,
            reason=clean,
        )
    )
    session.flush()


def standing(session: Session, entry: registry.Entry, *, by: Principal) -> Standing:
    """How the person stands to the entry now."""
    if not is_confidential(session, entry):
        return Standing(False, Basis.ORDINARY)
    if _is_own_work(session, entry, by):
        return Standing(True, Basis.OWN_WORK)
    given = session.scalar(
        select(func.max(Reason.id)).where(
            Reason.user_id == by.person_id,
            Reason.entry_id == entry.id,
            Reason.given_at > clock.now() - HOLDS,
        )
    )
    return Standing(True, Basis.REASON, given)


def _is_own_work(session: Session, entry: registry.Entry, by: Principal) -> bool:
    """He registered it, has it in his hands, or it is an envelope that he is to open as head."""
    if entry.registered_by == by.person_id:
        return True
    handling = session.get(registry.Handling, entry.id)
    if handling is None:
        return False
    if handling.user_id == by.person_id:
        return True
    envelope = session.get(registry.Provisional, entry.id)
    if envelope is None or envelope.mode != registry.ProvisionalMode.ENVELOPE:
        return False
    is_closed = envelope.described_at is None
    return envelope.described_by == by.person_id or (is_closed and by.heads(handling.unit_id))


def is_confidential(session: Session, entry: registry.Entry) -> bool:
    if entry.grade == registry.Grade.CONFIDENTIAL:
        return True
    return session.get_one(registry.Book, entry.book_id).is_confidential


def _was_just_read(
    session: Session, entry_id: int, by: Principal, what: What, position: int | None
) -> bool:
    same = exists().where(
        Read.user_id == by.person_id,
        Read.entry_id == entry_id,
        Read.what == what,
        Read.position.is_not_distinct_from(position),
        Read.via == by.via,
        Read.at > clock.now() - SAME_LOOK,
    )
    return bool(session.scalar(select(same)))
