"""Keys of objects, each wrapped by a body's key; who destroys the row destroys the bytes.

A root module below the office, which opens the store with it. The keys of the bodies (32 random
bytes, base64) are files of a directory that only the services read, CODE.key or CODE.N.key: the
last by name wraps what is new, the others still open what they wrapped. An object that two bodies
have is encrypted once, and its key is wrapped for each of them by its own. See decision 0012.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import ForeignKey, func, select, text
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


class ObjectKeyShare(Base):
    """The same key, wrapped for a further body that put the same bytes."""

    __tablename__ = "object_key_shares"

    digest: Mapped[str] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"), primary_key=True)
    wrapped: Mapped[bytes | None]
    kek: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    destroyed_at: Mapped[datetime | None]


Wrapped = ObjectKey | ObjectKeyShare
_Table = TypeVar("_Table", ObjectKey, ObjectKeyShare)


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

    What is put is wrapped for `body_id`. Without one it is the only body there is.
    """

    def __init__(self, db: Database, folder: Path, *, body_id: int | None = None) -> None:
        self._db, self._folder, self._body_id = db, folder, body_id
        self._known: Mapping[str, list[BodyKey]] = {}

    def of(self, body_id: int | None) -> "KeyRing":
        """The same ring, putting for this body."""
        ring = KeyRing(self._db, self._folder, body_id=body_id)
        ring._known = self._known
        return ring

    def find(self, sha256: str) -> bytes | None:
        try:
            with self._db.read() as session:
                rows = _wrapped(session, sha256)
                first = next(rows, None)
                if first is None:
                    return None
                opened = self._opened(chain([first], rows))
        except Unavailable as error:
            raise storage.StoreUnavailable(str(error)) from error
        if opened is None:
            raise storage.KeyDestroyed(f"The key of {sha256} was destroyed.")
        return opened

    def keep(self, sha256: str, key: bytes) -> bytes:
        try:
            with self._db.begin() as session:
                return self._keep(session, sha256, key)
        except Unavailable as error:
            raise storage.StoreUnavailable(str(error)) from error

    def _keep(self, session: Session, sha256: str, key: bytes) -> bytes:
        body_id, code = self._body(session)
        own = self._keys_of(code)[-1]
        # Whoever puts the same bytes for another body waits here, and finds the key of the first.
        fresh = insert(ObjectKey).values(
            digest=sha256, body_id=body_id, wrapped=own.wrap(sha256, key), kek=own.kek
        )
        is_new = session.scalar(
            fresh.on_conflict_do_update(
                index_elements=[ObjectKey.digest], set_={"made_at": func.clock_timestamp()}
            ).returning(text("xmax = 0"))  # of a row that was there PostgreSQL notes the update
        )
        if is_new:
            return key
        rows = list(_wrapped(session, sha256))
        # A key that is there stays; where all were destroyed the new one counts.
        counts = self._opened(rows) or key
        mine = next((row for row in rows if row.body_id == body_id), None)
        if mine is None:
            wrapped = own.wrap(sha256, counts)
            session.add(
                ObjectKeyShare(digest=sha256, body_id=body_id, wrapped=wrapped, kek=own.kek)
            )
        elif mine.wrapped is None:
            mine.wrapped, mine.kek = own.wrap(sha256, counts), own.kek
            mine.destroyed_at = None
        return counts

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
                done += self._rewrap(session, ObjectKey, body_id, key, limit - done)
                done += self._rewrap(session, ObjectKeyShare, body_id, key, limit - done)
            return done

    def _rewrap(
        self, session: Session, table: type[_Table], body_id: int, key: BodyKey, limit: int
    ) -> int:
        rows = session.scalars(
            select(table)
            .where(table.body_id == body_id, table.wrapped.is_not(None), table.kek != key.kek)
            .limit(limit)
            .with_for_update()
        ).all()
        for row in rows:
            assert row.wrapped is not None
            opened = self._named(row.kek).unwrap(row.digest, row.wrapped)
            row.wrapped, row.kek = key.wrap(row.digest, opened), key.kek
        return len(rows)

    def _opened(self, rows: Iterable[Wrapped]) -> bytes | None:
        """The key that the rows wrap; None where all were destroyed. Raises StoreKeyUnusable.

        One is enough: the key of a body that left need not be kept for what others have too.
        """
        failure = None
        for row in rows:
            if row.wrapped is None:
                continue
            try:
                return self._named(row.kek).unwrap(row.digest, row.wrapped)
            except StoreKeyUnusable as error:
                failure = error
        if failure is not None:
            raise failure
        return None

    def _body(self, session: Session) -> tuple[int, str]:
        # By table name: the organogram lies above.
        query, wanted = "SELECT id, code FROM bodies", {}
        if self._body_id is not None:
            query, wanted = f"{query} WHERE id = :body", {"body": self._body_id}
        rows = session.execute(text(query), wanted).all()
        if not rows:
            raise StoreKeyUnusable(t("There is no body yet, so nothing can be kept for it."))
        if len(rows) > 1:
            raise StoreKeyUnusable(t("It was not said for which body the bytes are kept."))
        return int(rows[0].id), str(rows[0].code)

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


def _wrapped(session: Session, digest: str) -> Iterator[Wrapped]:
    """The key of the object as it is wrapped for each body; none where it was never encrypted."""
    yield from session.scalars(select(ObjectKey).where(ObjectKey.digest == digest))
    yield from session.scalars(
        select(ObjectKeyShare)
        .where(ObjectKeyShare.digest == digest)
        .order_by(ObjectKeyShare.body_id)
    )


def load(folder: Path) -> Mapping[str, list[BodyKey]]:
    """The keys of a directory by the code of their body, in the order of the files' names.

    Raises StoreKeyUnusable.
    """
    found: dict[str, list[BodyKey]] = {}
    try:
        # CODE.key is the first of its body, before CODE.001.key.
        for path in sorted(folder.glob(f"*{KEY_SUFFIX}"), key=lambda one: one.stem):
            key = base64.b64decode(path.read_text().strip(), validate=True)
            if len(key) != storage.KEY_BYTES:
                raise StoreKeyUnusable(t("{path} is no key of the store.", path=path.name))
            found.setdefault(path.name.partition(".")[0], []).append(BodyKey(key))
    except (OSError, ValueError, binascii.Error) as error:
        raise StoreKeyUnusable(
            t("The directory of the store’s keys cannot be read: {problem}", problem=str(error))
        ) from error
    return found
