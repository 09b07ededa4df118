"""What a use case needs that is more than one transaction: settings, database, object store.

Most domain functions take a session and leave the transaction to their caller. Those that work
with bytes, keys or other servers take the `Office`: they read, close the transaction, do the slow
work, and open another to record it, re-checking the state under a row lock.
"""

from dataclasses import dataclass
from typing import cast

import storage
from docflow import clock
from docflow.db import Database
from docflow.object_keys import KeyRing
from docflow.settings import Settings


@dataclass(frozen=True, slots=True)
class Office:
    """An installation. What is read from its store is read through `store`; what is put there is
    put through `store_of`, so that it is under the key of the body that it is for.
    """

    settings: Settings
    db: Database
    store: storage.Store

    def store_of(self, body_id: int | None) -> storage.Store:
        """The store for what this body keeps: where objects are encrypted, under its own key.

        None is the only body there is; of several an encrypted store then puts nothing.
        """
        sealed = self.store
        if isinstance(sealed, storage.SealedStore) and isinstance(sealed.keys, KeyRing):
            return storage.SealedStore(sealed.inner, sealed.keys.of(body_id))
        return sealed


def open_office(settings: Settings, *, pool: int = 5) -> Office:
    """Connect to the database and the object store that the settings name."""
    clock.set_zone(settings.zone)
    db = Database(settings.database_url.get_secret_value(), pool=pool)
    store = storage.open_store(settings.storage_url.get_secret_value())
    if settings.store_keys is not None:
        raw = cast(storage.Raw, store)  # as both kinds are
        store = storage.SealedStore(raw, KeyRing(db, settings.store_keys))
    return Office(settings=settings, db=db, store=store)
