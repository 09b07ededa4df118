"""Drafts on their way: written, sent round, signed, returned, issued."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.streams import stored_file
from api.web import forms, history
from api.web.address import RowId, path_of
from api.web.render import page
from docflow import circulation, organization, registry
from docflow.circulation import Draft
from docflow.errors import Conflict, DocflowError, Invalid, Unavailable
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter()


@router.get("/drafts")
def own(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """What waits for my signature, and what I am drafting."""
    with office.db.read() as session:
        awaiting = circulation.awaiting(session, by=by)
        drafts = circulation.own(session, by=by)
    return page(request, "web/drafts.html", awaiting=awaiting, drafts=drafts)


@router.get("/drafts/{draft_id}")
def show(request: Request, draft_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """A draft on its way: its paper, who signed, who is next, what I can do."""
    return _show(request, office, draft_id, by)


@router.get("/drafts/{draft_id}/document.pdf")
def document(draft_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """The PDF with the signatures so far, or a print of the draft as it stands."""
    with office.db.read() as session:
        draft = circulation.get(session, draft_id, by=by)
        current = draft.current_sha256
    name = f"draft-{draft_id}.pdf"
    if current is not None:
        return stored_file(office, sha256=current, name=name, media_type="application/pdf")
    pdf = circulation.preview(office, draft_id, by=by)
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.post("/drafts/{draft_id}/{act}")
def do(
    request: Request, draft_id: RowId, act: str, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Send round, sign, return, withdraw or issue again; errors come back on the draft's page."""
    try:
        _act(office, draft_id, act, form, by)
    except (Invalid, Conflict, Unavailable, circulation.NoKey, circulation.NotYourTurn) as error:
        return _show(request, office, draft_id, by, open_act=act, error=error)
    return RedirectResponse(f"/drafts/{draft_id}?done={act}", 303)


def _act(office: Office, draft_id: int, act: str, form: FormData, by: Principal) -> None:
    match act:
        case "circulate":
            final = forms.optional_id(form, "final_signer")
            if final is None:
                raise forms.BadChoice(t("Choose who signs last."), field="final_signer")
            circulation.circulate(office, draft_id, by=by, final_signer_id=final)
        case "sign":
            password = str(form.get("password", ""))
            circulation.sign(office, draft_id, by=by, password=password)
        case "return":
            with office.db.begin() as session:
                reason = forms.text(form, "reason")
                circulation.send_back(session, draft_id, by=by, reason=reason)
        case "withdraw":
            with office.db.begin() as session:
                circulation.withdraw(session, draft_id, by=by)
        case "issue-again":
            with office.db.begin() as session:
                circulation.issue_again(session, draft_id, by=by)
        case _:
            raise circulation.NoSuchDraft(t("There is no such page."))


def _show(
    request: Request,
    office: Office,
    draft_id: int,
    by: Principal,
    *,
    open_act: str = "",
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        context = _context(session, circulation.get(session, draft_id, by=by), by)
    return page(
        request,
        "web/draft.html",
        status_code=problems.status_of(error) if error else 200,
        open_act=open_act,
        errors={(error.field or "form"): error.message} if error else {},
        **context,
    )


def _context(session: Session, draft: Draft, by: Principal) -> dict[str, Any]:
    """All that the page of a draft shows."""
    steps = circulation.steps(session, draft, by=by)
    acts = circulation.acts(draft, steps, by=by)
    names = organization.names(session, [draft.drafter_id])
    return {
        "draft": draft,
        "steps": steps,
        "round_now": draft.round,
        "acts": acts,
        "answers": entry_label(session, draft.answers_id),
        "answers_path": path_of(session, draft.answers_id, by),
        "issued": entry_label(session, draft.entry_id),
        "issued_path": path_of(session, draft.entry_id, by),
        "signers": organization.signers(session, draft.body_id) if acts.circulate else [],
        "has_key": session.get(circulation.Keyring, by.person_id) is not None,
        "drafter": names.get(draft.drafter_id, ""),
        "unit": organization.unit_names(session, [draft.unit_id]).get(draft.unit_id, ""),
        "history": history.told(session, [("draft", draft.id)]),
    }


def entry_label(session: Session, entry_id: int | None) -> str:
    """The number that an entry is cited by, empty where there is none."""
    entry = session.get(registry.Entry, entry_id) if entry_id else None
    return entry.label if entry else ""
