"""The log of contacts as lists, and how soon the house answers."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api import problems
from api.deps import CurrentUser, TheOffice
from api.web import forms
from api.web.address import Start
from api.web.render import page
from docflow import clock, contacts
from docflow.contacts import Channel, Measure, Which
from docflow.errors import Invalid

router = APIRouter(prefix="/contacts")
PAGE_SIZE = 50
Typed = Annotated[str, Query(max_length=200)]


@router.get("")
def listing(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    which: Typed = "",
    channel: Typed = "",
    start: Start = 0,
) -> Response:
    """What waits for us; or what I took; or all."""
    chosen = Which(which) if which in set(Which) else Which.WAITING
    with office.db.read() as session:
        found, total = contacts.listing(
            session,
            chosen,
            channel=Channel(channel) if channel in set(Channel) else None,
            by=by,
            offset=start,
            limit=PAGE_SIZE,
        )
        counts = {chosen: total}
        if chosen is not Which.WAITING:
            counts[Which.WAITING] = contacts.waiting_count(session, by=by)
    return page(
        request,
        "web/contacts/list.html",
        found=found,
        total=total,
        counts=counts,
        which=chosen,
        whiches=list(Which),
        channel=channel,
        channels=list(Channel),
        start=start,
        page_size=PAGE_SIZE,
    )


@router.get("/figures")
def figures(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    first: Typed = "",
    last: Typed = "",
) -> Response:
    """How soon the house answers, by channel."""
    today, zone = clock.today(), office.settings.zone
    error: Invalid | None = None
    measures: Sequence[Measure] = ()
    begin, end = today - timedelta(days=30), today
    try:
        begin = forms.parse_day(first, field="first") or begin
        end = forms.parse_day(last, field="last") or end
        with office.db.read() as session:
            measures = contacts.figures(session, begin, end, by=by, zone=zone)
    except Invalid as wrong:
        error = wrong
    return page(
        request,
        "web/contacts/figures.html",
        status_code=problems.status_of(error) if error else 200,
        measures=measures,
        values={
            "first": first or f"{begin:%d/%m/%Y}",
            "last": last or f"{end:%d/%m/%Y}",
        },
        errors={error.field or "form": error.message} if error else {},
    )
