"""Push messages: encrypted for one browser, signed by our key, and nothing personal in them."""

import base64
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02
from sqlalchemy import select

from docflow import notices, outbox
from docflow.notices import Mailing, NoticeKind, PushSubscription, Sending, choices, pushing
from docflow.office import Office
from tests.docflow.notices.waiting import run_notices, told
from tests.docflow.steps import job, waiting_jobs
from tests.factories import Town


def url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class PushServer(ThreadingHTTPServer):
    """A push service: keeps what it gets, and answers with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.status = 201

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: PushServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing: the test says what matters."""


@dataclass
class Device:
    """A browser with the keys of its subscription."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def given(self) -> pushing.Browser:
        point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return pushing.Browser(self.endpoint, url64(point), url64(self.auth), "Firefox")

    def opened(self, body: bytes) -> Any:
        told = http_ece.decrypt(
            body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"
        )
        return json.loads(told)


@pytest.fixture
def server() -> Iterator[PushServer]:
    with PushServer() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def pushes(office: Office, server: PushServer) -> Office:
    """The office with a key of its own and the test's push service."""
    key = office.settings.data / "push-key.pem"
    key.write_bytes(notices.push_keys.new())
    more = {"push_key": key, "push_services": [server.origin, "https://*.push.example"]}
    return replace(office, settings=office.settings.model_copy(update=more))


@pytest.fixture
def device(pushes: Office, town: Town, server: PushServer) -> Device:
    """The engineer's browser."""
    made = Device(f"{server.origin}/send/abc")
    subscribe(pushes, town, made.given)
    return made


def subscribe(office: Office, town: Town, browser: pushing.Browser) -> None:
    with office.db.begin() as session:
        by = town.person(session, "engineer")
        pushing.subscribe(session, browser, by=by, settings=office.settings)


def push(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        told(session, town, "engineer")
    run_notices(office)


def states(office: Office) -> list[str]:
    with office.db.read() as session:
        return list(session.scalars(select(Sending.state).order_by(Sending.id)))


def test_a_message_is_encrypted_for_the_browser_and_says_only_how_many_wait(
    pushes: Office, town: Town, server: PushServer, device: Device
) -> None:
    with pushes.db.begin() as session:
        told(session, town, "engineer")
    push(pushes, town)
    [(path, headers, body)] = server.got
    assert path == "/send/abc"
    assert headers["Content-Encoding"] == "aes128gcm"
    assert int(headers["TTL"]) > 0
    assert device.opened(body) == {"say": "Σας περιμένουν 2 ειδοποιήσεις", "page": "/notices"}
    with pytest.raises(http_ece.ECEException):
        Device(device.endpoint).opened(body)
    assert states(pushes) == ["sent"]


def test_it_is_signed_by_the_key_that_browsers_subscribe_with(
    pushes: Office, town: Town, server: PushServer, device: Device
) -> None:
    push(pushes, town)
    [(_, headers, _)] = server.got
    said = dict(part.split("=", 1) for part in headers["Authorization"][6:].split(","))
    public = notices.push_keys.public(pushes.settings)
    assert public is not None
    assert said["k"] == url64(public)
    assert Vapid02.verify(headers["Authorization"])
    claims = json.loads(base64.urlsafe_b64decode(said["t"].split(".")[1] + "=="))
    assert claims["aud"] == server.origin
    assert claims["sub"] == "mailto:protocol@example.org"


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_took_its_leave_is_forgotten(
    pushes: Office, town: Town, server: PushServer, device: Device, status: int
) -> None:
    server.status = status
    push(pushes, town)
    with pushes.db.read() as session:
        assert session.scalars(select(PushSubscription)).all() == []
    assert states(pushes) == ["needless"]
    push(pushes, town)
    assert len(server.got) == 1


def test_a_service_that_is_busy_is_tried_again_and_one_that_refuses_is_not(
    pushes: Office, town: Town, server: PushServer, device: Device
) -> None:
    server.status = 503
    with pushes.db.begin() as session:
        told(session, town, "engineer")
        outbox.enqueue(session, notices.GATHER, user_id=town.users["engineer"])
    outbox.run(pushes, waiting_jobs(pushes, notices.GATHER)[-1])
    [sending] = waiting_jobs(pushes, "notices.send-push")
    outbox.run(pushes, sending)
    assert (states(pushes), job(pushes, sending).state) == (["waiting"], "waiting")
    server.status = 403
    with pushes.db.begin() as session:
        session.get_one(outbox.Job, sending).run_after = job(pushes, sending).created_at
    outbox.run(pushes, sending)
    assert states(pushes) == ["failed"]


def test_who_chose_no_push_of_a_kind_gets_none(
    pushes: Office, town: Town, server: PushServer, device: Device
) -> None:
    with pushes.db.begin() as session:
        wanted = choices.Choice(NoticeKind.CHARGED, Mailing.NEVER, push=False)
        choices.choose(session, [wanted], by=town.person(session, "engineer"))
    push(pushes, town)
    assert server.got == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://10.0.0.1/internal",
        "https://push.example.evil.example/x",
        "http://a.push.example/x",
        "https://user@a.push.example/x",
        "https://a.push.example:8443/x",
        "no address",
        "https://[broken",
    ],
)
def test_only_known_push_services_are_written_to(pushes: Office, town: Town, endpoint: str) -> None:
    with pytest.raises(pushing.BadSubscription):
        subscribe(pushes, town, Device(endpoint).given)


@pytest.mark.parametrize(("p256dh", "auth"), [("AAAA", "AAAA"), ("!", "?"), ("", "")])
def test_keys_that_are_none_are_refused(pushes: Office, town: Town, p256dh: str, auth: str) -> None:
    wanted = pushing.Browser("https://a.push.example/x", p256dh, auth)
    with pytest.raises(pushing.BadSubscription):
        subscribe(pushes, town, wanted)


def test_a_browser_belongs_to_who_subscribed_last_and_only_he_removes_it(
    pushes: Office, town: Town, device: Device
) -> None:
    with pushes.db.begin() as session:
        lawyer, engineer = town.person(session, "lawyer"), town.person(session, "engineer")
        row = pushing.subscribe(session, device.given, by=lawyer, settings=pushes.settings)
        assert pushing.subscriptions(session, by=engineer) == []
        with pytest.raises(pushing.NoSuchSubscription):
            pushing.unsubscribe(session, row.id, by=engineer)
        pushing.unsubscribe(session, row.id, by=lawyer)
        assert pushing.subscriptions(session, by=lawyer) == []


def test_without_a_key_there_is_no_push(office: Office, town: Town) -> None:
    assert notices.push_keys.public(office.settings) is None
    browser = Device("https://fcm.googleapis.com/x").given
    with pytest.raises(pushing.PushUnusable):
        subscribe(office, town, browser)
