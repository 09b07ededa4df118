"""The address of an entry: book, year, number."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from sqlalchemy.orm import Session

from api.v1.fields import BookCode, Number, Year
from docflow import registry
from docflow.principal import Principal


@dataclass(frozen=True, slots=True)
class Address:
    """Book, year and place of an entry that may exist; see `registry.places`."""

    book: str
    year: int
    number: str

    def entry(self, session: Session, by: Principal) -> registry.Entry:
        """The entry. Raises NoSuchEntry, also where the person may not know of it."""
        return registry.numbered(session, self.book, self.year, self.number, by=by)


def _address(book: BookCode, year: Year, number: Number) -> Address:
    return Address(book, year, number)


At = Annotated[Address, Depends(_address)]
