"""Two years of an office in the order of their time: each act happens at its own instant.

The register and the audit trail are true only when acts are played in order: numbers follow times,
and each event is chained after those before it.
"""

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count

from sqlalchemy.orm import Session

from docflow import clock

Act = Callable[[Session], None]


class Agenda:
    """Acts with their instants. What would lie after `until` has not happened (yet)."""

    def __init__(self, *, until: datetime) -> None:
        self.until = until
        self._order = count()  # acts of one instant keep the order in which they were entered
        self._acts: list[tuple[datetime, int, Act]] = []

    def at(self, instant: datetime, act: Act) -> None:
        if instant <= self.until:
            heapq.heappush(self._acts, (instant, next(self._order), act))

    def play(self, session: Session, *, progress: Callable[[datetime], None]) -> None:
        """Let everything happen, also what acts enter on the way; `progress` hears the time."""
        while self._acts:
            instant, _, act = heapq.heappop(self._acts)
            with clock.pretend(instant):
                act(session)
            progress(instant)
