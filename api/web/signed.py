"""Signatures as the register sees them: of files that came in, exact copies, corrected re-issue."""

import hashlib
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

import signing
from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.streams import stored_file
from api.web import entries, forms
from api.web.address import At
from api.web.render import page
from docflow import circulation, clock, documents, reads, signatures
from docflow.errors import Conflict, DocflowError, Invalid, Unavailable
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import NotAllowed, Principal, Role
from docflow.signatures import CopyKind, NewCopy, copies, lasting, validating

router = APIRouter()
_PDF = "application/pdf"
_WORKERS = {Role.CLERK, Role.REGISTRAR, Role.HEAD, Role.EMPLOYEE, Role.SIGNER, Role.AUDITOR}


@router.get("/validate")
def ask(request: Request, by: CurrentUser) -> Response:
    """Check the signatures of any file; it is not kept."""
    _require_worker(by)
    return page(request, "web/signing/validate.html", errors={}, report=None)


@router.post("/validate")
def validate(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """The verdict on the file that was sent, with its details."""
    _require_worker(by)
    part, over = form.get("file"), form.get("content")
    limit = office.settings.max_upload_mb << 20
    if not isinstance(part, UploadFile) or not part.filename:
        return _refused(request, "file", t("Choose the file."))
    data = part.file.read(limit + 1)
    content = over.file.read(limit + 1) if isinstance(over, UploadFile) and over.filename else None
    if len(data) > limit or len(content or b"") > limit:
        told = t("The file is larger than {max} MB.", max=office.settings.max_upload_mb)
        return _refused(request, "file", told)
    report = validating.check(office, data, body_id=by.body_id, content=content)
    return page(
        request,
        "web/signing/validate.html",
        errors={},
        report=report,
        indications=_indications(report),
        file_name=part.filename,
        sha256=hashlib.sha256(data).hexdigest(),
        checked_at=clock.now(),
    )


def _refused(request: Request, field: str, message: Any) -> Response:
    return page(
        request,
        "web/signing/validate.html",
        status_code=422,
        errors={field: message},
        report=None,
    )


def _require_worker(by: Principal) -> None:
    if not by.roles & _WORKERS:
        raise NotAllowed(t("Only those who work with documents check files here."))


@router.get("/entries/{book}/{year}/{number}/files/{position}/signatures")
def report(request: Request, at: At, position: int, by: CurrentUser, office: TheOffice) -> Response:
    """What the check of a file's signatures said, in words and in detail."""
    with office.db.read() as session:
        entry = at.entry(session, by)
        file = documents.file_at(session, entry.id, position)
        row = _checked(session, file.id)
        shown = validating.report_of(row) if row.report is not None else None
        has_etsi = documents.rendition(session, file.id, validating.ETSI_REPORT) is not None
        has_json = documents.rendition(session, file.id, validating.JSON_REPORT) is not None
    reads.opened(office.db, entry, by=by, what=reads.What.FILE, position=position)
    return page(
        request,
        "web/signing/report.html",
        report=shown,
        indications=_indications(shown),
        row=row,
        file=file,
        path=at.path,
        label=entry.label,
        has_etsi=has_etsi,
        has_json=has_json,
    )


@router.get("/entries/{book}/{year}/{number}/files/{position}/signatures.{form}")
def download(at: At, position: int, form: str, by: CurrentUser, office: TheOffice) -> Response:
    """The report as it is kept with the file: JSON, or XML of ETSI TS 119 102-2."""
    kinds = {"json": validating.JSON_REPORT, "xml": validating.ETSI_REPORT}
    with office.db.read() as session:
        entry = at.entry(session, by)
        file = documents.file_at(session, entry.id, position)
        kept = documents.rendition(session, file.id, kinds[form]) if form in kinds else None
    if kept is None:
        raise signatures.NoReport(t("There is no such report."))
    reads.opened(office.db, entry, by=by, what=reads.What.FILE, position=position)
    return stored_file(
        office,
        sha256=kept.sha256,
        name=f"signatures-{at.number}-{at.year}-{position}.{form}",
        media_type=kept.media_type,
        download=True,
    )


@router.post("/entries/{book}/{year}/{number}/files/{position}/signatures")
def check_again(at: At, position: int, by: CurrentUser, office: TheOffice) -> Response:
    """Have the signatures of a file checked once more."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        file = documents.file_at(session, entry.id, position)
        validating.again(session, file.id, by=by)
    return RedirectResponse(f"{at.path}/files/{position}/signatures?done=validated-again", 303)


def _indications(found: "signing.Report | None") -> list[list[str]]:
    """What the standard says of each signature, for experts."""
    if found is None:
        return []
    return [[part for part in signing.indication(one) if part] for one in found.signatures]


def _checked(session: Session, file_id: int) -> signatures.FileValidation:
    found = validating.of_files(session, [file_id]).get(file_id)
    if found is None:
        raise signatures.NoReport(t("This file can bear no signature that is checked here."))
    return found


@router.post("/entries/{book}/{year}/{number}/copies")
def issue_copy(
    request: Request, at: At, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Issue an exact or digitised copy of a file of the entry."""
    try:
        with office.db.read() as session:
            entry_id = at.entry(session, by).id
        made = copies.order(office, entry_id, _wanted(form), by=by)
    except (Invalid, Conflict, Unavailable) as error:
        return _entry_again(request, office, at, by, form, "copies", error)
    done = "copy-issued" if made else "copy-ordered"
    return RedirectResponse(f"{at.path}?done={done}#copies", 303)


def _wanted(form: FormData) -> NewCopy:
    kind, position = forms.text(form, "kind"), forms.text(form, "position")
    if kind not in set(CopyKind) or not position.isdecimal() or len(position) > 9:
        raise forms.BadChoice(t("Choose the file and the kind of copy."), field="position")
    return NewCopy(
        CopyKind(kind),
        int(position),
        purpose=forms.text(form, "purpose"),
        paper_place=forms.text(form, "paper_place"),
        destroy_after=forms.parse_day(forms.text(form, "destroy_after"), field="destroy_after"),
    )


@router.get("/entries/{book}/{year}/{number}/copies/{position}.pdf")
def copy(at: At, position: int, by: CurrentUser, office: TheOffice) -> Response:
    """A copy that was issued, with the proofs added since."""
    with office.db.read() as session:
        entry = at.entry(session, by)
        row = copies.one(session, entry.id, position)
        sha256 = lasting.current(session, row.sha256)
    # Without a position in the note: that of a copy is no file's.
    reads.opened(office.db, entry, by=by, what=reads.What.FILE)
    name = f"copy-{at.number}-{at.year}-{position}.pdf"
    return stored_file(office, sha256=sha256, name=name, media_type=_PDF)


@router.post("/entries/{book}/{year}/{number}/reissue")
def reissue(
    request: Request, at: At, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Begin the corrected re-issue (ορθή επανάληψη); the draft opens to be changed."""
    try:
        with office.db.read() as session:
            entry_id = at.entry(session, by).id
        draft = circulation.begin_reissue(
            office, entry_id, reason=forms.text(form, "correction_reason"), by=by
        )
    except (Invalid, Conflict, Unavailable) as error:
        return _entry_again(request, office, at, by, form, "reissue", error)
    return RedirectResponse(f"/drafts/{draft.id}/edit?done=reissue", 303)


def _entry_again(
    request: Request,
    office: Office,
    at: Any,
    by: Principal,
    form: FormData,
    act: str,
    error: DocflowError,
) -> Response:
    with office.db.read() as session:
        context = entries.entry_context(session, at.entry(session, by), by)
    field = {"reason": "correction_reason"}.get(error.field or "", error.field or "form")
    return page(
        request,
        "web/entry.html",
        status_code=problems.status_of(error),
        just_registered=False,
        open_act=act,
        typed=forms.as_typed(form),
        chosen=(),
        errors={field: error.message},
        **context,
    )
