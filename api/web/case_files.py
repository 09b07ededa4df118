"""Case files: the list, one file with what lies in it, its cover, and what leaves it as a file."""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.streams import stored_file
from api.web import case_file_history, forms, history
from api.web.address import AfterId, RowId, Start
from api.web.render import block, page
from docflow import case_files, clock, organization, reads, registry
from docflow.case_files import ExportForm, ItemKind, exporting
from docflow.errors import Conflict, DocflowError, Forbidden, Invalid, NotFound
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter(prefix="/case-files")
PAGE_SIZE = 50
CONTENTS = 200  # documents of a file on one page
_HISTORY = 60
# What the person can mend: his form comes back, with what he wrote.
TOLD = (Invalid, Conflict, Forbidden, NotFound)


@dataclass(frozen=True, slots=True)
class Typed:
    """The filter of the list as it was typed."""

    q: str = ""
    unit: str = ""
    class_code: str = ""
    state: str = ""
    mine: str = ""


@router.get("")
def listing(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    typed: Annotated[Typed, Depends()],
    after: AfterId = None,
) -> Response:
    """The case files that are open to the person, the newest first, filtered."""
    words = forms.clean(typed.q)[:200]
    wanted = case_files.Wanted(
        words=words,
        unit_id=int(typed.unit) if typed.unit.isdecimal() and len(typed.unit) < 16 else None,
        class_code=forms.clean(typed.class_code)[:60],
        is_open={"open": True, "closed": False}.get(typed.state),
        responsible_id=by.user_id if typed.mine else None,
    )
    with office.db.read() as session:
        lines = case_files.listing(session, wanted, by=by, after=after, limit=PAGE_SIZE + 1)
        context: dict[str, Any] = {
            "total": case_files.count(session, wanted, by=by),
            "units": organization.units(session, by.body_id),
            "class_choices": case_files.classes.in_force(
                session, clock.today(office.settings.zone), by=by
            ),
        }
    return page(
        request,
        "web/case_files/list.html",
        lines=lines[:PAGE_SIZE],
        next_after=lines[PAGE_SIZE - 1].id if len(lines) > PAGE_SIZE else None,
        is_first=after is None,
        typed={name: getattr(typed, name) for name in Typed.__slots__},
        may_open=_may_open(by),
        **context,
    )


def _may_open(by: Principal) -> bool:
    return bool(by.unit_ids | by.headed_unit_ids) or by.is_clerk or by.is_registrar


@router.get("/{file_id}")
def show(
    request: Request, file_id: RowId, by: CurrentUser, office: TheOffice, start: Start = 0
) -> Response:
    """One file: its cover, what lies in it, and what the person may do with it."""
    return _file_page(request, office, by, file_id, start=start)


