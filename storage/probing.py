"""Does an S3 server hold its word? Its locks are tried on a canary of our own.

Some servers accept Object Lock and do not enforce it, some let a lock be shortened, and some have
another port that asks nobody: only trying tells. The canary lies under probe/ and is locked for a
day, the shortest time that is honest; canaries of earlier days are removed.
"""

import base64
import hashlib
import os
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import BytesIO

import urllib3
from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.error import S3Error
from minio.retention import Retention

from storage.contract import Promise

_FOLDER = "probe/"
_SIDE_DOORS = (8888,)  # SeaweedFS' filer: over HTTP it deletes locked objects without a question


def probe(client: Minio, bucket: str, host: str) -> tuple[Promise, ...]:
    """Each promise, tried. Raises the client's errors where the server does not answer."""
    _clear(client, bucket)
    name, canary = f"{_FOLDER}{uuid.uuid4().hex}", os.urandom(64)
    version = client.put_object(bucket, name, BytesIO(canary), len(canary)).version_id
    with client.get_object(bucket, name) as answer:
        promises = [Promise("unchanged", answer.read() == canary), _digest(client, bucket)]
    promises += _locks(client, bucket, name, version)
    return (*promises, _side_doors(host))


def _digest(client: Minio, bucket: str) -> Promise:
    """Bytes with the digest of other bytes."""
    wrong = base64.b64encode(hashlib.sha256(b"other bytes").digest()).decode()
    checked = {"x-amz-checksum-sha256": wrong, "x-amz-sdk-checksum-algorithm": "SHA256"}
    name = f"{_FOLDER}{uuid.uuid4().hex}"
    try:
        client.put_object(bucket, name, BytesIO(b"these bytes"), 11, metadata=dict(checked))
    except S3Error:
        return Promise("digest", True)
    return Promise("digest", False, "bytes were taken in under a digest that is not theirs")


def _locks(client: Minio, bucket: str, name: str, version: str | None) -> list[Promise]:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    try:
        client.set_object_retention(bucket, name, Retention(COMPLIANCE, until), version_id=version)
    except S3Error as exc:
        never = f"the bucket has no Object Lock: {exc.code}"
        return [Promise(what, None, never) for what in ("retention", "shortening", "hold")]
    refused = _refuses(lambda: client.remove_object(bucket, name, version_id=version))
    if not refused or not _is_there(client, bucket, name, version):
        return [Promise("retention", False, "a locked object was deleted")]
    sooner = Retention(COMPLIANCE, until - timedelta(hours=20))
    _refuses(lambda: client.set_object_retention(bucket, name, sooner, version_id=version))
    now = client.get_object_retention(bucket, name, version_id=version)
    shortened = now is None or now.retain_until_date < until
    client.put_object(bucket, name, BytesIO(b"something else"), 14)
    overwritten = not _is_there(client, bucket, name, version)
    return [
        Promise("retention", True),
        Promise("shortening", not shortened, "a lock was shortened" if shortened else ""),
        Promise(
            "overwriting", not overwritten, "an overwrite took its place" if overwritten else ""
        ),
        _hold(client, bucket),
    ]


def _hold(client: Minio, bucket: str) -> Promise:
    name = f"{_FOLDER}{uuid.uuid4().hex}"
    version = client.put_object(bucket, name, BytesIO(b"held"), 4).version_id
    client.enable_object_legal_hold(bucket, name, version_id=version)
    refused = _refuses(lambda: client.remove_object(bucket, name, version_id=version))
    if not refused or not _is_there(client, bucket, name, version):
        return Promise("hold", False, "an object under a legal hold was deleted")
    client.disable_object_legal_hold(bucket, name, version_id=version)
    client.remove_object(bucket, name, version_id=version)
    return Promise("hold", True)


def _side_doors(host: str) -> Promise:
    """Whether the filer of SeaweedFS answers beside the S3 door."""
    pool = urllib3.PoolManager(timeout=urllib3.Timeout(connect=1, read=2), retries=False)
    for port in _SIDE_DOORS:
        try:
            server = pool.request("GET", f"http://{host}:{port}/").headers.get("Server", "")
        except (urllib3.exceptions.HTTPError, OSError):
            continue
        if "seaweedfs" in server.lower():
            return Promise(
                "side-door", False, f"port {port} answers: the filer deletes locked objects"
            )
    return Promise("side-door", True)


def _refuses(act: Callable[[], object]) -> bool:
    try:
        act()
    except S3Error:
        return True
    return False


def _is_there(client: Minio, bucket: str, name: str, version: str | None) -> bool:
    try:
        client.stat_object(bucket, name, version_id=version)
    except S3Error:
        return False
    return True


def _clear(client: Minio, bucket: str) -> None:
    """Remove what earlier probes left, as far as its lock is over."""
    for item in list(client.list_objects(bucket, prefix=_FOLDER, include_version=True)):
        old = item.last_modified or datetime.now(UTC)
        if datetime.now(UTC) - old > timedelta(days=1, hours=1):
            # Still locked, or gone: the next probe looks again.
            with suppress(S3Error):
                client.remove_object(bucket, item.object_name or "", version_id=item.version_id)
