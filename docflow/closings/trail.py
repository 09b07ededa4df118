"""The head of the audit log that a closing vouches for: size and root of its Merkle tree."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from docflow.audit import Log, merkle, tree

NO_TRAIL: Mapping[str, Any] = {"size": 0, "root": merkle.EMPTY_ROOT.hex()}


def head(session: Session, body_id: int) -> dict[str, Any]:
    """How many events the body's log has chained, and their root (hex)."""
    log = session.get(Log, body_id)
    return {"size": log.size, "root": log.root.hex()} if log else dict(NO_TRAIL)


def still_holds(session: Session, body_id: int, head: Mapping[str, Any]) -> bool:
    """Whether the log of now goes on from this head."""
    size = int(head["size"])
    if size == 0:
        return bool(head["root"] == NO_TRAIL["root"])
    log = session.get(Log, body_id)
    if log is None or log.size < size:
        return False
    return bool(merkle.root(size, tree.nodes(session, body_id)).hex() == head["root"])
