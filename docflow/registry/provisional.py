"""Register now, describe later: a number for the person who waits, the description afterwards.

Two cases. At the counter, for a queue: sender and way of delivery, or not even these. And the
closed envelope: addressed to somebody who alone opens it; its line in the book shows nothing but
sender and addressee. The description is a completion in the sense of `corrections`: the rows of
the registration stay. Source: ν. 2690/1999 art. 12 (the same day), domain section (b) 20.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, select
from sqlalchemy.orm import Session, aliased

from docflow import audit, calendars, clock, kinds
from docflow.errors import Conflict, Forbidden
from docflow.i18n import t
from docflow.parties import Contact
from docflow.principal import Principal
from docflow.registry import afterwards, described, indexing, queries
from docflow.registry.access import may_write, open_to_person, visible_to
from docflow.registry.corrections import Change, complete, overlay_of
from docflow.registry.entry_notes import Grade, Provisional, ProvisionalMode
from docflow.registry.kinded import values_now
from docflow.registry.models import (
    Access,
    Annulment,
    Book,
    Direction,
    Entry,
    Handling,
    Priority,
)
from docflow.registry.new_entry import NewEntry

# The register is kept in Greek, whoever reads it: what stands in it is not translated.
TO_DESCRIBE = "Προς περιγραφή"
CLOSED_ENVELOPE = "Κλειστός φάκελος"
UNKNOWN_SENDER = "Άγνωστος αποστολέας"


class NotDescribed(Conflict):
    """The entry waits for its description."""


class AlreadyDescribed(Conflict):
    """An entry is described once; after that it is corrected."""


class GradedHigher(Conflict):
    """The kind of document asks for a higher grade than the entry was registered with."""


class OtherKind(Conflict):
    """The entry has a kind of document, which never changes."""


class NotYoursToDescribe(Forbidden):
    """A clerk of the book describes an entry; an envelope, whoever may open it."""


def for_the_queue(new: NewEntry) -> NewEntry:
    """The same document for the queue: what is not known yet has its placeholder."""
    return replace(
        new,
        direction=Direction.INCOMING,
        subject=new.subject.strip() or TO_DESCRIBE,
        sender=new.sender or Contact(UNKNOWN_SENDER),
        provisional=ProvisionalMode.QUEUE,
    )


def closed_envelope(new: NewEntry) -> NewEntry:
    """The same document as an envelope that stays closed: without subject, kind or copies."""
    return replace(
        new,
        direction=Direction.INCOMING,
        subject=CLOSED_ENVELOPE,
        sender=new.sender or Contact(UNKNOWN_SENDER),
        recipients=(),
        copies=(),
        concerned=(),
        kind=None,
        kind_version=None,
        values={},
        grade=None,
        provisional=ProvisionalMode.ENVELOPE,
    )


@dataclass(frozen=True, slots=True)
class Description:
    """What was found when the document was looked at. `fields` as in `corrections.correct`.

    `reason` is needed where a field says something else than it did at the registration.
    """

    fields: Mapping[str, object]
    kind: str | None = None
    kind_version: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


def describe(
    session: Session, entry_id: int, description: Description, *, by: Principal, zone: str
) -> Entry:
    """Fill in what was left open; with it the entry becomes like any other.

    What was said at the registration is corrected, with the description's reason. Of an entry that
    has a kind already, `values` fill in the kind's fields. Whoever opens an envelope sees it from
    then on; the clerk who registered it does not any more. Raises NoSuchEntry, NotYoursToDescribe,
    AlreadyDescribed, AlreadyAnnulled, GivenAtRegistration, GradedHigher, OtherKind, and Invalid by
    the rules of registration.
    """
    by.require_scope("register")
    entry = queries.get(session, entry_id, by=by, lock=True)
    row = session.get(Provisional, entry.id, with_for_update=True, populate_existing=True)
    if row is None or row.described_at is not None:
        raise AlreadyDescribed(
            t("{label} is described. What is wrong in it is corrected.", label=entry.label)
        )
    if not may_describe(session, entry, row, by=by):
        raise NotYoursToDescribe(_WHOSE[ProvisionalMode(row.mode)])
    chosen, values = _kind(session, entry, description, by)
    complete(
        session,
        entry,
        {**description.fields, **values},
        reason=description.reason,
        fills=_fills,
        by=by,
        zone=zone,
    )
    if chosen is not None:
        _keep_kind(session, entry, chosen, description.values, by=by, zone=zone)
    row.described_at, row.described_by = clock.now(), by.person_id
    if row.mode == ProvisionalMode.ENVELOPE:
        _close_to_the_counter(session, entry, by)
    audit.record(session, "entry.described", by=by, subject=("entry", entry.id), mode=row.mode)
    if chosen is not None:
        afterwards.kind_given(session, entry, chosen, by)
    return entry


def may_describe(session: Session, entry: Entry, row: Provisional, *, by: Principal) -> bool:
    """A queue's entry is the clerks'; an envelope is its addressee's: the head, or who has it."""
    if row.described_at is not None or session.get(Annulment, entry.id) is not None:
        return False
    if row.mode == ProvisionalMode.QUEUE:
        return may_write(by, session.get_one(Book, entry.book_id))
    handling = session.get(Handling, entry.id)
    if handling is not None and handling.user_id is not None:
        return handling.user_id == by.user_id
    return by.heads(handling.unit_id if handling else entry.addressee_unit_id)


