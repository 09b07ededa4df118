"""Kinds of document: defined by the administrator, versioned, chosen for entries (row 37)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from docflow import audit, clock, kinds, registry, search
from docflow.calendars import Calendar
from docflow.kinds import Defaults, Definition, Field, FieldType
from docflow.kinds import definitions as words
from docflow.office import Office
from docflow.principal import NotAllowed
from docflow.registry import DeliveryMethod, Direction, Grade, Priority
from tests import factories, stack
from tests.factories import Town

FINE = Definition(
    title_el="Κλήση ΚΟΚ",
    title_en="Traffic fine",
    directions=("incoming",),
    defaults=Defaults(subject="Πληρωμή κλήσης ΚΟΚ", priority="urgent", days=10),
    fields=(
        Field("fine", FieldType.TEXT, "Αρ. κλήσης", is_required=True),
        Field("plate", FieldType.PLATE, "Αρ. πινακίδων"),
        Field("amount", FieldType.AMOUNT, "Ποσό"),
    ),
)


def _defined(session: Session, town: Town, code: str = "klisi", **changes: Any) -> None:
    definition = Definition(**{**_parts(FINE), **changes})
    kinds.define(session, code, definition, by=town.person(session, "administrator"))


def _parts(definition: Definition) -> dict[str, Any]:
    return {name: getattr(definition, name) for name in Definition.__slots__}


def test_the_words_of_kinds_are_those_of_the_register() -> None:
    assert tuple(Direction) == words.DIRECTIONS
    assert tuple(Priority) == words.PRIORITIES
    assert tuple(Grade) == words.GRADES
    assert tuple(DeliveryMethod) == words.DELIVERY_METHODS


def test_an_entry_gets_kind_values_and_the_defaults_of_its_kind(
    session: Session, town: Town
) -> None:
    _defined(session, town)
    entry = factories.letter(
        session, town, kind="klisi", values={"fine": "123", "plate": "ibp1234", "amount": "50"}
    )
    known = registry.kind_of(session, entry)
    assert known is not None
    assert known.shown("el") == [
        ("fine", "Αρ. κλήσης", "123"),
        ("plate", "Αρ. πινακίδων", "ΙΒΡ-1234"),
        ("amount", "Ποσό", "50,00 €"),
    ]
    handling = session.get_one(registry.Handling, entry.id)
    assert handling.priority == Priority.URGENT
    ten_days_on = clock.today() + timedelta(days=10)
    assert handling.due_on == Calendar().at_or_after(ten_days_on)


def test_what_was_said_counts_before_the_defaults(session: Session, town: Town) -> None:
    _defined(session, town)
    due = Calendar().next_working_day(clock.today())
    entry = factories.letter(
        session, town, kind="klisi", values={"fine": "1"}, priority=Priority.NORMAL, due_on=due
    )
    handling = session.get_one(registry.Handling, entry.id)
    assert (handling.priority, handling.due_on) == (Priority.NORMAL, due)


def test_values_are_found_by_search(session: Session, town: Town) -> None:
    _defined(session, town)
    entry = factories.letter(
        session, town, kind="klisi", values={"fine": "ΚΟΚ7781", "plate": "ΙΒΡ1234"}
    )
    clerk = town.person(session, "clerk")
    for query in ("κοκ7781", "ΙΒΡ-1234"):
        assert [hit.line.id for hit in search.search(session, query, by=clerk).hits] == [entry.id]


@pytest.mark.parametrize(
    ("said", "error", "field"),
    [
        ({"kind": "agnosto"}, kinds.NoSuchKind, "kind"),
        ({"kind": "klisi"}, kinds.BadValues, "value.fine"),
        ({"kind": "klisi", "values": {"fine": "1", "x": "1"}}, kinds.BadValues, "value.x"),
        ({"values": {"fine": "1"}}, registry.ValuesWithoutKind, "kind"),
        (
            {"kind": "klisi", "values": {"fine": "1"}, "direction": Direction.INTERNAL},
            kinds.KindNotHere,
            "kind",
        ),
    ],
)
def test_a_wrong_kind_or_value_takes_no_number(
    session: Session, town: Town, said: dict[str, Any], error: type[Exception], field: str
) -> None:
    _defined(session, town)
    with pytest.raises(error) as refused, session.begin_nested():
        factories.letter(session, town, **said)
    assert refused.value.field == field  # type: ignore[attr-defined]
    assert session.scalar(select(registry.Entry.id)) is None


def test_a_kind_of_some_books_is_refused_in_others(session: Session, town: Town) -> None:
    _defined(session, town, books=("empisteftiko",))
    with pytest.raises(kinds.KindNotHere):
        factories.letter(session, town, kind="klisi", values={"fine": "1"})


def test_only_the_administrator_defines_kinds(session: Session, town: Town) -> None:
    for somebody in ("clerk", "mayor", "auditor"):
        with pytest.raises(NotAllowed):
            kinds.define(session, "x", FINE, by=town.person(session, somebody))


def test_a_code_is_given_once(session: Session, town: Town) -> None:
    _defined(session, town)
    with pytest.raises(kinds.KindExists):
        _defined(session, town)


def test_a_changed_kind_is_a_new_version_and_entries_keep_theirs(
    session: Session, town: Town
) -> None:
    _defined(session, town)
    entry = factories.letter(session, town, kind="klisi", values={"fine": "1"})
    by = town.person(session, "administrator")
    changed = Definition(**{**_parts(FINE), "fields": FINE.fields[1:]})
    kinds.redefine(session, "klisi", changed, version=1, by=by)
    known = registry.kind_of(session, entry)
    assert known is not None
    assert (known.kind.version, known.shown("el")[0][0]) == (1, "fine")
    assert [(kind.code, kind.version) for kind in kinds.listing(session, by)] == [("klisi", 2)]
    with pytest.raises(kinds.KindChanged):
        kinds.redefine(session, "klisi", FINE, version=1, by=by)


def test_the_same_definition_again_is_no_new_version(session: Session, town: Town) -> None:
    _defined(session, town)
    kind = kinds.redefine(
        session, "klisi", FINE, version=1, by=town.person(session, "administrator")
    )
    assert kind.version == 1


def test_a_form_that_was_open_while_the_kind_changed_is_good_for_a_day(
    session: Session, town: Town
) -> None:
    _defined(session, town)
    by = town.person(session, "administrator")
    changed = Definition(**{**_parts(FINE), "fields": FINE.fields[1:]})
    kinds.redefine(session, "klisi", changed, version=1, by=by)
    kinds.retire(session, "klisi", by=by)
    entry = factories.letter(session, town, kind="klisi", kind_version=1, values={"fine": "77"})
    known = registry.kind_of(session, entry)
    assert known is not None
    assert (known.kind.version, dict(known.values)) == (1, {"fine": "77"})
    with pytest.raises(kinds.KindChanged):  # chosen anew, it is not on offer
        factories.letter(session, town, kind="klisi", values={})
    with (
        clock.pretend(clock.now() + timedelta(days=2)),
        pytest.raises(kinds.KindChanged),
    ):
        factories.letter(session, town, kind="klisi", kind_version=1, values={"fine": "77"})


def test_a_withdrawn_kind_comes_back(session: Session, town: Town) -> None:
    _defined(session, town)
    by = town.person(session, "administrator")
    kinds.retire(session, "klisi", by=by)
    assert kinds.listing(session, by) == []
    assert [kind.is_active for kind in kinds.listing(session, by, with_retired=True)] == [False]
    kinds.restore(session, "klisi", by=by)
    assert factories.letter(session, town, kind="klisi", values={"fine": "1"}).number == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title_el": " "}, "title_el"),
        ({"title_el": "α" * 121}, "title_el"),
        ({"directions": ("sideways",)}, "directions"),
        ({"books": ("agnosto",)}, "books"),
        ({"defaults": Defaults(days=-1)}, "days"),
        ({"defaults": Defaults(priority="soon")}, "priority"),
        ({"defaults": Defaults(grade="secret")}, "grade"),
        ({"defaults": Defaults(delivery_method="dove")}, "delivery_method"),
        ({"fields": (Field("Ω", FieldType.TEXT, "Τ"),)}, "field.0.code"),
        ({"fields": (Field("a", FieldType.TEXT, ""),)}, "field.0.title_el"),
        ({"fields": (Field("a", FieldType.TEXT, "Τ"),) * 2}, "field.1.code"),
        ({"fields": (Field("a", FieldType.CHOICE, "Τ", choices=("μία",)),)}, "field.0.choices"),
        ({"fields": (Field("a", FieldType.TEXT, "Τ", max_length=-1),)}, "field.0.max_length"),
    ],
)
def test_a_definition_that_could_not_be_used_is_refused(
    session: Session, town: Town, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(kinds.BadDefinition) as refused:
        _defined(session, town, **changes)
    assert refused.value.field == field


def test_versions_and_values_are_written_once(session: Session, town: Town) -> None:
    _defined(session, town)
    factories.letter(session, town, kind="klisi", values={"fine": "1"})
    for statement in (
        "UPDATE kind_versions SET definition = '{}'",
        "DELETE FROM kind_versions",
        "UPDATE entry_kinds SET values = '{}'",
        "DELETE FROM entry_kinds",
    ):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(statement))


def test_the_registration_says_kind_and_digest_of_the_values(session: Session, town: Town) -> None:
    _defined(session, town)
    entry = factories.letter(session, town, kind="klisi", values={"fine": "1"})
    [line] = audit.history(session, [("entry", entry.id)])
    assert line.details["kind"] == ["klisi", 1]
    assert line.details["values"] == kinds.digest({"fine": "1"})


def test_a_value_is_corrected_like_any_field_of_the_entry(session: Session, town: Town) -> None:
    _defined(session, town)
    entry = factories.letter(session, town, kind="klisi", values={"fine": "1", "amount": "50"})
    clerk = town.person(session, "clerk")
    registry.correct(
        session,
        entry.id,
        {"value.amount": "60,00"},
        reason="λάθος ποσό",
        by=clerk,
        zone=factories.ZONE,
    )
    known = registry.kind_of(session, entry)
    assert known is not None
    assert known.values == {"fine": "1", "amount": "60.00"}
    for wrong in ({"value.amount": "πολλά"}, {"value.fine": ""}, {"value.other": "1"}):
        with pytest.raises((kinds.BadValues, registry.kinded.NoSuchField)):
            registry.correct(
                session, entry.id, wrong, reason="λάθος", by=clerk, zone=factories.ZONE
            )


def test_what_is_altered_behind_the_trail_is_found(
    committed: Office, postgres: stack.PostgresServer
) -> None:
    with committed.db.begin() as session:
        town = factories.municipality(session)
        _defined(session, town)
        entry = factories.letter(session, town, kind="klisi", values={"fine": "1"})
    assert _findings(committed) == []
    name = committed.db.engine.url.database
    assert name is not None
    with postgres.cluster.connect(name) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("""UPDATE entry_kinds SET values = '{"fine": "2"}'""")
        superuser.execute(
            """UPDATE kind_versions SET definition = definition || '{"books": ["x"]}'"""
        )
    with committed.db.read() as session:
        kind_id = session.scalars(select(kinds.Kind.id)).one()
    assert _findings(committed) == [
        f"altered: the kind of entry id {entry.id} was altered",
        f"altered: version 1 of kind id {kind_id} was altered",
    ]
    with postgres.cluster.connect(name) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("DELETE FROM entry_kinds")
        superuser.execute("UPDATE kind_versions SET version = 2")
    assert _findings(committed) == [
        f"missing: the kind of entry id {entry.id} is missing",
        f"inserted: version 2 of kind id {kind_id} has no event",
        f"missing: version 1 of kind id {kind_id} is missing",
    ]


def _findings(office: Office) -> list[str]:
    with office.db.read() as session:
        found = [
            *registry.kind_checks.values_are_as_registered(session),
            *registry.kind_checks.definitions_are_as_defined(session),
        ]
        return [f"{one.what}: {one.detail}" for one in found]
