"""Writing an answer: a draft with its versions, which only its drafter changes.

Source: domain rows 43 (versions of a draft), 65 (a draft inherits from the incoming document).
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from docflow import audit, clock, documents, organization, parties, registry
from docflow.circulation import noticed
from docflow.circulation.models import (
    Channel,
    Draft,
    DraftState,
    DraftVersion,
    Step,
    StepState,
)
from docflow.circulation.turns import DraftMoved, as_deputy
from docflow.errors import Forbidden, Invalid, NotFound
from docflow.folding import line, lines
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import Handling, HandlingState

MAX_BODY = 50_000


class NoSuchDraft(NotFound):
    """There is no such draft, or it is not open to this person."""


class NotYourDraft(Forbidden):
    """Only its drafter changes a draft."""


class BadDraft(Invalid):
    """Something is missing in the draft."""


class NotResponsible(Forbidden):
    """Only the responsible person answers an item."""


@dataclass(frozen=True, slots=True)
class Content:
    """What the drafter writes. With `upload`, his own PDF stands in place of the letter."""

    subject: str
    recipient: parties.Contact
    channel: Channel = Channel.PICKUP
    copies_to: tuple[str, ...] = field(default=())
    body: str = ""
    upload: documents.Upload | None = None


def begin_answer(session: Session, entry_id: int, content: Content, *, by: Principal) -> Draft:
    """Draft the answer to an entry that the person handles.

    Raises NoSuchEntry, AlreadyAnnulled, NotResponsible, BadDraft.
    """
    by.require_scope("draft")
    entry = registry.get(session, entry_id, by=by)
    registry.require_not_annulled(session, entry)
    handling = session.scalar(
        select(Handling)
        .where(Handling.entry_id == entry.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if (
        handling is None
        or handling.state != HandlingState.ACCEPTED
        or handling.user_id != by.person_id
    ):
        raise NotResponsible(t("Accept the item first: only the responsible person answers it."))
    registry.provisional.require_described(session, entry)
    draft = Draft(
        body_id=by.body_id,
        answers_id=entry.id,
        book_id=entry.book_id,
        unit_id=handling.unit_id,
        drafter_id=by.person_id,
        state=DraftState.DRAFTING,
    )
    fill(draft, content)
    session.add(draft)
    session.flush()  # its id, for version and event
    keep_version(session, draft, content, by)
    audit.record(session, "draft.begun", by=by, subject=("draft", draft.id), answers=entry.label)
    return draft


def suggested_content(session: Session, entry: registry.Entry, *, channel: Channel) -> Content:
    """What a new answer inherits from the entry that it answers."""
    now = registry.current(session, entry)
    return Content(
        subject=now.subject,
        recipient=parties.Contact(
            name=now.sender_name,
            party_id=now.sender_party_id,
            address=now.sender_address,
            email=now.sender_email,
        ),
        channel=channel,
    )


def save(
    session: Session, draft_id: int, content: Content, *, version: int, by: Principal
) -> Draft:
    """A new version of the draft. `version` is the one that the person saw when he began to write.

    Raises DraftMoved when somebody saved in the meantime, or the draft circulates.
    """
    by.require_scope("draft")
    draft = locked(session, draft_id, by)
    require_drafter(draft, by)
    require_state(draft, DraftState.DRAFTING, DraftState.ISSUE_FAILED)
    if draft.version != version:
        raise DraftMoved(
            t("The draft was saved in another window. Open it again and compare before you save.")
        )
    if draft.state == DraftState.ISSUE_FAILED:
        draft.state = DraftState.DRAFTING  # a changed text needs new signatures
    fill(draft, content)
    draft.version += 1
    keep_version(session, draft, content, by)
    audit.record(
        session,
        "draft.saved",
        by=by,
        subject=("draft", draft.id),
        version=draft.version,
    )
    return draft


def withdraw(session: Session, draft_id: int, *, by: Principal) -> Draft:
    """Give a draft up. It stays readable; no number was used."""
    by.require_scope("draft")
    draft = locked(session, draft_id, by)
    require_drafter(draft, by)
    require_state(draft, DraftState.DRAFTING, DraftState.CIRCULATING, DraftState.ISSUE_FAILED)
    cancel_steps(session, draft)
    draft.state, draft.changed_at = DraftState.WITHDRAWN, clock.now()
    audit.record(session, "draft.withdrawn", by=by, subject=("draft", draft.id))
    return draft


def get(session: Session, draft_id: int, *, by: Principal) -> Draft:
    """A draft that the person may see.

    His own, one that he signs or did sign (for himself, or now as a deputy), or one of a unit that
    he heads.
    """
    draft = session.scalar(select(Draft).where(Draft.id == draft_id, visible_to(by)))
    if draft is None:
        raise NoSuchDraft(t("There is no such draft, or it is not open to you."))
    return draft


def locked(session: Session, draft_id: int, by: Principal) -> Draft:
    """The same, with its row held until the transaction ends."""
    draft = session.scalar(
        select(Draft)
        .where(Draft.id == draft_id, visible_to(by))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if draft is None:
        raise NoSuchDraft(t("There is no such draft, or it is not open to you."))
    return draft


def visible_to(by: Principal) -> ColumnElement[bool]:
    """The condition on `drafts` that the person may see the draft; see `get`."""
    signs = select(Step.draft_id).where(
        or_(Step.user_id == by.user_id, Step.acted_by == by.user_id)
    )
    allowed = or_(Draft.drafter_id == by.user_id, Draft.id.in_(signs), _for_another(by))
    if by.headed_unit_ids:
        # Not what is drafted in a confidential book, unless it was opened to the head by name.
        hidden = select(registry.Book.id).where(
            registry.Book.is_confidential,
            registry.Book.id.not_in(by.confidential_reads),
        )
        heads = and_(Draft.unit_id.in_(by.headed_unit_ids), Draft.book_id.not_in(hidden))
        allowed = or_(allowed, heads)
    return and_(Draft.body_id == by.body_id, allowed)


def _for_another(by: Principal) -> ColumnElement[bool]:
    """Where it is now the turn of somebody whose deputy the person is."""
    turn = select(Step.id).where(
        Step.draft_id == Draft.id,
        Step.round == Draft.round,
        Step.state == StepState.ACTIVE,
        as_deputy(by),
    )
    return and_(Draft.state == DraftState.CIRCULATING, turn.correlate(Draft).exists())


def require_state(draft: Draft, *allowed: DraftState) -> None:
    if draft.state not in allowed:
        raise DraftMoved(t("The draft has moved on in the meantime. Look at it again."))


def cancel_steps(session: Session, draft: Draft) -> None:
    """End the round: whoever has not signed need not sign any more."""
    for step in session.scalars(
        select(Step).where(
            Step.draft_id == draft.id,
            Step.round == draft.round,
            Step.state.in_([StepState.WAITING, StepState.ACTIVE]),
        )
    ):
        step.state = StepState.CANCELLED
    noticed.settle(session, draft)


def require_drafter(draft: Draft, by: Principal) -> None:
    if draft.drafter_id != by.user_id:
        raise NotYourDraft(t("Only its drafter changes a draft. Return it to him with a reason."))


def fill(draft: Draft, content: Content) -> None:
    subject = line(content.subject)
    if not 3 <= len(subject) <= 1000:
        raise BadDraft(t("Write a subject of 3 to 1000 characters."), field="subject")
    body = lines(content.body)
    recipient = parties.checked(content.recipient, field="recipient")
    if content.upload is None and not body:
        raise BadDraft(t("Write the text of the answer, or upload it as PDF."), field="body")
    if len(body) > MAX_BODY:
        raise BadDraft(t("The text has more than {max} characters.", max=MAX_BODY), field="body")
    if content.upload is not None and content.upload.media_type != "application/pdf":
        raise BadDraft(t("The uploaded answer must be a PDF."), field="upload")
    if content.channel == Channel.PICKUP and not recipient.email:
        raise BadDraft(
            t("For pick-up on the citizens' page the recipient's e-mail is needed."),
            field="recipient_email",
        )
    draft.subject, draft.body_text, draft.channel = subject, body, content.channel
    draft.recipient_name, draft.recipient_address = recipient.name, recipient.address
    draft.recipient_email, draft.recipient_party_id = (
        recipient.email,
        recipient.party_id,
    )
    draft.copies_to = [parties.check_name(name, field="copies_to") for name in content.copies_to]
    draft.upload_sha256 = content.upload.sha256 if content.upload else None
    draft.upload_name = content.upload.name if content.upload else None
    draft.current_sha256, draft.problem, draft.changed_at = None, None, clock.now()


def keep_version(session: Session, draft: Draft, content: Content, by: Principal) -> None:
    session.add(
        DraftVersion(
            draft_id=draft.id,
            version=draft.version,
            content=asdict(content),
            saved_by=by.person_id,
        )
    )


AfterIssue = Callable[[Session, Draft, registry.Entry], None]
_after_issue: list[AfterIssue] = []


def after_issue(function: AfterIssue) -> AfterIssue:
    """Register what an upper package does, in the same transaction, when a document is issued."""
    _after_issue.append(function)
    return function


def tell_issued(session: Session, draft: Draft, entry: registry.Entry) -> None:
    for then in _after_issue:
        then(session, draft, entry)


def names_of(session: Session, draft: Draft) -> dict[int, str]:
    """Names of the drafter and of all who had, or have, something to do with the draft."""
    steps = session.execute(
        select(Step.user_id, Step.acted_by).where(Step.draft_id == draft.id)
    ).all()
    return organization.names(session, [draft.drafter_id, *(one for row in steps for one in row)])
