"""My keys: where the person's signing key lies, and what signing with it will ask for."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.render import page
from docflow import clock, signatures
from docflow.errors import DocflowError, Invalid, Unavailable
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter()
_MAX_KEY = 64 << 10
_ACCOUNT = ("username", "credential", "token", "label")


@router.get("/keys")
def own(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """Where my key lies, and how to change that."""
    return _page(request, office, by)


@router.post("/keys/{act}")
def change(
    request: Request, act: str, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Upload a file, change its password, choose a service, register a certificate, remove."""
    try:
        _act(office, act, form, by)
    except (Invalid, Unavailable, signatures.NoKey, signatures.NoSuchService) as error:
        return _page(request, office, by, open_act=act, error=error, typed=_shown(form))
    return RedirectResponse(f"/keys?done=keys-{act}", 303)


def _act(office: Office, act: str, form: FormData, by: Principal) -> None:
    secrets = forms.secrets(form)
    match act:
        case "file":
            data = key_file(form, "key")
            with office.db.begin() as session:
                signatures.keys.add(
                    session, data, secrets.password, by=by, settings=office.settings
                )
        case "password":
            new = str(form.get("new_password", ""))
            if new != str(form.get("repeated", "")):
                raise signatures.WrongKeyPassword(
                    t("The two new passwords differ."), field="repeated"
                )
            signatures.change_password(office, secrets.password, new, by=by)
        case "service":
            account = {name: forms.text(form, name) for name in _ACCOUNT}
            signatures.connect(
                office, forms.text(form, "service"), account=account, secrets=secrets, by=by
            )
        case "certificate":
            signatures.register_certificate(office, key_file(form, "certificate"), by=by)
        case "remove":
            with office.db.begin() as session:
                signatures.keys.remove(session, by=by)
        case _:
            raise signatures.NoKey(t("There is no such page."))


def key_file(form: FormData, name: str) -> bytes:
    """The bytes of a small file that was chosen. Raises BadKeyFile."""
    part = form.get(name)
    if not isinstance(part, UploadFile) or not part.filename:
        raise signatures.BadKeyFile(t("Choose the file."), field=name)
    return part.file.read(_MAX_KEY)


def _shown(form: FormData) -> dict[str, str]:
    """What may stand in the form again: nothing that is secret."""
    return {name: forms.text(form, name) for name in ("service", *_ACCOUNT)}


def _page(
    request: Request,
    office: Office,
    by: Principal,
    *,
    open_act: str = "",
    error: DocflowError | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    with office.db.read() as session:
        context = key_context(session, office, by)
    return page(
        request,
        "web/signing/keys.html",
        status_code=problems.status_of(error) if error else 200,
        services=office.settings.signing_services,
        open_act=open_act,
        typed=typed or {},
        errors={(error.field or "form"): error.message} if error else {},
        now=clock.now(),
        **context,
    )


def key_context(session: Session, office: Office, by: Principal) -> dict[str, Any]:
    """The person's key, and what signing with it asks for; for every page with a signing form."""
    row = session.get(signatures.Keyring, by.person_id)
    asks = signatures.services.asks(office.settings, row) if row else None
    title = signatures.services.title(office.settings, row) if row else ""
    return {"key": row, "asks": asks, "key_service": title}
