"""Clients that register, read, sign and pick up, whatever dies meanwhile.

Each does what a careful program does: it repeats a request that was not answered, or answered
“try again” (5xx), until it is; and it holds the answer against what it knows. Nothing that the
product says is forgiven but that.
"""

import hashlib
import json
import random
import re
import threading
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from io import BytesIO
from typing import Any, ClassVar

import httpx
import typst
from PIL import Image, ImageDraw

from docflow import organization
from docflow.organization import User
from tests import factories
from tests.faults.house import House
from tests.faults.ledger import Ledger, Registered, Signed

PATIENCE = 300.0  # seconds: longest time until a request is answered, all faults included
_PORTAL = re.compile(r"/pickup/([\w-]+)")
_CODE = re.compile(r"\b\d{8}\b")


class Client(ABC):
    """A program with access tokens, working in a thread until it is told to stop."""

    scopes: ClassVar[dict[str, list[str]]]
    """Whose tokens it needs: user → scopes."""

    def __init__(self, house: House, ledger: Ledger, stop: threading.Event, number: int) -> None:
        self.house, self.ledger, self.stop = house, ledger, stop
        self.rng = random.Random(number)
        self.tokens = {user: _token(house, user, names) for user, names in self.scopes.items()}
        # An address of its own: the tries of one address are counted.
        transport = httpx.HTTPTransport(local_address=f"127.0.1.{number}")
        self.http = httpx.Client(base_url=house.url, transport=transport, timeout=40)
        self.thread = threading.Thread(target=self._work, name=f"{type(self).__name__} {number}")

    def _work(self) -> None:
        try:
            with self.http:
                while not self.stop.is_set():
                    self.act()
        except Exception as error:  # of a thread: told with the other losses, or nobody hears of it
            self.ledger.wrong.append(f"{self.thread.name}: {error!r}")

    @abstractmethod
    def act(self) -> None:
        """One whole deed."""

    def pause(self) -> None:
        """People think between two deeds; and jobs shall not heap up faster than they are done."""
        self.stop.wait(self.rng.uniform(0, 0.6))

    def call(
        self,
        user: str,
        method: str,
        path: str,
        *,
        expect: tuple[int, ...] = (200, 201),
        **more: Any,
    ) -> httpx.Response:
        """The answer to a request of the API, asked again until it is one."""
        headers = {"Authorization": f"Bearer {self.tokens[user]}", **more.pop("headers", {})}
        return self.until_answered(
            lambda: self.http.request(method, f"/api/v1{path}", headers=headers, **more),
            what=f"{method} {path}",
            expect=expect,
        )

    def until_answered(
        self, ask: Callable[[], httpx.Response], *, what: str, expect: tuple[int, ...]
    ) -> httpx.Response:
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self._asked(ask)
            if answer is not None:
                if answer.status_code not in expect:
                    raise AssertionError(f"{what}: {answer.status_code} {answer.text[:500]}")
                return answer
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: no answer in {PATIENCE:.0f} s")
            threading.Event().wait(self.rng.uniform(0.05, 0.3))

    def _asked(self, ask: Callable[[], httpx.Response]) -> httpx.Response | None:
        try:
            answer = ask()
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.status_code >= 500:
            if answer.status_code != 503:
                # Told so that nobody overlooks it: a fault that is foreseen is a 503.
                self.ledger.wrong.append(f"{answer.request.url}: {answer.status_code}")
            answer = None
        self.ledger.count(answered=answer is not None)
        return answer

    def register(self) -> Registered:
        """Register a letter, now and then with a file that is to be read."""
        key = f"fault-{uuid.uuid4().hex}"
        self.ledger.keys.add(key)
        told = {"direction": "incoming", "subject": f"Αίτηση {key}", "sender": {"name": key}}
        name, data, kind = _paper(key, self.rng)
        sha256 = hashlib.sha256(data).hexdigest() if data else None
        files = [("files", (name, data, kind))] if data else []
        answer = self.call(
            "clerk",
            *("POST", "/entries"),
            headers={"Idempotency-Key": key},
            files=[("metadata", (None, json.dumps(told), "application/json")), *files],
        ).json()
        kept = answer["files"][0]["sha256"] if data else None
        if kept != sha256:
            raise AssertionError(f"{answer['label']}: acknowledged {kept}, sent {sha256}")
        path = f"/entries/{answer['book']}/{answer['year']}/{answer['number']}"
        made = Registered(key, answer["label"], path, sha256)
        self.ledger.registered.append(made)
        return made


class Registrar(Client):
    """Registers one letter after the other."""

    scopes: ClassVar[dict[str, list[str]]] = {"clerk": ["register"]}

    def act(self) -> None:
        self.register()
        self.pause()


class Reader(Client):
    """Opens what was acknowledged: it must be there, and be what was sent."""

    scopes: ClassVar[dict[str, list[str]]] = {"clerk": ["read"]}

    def act(self) -> None:
        known = list(self.ledger.registered)
        if not known:
            self.stop.wait(0.2)
            return
        read_back(self, self.rng.choice(known))
        if self.rng.random() < 0.2:
            self.keep_head()
        self.pause()

    def keep_head(self) -> None:
        """Be a witness of the log: what it has signed once must be part of it for ever."""
        answer = self.until_answered(
            lambda: self.http.get("/log/paradeigma/checkpoint"),
            what="head of the log",
            expect=(200, 404),  # before the first is signed
        )
        if answer.status_code == 200 and answer.text not in self.ledger.heads:
            self.ledger.heads.append(answer.text)


