"""What tests of payments begin with: an account of the town, things to be paid, a bank's file."""

from collections.abc import Mapping
from datetime import date
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import clock, payments
from docflow.office import Office
from docflow.payments import BankLine, FeeRule, Payable, Payer, PaymentPart, read_rule
from docflow.principal import Principal, Via, system
from tests.factories import Town

IBAN = "GR1601101250000000012300695"
LABEL = {"el": "Πρόστιμο ΚΟΚ", "en": "Traffic fine"}
KEEPER, STRANGER = "colleague", "lawyer"  # of the roads department, and of another unit
HALF_UNTIL_DAY_10 = read_rule(
    {
        "format": 1,
        "items": [{"kind": "given", "field": "amount", "label": LABEL}],
        "by_day": [
            {"kind": "share", "since": "on", "until_day": 10, "percent": "50", "label": LABEL}
        ],
    }
)
Row = tuple[str, str, str, str, str]
_subjects = count(1000)


def account(session: Session, town: Town, **changes: Any) -> payments.CollectionAccount:
    """The collection account of the town, kept by the roads department."""
    new = {
        "bank": "Εθνική Τράπεζα",
        "holder": "Δήμος Παραδείγματος",
        "iban": IBAN,
        "bic": "ETHNGRAA",
        "unit_id": town.units["ΟΔΟΠ"],
    }
    by = town.person(session, "administrator")
    return payments.accounts.keep(session, payments.NewAccount(**{**new, **changes}), by=by)


def citizen(town: Town) -> Principal:
    return system(town.body_id, via=Via.PUBLIC)


def fine(
    session: Session,
    town: Town,
    *,
    cents: int = 5000,
    rule: FeeRule | None = None,
    data: Mapping[str, Any] | None = None,
    name: str = "Γεώργιος Παπαδάκης",
    unit: str = "ΓΡΑΜ",
    application_id: int = 0,
    **changes: Any,
) -> Payable:
    """A fine of fifty euros that somebody has to pay."""
    found = payments.demand(
        session,
        body_id=town.body_id,
        unit_id=town.units[unit],
        subject=("application", application_id or next(_subjects)),
        reason={"el": "Πρόστιμο ΚΟΚ 123456", "en": "Traffic fine 123456"},
        rule=rule or FeeRule.fixed(cents, LABEL),
        data=data or {},
        payer=Payer(name=name, tax_number="123456783", email="g.papadakis@example.gr"),
        by=citizen(town),
        **changes,
    )
    assert found is not None
    return found


def csv_file(*rows: tuple[str, str, str, str, str], head: str = "") -> bytes:
    """A bank's file: amount, number of the bank, payer, text of the transfer, day (dd/mm/yyyy)."""
    lines = ["Ημερομηνία;Ποσό;Αρ. συναλλαγής;Καταθέτης;Αιτιολογία"]
    lines += [
        ";".join((day, amount, number, payer, text)) for amount, number, payer, text, day in rows
    ]
    return (head + "\n".join(lines) + "\n").encode("cp1253")


def row(
    payable: Payable | None = None,
    amount: str = "50,00",
    number: str = "123456",
    payer: str = "ΠΑΠΑΔΑΚΗΣ ΓΕΩΡΓΙΟΣ",
    text: str = "",
    on: date | None = None,
) -> tuple[str, str, str, str, str]:
    """A transfer; with the payable's code in its text where one is given."""
    said = f"{text} {payments.references.grouped(payable.reference)}" if payable else text
    return amount, number, payer, said.strip(), f"{on or clock.today():%d/%m/%Y}"


def take(office: Office, town: Town, *rows: Row, name: str = "nov.csv") -> dict[str, int]:
    """Take in a file of these rows; state of a line -> how many."""
    with office.db.begin() as session:
        by = town.person(session, KEEPER)
    return payments.statements.take(office, csv_file(*rows), name, by=by).counts


def lines(session: Session) -> list[BankLine]:
    return list(session.scalars(select(BankLine).order_by(BankLine.id)))


def paid(session: Session, payable: Payable) -> list[int]:
    return list(
        session.scalars(
            select(PaymentPart.cents)
            .where(PaymentPart.payable_id == payable.id)
            .order_by(PaymentPart.id)
        )
    )


def refunds(session: Session, town: Town) -> list[tuple[int, str]]:
    by = town.person(session, KEEPER)
    return [(one.cents, one.why) for one in payments.refunds.listing(session, by=by)]
