"""The pages of a service's form as they are shown: a group of fields, the last look, the number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import FormData

from api.portal.citizen import KEY_COOKIE, OPENED_COOKIE, is_https, opened_by_key, page_of
from api.portal.render import page
from docflow import applications
from docflow.accounts import Citizen
from docflow.applications import DraftFile, checking, drafts, forms
from docflow.i18n import Text
from docflow.office import Office
from docflow.services import ServiceVersion

FREE = "attachments"  # the field of the files beside the form's own
WINDOW = timedelta(minutes=5)
_KEY_LIFE = timedelta(days=1)
_MOST_KEYS = 40  # in one browser


@dataclass(frozen=True)
class Step:
    """A page of the form: the groups in their order, and one for free files where it takes them."""

    version: ServiceVersion
    language: str
    number: int
    token: str = ""
    action: str = ""

    @cached_property
    def form(self) -> forms.Form:
        return forms.of(self.version.form, self.language)

    @property
    def takes_files(self) -> bool:
        return self.version.definition.max_attachments > 0

    @property
    def total(self) -> int:
        return len(self.form.groups) + self.takes_files

    @property
    def group(self) -> forms.FormGroup | None:
        """None on the page of the free files."""
        groups = self.form.groups
        return groups[self.number - 1] if self.number <= len(groups) else None

    @property
    def names(self) -> list[str]:
        """The fields of this page that are typed or chosen."""
        return [one.name for one in self.group.fields if not one.takes_files] if self.group else []

    @property
    def file_names(self) -> list[str]:
        if self.group is None:
            return [FREE]
        return [one.name for one in self.group.fields if one.takes_files]

    @property
    def all_names(self) -> set[str]:
        return {*self.names, *self.file_names}

    @property
    def address(self) -> str:
        return self.action or f"/apply/{self.token}/{self.number}"

    @property
    def service_page(self) -> str:
        return f"/services/{self.version.code}"

    @property
    def back(self) -> str:
        if self.number > 1:
            return f"/apply/{self.token}/{self.number - 1}"
        return self.service_page

    def page_of(self, name: str) -> int:
        """The page on which a field stands; 0 where it is on none."""
        for place, group in enumerate(self.form.groups, start=1):
            if any(one.name == name for one in group.fields):
                return place
        return self.total if name == FREE and self.takes_files else 0

    def typed(self, form: FormData) -> dict[str, str | list[str]]:
        """What stands in the fields of this page."""
        found: dict[str, str | list[str]] = {}
        for one in self.group.fields if self.group else ():
            texts = [text for text in form.getlist(one.name) if isinstance(text, str)]
            if one.takes_files:
                continue
            many = one.schema.get("type") == "array"
            found[one.name] = texts if many else (texts[-1] if texts else "")
        return found


def faults(form: forms.Form, typed: forms.Typed, files: Sequence[DraftFile]) -> Mapping[str, Text]:
    """What is wrong or missing in the whole form, in its order."""
    try:
        checking.checked(form, typed, drafts.by_field(files))
    except checking.BadForm as error:
        return error.faults
    return {}


def group(
    request: Request,
    step: Step,
    *,
    typed: forms.Typed,
    citizen: Citizen,
    files: Sequence[DraftFile] = (),
    errors: Mapping[str, Text] | None = None,
    begun: applications.Draft | None = None,
    status_code: int = 200,
) -> HTMLResponse:
    """One page of the form."""
    return page(
        request,
        "portal/apply.html",
        status_code=status_code,
        step=step,
        group=step.group,
        typed=typed,
        files=files,
        errors=dict(errors or {}),
        begun=begun,
        free=FREE,
        kept_days=drafts.KEPT.days,
        max_mb=request.app.state.office.settings.max_upload_mb,
        citizen=citizen,
    )


def check(
    request: Request,
    step: Step,
    *,
    typed: forms.Typed,
    files: Sequence[DraftFile],
    faults: Mapping[str, Text] | None,
    told: Text | None,
    citizen: Citizen,
    status_code: int,
) -> HTMLResponse:
    """The last look: every answer as it will stand in the application, with the way back to it."""
    values, unread = checking.read(step.form, typed, drafts.by_field(files))
    return page(
        request,
        "portal/apply_check.html",
        status_code=status_code,
        step=step,
        answers=[
            (place, one_group, _answers(one_group, values, unread, typed, step.language))
            for place, one_group in enumerate(step.form.groups, start=1)
        ],
        files=[one for one in files if not one.field],
        faults=dict(faults or {}),
        told=told,
        citizen=citizen,
    )


def _answers(
    one_group: forms.FormGroup,
    values: Mapping[str, Any],
    unread: Mapping[str, Text],
    typed: forms.Typed,
    language: str,
) -> list[tuple[str, str]]:
    found = []
    for one in one_group.fields:
        if not forms.is_shown(one, typed):
            continue
        raw = typed.get(one.name, "")
        text = raw if isinstance(raw, str) else ", ".join(raw)
        shown = text if one.name in unread else forms.shown(one, values.get(one.name), language)
        found.append((one.label, shown))
    return found


def done(
    request: Request, version: ServiceVersion, filed: applications.Filed, *, language: str
) -> HTMLResponse:
    """The number, the time and the secret."""
    return page(
        request,
        "portal/apply_done.html",
        version=version,
        filed=filed,
        secret=applications.secret.shown(filed.secret),
    )


def let_in(
    request: Request, office: Office, application_id: int, key: str, citizen: Citizen
) -> Response:
    """To the page of an application, for who has its secret.

    Its own account opens it without a key in this browser, which would outlive the login.
    """
    response = RedirectResponse(page_of(application_id), 303)
    try:
        with office.db.read() as session:
            applications.of_citizen(session, application_id, citizen=citizen)
    except applications.NoSuchApplication:
        remember(request, response, office, application_id, key)
    return response


def remember(
    request: Request, response: Response, office: Office, application_id: int, key: str
) -> None:
    """Let this browser open the page of the application for a day, and no other page of ours.

    Whoever logs out takes the keys along, also one that he had before he logged in.
    """
    opened = [one for one in opened_by_key(request) if one != application_id] + [application_id]
    for gone in opened[:-_MOST_KEYS]:
        response.delete_cookie(KEY_COOKIE, path=page_of(gone))
    for name, value, path in (
        (KEY_COOKIE, applications.secret.typed(key), page_of(application_id)),
        (OPENED_COOKIE, ".".join(map(str, opened[-_MOST_KEYS:])), "/"),
    ):
        response.set_cookie(
            name,
            value,
            path=path,
            httponly=True,
            samesite="lax",
            secure=is_https(office),
            max_age=int(_KEY_LIFE.total_seconds()),
        )
