"""Signing by a person: one paper or many, with his key wherever it lies.

What the person types for it (password, PIN, one-time password) lives as long as the call. Wrong
secrets are counted (`patience`).
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256

import signing
from docflow import printing, throttle
from docflow.errors import Conflict, DocflowError, Unavailable
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.signatures import keys, patience, services, stamps, vault
from docflow.signatures.keys import BadKeyFile, WrongKeyPassword
from docflow.signatures.models import KeyKind, Keyring, Level


class SignerAway(Unavailable):
    """The service or token that holds the key does not answer."""


class OtpSpent(Conflict):
    """A one-time password serves once: the rest needs a new one."""


class Refused(WrongKeyPassword):
    """The service that holds the key refused what was typed."""


class CannotSign(Conflict):
    """The document cannot be signed as it stands."""


class KeyElsewhere(Conflict):
    """The person's key is not within reach: the document is signed elsewhere and brought back."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the person typed; repr() shows nothing of it."""

    password: str = field(default="", repr=False)
    pin: str = field(default="", repr=False)
    otp: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Order:
    """Where and how a paper is signed. `box` is [page from 1, x0, y0, x1, y1] of the field."""

    field: str
    box: Sequence[float]
    name: str
    capacity: str
    note: str = ""
    reason: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """A signed paper. `level` is what was reached, `wanted` what was asked for."""

    pdf: bytes
    level: Level
    wanted: Level
    certificate: str
    problem: str = ""

    @property
    def is_time_pending(self) -> bool:
        """Is there no proof of time yet, though one is wanted?"""
        return self.level == Level.B_B and self.wanted != Level.B_B


class Hand:
    """A person's key, ready to sign while it is open: call it with a paper and an order."""

    def __init__(
        self,
        office: Office,
        row: Keyring,
        key: "signing.SigningKey | services.RemoteKey",
        style: stamps.Style,
    ) -> None:
        self._office, self._row, self._key, self._style = office, row, key, style
        self._ahead: dict[tuple[str, str], Made | DocflowError] = {}
        self._spent: DocflowError | None = None  # why the service is not asked once more

    def __call__(self, pdf: bytes, order: Order) -> Made:
        """The paper with the person's signature.

        Raises WrongKeyPassword, Refused, BadKeyFile, SignerAway, CannotSign.
        """
        key = _name(pdf, order)
        if key not in self._ahead:
            if isinstance(self._key, services.RemoteKey):
                self.ahead([(pdf, order)])
            else:
                return self._local(self._key, pdf, order)
        made = self._ahead.pop(key)
        if isinstance(made, DocflowError):
            raise made
        return made

    def ahead(self, orders: Sequence[tuple[bytes, Order]]) -> None:
        """With a key at a service: sign all these with one authorisation; calls then give them.

        A key within reach needs no such thing, and does nothing here.
        """
        if not isinstance(self._key, services.RemoteKey):
            return
        for start in range(0, len(orders), self._key.batch):
            self._remote(self._key, orders[start : start + self._key.batch])

    def _local(self, key: "signing.SigningKey", pdf: bytes, order: Order) -> Made:
        settings = self._office.settings
        try:
            signed = signing.sign_or_defer(
                pdf,
                key,
                field=order.field,
                stamp=stamp_of(self._office, self._row, self._style, order),
                reason=order.reason or order.capacity,
                tsa_urls=settings.tsa_urls,
                tsa_timeout=settings.tsa_timeout,
                level="B-T" if settings.tsa_urls else "B-B",
            )
        except (signing.SigningError, printing.PrintingError) as error:
            raise in_own_words(error) from error
        return Made(
            signed.pdf,
            Level(signed.level),
            Level(signed.wanted),
            key.subject_name,
            signed.problem,
        )

    def _remote(self, key: services.RemoteKey, orders: Sequence[tuple[bytes, Order]]) -> None:
        """One authorisation of the service for all of them."""
        if self._spent is not None:
            self._ahead |= {_name(pdf, order): self._spent for pdf, order in orders}
            return
        pending: dict[tuple[str, str], signing.Pending] = {}
        for pdf, order in orders:
            name = _name(pdf, order)
            try:
                pending[name] = begun(self._office, self._row, key.key, self._style, pdf, order)
            except DocflowError as error:
                self._ahead[name] = error
        if not pending:
            return
        try:
            values = self._asked(key, [one.digest for one in pending.values()])
        except DocflowError as error:
            self._ahead |= dict.fromkeys(pending, error)
            return
        for (name, one), value in zip(pending.items(), values, strict=True):
            try:
                self._ahead[name] = finished(self._office, one, value, key.key.subject_name)
            except DocflowError as error:
                self._ahead[name] = error

    def _asked(self, key: services.RemoteKey, digests: Sequence[bytes]) -> Sequence[bytes]:
        """The service's signatures. What it refused is not shown to it a second time."""
        try:
            with patience.tried(self._office, self._row.user_id), own_words():
                values = key.sign_digests(digests)
        except (WrongKeyPassword, throttle.TooManyTries) as error:
            self._spent = error
            raise
        finally:
            if key.is_once and self._spent is None:
                self._spent = OtpSpent(
                    t(
                        "The one-time password signs no more than was signed with it. Ask for a "
                        "new one-time password and sign the rest."
                    )
                )
        return values


