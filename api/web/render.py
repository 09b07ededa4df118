"""Staff pages: the shared frame with the navigation of the person who is logged in."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from api import pages
from api.deps import office_of
from docflow import organization
from docflow.errors import Unavailable
from docflow.i18n import Text, t
from docflow.principal import Principal, Role

_NAME_LIFE = 60  # seconds that a body's name is remembered


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """An item of the service navigation."""

    text: Text
    href: str
    shortcut: str
    is_active: bool


def page(
    request: Request, template: str, *, status_code: int = 200, **context: Any
) -> HTMLResponse:
    """A staff page in its frame."""
    return pages.page(request, template, status_code=status_code, **{**_frame(request), **context})


def block(
    request: Request, template: str, name: str, *, status_code: int = 200, **context: Any
) -> HTMLResponse:
    """One block of a staff page, for htmx."""
    return pages.block(
        request, template, name, status_code=status_code, **{**_frame(request), **context}
    )


def error_page(request: Request, status: int, message: Text) -> HTMLResponse:
    return pages.error_page(request, status, message, template="web/error.html", **_frame(request))


def navigation(by: Principal, path: str) -> tuple[NavigationItem, ...]:
    """Where this person may go, in the order of the work."""
    works = bool(by.roles & {Role.HEAD, Role.EMPLOYEE, Role.SIGNER, Role.CLERK})
    reads = works or by.is_auditor
    items = (
        (by.is_clerk, t("Register"), "/register", "Alt+N", ()),
        (works, t("My work"), "/work", "Alt+W", ()),
        (works, t("Drafts and signatures"), "/drafts", "Alt+Y", ()),
        (reads, t("Protocol book"), "/book", "Alt+B", ("/entries/",)),
        (reads, t("Search"), "/search", "Alt+S", ()),
        (by.is_auditor, t("Audit trail"), "/audit", "Alt+U", ()),
        (by.is_administrator, t("System"), "/system", "Alt+M", ()),
    )
    return tuple(
        NavigationItem(text, href, shortcut, path == href or path.startswith((href + "/", *below)))
        for shown, text, href, shortcut, below in items
        if shown
    )


def _frame(request: Request) -> dict[str, Any]:
    principal: Principal | None = getattr(request.state, "principal", None)
    office = office_of(request)
    done = _DONE.get(request.query_params.get("done", ""))
    frame: dict[str, Any] = {"notices": (done,) if done else (), "is_test": office.settings.demo}
    if principal is not None:
        frame["navigation"] = navigation(principal, request.url.path)
        frame["body_name"] = _body_name(request, principal.body_id)
    return frame


def _body_name(request: Request, body_id: int) -> str:
    """The body's name as the header shows it, asked of the database once a minute at most."""
    state = request.app.state
    if not hasattr(state, "body_names"):
        state.body_names = {}
    known: dict[int, tuple[float, str]] = state.body_names
    asked_at, name = known.get(body_id, (0.0, ""))
    if not name or time.monotonic() - asked_at > _NAME_LIFE:
        try:
            with office_of(request).db.read() as session:
                name = organization.body(session, body_id).name
        except Unavailable:
            return name  # the page of that very error must still be shown
        known[body_id] = (time.monotonic(), name)
    return name


# What `?done=` says on the page after an act
_DONE: Mapping[str, Text] = {
    "mark": t("The entry was marked."),
    "charge": t("The entry was charged."),
    "accept": t("You accepted the entry. It is now in your work."),
    "return": t("It was returned with your reason."),
    "pass-on": t("The entry was passed on."),
    "inform": t("They were informed."),
    "note": t("You took note of it."),
    "file": t("The entry was filed and closed."),
    "reopen": t("The entry was opened again."),
    "annul": t("The entry was annulled."),
    "read-again": t("The file will be read again."),
    "begun": t("The draft was saved. Look at it, then send it to be signed."),
    "saved": t("The draft was saved."),
    "circulate": t("The draft is on its way to be signed."),
    "sign": t("You signed the document."),
    "withdraw": t("The draft was withdrawn."),
    "issue-again": t("The document is being issued again."),
    "key": t("The signing key was kept."),
    "notify": t("The notice will be sent with a new code."),
    "hand-over": t("The delivery was noted."),
    "retry": t("The job will run again."),
}
