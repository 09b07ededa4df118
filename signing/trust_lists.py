"""Trusted lists (ETSI TS 119 612) as files: whom a Member State has qualified, and since when.

Nothing is fetched: an administrator puts the list of the country beside the installation, with the
certificates of its operator (TLSO), which the European list of lists names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from asn1crypto import pem, x509
from lxml import etree  # type: ignore[import-untyped]
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.qualified.eutl_parse import (
    _validate_and_extract_tl_data_multiple_certs,
    trust_list_to_registry_unsafe,
)
from pyhanko.sign.validation.qualified.tsp import QualifiedServiceInformation, TSPRegistry

from signing.certificates import parse_roots
from signing.documents import FAULTS
from signing.errors import SigningError

_TL = "{http://uri.etsi.org/02231/v2#}"


class BadTrustList(SigningError):
    """The list is damaged, out of date, or not signed by the operator that was named."""


class ServiceKind(StrEnum):
    """What a listed service is trusted for."""

    CERTIFICATES = "certificates"  # CA/QC
    TIME = "time"  # QTST


@dataclass(frozen=True)
class ListedService:
    """One certificate, relied on for one thing, from a day on, and until one where withdrawn."""

    certificate: bytes  # DER
    kind: ServiceKind
    name: str
    granted_from: datetime
    granted_until: datetime | None


@dataclass(frozen=True)
class TrustList:
    """What a signed list says. `next_update` is when a newer one should be there."""

    territory: str
    sequence: int
    issued_at: datetime
    next_update: datetime | None
    services: tuple[ListedService, ...]

    def roots(self, *, at: datetime | None = None, kind: ServiceKind | None = None) -> list[bytes]:
        """Certificates (PEM) to trust at a time (now), for `trust_roots` of `validate`."""
        moment = at or datetime.now(UTC)
        found = {
            one.certificate
            for one in self.services
            if (kind is None or one.kind is kind)
            and one.granted_from <= moment
            and (one.granted_until is None or moment <= one.granted_until)
        }
        return [pem.armor("CERTIFICATE", der) for der in sorted(found)]


def read_trust_list(
    xml: bytes, *, operators: Sequence[bytes], at: datetime | None = None
) -> TrustList:
    """A list, once its signature by one of the operators' certificates (PEM or DER) is checked.

    Raises BadTrustList; also where the list was due to be replaced before `at` (now).
    """
    signers = parse_roots(operators)
    if not signers:
        raise BadTrustList("Without a certificate of its operator a trusted list proves nothing.")
    try:
        # Two steps, so that what is read is what was signed, and nothing wrapped around it.
        signed = _validate_and_extract_tl_data_multiple_certs(xml.decode("utf-8"), signers, None)
        registry, _ = trust_list_to_registry_unsafe(signed)
        found = _described(signed.encode(), tuple(_services(registry)))
    except SignatureValidationError as error:
        raise BadTrustList("The trusted list is not signed by the operator named.") from error
    except (*FAULTS, etree.LxmlError) as error:
        raise BadTrustList("The trusted list cannot be read.") from error
    moment = at or datetime.now(UTC)
    if found.next_update is not None and moment > found.next_update:
        raise BadTrustList(f"The trusted list was to be replaced by {found.next_update:%Y-%m-%d}.")
    return found


def _described(xml: bytes, services: tuple[ListedService, ...]) -> TrustList:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    information = etree.fromstring(xml, parser=parser).find(f"{_TL}SchemeInformation")
    if information is None:
        raise ValueError("no SchemeInformation")
    following = information.findtext(f"{_TL}NextUpdate/{_TL}dateTime")
    return TrustList(
        territory=information.findtext(f"{_TL}SchemeTerritory") or "",
        sequence=int(information.findtext(f"{_TL}TSLSequenceNumber") or 0),
        issued_at=_moment(information.findtext(f"{_TL}ListIssueDateTime")),
        next_update=_moment(following) if following else None,
        services=services,
    )


def _moment(text: str | None) -> datetime:
    moment = datetime.fromisoformat((text or "").strip().replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _services(registry: TSPRegistry) -> list[ListedService]:
    kinds = (
        (ServiceKind.CERTIFICATES, registry.known_certificate_authorities),
        (ServiceKind.TIME, registry.known_timestamp_authorities),
    )
    found: dict[ListedService, None] = {}
    for kind, authorities in kinds:
        for authority in authorities:
            for service in registry.applicable_service_definitions(authority, None):
                for certificate in service.base_info.provider_certs:
                    found[_listed(service, certificate, kind)] = None
    return sorted(found, key=lambda one: (one.name, one.granted_from, one.certificate))


def _listed(
    service: QualifiedServiceInformation, certificate: x509.Certificate, kind: ServiceKind
) -> ListedService:
    information = service.base_info
    return ListedService(
        certificate=certificate.dump(),
        kind=kind,
        name=information.service_name,
        granted_from=information.valid_from,
        granted_until=information.valid_until,
    )