@contextmanager
def opened(office: Office, *, by: Principal, secrets: Secrets) -> Iterator[Hand]:
    """The person's key, unlocked for this block: it signs any number of documents.

    Raises NoKey, WrongKeyPassword, Refused, BadKeyFile, VaultLocked, SignerAway, KeyElsewhere,
    throttle.TooManyTries.
    """
    by.require_scope("sign")
    with office.db.read() as session:
        row = keys.of_person(session, by.person_id)
        style = stamps.of_body(session, by.body_id)
    with ExitStack() as stack:
        with patience.tried(office, by.person_id), own_words():
            key = _opened(office, row, secrets, stack)
        yield Hand(office, row, key, style)


def _opened(
    office: Office, row: Keyring, secrets: Secrets, stack: ExitStack
) -> "signing.SigningKey | services.RemoteKey":
    settings = office.settings
    match row.kind:
        case KeyKind.FILE:
            assert row.pkcs12 is not None  # the database sees to it
            data = vault.unwrap(row.pkcs12, owner_id=row.user_id, settings=settings)
            return keys.open_key(data, secrets.password)
        case KeyKind.TOKEN:
            return stack.enter_context(services.token(settings, row, pin=secrets.pin))
        case KeyKind.CSC:
            return services.csc(
                settings, row, password=secrets.password, pin=secrets.pin, otp=secrets.otp
            )
        case KeyKind.OTP:
            return services.otp(settings, row, password=secrets.password, otp=secrets.otp)
    raise KeyElsewhere(
        t("Your key is not within reach of this system: take the document, sign it, bring it back.")
    )


def begun(
    office: Office,
    row: Keyring,
    key: "signing.SigningKey",
    style: stamps.Style,
    pdf: bytes,
    order: Order,
) -> "signing.Pending":
    """A signature with everything but its value. Raises CannotSign, BadKeyFile."""
    try:
        return signing.begin_external(
            pdf,
            key,
            field=order.field,
            stamp=stamp_of(office, row, style, order),
            reason=order.reason or order.capacity,
        )
    except (signing.SigningError, printing.PrintingError) as error:
        raise in_own_words(error) from error


def finished(office: Office, pending: "signing.Pending", value: bytes, certificate: str) -> Made:
    """The signature's value put in; without a proof of time where no service answers.

    Raises CannotSign where the value does not fit.
    """
    settings = office.settings
    wanted = Level.B_T if settings.tsa_urls else Level.B_B
    try:
        try:
            pdf = signing.finish_external(
                pending, value, tsa_urls=settings.tsa_urls, tsa_timeout=settings.tsa_timeout
            )
        except signing.TsaUnavailable as error:
            pdf = signing.finish_external(pending, value)
            return Made(pdf, Level.B_B, wanted, certificate, str(error))
    except signing.SigningError as error:
        raise in_own_words(error) from error
    return Made(pdf, wanted, wanted, certificate)


def stamp_of(office: Office, row: Keyring, style: stamps.Style, order: Order) -> bytes:
    """Raises printing.PrintingError."""
    facts = stamps.Facts(
        box=order.box,
        name=order.name,
        capacity=order.capacity,
        certificate=row.subject,
        issuer=row.issuer,
        reason=order.reason,
        note=order.note,
        url=order.url or f"{office.settings.public_url.rstrip('/')}/verify",
    )
    return stamps.drawn(office.settings, style, facts)


@contextmanager
def own_words() -> Iterator[None]:
    """What key or service said, in our words."""
    try:
        yield
    except signing.SigningError as error:
        raise in_own_words(error) from error


def in_own_words(error: Exception) -> DocflowError:
    """The error of a tool as one that says what to do."""
    match error:
        case signing.WrongPassword():
            return WrongKeyPassword(
                t("The password or PIN of the signing key is wrong. Nothing was signed."),
                field="password",
            )
        case signing.AuthorisationRefused():
            return Refused(
                t(
                    "The signing service refused: {why} Nothing was signed. Ask for a new "
                    "one-time password and try again.",
                    why=str(error),
                ),
                field="otp",
            )
        case signing.SignerUnavailable():
            return SignerAway(
                t(
                    "The service or token with your key does not answer. Nothing was signed; try "
                    "again in a minute, or sign elsewhere and bring the document back."
                )
            )
        case signing.KeyUnusable():
            return BadKeyFile(
                t("The signing key cannot be used: {why}", why=str(error)), field="key"
            )
    return CannotSign(
        t("The document could not be signed: {why}. Return it to its drafter.", why=str(error))
    )


def _name(pdf: bytes, order: Order) -> tuple[str, str]:
    return sha256(pdf).hexdigest(), order.field
