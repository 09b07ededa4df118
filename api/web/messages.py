"""Messages to citizens: what was sent, another try, and the words of each kind."""

from pathlib import Path as Folder
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import AfterId, RowId
from api.web.render import page
from docflow import messages
from docflow.errors import DocflowError, Invalid
from docflow.i18n import Text, t
from docflow.messages import MessageState, Wording, listing, sms, templates
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter()
Code = Annotated[str, Path(pattern=r"^[a-z-]{1,40}$")]
OfLanguage = Annotated[str, Path(pattern=r"^[a-z]{2}$")]
_NEWEST_TEXTS, _MOST_REPORT = 20, 1 << 20


@router.get("/messages")
def listed(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    state: MessageState | None = None,
    before: AfterId = None,
) -> Response:
    """What was sent to citizens; addresses are masked."""
    return _list(request, office, by, state, before)


@router.post("/messages/{message_id}/again")
def again(message_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """Try once more what failed."""
    with office.db.begin() as session:
        messages.send_again(session, message_id, by=by)
    return RedirectResponse("/messages?done=message-again", 303)


@router.post("/messages/bounces")
def bounced(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Take in the report of a mail that came back."""
    sent = form.get("file")
    data = sent.file.read(_MOST_REPORT) if isinstance(sent, UploadFile) else b""
    try:
        with office.db.begin() as session:
            messages.bounces.report_mail(session, data, by=by)
    except (Invalid, listing.NoSuchMessage) as error:
        return _list(request, office, by, None, None, error=error)
    return RedirectResponse("/messages?done=message-bounced", 303)


def _list(
    request: Request,
    office: Office,
    by: Principal,
    state: MessageState | None,
    before: int | None,
    *,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        found = listing.lines(session, by=by, state=state, before=before)
        counts = listing.counts(session, by=by)
    folder = None if sms.has_gateway(office.settings) else sms.folder(office.settings)
    return page(
        request,
        "web/messages/list.html",
        status_code=problems.status_of(error) if error else 200,
        found=found,
        counts=counts,
        state=state,
        states=list(MessageState),
        titles={one.code: one.title for one in messages.kinds.all_kinds()},
        page_size=listing.PAGE_SIZE,
        folder=folder,
        texts=_texts(folder) if by.opens_bodies and office.settings.demo else [],
        errors={"file": error.message} if error else {},
    )


def _texts(folder: Folder | None) -> list[tuple[str, str]]:
    """The newest texts that reached nobody, for want of a gateway: in a demonstration alone.

    They are of all bodies, and have whole numbers, links and codes in them.
    """
    if folder is None or not folder.is_dir():
        return []
    newest = sorted(folder.glob("*.sms.txt"), reverse=True)[:_NEWEST_TEXTS]
    return [(path.name, path.read_text(encoding="utf-8")) for path in newest]


@router.get("/messages/templates")
def overview(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """The kinds of messages and whose words they have."""
    with office.db.read() as session:
        found = templates.overview(session, by=by)
    return page(
        request,
        "web/messages/templates.html",
        found=found,
        spoken=messages.LANGUAGES,
    )


@router.get("/messages/templates/{code}/{language}")
def words(
    request: Request,
    code: Code,
    language: OfLanguage,
    by: CurrentUser,
    office: TheOffice,
    version: Annotated[int | None, Query(ge=0, le=10**9)] = None,
) -> Response:
    """The words of a kind in a language, with a preview; `version` fills in an earlier one."""
    with office.db.read() as session:
        kind = messages.kinds.kind(code)
        known = templates.versions(session, kind, _known(language), by=by)
    chosen = next((one for one in known if one.number == version), known[0])
    typed = chosen.words
    return _words(request, office, by, code, language, typed, seen=known[0].number)


@router.post("/messages/templates/{code}/{language}")
def define(
    request: Request,
    code: Code,
    language: OfLanguage,
    form: TheForm,
    by: CurrentUser,
    office: TheOffice,
) -> Response:
    """Keep the words, or show how they look. On an error the form comes back as it was."""
    typed = Wording(*(forms.text(form, name) for name in ("subject", "text", "sms")))
    seen = forms.whole(form, "seen")
    if forms.text(form, "act") == "preview":
        return _words(request, office, by, code, language, typed, seen=seen)
    try:
        with office.db.begin() as session:
            templates.define(session, code, _known(language), typed, seen=seen, by=by)
    except (Invalid, templates.WordsChanged) as error:
        return _words(request, office, by, code, language, typed, seen=seen, error=error)
    return RedirectResponse("/messages/templates?done=message-words", 303)


def _known(language: str) -> str:
    if language not in messages.LANGUAGES:
        raise messages.NoSuchKind(t("There is no such page."))
    return language


def _words(
    request: Request,
    office: Office,
    by: Principal,
    code: str,
    language: str,
    typed: Wording,
    *,
    seen: int,
    error: DocflowError | None = None,
) -> Response:
    errors: dict[str, Text] = {error.field or "form": error.message} if error else {}
    kind = messages.kinds.kind(code)
    with office.db.read() as session:
        known = templates.versions(session, kind, _known(language), by=by)
        try:
            shown = templates.checked(kind, language, typed)
        except templates.BadWords as problem:
            errors.setdefault(problem.field or "form", problem.message)
            shown = known[0].words
        preview = templates.preview(session, kind, shown, by=by, portal=office.settings.public_url)
    return page(
        request,
        "web/messages/words.html",
        status_code=problems.status_of(error) if error else 200,
        kind=kind,
        code=code,
        language=language,
        spoken=messages.LANGUAGES,
        values={"subject": typed.subject, "text": typed.text, "sms": typed.sms},
        errors=errors,
        seen=seen,
        versions=known,
        preview=preview,
        placeholders=[*kind.samples, *templates.EVERYWHERE],
        samples=kind.samples,
    )
