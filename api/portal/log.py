"""The log of the register, published: heads, tiles, keys, and the program that checks a proof.

Static by nature: a whole tile never changes. Source of the addresses: C2SP tlog-tiles.
"""

import re
from datetime import timedelta
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import PlainTextResponse
from sqlalchemy.orm import Session

from api.deps import TheOffice
from docflow import audit, organization, throttle
from docflow.audit import check_proof
from docflow.errors import NotFound
from docflow.i18n import t

router = APIRouter()
_TILE = re.compile(
    r"(?P<level>[0-9]|[1-5][0-9])/(?P<place>(?:x\d{3}/)*\d{3})(?:\.p/(?P<width>\d{1,3}))?"
)
_ENTRIES = re.compile(r"entries/(?P<place>(?:x\d{3}/)*\d{3})(?:\.p/(?P<width>\d{1,3}))?")
_LINES = 60  # of one address in five minutes
_NEVER, _FOR_EVER = "no-cache", "public, max-age=31536000, immutable"


class NoSuchTile(NotFound):
    """The log has no such tile, or no signed head covers it yet."""


@router.get("/log/check_proof.py")
def program() -> Response:
    """The program with which anybody checks a proof, without Docflow and without a network."""
    text = FilePath(str(check_proof.__file__)).read_text()
    return Response(
        text,
        media_type="text/x-python; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="check_proof.py"'},
    )


@router.get("/log/{body}/checkpoint")
def checkpoint(body: str, office: TheOffice) -> Response:
    """The newest signed head, with the lines of its witnesses."""
    with office.db.read() as session:
        head = audit.latest(session, _body(session, body))
        note = audit.cosigned(session, head) if head is not None else None
    if note is None:
        raise audit.NoSuchCheckpoint(t("The log has no signed head of this size."))
    return PlainTextResponse(note, headers={"Cache-Control": _NEVER})


@router.get("/log/{body}/key")
def key(body: str, office: TheOffice) -> Response:
    """The public keys of the log, the newest last."""
    with office.db.read() as session:
        found = audit.verifiers(session, _body(session, body))
    return PlainTextResponse(
        "".join(f"{one}\n" for one in found), headers={"Cache-Control": _NEVER}
    )


@router.get("/log/{body}/consistency/{old}/{new}")
def consistency(body: str, old: int, new: int, office: TheOffice) -> Response:
    """What shows that the log of `new` leaves goes on from that of `old`: a hash a line, base64."""
    with office.db.read() as session:
        hashes = audit.consistency(session, _body(session, body), old, new)
    return PlainTextResponse("".join(f"{line}\n" for line in audit.notes.lines_of(hashes)))


@router.get("/log/{body}/tile/{rest:path}")
def tile(body: str, rest: str, office: TheOffice) -> Response:
    """A tile of hashes, or the entries (salted digests) under a tile of the lowest level."""
    hashes, entries = _TILE.fullmatch(rest), _ENTRIES.fullmatch(rest)
    found = hashes or entries
    if found is None:
        raise NoSuchTile(t("The log has no such tile."))
    place = int(found["place"].replace("x", "").replace("/", ""))
    width = int(found["width"] or audit.TILE_WIDTH)
    with office.db.read() as session:
        body_id = _body(session, body)
        if hashes:
            data = audit.tile(session, body_id, int(hashes["level"]), place, width)
        else:
            data = audit.entries(session, body_id, place, width)
    if data is None:
        raise NoSuchTile(t("The log has no such tile."))
    return Response(
        data, media_type="application/octet-stream", headers={"Cache-Control": _FOR_EVER}
    )


@router.post("/log/{body}/cosignatures")
def cosign(
    request: Request,
    body: str,
    office: TheOffice,
    size: Annotated[int, Form(ge=1, le=2**62)],
    line: Annotated[str, Form(max_length=1000)],
) -> Response:
    """A witness hands in the line that he signed under a head (see `docflow audit witness`)."""
    client = request.client.host if request.client else ""
    with office.db.begin() as session:
        throttle.count(session, f"cosign:{client}", limit=_LINES, every=timedelta(minutes=5))
    with office.db.begin() as session:
        known = office.settings.log_witnesses
        audit.keep_cosignature(session, _body(session, body), size, line, witnesses=known)
    return PlainTextResponse("kept\n", status_code=201)


def _body(session: Session, code: str) -> int:
    return organization.body_named(session, code).id
