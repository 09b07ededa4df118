"""Hearing, in a process of the web server, whose notices have changed: PostgreSQL's NOTIFY.

One connection a process, only while somebody listens. When it was lost, everybody is told to look
again, for something may have been missed.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from docflow.db import Database

log = logging.getLogger(__name__)

CHANNEL = "docflow_notices"  # as the trigger of migration 0025 names it
_LOOK = 1.0  # seconds between two looks whether anybody still listens
_PAUSE = 2.0  # seconds before a lost connection is made anew

Changed = Callable[[], None]


class Hearing:
    """Calls whoever listens for a person, from a thread of its own, when his notices change."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._listeners: dict[int, list[Changed]] = {}
        self._thread: threading.Thread | None = None
        self.is_closed = False

    def close(self) -> None:
        """The server ends: everybody who listens is called once more, and sees `is_closed`."""
        self.is_closed = True
        self._call(None)

    @contextmanager
    def listening(self, user_id: int, changed: Changed) -> Iterator[None]:
        """Within the block `changed` is called after each change of the person's notices."""
        with self._lock:
            self._listeners.setdefault(user_id, []).append(changed)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._hear, name="hearing of notices", daemon=True
                )
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                mine = self._listeners[user_id]
                mine.remove(changed)
                if not mine:
                    del self._listeners[user_id]

    def _hear(self) -> None:
        pause = threading.Event()
        while not self._is_over():
            try:
                with self._connected() as connection:
                    self._call(None)
                    while not self._is_over():
                        for told in connection.notifies(timeout=_LOOK, stop_after=1):
                            self._call(int(told.payload))
                    # The last one left; whoever comes now starts a thread of his own.
                    return
            except (psycopg.Error, OSError) as error:
                log.warning("notices are not heard: %s", error)
                pause.wait(_PAUSE)

    def _connected(self) -> psycopg.Connection:
        url = self._db.engine.url.set(drivername="postgresql")
        connection = psycopg.connect(
            url.render_as_string(hide_password=False), autocommit=True, connect_timeout=5
        )
        connection.execute(f"LISTEN {CHANNEL}")  # a constant of ours
        return connection

    def _is_over(self) -> bool:
        """Whether nobody listens; then this thread is forgotten, in the same breath."""
        with self._lock:
            if self._listeners:
                return False
            self._thread = None
            return True

    def _call(self, user_id: int | None) -> None:
        with self._lock:
            called = [
                changed
                for one, listeners in self._listeners.items()
                if user_id in (None, one)
                for changed in listeners
            ]
        for changed in called:
            changed()
