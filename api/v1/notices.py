"""/api/v1/notices, /notice-choices and /push-subscriptions: what the caller is told, and how."""

import base64
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, Field, model_validator

from api.deps import TheOffice
from api.v1 import reads
from api.v1.fields import Body, Id, Line
from api.v1.language import Language
from api.v1.reads import Cursor, Limit, ReadRoute
from api.v1.security import Administrator, Reader, Router
from docflow import notices
from docflow.i18n import Text
from docflow.notices import (
    Channel,
    Mailing,
    NoticeKind,
    SendingState,
    choices,
    listing,
    pushing,
    sendings,
)

router = APIRouter(route_class=ReadRoute, tags=["notices"])


class NoticeSubject(BaseModel):
    """What a notice is about."""

    type: str = Field(examples=["entry"])
    id: int = Field(examples=[1234])
    name: str = Field(examples=["1234/2026 · Αίτηση για επισκευή πεζοδρομίου"])
    page: str = Field(description="Path of its page.", examples=["/entries/koino/2026/1234"])


class Notice(BaseModel):
    """One notice, worded by what its reader may see now."""

    id: int
    kind: str = Field(description="A code of `NoticeKind`.", examples=["charged"])
    said: str = Field(examples=["Charged to you"])
    about: NoticeSubject
    by: str = Field(description="Who did it; empty: the installation.", examples=["Άννα Βλάχου"])
    in_place_of: str = Field(description="For whom it was told to the caller, his deputy.")
    told_at: datetime
    times: int = Field(description="How often it was told before it was read.", examples=[1])
    is_read: bool


class NoticePage(BaseModel):
    items: list[Notice]
    unread: int = Field(description=f"{listing.MOST} stands for more.", examples=[3])
    next_cursor: str | None


class NoticesRead(Body):
    """Which notices were read: by their ids, or all that were told up to a moment."""

    ids: list[Id] = Field(default_factory=list, max_length=1000, examples=[[17, 18]])
    until: AwareDatetime | None = Field(None, examples=["2026-11-22T09:30:00Z"])

    @model_validator(mode="after")
    def _one_of_both(self) -> "NoticesRead":
        if bool(self.ids) == (self.until is not None):
            raise ValueError("send either ids or until")
        return self


class NoticeChoice(Body):
    """How the caller is told of a kind, besides the list, where everything stands."""

    kind: NoticeKind
    mail: Mailing = Field(examples=["daily"])
    push: bool = Field(description="Push messages to the caller's browsers.")


class NoticeHours(Body):
    """Full hours of the office's zone; quiet ones may go over midnight."""

    daily_at: int = Field(choices.DAILY_AT, ge=0, le=23, description="Of the mail of the day.")
    quiet_from: int | None = Field(None, ge=0, le=23, examples=[21])
    quiet_to: int | None = Field(None, ge=0, le=23, examples=[7])
    quiet_days_off: bool = Field(False, description="Nothing on days without work.")


class NoticeChoices(Body):
    """Kinds that are left out stay as they are."""

    kinds: list[NoticeChoice] = Field(max_length=200)
    hours: NoticeHours | None = None


class NewPushSubscription(Body):
    """A browser as `PushSubscription.toJSON()` gives it; keys are base64url."""

    endpoint: Line = Field(examples=["https://updates.push.services.mozilla.com/wpush/v2/gAAAA"])
    p256dh: Line
    auth: Line
    device: Line = Field("", examples=["Firefox, office PC"])


class PushSubscription(BaseModel):
    id: int
    device: str
    created_at: datetime
    used_at: datetime | None = Field(description="When a message reached its service last.")


class PushSubscriptions(BaseModel):
    public_key: str | None = Field(
        description="The key to subscribe with (VAPID), base64url; none: no push here."
    )
    items: list[PushSubscription]


class NoticeSending(BaseModel):
    """A mail or a push message; of what it told, only how many."""

    id: int
    person: str
    channel: Channel
    is_daily: bool = Field(description="The mail of the day.")
    count: int
    state: SendingState
    tries: int
    problem: str
    created_at: datetime
    ended_at: datetime | None


