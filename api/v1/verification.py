"""/api/v1/verify: the public check of a document by its code. No token; counted by address."""

import ipaddress
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from api.deps import TheOffice
from api.v1.reads import ReadRoute
from docflow import citizens, throttle

router = APIRouter(tags=["verification"], route_class=ReadRoute)
LIMIT, EVERY = 30, timedelta(minutes=1)


class Paper(BaseModel):
    role: str = Field(description="exact-copy, or signed-original.")
    sha256: str


class Verdict(BaseModel):
    """What the register says of a code: no names, no subject."""

    answer: citizens.Answer
    body: str
    number: str
    registered_at: datetime | None
    direction: str
    attachments_count: int
    annulled_at: datetime | None
    papers: list[Paper] = Field(description="Digests of what was issued, to compare a file with.")


@router.get("/verify/{code}")
def verify(
    request: Request,
    code: Annotated[str, Path(max_length=64, description="As printed, with or without dashes.")],
    office: TheOffice,
) -> Verdict:
    """Whether we issued the document that bears this code, and whether it was annulled."""
    with office.db.begin() as session:  # counted also where the check itself fails
        throttle.count(session, client_key(request), limit=LIMIT, every=EVERY)
    with office.db.begin() as session:
        found = citizens.by_code(session, code)
        citizens.record(session, found, by_upload=False)
    return Verdict(
        answer=found.answer,
        body=found.body,
        number=found.number,
        registered_at=found.registered_at,
        direction=found.direction,
        attachments_count=found.attachments_count,
        annulled_at=found.annulled_at,
        papers=[Paper(role=role, sha256=digest) for role, digest in found.digests],
    )


def client_key(request: Request) -> str:
    """Who asks, for counting: the address, or the network of a household in IPv6 (/64)."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return f"verify:{host[:64]}"
    if address.version == 6:
        return f"verify:{ipaddress.ip_network((address, 64), strict=False)}"
    return f"verify:{address}"
