"""Staff pages: the shared frame with the navigation of the person who is logged in."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, StreamingResponse

from api import (
    account_words,
    application_words,
    case_file_words,
    clock_words,
    contact_words,
    message_words,
    notice_words,
    organogram_words,
    pages,
    payment_words,
    process_words,
    search_words,
    service_words,
    signing_words,
    work_words,
)
from api.deps import office_of
from api.web import alarms, counts
from api.web import books_words as books
from docflow import (
    accounts,
    appointments,
    contacts,
    custody,
    organization,
    parties,
    reads,
    scans,
    statistics,
)
from docflow.case_files import plans
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


def stream(request: Request, template: str, **context: Any) -> StreamingResponse:
    """A staff page that is sent while its values still come."""
    return pages.stream(request, template, **{**_frame(request), **context})


def block(
    request: Request, template: str, name: str, *, status_code: int = 200, **context: Any
) -> HTMLResponse:
    """One block of a staff page, for htmx."""
    return pages.block(
        request, template, name, status_code=status_code, **{**_frame(request), **context}
    )


def error_page(request: Request, status: int, message: Text) -> HTMLResponse:
    return pages.error_page(request, status, message, template="web/error.html", **_frame(request))


def navigation(
    by: Principal,
    path: str,
    undescribed: int = 0,
    annulments: int = 0,
    payments_to_check: int | None = None,
) -> tuple[NavigationItem, ...]:
    """Where this person may go, in the order of the work; counts of what waits for him."""
    works = bool(by.roles & {Role.HEAD, Role.EMPLOYEE, Role.SIGNER, Role.CLERK})
    consults = works or by.is_auditor or by.is_registrar
    items = (
        (by.is_clerk, t("Register"), "/register", "Alt+N", ()),
        (
            by.is_clerk and (undescribed > 0 or path == "/to-describe"),
            t("To be described: {n}", n=undescribed),
            "/to-describe",
            "Alt+T",
            (),
        ),
        (works, t("My work"), "/work", "Alt+W", ("/steps",)),
        (statistics.sees_board(by), t("Board"), "/board", "Alt+2", ("/statistics",)),
        (
            statistics.may_see(by) and not statistics.sees_board(by),
            t("Statistics"),
            "/statistics",
            "Alt+2",
            (),
        ),
        (works, t("Drafts and signatures"), "/drafts", "Alt+Y", ()),
        (works, t("Deadlines"), "/deadlines", "Alt+7", ()),
        (
            payments_to_check is not None or by.is_administrator,
            t("Payments ({n})", n=payments_to_check) if payments_to_check else t("Payments"),
            "/payments" if payments_to_check is not None else "/payments/accounts",
            "Alt+0",
            ("/payments",),
        ),
        (contacts.may_log(by), t("Contacts"), "/contacts", "Alt+1", ("/people",)),
        (appointments.serves(by), t("Appointments"), "/diary", "", ()),
        (works or by.is_registrar, t("Deliveries"), "/deliveries", "", ()),
        (consults, t("Applications"), "/petitions", "", ()),
        (consults, t("Case files"), "/case-files", "Alt+3", ()),
        (consults, t("Protocol book"), "/book", "Alt+B", ("/entries/",)),
        (books.keeps(by), t("Books"), "/books", "Alt+K", books.BELOW),
        (consults, t("Search"), "/search", "Alt+S", ("/searches",)),
        (parties.directory.may_read(by), t("Directory"), "/parties", "Alt+J", ()),
        (accounts.keeping.keeps(by), t("Citizens’ accounts"), "/citizens", "", ()),
        (
            by.is_registrar,
            t("Annulments ({n})", n=annulments) if annulments else t("Annulments"),
            "/annulments",
            "Alt+X",
            (),
        ),
        (scans.may_scan(by), t("Scans"), "/scans", "Alt+O", ()),
        (by.is_auditor, t("Audit trail"), "/audit", "Alt+U", ()),
        (reads.may_see(by), t("Who read what"), "/reads", "Alt+H", ()),
        (
            custody.reach.may_decide(by) or by.is_auditor,
            t("Holds and erasures"),
            "/holds",
            "Alt+Z",
            (),
        ),
        (custody.state.may_see(by), t("Storage"), "/storage", "Alt+G", ()),
        (plans.may_keep(by), t("Classification plans"), "/classification", "Alt+8", ()),
        (
            consults or by.is_administrator,
            t("Services"),
            "/catalogue",
            "Alt+9",
            ("/articles", "/knowledge", "/residents", "/process"),
        ),
        (
            by.is_administrator or by.is_registrar,
            t("Messages to citizens"),
            "/messages",
            "",
            (),
        ),
        (by.is_administrator, t("Kinds of document"), "/kinds", "Alt+I", ()),
        (by.is_administrator, t("Holidays"), "/workdays", "Alt+6", ("/deadline-terms",)),
        (works or by.is_administrator, t("Organogram"), "/organogram", "Alt+5", ("/bodies",)),
        (by.is_administrator, t("Accounts"), "/users", "Alt+4", ()),
        (by.is_administrator, t("Signatures"), "/signing", "Alt+V", ()),
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
        frame["navigation"] = navigation(
            principal,
            request.url.path,
            counts.undescribed(request, principal),
            counts.annulments(request, principal),
            counts.payments_to_check(request, principal),
        )
        frame["unread"] = counts.notices(request, principal)
        frame["body_name"] = _body_name(request, principal.body_id)
        frame["alarms"] = alarms.of_store(request)
        frame["sees_storage"] = custody.state.may_see(principal)
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
    **account_words.DONE,
    **application_words.DONE,
    **signing_words.DONE,
    **search_words.DONE,
    **service_words.DONE,
    **payment_words.DONE,
    **process_words.DONE,
    **notice_words.DONE,
    **message_words.DONE,
    **case_file_words.DONE,
    **clock_words.DONE,
    **contact_words.DONE,
    "mark": t("The entry was marked."),
    "charge": t("The entry was charged."),
    "drop-plan": t("The planned charge was withdrawn."),
    "accept": t("You accepted the entry. It is now in your work."),
    "return": t("It was returned with your reason."),
    "pass-on": t("The entry was passed on."),
    "inform": t("They were informed."),
    "note": t("You took note of it."),
    "file": t("The entry was closed."),
    "reopen": t("The entry was opened again."),
    "refuse": t("It was refused and is back with who charged it."),
    "ask": t("They were asked. You will be told of the answer."),
    "take-up": t("You have taken it in hand."),
    "contribute": t("The answer was sent."),
    "decline": t("The request was refused."),
    "ask-no-more": t("The request was taken back."),
    "remark": t("The note was saved."),
    "send-on": t("The entry was forwarded to the competent body and closed."),
    "delivery-list": t("The delivery list was made. Print it and have it signed."),
    "settled": t("The file stays as it is and leaves the list."),
    "released": t("The file was let out. It is being read."),
    "annul": t("You asked for the annulment. The head of the registry decides."),
    "approve-annulment": t("The entry was annulled."),
    "refuse-annulment": t("The annulment was refused. Who asked for it sees your reason."),
    "withdraw-annulment": t("The request was taken back."),
    "correct": t("The entry was corrected. The old values stay beside the new ones."),
    "relate": t("The entries were related."),
    "unrelate": t("The relation was struck out."),
    "party-saved": t("The directory was changed. The old values stand in the history."),
    "party-merged": t(
        "The two were merged. Entries keep the names that they were registered with."
    ),
    "party-separated": t("The merge was taken back."),
    "read-again": t("The file will be read again."),
    "page-checked": t("The page was marked as looked at."),
    "training": t("The training has begun. It takes a minute or two."),
    "begun": t("The draft was saved. Look at it, then send it to be signed."),
    "saved": t("The draft was saved."),
    "circulate": t("The draft is on its way to be signed."),
    "sign": t("You signed the document."),
    "withdraw": t("The draft was withdrawn."),
    "reject": t("The draft was rejected. Its drafter sees your reason."),
    "recall": t("The draft is back with you. Change it and send it again."),
    "forward": t("The draft was passed on."),
    "take-note": t("You took note of it."),
    **organogram_words.DONE,
    **work_words.DONE,
    "deputy": t("The deputy was appointed."),
    "deputy-ended": t("The appointment has ended."),
    "chain-kept": t("The chain was kept."),
    "chain-retired": t("The chain is offered no more."),
    "issue-again": t("The document is being issued again."),
    "key": t("The signing key was kept."),
    "notify": t("The notice will be sent with a new code."),
    "hand-over": t("The delivery was noted."),
    "retry": t("The job will run again."),
    "store-probe": t("The store is being probed. Look again in a moment."),
    "store-digests": t("The stored bytes are being checked. Look again later."),
    "store-orphans": t("The store is being searched for files that nothing names."),
    "hold": t("The entry is under a legal hold."),
    "hold-released": t("The hold was taken away."),
    "erasure": t("You asked for the erasure. Another person decides."),
    "erasure-approve": t("The personal data of the entry were erased."),
    "erasure-refuse": t("The erasure was refused."),
    "trail-check": t("The trail is being checked."),
    "recovered": t("The emergency entries were registered."),
    "nothing-new": t("Nothing new was in the file. Nothing was registered twice."),
    "day-closed": t("The days that are over were closed."),
    "year-closed": t("The year is closed."),
    "export-asked": t("The file is being made. It will appear in the list."),
    "described": t("The entry was described."),
    "kind": t("The kind of document was kept."),
    "scan-taken": t("The batch is here. Its pages are being looked at."),
    "scan-known": t("This very file is here already: this is its batch."),
    "scan-decided": t("Your decision was noted."),
    "book-created": t("The book was created."),
    "book-rename": t("The book has its new title."),
    "book-policy": t("The numbering of the book was set."),
    "book-open-year": t("The year was opened."),
    "book-grant": t("The book was opened to the person."),
    "book-revoke": t("The book was taken from the person."),
    "book-default": t("The book is now the one for everything that names no other."),
    "book-close": t("The book is closed for good."),
    "arrived": t("The item has its arrival number."),
    "arrival-ended": t("The arrival ended without a number."),
    "reserved": t("The numbers are reserved."),
    "given-back": t("The number was given back and stands annulled."),
    "residents": t("The list holds from now on."),
    "receipt-mailed": t("The receipt will be sent by e-mail."),
}
