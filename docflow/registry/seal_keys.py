"""The seals of the bodies: each seals with its own, and no body with that of another.

`DOCFLOW_SEAL_KEYS` is a directory with CODE.p12 of each body, and CODE.password beside it where the
files do not share one password. `DOCFLOW_SEAL_KEY` is the file of the first body, which in most
installations is the only one.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

import signing
from docflow import organization
from docflow.office import Office
from docflow.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SealFile:
    """Where the seal of a body lies; `body` is its code."""

    body: str
    path: Path
    password: str


# The annotations are text: naming the class would load pyHanko into every process.
_keys: "dict[tuple[Path, str, int], signing.SigningKey]" = {}


def seal_key(office: Office, body_id: int) -> "signing.SigningKey":
    """The body's seal, parsed once a process: parsing costs more than signing.

    Raises signing.KeyUnusable (also where the body has none), signing.WrongPassword.
    """
    file = _of_body(office, body_id)
    if file is None:
        raise signing.KeyUnusable("the body has no seal (DOCFLOW_SEAL_KEY, DOCFLOW_SEAL_KEYS)")
    return _loaded(file)


def has_seal(office: Office, body_id: int) -> bool:
    """Whether this process has a seal of the body: only the signer does."""
    return _of_body(office, body_id) is not None


def seal_subjects(office: Office) -> frozenset[str]:
    """The names in the certificates of our seals; one that cannot be used is passed over."""
    with office.db.read() as session:
        files = list(seal_files(session, office.settings))
    found = set()
    for file in files:
        try:
            found.add(_loaded(file).subject_name)
        except signing.SigningError as error:
            log.error("the seal of %s cannot be used: %s", file.body, error)
    return frozenset(found)


def seal_files(session: Session, settings: Settings) -> Iterator[SealFile]:
    """The seals that the settings name, of each body."""
    bodies = sorted(organization.bodies(session), key=lambda body: body.id)
    for place, body in enumerate(bodies):
        shared = settings.seal_password.get_secret_value()
        own = settings.seal_keys / f"{body.code}.p12" if settings.seal_keys else None
        if own is not None and own.exists():
            password = own.with_suffix(".password")
            yield SealFile(
                body.code, own, password.read_text().strip() if password.exists() else shared
            )
        elif settings.seal_key is not None and place == 0:
            yield SealFile(body.code, settings.seal_key, shared)


def _of_body(office: Office, body_id: int) -> SealFile | None:
    if office.settings.seal_key is None and office.settings.seal_keys is None:
        return None
    with office.db.read() as session:
        code = organization.body(session, body_id).code
        found = {file.body: file for file in seal_files(session, office.settings)}
    return found.get(code)


def _loaded(file: SealFile) -> "signing.SigningKey":
    try:
        # A renewed seal is used at once.
        kept = (file.path, file.password, file.path.stat().st_mtime_ns)
        if kept not in _keys:
            _keys[kept] = signing.SigningKey.load_pkcs12(file.path.read_bytes(), file.password)
    except OSError as error:
        raise signing.KeyUnusable(f"the seal's file cannot be read: {error}") from error
    return _keys[kept]
