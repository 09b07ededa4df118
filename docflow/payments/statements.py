"""Taking in a bank's file: once, each movement counted once, with proposals for what it is for."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import audit, clock, documents, organization
from docflow.errors import Conflict
from docflow.folding import line as one_line
from docflow.i18n import t
from docflow.office import Office
from docflow.payments import access, accounts, camt, csv_files, matching
from docflow.payments.models import BankLine, BankStatement, CollectionAccount, LineState
from docflow.payments.movements import BadBankFile, Contents, Movement
from docflow.principal import Principal


class FileKnown(Conflict):
    """This file of the bank was taken in already."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the movements of a file: state -> how many."""

    statement_id: int
    form: str
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class StatementInfo:
    id: int
    file_name: str
    form: str
    bank: str
    iban: str
    first_on: date | None
    last_on: date | None
    counts: dict[str, int]
    imported_by: str
    imported_at: datetime


def take(
    office: Office, data: bytes, name: str, *, by: Principal, account_id: int | None = None
) -> Taken:
    """Take in a bank's file: camt.053 by its own account, CSV by the profile of the account given.

    Nothing is taken in unless all of it can be read. Raises BadBankFile, FileKnown, NotAllowed,
    NoSuchAccount, StoreUnavailable.
    """
    with office.db.read() as session:
        access.require_keeper(session, by)
        account = _account(session, account_id, by)
        profile = csv_files.read_profile(account.profile)
    contents = camt.read(data) if camt.looks_like(data) else csv_files.read(data, profile)
    kept = documents.keep(office, data, body_id=by.body_id)
    with office.db.begin() as session:
        access.require_keeper(session, by)
        account = _account(session, account_id, by, contents.iban)
        # One file of an account at a time: the second sees what the first brought.
        session.execute(
            select(CollectionAccount.id).where(CollectionAccount.id == account.id).with_for_update()
        )
        _require_new(session, kept.sha256, by)
        return _taken(session, account, contents, kept.sha256, one_line(name)[:200], by)


def _account(
    session: Session, account_id: int | None, by: Principal, iban: str = ""
) -> CollectionAccount:
    if iban:
        named = [one for one in accounts.known(session, by=by) if one.iban == iban]
        if not named:
            raise BadBankFile(
                t(
                    "The file is of the account {iban}, which is none of the body’s collection "
                    "accounts.",
                    iban=iban,
                ),
                field="file",
            )
        return named[0]
    if account_id is not None:
        return accounts.account(session, account_id, by=by)
    found = accounts.current(session, by.body_id)
    if found is None:
        raise accounts.NoSuchAccount(
            t(
                "No collection account is known yet. An administrator enters it under "
                "“Payments, Account”."
            )
        )
    return found


def _require_new(session: Session, sha256: str, by: Principal) -> None:
    known = session.scalar(
        select(BankStatement).where(
            BankStatement.body_id == by.body_id, BankStatement.sha256 == sha256
        )
    )
    if known is None:
        return
    who = organization.names(session, [known.imported_by]).get(known.imported_by or 0, "")
    raise FileKnown(
        t(
            "This file was taken in already: {who} did on {at}, as “{name}”. Nothing was counted "
            "twice.",
            who=who,
            at=f"{clock.local(known.imported_at):%d/%m/%Y %H:%M}",
            name=known.file_name,
        ),
        field="file",
    )


def _taken(
    session: Session,
    account: CollectionAccount,
    contents: Contents,
    sha256: str,
    name: str,
    by: Principal,
) -> Taken:
    days = [movement.booked_on for movement in contents.movements]
    statement = BankStatement(
        body_id=by.body_id,
        account_id=account.id,
        sha256=sha256,
        file_name=name or "-",
        form=contents.form,
        first_on=min(days, default=None),
        last_on=max(days, default=None),
        counts={},
        imported_by=by.user_id,
    )
    session.add(statement)
    session.flush()
    lines = _lines(session, statement, contents.movements)
    session.add_all(lines)
    session.flush()
    matching.propose(session, lines)
    statement.counts = dict(Counter(str(line.state) for line in lines))
    session.flush()
    audit.record(
        session,
        "bank-statement.taken",
        by=by,
        subject=("bank-statement", statement.id),
        sha256=sha256,
        form=contents.form,
        counts=statement.counts,
    )
    return Taken(statement.id, contents.form, dict(statement.counts))


def _lines(
    session: Session, statement: BankStatement, movements: Sequence[Movement]
) -> list[BankLine]:
    """The rows, each in its first state; what came before, or twice, does not count again."""
    keys = [movement.identity() for movement in movements]
    before = _counted_before(session, statement.account_id, set(keys))
    here: Counter[str] = Counter()
    first: dict[str, Movement] = {}
    lines = []
    for place, (movement, key) in enumerate(zip(movements, keys, strict=True), start=1):
        here[key] += 1
        is_same = movement.is_told_as(first.setdefault(key, movement))
        if here[key] <= before.get(key, 0) or (here[key] > 1 and movement.bank_number and is_same):
            state = LineState.KNOWN
        elif here[key] > 1 or before.get(key):
            # Of money that left nobody has to say anything.
            state = LineState.TWIN if movement.cents > 0 else LineState.KNOWN
        else:
            state = LineState.OPEN if movement.cents > 0 else LineState.OUTGOING
        lines.append(
            BankLine(
                body_id=statement.body_id,
                account_id=statement.account_id,
                statement_id=statement.id,
                place=place,
                file_line=movement.file_line,
                movement=key,
                apart=0,
                booked_on=movement.booked_on,
                cents=movement.cents,
                bank_number=movement.bank_number,
                payer_name=movement.payer_name,
                payer_iban=movement.payer_iban,
                text=movement.text,
                references=matching.references_of(movement.reference, movement.text),
                state=state,
                reason="",
                version=1,
            )
        )
    return lines


def _counted_before(session: Session, account_id: int, keys: set[str]) -> dict[str, int]:
    """How often each movement stands in the earlier file that has it most often."""
    found: dict[str, int] = {}
    wanted = sorted(keys)
    for start in range(0, len(wanted), 5000):
        per_file = (
            select(BankLine.movement, func.count().label("times"))
            .where(
                BankLine.account_id == account_id,
                BankLine.movement.in_(wanted[start : start + 5000]),
            )
            .group_by(BankLine.statement_id, BankLine.movement)
            .subquery()
        )
        rows = session.execute(
            select(per_file.c.movement, func.max(per_file.c.times)).group_by(per_file.c.movement)
        )
        found |= {movement: times for movement, times in rows}
    return found


def listing(
    session: Session, *, by: Principal, start: int = 0, limit: int = 50
) -> list[StatementInfo]:
    """The files that were taken in, the newest first. Raises NotAllowed."""
    access.require_keeper(session, by, reads=True)
    rows = session.execute(
        select(BankStatement, CollectionAccount)
        .join(CollectionAccount, CollectionAccount.id == BankStatement.account_id)
        .where(BankStatement.body_id == by.body_id)
        .order_by(BankStatement.id.desc())
        .offset(start)
        .limit(limit)
    ).all()
    people = organization.names(session, [row.imported_by for row, _ in rows])
    return [
        StatementInfo(
            id=row.id,
            file_name=row.file_name,
            form=row.form,
            bank=account.bank,
            iban=account.iban,
            first_on=row.first_on,
            last_on=row.last_on,
            counts=row.counts,
            imported_by=people.get(row.imported_by or 0, ""),
            imported_at=row.imported_at,
        )
        for row, account in rows
    ]
