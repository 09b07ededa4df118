"""The one place where a PDF of a draft becomes the same PDF with a signature more."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import signing
from docflow import registry, signatures
from docflow.circulation.turns import Turn
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.signatures import CannotSign, Made, Order, Secrets

Signed = Made
"""The PDF with the signature, its level, and the subject of its certificate."""

Pen = Callable[[bytes, Turn], Made]
"""Signs one PDF. Raises CannotSign, and what the holder of the key says."""


@contextmanager
def opened(
    office: Office,
    secrets: Secrets,
    *,
    by: Principal,
    ahead: Sequence[tuple[bytes, Turn]] = (),
) -> Iterator[Pen]:
    """The person's key, unlocked for this block: it signs any number of documents.

    `ahead` are the papers of a batch: where the key lies at a service, one authorisation (one PIN,
    one one-time password) signs them all. Raises NoKey, WrongKeyPassword, Refused, BadKeyFile,
    VaultLocked, SignerAway, KeyElsewhere, TooManyTries.
    """
    with signatures.opened(office, by=by, secrets=secrets) as hand:
        hand.ahead([(pdf, order_of(turn)) for pdf, turn in ahead])
        yield lambda pdf, turn: hand(pdf, order_of(turn))


def order_of(turn: Turn) -> Order:
    """Where and how the turn's signature is drawn."""
    return Order(
        field=turn.field,
        box=turn.box,
        name=turn.name,
        capacity=turn.capacity,
        note=turn.note,
        reason=turn.note or turn.capacity,
    )


def sealed(office: Office, pdf: bytes, turn: Turn, *, body_id: int) -> Made:
    """The same with the body's seal. Raises as a Pen."""
    try:
        key = registry.seal_key(office, body_id)
    except signing.SigningError as error:
        raise CannotSign(t("The seal cannot be used: {why}", why=str(error))) from error
    with office.db.read() as session:
        style = signatures.stamps.of_body(session, body_id)
    return signatures.seals.put(office, pdf, key, style, order_of(turn))
