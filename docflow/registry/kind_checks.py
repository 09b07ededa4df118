"""Do kinds and values agree with the audit trail? Part of every `docflow audit verify`."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, kinds


@audit.check
def values_are_as_registered(session: Session) -> Iterator[audit.Finding]:
    """Each entry of a kind is as its event says, and no event lacks its row."""
    told = {
        event.subject_id: event
        for event in session.scalars(
            select(audit.Event)
            .where(
                audit.Event.action.in_(("entry.registered", "entry.kind-given")),
                audit.Event.details.has_key("kind"),
            )
            .execution_options(yield_per=2000)
        )
    }
    erased = audit.erased_subjects(session)
    rows = session.execute(
        select(kinds.EntryKind, kinds.Kind.code).join(
            kinds.Kind, kinds.Kind.id == kinds.EntryKind.kind_id
        )
    )
    for row, code in rows:
        event = told.pop(row.entry_id, None)
        if row.entry_id in erased:
            continue
        what = f"the kind of entry id {row.entry_id}"
        if event is None:
            yield audit.Finding("inserted", None, None, f"{what} has no event")
        elif event.details["kind"] != [code, row.version] or event.details.get(
            "values"
        ) != kinds.digest(row.values):
            yield audit.Finding("altered", None, event.id, f"{what} was altered")
    for entry_id, event in sorted(told.items()):
        yield audit.Finding(
            "missing", None, event.id, f"the kind of entry id {entry_id} is missing"
        )


@audit.check
def definitions_are_as_defined(session: Session) -> Iterator[audit.Finding]:
    """Each version of a kind is as its event says."""
    told = {
        (event.subject_id, event.details["version"]): event
        for event in session.scalars(
            select(audit.Event).where(audit.Event.action.in_(("kind.defined", "kind.changed")))
        )
    }
    for row in session.scalars(select(kinds.KindVersion)):
        event = told.pop((row.kind_id, row.version), None)
        what = f"version {row.version} of kind id {row.kind_id}"
        if event is None:
            yield audit.Finding("inserted", None, None, f"{what} has no event")
        elif event.details["definition"] != row.definition:
            yield audit.Finding("altered", None, event.id, f"{what} was altered")
    for (kind_id, version), event in sorted(told.items()):
        yield audit.Finding(
            "missing", None, event.id, f"version {version} of kind id {kind_id} is missing"
        )
