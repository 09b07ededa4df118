"""Defining kinds of document, and choosing one for an entry (domain rows 37 and 38)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import column, func, select, table
from sqlalchemy.orm import Session

from docflow import audit, clock, organization
from docflow.errors import Conflict, NotFound
from docflow.folding import by_name
from docflow.i18n import t
from docflow.kinds import values as typed_values
from docflow.kinds.definitions import BadDefinition, Definition, Field, check_code, checked, read
from docflow.kinds.models import EntryKind, Kind, KindVersion
from docflow.principal import Principal

# A form may stand open while the kind changes; what was typed in it still counts for a day.
FORM_LIFE = timedelta(days=1)


class NoSuchKind(NotFound):
    """The body has no such kind of document."""


class KindExists(Conflict):
    """Another kind of document has this code."""


class KindChanged(Conflict):
    """The kind of document was changed since the form was opened."""


class KindNotHere(Conflict):
    """This kind of document does not belong to this direction or book."""


@dataclass(frozen=True, slots=True)
class KindInfo:
    """A kind with the version that holds now."""

    id: int
    code: str
    version: int
    is_active: bool
    definition: Definition


@dataclass(frozen=True, slots=True)
class Chosen:
    """A version of a kind as chosen for an entry."""

    kind_id: int
    code: str
    version: int
    definition: Definition


@dataclass(frozen=True, slots=True)
class OfEntry:
    """The kind of an entry, and what was said in its fields."""

    kind_id: int
    code: str
    version: int
    definition: Definition
    values: Mapping[str, Any]

    def shown(
        self, language: str, values: Mapping[str, Any] | None = None
    ) -> list[tuple[Field, str]]:
        """Each field that has a value, with the value as people read it.

        `values` stand in place of those that were registered, where these were corrected.
        """
        said = self.values if values is None else values
        return [
            (field, typed_values.shown(field, said[field.code], language))
            for field in self.definition.fields
            if field.code in said
        ]


def define(session: Session, code: str, definition: Definition, *, by: Principal) -> Kind:
    """Begin a new kind of document. Raises NotAllowed, BadDefinition, KindExists."""
    _require_administrator(by)
    code = check_code(code)
    definition = _settled(session, definition, by)
    if session.scalar(select(Kind.id).where(Kind.body_id == by.body_id, Kind.code == code)):
        raise KindExists(t("There is a kind with the code “{code}” already.", code=code))
    kind = Kind(
        body_id=by.body_id,
        code=code,
        title_el=definition.title_el,
        title_en=definition.title_en,
        version=1,
        is_active=True,
    )
    session.add(kind)
    session.flush()  # its id, for version and event
    keep_version(session, kind, definition, by, "kind.defined")
    return kind


def redefine(
    session: Session, code: str, definition: Definition, *, version: int, by: Principal
) -> Kind:
    """A new version of the kind; entries keep theirs. Nothing is written where nothing changed.

    `version` is the one that the person saw. Raises NotAllowed, NoSuchKind, BadDefinition,
    KindChanged where somebody else changed it in the meantime.
    """
    _require_administrator(by)
    kind = _locked(session, code, by)
    definition = _settled(session, definition, by)
    if kind.version != version:
        raise KindChanged(
            t("Somebody else changed this kind in the meantime. Open it again and compare.")
        )
    now = session.get_one(KindVersion, (kind.id, kind.version))
    if read(now.definition) == definition:
        return kind
    kind.version += 1
    kind.title_el, kind.title_en = definition.title_el, definition.title_en
    keep_version(session, kind, definition, by, "kind.changed")
    return kind


def retire(session: Session, code: str, *, by: Principal) -> Kind:
    """Offer the kind no more; entries keep it. `restore` brings it back."""
    return _switch(session, code, by, is_active=False)


def restore(session: Session, code: str, *, by: Principal) -> Kind:
    return _switch(session, code, by, is_active=True)


def listing(
    session: Session,
    by: Principal,
    *,
    direction: str | None = None,
    book: str | None = None,
    with_retired: bool = False,
) -> list[KindInfo]:
    """The kinds of the body by title; of those, what fits `direction` and `book` where said."""
    query = (
        select(Kind, KindVersion.definition)
        .join(KindVersion, (KindVersion.kind_id == Kind.id) & (KindVersion.version == Kind.version))
        .where(Kind.body_id == by.body_id)
        .order_by(Kind.id)
    )
    if not with_retired:
        query = query.where(Kind.is_active)
    found = [
        KindInfo(kind.id, kind.code, kind.version, kind.is_active, read(stored))
        for kind, stored in session.execute(query)
    ]
    return [
        kind
        for kind in sorted(found, key=lambda kind: by_name(kind.definition.title_el))
        if (direction is None or direction in (kind.definition.directions or (direction,)))
        and (book is None or book in (kind.definition.books or (book,)))
    ]


def named(session: Session, code: str, *, by: Principal, version: int | None = None) -> Chosen:
    """The kind of this code, in the version that holds or in the one named. Raises NoSuchKind."""
    row = session.execute(
        select(Kind.id, Kind.version, KindVersion.definition)
        .join(KindVersion, KindVersion.kind_id == Kind.id)
        .where(
            Kind.body_id == by.body_id,
            Kind.code == code,
            KindVersion.version == (Kind.version if version is None else version),
        )
    ).first()
    if row is None:
        raise NoSuchKind(t("There is no kind of document “{code}”.", code=code[:40]), field="kind")
    return Chosen(row.id, code, row.version if version is None else version, read(row.definition))


def choose(
    session: Session,
    code: str,
    *,
    version: int | None,
    direction: str,
    book: str,
    by: Principal,
) -> Chosen:
    """The kind for a new entry. `version` is the one that the form showed.

    A form that was open while the kind was changed or retired is still good, for a day: the entry
    keeps the version that the clerk saw, and nothing of what was typed is lost.
    Raises NoSuchKind, KindChanged, KindNotHere.
    """
    chosen = named(session, code, by=by, version=version)
    kind = session.get_one(Kind, chosen.kind_id)
    ended = _ended(session, kind, chosen.version)
    if ended and (version is None or ended < clock.now() - FORM_LIFE):
        raise KindChanged(
            t(
                "The kind “{title}” was changed or withdrawn. Choose the kind again.",
                title=chosen.definition.title_el,
            ),
            field="kind",
        )
    if not chosen.definition.allows(direction, book):
        raise KindNotHere(
            t(
                "The kind “{title}” is not used in this direction or book.",
                title=chosen.definition.title_el,
            ),
            field="kind",
        )
    return chosen


def of_entries(session: Session, entry_ids: Sequence[int]) -> dict[int, OfEntry]:
    """The kinds of these entries, for those that have one. The caller has checked the rights."""
    rows = session.execute(
        select(EntryKind, Kind.code, KindVersion.definition)
        .join(Kind, Kind.id == EntryKind.kind_id)
        .join(
            KindVersion,
            (KindVersion.kind_id == EntryKind.kind_id) & (KindVersion.version == EntryKind.version),
        )
        .where(EntryKind.entry_id.in_(entry_ids))
    )
    return {
        row.entry_id: OfEntry(row.kind_id, code, row.version, read(stored), row.values)
        for row, code, stored in rows
    }


def of_entry(session: Session, entry_id: int) -> OfEntry | None:
    return of_entries(session, [entry_id]).get(entry_id)


def words_of(session: Session, entry_id: int) -> list[str]:
    """What an entry is found by, of the values of its kind."""
    row = session.get(EntryKind, entry_id)
    return typed_values.words(row.values) if row else []


def _ended(session: Session, kind: Kind, version: int) -> datetime | None:
    """When the version stopped to hold for new entries; None while it holds."""
    if version == kind.version:
        return None if kind.is_active else kind.retired_at
    return session.scalar(
        select(func.min(KindVersion.defined_at)).where(
            KindVersion.kind_id == kind.id, KindVersion.version > version
        )
    )


def _switch(session: Session, code: str, by: Principal, *, is_active: bool) -> Kind:
    _require_administrator(by)
    kind = _locked(session, code, by)
    if kind.is_active != is_active:
        kind.is_active, kind.retired_at = is_active, None if is_active else clock.now()
        action = "kind.restored" if is_active else "kind.retired"
        audit.record(session, action, by=by, subject=("kind", kind.id), code=kind.code)
    return kind


def keep_version(
    session: Session, kind: Kind, definition: Definition, by: Principal, action: str
) -> None:
    """Write the version that the kind's row names already, with its event."""
    session.add(
        KindVersion(
            kind_id=kind.id,
            version=kind.version,
            definition=definition.as_json(),
            defined_by=by.user_id,
        )
    )
    session.flush()  # what entries and further versions point to
    audit.record(
        session,
        action,
        by=by,
        subject=("kind", kind.id),
        code=kind.code,
        version=kind.version,
        definition=definition.as_json(),
    )


def _settled(session: Session, definition: Definition, by: Principal) -> Definition:
    """Checked, units and books too. Books lie above kinds: asked by the name of their table."""
    clean = checked(definition)
    if clean.defaults.addressee_unit_id is not None:
        organization.unit(session, clean.defaults.addressee_unit_id, body_id=by.body_id)
    if clean.books:
        books = table("books", column("code"), column("body_id"))
        known = set(
            session.scalars(select(books.c.code).where(books.c.body_id == by.body_id)).all()
        )
        for code in clean.books:
            if code not in known:
                raise BadDefinition(t("There is no book “{code}”.", code=code[:40]), field="books")
    return clean


def _locked(session: Session, code: str, by: Principal) -> Kind:
    kind = session.scalar(
        select(Kind)
        .where(Kind.body_id == by.body_id, Kind.code == code)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if kind is None:
        raise NoSuchKind(t("There is no kind of document “{code}”.", code=code[:40]))
    return kind


def _require_administrator(by: Principal) -> None:
    by.require_scope("administer")
    by.require(by.is_administrator, t("Only the administrator defines kinds of document."))
