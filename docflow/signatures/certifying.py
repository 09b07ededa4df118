"""A copy on paper and sealed: the statement, the pages, who signed what is copied, the body's seal.

What it may say, and the log of it, is the matter of `copies`.
"""

from dataclasses import replace

import signing
from docflow import clock, documents, printing
from docflow.errors import Conflict, Unavailable
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.signatures import seals, stamps, validating
from docflow.signatures.hand import Made
from docflow.verdicts import word

SEAL = "Seal"


class NotCopyable(Conflict):
    """There is no sound PDF to make a copy of."""


class SealMissing(Unavailable):
    """The body's seal cannot be used now."""


def made(
    office: Office,
    source: str,
    data: printing.CertifiedData,
    style: stamps.Style,
    by: Principal,
) -> Made:
    """The sealed copy of these bytes. Raises NotCopyable, SealMissing."""
    original = documents.read_bytes(office, source)
    data = replace(data, signers=_signers(office, original, by.body_id))
    try:
        printed = printing.certified_copy(original, data)
        box = printed.boxes["seal"]
        return seals.sealed(
            office,
            printed.pdf,
            body_id=by.body_id,
            style=style,
            field=SEAL,
            box=[box.page + 1, box.x0, box.y0, box.x1, box.y1],
            name=data.issuer.name,
            capacity=f"{by.full_name} · {by.title}".strip(" ·"),
            reason="Ακριβές αντίγραφο",
            url=data.verification_url,
        )
    except printing.PrintingError as error:
        raise NotCopyable(t("No copy can be made of this PDF: it is locked or damaged.")) from error
    except signing.SigningError as error:
        raise SealMissing(
            t("The copy cannot be sealed now: {why} Nothing was issued.", why=str(error))
        ) from error


def _signers(office: Office, pdf: bytes, body_id: int) -> tuple[str, ...]:
    """Who signed what is copied, when, and whether it holds today.

    Raises NotCopyable where a signature does not: nobody certifies a document that was changed.
    """
    report = validating.check(office, pdf, body_id=body_id)
    persons = [one for one in report.signatures if one.kind != "timestamp"]
    if persons and report.verdict == "invalid":
        raise NotCopyable(
            t("The signatures of this file do not hold: no exact copy of it is issued.")
        )
    said = []
    for one in persons:
        at = clock.local(one.time, office.settings.zone) if one.time else None
        when = f", {at:%d/%m/%Y %H:%M}" if at else ""
        said.append(f"{one.signer or '–'}{when}: {word(one.verdict).in_language('el')}")
    return tuple(said)
