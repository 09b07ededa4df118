"""What an entry is found by: its fields at once, the text of its files when they are read.

PostgreSQL's Greek stemmer and the plain words are both in the vector, over folded text, so that
«αποφάσεις» finds «ΑΠΟΦΑΣΗ», and names and numbers are found as they are written.
"""

from collections.abc import Iterable, Iterator

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from docflow import documents, kinds
from docflow.folding import fold
from docflow.registry.changes import Correction, EntryPerson
from docflow.registry.models import Entry, Recipient

_MAX_TEXT = 200_000  # characters of file text: twice their lexemes stay under PostgreSQL's 1 MB

_UPSERT = text(
    """
    INSERT INTO search_texts (entry_id, fields, vector)
    VALUES (
        :entry_id, :fields,
        setweight(to_tsvector('greek', :fields), 'A')
        || setweight(to_tsvector('simple', :fields), 'A')
        || setweight(to_tsvector('greek', :body), 'C')
        || setweight(to_tsvector('simple', :body), 'C')
    )
    ON CONFLICT (entry_id) DO UPDATE SET fields = excluded.fields, vector = excluded.vector
    """
)


def names_of(named: Iterable[Recipient | EntryPerson]) -> list[str]:
    """The words by which recipients and persons concerned are found: names, an ΑΦΜ too."""
    found: list[str] = []
    for one in named:
        found.append(one.name)
        if isinstance(one, EntryPerson):
            found.append(one.tax_number)
    return found


def index(session: Session, entry: Entry, *, named: Iterable[str], body: str = "") -> None:
    """Make the entry findable by its fields, the people named in it, and the text of its files.

    The number is not among it: `search` looks for numbers themselves, and a new entry is indexed
    before it has one.
    """
    fields = " ".join(
        (
            entry.subject,
            entry.sender_name,
            *named,
            entry.sender_reference,
            entry.attachments_note,
            entry.delivery_detail,
        )
    )
    session.execute(
        _UPSERT,
        {"entry_id": entry.id, "fields": fold(fields), "body": fold(body[:_MAX_TEXT])[:_MAX_TEXT]},
    )


@documents.after_reading
def index_again(session: Session, file_id: int) -> None:
    """The text of a file is there: find its entry by it."""
    entry = session.scalar(
        select(Entry)
        .join(documents.File, documents.File.entry_id == Entry.id)
        .where(documents.File.id == file_id)
    )
    if entry is not None:
        reindex(session, entry)


def reindex(session: Session, entry: Entry) -> None:
    """Make the entry findable by all that is known of it: old values and new, and its files.

    One whose data were erased is found by its number alone.
    """
    if session.scalar(select(func.is_erased(entry.id))):
        return
    recipients = session.scalars(select(Recipient).where(Recipient.entry_id == entry.id)).all()
    persons = session.scalars(select(EntryPerson).where(EntryPerson.entry_id == entry.id)).all()
    corrections = session.scalars(select(Correction.new).where(Correction.entry_id == entry.id))
    corrected = [word for value in corrections for word in _texts(value)]
    index(
        session,
        entry,
        named=[
            *names_of(recipients),
            *names_of(persons),
            *kinds.words_of(session, entry.id),
            *corrected,
        ],
        body=documents.text_of(session, entry.id),
    )


def _texts(value: object) -> Iterator[str]:
    """The texts in the value of a field, however it is made."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
