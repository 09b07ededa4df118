"""Keys of objects, each wrapped by a body's key; who destroys the row destroys the bytes.

A root module below the office, which opens the store with it. The keys of the bodies (32 random
bytes, base64) are files of a directory that only the services read, CODE.key or CODE.N.key: the
last by name wraps what is new, the others still open what they wrapped. An installation of several
bodies has one key for all, that of the first: the bytes are put before it is known for whom. See
decision 0012.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import ForeignKey, case, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

import storage
from docflow.db import Base, Database
from docflow.errors import Unavailable
from docflow.i18n import t

_NONCE = 12
KEY_SUFFIX = ".key"


class StoreKeyUnusable(Unavailable):
    """A key of the store cannot be read, or is none."""


class ObjectKey(Base):
    """The wrapped key of an object. None in `wrapped`: it was destroyed, and the object with it."""

    __tablename__ = "object_keys"

    # Not named sha256: a key is no reason to keep the bytes (see `objects`).
    digest: Mapped[str] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    wrapped: Mapped[bytes | None]
    kek: Mapped[str]  # which key of the body wrapped it
    # When the bytes were put last: an erasure leaves the key alone for a day (see `custody`).
    made_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    destroyed_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class BodyKey:
    """A key of a body; `kek` names it without telling it."""

    key: bytes

    @property
    def kek(self) -> str:
        return hashlib.sha256(b"docflow store key" + self.key).hexdigest()[:16]

    def wrap(self, digest: str, data_key: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self.key).encrypt(nonce, data_key, digest.encode())

    def unwrap(self, digest: str, wrapped: bytes) -> bytes:
        """Raises StoreKeyUnusable."""
        try:
            cipher = AESGCM(self.key)
            return cipher.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], digest.encode())
        except (InvalidTag, ValueError) as error:
            raise StoreKeyUnusable(t("The key of an object was altered.")) from error


def new_body_key() -> str:
    """A fresh key of a body, as its file holds it."""
    return base64.b64encode(os.urandom(storage.KEY_BYTES)).decode() + "\n"


class KeyRing:
    """The keys of the objects of an installation: `storage.DataKeys` over the database.

    What is put counts as the first body's, whichever body it is for.
    """

    def __init__(self, db: Database, folder: Path) -> None:
        self._db, self._folder = db, folder
        self._known: Mapping[str, list[BodyKey]] = {}

    def find(self, sha256: str) -> bytes | None:
        try:
            with self._db.read() as session:
                row = session.get(ObjectKey, sha256)
                if row is None:
                    return None
                if row.wrapped is None:
                    raise storage.KeyDestroyed(f"The key of {sha256} was destroyed.")
                key = self._named(row.kek)
                return key.unwrap(sha256, row.wrapped)
        except Unavailable as error:
            raise storage.StoreUnavailable(str(error)) from error

    def keep(self, sha256: str, key: bytes) -> bytes:
        try:
            with self._db.begin() as session:
                return self._keep(session, sha256, key)
        except Unavailable as error:
            raise storage.StoreUnavailable(str(error)) from error

    def _keep(self, session: Session, sha256: str, key: bytes) -> bytes:
        body_id, code = self._body(session)
        own = self._keys_of(code)[-1]
        fresh = insert(ObjectKey).values(
            digest=sha256, body_id=body_id, wrapped=own.wrap(sha256, key), kek=own.kek
        )
        session.execute(
            fresh.on_conflict_do_update(
                index_elements=[ObjectKey.digest],
                set_={
                    # A key that is there stays; one that was destroyed makes room.
                    "wrapped": func.coalesce(ObjectKey.wrapped, fresh.excluded.wrapped),
                    "kek": case(
                        (ObjectKey.wrapped.is_(None), fresh.excluded.kek), else_=ObjectKey.kek
                    ),
                    "destroyed_at": None,
                    "made_at": func.clock_timestamp(),
                },
            )
        )
        row = session.get_one(ObjectKey, sha256, populate_existing=True)
        assert row.wrapped is not None  # kept just now, or by another
        return self._named(row.kek).unwrap(sha256, row.wrapped)

    def rewrap(self, *, limit: int = 500) -> int:
        """Wrap by the newest key of its body what an older one wrapped; how many were done."""
        with self._db.begin() as session:
            newest = {
                body_id: self._keys_of(code)[-1]
                for body_id, code in session.execute(text("SELECT id, code FROM bodies"))
                if self._keys_of(code, needed=False)
            }
            done = 0
            for body_id, key in newest.items():
                rows = session.scalars(
                    select(ObjectKey)
                    .where(
                        ObjectKey.body_id == body_id,
                        ObjectKey.wrapped.is_not(None),
                        ObjectKey.kek != key.kek,
                    )
                    .limit(limit - done)
                    .with_for_update()
                ).all()
                for row in rows:
                    assert row.wrapped is not None
                    opened = self._named(row.kek).unwrap(row.digest, row.wrapped)
                    row.wrapped, row.kek = key.wrap(row.digest, opened), key.kek
                done += len(rows)
            return done

    def _body(self, session: Session) -> tuple[int, str]:
        # By table name: the organogram lies above.
        row = session.execute(text("SELECT id, code FROM bodies ORDER BY id LIMIT 1")).one_or_none()
        if row is None:
            raise StoreKeyUnusable(t("There is no body yet, so nothing can be kept for it."))
        return int(row.id), str(row.code)

    def _named(self, kek: str) -> BodyKey:
        for again in (False, True):
            for keys in self._keys(again=again).values():
                for key in keys:
                    if key.kek == kek:
                        return key
        raise StoreKeyUnusable(
            t("The key {kek} is not in the directory of the store’s keys.", kek=kek)
        )

    def _keys_of(self, code: str, *, needed: bool = True) -> list[BodyKey]:
        for again in (False, True):
            found = self._keys(again=again).get(code, [])
            if found or not needed:
                return found
        raise StoreKeyUnusable(
            t(
                "The body {code} has no key for its objects. Make one: docflow storage new-key",
                code=code,
            )
        )

    def _keys(self, *, again: bool = False) -> Mapping[str, list[BodyKey]]:
        """The keys by body, as they were read first; `again` where one is missing: a new file."""
        if again or not self._known:
            self._known = load(self._folder)
        return self._known


def load(folder: Path) -> Mapping[str, list[BodyKey]]:
    """The keys of a directory by the code of their body, in the order of the files' names.

    Raises StoreKeyUnusable.
    """
    found: dict[str, list[BodyKey]] = {}
    try:
        for path in sorted(folder.glob(f"*{KEY_SUFFIX}")):
            key = base64.b64decode(path.read_text().strip(), validate=True)
            if len(key) != storage.KEY_BYTES:
                raise StoreKeyUnusable(t("{path} is no key of the store.", path=path.name))
            found.setdefault(path.name.partition(".")[0], []).append(BodyKey(key))
    except (OSError, ValueError, binascii.Error) as error:
        raise StoreKeyUnusable(
            t("The directory of the store’s keys cannot be read: {problem}", problem=str(error))
        ) from error
    return found
