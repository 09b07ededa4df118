"""Which payable a line of the bank is for: proposals, by reference first, then by amount and payer.

A proposal is never more than that: a person accepts it, or finds another. One that could be for
several payables is proposed for none.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from docflow.folding import fold, fold_reference
from docflow.payments import owing, references
from docflow.payments.models import BankLine, Certainty, LineState, Payable, PayableState

_WAITING = (PayableState.OPEN, PayableState.TOLD, PayableState.PART)


def propose(session: Session, lines: Sequence[BankLine]) -> int:
    """Propose payables for open lines of one body; how many were found."""
    wanted = [line for line in lines if line.state == LineState.OPEN and line.cents > 0]
    if not wanted:
        return 0
    body_id = wanted[0].body_id
    by_reference = _by_reference(session, body_id, wanted)
    by_number = _by_number(session, body_id, wanted)
    by_payer = _by_payer(session, body_id, wanted)
    found = 0
    for line in wanted:
        payable, certainty = _best(session, line, by_reference, by_number, by_payer)
        if payable is None:
            continue
        line.state, line.payable_id, line.certainty = LineState.PROPOSED, payable.id, certainty
        line.version += 1
        found += 1
    session.flush()
    return found


def look_again(session: Session, payable: Payable) -> int:
    """Look among the open lines for what the citizen says he paid; how many were found."""
    is_named = func.lower(BankLine.bank_number) == payable.bank_number.lower()
    lines = session.scalars(
        select(BankLine)
        .where(
            BankLine.body_id == payable.body_id,
            BankLine.state == LineState.OPEN,
            or_(is_named, BankLine.references.contains([payable.reference])),
        )
        .order_by(BankLine.id)
        .limit(20)
        .with_for_update(skip_locked=True)  # whoever decides on one needs no proposal
    ).all()
    return propose(session, lines)


def _best(
    session: Session,
    line: BankLine,
    by_reference: dict[str, Payable],
    by_number: dict[str, list[Payable]],
    by_payer: dict[str, list[Payable]],
) -> tuple[Payable | None, Certainty | None]:
    named = [by_reference[code] for code in line.references if code in by_reference]
    if len(named) == 1:
        left = owing.owed(session, named[0], line.booked_on).left_cents
        is_sure = left == line.cents and not named[0].is_ended
        return named[0], Certainty.SURE if is_sure else Certainty.REFERENCE
    if named:
        return None, None
    for known, key, certainty in (
        (by_number, fold_reference(line.bank_number), Certainty.NUMBER),
        (by_payer, _name_key(line.payer_name), Certainty.PAYER),
    ):
        exact = [
            payable
            for payable in known.get(key, [])
            if owing.owed(session, payable, line.booked_on).left_cents == line.cents
        ]
        if key and len(exact) == 1:
            return exact[0], certainty
    return None, None


def _by_reference(session: Session, body_id: int, lines: Iterable[BankLine]) -> dict[str, Payable]:
    codes = {code for line in lines for code in line.references}
    if not codes:
        return {}
    rows = session.scalars(
        select(Payable).where(Payable.body_id == body_id, Payable.reference.in_(codes))
    )
    return {row.reference: row for row in rows}


def _by_number(
    session: Session, body_id: int, lines: Iterable[BankLine]
) -> dict[str, list[Payable]]:
    """Those that wait with the bank's number that their citizen typed."""
    numbers = {fold_reference(line.bank_number) for line in lines if line.bank_number}
    if not numbers:
        return {}
    rows = session.scalars(
        select(Payable).where(
            Payable.body_id == body_id, Payable.state.in_(_WAITING), Payable.bank_number != ""
        )
    )
    found: dict[str, list[Payable]] = defaultdict(list)
    for row in rows:
        if fold_reference(row.bank_number) in numbers:
            found[fold_reference(row.bank_number)].append(row)
    return found


def _by_payer(
    session: Session, body_id: int, lines: Iterable[BankLine]
) -> dict[str, list[Payable]]:
    keys = {_name_key(line.payer_name) for line in lines if line.payer_name}
    if not keys:
        return {}
    rows = session.scalars(
        select(Payable).where(Payable.body_id == body_id, Payable.state.in_(_WAITING))
    )
    found: dict[str, list[Payable]] = defaultdict(list)
    for row in rows:
        if (key := _name_key(row.payer_name)) in keys:
            found[key].append(row)
    return found


def _name_key(name: str) -> str:
    """The words of a name in any order: banks put the surname first, and write capitals."""
    return " ".join(sorted(fold(name).replace(".", " ").split()))


def references_of(*texts: str) -> list[str]:
    """The payment codes in what the payer wrote."""
    found: list[str] = []
    for text in texts:
        found += [code for code in references.found(text) if code not in found]
    return found
