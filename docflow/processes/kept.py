"""Definitions in the database: each file once, and what it says, read once a process.

A process stays with the file that it began with, whatever is deployed later.
"""

from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import clock
from docflow.processes import definitions
from docflow.processes.checking import read
from docflow.processes.models import ProcessDefinition
from docflow.processes.values import Definition


def keep(session: Session, xml: bytes | str) -> int:
    """The id of the kept definition with this content. Raises BadDefinition."""
    digest = definitions.digest(xml)
    known = select(ProcessDefinition.id).where(ProcessDefinition.digest == digest)
    found = session.scalar(known)
    if found is not None:
        return found
    read(xml)
    made = session.scalar(
        insert(ProcessDefinition)
        .values(digest=digest, xml=definitions.as_bytes(xml).decode(), kept_at=clock.now())
        .on_conflict_do_nothing(index_elements=[ProcessDefinition.digest])
        .returning(ProcessDefinition.id)
    )
    return made if made is not None else session.scalars(known).one()


def xml(session: Session, definition_id: int) -> str:
    """The file, as it was deployed."""
    return session.scalars(
        select(ProcessDefinition.xml).where(ProcessDefinition.id == definition_id)
    ).one()


def definition(session: Session, definition_id: int) -> Definition:
    """What the file says."""
    digest = session.scalars(
        select(ProcessDefinition.digest).where(ProcessDefinition.id == definition_id)
    ).one()
    known = _known(digest)
    if known.definition is None:
        # Its rules were checked when it was deployed, by the software of that day.
        root = definitions.tree(xml(session, definition_id))
        known.definition = definitions.definition(root, digest=digest)
    return known.definition


class _Known:
    """A place for what is read once; by content, so that no two databases are mixed up."""

    definition: Definition | None = None


@lru_cache(maxsize=256)
def _known(digest: str) -> _Known:
    return _Known()
