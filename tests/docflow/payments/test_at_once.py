"""Two employees and many citizens at once: money counts once, numbers are given once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from docflow import payments
from docflow.errors import Conflict
from docflow.office import Office
from docflow.payments import BankLine, Payable, PaymentPart, PaymentReceipt
from tests import factories
from tests.docflow.payments import paying

MANY = 8


def together(work: Callable[[int], object], times: int) -> list[object]:
    """Do it so often at once; what came of each, an error as itself."""
    with ThreadPoolExecutor(times) as pool:
        futures = [pool.submit(work, n) for n in range(times)]
    return [future.exception() or future.result() for future in futures]


def test_many_at_once(committed: Office) -> None:
    with committed.db.begin() as session:
        town = factories.municipality(session)
        paying.account(session, town)

    def demand(_: int) -> tuple[int, str]:
        with committed.db.begin() as session:
            one = paying.fine(session, town)
            return one.id, one.reference

    owed = together(demand, MANY)
    assert len(set(owed)) == MANY
    with committed.db.read() as session:
        rows = session.scalars(select(Payable).order_by(Payable.id)).all()
        by = [town.person(session, name) for name in ("colleague", "engineer")]
    data = paying.csv_file(*(paying.row(one, number=f"N{one.id}") for one in rows))

    def take(n: int) -> str:
        return str(payments.statements.take(committed, data, "b.csv", by=by[n]).counts)

    taken = together(take, 2)
    assert {type(one) for one in taken} == {str, payments.FileKnown}
    with committed.db.read() as session:
        lines = session.scalars(select(BankLine.id).order_by(BankLine.id)).all()
    assert len(lines) == MANY

    def accept(n: int) -> str:
        with committed.db.begin() as session:
            return payments.accept(session, lines[n // 2], by=by[n % 2]).state

    ended = together(accept, 2 * MANY)
    assert sum(one == "paid" for one in ended) == MANY
    assert all(one == "paid" or isinstance(one, Conflict) for one in ended)
    with committed.db.read() as session:
        assert session.scalar(select(func.sum(PaymentPart.cents))) == MANY * 5000
        numbers = session.scalars(select(PaymentReceipt.number).order_by(PaymentReceipt.number))
        assert list(numbers) == list(range(1, MANY + 1))

    def place(_: int) -> None:
        with committed.db.begin() as session:
            payments.events.place(session)

    assert together(place, 4) == [None] * 4
    with committed.db.read() as session:
        found = payments.events.after(session, 0, by=by[0])
    assert [one.position for one in found] == list(range(1, 2 * MANY + 1))
