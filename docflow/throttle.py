"""How often a stranger or a secret may be tried: counted in the database, so that all agree."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from docflow import clock
from docflow.db import Base
from docflow.errors import Unavailable
from docflow.i18n import t


class TooManyTries(Unavailable):
    """Too many tries from one place; a pause helps."""


class Tries(Base):
    """Tries of one key within one window."""

    __tablename__ = "tries"

    key: Mapped[str] = mapped_column(primary_key=True)
    window: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(server_default="1")


_WRONG, _HOUR = "wrong:", timedelta(hours=1)
_COUNT = text(
    """
    INSERT INTO tries (key, "window") VALUES (:key, :window)
    ON CONFLICT (key, "window") DO UPDATE SET count = tries.count + 1 RETURNING count
    """
)


def count(session: Session, key: str, *, limit: int, every: timedelta) -> datetime:
    """Count one try; the window it falls into. Raises TooManyTries beyond `limit` within it.

    The caller's transaction must commit all the same: do the try in another one.
    """
    window = _window(every)
    tried = session.execute(_COUNT, {"key": key, "window": window}).scalar_one()
    if tried > limit:
        raise TooManyTries(t("Too many tries. Please wait a few minutes and try again."))
    return window


def take_back(session: Session, key: str, window: datetime) -> None:
    """Forget a try that was counted in this window and proved harmless."""
    session.execute(
        update(Tries)
        .where(Tries.key == key, Tries.window == window, Tries.count > 0)
        .values(count=Tries.count - 1)
    )


def wrong(session: Session, what: str, source: str) -> None:
    """Note a wrong code or secret that came from an address; many of them are an alarm.

    `what` names the door, as "pickup"; nothing is refused by this. The transaction must commit.
    """
    key = f"{_WRONG}{what}:{source}"
    session.execute(_COUNT, {"key": key, "window": _window(_HOUR)})


def most_wrong(session: Session) -> int:
    """The most wrong codes that came from one address within this hour or the one before it."""
    since = _window(_HOUR) - _HOUR
    return (
        session.scalar(
            select(func.max(Tries.count)).where(Tries.key.startswith(_WRONG), Tries.window >= since)
        )
        or 0
    )


def _window(every: timedelta) -> datetime:
    now, seconds = clock.now(), int(every.total_seconds())
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, tz=now.tzinfo)


def sweep(session: Session) -> None:
    session.execute(delete(Tries).where(Tries.window < clock.now() - timedelta(days=1)))
