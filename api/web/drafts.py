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
from docflow.circulation import Draft, StepKind, StepState, chains
from docflow.errors import Conflict, DocflowError, Invalid, Unavailable
from docflow.i18n import t
from docflow.office import Office
from docflow.organization import NoSuchUser, deputies
from docflow.principal import Principal

router = APIRouter()
# Told on the page of the draft, where the person can do something else.
_TOLD = (circulation.NoKey, circulation.NotYourTurn, NoSuchUser)


@router.get("/drafts")
def own(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """What waits for my signature, and what I am drafting."""
    with office.db.read() as session:
        awaiting = circulation.awaiting(session, by=by)
        lists = [
            (kind, [line for line in awaiting if line.kind == kind])
            for kind in (StepKind.SIGNATURE, StepKind.COUNTERSIGN)
        ]
        lists.append(
            (
                StepKind.INFORMATION,
                circulation.awaiting(session, by=by, kind=StepKind.INFORMATION),
            )
        )
        drafts = circulation.own(session, by=by)
    limit = office.settings.signing_batch_limit
    return page(request, "web/drafts.html", lists=lists, drafts=drafts, limit=limit)


@router.get("/drafts/{draft_id}")
def show(request: Request, draft_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """A draft on its way: its paper, who signed, who is next, what I can do."""
    return show_again(request, office, draft_id, by)


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
    """Send round, sign, return and so on; errors come back on the draft's page."""
    try:
        _act(office, draft_id, act, form, by)
    except (Invalid, Conflict, Unavailable, *_TOLD) as error:
        kept = _kept(form)
        return show_again(request, office, draft_id, by, open_act=act, error=error, typed=kept)
    return RedirectResponse(f"/drafts/{draft_id}?done={act}", 303)


def _act(office: Office, draft_id: int, act: str, form: FormData, by: Principal) -> None:
    match act:
        case "circulate":
            final = forms.optional_id(form, "final_signer")
            if final is None:
                raise forms.BadChoice(t("Choose who signs last."), field="final_signer")
            circulation.circulate(office, draft_id, by=by, final_signer_id=final)
        case "sign":
            circulation.sign(
                office,
                draft_id,
                by=by,
                step_id=_step(form),
                secrets=forms.secrets(form),
                objection=forms.text(form, "objection"),
                as_last=bool(forms.text(form, "as_last")),
            )
        case _:
            with office.db.begin() as session:
                _decide(session, draft_id, act, form, by)


def _decide(session: Session, draft_id: int, act: str, form: FormData, by: Principal) -> None:
    """The acts that are one short transaction."""
    match act:
        case "return":
            reason = forms.text(form, "reason")
            circulation.send_back(session, draft_id, by=by, reason=reason, step_id=_step(form))
        case "reject":
            reason = forms.text(form, "reject_reason")
            circulation.reject(session, draft_id, by=by, reason=reason, step_id=_step(form))
        case "forward":
            to = forms.optional_id(form, "to")
            if to is None:
                raise forms.BadChoice(t("Choose a person."), field="to")
            step, reason = _step(form), forms.text(form, "forward_reason")
            circulation.forward(session, draft_id, to=to, reason=reason, by=by, step_id=step)
        case "take-note":
            circulation.take_note(session, draft_id, by=by, step_id=_step(form))
        case "recall":
            circulation.recall(session, draft_id, by=by)
        case "withdraw":
            circulation.withdraw(session, draft_id, by=by)
        case "issue-again":
            circulation.issue_again(session, draft_id, by=by)
        case _:
            raise circulation.NoSuchDraft(t("There is no such page."))


def _step(form: FormData) -> int:
    """The step on whose page the button was pressed: it says which text the person saw."""
    step = forms.optional_id(form, "step")
    if step is None:
        raise circulation.DraftMoved(t("The draft has moved on in the meantime. Look at it again."))
    return step


def show_again(
    request: Request,
    office: Office,
    draft_id: int,
    by: Principal,
    *,
    open_act: str = "",
    error: DocflowError | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    with office.db.read() as session:
        context = _context(session, circulation.get(session, draft_id, by=by), by)
        context |= elsewhere_context(session, draft_id, by)
    return page(
        request,
        "web/draft.html",
        status_code=problems.status_of(error) if error else 200,
        open_act=open_act,
        errors={_place(open_act, error): error.message} if error else {},
        typed=typed or {},
        **context,
    )


_SECRETS = ("password", "pin", "otp")


def _kept(form: FormData) -> dict[str, str]:
    """What was typed, without what must never be shown again."""
    return {name: value for name, value in forms.as_typed(form).items() if name not in _SECRETS}


def _place(act: str, error: DocflowError) -> str:
    """The field to blame; the reasons of several acts stand on the page under several names."""
    if error.field == "reason" and act in ("reject", "forward"):
        return f"{act}_reason"
    return error.field or "form"


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
        "corrects": entry_label(session, draft.corrects_id),
        "corrects_path": path_of(session, draft.corrects_id, by),
        "issued": entry_label(session, draft.entry_id),
        "issued_path": path_of(session, draft.entry_id, by),
        "signers": organization.signers(session, draft.body_id) if acts.circulate else [],
        "outlines": _outlines(session, draft) if acts.circulate else [],
        "people": deputies.colleagues(session, by=by) if acts.forward else [],
        "away": deputies.deputies_of(session, _waited_for(draft, steps)),
        "key": session.get(circulation.Keyring, by.person_id),
        "has_key": session.get(circulation.Keyring, by.person_id) is not None,
        "drafter": names.get(draft.drafter_id, ""),
        "unit": organization.unit_names(session, [draft.unit_id]).get(draft.unit_id, ""),
        "history": history.told(session, [("draft", draft.id)], by=by),
    }


def elsewhere_context(session: Session, draft_id: int, by: Principal) -> dict[str, Any]:
    """What the person took along to be signed elsewhere, and the field that is his."""
    try:
        draft = circulation.get(session, draft_id, by=by)
        field = circulation.turn(session, draft, by=by).field
    except (circulation.DraftMoved, circulation.NotYourTurn):
        return {"given_out": None, "my_field": ""}
    out = circulation.given_out(session, draft_id, by=by)
    return {"given_out": out, "my_field": field}


def _outlines(
    session: Session, draft: Draft
) -> list[tuple[circulation.ChainInfo, list[circulation.Outlined]]]:
    """The chains for the draft, with who would be asked today; the first is taken."""
    offered = chains.offered(session, body_id=draft.body_id, unit_id=draft.unit_id)
    return [(one, circulation.outline(session, draft, one.steps)) for one in offered]


def _waited_for(draft: Draft, steps: list[circulation.StepInfo]) -> list[int | None]:
    return [s.user_id for s in steps if s.round == draft.round and s.state == StepState.ACTIVE]


def entry_label(session: Session, entry_id: int | None) -> str:
    """The number that an entry is cited by, empty where there is none."""
    entry = session.get(registry.Entry, entry_id) if entry_id else None
    return entry.label if entry else ""
