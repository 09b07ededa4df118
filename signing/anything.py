"""Signed files of any kind: PDF, XML (XAdES), CMS (.p7m, .p7s), containers (ASiC).

What the file is, is told by its content and not by its name. A kind whose signatures cannot be
checked gets that as its answer: silence would look like approval.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from asn1crypto import cms, pem

from signing.certificates import parse_roots
from signing.cms_files import cms_reports
from signing.containers import Container, container_reports
from signing.reasons import MEANING
from signing.report import Integrity, Report, Verdict
from signing.trust import Judge
from signing.validation import validate
from signing.verdicts import of_document, unreadable
from signing.xml_files import xml_reports

_SIGNED_DATA = cms.ContentType("signed_data").dump()
_SIGNED_OFFICE = ("_xmlsignatures/", "META-INF/documentsignatures.xml")


def validate_any(
    path: Path,
    *,
    content: Path | None = None,
    trust_roots: Sequence[bytes] = (),
    at: datetime | None = None,
    offline: bool = True,
) -> Report:
    """The verdict on a signed file of any kind. Never raises for a bad one.

    `content` is the document that a detached signature (.p7s) is over. For strangers' files use
    `validate_any_limited`. Raises SigningError only for roots that are no certificates.
    """
    over = content.read_bytes() if content is not None else None
    return validate_any_bytes(
        path.read_bytes(), content=over, trust_roots=trust_roots, at=at, offline=offline
    )


def validate_any_bytes(
    data: bytes,
    *,
    content: bytes | None = None,
    trust_roots: Sequence[bytes] = (),
    at: datetime | None = None,
    offline: bool = True,
) -> Report:
    """As `validate_any`, for bytes."""
    if b"%PDF-" in data[:1024]:
        return validate(data, trust_roots=trust_roots, at=at, offline=offline)
    judge = Judge(parse_roots(trust_roots), offline=offline)
    moment = at or datetime.now(UTC)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return asyncio.run(_judged(data, content, judge, moment))
    except MemoryError:
        return unreadable("too-large")
    except Exception:
        # The border to the parsers of strangers' files, as in signing.validation.
        return unreadable("damaged")


async def _judged(data: bytes, content: bytes | None, judge: Judge, at: datetime) -> Report:
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if data.startswith(b"PK\x03\x04"):
        container = Container(data)
        if any(one.startswith(_SIGNED_OFFICE) for one in container.files):
            return _not_checked()
        return of_document(tuple(await container_reports(container, judge, at=at)))
    if start.startswith(b"<"):
        return of_document(tuple(await xml_reports(data, judge, at=at)))
    if pem.detect(data):
        _, _, data = pem.unarmor(data)
    if data.startswith(b"\x30") and _SIGNED_DATA in data[:64]:
        reports = await cms_reports(data, content, judge, at=at, name="CMS")
        return of_document(tuple(reports))
    return _not_checked()


def _not_checked() -> Report:
    return Report(Verdict.UNCONFIRMED, Integrity.UNREADABLE, MEANING["not-checked"])
