"""What the test PKI's server says: CRLs (RFC 5280), OCSP (RFC 6960), timestamps (RFC 3161)."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from signing.testpki.authority import Issuer

# Under the arc of UUIDs (X.667), which needs no registration.
_POLICY = "2.25.264211905734920173625374619283746152"
_FRESH = timedelta(days=7)
_HASHES = ("sha256", "sha384", "sha512")


def crl(issuer: Issuer, revoked: dict[int, datetime], *, now: datetime) -> bytes:
    """The authority's list of revoked certificates, DER."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(now)
        .next_update(now + _FRESH)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        .add_extension(_authority_key(issuer), critical=False)
    )
    for serial, at in revoked.items():
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at).build()
        )
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def ocsp_answer(
    request: bytes, issuer: Issuer, revoked: dict[int, datetime], *, now: datetime
) -> bytes:
    """The status of one certificate, DER. Raises ValueError for a request that does not parse."""
    asked = ocsp.load_der_ocsp_request(request)
    revoked_at = revoked.get(asked.serial_number)
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            issuer_name_hash=asked.issuer_name_hash,
            issuer_key_hash=asked.issuer_key_hash,
            serial_number=asked.serial_number,
            algorithm=asked.hash_algorithm,
            cert_status=ocsp.OCSPCertStatus.REVOKED if revoked_at else ocsp.OCSPCertStatus.GOOD,
            this_update=now,
            next_update=now + _FRESH,
            revocation_time=revoked_at,
            revocation_reason=None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, issuer.certificate)
    )
    for extension in asked.extensions:
        if isinstance(extension.value, x509.OCSPNonce):
            builder = builder.add_extension(extension.value, critical=False)
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


class TimeStampingService:
    """Signs tokens with a key that it keeps parsed; `clock` can be set back or forth in tests."""

    def __init__(
        self,
        signer: Issuer,
        chain: list[x509.Certificate],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._key = signer.key
        self._certificate = asn1_x509.Certificate.load(
            signer.certificate.public_bytes(Encoding.DER)
        )
        self._certificates = [self._certificate] + [
            asn1_x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in chain
        ]
        self._clock = clock

    def answer(self, request: bytes) -> bytes:
        """A TimeStampResp, DER; a refusal where the request is not a good one."""
        try:
            asked = tsp.TimeStampReq.load(request, strict=True)
            imprint = asked["message_imprint"]
            algorithm = imprint["hash_algorithm"]["algorithm"].native
            digest = imprint["hashed_message"].native
            fits = algorithm in _HASHES and len(digest) == hashlib.new(algorithm).digest_size
        except (ValueError, TypeError, KeyError):
            fits = False
        if not fits:
            return _refusal()
        token = self._token(asked)
        return bytes(
            tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump()
        )

    def _token(self, asked: tsp.TimeStampReq) -> cms.ContentInfo:
        nonce = {} if asked["nonce"].native is None else {"nonce": asked["nonce"]}
        info = tsp.TSTInfo(
            {
                "version": "v1",
                "policy": _POLICY,
                "message_imprint": asked["message_imprint"],
                "serial_number": secrets.randbits(63),
                "gen_time": self._clock().replace(microsecond=0),
                "accuracy": {"seconds": 1},
            }
            | nonce
        )
        content = {
            "content_type": "tst_info",
            "content": core.ParsableOctetString(info.dump()),
        }
        certificates = self._certificates if asked["cert_req"].native else []
        return cms.ContentInfo(
            {
                "content_type": "signed_data",
                "content": {
                    "version": "v3",
                    "digest_algorithms": [{"algorithm": "sha256"}],
                    "encap_content_info": content,
                    "certificates": certificates,
                    "signer_infos": [self._signer_info(info.dump())],
                },
            }
        )

    def _signer_info(self, signed: bytes) -> cms.SignerInfo:
        digest = hashlib.sha256(signed).digest()
        attributes = cms.CMSAttributes(
            [
                {"type": "content_type", "values": ["tst_info"]},
                {
                    "type": "signing_time",
                    "values": [cms.Time({"utc_time": self._clock()})],
                },
                {"type": "message_digest", "values": [digest]},
                {
                    "type": "signing_certificate_v2",
                    "values": [self._certificate_identity()],
                },
            ]
        )
        value = self._key.sign(attributes.dump(), padding.PKCS1v15(), hashes.SHA256())
        return cms.SignerInfo(
            {
                "version": "v1",
                "sid": {
                    "issuer_and_serial_number": {
                        "issuer": self._certificate.issuer,
                        "serial_number": self._certificate.serial_number,
                    }
                },
                "digest_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
                "signed_attrs": attributes,
                "signature_algorithm": {"algorithm": "sha256_rsa"},
                "signature": value,
            }
        )

    def _certificate_identity(self) -> tsp.SigningCertificateV2:
        # RFC 5816; validators refuse a token that does not name its certificate.
        digest = hashlib.sha256(self._certificate.dump()).digest()
        identity = {"hash_algorithm": {"algorithm": "sha256"}, "cert_hash": digest}
        return tsp.SigningCertificateV2({"certs": [identity]})


def _refusal() -> bytes:
    status = {
        "status": "rejection",
        "status_string": ["bad request"],
        "fail_info": {"bad_request"},
    }
    return bytes(_Refusal({"status": status}).dump())


class _Refusal(core.Sequence):  # type: ignore[misc]  # asn1crypto is untyped
    """A TimeStampResp without a token (optional in RFC 3161, but not in asn1crypto's class)."""

    _fields = [("status", tsp.PKIStatusInfo)]  # noqa: RUF012  # as asn1crypto wants it


def _authority_key(issuer: Issuer) -> x509.AuthorityKeyIdentifier:
    identifier = issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier.value)
