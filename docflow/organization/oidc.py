"""Logging in through the body's identity provider: OpenID Connect, authorization code with PKCE.

The provider says who somebody is (OpenID Connect Core 1.0 § 3.1, RFC 7636); what he may do is said
here. An account that an administrator made for the provider, or moved to it, is tied to issuer and
subject at its first such login, by its user name; or one is made anew without any right where the
installation says so. User names are chosen by people at many providers (OpenID Connect Core 1.0
§ 5.7), so no other account is given to whoever bears its name. Only signatures by public keys are
taken.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote_plus, urlencode, urlsplit

import urllib3
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization
from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.errors import Forbidden, Unavailable
from docflow.folding import line
from docflow.i18n import t
from docflow.organization.models import Grant, User
from docflow.organization.principals import is_in_service, valid_today
from docflow.organization.service import body_named
from docflow.principal import Role, Via, system
from docflow.settings import Settings

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
# Rights that nobody comes to by a name alone: they are given after the first such login.
_NEVER_BY_NAME = (Role.ADMINISTRATOR, Role.INSTALLATION, Role.REGISTRAR)
_LEEWAY = 60  # seconds that the clocks of two machines may differ
_KEPT = 3600  # seconds that what a provider says of itself is remembered
_MOST = 1 << 20  # bytes of an answer
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class ProviderAway(Unavailable):
    """The identity provider does not answer."""


class ProviderRefused(Forbidden):
    """The identity provider, or what it sent, does not let this person in."""


@dataclass(frozen=True, slots=True)
class Client:
    """This installation, as one provider knows it. `acr_values` is what it asks the login to be."""

    issuer: str
    client_id: str
    secret: str = ""
    scope: str = "openid profile email"
    acr_values: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is remembered in the browser between the two halves of a login."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who came, as the provider says it."""

    issuer: str
    subject: str
    username: str
    full_name: str
    email: str


_lock = threading.Lock()
_known: dict[str, tuple[float, Any]] = {}
_pool = urllib3.PoolManager(
    timeout=urllib3.Timeout(connect=5, read=10), retries=urllib3.Retry(1, redirect=0)
)


def is_offered(settings: Settings) -> bool:
    """Whether the installation has an identity provider."""
    return settings.oidc_issuer is not None and bool(settings.oidc_client_id)


def begin(settings: Settings, *, redirect_uri: str) -> tuple[str, Attempt]:
    """Where to send the browser, and what to remember. Raises ProviderAway, ProviderRefused."""
    return begin_at(_staff(settings), redirect_uri=redirect_uri)


def begin_at(client: Client, *, redirect_uri: str) -> tuple[str, Attempt]:
    """As `begin`, at this provider."""
    attempt = Attempt(*(secrets.token_urlsafe(32) for _ in range(3)))
    challenge = hashlib.sha256(attempt.verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": redirect_uri,
        "scope": client.scope,
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        **({"acr_values": client.acr_values} if client.acr_values else {}),
    }
    address = _address(_about(client), "authorization_endpoint")
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}", attempt


def finish(settings: Settings, attempt: Attempt, *, code: str, redirect_uri: str) -> Identity:
    """Who came back with this code. Raises ProviderAway, ProviderRefused."""
    claims = finish_at(_staff(settings), attempt, code=code, redirect_uri=redirect_uri)
    name = claims.get(settings.oidc_username_claim)
    if settings.oidc_username_claim == "email" and claims.get("email_verified") is not True:
        name = None
    return Identity(
        issuer=str(claims["iss"]),
        subject=str(claims["sub"]),
        username=str(name or "").strip().lower()[:100],
        full_name=line(str(claims.get("name") or ""))[:200],
        email=line(str(claims.get("email") or ""))[:200],
    )


