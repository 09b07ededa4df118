"""Are the files of each entry those that its events name? Part of every `docflow audit verify`.

The bytes themselves are held against their digests by `docflow audit verify --objects`.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from docflow import audit
from docflow.documents import File

_STEP = 2000
# Digests that any event of an act names, but for the registrations: what was filed later.
_NAMED = text(
    "SELECT DISTINCT (regexp_matches(details::text, '[0-9a-f]{64}', 'g'))[1] FROM audit_events "
    "WHERE action <> 'entry.registered' AND action NOT LIKE 'file.%' "
    "AND action NOT LIKE 'store.%'"
)


@audit.check
def files_are_as_registered(session: Session) -> Iterator[audit.Finding]:
    """Each file of a registration is there, in its place; each later one has an event."""
    erased = audit.erased_subjects(session)
    later: list[tuple[int, int, str]] = []
    told = session.execute(
        select(audit.Event.id, audit.Event.subject_id, audit.Event.details)
        .where(audit.Event.action == "entry.registered", audit.Event.subject_type == "entry")
        .order_by(audit.Event.subject_id)
        .execution_options(yield_per=_STEP)
    )
    files = _Files(session)
    for event_id, entry_id, details in told:
        kept = files.of(entry_id)
        if entry_id in erased:
            continue
        named = list(details.get("files", []))
        where = f"{details.get('number')}/{details.get('year')}"
        yield from _compared(event_id, where, named, kept[: len(named)])
        later += [(entry_id, place, digest) for place, digest in kept[len(named) :]]
    if not later:
        return
    known = set(session.scalars(_NAMED))
    for entry_id, place, digest in later:
        if digest not in known:
            detail = f"file {place} of entry id {entry_id} was inserted: no event names it"
            yield audit.Finding("inserted", None, None, detail)


def _compared(
    event_id: int, where: str, named: Sequence[str], kept: Sequence[tuple[int, str]]
) -> Iterator[audit.Finding]:
    digests = [digest for _, digest in kept]
    if digests == named:
        return
    if sorted(digests) == sorted(named):
        yield audit.Finding("swapped", None, event_id, f"files of entry {where} were swapped")
        return
    for place, digest in enumerate(named, start=1):
        if digest not in digests:
            is_there = len(digests) == len(named)
            what = "altered" if is_there else "missing"
            detail = f"file {place} of entry {where} " + (
                "is another than was registered" if is_there else "was removed"
            )
            yield audit.Finding(what, None, event_id, detail)


class _Files:
    """The files of entries, in the order of the entries: read along, not looked up one by one."""

    def __init__(self, session: Session) -> None:
        rows = session.execute(
            select(File.entry_id, File.position, File.sha256)
            .where(File.parent_id.is_(None))  # what was unpacked follows from its parent's bytes
            .order_by(File.entry_id, File.position)
            .execution_options(yield_per=_STEP)
        )
        self._rows = iter(rows)
        self._next = next(self._rows, None)

    def of(self, entry_id: int) -> list[tuple[int, str]]:
        """Position and digest of the entry's files; entries are asked for in their order."""
        found: list[tuple[int, str]] = []
        while self._next is not None and self._next[0] <= entry_id:
            if self._next[0] == entry_id:
                found.append((self._next[1], self._next[2]))
            self._next = next(self._rows, None)
        return found
