"""How often somebody without a login may try: counted in the database, so all processes agree."""

from datetime import datetime, timedelta

from sqlalchemy import delete, text
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


_COUNT = text(
    """
    INSERT INTO tries (key, "window") VALUES (:key, :window)
    ON CONFLICT (key, "window") DO UPDATE SET count = tries.count + 1 RETURNING count
    """
)


def count(session: Session, key: str, *, limit: int, every: timedelta) -> None:
    """Count one try. Raises TooManyTries beyond `limit` within the window.

    The caller's transaction must commit all the same: do the try in another one.
    """
    window = _window(every)
    tried = session.execute(_COUNT, {"key": key, "window": window}).scalar_one()
    if tried > limit:
        raise TooManyTries(t("Too many tries. Please wait a few minutes and try again."))


def require_below(session: Session, key: str, *, limit: int, every: timedelta) -> None:
    """Raise TooManyTries where `limit` tries of the key were counted within the window.

    For what counts only some tries: ask first, `count` those that failed.
    """
    if _counted(session, key, every) >= limit:
        raise TooManyTries(t("Too many tries. Please wait a few minutes and try again."))


def _counted(session: Session, key: str, every: timedelta) -> int:
    row = session.get(Tries, (key, _window(every)), populate_existing=True)
    return row.count if row is not None else 0


def _window(every: timedelta) -> datetime:
    now, seconds = clock.now(), int(every.total_seconds())
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, tz=now.tzinfo)


def sweep(session: Session) -> None:
    session.execute(delete(Tries).where(Tries.window < clock.now() - timedelta(days=1)))
