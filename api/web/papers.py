"""What is given out of an entry beside receipt and label: stamped copies, the receipt by e-mail."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import At
from api.web.entries import entry_context
from api.web.render import page
from docflow import printing, reads, registry
from docflow.errors import Conflict, Invalid

router = APIRouter()


@router.get("/entries/{book}/{year}/{number}/files/{position}/stamped.pdf")
def stamped(
    at: At,
    position: int,
    by: CurrentUser,
    office: TheOffice,
    corner: printing.Corner | None = None,
) -> Response:
    """A copy of a file with the stamp of the register; signed files get a cover instead."""
    with office.db.read() as session:
        entry = at.entry(session, by)
    reads.opened(office.db, entry, by=by, what=reads.What.FILE, position=position)
    made = registry.stamped(
        office, entry.id, by=by, position=position, corner=corner, language=by.language
    )
    name = f"stamped-{at.number}-{at.year}-{position}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"}
    return Response(made.pdf, media_type="application/pdf", headers=headers)


@router.post("/entries/{book}/{year}/{number}/mail-receipt")
def mail_receipt(
    request: Request, at: At, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Send the receipt to an address, or say on the entry's page why not."""
    try:
        with office.db.begin() as session:
            entry_id = at.entry(session, by).id
            registry.mail_receipt(
                session,
                entry_id,
                by=by,
                email=forms.text(form, "email"),
                language=forms.text(form, "language") or "el",
            )
    except (Invalid, Conflict) as error:
        with office.db.read() as session:
            context = entry_context(session, at.entry(session, by), by)
        return page(
            request,
            "web/entry.html",
            status_code=problems.status_of(error),
            just_registered=False,
            open_act="mail-receipt",
            typed=forms.as_typed(form),
            chosen=(),
            errors={error.field or "form": error.message},
            **context,
        )
    return RedirectResponse(f"{at.path}?done=receipt-mailed", 303)
