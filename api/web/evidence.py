"""The proof of an entry, for whoever wants to show it to others."""

from fastapi import APIRouter, Response

from api.deps import CurrentUser, TheOffice
from api.web.address import At
from docflow import reads, registry

router = APIRouter()


@router.get("/entries/{book}/{year}/{number}/proof")
def proof(at: At, by: CurrentUser, office: TheOffice) -> Response:
    """The C2SP tlog-proof of the registration, as a file."""
    with office.db.read() as session:
        entry = at.entry(session, by)
    reads.opened(office.db, entry, by=by, what=reads.What.PAPER)
    with office.db.read() as session:
        text = registry.prove(session, entry.id, by=by)
    name = f"{at.book}-{at.number}-{at.year}.tlog-proof"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return Response(text, media_type="text/plain; charset=utf-8", headers=headers)
