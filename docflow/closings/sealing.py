"""The body's seal and time-stamp on a closing, with the data that keeps it verifiable for years."""

import logging
from dataclasses import dataclass

import signing
from docflow import clock, printing, registry
from docflow.office import Office

log = logging.getLogger(__name__)
_SEAL, _SIGNATURE = "Seal", "Signature"


@dataclass(frozen=True, slots=True)
class Signature:
    """The personal signature of who closes, where he has a key; in `box`."""

    key: "signing.SigningKey"  # the annotation is text: naming the class would load pyHanko
    box: printing.Box
    name: str
    capacity: str


def sealed(
    office: Office,
    pdf: bytes,
    box: printing.Box,
    *,
    body_id: int,
    name: str,
    capacity: str,
    reason: str,
    signature: Signature | None = None,
) -> bytes:
    """The PDF with the visible seal in `box`, level B-LT, or B-T where no revocation data comes.

    A personal signature goes before the seal, which closes the document. Never without a
    time-stamp. Raises signing.SigningError, printing.PrintingError.
    """
    settings = office.settings
    key = registry.seal_key(office, body_id)
    fields = [_field(_SEAL, box, lock=True)]
    if signature is not None:
        fields.insert(0, _field(_SIGNATURE, signature.box))
    pdf = signing.prepare(pdf, fields)
    if signature is not None:
        drawn = _drawn(office, signature.key, signature.box, signature.name, signature.capacity)
        pdf = _signed(office, pdf, signature.key, _SIGNATURE, drawn, reason)
    drawn = _drawn(office, key, box, name, capacity, title="ΗΛΕΚΤΡΟΝΙΚΗ ΣΦΡΑΓΙΔΑ")
    pdf = _signed(office, pdf, key, _SEAL, drawn, reason, lock=True)
    if settings.trust_roots is None:
        return pdf
    try:
        return signing.complete(pdf, trust_roots=[settings.trust_roots.read_bytes()])
    except (signing.RevocationUnavailable, OSError) as error:
        # The time-stamp proves the moment; the evidence can still be added later.
        log.warning("a closing stays at level B-T: %s", error)
        return pdf


def _field(name: str, box: printing.Box, *, lock: bool = False) -> "signing.Field":
    return signing.Field(name, box.page + 1, (box.x0, box.y0, box.x1, box.y1), lock=lock)


def _signed(
    office: Office,
    pdf: bytes,
    key: "signing.SigningKey",
    field: str,
    stamp: bytes,
    reason: str,
    *,
    lock: bool = False,
) -> bytes:
    return signing.sign(
        pdf,
        key,
        field=field,
        stamp=stamp,
        reason=reason,
        tsa_urls=office.settings.tsa_urls,
        tsa_timeout=office.settings.tsa_timeout,
        level="B-T",
        lock=lock,
    )


def _drawn(
    office: Office,
    key: "signing.SigningKey",
    box: printing.Box,
    name: str,
    capacity: str,
    *,
    title: str = "",
) -> bytes:
    data = printing.StampData(
        title=title,
        name=name,
        capacity=capacity,
        at=clock.local(clock.now(), office.settings.zone),
        is_test="TEST" in key.issuer_name,
    )
    return printing.stamp(data, width=box.x1 - box.x0, height=box.y1 - box.y0)
