"""`docflow payments`."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from docflow import payments
from docflow.cli import finding
from docflow.cli.output import language, print_json, say
from docflow.i18n import t
from docflow.payments import Basket, PayableLine


def listing(
    data: Path | None, *, basket: str, text: str, acting_as: str | None, as_json: bool
) -> int:
    """Print the payments of a basket."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        found = payments.queries.listing(
            session, by=by, basket=Basket(basket), text=text, limit=1000
        )
    if as_json:
        print_json([_as_json(one) for one in found])
        return 0
    for one in found:
        amount = payments.amounts.shown(one.cents, language())
        say(f"{one.reference}  {amount:>14}  {one.state:<9}  {one.bank_number:<16}  {one.shown_as}")
    return 0


def _as_json(one: PayableLine) -> dict[str, object]:
    """Times in ISO form, as everywhere in our JSON."""
    dated = {name: value for name, value in asdict(one).items() if isinstance(value, datetime)}
    return {**asdict(one), **{name: value.isoformat() for name, value in dated.items()}}


def take(
    data: Path | None, *, file: Path, account: str, acting_as: str | None, as_json: bool
) -> int:
    """Take in the file, and print what became of its lines. Raises BadBankFile, FileKnown."""
    with finding.office(data) as office:
        with office.db.read() as session:
            by = finding.acting(session, acting_as)
            wanted = "".join(account.upper().split())
            known = payments.accounts.known(session, by=by)
            ids = [one.id for one in known if one.iban == wanted]
        if wanted and not ids:
            raise payments.NoSuchAccount(t("There is no such collection account."))
        taken = payments.statements.take(
            office,
            file.read_bytes(),
            file.name,
            by=by,
            account_id=ids[0] if ids else None,
        )
    if as_json:
        print_json(asdict(taken))
        return 0
    for state, count in sorted(taken.counts.items()):
        say(f"{state:<9} {count:>6}")
    return 0
