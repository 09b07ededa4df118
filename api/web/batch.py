"""Signing many documents with one password: choose, confirm, and see a result for each."""

import re
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

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
Chosen = Annotated[list[str] | None, Query(max_length=1000)]
# A draft and the step that the person saw: by it a draft that came back with another text is told
# from the one that he chose.
_CHOICE = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})")


@router.get("/drafts/batch")
def choose(request: Request, by: CurrentUser, office: TheOffice, draft: Chosen = None) -> Response:
    """The chosen documents once more, and the field for the password."""
    return _confirm(request, office, by, steps(draft or []))


@router.post("/drafts/batch")
def sign(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Sign them one by one; the page grows with each result."""
    chosen: list[tuple[int, int]] = []
    try:
        chosen = steps(forms.texts(form, "draft"))
        results = circulation.sign_batch(office, chosen, by=by, secrets=forms.secrets(form))
    except (Invalid, Conflict, Unavailable, circulation.NoKey) as error:
        return _confirm(request, office, by, chosen, error=error)
    return stream(request, "web/signing/batch_results.html", results=results, total=len(chosen))


def steps(typed: Sequence[str]) -> list[tuple[int, int]]:
    """The chosen drafts, each with its step, from the values of the boxes. Raises BadChoice."""
    found = [_CHOICE.fullmatch(one) for one in typed]
    if None in found:
        raise forms.BadChoice(t("Choose one from the list."), field="draft")
    return list(dict.fromkeys((int(one[1]), int(one[2])) for one in found if one))


def _confirm(
    request: Request,
    office: Office,
    by: Principal,
    chosen: list[tuple[int, int]],
    *,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        waiting = circulation.awaiting(session, by=by)
        key = session.get(signatures.Keyring, by.person_id)
    lines = [line for line in waiting if (line.id, line.step) in set(chosen)]
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
