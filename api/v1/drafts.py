"""/api/v1/drafts: answers on their way to signature and issue."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from sqlalchemy.orm import Session

from api.deps import TheOffice
from api.streams import stored_file
from api.v1.chain_steps import ChainStepBody
from api.v1.fields import (
    Body,
    Code,
    ContactBody,
    Id,
    Needed,
    ReasonBody,
    Text,
)
from api.v1.reads import ReadRoute, is_known, not_modified
from api.v1.security import Drafter, Reader, Signer
from api.v1.submission import Submission, Submitted, request_body
from docflow import circulation, documents, parties, registry
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter(prefix="/drafts", tags=["drafts"], route_class=ReadRoute)


class Cited(Body):
    """An entry by its number."""

    book: Code | None = None
    year: Annotated[int, Field(ge=1, le=9999)]
    number: Annotated[int, Field(ge=1, le=2**31 - 1)]


class Content(Body):
    """What the drafter writes; with a file, that PDF stands in place of the letter."""

    subject: Needed
    recipient: ContactBody
    channel: circulation.Channel = circulation.Channel.PICKUP
    copies_to: list[Needed] = Field(default_factory=list, max_length=100)
    body: Text = ""


class NewDraft(Content):
    answers: Cited = Field(description="The entry that is answered; the caller has accepted it.")


class SavedDraft(Content):
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] = Field(
        description="The version that was read before it was changed."
    )
    keep_upload: bool = Field(True, description="Keep the drafter's PDF where none is sent.")


class Step(BaseModel):
    """What a round asks of one person."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(description="What the caller names when he acts on this step.")
    round: int
    position: int
    rank: int
    rule: circulation.Rule
    kind: circulation.StepKind
    person: str
    capacity: str
    state: circulation.StepState
    acted_at: datetime | None
    acted_by: str = Field(description="Who acted in the person's place; empty: himself.")
    acts_as: str = Field(description="`by-order` or `deputy`, where somebody acted so.")
    reason: str
    objection: str = Field(description="Written objection: with the draft, printed nowhere.")
    certificate: str
    sha256: str = Field(description="The PDF after this signature.")
    level: str = Field(description="Of the signature; `B-B`: its proof of time is pending.")
    is_mine: bool
    is_deputised: bool = Field(description="Whether the caller may act here for the person.")


class DraftActs(BaseModel):
    """What the caller may do with the draft now."""

    model_config = ConfigDict(from_attributes=True)

    edit: bool
    circulate: bool
    sign: bool
    send_back: bool
    withdraw: bool
    issue_again: bool
    reject: bool
    recall: bool
    forward: bool
    object: bool
    sign_as_last: bool
    take_note: bool


class Draft(BaseModel):
    """A draft, whole."""

    id: int
    state: circulation.DraftState
    version: int
    round: int
    subject: str
    recipient_name: str
    recipient_address: str
    recipient_email: str
    channel: circulation.Channel
    copies_to: list[str]
    body: str
    upload_name: str | None
    answers: str | None = Field(description="Number of the entry that it answers.")
    issued_as: str | None = Field(description="Number under which it was issued.")
    document_sha256: str | None = Field(description="The PDF with the signatures so far.")
    problem: str | None
    steps: list[Step]
    acts: DraftActs


class DraftLine(BaseModel):
    """A draft as a row of a list."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    subject: str
    recipient: str
    drafter: str
    unit: str
    state: circulation.DraftState
    answers: str
    waits_for: str
    changed_at: datetime
    kind: str = Field("", description="What is asked of the caller, on his work list.")
    on_behalf_of: str = Field("", description="For whom he would act as deputy.")
    since: datetime | None = None
    step: int | None = Field(None, description="The caller's step, on his work list.")


class Drafts(BaseModel):
    own: list[DraftLine]
    awaiting_signature: list[DraftLine]


@router.get("")
def listing(by: Reader, office: TheOffice) -> Drafts:
    """The caller's own drafts, and those that wait for his signature."""
    with office.db.read() as session:
        return Drafts(
            own=lines(circulation.own(session, by=by)),
            awaiting_signature=lines(circulation.awaiting(session, by=by)),
        )


