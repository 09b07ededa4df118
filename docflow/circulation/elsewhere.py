"""A step that is signed elsewhere: the document or its digest goes out, and what comes back is
checked to be the very same with this one signature more.

For keys that no system reaches: a card in the person's own reader, a provider's own page.
Source: domain row 71 (upload of an externally signed file); signing.md 1.2, interrupted signing.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

import signing
from docflow import audit, clock, documents, signatures
from docflow.circulation import drafts, pen, turns
from docflow.circulation.models import DraftState, GivenKind, PendingSignature
from docflow.circulation.signatures import record_signed
from docflow.circulation.turns import DraftMoved, Turn
from docflow.errors import Conflict, Invalid
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal
from docflow.signatures import Keyring, Level, Made

MAX_VALUE = 4096  # characters of a signature's value as text

# The codes of signing.returned, with what to do.
_FAULTS: dict[str, Text] = {
    "not-continued": t(
        "This is not the document that was given out with a signature added to it. Take the "
        "document again, sign that very file, and do not print or convert it in between."
    ),
    "unchanged": t("The document came back without a signature. Sign it, then bring it back."),
    "unreadable": t("The document that came back cannot be read. Save it again and bring it back."),
    "no-signature": t("Something was added to the document, but no signature. Sign it instead."),
    "several-signatures": t("More than one signature was added. Sign once, in your own field."),
    "other-field": t(
        "The signature is not in the field that was meant for it. Choose the field “{field}”."
    ),
    "not-intact": t("The signature does not hold. Take the document again and sign it anew."),
    "more-changed": t(
        "More was changed than the signature that was added. Take the document again, and only "
        "sign it."
    ),
    "other-signer": t(
        "The signature is not by your registered certificate but by {signer}. Sign with your own, "
        "or register the new certificate under “My keys”."
    ),
}


class NotAsGivenOut(Invalid):
    """What came back is not the document that was given out with one good signature."""


class NothingGivenOut(Conflict):
    """The document was not given out to be signed elsewhere, or was changed since."""


class BadValue(Invalid):
    """This is not a signature's value in hexadecimal or base64."""


@dataclass(frozen=True, slots=True)
class GivenOut:
    """The document that went out: sign in `field`; `digest` (SHA-256) where only that is signed."""

    field: str
    sha256: str
    kind: GivenKind
    digest: bytes = b""


def give_out(office: Office, draft_id: int, *, by: Principal) -> GivenOut:
    """Take the current PDF along, to be signed with any program in the person's field.

    Raises NoKey, NotYourTurn, DraftMoved.
    """
    by.require_scope("sign")
    with office.db.begin() as session:
        turn, _ = _turn(session, draft_id, by)
        _note(session, turn, by, turn.base_sha256, GivenKind.FILE, {})
    return GivenOut(turn.field, turn.base_sha256, GivenKind.FILE)


def to_sign(session: Session, draft_id: int, *, by: Principal) -> GivenOut:
    """The PDF that `give_out` would give: to be looked at, which takes nothing along.

    Raises NoKey, NotYourTurn, DraftMoved.
    """
    turn, _ = _turn(session, draft_id, by)
    return GivenOut(turn.field, turn.base_sha256, GivenKind.FILE)


def give_digest(office: Office, draft_id: int, *, by: Principal) -> GivenOut:
    """Prepare the signature with the person's certificate; only its digest is signed elsewhere.

    Raises NoKey, NotYourTurn, DraftMoved, CannotSign, BadKeyFile.
    """
    by.require_scope("sign")
    with office.db.read() as session:
        turn, row = _turn(session, draft_id, by)
        style = signatures.stamps.of_body(session, by.body_id)
    try:
        key = signing.SigningKey.load_certificates(row.certificates.encode())
    except signing.SigningError as error:
        raise signatures.in_own_words(error) from error
    pdf = documents.read_bytes(office, turn.base_sha256)
    pending = signatures.begun(office, row, key, style, pdf, pen.order_of(turn))
    stored = documents.keep(office, pending.pdf, body_id=by.body_id)
    with office.db.begin() as session:
        now, _ = _turn(session, draft_id, by)
        if now.base_sha256 != turn.base_sha256:
            raise DraftMoved(t("The draft has moved on in the meantime. Look at it again."))
        details = {"pending": pending.as_json(), "subject": row.subject}
        _note(session, turn, by, stored.sha256, GivenKind.DIGEST, details)
    return GivenOut(turn.field, stored.sha256, GivenKind.DIGEST, pending.digest)


def given_out(session: Session, draft_id: int, *, by: Principal) -> GivenOut | None:
    """What the person took along for the step that is his now, and still can bring back.

    A digest that he prepared goes before the document: its form needs to show it.
    """
    try:
        turn, _ = _turn(session, draft_id, by)
    except (DraftMoved, turns.NotYourTurn, signatures.NoKey):
        return None
    for kind in (GivenKind.DIGEST, GivenKind.FILE):
        row = session.get(PendingSignature, (turn.step_id, by.person_id, kind))
        if row is None or row.base_sha256 != turn.base_sha256:
            continue
        digest = b""
        if kind is GivenKind.DIGEST:
            # The attributes are in the row; the document is not needed for their digest.
            digest = signing.Pending.from_json(row.details["pending"], b"").digest
        return GivenOut(turn.field, row.prepared_sha256, kind, digest)
    return None


