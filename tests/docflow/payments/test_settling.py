"""From what is owed to what is paid: the bank's file, proposals, the five acts, refunds."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, messages, payments, printing
from docflow.office import Office
from docflow.payments import (
    Certainty,
    LineState,
    PayableState,
    RefundWhy,
    read_rule,
)
from docflow.principal import NotAllowed
from tests.docflow.payments.paying import (
    HALF_UNTIL_DAY_10,
    KEEPER,
    LABEL,
    STRANGER,
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


def test_one_thing_is_demanded_once(session: Session, town: Town) -> None:
    first, second = fine(session, town), fine(session, town)
    assert first.reference != second.reference
    assert payments.payable(session, first.reference.lower()) is first
    again = payments.demand(
        session,
        body_id=town.body_id,
        unit_id=town.units["ΓΡΑΜ"],
        subject=(first.subject_type, first.subject_id),
        reason=LABEL,
        rule=payments.FeeRule.fixed(9900, LABEL),
        data={},
        payer=payments.Payer("Άλλος"),
        by=citizen(town),
    )
    assert again is first
    nothing = read_rule(
        {"format": 1, "items": [{"kind": "fixed", "amount": "0.00", "label": LABEL}]}
    )
    assert (
        payments.demand(
            session,
            body_id=town.body_id,
            unit_id=town.units["ΓΡΑΜ"],
            subject=("application", 1),
            reason=LABEL,
            rule=nothing,
            data={},
            payer=payments.Payer("Άλλος"),
            by=citizen(town),
        )
        is None
    )


def test_the_five_acts(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        account(session, town)
        payable = fine(session, town)
        payments.told(session, payable.id, " 123456 ", by=citizen(town))
        payable_id, seen = payable.id, payable.version
    assert take(office, town, row(text="άσχετη αιτιολογία")) == {"proposed": 1}
    with office.db.begin() as session:
        by = town.person(session, KEEPER)
        shown = payments.queries.details(session, payable_id, by=by)
        assert shown.payable.bank_number == "123456"  # act 1: read the number
        [line] = shown.candidates  # act 2: find it in the statement
        assert (line.certainty, line.cents) == (Certainty.NUMBER, shown.owed.left_cents)  # act 3
        with pytest.raises(payments.NothingMarked):
            payments.confirm(session, payable_id, by=by)
        payments.mark(session, payable_id, line.id, by=by, seen=seen)  # act 4
        with pytest.raises(payments.ChangedMeanwhile, match="Πέτρος Δήμου"):
            payments.confirm(session, payable_id, by=by, seen=seen)
        ended = payments.confirm(session, payable_id, by=by, seen=seen + 1)  # act 5
        assert ended.state == PayableState.PAID
        with pytest.raises(payments.PaymentEnded):
            payments.refuse(session, payable_id, reason="λάθος", by=by)
        assert payments.queries.details(session, payable_id, by=by).receipt.startswith("1/")
        acts = [line.action for line in audit.history(session, [("payable", payable_id)])]
        assert acts == ["payable.demanded", "payable.told", "payable.marked", "payable.paid"]


def test_a_payment_by_its_code_is_accepted_at_a_click(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        account(session, town)
        one, other = fine(session, town), fine(session, town, name="Άννα Βλάχου")
    counts = take(
        office,
        town,
        row(one, number="1", payer=""),
        row(other, amount="20,00", number="2"),
        row(number="3", payer="ΒΛΑΧΟΥ ΑΝΝΑ"),
        row(number="4", payer="ΑΓΝΩΣΤΟΣ", amount="7,00"),
        row(amount="-3,00", number="5"),
    )
    assert counts == {"proposed": 3, "open": 1, "outgoing": 1}
    with office.db.begin() as session:
        by = town.person(session, KEEPER)
        [sure, part, by_payer, *_] = lines(session)
        assert [sure.certainty, part.certainty, by_payer.certainty] == [
            Certainty.SURE,
            Certainty.REFERENCE,
            Certainty.PAYER,
        ]
        assert payments.accept(session, sure.id, by=by).state == PayableState.PAID
        with pytest.raises(payments.LineDecided):
            payments.accept(session, sure.id, by=by)


def test_a_part_and_then_too_much(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        account(session, town)
        payable = fine(session, town)
    take(office, town, row(payable, amount="20,00", number="1"), row(payable, number="2"))
    with office.db.begin() as session:
        by = town.person(session, KEEPER)
        first, second = lines(session)
        assert payments.accept(session, first.id, by=by).state == PayableState.PART
        assert payments.owed(session, payable).left_cents == 3000
        ended = payments.accept(session, second.id, by=by)
        assert (ended.state, paid(session, payable)) == (PayableState.PAID, [2000, 3000])
        assert refunds(session, town) == [(2000, RefundWhy.OVERPAID)]
        [refund] = payments.refunds.listing(session, by=by)
        payments.refunds.end(session, refund.id, dropped=False, note="Ένταλμα 12/2026", by=by)
        with pytest.raises(payments.RefundEnded, match="Πέτρος Δήμου"):
            payments.refunds.end(session, refund.id, dropped=True, note="όχι", by=by)


def test_what_comes_after_the_withdrawal_is_given_back(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        account(session, town)
        late, early = fine(session, town), fine(session, town)
        payments.withdraw(session, ("application", late.subject_id), reason="-", by=citizen(town))
    take(office, town, row(late, number="1"), row(early, number="2"), row(early, number="3"))
    with office.db.begin() as session:
        by = town.person(session, KEEPER)
        first, second, third = lines(session)
        payments.accept(session, first.id, by=by)
        assert refunds(session, town) == [(5000, RefundWhy.ENDED)]
        payments.accept(session, second.id, by=by)
        payments.withdraw(session, ("application", early.subject_id), reason="-", by=by)
        payments.accept(session, third.id, by=by)
        assert refunds(session, town)[1:] == [
            (5000, RefundWhy.WITHDRAWN),
            (5000, RefundWhy.TWICE),
        ]
        session.refresh(first)
        session.refresh(third)
        assert {first.state, third.state} == {LineState.REFUND}


def test_the_same_file_and_the_same_line_count_once(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        account(session, town)
    once = [row(number="1", amount="7,00"), row(number="", amount="8,00")]
    assert take(office, town, *once) == {"open": 2}
    with pytest.raises(payments.FileKnown, match="Πέτρος Δήμου"):
        take(office, town, *once)
    # The next file overlaps, has a line twice, and one more that only looks like another.
    more = [*once, row(number="9", amount="1,00"), row(number="9", amount="1,00"), once[1]]
    assert take(office, town, *more) == {"known": 3, "open": 1, "twin": 1}
    with office.db.begin() as session:
        by = town.person(session, KEEPER)
        [twin] = [line for line in lines(session) if line.state == LineState.TWIN]
        assert payments.lines.reopen(session, twin.id, by=by).state == LineState.OPEN
    assert take(office, town, *more, row(number="10")) == {"known": 5, "open": 1}


def test_a_twin_is_ignored_or_given_back_like_any_other_line(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        account(session, town)
    alike, left = row(number="", amount="8,00"), row(number="", amount="-3,00")
    # Of the money that left, nobody has to say whether it left twice.
    assert take(office, town, alike, alike, alike, left, left) == {
        "open": 1,
        "twin": 2,
        "outgoing": 1,
        "known": 1,
    }
    with office.db.begin() as session:
        by = town.person(session, KEEPER)
        _, second, third, _, gone = lines(session)
        payments.lines.ignore(session, second.id, reason="Διπλή γραμμή", by=by)
        payments.lines.give_back(session, third.id, reason="Δεν οφείλεται", by=by)
        assert (second.state, third.state) == (LineState.IGNORED, LineState.REFUND)
        assert refunds(session, town) == [(800, RefundWhy.NOT_OURS)]
        with pytest.raises(payments.LineDecided):
            payments.lines.reopen(session, gone.id, by=by)


def test_two_payers_under_one_number_of_the_bank_are_two(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        account(session, town)
        payable = fine(session, town, name="Νίκος Βλάχος")
    maria, nikos = row(number="DIAS7", payer="ΜΑΡΙΑ"), row(payable, number="DIAS7", payer="ΝΙΚΟΣ")
    assert take(office, town, maria, nikos) == {"open": 1, "twin": 1}
    assert take(office, town, nikos, name="dec.csv") == {"known": 1}
    with office.db.begin() as session:
        by = town.person(session, KEEPER)
        *_, known = lines(session)
        # What was taken for the same by mistake can be put right.
        reopened = payments.lines.reopen(session, known.id, by=by)
        assert (reopened.state, reopened.payable_id) == (LineState.PROPOSED, payable.id)


def test_what_matches_nothing_is_matched_by_hand_or_ignored(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        account(session, town)
        payable = fine(session, town)
    take(
        office,
        town,
        row(number="1", payer="ΣΥΖΥΓΟΣ"),
        row(number="2", amount="9,00"),
        row(number="3", amount="8,00"),
    )
    with office.db.begin() as session:
        by = town.person(session, KEEPER)
        [by_wife, wrong, unknown] = [line for line, _ in payments.queries.unmatched(session, by=by)]
        with pytest.raises(payments.ReasonMissing):
            payments.lines.ignore(session, wrong.id, reason=" ", by=by)
        payments.lines.ignore(session, wrong.id, reason="Μίσθωμα, όχι δικό μας", by=by)
        with pytest.raises(payments.ChangedMeanwhile, match="Πέτρος Δήμου"):
            payments.lines.give_back(session, wrong.id, reason="λάθος", seen=1, by=by)
        payments.lines.give_back(session, unknown.id, reason="Λάθος λογαριασμός", by=by)
        assert refunds(session, town) == [(800, RefundWhy.NOT_OURS)]
        assert payments.match(session, by_wife.id, payable.id, by=by).state == PayableState.PAID
        assert payments.queries.unmatched(session, by=by) == []


def test_a_number_told_after_the_file_finds_its_line(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        account(session, town)
    take(office, town, row(number="AB-12", payer="ΣΥΖΥΓΟΣ"))
    with office.db.begin() as session:
        payable = fine(session, town)
        with pytest.raises(payments.BadBankNumber):
            payments.told(session, payable.id, "δεν ξέρω", by=citizen(town))
        payments.told(session, payable.id, "ab-12", by=citizen(town))
        [line] = lines(session)
        assert (line.state, line.payable_id) == (LineState.PROPOSED, payable.id)


def test_a_fine_is_paid_at_the_amount_of_the_day_of_the_bank(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        account(session, town)
        on = clock.today() - timedelta(days=10)
        payable = fine(
            session, town, rule=HALF_UNTIL_DAY_10, data={"amount": 8000, "on": on.isoformat()}
        )
        assert payable.cents == 4000
        tomorrow = clock.today() + timedelta(days=1)
        assert payments.owed(session, payable, tomorrow).cents == 8000
    take(office, town, row(payable, amount="40,00", on=clock.today()))
    with office.db.begin() as session:
        [line] = lines(session)
        assert line.certainty == Certainty.SURE


@pytest.mark.parametrize(
    ("late", "early", "state", "left", "back"),
    [
        # Half would have been enough in time, but only ten of it came then.
        ("60,00", "10,00", PayableState.PART, 3000, []),
        # All of the half was there in time: what came on the later day is too much.
        ("60,00", "50,00", PayableState.PAID, 0, [(6000, RefundWhy.OVERPAID)]),
        ("60,00", "40,00", PayableState.PAID, 0, []),
    ],
)
def test_a_file_of_an_earlier_day_does_not_make_late_money_early(
    office: Office,
    town: Town,
    late: str,
    early: str,
    state: PayableState,
    left: int,
    back: list[tuple[int, str]],
) -> None:
    with office.db.begin() as session:
        account(session, town)
        data = {"amount": 10000, "on": (clock.today() - timedelta(days=10)).isoformat()}
        payable = fine(session, town, rule=HALF_UNTIL_DAY_10, data=data)
    in_time, too_late = clock.today(), clock.today() + timedelta(days=20)
    for amount, day in ((late, too_late), (early, in_time)):
        take(office, town, row(payable, amount=amount, number=amount, on=day), name=f"{day}.csv")
        with office.db.begin() as session:
            by = town.person(session, KEEPER)
            *_, line = lines(session)
            payable = payments.accept(session, line.id, by=by)
    with office.db.begin() as session:
        found = session.get_one(payments.Payable, payable.id)
        owed = payments.owed(session, found)
        assert (found.state, owed.left_cents, refunds(session, town)) == (state, left, back)
        receipt = session.get(payments.PaymentReceipt, payable.id)
        assert (receipt.cents if receipt else 10000) == owed.cents


@pytest.mark.parametrize("by_hand", [False, True])
def test_late_money_goes_back_to_whom_it_came_from(
    office: Office, town: Town, by_hand: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with office.db.begin() as session:
        account(session, town)
        data = {"amount": 10000, "on": (clock.today() - timedelta(days=10)).isoformat()}
        payable = fine(session, town, rule=HALF_UNTIL_DAY_10, data=data)
    too_late = clock.today() + timedelta(days=20)
    late = row(payable, amount="60,00", payer="ΜΑΡΙΑ", number="1", on=too_late)
    take(office, town, late, row(payable, payer="ΝΙΚΟΣ", number="2"))
    with office.db.begin() as session:
        by = town.person(session, KEEPER)
        [of_nikos, of_maria] = sorted(lines(session), key=lambda line: line.booked_on)
        payments.accept(session, of_maria.id, by=by)
        if by_hand:  # before the file of that day came
            hand: dict[str, Any] = {"cents": 5000, "number": "", "note": "Απόδειξη", "by": by}
            payments.confirm_by_hand(session, payable.id, received_on=clock.today(), **hand)
        payments.accept(session, of_nikos.id, by=by)
        [refund] = payments.refunds.listing(session, by=by)
        assert (refund.cents, refund.why, refund.payer) == (6000, RefundWhy.OVERPAID, "ΜΑΡΙΑ")
        assert paid(session, payable) == [6000, 5000]
    printed: list[printing.PaymentReceiptData] = []

    def look(data: printing.PaymentReceiptData, *, language: str) -> bytes:
        printed.append(data)
        raise printing.PrintingError("payment-receipt", language)

    monkeypatch.setattr(printing, "payment_receipt", look)
    with pytest.raises(payments.ReceiptNotPrinted):
        payments.receipt(office, payable.id, language="el")
    [receipt] = printed
    assert [one.amount for one in receipt.payments] == [receipt.total] == ["50,00 €"]


def test_a_proof_without_a_file_and_a_refusal(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        account(session, town)
        by = town.person(session, KEEPER)
        shown, other = fine(session, town), fine(session, town)
        today = clock.today()
        hand: dict[str, Any] = {"cents": 2000, "number": "POS 7", "note": "Απόδειξη POS", "by": by}
        with pytest.raises(payments.BadReceiptDay):
            payments.confirm_by_hand(
                session, shown.id, received_on=today + timedelta(days=1), **hand
            )
        payments.confirm_by_hand(session, shown.id, received_on=today, **hand)
        assert shown.state == PayableState.PART
        with pytest.raises(payments.ReasonMissing):
            payments.refuse(session, shown.id, reason="", by=by)
        payments.refuse(session, shown.id, reason="Δεν βρέθηκε το υπόλοιπο", by=by)
        assert refunds(session, town) == [(2000, RefundWhy.ENDED)]
        payments.confirm_by_hand(session, other.id, received_on=today, **{**hand, "cents": 5000})
        assert other.state == PayableState.PAID


def test_only_its_own_people_see_a_payment(session: Session, town: Town) -> None:
    account(session, town)
    payable = fine(session, town)
    seers = {
        name
        for name in town.users
        if payments.may_see(session, payable, town.person(session, name))
    }
    # The unit of the service, the unit of the account with who is above it, auditors.
    in_them = {"clerk", "secretary", "registrar", "engineer", "colleague", "director"}
    assert seers == in_them | {"auditor"}
    stranger = town.person(session, STRANGER)
    with pytest.raises(payments.NoSuchPayable):
        payments.get(session, payable.id, by=stranger)
    assert payments.queries.listing(session, by=stranger, basket=payments.Basket.ALL) == []
    with pytest.raises(NotAllowed):
        payments.queries.unmatched(session, by=stranger)
    with pytest.raises(NotAllowed):
        payments.confirm(session, payable.id, by=town.person(session, "auditor"))


def test_whoever_waits_is_told_in_the_same_transaction(
    session: Session, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, str]] = []
    monkeypatch.setattr(
        payments.hooks, "_told", [lambda s, payable, by: heard.append(("told", payable.state))]
    )
    monkeypatch.setattr(
        payments.hooks, "_settled", [lambda s, payable, by: heard.append(("end", payable.state))]
    )
    account(session, town)
    payable = fine(session, town)
    payments.told(session, payable.id, "1", by=citizen(town))
    payments.refuse(session, payable.id, reason="όχι", by=town.person(session, KEEPER))
    assert heard == [("told", PayableState.TOLD), ("end", PayableState.REFUSED)]


def test_the_payer_is_told_once_of_each_step_with_his_receipt(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        account(session, town)
        by = town.person(session, KEEPER)
        told, silent = fine(session, town), fine(session, town, tells=False)
        for payable in (told, silent):
            payments.told(session, payable.id, f"7{payable.id}", by=citizen(town))
            payments.told(session, payable.id, f"7{payable.id}", by=citizen(town))
            hand: dict[str, Any] = {"number": "", "note": "POS", "by": by}
            today = clock.today()
            for cents in (2000, 3000):
                payments.confirm_by_hand(
                    session, payable.id, cents=cents, received_on=today, **hand
                )
        rows = session.scalars(select(messages.Message).order_by(messages.Message.id)).all()
        kinds = {
            one.id: [row.kind for row in rows if row.source_id == one.id] for one in (told, silent)
        }
        assert kinds == {
            told.id: ["payment-demanded", "payment-told", "payment-part", "payment-settled"],
            silent.id: ["payment-part"],  # the rest is told by who demanded it
        }
        part = next(row for row in rows if row.kind == "payment-part")
        assert part.values["left"] == "30,00 €"
        settled = next(row for row in rows if row.kind == "payment-settled")
    [attached] = messages.kinds.attachments(office, settled)
    assert attached.name == f"{told.reference}.pdf"
    assert attached.data == payments.receipt(office, told.id, language="el")
    with pytest.raises(payments.NoReceipt):
        payments.receipt(office, told.id + 1000, language="el")
