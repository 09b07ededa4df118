"""Objects on an S3 server (minio SDK), under ab/cd/abcd….

The bytes pass through a temporary file, because the name is their digest and the server checks
that digest on arrival (`x-amz-checksum-sha256`, which the SDK has no parameter for). The bucket is
made with Object Lock, so that retention can be set on it; where the server has none, without.
"""

import base64
import hashlib
import os
import ssl
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

import urllib3
from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.datatypes import Object
from minio.error import MinioException, S3Error
from minio.retention import Retention

from storage import probing
from storage.contract import MIN_AGE, Listed, Promise, Stored
from storage.errors import (
    DigestMismatch,
    Held,
    NoRetention,
    NoSuchObject,
    StoreUnavailable,
    TooYoung,
)
from storage.reading import CHUNK, Reading, copy_hashing, is_digest

_IN_MEMORY = 4 * 1024 * 1024
_SINGLE_PUT = 64 * 1024 * 1024
_PART = 16 * 1024 * 1024
_ABSENT = {"NoSuchKey", "NoSuchObject", "NoSuchVersion"}
_LOCKED = {"AccessDenied", "ObjectLocked", "InvalidRetentionPeriod"}
_NO_LOCK = {
    "InvalidRequest",
    "NotImplemented",
    "ObjectLockConfigurationNotFoundError",
    "InvalidBucketState",
}
_FAILURES = (urllib3.exceptions.HTTPError, OSError)
_TIMEOUT = urllib3.Timeout(connect=3, read=30)
_RETRIES = urllib3.Retry(total=2, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504])


