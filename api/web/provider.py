"""Logging in through the identity provider: the browser goes there and comes back with a code."""

from datetime import timedelta
from urllib.parse import urlsplit

from api import attempts
from docflow import audit, organization, throttle
from docflow.office import Office
from docflow.organization import oidc
from docflow.principal import Via
from docflow.settings import Settings

COOKIE = "docflow_provider"
LIFE = attempts.LIFE
BACK = "/login/provider/back"
TRIES, _WINDOW = 120, timedelta(minutes=5)
_SALT = "login-at-provider"


def name(settings: Settings) -> str:
    """The provider as the login page names it; empty where there is none."""
    if not oidc.is_offered(settings):
        return ""
    return settings.oidc_title or urlsplit(settings.oidc_issuer or "").hostname or ""


def redirect_uri(settings: Settings) -> str:
    """Where the provider sends the browser back; it must know this very address."""
    return settings.public_url.rstrip("/") + BACK


def sealed(office: Office, attempt: oidc.Attempt, to: str) -> str:
    """What the browser keeps meanwhile, signed."""
    return attempts.sealed(office, attempt, to, salt=_SALT)


def opened(office: Office, kept: str, state: str) -> tuple[oidc.Attempt, str] | None:
    """The attempt of this browser and where it was going; None where it is not this one's."""
    found = attempts.opened(office, kept, state, salt=_SALT)
    return (found[0], found[1][0]) if found and len(found[1]) == 1 else None


def count(office: Office, client: str) -> None:
    """Raises TooManyTries."""
    with office.db.begin() as session:
        throttle.count(session, f"login:{client}", limit=TRIES, every=_WINDOW)


def enter(office: Office, attempt: oidc.Attempt, code: str, *, client: str) -> str:
    """The secret of the new login. Raises ProviderAway, ProviderRefused, and other DocflowError."""
    identity = oidc.finish(
        office.settings, attempt, code=code, redirect_uri=redirect_uri(office.settings)
    )
    with office.db.begin() as session:
        user = oidc.account(session, identity, office.settings)
        secret = organization.open_session(
            session, user, hours=office.settings.session_hours, client=client
        )
        principal = organization.principal(session, user.id, via=Via.WEB)
        audit.record(
            session,
            "user.logged-in",
            by=principal,
            subject=("user", user.id),
            provider=identity.issuer,
        )
    return secret
