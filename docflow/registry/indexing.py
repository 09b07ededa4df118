"""What an entry is found by: its fields at once, the text of its files when they are read.

PostgreSQL's Greek stems and the plain words are both in the vector, over folded text, so that
«αποφάσεις» finds «ΑΠΟΦΑΣΗ», and names and numbers are found as they are written. A text in another
language that PostgreSQL has a stemmer for brings the stems of that one too. The plain words come
first: their places tell phrases, and PostgreSQL counts no place above 16,383.
"""

import time
from collections.abc import Iterable, Iterator
from datetime import timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from docflow import documents, kinds, outbox, schedule
from docflow.folding import words
from docflow.registry import findable
from docflow.registry.changes import Correction, EntryPerson
from docflow.registry.models import Entry, Recipient

_MAX_TEXT = 200_000  # characters of file text: twice their lexemes stay under PostgreSQL's 1 MB
_MAX_STEMMED = 60_000  # characters of which the stems of a third dictionary are kept too

_UPSERT = text(
    """
    INSERT INTO search_texts (entry_id, fields, language, keys, vector)
    VALUES (
        :entry_id, :fields, :language, '{}',
        setweight(to_tsvector('simple', :fields), 'A')
        || setweight(to_tsvector('simple', :body), 'C')
        || setweight(to_tsvector('greek', :fields), 'A')
        || setweight(to_tsvector('greek', :body), 'C')
        || setweight(translate(
               to_tsvector(CAST(:dictionary AS regconfig), :stemmed)::text,
               'áéíóöőúüű', 'aeiooouuu')::tsvector, 'C')
        || array_to_tsvector(CAST(:references AS text[]))
    )
    ON CONFLICT (entry_id) DO UPDATE
       SET fields = excluded.fields, language = excluded.language, vector = excluded.vector,
           keys = ARRAY(SELECT unnest(excluded.keys)
                        UNION SELECT unnest(array_remove(search_texts.keys, 0)))
    """
)
_OF_OLDER_FORM = text("SELECT entry_id FROM search_texts WHERE keys @> '{0}' LIMIT :n")
_DICTIONARIES = {"en": "english", "hu": "hungarian", "cs": "simple"}
_AT_ONCE = 50  # rows that one transaction writes anew
_LONGEST = 20.0  # seconds of one job, so that others have their turn


def names_of(named: Iterable[Recipient | EntryPerson]) -> list[str]:
    """The words by which recipients and persons concerned are found: names, addresses, an ΑΦΜ."""
    found: list[str] = []
    for one in named:
        found.append(one.name)
        found.append(one.tax_number if isinstance(one, EntryPerson) else one.email)
    return found


def index(
    session: Session,
    entry: Entry,
    *,
    named: Iterable[str],
    body: str = "",
    references: Iterable[str] = (),
) -> None:
    """Make the entry findable by its fields, the people named in it, and the text of its files.

    The number is not among it: `search` looks for numbers themselves, and a new entry is indexed
    before it has one. `references` are sender's numbers beside the one that was registered.
    """
    fields = "\n".join(
        (
            entry.subject,
            entry.sender_name,
            *named,
            entry.sender_reference,
            entry.sender_email,
            entry.attachments_note,
            entry.delivery_detail,
        )
    )
    body = body[:_MAX_TEXT]
    language = findable.language(body) or findable.language(fields)
    dictionary = _DICTIONARIES.get(language)
    session.execute(
        _UPSERT,
        {
            "entry_id": entry.id,
            "fields": findable.plain(fields),
            "body": findable.plain(body),
            "language": language,
            "dictionary": dictionary or "simple",
            "stemmed": _stemmed(f"{fields}\n{body}"[:_MAX_STEMMED], language),
            "references": findable.keys(f"{fields}\n{body}", entry.sender_reference, *references),
        },
    )


def _stemmed(text: str, language: str) -> str:
    """What the third dictionary is given: with the accents that its endings are known by."""
    if language == "cs":
        return " ".join(findable.czech_stem(word) for word in words(text))
    return text.lower() if language in _DICTIONARIES else ""


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
    corrections = session.execute(
        select(Correction.new, Correction.key).where(Correction.entry_id == entry.id)
    ).all()
    corrected = [word for value, _ in corrections for word in _texts(value)]
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
        references=[key for _, key in corrections],
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


@outbox.job("registry.index-anew")
def index_anew(run: outbox.Run) -> None:
    """Write the rows of an older form once more, until none is left or the time is over.

    After an upgrade, and after an import, which writes plain rows to be quick.
    """
    until = time.monotonic() + _LONGEST
    while time.monotonic() < until:
        with run.office.db.begin() as session:
            ids = session.scalars(_OF_OLDER_FORM, {"n": _AT_ONCE}).all()
            for entry in session.scalars(select(Entry).where(Entry.id.in_(ids))):
                reindex(session, entry)
        if len(ids) < _AT_ONCE:
            return


schedule.every("registry.index-anew", timedelta(minutes=1))
