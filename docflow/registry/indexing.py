"""What an entry is found by: its fields at once, the text of its files when they are read.

PostgreSQL's Greek stemmer and the plain words are both in the vector, over folded text, so that
«αποφάσεις» finds «ΑΠΟΦΑΣΗ», and names and numbers are found as they are written.
"""

from collections.abc import Iterable

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from docflow import documents
from docflow.folding import fold
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


def index(session: Session, entry: Entry, *, recipients: Iterable[str], body: str = "") -> None:
    """Make the entry findable by its fields, its recipients' names, and the text of its files.

    The number is not among it: `search` looks for numbers themselves, and a new entry is indexed
    before it has one.
    """
    fields = " ".join(
        (
            entry.subject,
            entry.sender_name,
            *recipients,
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
        names = session.scalars(select(Recipient.name).where(Recipient.entry_id == entry.id))
        body = documents.text_of(session, entry.id)
        index(session, entry, recipients=names.all(), body=body)
