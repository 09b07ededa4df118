"""The verdict on a file: every fact that speaks against it counts, none is outvoted.

`valid` only where integrity, coverage, kind of later changes, form fields, trailing bytes, trust,
revocation and time all hold. No single answer of pyHanko is enough (measured: its long-term
validation and its ETSI report both pass a document whose pages were exchanged after signing).
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from signing import evidence, revocation
from signing.certificates import parse_roots
from signing.report import Integrity, Kind, Report, SignatureReport, Trust
from signing.signers import Circumstances, signature_report, timestamp_report
from signing.trust import Judge
from signing.verdicts import of_document, unreadable

for _name in ("pyhanko", "pyhanko_certvalidator"):
    # They log a traceback for every signature that does not hold: here an ordinary answer.
    logging.getLogger(_name).setLevel(logging.CRITICAL)


def validate(
    pdf: bytes,
    *,
    trust_roots: Sequence[bytes] = (),
    at: datetime | None = None,
    offline: bool = True,
) -> Report:
    """An answer for every file; never raises for a bad one.

    `trust_roots` are PEM or DER. `at` is the moment to judge for (now; UTC where it names no zone).
    Offline, only the file's own revocation data counts; online, also the OCSP and CRL services of
    authorities below the given roots are asked, never an address that a stranger chose.

    A hostile file can take long and much memory: use `validate_limited` for strangers' files.
    Raises SigningError only for roots that are no certificates.
    """
    roots = parse_roots(trust_roots)
    now = at or datetime.now(UTC)
    now = now if now.tzinfo else now.replace(tzinfo=UTC)
    if b"%PDF-" not in pdf[:1024]:
        return unreadable("not-a-pdf")
    try:
        return asyncio.run(_judged(pdf, Judge(roots, offline=offline), now))
    except MemoryError:
        return unreadable("too-large")
    except Exception:
        # The border to pyHanko for strangers' files: it raises bare exceptions of many kinds on
        # malformed ones, and a public page must have an answer for each.
        return unreadable("damaged")


async def _judged(pdf: bytes, judge: Judge, now: datetime) -> Report:
    reader, signatures = evidence.read(pdf)
    if reader.encrypted and not signatures:
        return unreadable("encrypted")
    # From the last to the first: a trusted document timestamp proves that all before it existed
    # at its time, so what has expired since may still be judged.
    circumstances = Circumstances(judge, revocation.stored(reader), at=now)
    answers: list[SignatureReport] = []
    for one in reversed(signatures):
        if one.kind is Kind.TIMESTAMP:
            answer = await timestamp_report(one, circumstances)
            if answer.integrity is Integrity.INTACT:
                trusted = answer.trust is Trust.TRUSTED
                circumstances = circumstances.after(answer.time if trusted else None)
        else:
            answer = await signature_report(one, circumstances)
        answers.append(answer)
    return of_document(tuple(reversed(answers)))