@router.post("/{file_id}/acts/{act}")
def do(
    request: Request, file_id: RowId, act: str, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Put a document in, close, open again, put under another file."""
    if act not in _ACTS:
        raise case_files.NoSuchCaseFile(_NO_PAGE)
    try:
        with office.db.begin() as session:
            _ACTS[act](session, file_id, form, by, office.settings.zone)
    except TOLD as error:
        return _file_page(request, office, by, file_id, act=act, form=form, error=error)
    return RedirectResponse(f"/case-files/{file_id}?done=case-file-{act}", 303)


def _put(session: Session, file_id: int, form: FormData, by: Principal, zone: str) -> None:
    entry = registry.cited(session, forms.text(form, "entry"), by=by)
    case_files.file_entry(
        session,
        file_id,
        entry.id,
        by=by,
        zone=zone,
        kind=forms.choice(form, "kind", ItemKind, otherwise=ItemKind.MAIN),
        pages=forms.whole(form, "pages") if forms.text(form, "pages") else None,
    )


def _close(session: Session, file_id: int, form: FormData, by: Principal, _: str) -> None:
    version = forms.whole(form, "version")
    reason = forms.text(form, "reason")
    case_files.close(session, file_id, version=version, by=by, reason=reason)


def _reopen(session: Session, file_id: int, form: FormData, by: Principal, _: str) -> None:
    version = forms.whole(form, "version")
    reason = forms.text(form, "reason")
    case_files.reopen(session, file_id, version=version, by=by, reason=reason)


def _under(session: Session, file_id: int, form: FormData, by: Principal, _: str) -> None:
    code = forms.text(form, "case_file")
    parent = case_files.coded(session, code, by=by).id if code else None
    version = forms.whole(form, "version")
    case_files.put_under(session, file_id, parent, version=version, by=by)


_ACTS = {"put": _put, "close": _close, "reopen": _reopen, "under": _under}
_NO_PAGE = t("There is no such page.")


@router.get("/{file_id}/items/{item_id}")
def item(
    request: Request, file_id: RowId, item_id: RowId, by: CurrentUser, office: TheOffice
) -> Response:
    """A document of the file: move it, take it out, count its pages."""
    return _item_page(request, office, by, file_id, item_id)


@router.post("/{file_id}/items/{item_id}/{act}")
def do_item(
    request: Request,
    file_id: RowId,
    item_id: RowId,
    act: str,
    form: TheForm,
    by: CurrentUser,
    office: TheOffice,
) -> Response:
    """Move the document, take it out, or write how many pages it has on paper."""
    reason = forms.text(form, "reason")
    try:
        with office.db.begin() as session:
            if act == "move":
                target = case_files.coded(session, forms.text(form, "case_file"), by=by)
                zone = office.settings.zone
                case_files.move(session, item_id, target.id, reason=reason, by=by, zone=zone)
            elif act == "take-out":
                case_files.take_out(session, item_id, reason=reason, by=by)
            elif act == "pages":
                typed = forms.text(form, "pages")
                count = forms.whole(form, "pages") if typed else None
                case_files.recount(session, item_id, count, by=by)
            else:
                raise case_files.NoSuchCaseFile(_NO_PAGE)
    except TOLD as error:
        return _item_page(request, office, by, file_id, item_id, act=act, form=form, error=error)
    return RedirectResponse(f"/case-files/{file_id}?done=case-file-{act}", 303)


@router.get("/{file_id}/contents.pdf")
def contents(file_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """Cover and contents on paper, as far as the file is open to the person."""
    pdf = exporting.contents_pdf(office, file_id, by=by, language=by.language)
    headers = {
        "Content-Disposition": f'inline; filename="case-file-{file_id}.pdf"',
        "Cache-Control": "no-store",
    }
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.post("/{file_id}/exports")
def export(
    request: Request, file_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """A small file at once; a large one by a job, whose file is then listed here."""
    reason = forms.text(form, "reason")
    try:
        kind = forms.choice(form, "form", ExportForm, otherwise=ExportForm.PDF)
        zone = office.settings.zone
        with office.db.read() as session:
            at_once = exporting.is_small(session, file_id, by=by, zone=zone)
        if at_once:
            return _at_once(office, file_id, kind, by, reason)
        with office.db.begin() as session:
            exporting.request(
                session, file_id, kind, by=by, language=by.language, zone=zone, reason=reason
            )
    except TOLD as error:
        return _file_page(request, office, by, file_id, act="export", form=form, error=error)
    return RedirectResponse(f"/case-files/{file_id}?done=export-asked#exports", 303)


def _at_once(
    office: Office, file_id: int, kind: ExportForm, by: Principal, reason: str
) -> Response:
    with exporting.made(office, file_id, kind, by=by, language=by.language, reason=reason) as made:
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(made.name)}",
            "Cache-Control": "no-store",
        }
        data = made.path.read_bytes()  # bounded: see `exporting.is_small`
        return Response(data, media_type=made.media_type, headers=headers)


@router.get("/{file_id}/exports")
def exports(request: Request, file_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """The list of exports alone, for a page that waits."""
    with office.db.read() as session:
        found = exporting.listing(session, by=by, file_id=file_id)
    address = f"/case-files/{file_id}"
    return block(request, "web/case_files/file.html", "exports", exports=found, address=address)


@router.get("/exports/{export_id}/file")
def export_file(export_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """The file of an export, to its owner alone."""
    with office.db.read() as session:
        row, name = exporting.file_of(session, export_id, by=by)
    return stored_file(
        office,
        sha256=str(row.sha256),
        name=name,
        media_type=exporting.MEDIA_TYPES[ExportForm(row.form)],
        download=True,
    )


def _file_page(
    request: Request,
    office: Office,
    by: Principal,
    file_id: int,
    *,
    start: int = 0,
    act: str = "",
    form: FormData | None = None,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        file = case_files.get(session, file_id, by=by)
        known = case_files.details(session, file, by=by)
        context: dict[str, Any] = {
            "known": known,
            "file": file,
            "contents": case_files.contents(session, file.id, by=by, offset=start, limit=CONTENTS),
            "history": _history(session, file.id, by),
            "may_work": case_files.may_work(by, file),
            "may_close": case_files.may_close(by, file),
            "exports": exporting.listing(session, by=by, file_id=file.id),
            "places": {one.id: one.code for one in _targets(session, by, file.id)},
        }
    return page(
        request,
        "web/case_files/file.html",
        status_code=status_of(error),
        address=f"/case-files/{file_id}",
        start=start,
        page_size=CONTENTS,
        open_act=act,
        typed=forms.as_typed(form) if form is not None else {},
        errors=errors_of(error) if error else {},
        needs_reason=isinstance(error, reads.ReasonNeeded | reads.BadReason),
        kinds=list(ItemKind),
        forms=list(ExportForm),
        **context,
    )


def _history(session: Session, file_id: int, by: Principal) -> list[history.Happening]:
    """What happened to the file and what went in and out of it, oldest first; the last of it."""
    told = history.told(session, [("case-file", file_id)], by=by)
    told += [
        history.Happening(line.at, line.actor_name, line.via, line.action, more, reason)
        for line, more, reason in case_file_history.filings(session, file_id, by=by)
    ]
    return sorted(told, key=lambda one: one.at)[-_HISTORY:]


def _targets(session: Session, by: Principal, file_id: int) -> list[case_files.FileLine]:
    """Open files that a field offers, beside this one."""
    wanted = case_files.Wanted(is_open=True, with_sub_files=True)
    found = case_files.listing(session, wanted, by=by, limit=60)
    return [line for line in found if line.id != file_id]


def _item_page(
    request: Request,
    office: Office,
    by: Principal,
    file_id: int,
    item_id: int,
    *,
    act: str = "",
    form: FormData | None = None,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        file = case_files.get(session, file_id, by=by)
        found = [
            one for one in case_files.contents(session, file.id, by=by) if one.item_id == item_id
        ]
        if not found and error is None:
            return RedirectResponse(f"/case-files/{file_id}", 303)
        context = {
            "file": file,
            "item": found[0] if found else None,
            "targets": _targets(session, by, file_id),
            "may_work": case_files.may_work(by, file),
        }
    return page(
        request,
        "web/case_files/item.html",
        status_code=status_of(error),
        address=f"/case-files/{file_id}",
        item_id=item_id,
        open_act=act,
        typed=forms.as_typed(form) if form is not None else {},
        errors=errors_of(error) if error else {},
        **context,
    )


def errors_of(error: DocflowError) -> dict[str, Text]:
    field = {"other": "entry", "parent": "case_file"}.get(error.field or "", error.field)
    return {field or "form": error.message}


def status_of(error: DocflowError | None) -> int:
    if error is None:
        return 200
    return 422 if isinstance(error, NotFound) else problems.status_of(error)
