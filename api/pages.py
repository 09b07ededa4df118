"""Pages: templates, the reader's language and zone, whole pages and blocks of them.

Shared by the staff app and the citizens' app. `_` and the filters read who reads from a context
variable, so that macros imported without context speak the same language.
"""

import base64
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import jinja2
from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, StreamingResponse
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.types import ASGIApp, Receive, Scope, Send

from api import assets, uploads, wording
from api.deps import chosen_language, spoken_languages
from api.durations import duration
from docflow import __version__, clock, i18n, payments
from docflow.i18n import Text, t

TEMPLATES = Path(__file__).resolve().parent / "templates"
TITLES: Mapping[int, Text] = {
    400: t("The request could not be understood"),
    401: t("Please log in"),
    403: t("This is not open to you"),
    404: t("Not found"),
    405: t("That is not possible here"),
    409: t("Not possible now"),
    410: t("No longer here"),
    413: t("What you sent is too large"),
    422: t("Something is not right"),
    429: t("Too many tries"),
    500: t("Something went wrong"),
    503: t("Not available at the moment"),
    507: t("No room at the moment"),
}


async def read_form(request: Request) -> FormData:
    """The form of a request; large files lie on disk, not in memory. `ClosesForms` closes them."""
    form = await uploads.form_of(request, max_files=1000, max_fields=4000)
    request.state.form = form
    return form


class ClosesForms:
    """Closes the files of a form when its request is over, handlers of errors included.

    (A dependency with `yield` would close them before an error's handler could keep them.)
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        finally:
            form = scope.get("state", {}).get("form")
            if form is not None:
                await form.close()


TheForm = Annotated[FormData, Depends(read_form)]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: decides words, dates and times."""

    language: str = i18n.DEFAULT_LANGUAGE
    zone: str = clock.OFFICIAL_ZONE


_reader: ContextVar[Reader] = ContextVar("reader")


def _reading() -> Reader:
    return _reader.get(Reader())


def page(
    request: Request, template: str, *, status_code: int = 200, **context: Any
) -> HTMLResponse:
    """A whole page."""
    html = render(request, template, context)
    return HTMLResponse(html, status_code=status_code, headers={"Vary": "HX-Request, Cookie"})


def stream(
    request: Request, template: str, *, until: str = "</tr>", **context: Any
) -> StreamingResponse:
    """A whole page, sent piece by piece as its values come; a piece ends with `until`.

    An iterator among the values is asked while the page is on its way, so that a list of results
    grows before the reader's eyes.
    """
    reader = reader_of(request)
    values = {**_frame(request, reader), **context}

    def pieces() -> Iterator[str]:
        parts = environment().get_template(template).generate(**values)
        held: list[str] = []
        while True:
            mark = _reader.set(reader)  # each piece may be made by another thread
            try:
                part = next(parts, None)
            finally:
                _reader.reset(mark)
            if part is None:
                break
            held.append(part)
            if until in part:
                yield "".join(held)
                held = []
        yield "".join(held)

    headers = {"Vary": "HX-Request, Cookie", "X-Accel-Buffering": "no"}
    return StreamingResponse(pieces(), media_type="text/html; charset=utf-8", headers=headers)


def block(
    request: Request, template: str, name: str, *, status_code: int = 200, **context: Any
) -> HTMLResponse:
    """One block of a page, for htmx; a fragment is never a file of its own."""
    html = render(request, template, context, block=name)
    return HTMLResponse(html, status_code=status_code, headers={"Vary": "HX-Request, Cookie"})


def error_page(
    request: Request, status: int, message: Text, *, template: str, **context: Any
) -> HTMLResponse:
    """The page of an error; htmx gets the message alone, where its answer would have stood."""
    values = {"title": TITLES.get(status, TITLES[500]), "message": message, **context}
    if is_htmx(request):
        return block(request, template, "message_only", status_code=status, **values)
    return page(request, template, status_code=status, **values)


def render(
    request: Request, template: str, context: Mapping[str, Any], *, block: str | None = None
) -> str:
    """The text of a template, or of one of its blocks, for the reader of this request."""
    reader = reader_of(request)
    mark = _reader.set(reader)
    try:
        found = environment().get_template(template)
        values = {**_frame(request, reader), **context}
        if block is None:
            return found.render(values)
        return "".join(found.blocks[block](found.new_context(values)))
    finally:
        _reader.reset(mark)


def is_htmx(request: Request) -> bool:
    """Whether a part of the page is wanted (htmx, and not when it restores history)."""
    headers = request.headers
    return "HX-Request" in headers and "HX-History-Restore-Request" not in headers