def waiting_for(session: Session, entry_id: int) -> Provisional | None:
    """What the entry waits for; None for one that is described."""
    row = session.get(Provisional, entry_id)
    return row if row is not None and row.described_at is None else None


def require_described(session: Session, entry: Entry) -> None:
    """An entry that nobody has looked at may be charged, but not answered or filed."""
    if waiting_for(session, entry.id) is not None:
        raise NotDescribed(
            t("{label} waits for its description. Describe it first.", label=entry.label)
        )


@dataclass(frozen=True, slots=True)
class Undescribed:
    """An entry that waits; `days` since it was registered."""

    line: queries.Line
    mode: ProvisionalMode
    days: int
    is_mine: bool  # whether the person may describe it


def undescribed(session: Session, *, by: Principal, zone: str) -> list[Undescribed]:
    """What waits for its description and is open to the person, the oldest first."""
    rows = session.execute(
        queries.lines_query(by)
        .join(Provisional, Provisional.entry_id == Entry.id)
        .where(_waits())
        .order_by(Entry.registered_at, Entry.id)
        .limit(500)
    ).all()
    lines = queries.lines(session, rows)
    ids = [line.id for line in lines]
    query = select(Provisional).where(Provisional.entry_id.in_(ids))
    waits = {row.entry_id: row for row in session.scalars(query)}
    today = clock.today(zone)
    return [
        Undescribed(
            line=line,
            mode=ProvisionalMode(waits[line.id].mode),
            days=(today - clock.local(line.registered_at, zone).date()).days,
            is_mine=may_describe(session, row[0], waits[line.id], by=by),
        )
        for line, row in zip(lines, rows, strict=True)
    ]


