"""The page beside its text: what was read where, how surely, and what somebody should look at."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from api.deps import CurrentUser, TheOffice
from api.web import forms
from api.web.address import At, Start
from api.web.pictures import barcodes, drawn
from api.web.render import block, page
from docflow import documents, reads, understanding
from docflow.understanding import looking

router = APIRouter()
PAGE_SIZE = 50
PageNumber = Annotated[int, Path(ge=1, le=100_000)]
Query_ = Annotated[str, Query(max_length=500)]


@router.get("/entries/{book}/{year}/{number}/files/{position}/pages/{page_number}")
def show(
    request: Request,
    at: At,
    position: int,
    page_number: PageNumber,
    by: CurrentUser,
    office: TheOffice,
    q: Query_ = "",
) -> Response:
    """A page of a file beside its words; those that `q` means are marked on both."""
    q = forms.clean(q)
    with office.db.read() as session:
        entry = at.entry(session, by)
        file = opened(session, entry.id, position)
        seen = looking.page(session, file.id, page_number, query=q)
    reads.opened(office.db, entry, by=by, what=reads.What.TEXT, position=position)
    return page(
        request,
        "web/reading/page.html",
        path=at.path,
        here_path=f"{at.path}/files/{position}/pages",
        label=entry.label,
        file=file,
        seen=seen,
        q=q,
        query=f"?q={quote(q, safe='')}" if q else "",
        may_check=not by.is_auditor,
    )


@router.get("/entries/{book}/{year}/{number}/files/{position}/pages/{page_number}/picture")
def picture(
    at: At, position: int, page_number: PageNumber, by: CurrentUser, office: TheOffice
) -> Response:
    """The page as a person should see it, turned upright."""
    with office.db.read() as session:
        entry = at.entry(session, by)
        file = opened(session, entry.id, position)
        seen = looking.page(session, file.id, page_number)
        source = documents.page_source(session, file.id)
    reads.opened(office.db, entry, by=by, what=reads.What.FILE, position=position)
    return drawn(office, source, page_number, turn=seen.rotation)


@router.get("/entries/{book}/{year}/{number}/files/{position}/pages/{page_number}/codes")
def codes(
    request: Request,
    at: At,
    position: int,
    page_number: PageNumber,
    by: CurrentUser,
    office: TheOffice,
) -> Response:
    """What the bar codes and QR codes of the page say; asked for apart, since it takes a moment."""
    with office.db.read() as session:
        entry = at.entry(session, by)
        file = opened(session, entry.id, position)
        source = documents.page_source(session, file.id)
    reads.opened(office.db, entry, by=by, what=reads.What.TEXT, position=position)
    found = barcodes(office, source, page_number)
    return block(request, "web/reading/page.html", "codes", found=found, waits=False, ask="")


def opened(session: Session, entry_id: int, position: int) -> documents.FileInfo:
    """The file, if its bytes may be shown. Raises NoSuchFile, StillChecked, Quarantined."""
    documents.file_at(session, entry_id, position)
    info = next(one for one in documents.files(session, entry_id) if one.position == position)
    info.require_open()
    return info


@router.post("/entries/{book}/{year}/{number}/files/{position}/pages/{page_number}/checked")
def checked(
    at: At, position: int, page_number: PageNumber, by: CurrentUser, office: TheOffice
) -> Response:
    """Somebody has looked at the page: on to the list of those that are left."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        file = documents.file_at(session, entry.id, position)
        looking.checked(session, file, page_number, by=by)
    return RedirectResponse("/pages-to-check?done=page-checked", 303)


@router.get("/pages-to-check")
def listing(request: Request, by: CurrentUser, office: TheOffice, start: Start = 0) -> Response:
    """Pages that were read badly or not at all, of entries open to the person."""
    with office.db.read() as session:
        found, total = looking.to_check(session, by=by, start=start, limit=PAGE_SIZE)
    return page(
        request,
        "web/reading/to_check.html",
        found=found,
        total=total,
        start=start,
        page_size=PAGE_SIZE,
        doubtful=understanding.DOUBTFUL,
    )
