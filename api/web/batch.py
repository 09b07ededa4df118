"""Signing many documents with one password: choose, confirm, and see a result for each."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.render import page, stream
from docflow import circulation, signatures
from docflow.errors import Conflict, DocflowError, Invalid, Unavailable
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter()
Chosen = Annotated[list[int] | None, Query(max_length=1000)]


@router.get("/drafts/batch")
def choose(request: Request, by: CurrentUser, office: TheOffice, draft: Chosen = None) -> Response:
    """The chosen documents once more, and the field for the password."""
    return _confirm(request, office, by, draft or [])


@router.post("/drafts/batch")
def sign(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Sign them one by one; the page grows with each result."""
    chosen: list[int] = []
    try:
        chosen = _chosen(form)
        results = circulation.sign_batch(office, chosen, by=by, secrets=forms.secrets(form))
    except (Invalid, Conflict, Unavailable, circulation.NoKey) as error:
        return _confirm(request, office, by, chosen, error=error)
    return stream(request, "web/signing/batch_results.html", results=results, total=len(chosen))


def _chosen(form: FormData) -> list[int]:
    typed = forms.texts(form, "draft")
    if not all(one.isdecimal() and len(one) <= 18 for one in typed):
        raise forms.BadChoice(t("Choose one from the list."), field="draft")
    return list(dict.fromkeys(map(int, typed)))


def _confirm(
    request: Request,
    office: Office,
    by: Principal,
    chosen: list[int],
    *,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        waiting = circulation.awaiting(session, by=by)
        key = session.get(signatures.Keyring, by.person_id)
    lines = [line for line in waiting if line.id in set(chosen)]
    return page(
        request,
        "web/signing/batch.html",
        status_code=problems.status_of(error) if error else 200,
        lines=lines,
        gone=len(set(chosen)) - len(lines),
        limit=office.settings.signing_batch_limit,
        key=key,
        errors={(error.field or "form"): error.message} if error else {},
    )
