"""Citizens who come through an identity provider: the browser goes there, and comes back."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api import attempts
from api.deps import Language, TheOffice
from api.portal.citizen import TheCitizen, agent, is_https, local, set_login
from api.portal.entering import count_login, show_ways
from docflow import accounts, organization
from docflow.accounts import Citizen, Level
from docflow.errors import DocflowError
from docflow.i18n import t
from docflow.office import Office
from docflow.organization import oidc

router = APIRouter(prefix="/account")
ATTEMPT_COOKIE, _SALT = "docflow_citizen_provider", "citizen-at-provider"


def redirect_uri(office: Office) -> str:
    """Where every provider sends the browser back; each must know this very address."""
    return office.settings.public_url.rstrip("/") + "/account/provider/back"


@router.get("/provider/back")
def come_back(
    request: Request,
    office: TheOffice,
    language: Language,
    citizen: TheCitizen,
    state: str = "",
    code: str = "",
) -> Response:
    """Take up the login that began in this browser, and no other."""
    kept = attempts.opened(office, request.cookies.get(ATTEMPT_COOKIE, ""), state[:200], salt=_SALT)
    to, is_link, name = "/account", False, ""
    try:
        count_login(request, office)
        if kept is None or len(kept[1]) != 3 or not code:
            raise oidc.ProviderRefused(
                t("The login at the provider was not finished, or took too long. Begin again.")
            )
        attempt, (name, to, linking) = kept
        is_link = linking == "link"
        person = accounts.providers.finish(
            office.settings, name, attempt, code=code[:4000], redirect_uri=redirect_uri(office)
        )
        response = _entered(request, office, person, citizen, language, to=to, is_link=is_link)
    except DocflowError as error:
        demanded = Level.VISITOR
        response = show_ways(request, office, citizen, to=to, demanded=demanded, error=error)
    response.delete_cookie(ATTEMPT_COOKIE, path="/account/provider")
    return response


def _entered(
    request: Request,
    office: Office,
    person: accounts.providers.Person,
    citizen: Citizen,
    language: str,
    *,
    to: str,
    is_link: bool,
) -> Response:
    with office.db.begin() as session:
        if is_link:
            accounts.providers.link(session, person, citizen=citizen)
            return RedirectResponse("/account?done=account-linked", 303)
        secret = accounts.providers.enter(
            session,
            person,
            body_id=organization.body_named(session, None).id,
            language=language,
            hours=office.settings.citizen_hours,
            client=agent(request),
        )
    response = RedirectResponse(to, 303)
    set_login(response, office, secret)
    return response


@router.get("/provider/{name}")
def leave_for_provider(
    request: Request,
    name: str,
    office: TheOffice,
    citizen: TheCitizen,
    to: str = "/account",
    link: bool = False,
) -> Response:
    """Send the browser to the provider; `link` ties its person to the account that is open."""
    try:
        if link:
            citizen.require(Level.VISITOR, to="/account")
        address, attempt = accounts.providers.begin(
            office.settings, name[:40], redirect_uri=redirect_uri(office)
        )
    except accounts.LevelNeeded:
        raise
    except DocflowError as error:
        return show_ways(
            request, office, citizen, to=local(to), demanded=Level.VISITOR, error=error
        )
    response = RedirectResponse(address, 303)
    response.set_cookie(
        ATTEMPT_COOKIE,
        attempts.sealed(
            office, attempt, name[:40], local(to), "link" if link else "enter", salt=_SALT
        ),
        httponly=True,
        samesite="lax",
        secure=is_https(office),
        max_age=attempts.LIFE,
        path="/account/provider",
    )
    return response
