"""What a browser keeps, signed, while it is away at an identity provider."""

from itsdangerous import BadSignature, URLSafeTimedSerializer

from docflow.office import Office
from docflow.organization import oidc

LIFE = 600  # seconds that a login there may take


def sealed(office: Office, attempt: oidc.Attempt, *more: str, salt: str) -> str:
    """The attempt and where it was going, for a cookie."""
    kept = [attempt.state, attempt.nonce, attempt.verifier, *more]
    return str(_signer(office, salt).dumps(kept))


def opened(
    office: Office, kept: str, state: str, *, salt: str
) -> tuple[oidc.Attempt, list[str]] | None:
    """The attempt of this browser and what it kept; None where it is not this one's, or is old."""
    try:
        first, nonce, verifier, *more = map(str, _signer(office, salt).loads(kept, max_age=LIFE))
    except (BadSignature, ValueError, TypeError):
        return None
    return (oidc.Attempt(first, nonce, verifier), more) if first == state else None


def _signer(office: Office, salt: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(office.settings.secret_key.get_secret_value(), salt=salt)
