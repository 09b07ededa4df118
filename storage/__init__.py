"""Objects by digest: bytes go in, and come out by their SHA-256, unchanged or not at all.

Two kinds of store, one contract: a directory (`file:`) and any S3 server (`s3:`). The package
knows neither the database nor the web. Objects are never overwritten; what is read is hashed on
the way, so that changed bytes are never taken for the stored ones.
"""

from storage.contract import CHUNK, MIN_AGE, Listed, Store, Stored
from storage.directory import DirectoryStore
from storage.errors import (
    BadStoreUrl,
    DigestMismatch,
    NoSuchObject,
    StorageError,
    StoreUnavailable,
    TooLarge,
    TooYoung,
)
from storage.opening import open_store
from storage.reading import Reading

__all__ = [
    "CHUNK",
    "MIN_AGE",
    "BadStoreUrl",
    "DigestMismatch",
    "DirectoryStore",
    "Listed",
    "NoSuchObject",
    "Reading",
    "StorageError",
    "Store",
    "StoreUnavailable",
    "Stored",
    "TooLarge",
    "TooYoung",
    "open_store",
]
