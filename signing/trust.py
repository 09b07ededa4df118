"""Does a certificate lead to a configured root, at the time that counts, and was it revoked?

Path building and the checks of revocation data are certvalidator's; which time and which data
count is decided here. pyHanko's own long-term validation fails on sound files with several signers
of one authority once their OCSP answers are past `nextUpdate`, so each certificate is validated at
the time that a trusted timestamp proves (the idea of ETSI EN 319 102-1, 5.6.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import cms, x509
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.validation.generic_cms import (
    CertvalidatorOperationResult,
    cms_basic_validation,
    validate_cert_usage,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    FreshnessReqType,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)

from signing.report import Trust
from signing.revocation import Knowledge, fetched

SIGNER = KeyUsageConstraints(key_usage={"non_repudiation", "digital_signature"})
TIME_STAMPER = KeyUsageConstraints(extd_key_usage={"time_stamping"})

_PROBLEMS = {
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE: "weak-algorithm",
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: "weak-algorithm",
    AdESIndeterminate.CHAIN_CONSTRAINTS_FAILURE: "key-usage",
    AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND: "unknown-issuer",
    AdESIndeterminate.OUT_OF_BOUNDS_NO_POE: "expired",
}


@dataclass(frozen=True)
class Opinion:
    """What is known of one signer at a time."""

    trust: Trust
    reasons: frozenset[str] = frozenset()


class Judge:
    """Gives opinions on signers, with one set of roots."""

    def __init__(self, roots: Sequence[x509.Certificate], *, offline: bool) -> None:
        self.roots = list(roots)  # an empty list trusts nobody; None would trust the machine's
        self._offline = offline

    async def opinion(
        self,
        signed_data: cms.SignedData,
        digest: bytes | None,
        *,
        at: datetime,
        usage: KeyUsageConstraints,
        knowledge: Knowledge,
        used_at: datetime | None = None,
    ) -> Opinion:
        """Trust in the signer as of `at`; `digest` is None where the content is inside (tokens).

        A time-stamping service is asked for long after its token: that its certificate was good
        when `used_at` is enough, unless a revocation is known. Else an archive timestamp would be
        in doubt from the week after it was made.
        """
        certificates = extract_certificate_info(signed_data)
        knowledge += Knowledge(certificates=tuple(certificates.other_certs))
        certificate = certificates.signer_cert
        status = await cms_basic_validation(
            signed_data,
            raw_digest=digest,
            validation_context=self._context(at, knowledge, RevocationCheckingRule.NO_CHECK),
            key_usage_settings=usage,
        )
        problem, path = status["trust_problem_indic"], status["validation_path"]
        if problem is not None or path is None:
            return _refusal(problem, certificate, at, horizon=status["error_time_horizon"])
        return await self._settled(
            certificate, path, at=at, usage=usage, knowledge=knowledge, used_at=used_at
        )

    async def certificate_opinion(
        self,
        certificate: x509.Certificate,
        *,
        at: datetime,
        usage: KeyUsageConstraints,
        knowledge: Knowledge,
    ) -> Opinion:
        """As `opinion`, for a signature that is no CMS and has been checked already."""
        context = self._context(at, knowledge, RevocationCheckingRule.NO_CHECK)
        result = await _validated(certificate, context, usage)
        path = result.success_result
        if result.error_subindic is not None or path is None:
            horizon = result.error_time_horizon
            return _refusal(result.error_subindic, certificate, at, horizon=horizon)
        return await self._settled(certificate, path, at=at, usage=usage, knowledge=knowledge)

    async def _settled(
        self,
        certificate: x509.Certificate,
        path: ValidationPath,
        *,
        at: datetime,
        usage: KeyUsageConstraints,
        knowledge: Knowledge,
        used_at: datetime | None = None,
    ) -> Opinion:
        """The opinion on a certificate that leads to a root: was it revoked?"""
        if not self._offline:
            knowledge += await fetched(path)
        if await self._revoked(certificate, path, at=at, usage=usage, knowledge=knowledge):
            return Opinion(Trust.REVOKED, frozenset({"revoked"}))
        if await self._known_good(certificate, at=used_at or at, usage=usage, knowledge=knowledge):
            return Opinion(Trust.TRUSTED)
        return Opinion(Trust.TRUSTED, frozenset({"revocation-unchecked"}))

    async def _revoked(
        self,
        certificate: x509.Certificate,
        path: ValidationPath,
        *,
        at: datetime,
        usage: KeyUsageConstraints,
        knowledge: Knowledge,
    ) -> bool:
        serials = {one.serial_number for one in path.iter_certs(include_root=False)}
        against = knowledge.saying_revoked(serials)
        if not against.crls and not against.ocsps:
            return False
        rule = RevocationCheckingRule.CHECK_IF_DECLARED_SOFT
        result = await _validated(certificate, self._context(at, against, rule), usage)
        return result.revo_details is not None

    async def _known_good(
        self,
        certificate: x509.Certificate,
        *,
        at: datetime,
        usage: KeyUsageConstraints,
        knowledge: Knowledge,
    ) -> bool:
        """Does each certificate that names a source for its status have a good one for `at`?

        Tried also as of the newest data, since an OCSP responder's certificate may be younger
        than the signature: not revoked then means not revoked before.
        """
        fit = knowledge.fit_for(at)
        rule = RevocationCheckingRule.CHECK_IF_DECLARED
        for moment in dict.fromkeys((at, fit.latest_update or at)):
            result = await _validated(certificate, self._context(moment, fit, rule), usage)
            if result.error_subindic is None:
                return True
        return False

    def _context(
        self, at: datetime, knowledge: Knowledge, rule: RevocationCheckingRule
    ) -> ValidationContext:
        return ValidationContext(
            trust_roots=self.roots,
            other_certs=knowledge.certificates,
            crls=knowledge.crls,
            ocsps=knowledge.ocsps,
            moment=at,
            best_signature_time=at,
            revinfo_policy=CertRevTrustPolicy(
                RevocationCheckingPolicy(rule, rule),
                # What is too old has been left out before, in signing.revocation.
                freshness=timedelta(days=36500),
                freshness_req_type=FreshnessReqType.MAX_DIFF_REVOCATION_VALIDATION,
            ),
        )


async def _validated(
    certificate: x509.Certificate,
    context: ValidationContext,
    usage: KeyUsageConstraints,
) -> CertvalidatorOperationResult[ValidationPath]:
    paths = context.path_builder.async_build_paths_lazy(certificate)
    return await validate_cert_usage(certificate, context, key_usage_settings=usage, paths=paths)


def _unknown(*reasons: str) -> Opinion:
    return Opinion(Trust.UNKNOWN, frozenset(reasons))


def _refusal(
    problem: object,
    certificate: x509.Certificate,
    at: datetime,
    *,
    horizon: datetime | None,
) -> Opinion:
    if certificate.not_valid_before > at:
        return _unknown("not-yet-valid")
    reason = _PROBLEMS.get(problem, "chain-invalid")  # type: ignore[call-overload]
    # An authority's certificate that has expired comes as a general failure with its date.
    if reason == "expired" or (reason == "chain-invalid" and horizon and horizon < at):
        return Opinion(Trust.EXPIRED, frozenset({"expired"}))
    return _unknown(reason)
