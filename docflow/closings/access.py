"""Who reads closed days and years, and who closes them."""

from sqlalchemy.orm import Session

from docflow import registry
from docflow.errors import Forbidden
from docflow.i18n import t
from docflow.principal import Principal, Via
from docflow.registry import Book, NoSuchBook


class NotYoursToClose(Forbidden):
    """The registrar closes days and years; of a confidential book, who may write in it."""


def may_read(by: Principal, book: Book) -> bool:
    """A daily register shows the whole book: to those who may read it whole."""
    if book.body_id != by.body_id:
        return False
    if book.is_confidential:
        return book.id in by.confidential_reads
    return by.is_clerk or by.is_registrar or by.is_auditor


def may_close(by: Principal, book: Book) -> bool:
    """The registrar; a confidential book, which need not be open to him, has its own keeper."""
    if book.body_id != by.body_id:
        return False
    if book.is_confidential:
        return book.id in by.confidential_writes
    return by.is_registrar


def books(session: Session, by: Principal) -> list[Book]:
    """The books whose closings the person may read, the default one first."""
    return [book for book in registry.books_open_to(session, by) if may_read(by, book)]


def book_named(session: Session, code: str, by: Principal) -> Book:
    """Raises NoSuchBook, also where the book is not open to the person as a whole."""
    for book in books(session, by):
        if book.code == code:
            return book
    raise NoSuchBook(t("There is no book “{code}” open to you.", code=code), field="book")


def require_close(by: Principal, book: Book) -> None:
    """A program needs the scope for acts that cannot be undone. Raises NotYoursToClose, NotAllowed.

    The installation itself closes in its job what is over.
    """
    if by.user_id is None and by.via is Via.JOB and by.body_id == book.body_id:
        return
    by.require_scope("annul")
    if not may_close(by, book):
        raise NotYoursToClose(t("Only the head of the registry closes days and years."))
