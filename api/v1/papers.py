"""/api/v1/entries/…/receipt, proof, label, stamped: papers of an entry."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.deps import TheOffice
from api.v1 import opening
from api.v1.address import At
from api.v1.fields import Body, Line, Position
from api.v1.reads import ReadRoute
from api.v1.security import Reader, Registrar
from docflow import printing, registry

router = APIRouter(prefix="/entries/{book}/{year}/{number}", tags=["papers"], route_class=ReadRoute)
_PDF = "application/pdf"
_A_PDF: dict[int | str, dict[str, Any]] = {200: {"content": {_PDF: {}}, "description": "A PDF."}}
PaperLanguage = Annotated[Literal["el", "en"], Query(description="Language of the paper.")]


@router.get("/receipt", response_class=Response, responses=_A_PDF)
def receipt(
    at: At,
    by: Reader,
    office: TheOffice,
    language: PaperLanguage = "el",
    read_reason: opening.Reason = None,
) -> Response:
    """The receipt for the person who brought the document: the same bytes each time."""
    entry = opening.entry_opened(office, at, by=by, reason=read_reason, what=opening.What.PAPER)
    pdf = registry.receipt(office, entry.id, by=by, language=language)
    return _paper(pdf, f"apodeixi-{at.number}-{at.year}.pdf")


class ReceiptMailBody(Body):
    email: Line = Field("", description="The sender's address without one.")
    language: Literal["el", "en"] = "el"


class ReceiptMailShape(BaseModel):
    email: str
    state: registry.MailState


@router.post("/receipt/mail", status_code=202)
def mail_receipt(
    at: At, body: ReceiptMailBody, by: Registrar, office: TheOffice
) -> ReceiptMailShape:
    """Send the receipt by e-mail, once to each address."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        row = registry.mail_receipt(
            session, entry.id, by=by, email=body.email, language=body.language
        )
        return ReceiptMailShape(email=row.email, state=registry.MailState(row.state))


@router.get(
    "/proof",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "A C2SP tlog-proof."}},
)
def proof(at: At, by: Reader, office: TheOffice, read_reason: opening.Reason = None) -> Response:
    """What shows anybody, offline, that the entry stood in the log: see docs/proof.md."""
    entry = opening.entry_opened(office, at, by=by, reason=read_reason, what=opening.What.PAPER)
    with office.db.read() as session:
        text = registry.prove(session, entry.id, by=by)
    name = f"{at.book}-{at.number}-{at.year}.tlog-proof"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type="text/plain; charset=utf-8", headers=headers)


@router.get("/label", response_class=Response, responses=_A_PDF)
def label(
    at: At,
    by: Reader,
    office: TheOffice,
    size: printing.LabelSize | None = None,
    first: Annotated[int, Query(ge=1, le=40, description="Place on a sheet of labels.")] = 1,
    copies: Annotated[int, Query(ge=1, le=100)] = 1,
    language: PaperLanguage = "el",
    read_reason: opening.Reason = None,
) -> Response:
    """The label for the paper, with number and QR code; each print stands in the history."""
    entry = opening.entry_opened(office, at, by=by, reason=read_reason, what=opening.What.PAPER)
    pdf = registry.label(
        office, entry.id, by=by, size=size, language=language, first=first, copies=copies
    )
    return _paper(pdf, f"etiketa-{at.number}-{at.year}.pdf")


@router.get("/files/{position}/stamped", response_class=Response, responses=_A_PDF)
def stamped(
    at: At,
    position: Position,
    by: Reader,
    office: TheOffice,
    corner: Annotated[
        Literal["top-right", "top-left", "bottom-right", "bottom-left"] | None,
        Query(description="A free one without it."),
    ] = None,
    language: PaperLanguage = "el",
    read_reason: opening.Reason = None,
) -> Response:
    """A copy of a file with the stamp of the register. `X-Stamp: cover` says that the file bears a
    signature: the stamp stands on a cover then, and the file is inside as it came."""
    entry = opening.entry_opened(
        office, at, by=by, reason=read_reason, what=opening.What.FILE, position=position
    )
    made = registry.stamped(
        office, entry.id, by=by, position=position, corner=corner, language=language
    )
    headers = {"X-Stamp": "cover" if made.is_cover else "page"}
    return Response(made.pdf, media_type=_PDF, headers=headers)


def _paper(pdf: bytes, name: str) -> Response:
    return Response(
        pdf,
        media_type=_PDF,
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