@router.post(
    "",
    status_code=201,
    openapi_extra=request_body(NewDraft, files="One PDF, in place of the letter."),
)
def begin(sent: Submitted, by: Drafter, office: TheOffice, response: Response) -> Draft:
    """Begin the answer to an entry that the caller has accepted."""
    body = sent.body(NewDraft)
    content = _content(body, _upload(sent, office, by))
    with office.db.begin() as session:
        cited = body.answers
        entry = registry.numbered(session, cited.book, cited.year, cited.number, by=by)
        draft = circulation.begin_answer(session, entry.id, content, by=by)
        session.flush()  # what the answer reads again
        made = shape(session, draft.id, by)
    response.headers["Location"] = f"/api/v1/drafts/{made.id}"
    return made


@router.get("/{draft_id}")
def read(draft_id: Id, by: Reader, office: TheOffice) -> Draft:
    """One draft, with its round of signatures."""
    with office.db.read() as session:
        return shape(session, draft_id, by)


@router.put(
    "/{draft_id}",
    openapi_extra=request_body(SavedDraft, files="One PDF, in place of the letter."),
)
def save(draft_id: Id, sent: Submitted, by: Drafter, office: TheOffice) -> Draft:
    """Save a new version. 409 where somebody saved since the version that was read."""
    body = sent.body(SavedDraft)
    content = _content(body, _upload(sent, office, by))
    with office.db.read() as session:
        before = circulation.get(session, draft_id, by=by)
        kept = before.upload_sha256 if body.keep_upload and content.upload is None else None
        name = before.upload_name
    if kept is not None:
        size = len(documents.read_bytes(office, kept))
        upload = documents.Upload(name or "", kept, size, "application/pdf")
        content = replace(content, upload=upload)
    with office.db.begin() as session:
        circulation.save(session, draft_id, content, version=body.version, by=by)
        session.flush()  # what the answer reads again
        return shape(session, draft_id, by)


@router.get("/{draft_id}/document", response_class=Response)
def document(request: Request, draft_id: Id, by: Reader, office: TheOffice) -> Response:
    """The PDF that circulates, with the signatures so far: what the next one signs."""
    with office.db.read() as session:
        sha256 = circulation.get(session, draft_id, by=by).current_sha256
    if sha256 is None:
        raise documents.NoSuchFile(t("The draft does not circulate, so it has no PDF yet."))
    if is_known(request, f'"{sha256}"'):
        return not_modified(f'"{sha256}"')
    name = f"schedio-{draft_id}.pdf"
    return stored_file(office, sha256=sha256, name=name, media_type="application/pdf")


class Circulation(Body):
    """The chain: `steps`, or without them the first of `GET /drafts/{id}/chains`."""

    final_signer_id: Id | None = Field(
        None, description="Who holds the place `final`; see `GET /signers`."
    )
    steps: list[ChainStepBody] | None = Field(None, max_length=20)


@router.post("/{draft_id}/circulation")
def circulate(draft_id: Id, body: Circulation, by: Drafter, office: TheOffice) -> Draft:
    """Print the letter, with a field for each who signs, and send it round."""
    steps = None if body.steps is None else [one.step() for one in body.steps]
    circulation.circulate(
        office, draft_id, by=by, final_signer_id=body.final_signer_id, steps=steps
    )
    return _read(office, draft_id, by)


class Signature(Body):
    """What the caller's signing key asks for; used once, kept and logged nowhere."""

    password: SecretStr = Field(SecretStr(""), max_length=1000)
    pin: SecretStr = Field(SecretStr(""), max_length=100, description="Of a token or service.")
    otp: SecretStr = Field(SecretStr(""), max_length=100, description="One-time password.")
    objection: Text = Field("", description="Of a countersigner: kept, printed nowhere.")
    as_last: bool = Field(False, description="End the chain here, by right of a final signer.")
    step: Id = Field(
        description="The step of the draft that was read. The same call again changes nothing "
        "and answers as before."
    )


