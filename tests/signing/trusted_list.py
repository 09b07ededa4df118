"""A trusted list in the form of ETSI TS 119 612, for tests, signed by its own operator."""

import base64
import hashlib
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml import methods
from signxml.xades import XAdESSigner

_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_STATUS = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus"
CA, TSA = (f"http://uri.etsi.org/TrstSvc/Svctype/{one}" for one in ("CA/QC", "TSA/QTST"))


def service(
    certificate: x509.Certificate, kind: str, since: datetime, *, withdrawn: datetime | None = None
) -> str:
    """One service, granted since a day, perhaps withdrawn since another."""
    der = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
    identity = f"<ServiceDigitalIdentity><DigitalId><X509Certificate>{der}</X509Certificate>"
    identity += "</DigitalId></ServiceDigitalIdentity>"
    name = '<ServiceName><Name xml:lang="el">Δοκιμαστική υπηρεσία</Name></ServiceName>'

    def entry(status: str, start: datetime) -> str:
        return (
            f"<ServiceTypeIdentifier>{kind}</ServiceTypeIdentifier>{name}{identity}"
            f"<ServiceStatus>{_STATUS}/{status}</ServiceStatus>"
            f"<StatusStartingTime>{start:%Y-%m-%dT%H:%M:%SZ}</StatusStartingTime>"
        )

    now = entry("withdrawn", withdrawn) if withdrawn else entry("granted", since)
    before = (
        "<ServiceHistory><ServiceHistoryInstance>"
        f"{entry('granted', since)}</ServiceHistoryInstance></ServiceHistory>"
        if withdrawn
        else ""
    )
    return f"<TSPService><ServiceInformation>{now}</ServiceInformation>{before}</TSPService>"


def trusted_list(
    services: list[str],
    *,
    issued: datetime,
    next_update: datetime,
    key: rsa.RSAPrivateKey,
    certificate: x509.Certificate,
) -> bytes:
    """The list, signed (XAdES, enveloped)."""
    text = f"""<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#" Id="list">
    <SchemeInformation><TSLVersionIdentifier>5</TSLVersionIdentifier>
    <TSLSequenceNumber>7</TSLSequenceNumber>
    <SchemeTerritory>GR</SchemeTerritory>
    <ListIssueDateTime>{issued:%Y-%m-%dT%H:%M:%SZ}</ListIssueDateTime>
    <NextUpdate><dateTime>{next_update:%Y-%m-%dT%H:%M:%SZ}</dateTime></NextUpdate>
    </SchemeInformation>
    <TrustServiceProviderList><TrustServiceProvider><TSPInformation/>
    <TSPServices>{"".join(services)}</TSPServices></TrustServiceProvider>
    </TrustServiceProviderList></TrustServiceStatusList>"""
    signer = XAdESSigner(
        method=methods.enveloped, c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"
    )
    signed = signer.sign(etree.fromstring(text.encode()), key=key, cert=[certificate])
    return resealed(signed, key)


def resealed(signed: etree._Element, key: rsa.RSAPrivateKey) -> bytes:
    """The signature again, now that its parts stand in the document with its namespaces.

    signxml takes their digests before it puts them there.
    """
    information = signed.find(f".//{_DS}SignedInfo")
    for reference in information.iter(f"{_DS}Reference"):
        parts = signed.xpath("//*[@Id=$id]", id=(reference.get("URI") or "#").lstrip("#"))
        if parts and reference.find(f"{_DS}Transforms") is None:
            digest = hashlib.sha256(etree.tostring(parts[0], method="c14n")).digest()
            reference.find(f"{_DS}DigestValue").text = base64.b64encode(digest).decode()
    data = etree.tostring(information, method="c14n", exclusive=True)
    value = key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    signed.find(f".//{_DS}SignatureValue").text = base64.b64encode(value).decode()
    result: bytes = etree.tostring(signed)
    return result