def finish_at(
    client: Client, attempt: Attempt, *, code: str, redirect_uri: str, wanted: Iterable[str] = ()
) -> dict[str, Any]:
    """The claims of who came back from this provider: those of a sound token.

    Where one of the `wanted` is not among them, the provider is asked for the rest (OpenID Connect
    Core 1.0 § 5.3). Raises ProviderAway, ProviderRefused.
    """
    about = _about(client)
    answer = _fetch(
        "POST",
        _address(about, "token_endpoint"),
        fields={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": client.client_id,
            "code_verifier": attempt.verifier,
        },
        headers=_who_asks(client),
    )
    token = answer.get("id_token")
    if not isinstance(token, str):
        raise _refused()
    claims = _claims(about, token)
    _check(client, claims, attempt)
    access = answer.get("access_token")
    if isinstance(access, str) and any(name not in claims for name in wanted):
        return {**_more(about, access, claims["sub"]), **claims}
    return claims


def _more(about: Mapping[str, Any], access: str, subject: str) -> dict[str, Any]:
    """What the provider says besides of the same person; nothing where it offers no more."""
    if "userinfo_endpoint" not in about:
        return {}
    headers = {"Authorization": f"Bearer {access}"}
    told = _fetch("GET", _address(about, "userinfo_endpoint"), headers=headers)
    if told.get("sub") != subject:
        raise _refused()
    return told


def account(session: Session, identity: Identity, settings: Settings) -> User:
    """The account of who came: tied to it already, or tied now, or made without rights.

    Raises ProviderRefused where there is none, or it is locked or closed.
    """
    tied = session.scalar(
        select(User)
        .where(User.oidc_issuer == identity.issuer, User.oidc_subject == identity.subject)
        .with_for_update()
    )
    found = tied or _tied_now(session, identity)
    if found is None and settings.oidc_creates_accounts:
        found = _made(session, identity, settings)
    if found is None:
        raise ProviderRefused(
            t(
                "There is no account “{name}” here. Ask the administrator to make one.",
                name=identity.username,
            )
        )
    if not is_in_service(found):
        raise ProviderRefused(t("This account is closed. Ask the administrator."))
    return found


def _tied_now(session: Session, identity: Identity) -> User | None:
    """The account of this user name, where an administrator has it wait for this provider.

    Raises ProviderRefused where it has rights that nobody comes to by a name.
    """
    if not identity.username:
        return None
    user = session.scalar(select(User).where(User.username == identity.username).with_for_update())
    if user is None or user.oidc_subject is not None or not is_in_service(user):
        return None
    if user.oidc_issuer != identity.issuer:
        return None
    highest = select(Grant.id).where(
        Grant.user_id == user.id, Grant.role.in_(_NEVER_BY_NAME), valid_today(Grant)
    )
    if session.scalar(highest.limit(1)) is not None:
        raise ProviderRefused(
            t(
                "This account has rights that are given only after the first login. Ask the "
                "administrator to take them back until you have logged in."
            )
        )
    user.oidc_issuer, user.oidc_subject = identity.issuer, identity.subject
    audit.record(
        session,
        "user.tied-to-provider",
        by=system(user.body_id, via=Via.WEB),
        subject=("user", user.id),
        issuer=identity.issuer,
    )
    return user


def _made(session: Session, identity: Identity, settings: Settings) -> User | None:
    if not identity.username:
        return None
    if session.scalar(select(User.id).where(User.username == identity.username)) is not None:
        return None  # somebody else's: another subject of the provider has it, or it is closed
    body = body_named(session, settings.oidc_body or None)
    user = User(
        body_id=body.id,
        username=identity.username,
        full_name=identity.full_name or identity.username,
        title="",
        email=identity.email,
        password_hash=None,
        oidc_issuer=identity.issuer,
        oidc_subject=identity.subject,
    )
    session.add(user)
    session.flush()  # its id, for the event
    audit.record(
        session,
        "user.created",
        by=system(body.id, via=Via.WEB),
        subject=("user", user.id),
        username=user.username,
        issuer=identity.issuer,
    )
    return user


