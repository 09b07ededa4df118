"""What the clients were told: each answer that the product gave must be true afterwards."""

import threading
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Registered:
    """An acknowledged registration."""

    key: str
    """The idempotency key, which is also the document's own text."""
    label: str
    path: str
    """Of the entry in the API."""
    sha256: str | None
    """Of its file, where it has one."""


@dataclass(frozen=True)
class Signed:
    """An acknowledged signature: the last of a draft, so that it will be issued."""

    draft: int
    subject: str
    sha256: str
    """Of the signed PDF."""


@dataclass
class Ledger:
    """Written by all clients, judged at the end."""

    registered: list[Registered] = field(default_factory=list)
    signed: list[Signed] = field(default_factory=list)
    collected: dict[str, str] = field(default_factory=dict)
    """What citizens got: token of the link → SHA-256 of the document."""
    heads: list[str] = field(default_factory=list)
    """Signed heads of the log, as a witness outside keeps them."""
    keys: set[str] = field(default_factory=set)
    """Of every registration that was ever asked for."""
    wrong: list[str] = field(default_factory=list)
    """Answers that no fault excuses: something lost, changed, or refused."""
    asked: int = 0
    unanswered: int = 0
    """Requests that a fault cut off, or that were answered “try again”; each was repeated."""
    reads: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, *, answered: bool) -> None:
        with self._lock:
            self.asked += 1
            self.unanswered += not answered

    @property
    def done(self) -> int:
        """What was acknowledged so far."""
        return len(self.registered) + len(self.signed) + len(self.collected)

    def __str__(self) -> str:
        return (
            f"{len(self.registered)} registrations, {len(self.signed)} signatures and "
            f"{len(self.collected)} pick-ups acknowledged, {self.reads} documents read; "
            f"{self.asked} requests, {self.unanswered} of them cut off or told to try again"
        )