class S3Store:
    """A store in one bucket; made anew in each process that forks."""

    failures: tuple[type[Exception], ...] = _FAILURES

    def __init__(
        self, *, endpoint: str, access_key: str, secret_key: str, bucket: str, secure: bool
    ) -> None:
        self.bucket = bucket
        self.host = endpoint.partition(":")[0]
        pool = urllib3.PoolManager(
            maxsize=20, timeout=_TIMEOUT, retries=_RETRIES, ssl_context=ssl.create_default_context()
        )
        # A region spares the SDK the question where the bucket is.
        self._client = Minio(
            endpoint,
            access_key=access_key,
            secret_key=secret_key,
            secure=secure,
            region="us-east-1",
            http_client=pool,
        )

    def prepare(self) -> None:
        with _server("The bucket cannot be made"):
            if self._client.bucket_exists(self.bucket):
                return
            try:
                self._client.make_bucket(self.bucket, object_lock=True)
            except S3Error as exc:
                if exc.code == "NotImplemented":
                    self._client.make_bucket(self.bucket)
                elif exc.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                    raise

    def check(self) -> None:
        probe, name = os.urandom(64), f"probe/{uuid.uuid4().hex}"
        with _server("Nothing can be written"):
            self._client.put_object(self.bucket, name, BytesIO(probe), len(probe))
            answer = self._client.get_object(self.bucket, name)
            with answer:
                came_back = answer.read()
            self._remove_versions(name)
        if came_back != probe:
            raise DigestMismatch(f"The bucket {self.bucket} does not give back what was written.")

    def put(self, stream: BinaryIO, *, limit: int) -> Stored:
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
            copy = cast(BinaryIO, file)
            sha256, size = copy_hashing(stream, copy, limit=limit)
            copy.seek(0)
            with _server("The object cannot be stored"):
                if not self._is_fresh(sha256, size):
                    self._upload(copy, sha256, size)
        return Stored(sha256=sha256, size=size)

    def put_bytes(self, data: bytes) -> Stored:
        return self.put(BytesIO(data), limit=len(data))

    def open(self, sha256: str) -> Reading:
        if not is_digest(sha256):
            raise _no_such(sha256)
        with _server("The object cannot be read", sha256):
            answer = self._client.get_object(self.bucket, _key(sha256))
            size = int(answer.headers.get("Content-Length", 0))
        return Reading(answer, sha256=sha256, size=size, failures=_FAILURES)

    def read(self, sha256: str) -> bytes:
        with self.open(sha256) as reading:
            return reading.read()

    def exists(self, sha256: str) -> bool:
        with _server("The store cannot be read"):
            return is_digest(sha256) and self._find(_key(sha256)) is not None

    @contextmanager
    def local_copy(self, sha256: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="docflow-object-") as folder:
            path = Path(folder) / sha256
            with self.open(sha256) as reading, path.open("wb") as file:
                for chunk in reading:
                    file.write(chunk)
            yield path

    def delete(self, sha256: str, *, min_age: timedelta = MIN_AGE) -> None:
        with _server("The object cannot be deleted"):
            found = self._find(_key(sha256)) if is_digest(sha256) else None
            if found is None:
                raise _no_such(sha256)
            if datetime.now(UTC) - _modified(found) < min_age:
                raise TooYoung(f"{sha256} was put less than {min_age} ago.")
            # Only what stood there when we looked: a version put meanwhile stays.
            self._remove_versions(_key(sha256), until=_modified(found))

    def iterate(self) -> Iterator[Listed]:
        with _server("The store cannot be listed"):
            for item in self._client.list_objects(self.bucket, recursive=True):
                name = (item.object_name or "").rpartition("/")[2]
                if is_digest(name):
                    yield Listed(sha256=name, size=item.size or 0, stored_at=_modified(item))

    def retain(self, sha256: str, *, until: datetime) -> None:
        with self._lock_of(sha256) as found:
            known = None
            try:
                known = self._client.get_object_retention(
                    self.bucket, _key(sha256), version_id=found.version_id
                )
            except S3Error as exc:
                # What has no lock yet; whether the bucket has locks at all, setting one tells.
                if exc.code not in ("NoSuchObjectLockConfiguration", *_NO_LOCK):
                    raise
            if known is None or known.retain_until_date < until:
                self._client.set_object_retention(
                    self.bucket,
                    _key(sha256),
                    Retention(COMPLIANCE, until.astimezone(UTC).replace(microsecond=0)),
                    version_id=found.version_id,
                )

    def hold(self, sha256: str) -> None:
        with self._lock_of(sha256) as found:
            self._client.enable_object_legal_hold(
                self.bucket, _key(sha256), version_id=found.version_id
            )

    def release(self, sha256: str) -> None:
        with self._lock_of(sha256) as found:
            self._client.disable_object_legal_hold(
                self.bucket, _key(sha256), version_id=found.version_id
            )

    def probe(self) -> tuple[Promise, ...]:
        with _server("The store cannot be probed"):
            return probing.probe(self._client, self.bucket, self.host)

    def put_as(self, name: str, file: BinaryIO, *, size: int) -> None:
        digest = hashlib.sha256()
        while chunk := file.read(CHUNK):
            digest.update(chunk)
        file.seek(0)
        with _server("The object cannot be stored"):
            self._upload(file, digest.hexdigest(), size, key=_key(name))

    def open_raw(self, name: str) -> tuple[BinaryIO, int]:
        with _server("The object cannot be read", name):
            answer = self._client.get_object(self.bucket, _key(name))
            return cast(BinaryIO, answer), int(answer.headers.get("Content-Length", 0))

    def touch(self, name: str, *, size: int) -> bool:
        """A server has no way to touch: an object that is half its time old is put once more."""
        with _server("The store cannot be read"):
            return self._is_fresh(name, size)

    @contextmanager
    def _lock_of(self, sha256: str) -> Iterator[Object]:
        """The newest version of the object, for a call about its lock."""
        with _server("The lock of the object cannot be changed", sha256):
            found = self._find(_key(sha256)) if is_digest(sha256) else None
            if found is None:
                raise _no_such(sha256)
            try:
                yield found
            except S3Error as exc:
                if exc.code in _NO_LOCK:
                    raise NoRetention(f"{self.bucket} was made without Object Lock") from exc
                raise

    def _is_fresh(self, sha256: str, size: int) -> bool:
        """Whether the object stands there and no sweep will take it for an old orphan soon."""
        found = self._find(_key(sha256))
        if found is None or found.size != size:
            return False
        return datetime.now(UTC) - _modified(found) < MIN_AGE / 2

    def _upload(self, copy: BinaryIO, sha256: str, size: int, *, key: str = "") -> None:
        whole = size <= _SINGLE_PUT
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
        self._client.put_object(
            self.bucket,
            key or _key(sha256),
            copy,
            size,
            # Of an object in parts the server could only check each part, which the SDK's
            # signature of the part's content, or TLS, does already.
            metadata={
                "x-amz-checksum-sha256": checksum,
                "x-amz-sdk-checksum-algorithm": "SHA256",
            }
            if whole
            else None,
            part_size=max(size, 5 * 1024 * 1024) if whole else _PART,
            num_parallel_uploads=1,
        )

    def _find(self, key: str) -> Object | None:
        try:
            return self._client.stat_object(self.bucket, key)
        except S3Error as exc:
            if exc.code in _ABSENT:
                return None
            raise

    def _remove_versions(self, key: str, *, until: datetime | None = None) -> None:
        for item in list(self._client.list_objects(self.bucket, prefix=key, include_version=True)):
            if until is not None and _modified(item) > until:
                continue
            try:
                self._client.remove_object(self.bucket, key, version_id=item.version_id)
            except S3Error as exc:
                if exc.code in _LOCKED:
                    raise Held(f"{key} is under retention or a legal hold.") from exc
                raise


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _modified(item: Object) -> datetime:
    return item.last_modified or datetime.fromtimestamp(0, UTC)


def _no_such(sha256: str) -> NoSuchObject:
    return NoSuchObject(f"No object has the digest {sha256[:80]!r}.")


@contextmanager
def _server(what: str, sha256: str = "") -> Iterator[None]:
    """Turn whatever the SDK and its HTTP client throw into the errors of this package."""
    try:
        yield
    except S3Error as exc:
        if exc.code in _ABSENT:
            raise _no_such(sha256) from exc
        raise StoreUnavailable(f"{what}: {exc.code}, {exc.message}") from exc
    except (MinioException, *_FAILURES) as exc:
        raise StoreUnavailable(f"{what}: {exc}") from exc
