"""A draft's step that asks for a one-time password, or is signed elsewhere and brought back."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData, UploadFile

from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.streams import stored_file
from api.web import batch, drafts, forms
from api.web.address import RowId
from docflow import circulation, signatures
from docflow.errors import Conflict, DocflowError, Invalid, Unavailable
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter()
_SHOWN = (Invalid, Conflict, Unavailable, signatures.NoKey, circulation.NotYourTurn)


@router.post("/drafts/{draft_id}/elsewhere/send-otp")
def send_otp(
    request: Request, draft_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Have a one-time password sent for the signature; the form then waits for it."""
    try:
        signatures.send_otp(office, secrets=forms.secrets(form), by=by)
    except _SHOWN as error:
        return _again(request, office, draft_id, by, "sign", error)
    return RedirectResponse(f"/drafts/{draft_id}?done=otp-sent#sign", 303)


@router.post("/drafts/batch/send-otp")
def send_otp_for_batch(form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """The same for many at once; the chosen ones stay chosen."""
    chosen = batch.steps(forms.texts(form, "draft"))
    signatures.send_otp(office, secrets=forms.secrets(form), by=by)
    query = "&".join(f"draft={draft_id}.{step_id}" for draft_id, step_id in chosen)
    return RedirectResponse(f"/drafts/batch?{query}&done=otp-sent", 303)


@router.get("/drafts/{draft_id}/elsewhere/document.pdf")
def look(draft_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """The PDF that is to be signed elsewhere, to be looked at: nothing is noted."""
    with office.db.read() as session:
        out = circulation.to_sign(session, draft_id, by=by)
    return _pdf(office, draft_id, out)


@router.post("/drafts/{draft_id}/elsewhere/document.pdf")
def take(
    request: Request, draft_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Take the PDF along, to be signed elsewhere in the field that is the person's."""
    try:
        out = circulation.give_out(office, draft_id, by=by)
    except _SHOWN as error:
        return _again(request, office, draft_id, by, "bring", error)
    return _pdf(office, draft_id, out)


def _pdf(office: Office, draft_id: int, out: circulation.GivenOut) -> Response:
    return stored_file(
        office,
        sha256=out.sha256,
        name=f"draft-{draft_id}-{out.field}.pdf",
        media_type="application/pdf",
        download=True,
    )


@router.post("/drafts/{draft_id}/elsewhere/{act}")
def bring(
    request: Request, draft_id: RowId, act: str, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Prepare a digest, or take in the signed file or the signature's value."""
    try:
        _act(office, draft_id, act, form, by)
    except _SHOWN as error:
        return _again(request, office, draft_id, by, act, error)
    return RedirectResponse(f"/drafts/{draft_id}?done={_DONE[act]}", 303)


_DONE = {"digest": "digest-prepared", "bring": "sign", "value": "sign"}


def _act(office: Office, draft_id: int, act: str, form: FormData, by: Principal) -> None:
    match act:
        case "digest":
            circulation.give_digest(office, draft_id, by=by)
        case "bring":
            part = form.get("signed")
            if not isinstance(part, UploadFile) or not part.filename:
                raise circulation.NotAsGivenOut(t("Choose the signed file."), field="signed")
            limit = office.settings.max_upload_mb << 20
            data = part.file.read(limit + 1)
            if len(data) > limit:
                raise circulation.NotAsGivenOut(
                    t("The file is larger than {max} MB.", max=office.settings.max_upload_mb),
                    field="signed",
                )
            circulation.bring_back(office, draft_id, data, by=by)
        case "value":
            circulation.bring_value(office, draft_id, forms.text(form, "value"), by=by)
        case _:
            raise circulation.NoSuchDraft(t("There is no such page."))


def _again(
    request: Request, office: Office, draft_id: int, by: Principal, act: str, error: DocflowError
) -> Response:
    return drafts.show_again(request, office, draft_id, by, open_act=act, error=error)
