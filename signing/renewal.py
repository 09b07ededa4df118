"""When the archive timestamp must be renewed, renewing it, and whether it will hold until then.

ETSI EN 319 142-1, 5.5: each timestamp protects what is before it, until its own certificate
expires or its algorithms weaken; before that, a new one takes over.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter

from signing.algorithms import HORIZON, digest_until, key_until
from signing.certificates import certificates_in
from signing.documents import open_reader, pyhanko_errors
from signing.errors import BadDocument
from signing.longterm import complete
from signing.report import Report, Verdict
from signing.validation import validate


@dataclass(frozen=True)
class Outlook:
    """What a verifier will say at a time to come, with nothing but the file and the roots.

    `report` is the verdict as of then; `renew_before` is when the protection ends at the latest.
    """

    holds: bool
    at: datetime
    renew_before: datetime
    report: Report


def renewal_due(pdf: bytes) -> datetime:
    """When the document needs its next archive timestamp at the latest, UTC.

    The earliest of: expiry of any certificate in the chain of what protects the document now,
    sunset of an algorithm used there, and three years after it was made. What protects it is the
    last document timestamp, and every signature that was made after it. Leave a margin: services
    fail, and a timestamp made on the last day proves little.

    Raises BadDocument where there is no signature to protect.
    """
    with pyhanko_errors():
        signatures = list(open_reader(pdf).embedded_signatures)
        if not signatures:
            raise BadDocument("The document bears no signature, so nothing is to be renewed.")
        last = max(
            (index for index, one in enumerate(signatures) if _is_timestamp(one)),
            default=0,
        )
        return min(limit for one in signatures[last:] for limit in _limits(one))


def renew(
    pdf: bytes,
    *,
    trust_roots: Sequence[bytes],
    tsa_urls: Sequence[str],
    tsa_timeout: float = 10,
    at: datetime | None = None,
) -> bytes:
    """One more archive timestamp, over fresh data on the one before; about 10 KB more.

    `at` is the moment for which data is gathered (now), for rehearsals of the future.
    Raises BadDocument where there is nothing to renew, TsaUnavailable, RevocationUnavailable.
    """
    renewal_due(pdf)  # raises where there is no signature
    return complete(
        pdf,
        trust_roots=trust_roots,
        tsa_urls=tsa_urls,
        tsa_timeout=tsa_timeout,
        level="B-LTA",
        refresh=True,
        at=at,
    )


def will_hold(pdf: bytes, at: datetime, *, trust_roots: Sequence[bytes]) -> Outlook:
    """Rehearse a validation at `at`, offline: with the file and the roots, and nothing else.

    To be asked right after signing: what is missing in the file can be had today, not in ten
    years. It holds where the verdict is valid and no limit of `renewal_due` is passed by then.
    """
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    report = validate(pdf, trust_roots=trust_roots, at=at, offline=True)
    limit = renewal_due(pdf)
    holds = report.verdict in (Verdict.VALID, Verdict.VALID_BUT) and at < limit
    return Outlook(holds=holds, at=at, renew_before=limit, report=report)


def _is_timestamp(signature: EmbeddedPdfSignature) -> bool:
    return bool(signature.sig_object_type == "/DocTimeStamp")


def _limits(signature: EmbeddedPdfSignature) -> list[datetime]:
    """The dates on which one of the things a signature rests on ends."""
    chain = list(certificates_in(signature))
    # The holder's own certificate is among them, or the signature could not have been read.
    limits = [certificate.not_valid_after for certificate in chain]
    limits += _dates(key_until(certificate) for certificate in chain)
    limits += _dates([digest_until(signature.md_algorithm)])
    made = signature.self_reported_timestamp
    if _is_timestamp(signature):
        made = signature.signed_data["encap_content_info"]["content"].parsed["gen_time"].native
    for token in extract_tst_data_iter(signature.signer_info, signed=False):
        content = token["encap_content_info"]["content"].parsed
        made = content["gen_time"].native
        imprint = content["message_imprint"]["hash_algorithm"]["algorithm"].native
        limits += _dates([digest_until(imprint)])
    return limits + _dates([made + HORIZON if made else None])


def _dates(values: Iterable[datetime | None]) -> list[datetime]:
    return [value for value in values if value is not None]