def count_undescribed(session: Session, *, by: Principal) -> int:
    """How many entries of the queue wait, of those open to the person."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Entry)
            .join(Provisional, Provisional.entry_id == Entry.id)
            .where(_waits(), Provisional.mode == ProvisionalMode.QUEUE, visible_to(by))
        )
        or 0
    )


def _waits() -> ColumnElement[bool]:
    annulled = select(aliased(Annulment).entry_id)
    return and_(Provisional.described_at.is_(None), Entry.id.not_in(annulled))


def _fills(change: Change) -> bool:
    """Whether the field was left open at the registration, or only gets more to what it says."""
    old, new = change.old, change.new
    if change.field == "sender" and old and new and old["name"] != UNKNOWN_SENDER:
        said = [name for name in ("name", "address", "email") if old[name]]
        return all(new[name] == old[name] for name in said)
    return old in (None, "", 0, [], TO_DESCRIBE, CLOSED_ENVELOPE) or change.field == "sender"


def _kind(
    session: Session, entry: Entry, description: Description, by: Principal
) -> tuple[kinds.Chosen | None, dict[str, Any]]:
    """The kind for an entry that has none; or, of one that has, what its fields say now.

    Raises OtherKind, GradedHigher, ValuesWithoutKind, and what `kinds.choose` raises.
    """
    known = kinds.of_entry(session, entry.id)
    if known is not None:
        if description.kind not in (None, known.code):
            raise OtherKind(
                t(
                    "The entry is of the kind “{title}”. Leave the kind as it is, or annul the "
                    "entry and register the document anew.",
                    title=known.definition.title_el,
                ),
                field="kind",
            )
        now = values_now(known.values, overlay_of(session, entry.id))
        kinds.checked(known.definition.fields, {**now, **description.values})  # nothing is missing
        return None, {kinds.PREFIX + code: raw for code, raw in description.values.items()}
    if not description.kind:
        if description.values:
            raise described.ValuesWithoutKind(t("Choose the kind of document first."), field="kind")
        return None, {}
    book = session.get_one(Book, entry.book_id)
    chosen = kinds.choose(
        session,
        description.kind,
        version=description.kind_version,
        direction=entry.direction,
        book=book.code,
        by=by,
    )
    wanted = Grade(chosen.definition.defaults.grade or Grade.UNCLASSIFIED)
    if list(Grade).index(wanted) > list(Grade).index(Grade(entry.grade)):
        # The grade is of the registration and never changes: half a book would have seen it.
        raise GradedHigher(
            t(
                "Documents of the kind “{title}” are graded higher than this entry was. Annul it "
                "and register the document anew with the kind.",
                title=chosen.definition.title_el,
            ),
            field="kind",
        )
    return chosen, {}


def _keep_kind(
    session: Session,
    entry: Entry,
    chosen: kinds.Chosen,
    said: Mapping[str, Any],
    *,
    by: Principal,
    zone: str,
) -> None:
    """The kind of an entry that had none: the row is new, like the one of a registration.

    Its defaults for priority and deadline count where nobody has said anything else since.
    """
    values = kinds.checked(chosen.definition.fields, said)
    described.keep_kind(session, entry.id, chosen, values)
    defaults, handling = chosen.definition.defaults, session.get(Handling, entry.id)
    taken: dict[str, Any] = {}
    if handling is not None and defaults.priority and handling.priority == Priority.NORMAL:
        handling.priority = taken["priority"] = Priority(defaults.priority)
    if handling is not None and handling.due_on is None and not handling.is_suspended:
        step = calendars.terms.period(
            calendars.terms.current(session, entry.body_id)[0],
            kind=chosen.code,
            priority=handling.priority,
            kind_days=defaults.days,
            first=clock.local(entry.received_at, zone).date(),
            today=clock.today(zone),
        )
        if step is not None:
            calendar = calendars.of(session, entry.body_id)
            handling.follow(
                calendars.clocks.note(session, entry.id, step, calendar=calendar, by=by)
            )
            taken["due_on"] = handling.due_on.isoformat() if handling.due_on else None
    audit.record(
        session,
        "entry.kind-given",
        by=by,
        subject=("entry", entry.id),
        kind=[chosen.code, chosen.version],
        values=kinds.digest(values),
        **taken,
    )
    session.flush()  # the row of the kind, whose words the entry is found by
    indexing.reindex(session, entry)


def _close_to_the_counter(session: Session, entry: Entry, by: Principal) -> None:
    """What was in the envelope is not the counter's: only who handles it goes on seeing it."""
    if entry.registered_by != by.user_id:
        session.execute(
            delete(Access).where(Access.entry_id == entry.id, Access.user_id == entry.registered_by)
        )
    open_to_person(session, entry.id, by.person_id)


_WHOSE = {
    ProvisionalMode.QUEUE: t("Only a clerk of this book describes the entry."),
    ProvisionalMode.ENVELOPE: t(
        "Only the head of the unit that the envelope is addressed to opens it, or the person to "
        "whom it was charged."
    ),
}
