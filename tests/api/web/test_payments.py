"""Payments on the pages: the payer's own page, the bank's file, the five acts, refunds."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.orm import Session

from docflow import clock, payments
from docflow.db import TwoAtOnce
from docflow.i18n import t
from tests.api.browsing import Browser, hidden, typed, words
from tests.api.conftest import House
from tests.docflow.payments import paying

Browsing = Callable[..., Browser]


@dataclass(frozen=True)
class Owing:
    """Something to be paid: its page for staff, the payer's page, its code."""

    id: int
    staff: str
    page: str
    code: str


def owing(house: House) -> Owing:
    with house.office.db.begin() as session:
        paying.account(session, house.town)
        one = paying.fine(session, house.town)
        return Owing(one.id, f"/payments/{one.id}", f"/pay/{one.token}", one.reference)


@pytest.fixture
def owed(house: House) -> Owing:
    return owing(house)


def taken(browser: Browser, *rows: tuple[str, str, str, str, str], name: str = "b.csv") -> str:
    """Send the form with the bank's file; where it leads, or what the page says."""
    files = {"file": (name, paying.csv_file(*rows), "text/csv")}
    answer = browser.post("/payments/statements", files=files)
    return answer.headers.get("location", "") or words(answer)


def test_from_the_payers_page_to_the_receipt(
    house: House, visitor: Browser, browsing: Browsing, owed: Owing
) -> None:
    page = visitor.get(owed.page)
    assert page.status_code == 200
    for shown in ("Traffic fine 123456", "€50.00", payments.references.grouped(owed.code)):
        assert shown in words(page)
    assert 'src="data:image/svg+xml' in page.text
    wrong = visitor.post(owed.page, data={"bank_number": "I paid"})
    assert wrong.status_code == 422
    assert typed(wrong, "bank_number") == "I paid"
    number = f"9{owed.id}"
    assert visitor.post(owed.page, data={"bank_number": number}).status_code == 303
    assert "Received, being checked" in words(visitor.get(owed.page))
    clerk = browsing(paying.KEEPER)
    assert owed.code in clerk.get("/payments").text
    assert "done=bank-file" in taken(clerk, paying.row(number=number))
    shown_first = clerk.get(owed.staff)
    assert "Transaction number and amount agree" in words(shown_first)
    # The surest first; others may have left a line of the same amount.
    line, *_ = re.findall(r'name="line" value="(\d+)"', shown_first.text)
    other = browsing("engineer")  # opens the same page at the same time
    stale = hidden(other.get(owed.staff))
    mark = {**hidden(shown_first), "line": line}
    assert clerk.post(f"{owed.staff}/mark", data=mark).status_code == 303
    late = other.post(f"{owed.staff}/refuse", data={**stale, "reason": "Δεν το βρήκα"})
    assert late.status_code == 409
    assert "Πέτρος Δήμου" in words(late)
    assert "Δεν το βρήκα" in late.text
    marked = clerk.get(owed.staff)
    assert "The same" in words(marked)
    done = clerk.post(f"{owed.staff}/confirm", data=hidden(marked))
    assert done.headers["location"].endswith("done=payment-paid")
    assert "Entered for good" in words(visitor.get(owed.page))
    receipt = visitor.get(f"{owed.page}/receipt.pdf")
    assert receipt.content.startswith(b"%PDF")
    assert receipt.content == visitor.get(f"{owed.page}/receipt.pdf").content  # made once
    assert clerk.get(f"{owed.staff}/receipt.pdf").content.startswith(b"%PDF")


def test_the_payer_reads_one_day_unless_the_amount_rises_before_it(
    house: House, visitor: Browser
) -> None:
    begun = clock.today() - timedelta(days=9)
    rising = payments.read_rule(
        {
            "format": 1,
            "items": [{"kind": "fixed", "amount": "50.00", "label": paying.LABEL}],
            "by_day": [
                {
                    "kind": "surcharge",
                    "since": "begun",
                    "after_day": 10,
                    "percent": "1",
                    "each": "month",
                    "most_percent": "20",
                    "label": paying.LABEL,
                }
            ],
        }
    )
    with house.office.db.begin() as session:
        paying.account(session, house.town)
        early, late = (
            paying.fine(
                session,
                house.town,
                rule=rising,
                data={"begun": begun.isoformat()},
                due_on=clock.today() + timedelta(days=days),
            ).token
            for days in (1, 30)
        )
    assert "This much until" not in words(visitor.get(f"/pay/{early}"))
    assert "This much until" in words(visitor.get(f"/pay/{late}"))


