"""The collection account of the demo municipality, and a file of its bank."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import clock, payments
from docflow.demo.house import House
from docflow.office import Office
from docflow.payments import Payable, PayableState

_REVENUES = "21"  # the unit of the municipal revenues
_KEEPER, _ADMINISTRATOR = "karagianni", "rigas"
_HEADINGS = "Ημερομηνία;Ποσό;Αρ. συναλλαγής;Καταθέτης;Αιτιολογία"


def begin(session: Session, house: House) -> None:
    """An account into which citizens pay. Its number is the example of the Greek IBAN standard."""
    account = payments.NewAccount(
        bank="Τράπεζα Παραδείγματος",
        holder="Δήμος Παραδείγματος",
        iban="GR1601101250000000012300695",
        unit_id=house.units[_REVENUES],
    )
    payments.accounts.keep(session, account, by=house.people[_ADMINISTRATOR])


def take_bank_file(office: Office, house: House) -> None:
    """The file of yesterday: what was paid with a code, with a number, in part, and for nothing."""
    with office.db.read() as session:
        rows = _rows(session, house.body_id)
    data = "\n".join([_HEADINGS, *rows, ""]).encode("cp1253")
    name = f"kinhseis-{clock.today():%Y%m%d}.csv"
    payments.statements.take(office, data, name, by=house.people[_KEEPER])


def _rows(session: Session, body_id: int) -> list[str]:
    day = f"{clock.today():%d/%m/%Y}"
    before = f"{clock.today() - timedelta(days=1):%d/%m/%Y}"
    rows = [f"{before};-3,00;8810001;;ΠΡΟΜΗΘΕΙΑ ΤΡΑΠΕΖΑΣ"]
    owed = session.scalars(
        select(Payable).where(Payable.body_id == body_id).order_by(Payable.id)
    ).all()
    for place, payable in enumerate(owed):
        left = payments.owed(session, payable, clock.today())
        code = payments.references.grouped(payable.reference)
        name = payable.payer_name.upper()
        if payable.state == PayableState.TOLD:
            amount = payments.amounts.typed(left.left_cents)
            rows.append(f"{day};{amount};{payable.bank_number};{name};ΚΛΗΣΗ ΚΟΚ")
        elif payable.state == PayableState.OPEN:
            part = payments.amounts.typed(left.left_cents // 2)
            rows.append(f"{day};{part};881400{place};{name};ΕΝΑΝΤΙ {code}")
        elif payable.state == PayableState.PAID:
            amount = payments.amounts.typed(left.cents)
            rows.append(f"{day};{amount};881500{place};{name};{code}")
    rows.append(f"{day};25,00;8816000;ΚΑΝΕΛΛΟΠΟΥΛΟΣ ΙΩΑΝΝΗΣ;ΔΗΜΟΤΙΚΑ ΤΕΛΗ 2026")
    rows.append(f"{day};12,50;;ΑΝΩΝΥΜΗ ΚΑΤΑΘΕΣΗ;")
    rows.append(f"{day};12,50;;ΑΝΩΝΥΜΗ ΚΑΤΑΘΕΣΗ;")
    return rows
