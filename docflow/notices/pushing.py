"""Push messages to browsers (W3C Push API, RFC 8030), encrypted for them alone (RFC 8291).

A message says that so many notices wait, and nothing else: it passes the servers of the browser's
maker, and lies on a locked screen for all to read.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import http_ece
import urllib3
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import audit, clock, outbox
from docflow.errors import Conflict, Invalid, NotFound, Unavailable
from docflow.folding import line
from docflow.i18n import DEFAULT_LANGUAGE, plural, t
from docflow.notices import listing, push_keys
from docflow.notices.choices import CHANGES_SCOPE
from docflow.notices.gathering import SEND
from docflow.notices.mailing import ended, reader, tried
from docflow.notices.models import Channel, PushSubscription, Sending, SendingState
from docflow.notices.push_keys import POINT_BYTES, PushUnusable
from docflow.principal import Principal
from docflow.settings import Settings

MOST_BROWSERS = 10  # of one person
_AUTH_BYTES = 16
_KEPT_FOR = 24 * 3600  # seconds that the service keeps a message for a browser that is off
_TOKEN_FOR = 12 * 3600  # seconds that the token of a message holds; RFC 8292 allows a day
_GONE = (404, 410)
_AGAIN = (408, 429, 500, 502, 503, 504)


class BadSubscription(Invalid):
    """This is no subscription that push messages can be sent to."""


class NoSuchSubscription(NotFound):
    """There is no such browser among those of the person."""


class PushFailed(Unavailable):
    """The push service does not take the message now."""


class PushRefused(Conflict):
    """The push service refused the message."""


@dataclass(frozen=True, slots=True)
class Browser:
    """A subscription as the browser gives it; keys are base64url."""

    endpoint: str
    p256dh: str
    auth: str
    device: str = ""


def subscribe(
    session: Session, wanted: Browser, *, by: Principal, settings: Settings
) -> PushSubscription:
    """Send push messages to this browser from now on; one that was another's is the person's now.

    Raises PushUnusable, BadSubscription.
    """
    by.require_scope(CHANGES_SCOPE)
    push_keys.private(settings)
    _check(wanted, settings)
    values = {
        "user_id": by.person_id,
        "p256dh": wanted.p256dh,
        "auth": wanted.auth,
        "device": line(wanted.device)[:100],
        "created_at": clock.now(),
    }
    row_id = session.scalar(
        insert(PushSubscription)
        .values(endpoint=wanted.endpoint, **values)
        .on_conflict_do_update(index_elements=["endpoint"], set_={**values, "used_at": None})
        .returning(PushSubscription.id)
    )
    known = select(func.count()).where(PushSubscription.user_id == by.user_id)
    if (session.scalar(known) or 0) > MOST_BROWSERS:
        raise BadSubscription(
            t("You have {n} browsers already. Remove one first.", n=MOST_BROWSERS)
        )
    audit.record(
        session, "push.subscribed", by=by, subject=("user", by.person_id), subscription=row_id
    )
    return session.get_one(PushSubscription, row_id, populate_existing=True)


def subscriptions(session: Session, *, by: Principal) -> Sequence[PushSubscription]:
    """The person's browsers, the newest first."""
    by.require_scope("read")
    return session.scalars(
        select(PushSubscription)
        .where(PushSubscription.user_id == by.user_id)
        .order_by(PushSubscription.id.desc())
    ).all()


def unsubscribe(session: Session, subscription_id: int, *, by: Principal) -> None:
    """Send nothing more to this browser. Raises NoSuchSubscription."""
    by.require_scope(CHANGES_SCOPE)
    gone = session.scalar(
        delete(PushSubscription)
        .where(PushSubscription.id == subscription_id, PushSubscription.user_id == by.user_id)
        .returning(PushSubscription.id)
    )
    if gone is None:
        raise NoSuchSubscription(t("There is no such browser. It may have been removed already."))
    audit.record(
        session, "push.ended", by=by, subject=("user", by.person_id), subscription=subscription_id
    )


def give_up(run: outbox.Run, *, sending_id: int, why: str) -> None:
    """The service refused, or was away too long: the row says so."""
    ended(run.office, sending_id, SendingState.FAILED, problem=why)


