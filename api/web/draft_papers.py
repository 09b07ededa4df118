"""What there is to read about a draft: its versions beside each other, its circulation sheet."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.deps import CurrentUser, TheOffice
from api.web.address import RowId
from api.web.render import page
from docflow import circulation
from docflow.circulation import versions

router = APIRouter()
VersionNumber = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


@router.get("/drafts/{draft_id}/versions")
def compared(
    request: Request,
    draft_id: RowId,
    by: CurrentUser,
    office: TheOffice,
    old: VersionNumber = None,
    new: VersionNumber = None,
) -> Response:
    """The versions of a draft, two of them side by side: the last two, if none are named."""
    with office.db.read() as session:
        draft = circulation.get(session, draft_id, by=by)
        found = versions.versions(session, draft_id, by=by)
        after = new or draft.version
        before = old or max(after - 1, 1)
        rows = versions.compare(session, draft_id, before, after, by=by)
    changed = [row for row in rows if row.change != versions.Change.SAME]
    return page(
        request,
        "web/draft_versions.html",
        draft=draft,
        versions=found,
        rows=rows,
        old=before,
        new=after,
        changed=len(changed),
    )


@router.get("/drafts/{draft_id}/sheet.pdf")
def sheet(draft_id: RowId, by: CurrentUser, office: TheOffice, copy: str = "staff") -> Response:
    """The circulation sheet; `copy=plain` is the one without reasons and objections."""
    made = circulation.sheets.sheet(office, draft_id, by=by, for_staff=copy != "plain")
    headers = {"Content-Disposition": f'inline; filename="{made.name}"'}
    return Response(made.pdf, media_type="application/pdf", headers=headers)
