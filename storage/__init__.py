"""Objects by digest: bytes go in, and come out by their SHA-256, unchanged or not at all.

Two kinds of store, one contract: a directory (`file:`) and any S3 server (`s3:`). The package
knows neither the database nor the web. Objects are never overwritten; what is read is hashed on
the way, so that changed bytes are never taken for the stored ones.
"""

from storage.contract import CHUNK, MIN_AGE, Listed, Promise, Raw, Store, Stored
from storage.directory import DirectoryStore
from storage.errors import (
    BadStoreUrl,
    DigestMismatch,
    Held,
    NoRetention,
    NoSuchObject,
    StorageError,
    StoreUnavailable,
    TooLarge,
    TooYoung,
)
from storage.opening import open_store
from storage.reading import Reading
from storage.sealed import KEY_BYTES, DataKeys, KeyDestroyed, SealedStore

__all__ = [
    "CHUNK",
    "KEY_BYTES",
    "MIN_AGE",
    "BadStoreUrl",
    "DataKeys",
    "DigestMismatch",
    "DirectoryStore",
    "Held",
    "KeyDestroyed",
    "Listed",
    "NoRetention",
    "NoSuchObject",
    "Promise",
    "Raw",
    "Reading",
    "SealedStore",
    "StorageError",
    "Store",
    "StoreUnavailable",
    "Stored",
    "TooLarge",
    "TooYoung",
    "open_store",
]
