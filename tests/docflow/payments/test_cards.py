"""Payments by card, with a provider that is a real HTTP server and has its bad days."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from docflow import clock, outbox, payments
from docflow.office import Office
from docflow.payments import CardPayment, CardState, PayableState, PaymentEvent, events
from tests.docflow.payments.paying import KEEPER, account, fine
from tests.factories import Town

SECRET = "shared-with-the-other-side"


class Server(ThreadingHTTPServer):
    """Keeps what it was asked for; `silent` answers of it are lost on the way."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.payments: dict[str, dict[str, Any]] = {}
        self.told: list[tuple[dict[str, str], bytes]] = []
        self.silent = 0
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server
    quiet: ClassVar[bool] = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/finance":
            self.server.told.append((dict(self.headers), body))
            self._answer(self.server.status, {})
            return
        asked = json.loads(body)
        assert self.headers["Authorization"] == "Bearer token-1"
        assert self.headers["Idempotency-Key"] == asked["key"]
        known = self.server.payments.setdefault(
            asked["key"],
            {
                "id": f"P{len(self.server.payments) + 1}",
                "state": "open",
                "currency": "EUR",
                **asked,
            },
        )
        if self.server.silent:
            self.server.silent -= 1
            self.close_connection = True
            return  # accepted, and nobody hears of it
        self._answer(201, {"id": known["id"], "address": f"{self.server.url}/page/{known['id']}"})

    def do_GET(self) -> None:
        known = self.server.payments.get(self.path.rpartition("/")[2])
        self._answer(200 if known else 404, known or {})

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing into the output of the tests."""


@dataclass
class Shop:
    """An office with a provider, and something to be paid."""

    office: Office
    server: Server
    payable_id: int
    token: str

    def state(self) -> tuple[str, str | None]:
        with self.office.db.begin() as session:
            card = payments.cards.last_of(session, self.payable_id)
            payable = session.get_one(payments.Payable, self.payable_id)
            return payable.state, card.state if card else None

    def paid(self) -> dict[str, Any]:
        """The citizen pays at the provider; what the provider says of it."""
        [known] = self.server.payments.values()
        known["state"] = "paid"
        return known

    def hear(self, said: dict[str, Any], *, secret: str = SECRET, age: int = 0) -> None:
        body = json.dumps(said).encode()
        moment = int(clock.now().timestamp()) - age
        headers = {events.SIGNATURE: events.signature(secret, body, moment)}
        payments.cards.heard(self.office, headers, body)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def shop(office: Office, town: Town, server: Server) -> Shop:
    settings = office.settings.model_copy(
        update={
            "card_url": server.url,
            "card_token": SecretStr("token-1"),
            "card_secret": SecretStr(SECRET),
            "finance_url": f"{server.url}/finance",
            "finance_secret": SecretStr(SECRET),
        }
    )
    with office.db.begin() as session:
        account(session, town)
        payable = fine(session, town)
        return Shop(replace(office, settings=settings), server, payable.id, payable.token)


def test_a_card_payment_from_the_page_to_the_receipt(shop: Shop) -> None:
    address = payments.cards.begin(shop.office, shop.token)
    assert address == payments.cards.begin(shop.office, shop.token)  # a second click, the same
    [asked] = shop.server.payments.values()
    assert address.endswith(f"/page/{asked['id']}")
    assert (asked["amount"], asked["return_url"].rpartition("/pay/")[2]) == (
        5000,
        f"{shop.token}/card",
    )
    shop.hear(shop.paid())
    assert shop.state() == (PayableState.PAID, CardState.PAID)
    shop.hear(shop.paid())  # the same message twice
    payments.cards.look_for(shop.office, shop.token)
    with shop.office.db.begin() as session:
        assert len(session.scalars(select(payments.PaymentPart)).all()) == 1
        assert session.scalars(select(payments.Refund)).all() == []


def test_what_was_accepted_without_an_answer_is_found_again(shop: Shop) -> None:
    shop.server.silent = 1
    with pytest.raises(payments.CardsUnavailable, match="Do not pay again"):
        payments.cards.begin(shop.office, shop.token)
    assert shop.state() == (PayableState.OPEN, CardState.ASKED)
    shop.paid()
    payments.cards.look_for(shop.office, shop.token)
    assert shop.state() == (PayableState.PAID, CardState.PAID)


def test_asking_again_makes_no_second_payment(shop: Shop) -> None:
    shop.server.silent = 1
    with pytest.raises(payments.CardsUnavailable):
        payments.cards.begin(shop.office, shop.token)
    payments.cards.begin(shop.office, shop.token)
    assert len(shop.server.payments) == 1


@pytest.mark.parametrize(("secret", "age"), [("guessed", 0), (SECRET, 3600), ("", 0)])
def test_who_is_not_the_provider_is_not_heard(shop: Shop, secret: str, age: int) -> None:
    payments.cards.begin(shop.office, shop.token)
    with pytest.raises(payments.BadSignature):
        shop.hear(shop.paid(), secret=secret, age=age)
    assert shop.state() == (PayableState.OPEN, CardState.OPEN)


def test_a_card_that_is_declined_leaves_all_open(shop: Shop) -> None:
    payments.cards.begin(shop.office, shop.token)
    shop.hear({**shop.paid(), "state": "failed", "problem": "insufficient funds"})
    assert shop.state() == (PayableState.OPEN, CardState.FAILED)


def test_paid_by_card_and_by_transfer_is_given_back_once(shop: Shop, town: Town) -> None:
    payments.cards.begin(shop.office, shop.token)
    with shop.office.db.begin() as session:
        payments.confirm_by_hand(
            session,
            shop.payable_id,
            cents=5000,
            received_on=clock.today(),
            number="1",
            note="Απόδειξη",
            by=town.person(session, KEEPER),
        )
    shop.hear(shop.paid())
    with shop.office.db.begin() as session:
        [refund] = session.scalars(select(payments.Refund))
        assert (refund.cents, refund.why) == (5000, "twice")
        assert session.scalars(select(CardPayment.state)).one() == CardState.PAID


def test_without_a_provider_there_are_no_cards(office: Office, shop: Shop) -> None:
    with pytest.raises(payments.NoCards):
        payments.cards.begin(office, shop.token)


def test_the_financial_application_is_told_signed_and_again(shop: Shop, town: Town) -> None:
    with shop.office.db.begin() as session:
        [event] = session.scalars(select(PaymentEvent))
        event_id = event.id
    run = outbox.Run(shop.office, 1, 1)
    shop.server.status = 503
    with pytest.raises(payments.FinanceUnavailable, match="503"):
        payments.events.tell(run, event_id)
    shop.server.status = 200
    payments.events.tell(run, event_id)
    payments.events.tell(run, event_id)  # rung twice, told once more to nobody
    [_, (headers, body)] = shop.server.told
    assert events.is_signed(SECRET, body, headers[events.SIGNATURE], now=clock.now())
    said = json.loads(body)
    assert (said["position"], said["kind"], said["cents"]) == (1, "demanded", 5000)
    assert said["payer"]["tax_number"] == "123456783"
    with shop.office.db.begin() as session:
        by = town.person(session, KEEPER)
        [first] = payments.events.after(session, 0, by=by)
        assert first.kind == "demanded"
        assert payments.events.after(session, first.position, by=by) == []
