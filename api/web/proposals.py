"""Proposals under the fields of a form: read from a document before it is registered, or after.

The form works without any of this. What was shown goes with the form as a signed note, so that what
became of it can be recorded in the transaction of the registration.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import Address, RowId
from api.web.pictures import drawn
from api.web.render import block
from docflow import documents, kinds, registry, understanding
from docflow.i18n import Text
from docflow.office import Office
from docflow.principal import Principal
from docflow.understanding import AheadState, Proposals

router = APIRouter()
NOTE = "proposed"  # field of a form: the signed note of what was shown
PageNumber = Annotated[int, Path(ge=1, le=100_000)]
Code = Annotated[str, Query(max_length=64)]


@dataclass(frozen=True, slots=True)
class Picture:
    """A page that is shown beside the proposals, with its size in points."""

    number: int
    width: float
    height: float
    address: str


@router.post("/register/ahead")
def ahead(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Take the first file of a form, and have its first pages read for the form's proposals."""
    upload = _upload(office, form, by)
    direction, kind = forms.text(form, "direction"), forms.text(form, "kind")
    if upload is None:
        return _block(request, office, state="none")
    with office.db.begin() as session:
        languages = list(office.settings.ocr_languages)
        ahead_id = understanding.reading_ahead.ask(session, upload, by=by, languages=languages)
    return _state(request, office, by, ahead_id, direction=direction, kind=kind)


def _upload(office: Office, form: FormData, by: Principal) -> documents.Upload | None:
    """The file that was brought, or the one of a note that the form carries."""
    part = form.get("file")
    if isinstance(part, UploadFile) and part.filename:
        part.file.seek(0)
        return documents.receive(office, part.file, part.filename, body_id=by.body_id)
    return forms.noted(office, forms.text(form, "kept"))


@router.get("/register/ahead/{ahead_id}")
def state(
    request: Request,
    ahead_id: RowId,
    by: CurrentUser,
    office: TheOffice,
    direction: Code = "incoming",
    kind: Code = "",
) -> Response:
    """How far the reading is; asked again every second until the proposals are there."""
    return _state(request, office, by, ahead_id, direction=direction, kind=kind)


def _state(
    request: Request, office: Office, by: Principal, ahead_id: int, *, direction: str, kind: str
) -> Response:
    known = direction if direction in set(registry.Direction) else "incoming"
    found, made = understanding.of_ahead(office, ahead_id, by=by, direction=known)
    if kind:
        with office.db.read() as session:
            made = _of_kind(session, made, kind, by)
    address = f"/register/ahead/{found.id}"
    return _block(
        request,
        office,
        state=found.state,
        problem=found.problem,
        proposals=made,
        again=f"{address}?direction={known}&kind={quote(kind)}",
        pictures=[
            Picture(page.number, page.width, page.height, f"{address}/pages/{page.number}.jpg")
            for page in found.pages[:1]
            if page.width and page.height
        ],
    )


def _of_kind(session: Session, made: Proposals, kind: str, by: Principal) -> Proposals:
    try:
        chosen = kinds.named(session, forms.clean(kind), by=by)
    except kinds.NoSuchKind:
        return made
    return understanding.with_kind(made, chosen.definition)


@router.get("/register/ahead/{ahead_id}/pages/{number}.jpg")
def picture(ahead_id: RowId, number: PageNumber, by: CurrentUser, office: TheOffice) -> Response:
    """A page of the document that is not registered yet, for whoever brought it."""
    with office.db.read() as session:
        found = understanding.reading_ahead.state(session, ahead_id, by=by)
    turn = next((page.rotation for page in found.pages if page.number == number), 0)
    return drawn(office, found.sha256, number, turn=turn)


def _block(request: Request, office: Office, **what: Any) -> Response:
    shown = context(office, **what)
    return block(request, "web/reading/_proposals.html", "proposals", **shown)


def of_entry(
    office: Office, entry: registry.Entry, at: Address, *, by: Principal, form: str
) -> dict[str, Any]:
    """What the files of an entry propose for a form on its pages."""
    found = understanding.of_entry(office, entry, by=by)
    files = f"{at.path}/files/{found.position}/pages"
    return context(
        office,
        proposals=found.proposals,
        form=form,
        pictures=[
            Picture(page.number, page.width, page.height, f"{files}/{page.number}/picture")
            for page in found.pages[:1]
            if page.width and page.height
        ],
    )


def context(
    office: Office,
    *,
    proposals: Proposals | None = None,
    form: str = "register-form",
    state: str = AheadState.DONE,
    problem: Text | None = None,
    again: str = "",
    pictures: Sequence[Picture] = (),
) -> dict[str, Any]:
    """What `_proposals.html` needs; `again` is asked while the document is being read."""
    made = proposals or Proposals()
    return {
        "form_id": form,
        "state": state,
        "problem": problem,
        "made": made,
        "again": again,
        "pictures": pictures,
        "note": _note(office, made),
    }


def _note(office: Office, made: Proposals) -> str:
    shown = [[one.field, one.value, one.source, one.confidence] for one in made.fields.values()]
    return str(_signer(office).dumps(shown)) if shown else ""


def record(
    session: Session, office: Office, entry: registry.Entry, form: FormData, by: Principal
) -> None:
    """Keep what became of the proposals that stood in the form; a strange note is none."""
    try:
        shown = _signer(office).loads(forms.text(form, NOTE))
    except BadSignature:
        return
    said = forms.as_typed(form)
    for name in ("sender_dated_on", "due_on"):  # the form was accepted: these are dates
        if (day := forms.day(form, name)) is not None:
            said[name] = f"{day:%d/%m/%Y}"
    understanding.outcomes.record(
        session,
        entry,
        [
            understanding.Shown(field, value, understanding.Source(source), confidence)
            for field, value, source, confidence in shown
            if field in said  # another direction, or kind, has no such field
        ],
        said,
        by=by,
    )


def _signer(office: Office) -> URLSafeSerializer:
    return URLSafeSerializer(office.settings.secret_key.get_secret_value(), salt="proposals")
