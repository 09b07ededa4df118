"""For those who look after things: own account, the audit trail, the system's state."""

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import RowId
from api.web.render import block, page
from docflow import (
    audit,
    circulation,
    clock,
    custody,
    dispatch,
    operation,
    organization,
    outbox,
    registry,
)
from docflow.errors import Invalid
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter()
_MAX_KEY = 64 << 10
_NEWEST_MAILS = 20
_AUDITORS = t("Only an auditor sees this page.")
_ADMINISTRATORS = t("Only an administrator sees this page.")


@router.get("/me")
def account(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """Who I am here, and my signing key."""
    return _account(request, office, by)


@router.post("/me/key")
def add_key(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Keep the person's own signing key, after opening it once with its password."""
    part = form.get("key")
    try:
        if not isinstance(part, UploadFile) or not part.filename:
            raise circulation.BadKeyFile(t("Choose the key file (.p12 or .pfx)."), field="key")
        data = part.file.read(_MAX_KEY)
        with office.db.begin() as session:
            password = str(form.get("password", ""))
            circulation.keys.add(session, data, password, by=by, settings=office.settings)
    except Invalid as error:
        return _account(request, office, by, error=error)
    return RedirectResponse("/me?done=key", 303)


def _account(
    request: Request, office: Office, by: Principal, *, error: Invalid | None = None
) -> Response:
    with office.db.read() as session:
        key = session.get(circulation.Keyring, by.person_id)
        places = organization.unit_names(session, by.unit_ids)
    return page(
        request,
        "web/me.html",
        status_code=problems.status_of(error) if error else 200,
        key=key,
        units=sorted(places.values()),
        roles=sorted(by.roles),
        errors={(error.field or "form"): error.message} if error else {},
        now=clock.now(),
    )


@router.get("/audit")
def trail(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """The auditor's page: is the trail sound, is each series unbroken?"""
    by.require(by.is_auditor, _AUDITORS)
    with office.db.read() as session:
        run = custody.verifications.latest(session, by.body_id)
        series = registry.contiguity(session, by=by)
    return page(request, "web/audit.html", run=run, series=series)


@router.get("/audit/check")
def progress(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """How far the check of the trail is; the page asks until it is done."""
    by.require(by.is_auditor, _AUDITORS)
    with office.db.read() as session:
        run = custody.verifications.latest(session, by.body_id)
    return block(request, "web/audit.html", "check", run=run)


@router.post("/audit/check")
def check(form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Have the whole trail checked; with the bytes of every file where that is wanted."""
    with office.db.begin() as session:
        with_objects = bool(forms.text(form, "objects"))
        custody.verifications.ask(session, with_objects=with_objects, by=by)
    return RedirectResponse("/audit", 303)


@router.get("/system")
def state(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """The administrator's page: jobs that failed, mails of the embedded stack."""
    by.require(by.is_administrator, _ADMINISTRATORS)
    with office.db.read() as session:
        counts = outbox.counts(session)
        failed = outbox.failed(session)
        now = operation.state(session, office.settings)
        alarms = operation.open_alarms(session)
    return page(
        request,
        "web/system.html",
        counts={state.value: counts.get(state, 0) for state in outbox.JobState},
        failed=failed,
        now=now,
        passed=list(operation.passed(now, office.settings)),
        alarms=alarms,
        mails=_mails(office),
        keeps_mails=_mail_folder(office) is not None,
    )


@router.post("/system/jobs/{job_id}/retry")
def retry(job_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """Let a failed job run again."""
    by.require(by.is_administrator, _ADMINISTRATORS)
    with office.db.begin() as session:
        outbox.retry(session, job_id)
        audit.record(session, "job.retried", by=by, subject=("job", job_id))
    return RedirectResponse("/system?done=retry", 303)


@router.post("/deliveries/{delivery_id}/{act}")
def deliver(
    delivery_id: RowId, act: str, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Send the notice again, or note that the document was posted or given out."""
    acts = {"notify": dispatch.notify_again, "hand-over": dispatch.hand_over}
    if act not in acts:
        raise dispatch.NoSuchDelivery(t("There is no such page."))
    with office.db.begin() as session:
        acts[act](session, delivery_id, by=by)
    back = forms.text(form, "back")
    ours = back == "/deliveries" or back.startswith("/entries/")
    safe = back if ours and back.isprintable() else "/work"
    return RedirectResponse(f"{safe}?done={act}", 303)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that the embedded stack wrote into its directory in place of sending it."""

    to: str
    subject: str
    at: datetime
    text: str


def _mail_folder(office: Office) -> Path | None:
    url = office.settings.smtp_url.get_secret_value()
    return Path(url.removeprefix("file:")) if url.startswith("file:") else None


def _mails(office: Office) -> list[Mail]:
    """The newest mails first; none where a real mail server takes them."""
    folder = _mail_folder(office)
    if folder is None:
        return []
    return [_mail(path) for path in sorted(folder.glob("*.eml"), reverse=True)[:_NEWEST_MAILS]]


def _mail(path: Path) -> Mail:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    return Mail(
        to=str(message["To"]),
        subject=str(message["Subject"]),
        at=message["Date"].datetime,
        text=str(body.get_content()) if body else "",
    )
