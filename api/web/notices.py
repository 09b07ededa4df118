"""What the person was told, how he wants to be told, and, for administrators, what was sent."""

import base64
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from starlette.datastructures import FormData

from api import problems
from api.assets import BUILT, manifest
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import RowId
from api.web.render import page
from docflow import clock, notices
from docflow.errors import DocflowError, Invalid
from docflow.i18n import t
from docflow.notices import Mailing, NoticeKind, SendingState, choices, listing, pushing, sendings
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter()
PAGE_SIZE = 50
HOURS = [(str(hour), f"{hour:02}:00") for hour in range(24)]


@router.get("/notices")
def listed(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    unread: bool = False,
    after: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Response:
    """The person's notices, the newest first."""
    with office.db.read() as session:
        found = listing.listed(session, by=by, only_unread=unread, after=after, limit=PAGE_SIZE)
        count = listing.unread(session, by=by)
    newest = max((line.told_at for line in found.lines), default=None)
    return page(
        request,
        "web/notices/list.html",
        found=found,
        count=count,
        most=listing.MOST,
        only_unread=unread,
        after=after,
        until=(newest or clock.now()).isoformat(),
    )


@router.post("/notices/read")
def read_all(form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Mark as read what the page showed, and all that is older."""
    try:
        until = datetime.fromisoformat(forms.text(form, "until"))
        until.astimezone()  # of what has no zone, nobody knows when it was
    except (ValueError, OverflowError) as error:
        raise forms.BadDate(t("Open the list of notices again, then mark them.")) from error
    if until.tzinfo is None:
        raise forms.BadDate(t("Open the list of notices again, then mark them."))
    with office.db.begin() as session:
        listing.read_all(session, until=until, by=by)
    return RedirectResponse("/notices?done=notices-read", 303)


@router.get("/notices/sendings")
def sent(
    request: Request, by: CurrentUser, office: TheOffice, state: SendingState | None = None
) -> Response:
    """What was sent in the body; for its administrator."""
    with office.db.read() as session:
        found = sendings.sendings(session, by=by, state=state)
        counts = sendings.counts(session, by=by)
    return page(
        request,
        "web/notices/sendings.html",
        found=found,
        counts=counts,
        state=state,
        states=list(SendingState),
    )


@router.post("/notices/sendings/{sending_id}/again")
def send_again(sending_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """Try once more what failed for good."""
    with office.db.begin() as session:
        sendings.send_again(session, sending_id, by=by)
    return RedirectResponse("/notices/sendings?done=sent-again", 303)


@router.get("/notices/{notice_id}")
def opened(notice_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """To what a notice is about; it counts as read from now on."""
    with office.db.begin() as session:
        subject = listing.opened(session, notice_id, by=by)
    return RedirectResponse(subject.page, 303)


@router.get("/preferences")
def preferences(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """How the person wants to be told."""
    return _preferences(request, office, by)


@router.post("/preferences")
def choose(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Keep how he wants to be told. On an error the form comes back as it was."""
    try:
        hours = choices.Hours(
            daily_at=forms.whole(form, "daily_at", otherwise=choices.DAILY_AT),
            quiet_from=_hour(form, "quiet_from"),
            quiet_to=_hour(form, "quiet_to"),
            quiet_days_off="quiet_days_off" in form,
        )
        wanted = [
            choices.Choice(
                kind=kind,
                mail=forms.choice(form, f"mail-{kind}", Mailing, otherwise=Mailing.DAILY),
                push=f"push-{kind}" in form,
            )
            for members in choices.offered(by).values()
            for kind in members
            if f"mail-{kind}" in form
        ]
        with office.db.begin() as session:
            choices.choose(session, wanted, hours, by=by)
    except Invalid as error:
        return _preferences(request, office, by, typed=forms.as_typed(form), error=error)
    return RedirectResponse("/preferences?done=preferences", 303)


@router.post("/preferences/browsers")
def subscribe(form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Called by the page's script with what the browser's push manager gave it."""
    wanted = pushing.Browser(
        endpoint=forms.text(form, "endpoint"),
        p256dh=forms.text(form, "p256dh"),
        auth=forms.text(form, "auth"),
        device=forms.text(form, "device"),
    )
    with office.db.begin() as session:
        pushing.subscribe(session, wanted, by=by, settings=office.settings)
    return Response(status_code=204)


@router.post("/preferences/browsers/{subscription_id}/remove")
def unsubscribe(subscription_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """Send nothing more to this browser."""
    with office.db.begin() as session:
        pushing.unsubscribe(session, subscription_id, by=by)
    return RedirectResponse("/preferences?done=browser-removed", 303)


@router.get("/push-worker.js", include_in_schema=False)
def push_worker() -> Response:
    """The service worker that shows push messages. Its address, at the root, is its scope, and
    stays the same for ever; so it is asked for anew each time.
    """
    path = BUILT / Path(manifest()["js/push-worker.js"])
    return FileResponse(path, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


def _hour(form: FormData, name: str) -> int | None:
    return forms.whole(form, name) if forms.text(form, name) else None


def _preferences(
    request: Request,
    office: Office,
    by: Principal,
    *,
    typed: Mapping[str, str] | None = None,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        chosen = choices.chosen(session, by=by)
        hours = choices.hours(session, by.person_id)
        browsers = list(pushing.subscriptions(session, by=by))
    key = notices.push_keys.public(office.settings)
    values: Mapping[str, str] = typed or _values(chosen, hours)
    return page(
        request,
        "web/notices/preferences.html",
        status_code=problems.status_of(error) if error else 200,
        groups=choices.offered(by),
        said=notices.said,
        hours=HOURS,
        mailings=list(Mailing),
        browsers=browsers,
        push_key=base64.urlsafe_b64encode(key).rstrip(b"=").decode() if key else "",
        values=values,
        errors={(error.field or "form"): error.message} if error else {},
    )


def _values(chosen: Mapping[NoticeKind, choices.Choice], hours: choices.Hours) -> dict[str, str]:
    """The form as it is filled in when the page is opened."""
    values = {f"mail-{kind}": str(one.mail) for kind, one in chosen.items()}
    values |= {f"push-{kind}": "on" for kind, one in chosen.items() if one.push}
    values["daily_at"] = str(hours.daily_at)
    for name, hour in (("quiet_from", hours.quiet_from), ("quiet_to", hours.quiet_to)):
        values[name] = "" if hour is None else str(hour)
    if hours.quiet_days_off:
        values["quiet_days_off"] = "on"
    return values
