"""The load: all clients at work, for as long as faults happen."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests import stack
from tests.faults.clients import Citizen, Client, Reader, Registrar, Signer
from tests.faults.house import House
from tests.faults.ledger import Ledger


@dataclass
class Work:
    """Clients at work, and what they were told so far."""

    house: House
    ledger: Ledger
    clients: list[Client]

    def goes_on(self, deeds: int = 1) -> None:
        """Wait until the house has done so many more deeds: it lives, whatever died before."""
        wanted = self.ledger.done + deeds

        def moved() -> bool:
            self.house.tend()
            assert not self.ledger.wrong, self.ledger.wrong
            return self.ledger.done >= wanted

        stack.wait_until(moved, what="the next registration", seconds=240)


@contextmanager
def at_work(house: House, ledger: Ledger) -> Iterator[Work]:
    """Two who register, one who reads, one who answers and signs, one citizen who picks up."""
    stop = threading.Event()
    kinds: tuple[type[Client], ...] = (Registrar, Registrar, Reader, Signer, Citizen)
    clients = [kind(house, ledger, stop, number) for number, kind in enumerate(kinds, start=1)]
    for client in clients:
        client.thread.start()
    try:
        yield Work(house, ledger, clients)
    finally:
        stop.set()  # each ends what it has begun
        for client in clients:
            while client.thread.is_alive():
                house.tend()
                client.thread.join(0.2)
    assert not ledger.wrong, ledger.wrong
