"""From an address to a store."""

from importlib import import_module
from pathlib import Path
from typing import cast
from urllib.parse import unquote, urlsplit

from storage.contract import Store
from storage.directory import DirectoryStore
from storage.errors import BadStoreUrl


def open_store(url: str) -> Store:
    """The store at `file:DIR`, `s3://KEY:SECRET@HOST:PORT/BUCKET`, or `s3s://…` for TLS.

    Key and secret are percent-encoded where they hold `/`, `@` or `:`. Nothing is asked of the
    disk or the server yet. Raises BadStoreUrl, which never repeats the secret.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "file" and rest.removeprefix("//"):
        return DirectoryStore(Path(rest.removeprefix("//")))
    if scheme in ("s3", "s3s"):
        return _open_s3(url)
    raise BadStoreUrl(f"{scheme!r} is no kind of store: file:DIR, s3:// or s3s:// are.")


def _open_s3(url: str) -> Store:
    parts = urlsplit(url)
    bucket = parts.path.strip("/")
    try:
        port = parts.port
    except ValueError as exc:
        raise BadStoreUrl("The port in the store's address is no number.") from exc
    if not (parts.hostname and parts.username and parts.password and bucket and "/" not in bucket):
        raise BadStoreUrl("An S3 store is written s3://KEY:SECRET@HOST:PORT/BUCKET.")
    # Loaded only where an office has an S3 store: the client costs 15 MB and half a second.
    s3 = import_module("storage.s3")
    store = s3.S3Store(
        endpoint=parts.hostname if port is None else f"{parts.hostname}:{port}",
        access_key=unquote(parts.username),
        secret_key=unquote(parts.password),
        bucket=bucket,
        secure=parts.scheme == "s3s",
    )
    return cast(Store, store)
