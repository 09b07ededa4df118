"""The administrator's page of signing: what expires, stamps, roots of trust, keys of others."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.keys import key_file
from api.web.render import page
from docflow import clock, organization, registry, signatures
from docflow.errors import DocflowError, Invalid, NotFound, Unavailable
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.signatures import copies, keys, lasting, stamps, trust

router = APIRouter()
_SOON = timedelta(days=180)
_ADMINISTRATORS = t("Only an administrator sees this page.")


@router.get("/signing")
def overview(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """Certificates and time proofs that end, stamps, roots, keys."""
    return _page(request, office, by)


@router.get("/signing/stamp.pdf")
def specimen(by: CurrentUser, office: TheOffice) -> Response:
    """How a signature of the body looks now."""
    by.require(by.is_administrator, _ADMINISTRATORS)
    with office.db.read() as session:
        style = stamps.of_body(session, by.body_id)
    facts = stamps.Facts(
        box=(1, 0, 0, 200, 70),
        name=by.full_name,
        capacity=by.title or "–",
        certificate=by.full_name,
        issuer="TEST",
        url=f"{office.settings.public_url.rstrip('/')}/verify",
    )
    pdf = stamps.drawn(office.settings, style, facts)
    headers = {"Content-Disposition": 'inline; filename="stamp.pdf"', "Cache-Control": "no-store"}
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.post("/signing/{act}")
def change(
    request: Request, act: str, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Change the stamps or the roots, or store a colleague's key."""
    by.require(by.is_administrator, _ADMINISTRATORS)
    if act not in _ACTS:
        raise signatures.NoSuchRoot(t("There is no such page."))
    change, done = _ACTS[act]
    try:
        change(office, form, by)
    except (Invalid, Unavailable) as error:
        return _page(request, office, by, open_act=act, error=error, typed=_shown(form))
    return RedirectResponse(f"/signing?done={done}", 303)


def _stamps(office: Office, form: FormData, by: Principal) -> None:
    style = stamps.Style(
        heading=forms.text(form, "heading"),
        lines=tuple(forms.text(form, "lines").splitlines()),
        note=forms.text(form, "note"),
        has_qr=bool(forms.text(form, "has_qr")),
    )
    with office.db.begin() as session:
        stamps.save(session, style, by=by)


def _add_root(office: Office, form: FormData, by: Principal) -> None:
    try:
        data = key_file(form, "root")
    except signatures.BadKeyFile as error:
        raise signatures.BadRoot(error.message, field="root") from error
    with office.db.begin() as session:
        trust.add(session, data, by=by)


def _withdraw_root(office: Office, form: FormData, by: Principal) -> None:
    with office.db.begin() as session:
        trust.withdraw(session, forms.text(form, "fingerprint"), by=by)


def _store_key(office: Office, form: FormData, by: Principal) -> None:
    owner = forms.optional_id(form, "owner")
    if owner is None:
        raise forms.BadChoice(t("Choose a person."), field="owner")
    data = key_file(form, "key")
    try:
        with office.db.begin() as session:
            keys.administer(
                session,
                data,
                forms.secrets(form).password,
                owner_id=owner,
                by=by,
                settings=office.settings,
            )
    except NotFound as error:
        raise forms.BadChoice(error.message, field="owner") from error


_ACTS: dict[str, tuple[Callable[[Office, FormData, Principal], None], str]] = {
    "stamps": (_stamps, "stamps"),
    "add-root": (_add_root, "root-added"),
    "withdraw-root": (_withdraw_root, "root-withdrawn"),
    "store-key": (_store_key, "key-stored"),
}


def _shown(form: FormData) -> dict[str, str]:
    return {name: forms.text(form, name) for name in ("heading", "lines", "note", "owner")}


def _page(
    request: Request,
    office: Office,
    by: Principal,
    *,
    open_act: str = "",
    error: DocflowError | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    by.require(by.is_administrator, _ADMINISTRATORS)
    with office.db.read() as session:
        context = _context(session, office, by)
    return page(
        request,
        "web/signing/desk.html",
        status_code=problems.status_of(error) if error else 200,
        open_act=open_act,
        errors={(error.field or "form"): error.message} if error else {},
        typed=typed or {},
        placeholders=", ".join(f"{{{name}}}" for name in stamps.PLACEHOLDERS),
        now=clock.now(),
        **context,
    )


def _context(session: Session, office: Office, by: Principal) -> dict[str, Any]:
    soon = clock.now() + _SOON
    documents = lasting.expiring(session, by.body_id, before=soon)
    entries = [row.entry_id for row in documents if row.entry_id is not None]
    labels = {
        entry_id: label
        for entry_id, label in session.execute(
            select(registry.Entry.id, registry.Entry.label).where(registry.Entry.id.in_(entries))
        )
    }
    return {
        "keys": keys.expiring(session, by.body_id, before=soon),
        "documents": documents,
        "labels": labels,
        "counts": lasting.counts(session, by.body_id),
        "papers": copies.papers_due(session, by.body_id, before=soon.date()),
        "style": stamps.of_body(session, by.body_id),
        "roots": trust.of_body(session, by.body_id),
        "lists": trust.lists(office.settings),
        "installation_roots": len(trust.of_installation(office.settings)),
        "people": [
            (user_id, name)
            for user_id, name in session.execute(
                select(organization.User.id, organization.User.full_name)
                .where(
                    organization.User.body_id == by.body_id,
                    organization.User.is_active,
                    organization.User.password_hash.is_not(None),
                )
                .order_by(organization.User.full_name)
            )
        ],
        "services": office.settings.signing_services,
        "tsa_urls": office.settings.tsa_urls,
    }
