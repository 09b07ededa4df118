"""The bank accounts into which citizens pay: which unit keeps each, and how its bank writes files.

One is current: what is demanded from now on is paid into it. The others stay known, since money and
files come for them a while longer.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from docflow import audit, clock, kinds, organization
from docflow.errors import Invalid, NotFound
from docflow.folding import line
from docflow.i18n import t
from docflow.payments import csv_files, references
from docflow.payments.models import CollectionAccount
from docflow.principal import NotAllowed, Principal

_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")


class NoSuchAccount(NotFound):
    """There is no such collection account."""


class BadAccount(Invalid):
    """The details of the collection account are not right."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an administrator types of a collection account."""

    bank: str
    holder: str
    iban: str
    unit_id: int
    bic: str = ""
    creditor_code: str = ""
    profile: Mapping[str, Any] | None = None  # None: as `csv_files.GENERAL`
    is_current: bool = True


def keep(session: Session, new: NewAccount, *, by: Principal) -> CollectionAccount:
    """Add the account, or change what is known of the one with this IBAN.

    Raises NotAllowed, BadAccount, BadProfile, NoSuchUnit.
    """
    _require_administrator(by)
    organization.unit(session, new.unit_id, body_id=by.body_id)
    iban, bic = "".join(new.iban.upper().split()), "".join(new.bic.upper().split())
    bank, holder = line(new.bank), line(new.holder)
    if not kinds.is_iban(iban):
        raise BadAccount(t("The IBAN is not right: compare it with the bank’s."), field="iban")
    if bic and not _BIC.fullmatch(bic):
        raise BadAccount(t("The BIC has 8 or 11 letters and digits."), field="bic")
    if not bank or len(bank) > 100:
        raise BadAccount(t("Write the name of the bank."), field="bank")
    if not holder or len(holder) > 70:  # as long as a name in a SEPA transfer
        raise BadAccount(t("Write the holder: at most 70 characters."), field="holder")
    code = new.creditor_code.strip()
    is_code = code.isascii() and code.isdecimal() and len(code) <= references.CREDITOR_LENGTH
    if code and not is_code:
        raise BadAccount(
            t("The code of the body has at most {max} digits.", max=references.CREDITOR_LENGTH),
            field="creditor_code",
        )
    profile = csv_files.read_profile(csv_files.GENERAL if new.profile is None else new.profile)
    if new.is_current:
        session.execute(
            update(CollectionAccount)
            .where(CollectionAccount.body_id == by.body_id, CollectionAccount.iban != iban)
            .values(is_current=False)
        )
    row = session.scalar(
        select(CollectionAccount)
        .where(CollectionAccount.body_id == by.body_id, CollectionAccount.iban == iban)
        .with_for_update()
    )
    if row is None:
        row = CollectionAccount(body_id=by.body_id, iban=iban, is_current=False)
        session.add(row)
    row.unit_id, row.bank, row.holder, row.bic = new.unit_id, bank, holder, bic
    row.creditor_code, row.profile, row.is_current = code, profile.as_json(), new.is_current
    row.changed_by, row.changed_at = by.user_id, clock.now()
    session.flush()
    audit.record(
        session,
        "collection-account.kept",
        by=by,
        subject=("collection-account", row.id),
        iban=iban,
        unit=new.unit_id,
        is_current=new.is_current,
    )
    return row


def current(session: Session, body_id: int) -> CollectionAccount | None:
    """The account into which is paid now; None where none was told."""
    return session.scalar(
        select(CollectionAccount).where(
            CollectionAccount.body_id == body_id, CollectionAccount.is_current
        )
    )


def known(session: Session, *, by: Principal) -> list[CollectionAccount]:
    """The accounts of the body, the current one first."""
    return list(
        session.scalars(
            select(CollectionAccount)
            .where(CollectionAccount.body_id == by.body_id)
            .order_by(CollectionAccount.is_current.desc(), CollectionAccount.id)
        )
    )


def account(session: Session, account_id: int, *, by: Principal) -> CollectionAccount:
    """Raises NoSuchAccount."""
    row = session.get(CollectionAccount, account_id)
    if row is None or row.body_id != by.body_id:
        raise NoSuchAccount(t("There is no such collection account."))
    return row


def _require_administrator(by: Principal) -> None:
    by.require_scope("administer")
    if not by.is_administrator:
        raise NotAllowed(t("Collection accounts are kept by administrators."))