def reader_of(request: Request) -> Reader:
    """The language chosen for this request and the zone of the office."""
    language = getattr(request.state, "language", None) or chosen_language(request)
    app = request.scope.get("app")
    office = getattr(getattr(app, "state", None), "office", None)
    zone = office.settings.zone if office is not None else clock.OFFICIAL_ZONE
    return Reader(language, zone)


def _frame(request: Request, reader: Reader) -> dict[str, Any]:
    """What base.html needs on every page; a page may give its own."""
    return {
        "lang": reader.language,
        "languages": spoken_languages(request),
        "path": request.url.path,
        "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "request_id": getattr(request.state, "request_id", ""),
        "today_on": clock.today(reader.zone),
        "product_version": __version__,
        "notices": (),
        "navigation": (),
        "principal": getattr(request.state, "principal", None),
        "body_name": "",
        "is_test": False,
    }


@cache
def environment() -> jinja2.Environment:
    """The templates' environment: strict about names, escaping by itself."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals.update(
        {"_": _translate, "ngettext": _plural, "static": assets.url, "colour": wording.colour}
    )
    made.filters.update(
        {
            "say": say,
            "base64": _base64,
            "day": day,
            "moment": moment,
            "clock": clock_time,
            "size": size,
            "label": label,
            "iso": iso,
            "due": due,
            "duration": duration,
            "money": money,
            "spoken": spoken,
        }
    )
    return made


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _shown(value: Any) -> Any:
    """What `{{ value }}` prints: a domain's message in the reader's language."""
    return say(value) if isinstance(value, Text) else value


def _translate(msgid: str, **params: object) -> str:
    return i18n.translate(msgid, _reading().language, **params)


def _plural(one: str, many: str, n: int, **params: object) -> str:
    return i18n.plural(one, many, n, _reading().language, **params)


def say(text: Text | str | None) -> str:
    """A domain's message in the reader's language."""
    return text.in_language(_reading().language) if isinstance(text, Text) else text or ""


def day(value: date | datetime | None) -> str:
    """dd/mm/yyyy, as it is typed; an instant as the day it was in the office."""
    if isinstance(value, datetime):
        value = clock.local(value, _reading().zone).date()
    return f"{value:%d/%m/%Y}" if value else ""


def money(cents: int) -> str:
    """An amount as the reader writes it: 1.234,50 € or €1,234.50."""
    return payments.amounts.shown(cents, _reading().language)


def spoken(texts: Mapping[str, str]) -> str:
    """The one of a text in several languages that the reader speaks, else the Greek one."""
    return texts.get(_reading().language) or texts.get(i18n.DEFAULT_LANGUAGE, "")


def moment(value: datetime | None) -> str:
    """dd/mm/yyyy HH:mm in the office's zone."""
    return f"{clock.local(value, _reading().zone):%d/%m/%Y %H:%M}" if value else ""


def clock_time(value: datetime | None) -> str:
    """HH:mm in the office's zone."""
    return f"{clock.local(value, _reading().zone):%H:%M}" if value else ""


def iso(value: date | datetime) -> str:
    """For `datetime` attributes: a day, or an instant in UTC."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value.isoformat()


def size(count: int) -> str:
    """Bytes as people read them: 912 B, 24 KB, 3,4 MB, 1,2 GB (decimal comma in Greek)."""
    if count < 1000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{round(count / 1000)} KB"
    is_large = count >= 1_000_000_000
    text = f"{count / 1_000_000_000:.1f} GB" if is_large else f"{count / 1_000_000:.1f} MB"
    return text.replace(".", ",") if _reading().language == "el" else text


def label(code: str, group: str) -> str:
    """The word for a code: `{{ line.state | label("handling") }}`."""
    return wording.label(group, code, _reading().language)


def due(value: date | None, is_open: bool = True) -> Markup:
    """A deadline: marked when it is near (three days) or past and the work still open."""
    if value is None:
        return Markup("")
    today = clock.today(_reading().zone)
    state, word = "", ""
    if is_open and value < today:
        state, word = " app-due--over", _translate("overdue")
    elif is_open and value <= today + timedelta(days=3):
        state, word = " app-due--near", _translate("due soon")
    hidden = Markup('<span class="govuk-visually-hidden"> ({})</span>').format(word) if word else ""
    return Markup('<time class="app-due{}" datetime="{}">{}{}</time>').format(
        state, value.isoformat(), day(value), hidden
    )
