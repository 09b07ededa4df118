"""Whom this office believes: roots of the installation, EU trusted lists as files, roots of a body.

Nothing is fetched here. A list that cannot be read, or is not signed by its operator, counts for
nothing: that makes verdicts stricter, never milder.
"""

import logging
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select
from sqlalchemy.orm import Session

import signing
from docflow import audit, clock
from docflow.errors import Invalid, NotFound
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.settings import Settings
from docflow.signatures.models import TrustRoot

log = logging.getLogger(__name__)
_END = b"-----END CERTIFICATE-----"
_lists: dict[tuple[Path, int, int], "signing.TrustList | None"] = {}


class BadRoot(Invalid):
    """The file is not a certificate of an authority."""


class NoSuchRoot(NotFound):
    """There is no such root."""


def roots(office: Office, body_id: int | None) -> list[bytes]:
    """All that the body trusts, one PEM each. Without a body, what the installation trusts."""
    found = of_installation(office.settings)
    if body_id is not None:
        with office.db.read() as session:
            found += [row.pem.encode() for row in of_body(session, body_id)]
    return list(dict.fromkeys(found))


def of_installation(settings: Settings) -> list[bytes]:
    """The roots of the settings, and of the trusted lists."""
    found = certificates(settings.trust_roots)
    for path in settings.trust_lists:
        listed = _list(path, settings.trust_list_operators)
        if listed is not None:
            found += list(listed.roots())
    return found


def certificates(path: Path | None) -> list[bytes]:
    """The certificates of the PEM file, one PEM each."""
    if path is None or not path.exists():
        return []
    return split(path.read_bytes())


def split(pem: bytes) -> list[bytes]:
    return [part.strip() + b"\n" + _END + b"\n" for part in pem.split(_END)[:-1]]


def lists(settings: Settings) -> list[tuple[Path, "signing.TrustList | None"]]:
    """The trusted lists of the installation; None where a file is not believed."""
    return [(path, _list(path, settings.trust_list_operators)) for path in settings.trust_lists]


def of_body(session: Session, body_id: int) -> list[TrustRoot]:
    """The roots that the body added itself and has not withdrawn."""
    return list(
        session.scalars(
            select(TrustRoot)
            .where(TrustRoot.body_id == body_id, TrustRoot.withdrawn_at.is_(None))
            .order_by(TrustRoot.subject)
        )
    )


def add(session: Session, data: bytes, *, by: Principal) -> list[TrustRoot]:
    """Trust the authorities of a PEM or DER file. Raises NotAllowed, BadRoot."""
    by.require_scope("administer")
    by.require(by.is_administrator, t("Only an administrator changes whom the body trusts."))
    rows = []
    for one in split(data) or [data]:
        certificate = _authority(one)
        row = session.merge(
            TrustRoot(
                body_id=by.body_id,
                fingerprint=sha256(certificate.public_bytes(Encoding.DER)).hexdigest(),
                pem=certificate.public_bytes(Encoding.PEM).decode(),
                subject=certificate.subject.rfc4514_string(),
                not_after=certificate.not_valid_after_utc,
                added_by=by.person_id,
                added_at=clock.now(),
                withdrawn_at=None,
            )
        )
        rows.append(row)
        _record(session, "trust-root.added", row, by)
    return rows


def withdraw(session: Session, fingerprint: str, *, by: Principal) -> None:
    """Trust an authority no more; verdicts given before stay as they were. Raises NoSuchRoot."""
    by.require_scope("administer")
    by.require(by.is_administrator, t("Only an administrator changes whom the body trusts."))
    row = session.get(TrustRoot, (by.body_id, fingerprint))
    if row is None or row.withdrawn_at is not None:
        raise NoSuchRoot(t("There is no such root. It may have been removed already."))
    row.withdrawn_at = clock.now()
    _record(session, "trust-root.withdrawn", row, by)


def _record(session: Session, action: str, row: TrustRoot, by: Principal) -> None:
    audit.record(session, action, by=by, subject=("body", row.body_id), fingerprint=row.fingerprint)


def _authority(data: bytes) -> x509.Certificate:
    """Raises BadRoot."""
    try:
        if b"-----BEGIN" in data:
            certificate = x509.load_pem_x509_certificate(data)
        else:
            certificate = x509.load_der_x509_certificate(data)
        is_authority = certificate.extensions.get_extension_for_class(
            x509.BasicConstraints
        ).value.ca
    except (ValueError, x509.ExtensionNotFound) as error:
        raise BadRoot(
            t("This is not the certificate of an authority (PEM or DER)."), field="root"
        ) from error
    if not is_authority or certificate.not_valid_after_utc < clock.now():
        raise BadRoot(
            t("The certificate is not one of an authority, or it has expired."), field="root"
        )
    return certificate


def _list(path: Path, operators: Path | None) -> "signing.TrustList | None":
    """The list, read anew when file or operators changed."""
    try:
        stamp = (path, path.stat().st_mtime_ns, operators.stat().st_mtime_ns if operators else 0)
        if stamp not in _lists:
            listed = signing.read_trust_list(path.read_bytes(), operators=certificates(operators))
            _lists[stamp] = listed
        return _lists[stamp]
    except (signing.BadTrustList, OSError) as error:
        log.error("the trusted list %s counts for nothing: %s", path, error)
        return None
