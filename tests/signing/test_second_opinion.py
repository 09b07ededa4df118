"""What we sign, pyHanko's own validation accepts too, with only the root given."""

import asyncio
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation.ades import (
    ades_lta_validation,
    simulate_future_ades_lta_validation,
)
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from signing.certificates import parse_roots
from tests.signing.conftest import Office
from tests.signing.documents import letter


def policy(office: Office) -> PdfSignatureValidationSpec:
    """Revocation data required, none fetched."""
    return PdfSignatureValidationSpec(
        SignatureValidationSpec(
            cert_validation_policy=CertValidationPolicySpec(
                trust_manager=SimpleTrustManager.build(trust_roots=parse_roots(office.roots)),
                revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
            ),
            revinfo_gathering_policy=RevocationInfoGatheringSpec(
                online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY,
                certificate_fetching_rule=CertificateFetchingRule.NEVER_FETCH,
            ),
        )
    )


def test_three_signers_pass(office: Office, chain: bytes) -> None:
    for signature in PdfFileReader(BytesIO(chain)).embedded_regular_signatures:
        result = asyncio.run(ades_lta_validation(signature, policy(office)))
        assert result.ades_subindic is AdESPassed.OK
        assert result.api_status
        assert result.api_status.bottom_line


@pytest.mark.parametrize("years", [1, 10])
def test_a_lasting_signature_passes_later(office: Office, years: int) -> None:
    [signature] = PdfFileReader(
        BytesIO(office.signed(letter(), level="B-LTA"))
    ).embedded_regular_signatures
    later = datetime.now(UTC) + timedelta(days=365 * years)
    result = asyncio.run(
        simulate_future_ades_lta_validation(signature, policy(office), future_validation_time=later)
    )
    assert result.ades_subindic is AdESPassed.OK
