"""/api/v1/messages and /message-templates: what was sent to citizens, and in which words."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api.deps import TheOffice
from api.v1 import shapes
from api.v1.fields import Body, Id, Line, LongLine
from api.v1.language import Language as Spoken
from api.v1.reads import Limit, ReadRoute
from api.v1.security import Administrator
from docflow import messages
from docflow.i18n import Text, translate
from docflow.messages import MessageState, Way, Wording, bounces, listing, templates

router = APIRouter(route_class=ReadRoute, tags=["messages"])
Code = Annotated[str, Path(pattern=r"^[a-z-]{1,40}$", examples=["pickup-ready"])]
OfLanguage = Annotated[Literal["el", "en", "hu", "cs"], Path()]
_RAW = "RFC 3464 report, as the mail server sent it"


class Message(shapes.Shape):
    """A message by one way. The address is masked; what it said is not in this list."""

    id: int
    kind: str = Field(examples=["pickup-ready"])
    way: Way
    address: str = Field(examples=["a•••@example.gr"])
    state: MessageState
    tries: int
    problem: str
    created_at: datetime
    ended_at: datetime | None


class Messages(BaseModel):
    items: list[Message]
    next_before: int | None = Field(description="Send it as `before` for the ones before these.")


class MessageReport(Body):
    """A gateway or a mail server says that a message did not arrive."""

    reference: Line = Field(
        min_length=1,
        description="What the server called it: the Message-ID, or the id of the SMS gateway.",
        examples=["<1234@example.org>"],
    )
    problem: Line = Field("", examples=["550 5.1.1 User unknown"])


class BouncedMail(Body):
    """The mail that came back, as text."""

    mail: str = Field(min_length=1, max_length=1_000_000, description=_RAW)


class MessageWords(Body):
    """The words of a kind in one language; `{name}` in them is filled in."""

    subject: Line = Field(examples=["A document of {body} is ready for you"])
    text: LongLine
    sms: LongLine = Field("", description="Empty: it never goes as a text message.")
    seen: int = Field(ge=0, le=2**31, description="The `version` on which this is based.")


class MessageTemplate(BaseModel):
    kind: str
    title: str
    language: str
    version: int = Field(description="0: as supplied.")
    subject: str
    text: str
    sms: str
    placeholders: list[str] = Field(examples=[["number", "link", "code", "day", "body"]])


class MessageTemplates(BaseModel):
    items: list[MessageTemplate]


@router.get("/messages")
def listed(
    by: Administrator,
    office: TheOffice,
    state: MessageState | None = None,
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    limit: Limit = 50,
) -> Messages:
    """What was sent to citizens, the newest first; for administrators and the registry's head."""
    with office.db.read() as session:
        found = listing.lines(session, by=by, state=state, before=before, limit=limit)
    return Messages(
        items=[Message.model_validate(one) for one in found],
        next_before=found[-1].id if len(found) == limit else None,
    )


@router.post("/messages/{message_id}/again")
def again(message_id: Id, by: Administrator, office: TheOffice) -> Message:
    """Try once more what failed or came back."""
    with office.db.begin() as session:
        row = messages.send_again(session, message_id, by=by)
        return _shown(row)


@router.post("/messages/reports")
def reported(body: MessageReport, by: Administrator, office: TheOffice) -> Message:
    """Note that a message did not arrive."""
    with office.db.begin() as session:
        return _shown(bounces.report(session, [body.reference], body.problem, by=by))


@router.post("/messages/bounces")
def bounced(body: BouncedMail, by: Administrator, office: TheOffice) -> Message:
    """Note what the report of a mail server says of a mail of ours."""
    data = body.mail.encode("utf-8", "replace")
    with office.db.begin() as session:
        return _shown(bounces.report_mail(session, data, by=by))


@router.get("/message-templates")
def words(by: Administrator, office: TheOffice, spoken: Spoken) -> MessageTemplates:
    """The words of every kind in every language."""
    with office.db.read() as session:
        found = [
            _template(
                kind, language, templates.current(session, by.body_id, kind, language), spoken
            )
            for kind, _ in templates.overview(session, by=by)
            for language in messages.LANGUAGES
        ]
    return MessageTemplates(items=found)


@router.put("/message-templates/{kind}/{language}")
def define(
    kind: Code,
    language: OfLanguage,
    body: MessageWords,
    by: Administrator,
    office: TheOffice,
    spoken: Spoken,
) -> MessageTemplate:
    """Let these words hold from now on."""
    wanted = Wording(body.subject, body.text, body.sms)
    with office.db.begin() as session:
        templates.define(session, kind, language, wanted, seen=body.seen, by=by)
        known = messages.kinds.kind(kind)
        now = templates.current(session, by.body_id, known, language)
    return _template(known, language, now, spoken)


def _template(
    kind: messages.Kind, language: str, now: tuple[Wording, int], spoken: str
) -> MessageTemplate:
    words, version = now
    title = kind.title
    return MessageTemplate(
        kind=kind.code,
        title=title.in_language(spoken) if isinstance(title, Text) else translate(title, spoken),
        language=language,
        version=version,
        subject=words.subject,
        text=words.text,
        sms=words.sms,
        placeholders=[*kind.samples, *templates.EVERYWHERE],
    )


def _shown(row: messages.Message) -> Message:
    return Message(
        id=row.id,
        kind=row.kind,
        way=Way(row.way),
        address=messages.masked(row.address),
        state=MessageState(row.state),
        tries=row.tries,
        problem=row.problem or "",
        created_at=row.created_at,
        ended_at=row.ended_at,
    )
