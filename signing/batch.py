"""Many documents with one authorisation of a remote key, and a result for each.

A document that cannot be signed costs no other its signature; one that was signed stays signed
when the service fails afterwards.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from signing.csc import Credential, CscService
from signing.errors import SigningError
from signing.external import Pending, begin_external, finish_external
from signing.keys import SigningKey

# The values for these digests, in order; what a service's client does.
SignDigests = Callable[[Sequence[bytes]], Sequence[bytes]]


@dataclass(frozen=True)
class Order:
    """One document to be signed; `name` is the caller's own, to know the result by."""

    name: str
    pdf: bytes
    field: str
    stamp: bytes | None = None
    reason: str | None = None
    location: str | None = None
    lock: bool = False


@dataclass(frozen=True)
class Outcome:
    """The signed document, or why there is none."""

    name: str
    pdf: bytes | None
    error: SigningError | None = None


def sign_batch(
    orders: Sequence[Order],
    key: SigningKey,
    sign_digests: SignDigests,
    *,
    size: int,
    tsa_urls: Sequence[str] = (),
    tsa_timeout: float = 10,
) -> Iterator[Outcome]:
    """Sign `size` documents at a time with one call of `sign_digests` each; B-T, else B-B.

    Outcomes come in the order of `orders`. Never raises SigningError itself.
    """
    for start in range(0, len(orders), size):
        begun = [_begun(order, key) for order in orders[start : start + size]]
        pending = [one for one in begun if isinstance(one, Pending)]
        values: list[bytes] = []
        fault: SigningError | None = None
        try:
            values = list(sign_digests([one.digest for one in pending])) if pending else []
            if len(values) != len(pending):
                fault = SigningError("The signing service sent another number of signatures.")
        except SigningError as error:
            fault = error
        remaining = iter(values)
        for order, one in zip(orders[start : start + size], begun, strict=True):
            if isinstance(one, SigningError):
                yield Outcome(order.name, None, one)
            elif fault is not None:
                yield Outcome(order.name, None, fault)
            else:
                yield _finished(order.name, one, next(remaining), tsa_urls, tsa_timeout)


def csc_signing(
    service: CscService, credential: Credential, *, pin: str | None = None, otp: str | None = None
) -> SignDigests:
    """`sign_digests` of a CSC service: one authorisation, then all signatures at once."""

    def sign(digests: Sequence[bytes]) -> Sequence[bytes]:
        activation = service.authorize(credential, digests, pin=pin, otp=otp)
        return service.sign(credential, activation)

    return sign


def _begun(order: Order, key: SigningKey) -> Pending | SigningError:
    try:
        return begin_external(
            order.pdf,
            key,
            field=order.field,
            stamp=order.stamp,
            reason=order.reason,
            location=order.location,
            lock=order.lock,
        )
    except SigningError as error:
        return error


def _finished(
    name: str, pending: Pending, value: bytes, tsa_urls: Sequence[str], tsa_timeout: float
) -> Outcome:
    try:
        signed = finish_external(pending, value, tsa_urls=tsa_urls, tsa_timeout=tsa_timeout)
    except SigningError as error:
        return Outcome(name, None, error)
    return Outcome(name, signed)
