"""The body's seal on its documents, and all proofs that a signed document is given at once."""

from collections.abc import Sequence

import signing
from docflow import printing, registry
from docflow.office import Office
from docflow.signatures import stamps, trust
from docflow.signatures.hand import Made, Order, in_own_words
from docflow.signatures.models import LEVELS, Level

TITLE = "ΗΛΕΚΤΡΟΝΙΚΗ ΣΦΡΑΓΙΔΑ"


def wanted_level(office: Office, roots: Sequence[bytes]) -> Level:
    """What documents are brought to: less than the settings ask where these lack what it needs."""
    if not office.settings.tsa_urls:
        return Level.B_B
    return Level(office.settings.signature_level) if roots else Level.B_T


def sealed(
    office: Office,
    pdf: bytes,
    *,
    body_id: int,
    style: stamps.Style,
    field: str,
    box: Sequence[float],
    name: str,
    capacity: str,
    reason: str,
    url: str = "",
) -> Made:
    """The document closed by the body's seal, as high as services answer.

    Without any time-stamping service it is sealed now, and its proof of time is pending.
    Raises signing.SigningError (the seal's key, the document), printing.PrintingError.
    """
    key = registry.seal_key(office, body_id)
    roots = trust.roots(office, body_id)
    page, *place = box
    stamp = stamps.drawn(
        office.settings,
        style,
        stamps.Facts(
            box=box,
            name=name,
            capacity=capacity,
            certificate=key.subject_name,
            issuer=key.issuer_name,
            title=TITLE,
            reason=reason,
            url=url,
        ),
    )
    x0, y0, x1, y1 = place
    prepared = signing.prepare(pdf, [signing.Field(field, int(page), (x0, y0, x1, y1), lock=True)])
    wanted = wanted_level(office, roots)
    signed = signing.sign_or_defer(
        prepared,
        key,
        field=field,
        stamp=stamp,
        reason=reason,
        tsa_urls=office.settings.tsa_urls,
        tsa_timeout=office.settings.tsa_timeout,
        level=wanted.value,
        trust_roots=roots,
        lock=True,
        allow_fetching=wanted in (Level.B_LT, Level.B_LTA),
    )
    return _made(signed, key.subject_name)


def put(
    office: Office,
    pdf: bytes,
    key: "signing.SigningKey",  # as text: naming the class would load pyHanko
    style: stamps.Style,
    order: Order,
) -> Made:
    """The seal in a field that others sign after: B-T, or B-B where no service answers.

    Raises CannotSign.
    """
    settings = office.settings
    facts = stamps.Facts(
        box=order.box,
        name=order.name,
        capacity=order.capacity,
        certificate=key.subject_name,
        issuer=key.issuer_name,
        title=TITLE,
        note=order.note,
    )
    try:
        signed = signing.sign_or_defer(
            pdf,
            key,
            field=order.field,
            stamp=stamps.drawn(settings, style, facts),
            reason=order.reason or None,
            tsa_urls=settings.tsa_urls,
            tsa_timeout=settings.tsa_timeout,
            level="B-T" if settings.tsa_urls else "B-B",
        )
    except (signing.SigningError, printing.PrintingError) as error:
        raise in_own_words(error) from error
    return _made(signed, key.subject_name)


def completed(office: Office, pdf: bytes, *, body_id: int, level: Level, by: str = "") -> Made:
    """A document that persons signed, with all proofs that services give now.

    `level` is what it has: B-B where one of its signatures has no proof of time yet.
    Raises signing.SigningError for what is not the fault of a service.
    """
    wanted = wanted_level(office, trust.roots(office, body_id))
    return raised(
        office,
        pdf,
        body_id=body_id,
        level=level,
        wanted=max(level, wanted, key=LEVELS.index),
        by=by,
    )


def raised(
    office: Office, pdf: bytes, *, body_id: int, level: Level, wanted: Level, by: str = ""
) -> Made:
    """The document with the proofs between `level` and `wanted`, as far as services answer."""
    done = signing.completed_or_deferred(
        signing.Signed(pdf, _level(level), _level(wanted)),
        trust_roots=trust.roots(office, body_id),
        tsa_urls=office.settings.tsa_urls,
        tsa_timeout=office.settings.tsa_timeout,
    )
    return _made(done, by)


def _made(signed: "signing.Signed", certificate: str) -> Made:
    return Made(signed.pdf, Level(signed.level), Level(signed.wanted), certificate, signed.problem)


def _level(level: Level) -> "signing.Level":
    return level.value