def test_proposals_are_accepted_and_the_rest_is_ignored(
    house: House, browsing: Browsing, owed: Owing
) -> None:
    clerk = browsing(paying.KEEPER)
    with house.office.db.read() as session:
        payable = session.get_one(payments.Payable, owed.id)
    rows = [
        paying.row(payable, amount="60,00", number=f"A{owed.id}"),
        paying.row(number=f"B{owed.id}", amount="7,77", payer="ΑΓΝΩΣΤΟΣ"),
    ]
    assert "done=bank-file" in taken(clerk, *rows)
    assert "was taken in already" in taken(clerk, *rows)
    nothing = clerk.post("/payments/lines/accept", data={})
    assert "Tick the proposals" in words(nothing)
    shown = clerk.get("/payments/lines", params={"q": f"A{owed.id}"})
    assert "The code agrees, the amount does not" in words(shown)
    [ticked] = re.findall(r'name="line" value="([\d:]+)"', shown.text)
    assert clerk.post("/payments/lines/accept", data={"line": ticked}).status_code == 303
    assert "€10.00" in words(clerk.get("/payments/refunds"))
    left = clerk.get("/payments/lines", params={"list": "open", "q": f"B{owed.id}"})
    [address] = set(re.findall(r"/payments/lines/\d+/ignore", left.text))
    again = clerk.post(address, data={**hidden(left), "reason": ""})
    assert again.status_code == 422
    assert "Write the reason" in words(again)
    done = clerk.post(address, data={**hidden(left), "reason": "Μίσθωμα"})
    assert done.headers["location"].endswith("done=bank-line-ignored")