def bring_back(office: Office, draft_id: int, data: bytes, *, by: Principal) -> DraftState:
    """Take the signed file in, where it is the one given out with the person's good signature.

    Raises NothingGivenOut, NotAsGivenOut, NoKey, NotYourTurn, DraftMoved, CannotValidate.
    """
    by.require_scope("sign")
    turn, keyring, _ = _waited_for(office, draft_id, by, GivenKind.FILE)
    before = documents.read_bytes(office, turn.base_sha256)
    found = signing.continuation(
        before, data, field=turn.field, certificate=_own(keyring.certificates)
    )
    if not found.is_ok:
        fault = _FAULTS[found.reason]
        raise NotAsGivenOut(
            t(fault.msgid, field=turn.field, signer=found.signer or "–"), field="signed"
        )
    report = signatures.validating.check(office, data, body_id=by.body_id)
    mine = next(one for one in report.signatures if one.field == turn.field)
    if mine.trust != "trusted" or mine.integrity != "intact":
        raise NotAsGivenOut(
            t(
                "The signature is sound, but its certificate is not one that this body trusts now "
                "(unknown, revoked or expired). Ask the administrator."
            ),
            field="signed",
        )
    has_time = mine.time_source == "timestamp"
    wanted = Level.B_T if office.settings.tsa_urls else Level.B_B
    level = Level.B_T if has_time else Level.B_B
    made = Made(data, level, Level.B_T if has_time else wanted, keyring.subject)
    return record_signed(office, turn, made, by=by)


def bring_value(office: Office, draft_id: int, typed: str, *, by: Principal) -> DraftState:
    """Put in the value that was computed over the digest (base64 or hexadecimal).

    Raises NothingGivenOut, BadValue, CannotSign, NoKey, NotYourTurn, DraftMoved.
    """
    by.require_scope("sign")
    value = _value(typed)
    turn, _, row = _waited_for(office, draft_id, by, GivenKind.DIGEST)
    pdf = documents.read_bytes(office, row.prepared_sha256)
    pending = signing.Pending.from_json(row.details["pending"], pdf)
    try:
        made = signatures.finished(office, pending, value, str(row.details["subject"]))
    except signatures.CannotSign as error:
        raise BadValue(
            t(
                "The value does not fit your certificate and this document. Sign the digest as it "
                "stands (SHA-256, not hashed once more) with your own key."
            ),
            field="value",
        ) from error
    return record_signed(office, turn, made, by=by)


def _turn(session: Session, draft_id: int, by: Principal) -> tuple[Turn, Keyring]:
    """The person's turn, and the certificate by which he will be known."""
    row = signatures.keys.of_person(session, by.person_id)
    if not row.certificates:
        raise signatures.NoKey(
            t("Register your certificate under “My keys” first: by it your signature is known.")
        )
    draft = drafts.get(session, draft_id, by=by)
    return turns.turn(session, draft, by=by), row


def _waited_for(
    office: Office, draft_id: int, by: Principal, kind: GivenKind
) -> tuple[Turn, Keyring, PendingSignature]:
    with office.db.read() as session:
        turn, keyring = _turn(session, draft_id, by)
        row = session.get(PendingSignature, (turn.step_id, by.person_id, kind))
    if row is None:
        raise NothingGivenOut(t("Take the document first, sign it, then bring it back."))
    if row.base_sha256 != turn.base_sha256:
        raise NothingGivenOut(
            t("A colleague has signed meanwhile. Take the document as it is now and sign that.")
        )
    return turn, keyring, row


def _note(
    session: Session,
    turn: Turn,
    by: Principal,
    prepared: str,
    kind: GivenKind,
    details: dict[str, Any],
) -> None:
    session.merge(
        PendingSignature(
            step_id=turn.step_id,
            user_id=by.person_id,
            kind=kind,
            base_sha256=turn.base_sha256,
            prepared_sha256=prepared,
            details=details,
            begun_at=clock.now(),
        )
    )
    audit.record(
        session,
        "draft.given-out",
        by=by,
        subject=("draft", turn.draft_id),
        kind=kind.value,
        sha256=prepared,
    )


def _own(certificates: str) -> bytes:
    """The person's own certificate, without its chain."""
    return signatures.trust.split(certificates.encode())[0]


def _value(typed: str) -> bytes:
    text = "".join(typed.split())
    try:
        if len(text) > MAX_VALUE or not text:
            raise ValueError
        try:
            return bytes.fromhex(text)
        except ValueError:
            return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise BadValue(
            t("Paste the signature’s value as hexadecimal or base64 text."), field="value"
        ) from error
