"""Correspondents as they stand in an entry for good, whatever the directory says later."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from docflow import parties
from docflow.folding import fold
from docflow.principal import Principal
from docflow.registry.entry_notes import Grade
from docflow.registry.models import Book


@dataclass(frozen=True, slots=True)
class Snapshot:
    party_id: int | None
    name: str
    address: str
    email: str
    tax_number: str


NOBODY = Snapshot(None, "", "", "", "")


def is_private(book: Book, grade: str) -> bool:
    """Whether what an entry says stays in it: in a confidential book, or graded ΕΜΠ.

    A closed envelope is graded ΕΜΠ from the beginning.
    """
    return book.is_confidential or grade == Grade.CONFIDENTIAL


def take(
    session: Session, contacts: Sequence[parties.Contact], *, is_private: bool, by: Principal
) -> dict[parties.Contact, Snapshot]:
    """The snapshot of each (checked) contact, whom the directory remembers from now on.

    With whom the body corresponds in private (see `is_private`) does not reach the common
    directory, and nothing of the directory is added to it.
    """
    if not contacts or is_private:
        return {
            one: Snapshot(None, one.name, one.address, one.email, one.tax_number)
            for one in contacts
        }
    known = parties.remember(session, contacts, by=by)
    return {
        contact: Snapshot(
            party.id,
            # The directory's spelling of the same name; not that of the party it was merged into.
            party.name if party.name_key == fold(contact.name) else contact.name,
            contact.address or party.address,
            contact.email or party.email,
            contact.tax_number or party.tax_number,
        )
        for contact, party in zip(contacts, known, strict=True)
    }
