"""Making an act public from its entry, its ΑΔΑ, and taking it back."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import At, RowId, path_of
from api.web.render import page
from docflow import publications, reads, registry
from docflow.errors import Conflict, DocflowError, Invalid
from docflow.principal import Principal

router = APIRouter()


@router.get("/entries/{book}/{year}/{number}/publication")
def ask(request: Request, at: At, by: CurrentUser, office: TheOffice) -> Response:
    """What stands public of the entry, or the form that makes it so."""
    with office.db.read() as session:
        entry = at.entry(session, by)
        context = _context(session, entry, by)
    reads.opened(office.db, entry, by=by)
    return page(request, "web/publication.html", path=at.path, errors={}, values={}, **context)


@router.post("/entries/{book}/{year}/{number}/publication")
def publish(
    request: Request, at: At, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Make it public. On an error the form comes back as it was."""
    try:
        with office.db.begin() as session:
            publications.publish(
                session,
                at.entry(session, by).id,
                subject=forms.text(form, "subject"),
                ada=forms.text(form, "ada"),
                is_checked=bool(forms.text(form, "is_checked")),
                in_spite=bool(forms.text(form, "in_spite")),
                by=by,
            )
    except (Invalid, Conflict) as error:
        with office.db.read() as session:
            context = _context(session, at.entry(session, by), by)
        return _again(request, at.path, forms.as_typed(form), error, context)
    return RedirectResponse(f"{at.path}/publication?done=published", 303)


@router.post("/publications/{publication_id}/{act}")
def change(
    request: Request,
    publication_id: RowId,
    act: str,
    form: TheForm,
    by: CurrentUser,
    office: TheOffice,
) -> Response:
    """Write the ΑΔΑ, or withdraw the act. On an error the form comes back as it was."""
    try:
        with office.db.begin() as session:
            if act == "ada":
                row = publications.set_ada(session, publication_id, forms.text(form, act), by=by)
            else:
                reason = forms.text(form, "reason")
                row = publications.withdraw(session, publication_id, reason=reason, by=by)
            path = path_of(session, row.entry_id, by)
    except (Invalid, publications.AdaTaken) as error:
        with office.db.read() as session:
            entry_id = publications.entry_of(session, publication_id, by=by)
            entry = registry.get(session, entry_id, by=by)
            context, path = _context(session, entry, by), path_of(session, entry_id, by)
        return _again(request, path, forms.as_typed(form), error, context)
    done = "ada-set" if act == "ada" else "publication-withdrawn"
    return RedirectResponse(f"{path}/publication?done={done}", 303)


def _again(
    request: Request,
    path: str,
    typed: dict[str, str],
    error: DocflowError,
    context: dict[str, Any],
) -> Response:
    return page(
        request,
        "web/publication.html",
        status_code=problems.status_of(error),
        path=path,
        errors={error.field or "form": error.message},
        values=typed,
        **context,
    )


def _context(session: Session, entry: registry.Entry, by: Principal) -> dict[str, Any]:
    may = publications.may_publish(session, entry, by=by)
    standing = publications.of_entry(session, entry.id)
    subject = registry.current(session, entry).subject
    closed = publications.why_not(session, entry)
    return {
        "entry": entry,
        "subject": subject,
        "standing": standing,
        "may_publish": may,
        "closed": closed,
        "found": (
            publications.looks_personal(session, entry, subject)
            if may and closed is None and standing is None
            else []
        ),
    }


def card(session: Session, entry: registry.Entry, by: Principal) -> dict[str, Any]:
    """What the entry's page says of its publication."""
    return {
        "publication": publications.of_entry(session, entry.id),
        "may_publish": entry.direction != registry.Direction.INCOMING
        and publications.may_publish(session, entry, by=by),
    }
