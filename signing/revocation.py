"""Revocation data: what a file brings along, what it says, and fetching what it lacks.

certvalidator checks signatures and responders of OCSP answers and CRLs. Which of them counts for a
given time is chosen here, because it forgets two things: an answer "revoked" stays true when it is
out of date, and an answer newer than the signature is the best there is.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from asn1crypto import crl, ocsp, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import find_unique_cms_attribute
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko_certvalidator.errors import CRLValidationError, OCSPValidationError
from pyhanko_certvalidator.path import ValidationPath

from signing.documents import FAULTS
from signing.fetching import fetchers

_TOLERANCE = timedelta(minutes=5)  # clocks differ
_WITHOUT_NEXT_UPDATE = timedelta(days=1)
_SECONDS_PER_REQUEST = 5


@dataclass(frozen=True)
class Knowledge:
    """Certificates and revocation data at hand. Nothing of it is believed unchecked."""

    certificates: tuple[x509.Certificate, ...] = ()
    crls: tuple[crl.CertificateList, ...] = ()
    ocsps: tuple[ocsp.OCSPResponse, ...] = ()
    broken: bool = field(default=False)

    def __add__(self, other: "Knowledge") -> "Knowledge":
        return Knowledge(
            self.certificates + other.certificates,
            self.crls + other.crls,
            self.ocsps + other.ocsps,
            self.broken or other.broken,
        )

    def saying_revoked(self, serials: set[int]) -> "Knowledge":
        """Only what lists one of these certificates as revoked."""
        return Knowledge(
            self.certificates,
            tuple(one for one in self.crls if serials & _listed(one)),
            tuple(
                one
                for one in self.ocsps
                if any(
                    _serial(single) in serials and single["cert_status"].name == "revoked"
                    for single in _responses(one)
                )
            ),
        )

    def fit_for(self, at: datetime) -> "Knowledge":
        """Only what can tell the status at that time: current then, or newer."""
        return Knowledge(
            self.certificates,
            tuple(one for one in self.crls if _fits(one["tbs_cert_list"], at)),
            tuple(one for one in self.ocsps if all(_fits(part, at) for part in _responses(one))),
        )

    def made_since(self, at: datetime) -> "Knowledge":
        """Only what was made at that time or later."""
        return Knowledge(
            self.certificates,
            tuple(one for one in self.crls if _made(one["tbs_cert_list"]) >= at - _TOLERANCE),
            tuple(
                one
                for one in self.ocsps
                if all(_made(part) >= at - _TOLERANCE for part in _responses(one))
            ),
        )

    def covers(self, certificate: x509.Certificate) -> bool:
        """Is the certificate here, with something on its status?"""
        if all(certificate.sha256 != known.sha256 for known in self.certificates):
            return False
        answered = {_serial(single) for one in self.ocsps for single in _responses(one)}
        issuers = {one.issuer.hashable for one in self.crls}
        return certificate.serial_number in answered or certificate.issuer.hashable in issuers

    @property
    def latest_update(self) -> datetime | None:
        """When the newest of the data was made."""
        updates = [one["tbs_cert_list"]["this_update"].native for one in self.crls]
        updates += [part["this_update"].native for one in self.ocsps for part in _responses(one)]
        return max(updates, default=None)


def stored(reader: PdfFileReader) -> Knowledge:
    """The document security store (ETSI EN 319 142-1, 5.4.2)."""
    try:
        store = DocumentSecurityStore.read_dss(reader)
        return Knowledge(
            tuple(store.load_certs()),
            tuple(crl.CertificateList.load(_data(one)) for one in store.crls),
            tuple(ocsp.OCSPResponse.load(_data(one)) for one in store.ocsps),
        )
    except NoDSSFoundError:
        return Knowledge()
    except FAULTS:
        return Knowledge(broken=True)


def within(signature: EmbeddedPdfSignature) -> Knowledge:
    """What Adobe's own format keeps inside the signature (ISO 32000-2, 12.8.3.3.2)."""
    try:
        archive = find_unique_cms_attribute(
            signature.signer_info["signed_attrs"], "adobe_revocation_info_archival"
        )
        return Knowledge(crls=tuple(archive["crl"] or ()), ocsps=tuple(archive["ocsp"] or ()))
    except (LookupError, ValueError, TypeError):
        return Knowledge()


async def fetched(path: ValidationPath) -> Knowledge:
    """Ask the authorities of a chain that ends in a configured root: no stranger names a URL."""
    answers: list[ocsp.OCSPResponse] = []
    lists: list[crl.CertificateList] = []
    async with fetchers(seconds=_SECONDS_PER_REQUEST) as sources:
        for certificate in path.iter_certs(include_root=False):
            try:
                authority = path.find_issuing_authority(certificate)
                answers.append(await sources.ocsp_fetcher.fetch(certificate, authority))
            except (OCSPValidationError, LookupError, OSError, ValueError):
                pass  # no OCSP, or out of order: the list may serve
            else:
                continue
            with suppress(CRLValidationError, OSError, ValueError):  # then it stays unchecked
                lists += await sources.crl_fetcher.fetch(certificate)
    return Knowledge(crls=tuple(lists), ocsps=tuple(answers))


def _data(reference: generic.IndirectObject) -> bytes:
    data: bytes = reference.get_object().data
    return data


def _responses(answer: ocsp.OCSPResponse) -> Sequence[ocsp.SingleResponse]:
    try:
        return list(answer.response_data["responses"])
    except (ValueError, TypeError, AttributeError):
        return []  # an answer without content, such as "try later"


def _serial(single: ocsp.SingleResponse) -> int:
    return int(single["cert_id"]["serial_number"].native)


def _listed(revoked: crl.CertificateList) -> set[int]:
    entries = revoked["tbs_cert_list"]["revoked_certificates"]
    return {int(entry["user_certificate"].native) for entry in entries or ()}


def _made(part: crl.TbsCertList | ocsp.SingleResponse) -> datetime:
    made: datetime = part["this_update"].native
    return made


def _fits(part: crl.TbsCertList | ocsp.SingleResponse, at: datetime) -> bool:
    made, until = part["this_update"].native, part["next_update"].native
    until = until or made + _WITHOUT_NEXT_UPDATE
    return bool(made >= at - _TOLERANCE or made <= at <= until + _TOLERANCE)