@outbox.job(SEND[Channel.PUSH], given_up=give_up)
def send_push(run: outbox.Run, *, sending_id: int) -> None:
    """Tell one browser how many notices wait. Raises PushFailed, PushRefused, PushUnusable."""
    office = run.office
    with office.db.read() as session:
        row = session.get(Sending, sending_id)
        if row is None or row.state != SendingState.WAITING:
            return
        browser = session.get(PushSubscription, row.subscription_id or 0)
        by = reader(session, row.user_id)
        count = listing.unread(session, by=by) if by is not None else 0
    if browser is None or by is None or not count:
        ended(office, sending_id, SendingState.NEEDLESS)
        return
    try:
        is_gone = _post(browser, message(count, by.language), office.settings)
    except Unavailable as error:
        tried(office, sending_id, error.message.in_language(DEFAULT_LANGUAGE))
        raise
    if is_gone:
        with office.db.begin() as session:
            session.execute(delete(PushSubscription).where(PushSubscription.id == browser.id))
        ended(office, sending_id, SendingState.NEEDLESS)
        return
    with office.db.begin() as session:
        kept = session.get(PushSubscription, browser.id)
        if kept is not None:
            kept.used_at = clock.now()
    ended(office, sending_id, SendingState.SENT)


def message(count: int, language: str) -> bytes:
    """What the service worker of the browser shows."""
    said = plural("A notice waits for you", "{n} notices wait for you", count, language)
    return json.dumps({"say": said, "page": "/notices"}, ensure_ascii=False).encode()


def _post(browser: PushSubscription, told: bytes, settings: Settings) -> bool:
    """Hand the message to the browser's service; whether the subscription is gone."""
    if not push_keys.is_allowed(browser.endpoint, settings):  # the list was made shorter since
        raise PushRefused(t("This push service is not among those of the settings."))
    key = push_keys.private(settings)
    body = http_ece.encrypt(
        told,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=_decoded(browser.p256dh),
        auth_secret=_decoded(browser.auth),
        version="aes128gcm",
    )
    parts = urlsplit(browser.endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "sub": f"mailto:{settings.mail_from}",
        "exp": int(clock.now().timestamp()) + _TOKEN_FOR,
    }
    headers = {
        "TTL": str(_KEPT_FOR),
        "Urgency": "normal",
        "Topic": "notices",  # a message replaces the one that the browser has not fetched yet
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        **Vapid02(key).sign(claims),
    }
    with urllib3.PoolManager(timeout=urllib3.Timeout(connect=5, read=10), retries=False) as pool:
        try:
            answer = pool.request(
                "POST", browser.endpoint, body=body, headers=headers, redirect=False
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise PushFailed(
                t("The push service does not answer: {why}", why=type(error).__name__)
            ) from error
    if answer.status in _GONE:
        return True
    if answer.status in _AGAIN:
        raise PushFailed(t("The push service takes no messages now ({code}).", code=answer.status))
    if not 200 <= answer.status < 300:
        raise PushRefused(t("The push service refused the message ({code}).", code=answer.status))
    return False


def _check(wanted: Browser, settings: Settings) -> None:
    if len(wanted.endpoint) > 2000 or not push_keys.is_allowed(wanted.endpoint, settings):
        raise BadSubscription(
            t("This browser uses a push service that is not known here."), field="endpoint"
        )
    try:
        point, secret = _decoded(wanted.p256dh), _decoded(wanted.auth)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except (ValueError, binascii.Error) as error:
        raise BadSubscription(
            t("The keys of the browser cannot be read."), field="p256dh"
        ) from error
    if len(point) != POINT_BYTES or len(secret) != _AUTH_BYTES:
        raise BadSubscription(t("The keys of the browser cannot be read."), field="p256dh")


def _decoded(value: str) -> bytes:
    """base64url without its padding, as browsers write it."""
    return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)


__all__ = [
    "BadSubscription",
    "Browser",
    "NoSuchSubscription",
    "PushFailed",
    "PushRefused",
    "PushUnusable",
    "message",
    "send_push",
    "subscribe",
    "subscriptions",
    "unsubscribe",
]
