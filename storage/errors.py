"""What a store can answer instead of bytes."""


class StorageError(Exception):
    """A store could not do what it was asked for."""


class BadStoreUrl(StorageError):
    """The address names no kind of store that we know, or names it incompletely."""


class NoSuchObject(StorageError):
    """No object has this digest."""


class TooLarge(StorageError):
    """The stream is longer than the caller's limit; nothing was stored."""


class TooYoung(StorageError):
    """The object was stored so lately that a row may still come to point to it."""


class Held(StorageError):
    """The object is under retention or a legal hold: it stays, whoever asks."""


class NoRetention(StorageError):
    """The store keeps no promise of retention (an S3 bucket that was made without Object Lock)."""


class DigestMismatch(StorageError):
    """The stored bytes are not those that were put: damaged or altered."""


class StoreUnavailable(StorageError):
    """The disk or the server does not answer, is full, or refuses us."""
