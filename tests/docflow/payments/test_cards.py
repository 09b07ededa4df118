"""Payments by card, with a provider that is a real HTTP server and has its bad days."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from docflow import clock, outbox, payments
from docflow.office import Office
from docflow.payments import CardPayment, CardState, PayableState, PaymentEvent, events
from tests.docflow.payments.paying import HALF_UNTIL_DAY_10, KEEPER, account, fine
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
        self.broken: set[str] = set()  # keys and payment codes that it fails at

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
            is_refused = json.loads(body)["reference"] in self.server.broken
            self._answer(400 if is_refused else self.server.status, {})
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
        key = self.path.rpartition("/")[2]
        known = self.server.payments.get(key)
        self._answer(500 if key in self.server.broken else 200 if known else 404, known or {})

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


def test_one_payment_that_cannot_be_asked_after_stops_no_other(shop: Shop, town: Town) -> None:
    with shop.office.db.begin() as session:
        other = replace(shop, payable_id=(one := fine(session, town)).id, token=one.token)
    for each in (shop, other):
        payments.cards.begin(shop.office, each.token)
    first, second = shop.server.payments.values()
    shop.server.broken.add(first["key"])
    second["state"] = "paid"
    later = clock.now() + timedelta(minutes=5)
    with clock.pretend(later):
        payments.cards.look_at_all(outbox.Run(shop.office, 1, 1))
    assert other.state() == (PayableState.PAID, CardState.PAID)
    assert shop.state() == (PayableState.OPEN, CardState.OPEN)
    with shop.office.db.begin() as session:
        failed = payments.cards.last_of(session, shop.payable_id)
        assert failed is not None
        assert failed.changed_at == later  # and so comes last the next time


def test_a_card_pays_the_amount_that_it_was_asked_for(shop: Shop, town: Town) -> None:
    with shop.office.db.begin() as session:
        on = clock.today() - timedelta(days=10)
        data = {"amount": 8000, "on": on.isoformat()}
        half = fine(session, town, rule=HALF_UNTIL_DAY_10, data=data)
        shop = replace(shop, payable_id=half.id, token=half.token)
    payments.cards.begin(shop.office, shop.token)
    with clock.pretend(clock.now() + timedelta(days=1)):  # heard of after midnight
        shop.hear(shop.paid())
    assert shop.state() == (PayableState.PAID, CardState.PAID)
    with shop.office.db.begin() as session:
        [part] = session.scalars(select(payments.PaymentPart))
        assert (part.cents, part.received_on) == (4000, clock.today())


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


def test_what_was_not_taken_is_told_again_for_thirty_days(shop: Shop, town: Town) -> None:
    with shop.office.db.begin() as session:
        refused = session.get_one(payments.Payable, shop.payable_id).reference
        taken = fine(session, town).reference
    run, begun = outbox.Run(shop.office, 1, 1), clock.now()

    def told(after: timedelta) -> list[str]:
        """The payments that the financial application hears of, so long after they were due."""
        shop.server.told.clear()
        with clock.pretend(begun + after):
            payments.events.tell_again(run)
        return [json.loads(body)["reference"] for _, body in shop.server.told]

    assert told(timedelta(minutes=5)) == []  # each still has tries of its own
    shop.server.broken.add(refused)
    # One that is refused stops no other.
    assert sorted(told(timedelta(minutes=20))) == sorted([refused, taken])
    assert told(timedelta(minutes=35)) == [refused]
    assert told(timedelta(days=31)) == []
    shop.server.broken.clear()
    assert told(timedelta(days=2)) == [refused]
    assert told(timedelta(days=2)) == []


def test_however_many_are_refused_a_new_one_is_told(
    shop: Shop, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_AT_ONCE", 1)
    with shop.office.db.begin() as session:
        refused = session.get_one(payments.Payable, shop.payable_id).reference
        newest = fine(session, town).reference
    shop.server.broken.add(refused)
    run, later = outbox.Run(shop.office, 1, 1), clock.now() + timedelta(minutes=20)
    heard: set[str] = set()
    with clock.pretend(later):
        for _ in range(60):  # by lot: that it never comes is as likely as one in 2 ** 60
            events.tell_again(run)
            heard = {json.loads(body)["reference"] for _, body in shop.server.told}
            if newest in heard:
                break
    assert newest in heard
