"""A proof that a person counted, and the bank's file that tells of the same money later."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from docflow import audit, clock, payments
from docflow.office import Office
from docflow.payments import LineState, Payable, PayableState, RefundWhy
from tests.docflow.payments.paying import (
    KEEPER,
    account,
    citizen,
    fine,
    lines,
    paid,
    refunds,
    row,
    take,
)
from tests.factories import Town


def seen(
    session: Session, town: Town, payable: Payable, cents: int = 5000, number: str = "77"
) -> None:
    """An employee counts so much by a proof."""
    by, today = town.person(session, KEEPER), clock.today()
    hand: dict[str, Any] = {"received_on": today, "number": number, "note": "Είδα την κατάσταση"}
    payments.confirm_by_hand(session, payable.id, cents=cents, by=by, **hand)


def test_the_file_backs_a_proof_and_one_line_more_is_more_money(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        account(session, town)
        payable = fine(session, town)
        seen(session, town, payable)
    take(office, town, row(payable, number="1"), row(payable, number="2"))
    with office.db.begin() as session:
        by = town.person(session, KEEPER)
        first, second = lines(session)
        assert set(payments.by_hand.among(session, [first, second])) == {first.id, second.id}
        payments.accept(session, first.id, by=by)
        assert (first.state, refunds(session, town)) == (LineState.COUNTED, [])
        assert set(payments.by_hand.among(session, [first, second])) == {first.id}
        payments.accept(session, second.id, by=by)
        assert refunds(session, town) == [(5000, RefundWhy.TWICE)]
        assert paid(session, payable) == [5000]
        acts = [line.action for line in audit.history(session, [("payable", payable.id)])]
        assert "payable.backed" in acts


@pytest.mark.parametrize("ends", ["withdrawn", "refused", "overpaid"])
def test_money_of_a_proof_is_given_back_once(office: Office, town: Town, ends: str) -> None:
    with office.db.begin() as session:
        account(session, town)
        by = town.person(session, KEEPER)
        payable = fine(session, town)
        came = {"withdrawn": 5000, "refused": 2000, "overpaid": 6000}[ends]
        seen(session, town, payable, came)
        if ends == "withdrawn":
            payments.withdraw(session, ("application", payable.subject_id), reason="-", by=by)
        if ends == "refused":
            payments.refuse(session, payable.id, reason="Λείπει το υπόλοιπο", by=by)
        [before] = refunds(session, town)
    take(office, town, row(payable, amount=payments.amounts.typed(came)))
    with office.db.begin() as session:
        [line] = lines(session)
        payments.accept(session, line.id, by=by)
        assert refunds(session, town) == [before]


def test_what_was_a_payment_of_its_own_is_taken_apart_again(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        account(session, town)
        payable = fine(session, town)
        seen(session, town, payable, 2000)
    take(office, town, row(payable, amount="20,00"))
    with office.db.begin() as session:
        by = town.person(session, KEEPER)
        [line] = lines(session)
        assert payments.accept(session, line.id, by=by).state == PayableState.PART
        assert payments.owed(session, payable).left_cents == 3000  # not counted twice
        payments.lines.reopen(session, line.id, by=by)
        assert line.state == LineState.OPEN
        payments.lines.give_back(session, line.id, reason="Δεύτερη κατάθεση", by=by)
        assert refunds(session, town) == [(2000, RefundWhy.NOT_OURS)]


def test_whoever_says_that_it_came_means_the_lines_that_are_proposed(
    office: Office, town: Town
) -> None:
    with office.db.begin() as session:
        account(session, town)
        payable = fine(session, town)
        payments.told(session, payable.id, "1", by=citizen(town))
        with pytest.raises(payments.NothingMarked):
            payments.take_proposed(session, payable.id, by=town.person(session, KEEPER))
    part, rest = row(payable, amount="20,00", number="1"), row(payable, number="2", amount="30,00")
    take(office, town, part, rest, row(payable, number="3", amount="60,00"))
    with office.db.begin() as session:
        ended = payments.take_proposed(session, payable.id, by=town.person(session, KEEPER))
        assert (ended.state, paid(session, payable)) == (PayableState.PAID, [2000, 3000])
        assert [line.state for line in lines(session)][2] == LineState.PROPOSED
        assert refunds(session, town) == []


def test_a_line_of_the_payer_alone_is_no_line_that_an_employee_meant(
    office: Office, town: Town
) -> None:
    with office.db.begin() as session:
        account(session, town)
        payable = fine(session, town)
    before = clock.today() - timedelta(days=2)
    take(office, town, row(number="1", on=before))
    with office.db.begin() as session, pytest.raises(payments.NothingMarked):
        payments.take_proposed(session, payable.id, by=town.person(session, KEEPER))
    part = row(payable, number="2", amount="20,00", on=before)
    take(office, town, part, row(payable, number="3"), name="dec.csv")
    with office.db.begin() as session:
        ended = payments.take_proposed(session, payable.id, by=town.person(session, KEEPER))
        assert (ended.state, paid(session, payable)) == (PayableState.PAID, [5000])
        states = [line.state for line in lines(session)]
        assert states == [LineState.PROPOSED, LineState.PROPOSED, LineState.COUNTED]


@pytest.mark.parametrize(
    ("proof", "came", "parts", "back", "again"),
    [
        (5000, 4940, [5000], [], 4940),  # a fee of the banks on the way
        (5000, 5100, [5000], [(100, RefundWhy.TWICE)], 5100),
        (4900, 5000, [4900, 100], [], 5000),  # mistyped
        (4900, 4940, [4900, 40], [], None),
        (2000, 3000, [2000, 3000], [], None),  # the rest, and not the proof again
    ],
)
def test_a_line_of_another_amount_backs_its_proof(
    office: Office,
    town: Town,
    proof: int,
    came: int,
    parts: list[int],
    back: list[tuple[int, str]],
    again: int | None,
) -> None:
    with office.db.begin() as session:
        account(session, town)
        payable = fine(session, town)
        seen(session, town, payable, proof)
    amount = payments.amounts.typed(came)
    take(office, town, *(row(payable, amount=amount, number=number) for number in "12"))
    with office.db.begin() as session:
        by = town.person(session, KEEPER)
        first, second = lines(session)
        is_rest = proof + came == 5000
        told = payments.by_hand.among(session, [first])
        assert told == ({} if is_rest else {first.id: proof})
        payments.accept(session, first.id, by=by)
        assert (paid(session, payable), refunds(session, town)) == (parts, back)
        events = audit.history(session, [("payable", payable.id)])
        backed = [event.details for event in events if event.action == "payable.backed"]
        assert [(one["cents"], one["counted"]) for one in backed] == (
            [] if is_rest else [(came, proof)]
        )
        if again is not None:  # the proof is backed: what comes now is more money
            payments.accept(session, second.id, by=by)
            assert refunds(session, town) == [*back, (again, RefundWhy.TWICE)]


def test_the_transaction_number_says_which_proof_a_line_backs(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        account(session, town)
        payable = fine(session, town)
        seen(session, town, payable, 2000, number="ab-77")
        seen(session, town, payable, 1000, number="88")
    take(office, town, row(payable, amount="19,40", number="AB77"))
    with office.db.begin() as session:
        by = town.person(session, KEEPER)
        [line] = lines(session)
        assert payments.queries.details(session, payable.id, by=by).proofs == {line.id: 2000}
        payments.accept(session, line.id, by=by)
        assert (paid(session, payable), refunds(session, town)) == ([2000, 1000], [])


def test_more_money_than_the_proof_counts_by_itself(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        account(session, town)
        payable = fine(session, town)
        seen(session, town, payable, 2000)
    take(office, town, *(row(payable, amount="20,00", number=number) for number in "12"))
    with office.db.begin() as session:
        by = town.person(session, KEEPER)
        first, second = lines(session)
        payments.accept(session, first.id, by=by)
        payments.lines.reopen(session, first.id, by=by)
        acts = [line.action for line in audit.history(session, [("payable", payable.id)])]
        assert acts[-2:] == ["payable.backed", "payable.unbacked"]
        payments.match(session, first.id, payable.id, by=by, is_more=True)
        assert paid(session, payable) == [2000, 2000]
        with pytest.raises(payments.LineDecided):
            payments.lines.reopen(session, first.id, by=by)
        payments.accept(session, second.id, by=by)  # the proof waited for its line
        assert (paid(session, payable), refunds(session, town)) == ([2000, 2000], [])


def test_what_a_proof_told_too_much_goes_to_nobody_who_paid_by_transfer(
    office: Office, town: Town
) -> None:
    with office.db.begin() as session:
        account(session, town)
        payable = fine(session, town)
    take(office, town, row(payable, amount="20,00", payer="ΣΥΖΥΓΟΣ"))
    with office.db.begin() as session:
        by = town.person(session, KEEPER)
        [line] = lines(session)
        payments.accept(session, line.id, by=by)
        seen(session, town, payable, 4000)
        [refund] = payments.refunds.listing(session, by=by)
        assert (refund.cents, refund.payer) == (1000, payable.payer_name)