@router.get("/notices")
def listed(
    by: Reader,
    office: TheOffice,
    language: Language,
    unread: Annotated[bool, Query(description="Unread ones only.")] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> NoticePage:
    """What the caller was told, the newest first; only of things that he may see now."""
    place = f"notices:{unread}"
    after = reads.position(office, by, place, cursor)
    with office.db.read() as session:
        found = listing.listed(session, by=by, only_unread=unread, after=after, limit=limit)
        count = listing.unread(session, by=by)
    return NoticePage(
        items=[_notice(line, language) for line in found.lines],
        unread=count,
        next_cursor=reads.cursor(office, by, place, found.after) if found.after else None,
    )


@router.post("/notices/read", status_code=204)
def read(body: NoticesRead, by: Router, office: TheOffice) -> Response:
    """Mark notices of the caller as read; those of others are left."""
    with office.db.begin() as session:
        if body.until is not None:
            listing.read_all(session, until=body.until, by=by)
        else:
            listing.read(session, body.ids, by=by)
    return Response(status_code=204)


@router.get("/notice-choices")
def chosen(by: Reader, office: TheOffice) -> NoticeChoices:
    """How the caller is told of each kind that can concern him, and at which hours."""
    with office.db.read() as session:
        found = choices.chosen(session, by=by)
        hours = choices.hours(session, by.person_id)
    return NoticeChoices(
        kinds=[NoticeChoice(kind=one.kind, mail=one.mail, push=one.push) for one in found.values()],
        hours=NoticeHours(
            daily_at=hours.daily_at,
            quiet_from=hours.quiet_from,
            quiet_to=hours.quiet_to,
            quiet_days_off=hours.quiet_days_off,
        ),
    )


@router.put("/notice-choices")
def choose(body: NoticeChoices, by: Router, office: TheOffice) -> NoticeChoices:
    """Keep how the caller wants to be told; it holds for what waits to be sent too."""
    wanted = [choices.Choice(one.kind, one.mail, one.push) for one in body.kinds]
    hours = choices.Hours(**body.hours.model_dump()) if body.hours else None
    with office.db.begin() as session:
        choices.choose(session, wanted, hours, by=by)
    return body


@router.get("/push-subscriptions")
def subscriptions(by: Reader, office: TheOffice) -> PushSubscriptions:
    """The caller's browsers that take push messages."""
    key = notices.push_keys.public(office.settings)
    with office.db.read() as session:
        found = [_subscription(row) for row in pushing.subscriptions(session, by=by)]
    return PushSubscriptions(
        public_key=base64.urlsafe_b64encode(key).rstrip(b"=").decode() if key else None,
        items=found,
    )


@router.post("/push-subscriptions", status_code=201)
def subscribe(body: NewPushSubscription, by: Router, office: TheOffice) -> PushSubscription:
    """Send push messages to a browser of the caller from now on."""
    wanted = pushing.Browser(**body.model_dump())
    with office.db.begin() as session:
        return _subscription(pushing.subscribe(session, wanted, by=by, settings=office.settings))


@router.delete("/push-subscriptions/{subscription_id}", status_code=204)
def unsubscribe(subscription_id: Id, by: Router, office: TheOffice) -> Response:
    """Send nothing more to a browser."""
    with office.db.begin() as session:
        pushing.unsubscribe(session, subscription_id, by=by)
    return Response(status_code=204)


@router.get("/notice-sendings")
def sent(
    by: Administrator, office: TheOffice, state: SendingState | None = None, limit: Limit = 100
) -> list[NoticeSending]:
    """What was sent in the body, the newest first; for its administrator."""
    with office.db.read() as session:
        found = sendings.sendings(session, by=by, state=state, limit=limit)
    return [NoticeSending.model_validate(one, from_attributes=True) for one in found]


@router.post("/notice-sendings/{sending_id}/again", status_code=204)
def send_again(sending_id: Id, by: Administrator, office: TheOffice) -> Response:
    """Try once more what failed for good."""
    with office.db.begin() as session:
        sendings.send_again(session, sending_id, by=by)
    return Response(status_code=204)


def _notice(line: listing.NoticeLine, language: str) -> Notice:
    name = line.subject.name
    return Notice(
        id=line.id,
        kind=line.kind,
        said=line.said.in_language(language),
        about=NoticeSubject(
            type=line.about_type,
            id=line.about_id,
            name=name.in_language(language) if isinstance(name, Text) else name,
            page=line.subject.page,
        ),
        by=line.by,
        in_place_of=line.in_place_of,
        told_at=line.told_at,
        times=line.times,
        is_read=line.is_read,
    )


def _subscription(row: notices.PushSubscription) -> PushSubscription:
    return PushSubscription(
        id=row.id, device=row.device, created_at=row.created_at, used_at=row.used_at
    )
