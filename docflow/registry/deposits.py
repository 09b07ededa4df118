"""Who stood at the counter: the receipt names him (ν. 2690/1999 art. 12, domain row 18)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from docflow import documents
from docflow.db import Base
from docflow.errors import Invalid
from docflow.folding import line
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry.afterwards import Then, after_registration
from docflow.registry.models import Entry

MAX_NAME = 300


class DepositorTooLong(Invalid):
    """The name of who handed the document in has at most 300 characters."""


class Depositor(Base):
    """The person who handed a document in for its sender. Written once."""

    __tablename__ = "depositors"
    __table_args__ = (CheckConstraint("length(name) BETWEEN 1 AND 300", name="name_length"),)

    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"), primary_key=True)
    name: Mapped[str]


@after_registration
def keep(
    session: Session, new: Any, uploads: Sequence[documents.Upload], by: Principal
) -> Then | None:
    """Check the depositor that was named with the registration, and write him down with it."""
    name = line(new.depositor)
    if len(name) > MAX_NAME:
        raise DepositorTooLong(
            t("At most {max} characters fit here.", max=MAX_NAME), field="depositor"
        )
    if not name:
        return None

    def write(session: Session, entry: Entry) -> None:
        session.add(Depositor(entry_id=entry.id, name=name))

    return write


def depositor(session: Session, entry_id: int) -> str:
    """Who handed the document in, empty where nobody was named."""
    found = session.get(Depositor, entry_id)
    return found.name if found is not None else ""