@router.post("/{draft_id}/signatures")
def sign(draft_id: Id, body: Signature, by: Signer, office: TheOffice) -> Draft:
    """Sign the circulating PDF with the caller's key. The last signature opens the issue.

    Number, seal and timestamp follow at once in the background: read the draft again.
    """
    if _is_signed(office, draft_id, body.step, by):
        return _read(office, draft_id, by)
    secrets = circulation.Secrets(
        password=body.password.get_secret_value(),
        pin=body.pin.get_secret_value(),
        otp=body.otp.get_secret_value(),
    )
    circulation.sign(
        office,
        draft_id,
        by=by,
        step_id=body.step,
        secrets=secrets,
        objection=body.objection,
        as_last=body.as_last,
    )
    return _read(office, draft_id, by)


class StepBody(Body):
    step: Id = Field(description="The step of the draft that was read; 409 where it is over.")


class DecisionBody(StepBody, ReasonBody):
    """What is decided on a step, and why."""


@router.post("/{draft_id}/return")
def send_back(draft_id: Id, body: DecisionBody, by: Signer, office: TheOffice) -> Draft:
    """Return the draft to its drafter, with a reason. No number was used."""
    with office.db.begin() as session:
        circulation.send_back(session, draft_id, by=by, reason=body.reason, step_id=body.step)
        session.flush()  # what the answer reads again
        return shape(session, draft_id, by)


@router.post("/{draft_id}/withdrawal")
def withdraw(draft_id: Id, by: Drafter, office: TheOffice) -> Draft:
    """Give the draft up. It stays readable; no number was used."""
    with office.db.begin() as session:
        circulation.withdraw(session, draft_id, by=by)
        session.flush()  # what the answer reads again
        return shape(session, draft_id, by)


@router.post("/{draft_id}/issue", status_code=202)
def issue(draft_id: Id, by: Drafter, office: TheOffice) -> Draft:
    """Issue again what could not be sealed; it gets a new number."""
    with office.db.begin() as session:
        circulation.issue_again(session, draft_id, by=by)
        session.flush()  # what the answer reads again
        return shape(session, draft_id, by)


def lines(found: list[circulation.DraftLine]) -> list[DraftLine]:
    return [DraftLine.model_validate(line) for line in found]


def _upload(sent: Submission, office: Office, by: Principal) -> documents.Upload | None:
    stored = sent.stored(office, by=by)
    if len(stored) > 1:
        raise circulation.BadDraft(t("Send one PDF at most."), field="files")
    return stored[0] if stored else None


def _content(body: Content, upload: documents.Upload | None) -> circulation.Content:
    recipient: parties.Contact = body.recipient.contact()
    return circulation.Content(
        subject=body.subject,
        recipient=recipient,
        channel=body.channel,
        copies_to=tuple(body.copies_to),
        body=body.body,
        upload=upload,
    )


def _is_signed(office: Office, draft_id: int, step_id: int, by: Principal) -> bool:
    """Whether the caller signed this very step, of the round that is the draft's now."""
    with office.db.read() as session:
        draft = circulation.get(session, draft_id, by=by)
        step = session.get(circulation.Step, step_id)
    if step is None or (step.draft_id, step.round) != (draft.id, draft.round):
        return False
    return step.state == circulation.StepState.SIGNED and step.acted_by == by.user_id


def _read(office: Office, draft_id: int, by: Principal) -> Draft:
    with office.db.read() as session:
        return shape(session, draft_id, by)


def shape(session: Session, draft_id: int, by: Principal) -> Draft:
    draft = circulation.get(session, draft_id, by=by)
    steps = circulation.steps(session, draft, by=by)
    answered = session.get(registry.Entry, draft.answers_id) if draft.answers_id else None
    issued = session.get(registry.Entry, draft.entry_id) if draft.entry_id else None
    return Draft(
        id=draft.id,
        state=circulation.DraftState(draft.state),
        version=draft.version,
        round=draft.round,
        subject=draft.subject,
        recipient_name=draft.recipient_name,
        recipient_address=draft.recipient_address,
        recipient_email=draft.recipient_email,
        channel=circulation.Channel(draft.channel),
        copies_to=[str(name) for name in draft.copies_to],
        body=draft.body_text,
        upload_name=draft.upload_name,
        answers=answered.label if answered else None,
        issued_as=issued.label if issued else None,
        document_sha256=draft.current_sha256,
        problem=draft.problem,
        steps=[Step.model_validate(step) for step in steps],
        acts=DraftActs.model_validate(circulation.acts(draft, steps, by=by)),
    )
