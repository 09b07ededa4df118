"""The address of an entry, as every page of it has it: book, year, number."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Query
from sqlalchemy.orm import Session

from docflow import reads, registry
from docflow.principal import Principal

_MAX_ID = 2**62


@dataclass(frozen=True, slots=True)
class Address:
    """Book, year and place of an entry that may exist; see `registry.places`."""

    book: str
    year: int
    number: str  # 15, or 15-2 and 15-out where others have the number too

    @property
    def path(self) -> str:
        return f"/entries/{self.book}/{self.year}/{self.number}"

    @property
    def label(self) -> str:
        return f"{self.number}/{self.year}"

    def entry(self, session: Session, by: Principal) -> registry.Entry:
        """The entry. Raises NoSuchEntry, also where the person may not know of it; ReasonNeeded
        where it is confidential and he has not said why he opens it.
        """
        entry = registry.numbered(session, self.book, self.year, self.number, by=by)
        reads.require_reason(session, entry, by=by)
        return entry


def _address(
    book: Annotated[str, Path(pattern=r"^[\w.-]{1,40}$")],
    year: Annotated[int, Path(ge=1, le=9999)],
    number: Annotated[str, Path(pattern=registry.places.PATTERN)],
) -> Address:
    return Address(book, year, number)


def path_of(session: Session, entry_id: int | None, by: Principal) -> str:
    """The address of an entry, empty where there is none or it is not open to the person."""
    if entry_id is None:
        return ""
    try:
        entry = registry.get(session, entry_id, by=by)
    except registry.NoSuchEntry:
        return ""
    book = session.get_one(registry.Book, entry.book_id)
    return Address(book.code, entry.year, registry.places.word(entry)).path


At = Annotated[Address, Depends(_address)]
RowId = Annotated[int, Path(ge=1, le=_MAX_ID)]
Start = Annotated[int, Query(ge=0, le=1_000_000)]
AfterId = Annotated[int | None, Query(ge=1, le=_MAX_ID)]
