"""Writing an answer: its fields, an own PDF in place of the letter, and what it inherits."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import Address, At, RowId
from api.web.drafts import entry_label
from api.web.render import page
from docflow import circulation, documents, parties, reads
from docflow.circulation import Channel, Content, Draft
from docflow.errors import Conflict, DocflowError, Invalid
from docflow.i18n import Text
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter()
UPLOAD = "upload"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The form: where it goes, what stands in it, and what is wrong with it."""

    action: str
    back: str
    answers: str
    values: Mapping[str, str]
    version: str = ""  # of the draft that the person began to change, empty for a new one
    kept: list[documents.Upload] = field(default_factory=list)
    error: DocflowError | None = None


@router.get("/entries/{book}/{year}/{number}/answer")
def begin(request: Request, at: At, by: CurrentUser, office: TheOffice) -> Response:
    """An empty answer, with what it inherits from the incoming document."""
    with office.db.read() as session:
        entry = at.entry(session, by)
        channel = Channel.PICKUP if entry.sender_email else Channel.POST
        content = circulation.suggested_content(session, entry, channel=channel)
    reads.opened(office.db, entry, by=by)
    return _show(request, office, _new(at, _values(content)))


@router.post("/entries/{book}/{year}/{number}/answer")
def create(request: Request, at: At, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Keep a new draft. On an error the form comes back as it was, file included."""
    kept: list[documents.Upload] = []
    try:
        content = _content(office, form, kept, by)
        with office.db.begin() as session:
            entry = at.entry(session, by)
            draft_id = circulation.begin_answer(session, entry.id, content, by=by).id
    except (Invalid, Conflict, documents.StoreUnavailable) as error:
        return _show(request, office, _new(at, forms.as_typed(form), kept=kept, error=error))
    return RedirectResponse(f"/drafts/{draft_id}?done=begun", 303)


@router.get("/drafts/{draft_id}/edit")
def edit(request: Request, draft_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """The draft in the form, as it was saved last."""
    with office.db.read() as session:
        draft = circulation.get(session, draft_id, by=by)
        sheet = Sheet(
            action=f"/drafts/{draft_id}/edit",
            back=f"/drafts/{draft_id}",
            answers=entry_label(session, draft.answers_id),
            values=_draft_values(draft),
            version=str(draft.version),
            kept=_upload_of(office, draft),
        )
    return _show(request, office, sheet)


@router.post("/drafts/{draft_id}/edit")
def save(
    request: Request, draft_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Keep a new version; refused where the draft was saved elsewhere in the meantime."""
    kept: list[documents.Upload] = []
    try:
        content = _content(office, form, kept, by)
        with office.db.begin() as session:
            version = forms.whole(form, "version")
            circulation.save(session, draft_id, content, version=version, by=by)
    except (Invalid, Conflict, documents.StoreUnavailable) as error:
        with office.db.read() as session:
            draft = circulation.get(session, draft_id, by=by)
            # Whoever was told that another version exists, and presses again, wants his own.
            newest = isinstance(error, circulation.DraftMoved)
            sheet = Sheet(
                action=f"/drafts/{draft_id}/edit",
                back=f"/drafts/{draft_id}",
                answers=entry_label(session, draft.answers_id),
                values=forms.as_typed(form),
                version=str(draft.version) if newest else forms.text(form, "version"),
                kept=kept,
                error=error,
            )
        return _show(request, office, sheet)
    return RedirectResponse(f"/drafts/{draft_id}?done=saved", 303)


def _new(
    at: Address,
    values: Mapping[str, str],
    *,
    kept: list[documents.Upload] | None = None,
    error: DocflowError | None = None,
) -> Sheet:
    return Sheet(f"{at.path}/answer", at.path, at.label, values, kept=kept or [], error=error)


def _show(request: Request, office: Office, sheet: Sheet) -> Response:
    error = sheet.error
    errors: dict[str, Text] = {error.field or "form": error.message} if error else {}
    return page(
        request,
        "web/draft_edit.html",
        status_code=problems.status_of(error) if error else 200,
        sheet=sheet,
        values=sheet.values,
        errors=errors,
        kept=forms.kept_notes(office, sheet.kept),
        channels=list(Channel),
        max_mb=office.settings.max_upload_mb,
    )


def _content(
    office: Office, form: FormData, kept: list[documents.Upload], by: Principal
) -> Content:
    """What the form says; `kept` gets its files. Raises Invalid and StoreUnavailable."""
    forms.receive(office, form, UPLOAD, into=kept, body_id=by.body_id)
    lines = forms.text(form, "copies_to").splitlines()
    return Content(
        subject=forms.text(form, "subject"),
        recipient=parties.Contact(
            name=forms.text(form, "recipient"),
            party_id=forms.optional_id(form, "recipient_party_id"),
            address=forms.text(form, "recipient_address"),
            email=forms.text(form, "recipient_email"),
        ),
        channel=forms.choice(form, "channel", Channel, otherwise=Channel.PICKUP),
        copies_to=tuple(line.strip() for line in lines if line.strip()),
        body=forms.text(form, "body"),
        upload=kept[-1] if kept else None,
    )


def _values(content: Content) -> dict[str, str]:
    return {
        "subject": content.subject,
        "recipient": content.recipient.name,
        "recipient_party_id": str(content.recipient.party_id or ""),
        "recipient_address": content.recipient.address,
        "recipient_email": content.recipient.email,
        "channel": content.channel,
        "copies_to": "\n".join(content.copies_to),
        "body": content.body,
    }


def _draft_values(draft: Draft) -> dict[str, str]:
    return {
        "subject": draft.subject,
        "recipient": draft.recipient_name,
        "recipient_party_id": str(draft.recipient_party_id or ""),
        "recipient_address": draft.recipient_address,
        "recipient_email": draft.recipient_email,
        "channel": draft.channel,
        "copies_to": "\n".join(str(name) for name in draft.copies_to),
        "body": draft.body_text,
    }


def _upload_of(office: Office, draft: Draft) -> list[documents.Upload]:
    """The drafter's own PDF, where there is one. Raises BytesMissing and StoreUnavailable."""
    if draft.upload_sha256 is None:
        return []
    size = len(documents.read_bytes(office, draft.upload_sha256))
    name = draft.upload_name or "draft.pdf"
    return [documents.Upload(name, draft.upload_sha256, size, "application/pdf")]
