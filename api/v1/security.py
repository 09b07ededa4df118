"""Who calls, and what his access token may do.

Programs come with `Authorization: Bearer dfk_…`; the session of a browser does not count here, so
no page of a stranger can make a clerk's browser call the API.
"""

from typing import Annotated

from fastapi import Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from api.deps import TheOffice
from docflow import organization
from docflow.i18n import t
from docflow.principal import Principal

SCOPES = {
    "register": "Register documents.",
    "read": "Read what the person of the token may read: entries, files, texts, work lists.",
    "route": "Mark, charge, accept, return, pass on and file entries.",
    "draft": "Write answers and send them round.",
    "sign": "Sign, return, reject or forward drafts that wait for the person.",
    "annul": "Annul entries.",
    "audit": "Read the history of entries.",
    "administer": "Keep the kinds of document and the books.",
}

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="accessToken",
    bearerFormat="dfk_…",
    description=(
        "An access token, made with `docflow create-token`. It acts as its person, with that "
        "person's rights, within its scopes: "
        + " ".join(f"`{name}`: {text}" for name, text in SCOPES.items())
    ),
)


def caller(
    wanted: SecurityScopes,
    office: TheOffice,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Principal:
    """The person of the token. Raises BadToken, and NotAllowed where a scope is missing."""
    if credentials is None:
        raise organization.BadToken(
            t("Send an access token: “Authorization: Bearer …”. The administrator makes one.")
        )
    with office.db.read() as session:
        try:
            principal = organization.by_token(session, credentials.credentials)
        except organization.NoSuchUser as error:
            raise organization.BadToken(error.message) from error
    for scope in wanted.scopes:
        principal.require_scope(scope)
    return principal


Anyone = Annotated[Principal, Security(caller)]
Registrar = Annotated[Principal, Security(caller, scopes=["register"])]
Reader = Annotated[Principal, Security(caller, scopes=["read"])]
Router = Annotated[Principal, Security(caller, scopes=["route"])]
Drafter = Annotated[Principal, Security(caller, scopes=["draft"])]
Signer = Annotated[Principal, Security(caller, scopes=["sign"])]
Annuller = Annotated[Principal, Security(caller, scopes=["annul"])]
Auditor = Annotated[Principal, Security(caller, scopes=["audit"])]
Administrator = Annotated[Principal, Security(caller, scopes=["administer"])]
