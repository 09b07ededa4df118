"""Checking a timestamp token: inside a signature, or kept beside a file."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from asn1crypto import cms
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.validation.generic_cms import validate_sig_integrity

from signing.certificates import parse_roots
from signing.container import headers_sound
from signing.documents import FAULTS
from signing.errors import BadTimestamp
from signing.report import Trust
from signing.revocation import Knowledge
from signing.trust import TIME_STAMPER, Judge


def timestamp_time(token: bytes, data: bytes, *, trust_roots: Sequence[bytes]) -> datetime:
    """The time that a token of `signing.timestamp` proves for `data`, UTC.

    Raises BadTimestamp: damaged, over other data, or not by a service below `trust_roots`.
    """
    try:
        signed_data = cms.ContentInfo.load(token, strict=True)["content"]
        time = time_of(signed_data)
    except FAULTS as error:
        raise BadTimestamp("The timestamp cannot be read.") from error
    if not fits(signed_data, data):
        raise BadTimestamp("The timestamp is over other data, or damaged.")
    judge = Judge(parse_roots(trust_roots), offline=True)
    opinion = asyncio.run(
        judge.opinion(
            signed_data, None, at=datetime.now(UTC), usage=TIME_STAMPER, knowledge=Knowledge()
        )
    )
    if opinion.trust is not Trust.TRUSTED:
        raise BadTimestamp("The timestamp's service is not trusted.")
    return time


def fits(token: cms.SignedData, stamped: bytes) -> bool:
    """Is the token sound, and over these bytes?"""
    try:
        content = token["encap_content_info"]
        imprint = content["content"].parsed["message_imprint"]
        algorithm = imprint["hash_algorithm"]["algorithm"].native
        if imprint["hashed_message"].native != hashlib.new(algorithm, stamped).digest():
            return False
        signer = token["signer_infos"][0]
        name = signer["digest_algorithm"]["algorithm"].native
        intact, valid = validate_sig_integrity(
            signer,
            extract_certificate_info(token).signer_cert,
            "tst_info",
            hashlib.new(name, bytes(content["content"])).digest(),
        )
    except FAULTS:
        return False
    return intact and valid and headers_sound(token)


def time_of(token: cms.SignedData) -> datetime:
    """What the token says; believe it only of a trusted one that fits."""
    time: datetime = token["encap_content_info"]["content"].parsed["gen_time"].native
    return time