def test_two_acts_at_once_leave_one_proposal_and_not_the_rest(
    house: House,
    browsing: Browsing,
    visitor: Browser,
    owed: Owing,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = owing(house)
    clerk = browsing(paying.KEEPER)
    with house.office.db.read() as session:
        rows = [
            paying.row(session.get_one(payments.Payable, one.id), number=f"E{one.id}")
            for one in (owed, other)
        ]
    assert "done=bank-file" in taken(clerk, *rows)
    ticks = [
        re.findall(r'name="line" value="([\d:]+)"', clerk.get(f"/payments/lines?q=E{one.id}").text)
        for one in (owed, other)
    ]
    [met], [free] = ticks
    accept = payments.accept

    def meets(session: Session, line_id: int, **how: Any) -> payments.Payable:
        if met.startswith(f"{line_id}:"):
            raise TwoAtOnce(t("Two acts met."))
        return accept(session, line_id, **how)

    monkeypatch.setattr(payments, "accept", meets)
    done = clerk.post("/payments/lines/accept", data={"line": [met, free]})
    assert done.headers["location"].endswith("done=payments-left")
    assert "Entered for good" in words(visitor.get(other.page))
    assert "Entered for good" not in words(visitor.get(owed.page))


def proven_by_hand(house: House, owed: Owing, cents: int) -> payments.Payable:
    """A person saw the money before the file of the bank told of it."""
    with house.office.db.begin() as session:
        payments.confirm_by_hand(
            session,
            owed.id,
            cents=cents,
            received_on=clock.today(),
            number="",
            note="Είδα την κατάσταση",
            by=house.town.person(session, paying.KEEPER),
        )
        return session.get_one(payments.Payable, owed.id)


def test_a_line_says_that_its_money_was_counted_before(
    house: House, browsing: Browsing, owed: Owing
) -> None:
    clerk = browsing(paying.KEEPER)
    payable, number = proven_by_hand(house, owed, 5000), f"H{owed.id}"
    same = paying.row(payable, number=number)
    assert "done=bank-file" in taken(clerk, same, same)

    def shown(which: str) -> httpx.Response:
        return clerk.get("/payments/lines", params={"list": which, "q": number})

    assert "Counted by a proof before: it counts once" in words(shown("proposed"))
    assert "the money goes to the refunds" not in words(shown("proposed"))
    [tick] = re.findall(r'name="line" value="([\d:]+)"', shown("proposed").text)
    clerk.post("/payments/lines/accept", data={"line": tick})
    for which in ("counted", "known"):
        [address] = re.findall(r'action="(/payments/lines/\d+/reopen)"', shown(which).text)
        done = clerk.post(address, data=hidden(shown(which)))
        assert done.headers["location"].endswith("done=bank-line-reopened")


def test_other_money_than_a_proof_is_counted_by_itself(
    house: House, browsing: Browsing, owed: Owing
) -> None:
    clerk = browsing(paying.KEEPER)
    payable, number = proven_by_hand(house, owed, 4900), f"M{owed.id}"
    assert "done=bank-file" in taken(clerk, paying.row(payable, amount="48,50", number=number))
    the_proof_was = "The proof was of €49.00"
    assert the_proof_was in words(clerk.get(owed.staff))

    def shown(which: str) -> httpx.Response:
        return clerk.get("/payments/lines", params={"list": which, "q": number})

    def opened(which: str) -> dict[str, str]:
        """Open the line; the form that says what it is for."""
        assert the_proof_was in words(shown(which))
        [address] = re.findall(r'action="(/payments/lines/\d+/reopen)"', shown(which).text)
        clerk.post(address, data=hidden(shown(which)))
        return {**hidden(shown("open")), "reference": owed.code}

    form = opened("proposed")
    [address] = re.findall(r'action="(/payments/lines/\d+/match)"', shown("open").text)
    done = clerk.post(address, data=form)
    assert done.headers["location"].endswith("done=bank-line-backs")
    assert "48,50 € in the file, 49,00 € by the proof" in words(clerk.get(owed.staff))
    done = clerk.post(address, data={**opened("counted"), "is_more": "yes"})
    assert done.headers["location"].endswith("done=payments-accepted")
    assert "€47.50" in words(clerk.get(owed.staff))  # to be given back


def test_a_file_that_cannot_be_read_is_told_with_its_lines(
    house: House, browsing: Browsing, owed: Owing
) -> None:
    clerk = browsing(paying.KEEPER)
    bad = taken(clerk, ("πενήντα", "1", "", "", "21/11/2026"))
    assert "line 2: “πενήντα” is no amount of money" in bad
    assert "Choose the bank’s file" in words(clerk.post("/payments/statements", data={}))


def test_strangers_find_nothing(browsing: Browsing, visitor: Browser, owed: Owing) -> None:
    stranger = browsing(paying.STRANGER)
    assert stranger.get(owed.staff).status_code == 404
    assert owed.code not in stranger.get("/payments?basket=all").text
    assert stranger.get("/payments/lines").status_code == 403
    assert 'href="/payments"' not in stranger.get("/work").text
    assert visitor.get("/pay/" + "x" * 22).status_code == 404
    auditor = browsing("auditor")
    assert auditor.get(owed.staff).status_code == 200
    assert (
        auditor.post(f"{owed.staff}/refuse", data={"seen": "1", "reason": "-"}).status_code == 403
    )


def test_the_administrator_enters_the_account(browsing: Browsing, house: House) -> None:
    administrator = browsing("administrator")
    page = administrator.get("/payments/accounts")
    assert page.status_code == 200
    form = {
        "iban": "GR16 0110 1250 0000 0001 2300 695",
        "bank": "Εθνική",
        "holder": "Δήμος",
        "unit": str(house.town.units["ΟΔΟΠ"]),
        "is_current": "yes",
        "encoding": "auto",
        "separator": "auto",
        "decimal": ",",
        "day_form": "dd/mm/yyyy",
        "column_booked_on": "Ημερομηνία",
        "column_amount": "Ποσό",
    }
    wrong = administrator.post("/payments/accounts", data={**form, "iban": "GR17 0110"})
    assert wrong.status_code == 422
    assert typed(wrong, "holder") == "Δήμος"
    none = administrator.post("/payments/accounts", data={**form, "column_amount": ""})
    assert "headings of the date and of the amount" in words(none)
    with house.office.db.begin() as session:
        paying.account(session, house.town)  # as the other tests want it again


def test_a_page_of_an_office_without_cards_offers_none(visitor: Browser, owed: Owing) -> None:
    assert "Pay by card" not in words(visitor.get(owed.page))
    assert "Cards are not taken" in words(visitor.post(f"{owed.page}/card"))
