"""Acting for another person or a company: asked for with a proof, chosen in a login, given up."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api import forms, problems
from api.deps import TheOffice
from api.pages import TheForm
from api.portal.citizen import TheCitizen
from api.portal.render import page
from api.streams import stored_file
from docflow import accounts, documents
from docflow.accounts import Citizen, Ground, Level, RepresentedKind, Wish
from docflow.errors import DocflowError
from docflow.i18n import Text
from docflow.office import Office

router = APIRouter(prefix="/account/representations")
_HERE = "/account/representations"


@router.get("")
def show(request: Request, office: TheOffice, citizen: TheCitizen) -> Response:
    """One's own representations, and the form to ask for one."""
    citizen.require(Level.REGISTERED, to=_HERE)
    return _page(request, office, citizen)


@router.post("")
def ask(request: Request, form: TheForm, office: TheOffice, citizen: TheCitizen) -> Response:
    """Ask the office to accept one. What was typed, and the file, stay where it is refused."""
    citizen.require(Level.REGISTERED, to=_HERE)
    received: list[documents.Upload] = []
    try:
        forms.receive(office, form, "proof", into=received, body_id=citizen.body_id)
        wish = Wish(
            kind=forms.choice(form, "kind", RepresentedKind, otherwise=RepresentedKind.PERSON),
            name=forms.text(form, "name"),
            tax_number=forms.text(form, "tax_number"),
            ground=forms.choice(form, "ground", Ground, otherwise=Ground.POWER_OF_ATTORNEY),
            valid_from=forms.day(form, "valid_from"),
            valid_to=forms.day(form, "valid_to"),
        )
        proof = received[-1] if received else None
        if proof is not None:
            documents.check_now(office, proof)
        with office.db.begin() as session:
            accounts.representing.ask(session, wish, proof, citizen=citizen)
    except DocflowError as error:
        kept = [] if isinstance(error, documents.Quarantined) else received[-1:]
        return _page(
            request,
            office,
            citizen,
            values=forms.as_typed(form),
            errors={error.field or "form": error.message},
            kept=forms.kept_notes(office, kept),
            status_code=problems.status_of(error),
        )
    return RedirectResponse(f"{_HERE}?done=representation-asked", 303)


@router.post("/acting")
def act_for(form: TheForm, office: TheOffice, citizen: TheCitizen) -> Response:
    """For whom the citizen acts in this login from now on."""
    citizen.require(Level.REGISTERED, to=_HERE)
    chosen = forms.optional_id(form, "representation")
    with office.db.begin() as session:
        accounts.representing.act_for(session, chosen, citizen=citizen)
    return RedirectResponse(forms.local(forms.text(form, "to"), otherwise="/account"), 303)


@router.post("/{representation_id}/withdraw")
def withdraw(representation_id: int, office: TheOffice, citizen: TheCitizen) -> Response:
    citizen.require(Level.REGISTERED, to=_HERE)
    with office.db.begin() as session:
        accounts.representing.withdraw(session, representation_id, citizen=citizen)
    return RedirectResponse(f"{_HERE}?done=representation-withdrawn", 303)


@router.get("/{representation_id}/proof")
def proof(representation_id: int, office: TheOffice, citizen: TheCitizen) -> Response:
    """The proof that the citizen sent himself."""
    citizen.require(Level.REGISTERED, to=_HERE)
    with office.db.read() as session:
        sha256, name, media_type = accounts.representations.proof(
            session, representation_id, by=citizen
        )
    return stored_file(office, sha256=sha256, name=name, media_type=media_type)


def _page(
    request: Request,
    office: Office,
    citizen: Citizen,
    *,
    values: dict[str, str] | None = None,
    errors: dict[str, Text] | None = None,
    kept: list[forms.KeptFile] | None = None,
    status_code: int = 200,
) -> Response:
    with office.db.read() as session:
        representations = accounts.representations.of_citizen(session, citizen)
    context: dict[str, Any] = {"kinds": list(RepresentedKind), "grounds": list(Ground)}
    return page(
        request,
        "portal/representations.html",
        status_code=status_code,
        citizen=citizen,
        representations=representations,
        values=values or {},
        errors=errors or {},
        kept=kept or [],
        max_mb=office.settings.max_upload_mb,
        **context,
    )
