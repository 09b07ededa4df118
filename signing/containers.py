"""ASiC containers (ETSI EN 319 162-1): a ZIP with files and the signatures over them.

A file that no signature covers is a change: whoever opens the container sees it among the signed.
"""

import zipfile
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from hashlib import new as new_hash
from io import BytesIO
from urllib.parse import unquote

from lxml import etree  # type: ignore[import-untyped]

from signing.cms_files import cms_reports, unreadable_signature
from signing.reasons import ordered
from signing.report import Integrity, SignatureReport
from signing.trust import Judge
from signing.verdicts import of_signature
from signing.xml_files import DS, parsed, xml_reports

_ASIC = "{http://uri.etsi.org/02918/v1.2.1#}"
_MOST_FILES = 1000
_LARGEST = 256 << 20
_DIGESTS = {
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
}


class Container:
    """The files of a ZIP, unpacked within limits. Raises ValueError for what must not be opened."""

    def __init__(self, data: bytes) -> None:
        try:
            with zipfile.ZipFile(BytesIO(data)) as archive:
                names = archive.namelist()
                if len(names) > _MOST_FILES or len(set(names)) != len(names):
                    raise ValueError("too many files, or two of one name")
                if sum(one.file_size for one in archive.infolist()) > _LARGEST:
                    raise ValueError("too large")
                self.files = {
                    one: _unpacked(archive, one) for one in names if not one.endswith("/")
                }
        except (zipfile.BadZipFile, RuntimeError, EOFError) as error:
            # RuntimeError: a password, or a method of compression that is not known.
            raise ValueError("not a ZIP that can be opened") from error

    @property
    def documents(self) -> frozenset[str]:
        """What is to be signed: all but the signatures and the type."""
        return frozenset(
            one for one in self.files if not one.startswith("META-INF/") and one != "mimetype"
        )

    @property
    def signatures(self) -> Iterator[str]:
        """Names of the files with signatures."""
        for name in sorted(self.files):
            folder, _, rest = name.lower().partition("/")
            if folder == "meta-inf" and "signature" in rest and rest.endswith((".xml", ".p7s")):
                yield name


def _unpacked(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ValueError("too large")
    return data


async def container_reports(
    container: Container, judge: Judge, *, at: datetime
) -> list[SignatureReport]:
    """One report for each signature in the container."""
    reports: list[SignatureReport] = []
    for name in container.signatures:
        try:
            reports += await _reports(container, name, judge, at)
        except ValueError:
            reports.append(unreadable_signature(name))
    return reports


async def _reports(
    container: Container, name: str, judge: Judge, at: datetime
) -> list[SignatureReport]:
    data = container.files[name]
    if name.lower().endswith(".xml"):
        return await xml_reports(
            data,
            judge,
            at=at,
            resolve=lambda uri: container.files.get(unquote(uri)),
            must_cover=_names_as_written(data, container.documents),
        )
    over = _manifest_of(container, name)
    if over is None and len(container.documents) == 1:
        [only] = container.documents  # ASiC-S
        return await cms_reports(data, container.files[only], judge, at=at, name=name)
    if over is None:
        return [unreadable_signature(name)]
    reports = await cms_reports(data, container.files[over], judge, at=at, name=name)
    if _manifest_holds(container, over):
        return reports
    return [_spoiled(one) for one in reports]


def _names_as_written(xml: bytes, documents: frozenset[str]) -> frozenset[str]:
    """The files by the URIs that the signature uses for them (percent-encoded or not)."""
    written = {
        unquote(one.get("URI") or ""): one.get("URI") or ""
        for one in parsed(xml).iter(f"{DS}Reference")
    }
    return frozenset(written.get(name, name) for name in documents)


def _manifest_of(container: Container, signature: str) -> str | None:
    """The ASiCManifest that says what a CAdES signature is over."""
    for name, data in sorted(container.files.items()):
        if not (name.startswith("META-INF/") and "manifest" in name.lower()):
            continue
        if not name.endswith(".xml"):
            continue
        try:
            reference = parsed(data).find(f"{_ASIC}SigReference")
        except ValueError:
            continue
        if reference is not None and unquote(reference.get("URI") or "") == signature:
            return name
    return None


def _manifest_holds(container: Container, manifest: str) -> bool:
    """Is each file of the container in the manifest, with its digest?"""
    named = set()
    for one in parsed(container.files[manifest]).iter(f"{_ASIC}DataObjectReference"):
        name = unquote(one.get("URI") or "")
        method: etree._Element | None = one.find(f"{DS}DigestMethod")
        algorithm = _DIGESTS.get(method.get("Algorithm", "") if method is not None else "")
        data = container.files.get(name)
        if algorithm is None or data is None:
            return False
        if new_hash(algorithm, data).digest() != _base64(one.findtext(f"{DS}DigestValue")):
            return False
        named.add(name)
    return container.documents <= named


def _base64(text: str | None) -> bytes:
    return b64decode(text or "")


def _spoiled(report: SignatureReport) -> SignatureReport:
    """A signature whose manifest does not fit the files."""
    reasons = {*report.reasons, "byte-range"}
    return replace(
        report,
        integrity=Integrity.CHANGED,
        verdict=of_signature(Integrity.CHANGED, report.trust, reasons, proven=False),
        reasons=ordered(reasons),
    )