def _check(client: Client, claims: Mapping[str, Any], attempt: Attempt) -> None:
    """OpenID Connect Core 3.1.3.7, in its order; signature and algorithm were checked before."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    now, expires = clock.now().timestamp(), claims.get("exp")
    sound = (
        claims.get("iss") == client.issuer
        and client.client_id in audiences
        and (len(audiences) == 1 or claims.get("azp") == client.client_id)
        and claims.get("azp") in (None, client.client_id)
        and isinstance(expires, int | float)
        and now < expires + _LEEWAY
        and isinstance(claims.get("iat"), int | float)
        and claims["iat"] < now + _LEEWAY
        and claims.get("nonce") == attempt.nonce
        and isinstance(claims.get("sub"), str)
        and 0 < len(claims["sub"]) <= 255
    )
    if not sound:
        raise _refused()


def _claims(about: Mapping[str, Any], token: str) -> dict[str, Any]:
    """What a rightly signed token says; keys that were changed meanwhile are fetched once more."""
    address = _address(about, "jwks_uri")
    for fresh in (False, True):
        try:
            keys = KeySet.import_key_set(
                cast(KeySetSerialization, _remembered(address, fresh=fresh))
            )
            return dict(jwt.decode(token, keys, algorithms=ALGORITHMS).claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            if fresh:
                raise _refused() from error
    raise _refused()


def _who_asks(client: Client) -> dict[str, str]:
    """RFC 6749 § 2.3.1: both form-encoded; a public client has no secret, only PKCE."""
    if not client.secret:
        return {}
    pair = ":".join(quote_plus(one) for one in (client.client_id, client.secret))
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _staff(settings: Settings) -> Client:
    """The provider of the staff. Raises ProviderRefused where there is none."""
    if settings.oidc_issuer is None:
        raise ProviderRefused(t("This installation has no identity provider."))
    secret = settings.oidc_client_secret.get_secret_value()
    return Client(settings.oidc_issuer, settings.oidc_client_id, secret)


def _about(client: Client) -> dict[str, Any]:
    """What the provider says of itself (OpenID Connect Discovery 1.0)."""
    told = _remembered(f"{client.issuer.rstrip('/')}/.well-known/openid-configuration")
    if told.get("issuer") != client.issuer:
        raise _refused()
    return told


def _address(about: Mapping[str, Any], name: str) -> str:
    """An address of the provider: encrypted, or on this very machine."""
    address = about.get(name)
    parts = urlsplit(address) if isinstance(address, str) else None
    if parts is None or not (parts.scheme == "https" or parts.hostname in _LOOPBACK):
        raise _refused()
    return str(address)


def _remembered(address: str, *, fresh: bool = False) -> dict[str, Any]:
    with _lock:
        at, told = _known.get(address, (0.0, None))
    if fresh or told is None or time.monotonic() - at > _KEPT:
        told = _fetch("GET", address)
        with _lock:
            _known[address] = (time.monotonic(), told)
    return dict(told)


def _fetch(
    method: str,
    address: str,
    *,
    fields: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    _address({"it": address}, "it")
    try:
        response = _pool.request(
            method,
            address,
            body=urlencode(fields).encode() if fields else None,
            headers={
                "Accept": "application/json",
                **({"Content-Type": "application/x-www-form-urlencoded"} if fields else {}),
                **(headers or {}),
            },
            preload_content=False,
            redirect=False,
        )
        data = response.read(_MOST)
        response.release_conn()
    except urllib3.exceptions.HTTPError as error:
        raise _away() from error
    if response.status >= 500:
        raise _away()
    if response.status != 200:
        raise _refused()
    try:
        told = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _refused() from error
    if not isinstance(told, dict):
        raise _refused()
    return told


def _away() -> ProviderAway:
    return ProviderAway(
        t("The identity provider does not answer. Try again, or log in with a password.")
    )


def _refused() -> ProviderRefused:
    return ProviderRefused(
        t("The identity provider did not confirm who you are. Begin the login again.")
    )