def read_back(client: Client, one: Registered) -> None:
    """Open an acknowledged entry and its file. Raises AssertionError where it is not as it was."""
    entry = client.call("clerk", "GET", one.path).json()
    if entry["label"] != one.label or one.key not in entry["subject"]:
        raise AssertionError(f"{one.label} is now {entry['label']}: {entry['subject']}")
    if one.sha256 is not None:
        data = client.call("clerk", "GET", f"{one.path}/files/1").content
        if hashlib.sha256(data).hexdigest() != one.sha256:
            raise AssertionError(f"the file of {one.label} is another one")
    client.ledger.reads += 1


class Signer(Client):
    """A whole answer: registered, charged, accepted, written, circulated, signed."""

    scopes: ClassVar[dict[str, list[str]]] = {
        "clerk": ["register"],
        "secretary": ["route", "read"],
        "engineer": ["route", "read", "draft"],
        "mayor": ["sign", "read"],
    }

    def act(self) -> None:
        letter = self.register()
        town = self.house.town
        to = {"unit_id": town.units["ΟΔΟΠ"], "user_id": town.users["engineer"]}
        # An act that was done, but not answered, is refused when it is asked for again.
        again = (200, 201, 409)
        self.call("secretary", "POST", f"{letter.path}/charges", json={"to": to}, expect=again)
        self.call("engineer", "POST", f"{letter.path}/acceptance", expect=again)
        draft = self._draft(letter)
        self.call(
            *("engineer", "POST", f"/drafts/{draft}/circulation"),
            json={
                "final_signer_id": town.users["mayor"],
                "steps": [{"rank": 1, "kind": "signature", "who": "final"}],
            },
            expect=again,
        )
        [step] = self.call("mayor", "GET", f"/drafts/{draft}").json()["steps"]
        secret = {"password": factories.KEY_PASSWORD, "step": step["id"]}
        signed = self.call("mayor", "POST", f"/drafts/{draft}/signatures", json=secret).json()
        if signed["state"] not in ("issuing", "issued", "issue-failed"):
            raise AssertionError(f"draft {draft} was signed, and is {signed['state']}")
        sha256 = signed["document_sha256"]
        self.ledger.signed.append(Signed(draft, signed["subject"], sha256))
        self.pause()

    def _draft(self, letter: Registered) -> int:
        """Begin the answer, once: before it is asked for again, one looks whether it is there."""
        book, year, number = letter.path.split("/")[2:]
        subject = f"Απάντηση {letter.key}"
        told = {
            "answers": {"book": book, "year": int(year), "number": int(number)},
            "subject": subject,
            "recipient": {"name": letter.key, "email": f"{letter.key}@example.gr"},
            "body": "Σας γνωρίζουμε ότι η επισκευή θα γίνει εντός του μηνός.",
        }
        headers = {"Authorization": f"Bearer {self.tokens['engineer']}"}
        while True:
            answer = self._asked(
                lambda: self.http.post("/api/v1/drafts", json=told, headers=headers)
            )
            if answer is not None and answer.status_code == 201:
                return int(answer.json()["id"])
            own = self.call("engineer", "GET", "/drafts").json()["own"]
            found = [line["id"] for line in own if line["subject"] == subject]
            if found:
                return int(found[0])
            if answer is not None:
                raise AssertionError(f"no draft: {answer.status_code} {answer.text[:500]}")


class Citizen(Client):
    """Opens the link of each mail, types the code, and gets the document."""

    scopes: ClassVar[dict[str, list[str]]] = {}

    def act(self) -> None:
        self.stop.wait(0.2)
        for token, code in codes(self.house).items():
            if token not in self.ledger.collected:
                self.collect(token, code)
                return

    def collect(self, token: str, code: str) -> bool:
        """Whether the document was given out.

        Not so (403, 410) while the mail is there and the note that it was sent is not: the worker
        died between, its job is done again, and a mail with another code follows.
        """
        # Each from an address of his own, as citizens do: the tries of one are counted.
        address = f"127.0.{self.rng.randint(2, 250)}.{self.rng.randint(1, 250)}"
        with httpx.Client(
            base_url=self.house.url,
            transport=httpx.HTTPTransport(local_address=address),
            timeout=40,
        ) as browser:
            answer = self.until_answered(
                lambda: browser.post(f"/pickup/{token}", data={"code": code}),
                what="pick-up",
                expect=(200, 403, 410),
            )
        if answer.status_code == 200:
            self.ledger.collected[token] = hashlib.sha256(answer.content).hexdigest()
        return answer.status_code == 200


def codes(house: House) -> dict[str, str]:
    """The links in the mails so far, each with the code that came last."""
    texts = [message.get_content() for message in list(house.smtp.messages)]
    found = [(_PORTAL.search(text), _CODE.search(text)) for text in texts]
    return {link[1]: code[0] for link, code in found if link and code}


def _token(house: House, user: str, scopes: list[str]) -> str:
    office = house.office()
    with office.db.begin() as session:
        person = session.get_one(User, house.town.users[user])
        made = organization.issue_token(session, person, name="faults", scopes=scopes)
    office.db.dispose()
    return made


def _paper(key: str, rng: random.Random) -> tuple[str, bytes, str]:
    """No file, a text, a PDF with its text, or a picture that must be read."""
    kind = rng.choices(("none", "text", "pdf", "picture"), weights=(2, 4, 2, 1))[0]
    if kind == "text":
        return "επιστολή.txt", f"Προς τον Δήμο\n{key}\n".encode(), "text/plain"
    if kind == "pdf":
        return "επιστολή.pdf", bytes(typst.compile(f"= Αίτηση\n{key}".encode())), "application/pdf"
    if kind == "picture":
        out = BytesIO()
        page = Image.new("L", (1240, 600), 255)
        ImageDraw.Draw(page).text((100, 100), f"Request {key}", fill=0, font_size=36)
        page.save(out, "PNG", dpi=(150, 150))
        return "σάρωση.png", out.getvalue(), "image/png"
    return "", b"", ""
