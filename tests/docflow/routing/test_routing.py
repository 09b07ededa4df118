"""An entry's way through the house: marked, charged, accepted, returned, passed on, closed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from docflow import audit, clock, parties, registry, routing
from docflow.errors import Conflict
from docflow.office import Office
from docflow.organization import NoSuchUnit, NoSuchUser
from docflow.registry import Disposal, Entry, Handling, HandlingState, Priority
from docflow.routing import Basket, Charge, ChargeState
from tests import factories
from tests.docflow.steps import athens
from tests.factories import Town


@pytest.fixture
def entry(session: Session, town: Town) -> Entry:
    return factories.letter(session, town)


def handling(session: Session, entry: Entry) -> Handling:
    return session.get_one(Handling, entry.id, populate_existing=True)


def charge(session: Session, town: Town, entry: Entry, *to: str) -> Charge:
    by = town.person(session, "secretary")
    return routing.charge(session, entry.id, by=by, to=town.target(*to))


def test_the_head_marks_priority_instructions_and_deadline(
    session: Session, town: Town, entry: Entry
) -> None:
    with clock.pretend(athens(2026, 5, 4)):
        routing.mark(
            session,
            entry.id,
            by=town.person(session, "secretary"),
            priority=Priority.URGENT,
            instructions="Να απαντηθεί\r\nάμεσα ",
            due_on=date(2026, 5, 4),
        )
    row = handling(session, entry)
    assert (row.priority, row.instructions, row.due_on) == (
        "urgent",
        "Να απαντηθεί\nάμεσα",
        date(2026, 5, 4),
    )


def test_a_deadline_does_not_lie_in_the_past(session: Session, town: Town, entry: Entry) -> None:
    by = town.person(session, "secretary")
    with clock.pretend(athens(2026, 5, 4)), pytest.raises(routing.BadDeadline):
        routing.mark(session, entry.id, by=by, priority=Priority.NORMAL, due_on=date(2026, 5, 3))


@pytest.mark.parametrize("who", ["clerk", "engineer", "lawyer", "mayor"])
def test_only_a_head_of_the_unit_marks_and_charges(
    session: Session, town: Town, entry: Entry, who: str
) -> None:
    by = town.person(session, who)
    with pytest.raises((routing.NotResponsible, registry.NoSuchEntry)):
        routing.mark(session, entry.id, by=by, priority=Priority.URGENT)
    with pytest.raises((routing.NotResponsible, registry.NoSuchEntry)):
        routing.charge(session, entry.id, by=by, to=town.target("ΝΟΜ"))


def test_a_charge_carries_the_deadline_of_the_marking(
    session: Session, town: Town, entry: Entry
) -> None:
    with clock.pretend(athens(2026, 5, 4)):
        by = town.person(session, "secretary")
        day = date(2026, 5, 20)
        routing.mark(session, entry.id, by=by, priority=Priority.NORMAL, due_on=day)
        assert charge(session, town, entry, "ΟΔΟΠ", "engineer").due_on == day


def test_the_first_of_the_unit_who_accepts_becomes_responsible(
    session: Session, town: Town, entry: Entry
) -> None:
    charge(session, town, entry, "ΟΔΟΠ")
    routing.accept(session, entry.id, by=town.person(session, "colleague"))
    assert handling(session, entry).user_id == town.users["colleague"]
    with pytest.raises(routing.StateChanged, match="somebody was faster"):
        routing.accept(session, entry.id, by=town.person(session, "engineer"))


def test_the_charge_of_a_person_is_not_for_his_colleague(
    session: Session, town: Town, entry: Entry
) -> None:
    charge(session, town, entry, "ΟΔΟΠ", "engineer")
    with pytest.raises(routing.NotResponsible):
        routing.accept(session, entry.id, by=town.person(session, "colleague"))


def test_what_is_refused_is_back_with_who_charged_it(
    session: Session, town: Town, entry: Entry
) -> None:
    charge(session, town, entry, "ΟΔΟΠ", "engineer")
    row = routing.refuse(
        session, entry.id, by=town.person(session, "engineer"), reason="Αναρμόδια υπηρεσία"
    )
    now = handling(session, entry)
    assert (row.state, row.reason) == (ChargeState.REFUSED, "Αναρμόδια υπηρεσία")
    assert (now.state, now.unit_id, now.user_id) == (
        HandlingState.NEW,
        town.units["ΓΡΑΜ"],
        None,
    )


def test_an_accepted_item_can_still_be_returned(session: Session, town: Town, entry: Entry) -> None:
    factories.accepted(session, town, entry)
    by = town.person(session, "engineer")
    row = routing.send_back(session, entry.id, by=by, reason="Λείπουν σχέδια")
    assert row.state == ChargeState.RETURNED
    assert handling(session, entry).state == HandlingState.NEW


def test_a_return_needs_a_reason(session: Session, town: Town, entry: Entry) -> None:
    charge(session, town, entry, "ΟΔΟΠ", "engineer")
    with pytest.raises(routing.ReasonMissing):
        routing.send_back(session, entry.id, by=town.person(session, "engineer"), reason=" ")


def test_a_passed_on_item_returns_to_the_unit_that_passed_it(
    session: Session, town: Town, entry: Entry
) -> None:
    factories.accepted(session, town, entry)
    engineer = town.person(session, "engineer")
    routing.pass_on(session, entry.id, by=engineer, to=town.target("ΝΟΜ", "lawyer"))
    assert handling(session, entry).user_id == town.users["lawyer"]
    routing.send_back(session, entry.id, by=town.person(session, "lawyer"), reason="Όχι εγώ")
    assert handling(session, entry).unit_id == town.units["ΟΔΟΠ"]


def test_an_item_is_not_passed_to_who_has_it(session: Session, town: Town, entry: Entry) -> None:
    factories.accepted(session, town, entry)
    with pytest.raises(routing.BadTarget):
        routing.pass_on(
            session,
            entry.id,
            by=town.person(session, "engineer"),
            to=town.target("ΟΔΟΠ", "engineer"),
        )


def test_a_person_is_charged_only_in_a_unit_where_he_works(
    session: Session, town: Town, entry: Entry
) -> None:
    with pytest.raises(routing.BadTarget):
        charge(session, town, entry, "ΝΟΜ", "engineer")


def test_a_closed_account_gets_no_charge(session: Session, town: Town, entry: Entry) -> None:
    session.execute(
        text("UPDATE users SET is_active = false WHERE id = :id"), {"id": town.users["lawyer"]}
    )
    with pytest.raises(NoSuchUser):
        charge(session, town, entry, "ΝΟΜ", "lawyer")


def test_a_unit_that_has_ended_gets_no_charge(session: Session, town: Town, entry: Entry) -> None:
    session.execute(
        text("UPDATE units SET valid_to = '2020-01-01' WHERE id = :id"), {"id": town.units["ΝΟΜ"]}
    )
    with pytest.raises(NoSuchUnit):
        charge(session, town, entry, "ΝΟΜ")


def test_a_second_charge_ends_the_first(session: Session, town: Town, entry: Entry) -> None:
    charge(session, town, entry, "ΟΔΟΠ", "engineer")
    routing.charge(
        session, entry.id, by=town.person(session, "director"), to=town.target("ΟΔΟΠ", "colleague")
    )
    rows = session.scalars(select(Charge).order_by(Charge.id)).all()
    assert [(row.state, row.user_id) for row in rows] == [
        (ChargeState.PASSED_ON, town.users["engineer"]),
        (ChargeState.OPEN, town.users["colleague"]),
    ]


def test_the_database_allows_one_responsible_only(
    office: Office, session: Session, town: Town, entry: Entry
) -> None:
    charge(session, town, entry, "ΟΔΟΠ")
    session.flush()
    copied = text(
        "INSERT INTO charges (entry_id, kind, state, unit_id, from_unit_id, charged_by, charged_at)"
        " SELECT entry_id, kind, state, unit_id, from_unit_id, charged_by, charged_at FROM charges"
    )
    with pytest.raises(IntegrityError, match="one_responsible"), office.db.begin() as other:
        other.execute(copied)


def test_who_was_informed_takes_note_once(session: Session, town: Town, entry: Entry) -> None:
    routing.inform(
        session, entry.id, by=town.person(session, "secretary"), targets=[town.target("ΝΟΜ")]
    )
    lawyer = town.person(session, "lawyer")
    [line] = routing.basket(session, Basket.INFORMED, by=lawyer)
    [row] = routing.charges(session, entry.id, by=lawyer)
    assert (line.id, row.kind, row.is_mine) == (entry.id, "information", True)
    routing.acknowledge(session, row.id, by=lawyer)
    assert routing.basket(session, Basket.INFORMED, by=lawyer) == []
    with pytest.raises(routing.StateChanged):
        routing.acknowledge(session, row.id, by=lawyer)


def test_a_stranger_takes_no_note_of_what_he_may_not_see(
    session: Session, town: Town, entry: Entry
) -> None:
    by = town.person(session, "secretary")
    routing.inform(session, entry.id, by=by, targets=[town.target("ΝΟΜ")])
    row = session.scalars(select(Charge)).one()
    for charge_id in (row.id, row.id + 1):
        with pytest.raises(registry.NoSuchEntry):
            routing.acknowledge(session, charge_id, by=town.person(session, "engineer"))


def test_a_filed_item_is_closed_with_its_reason(session: Session, town: Town, entry: Entry) -> None:
    factories.accepted(session, town, entry)
    by = town.person(session, "engineer")
    routing.file(session, entry.id, by=by, reason="Ενημερώθηκε τηλεφωνικά")
    row = handling(session, entry)
    assert (row.state, row.disposal, row.closed_reason, row.closed_by) == (
        HandlingState.CLOSED,
        Disposal.FILED,
        "Ενημερώθηκε τηλεφωνικά",
        by.user_id,
    )
    assert routing.counts(session, by=by)[Basket.MINE] == 0
    assert routing.acts(session, entry, by=by) == routing.Acts(note=True)


def test_only_the_responsible_person_or_his_head_files(
    session: Session, town: Town, entry: Entry
) -> None:
    factories.accepted(session, town, entry)
    with pytest.raises(Exception, match="Only the responsible person"):
        routing.file(session, entry.id, by=town.person(session, "colleague"), reason="x")
    routing.file(session, entry.id, by=town.person(session, "director"), reason="x")


def test_a_closed_item_takes_no_charge_until_it_is_reopened(
    session: Session, town: Town, entry: Entry
) -> None:
    factories.accepted(session, town, entry)
    routing.file(session, entry.id, by=town.person(session, "engineer"), reason="x")
    director = town.person(session, "director")
    target = town.target("ΟΔΟΠ", "colleague")
    with pytest.raises(routing.StateChanged, match="closed"):
        routing.charge(session, entry.id, by=director, to=target)
    routing.reopen(session, entry.id, by=director, reason="Νέα στοιχεία")
    routing.charge(session, entry.id, by=director, to=target)
    assert handling(session, entry).user_id == town.users["colleague"]


def test_an_outgoing_document_is_not_charged(session: Session, town: Town) -> None:
    entry = factories.letter(
        session,
        town,
        direction=registry.Direction.OUTGOING,
        recipients=(parties.Contact(name="Α"),),
    )
    with pytest.raises((Conflict, routing.NotResponsible)):
        routing.charge(session, entry.id, by=town.person(session, "clerk"), to=town.target("ΝΟΜ"))


def test_what_a_page_offers_is_what_the_domain_allows(
    session: Session, town: Town, entry: Entry
) -> None:
    def offered(who: str) -> set[str]:
        acts = routing.acts(session, entry, by=town.person(session, who))
        return {name for name in acts.__dataclass_fields__ if getattr(acts, name)}

    leads = {"inform", "ask", "file", "forward", "note"}
    assert offered("auditor") == set()
    assert offered("clerk") == {"note"}
    assert offered("secretary") == {"mark", "charge", *leads}
    charge(session, town, entry, "ΟΔΟΠ", "engineer")
    assert offered("engineer") == {"accept", "refuse", "pass_on", *leads}
    assert offered("colleague") == {"note"}
    routing.accept(session, entry.id, by=town.person(session, "engineer"))
    assert offered("engineer") == {"send_back", "pass_on", "answer", *leads}


def test_every_act_is_an_event(session: Session, town: Town, entry: Entry) -> None:
    secretary = town.person(session, "secretary")
    routing.mark(session, entry.id, by=secretary, priority=Priority.URGENT)
    charge(session, town, entry, "ΟΔΟΠ", "engineer")
    routing.inform(session, entry.id, by=town.person(session, "director"), targets=[])
    engineer = town.person(session, "engineer")
    routing.accept(session, entry.id, by=engineer)
    routing.pass_on(session, entry.id, by=engineer, to=town.target("ΝΟΜ"))
    routing.send_back(session, entry.id, by=town.person(session, "lawyer"), reason="x")
    routing.file(session, entry.id, by=town.person(session, "director"), reason="x")
    routing.reopen(session, entry.id, by=town.person(session, "director"), reason="x")
    actions = [line.action for line in audit.history(session, [("entry", entry.id)])]
    assert actions == [
        "entry.registered",
        "entry.marked",
        "entry.charged",
        "charge.accepted",
        "entry.charged",
        "charge.refused",
        "entry.closed",
        "entry.reopened",
    ]


def test_of_two_who_accept_at_once_one_becomes_responsible(committed: Office) -> None:
    with committed.db.begin() as session:
        town = factories.municipality(session)
        entry = factories.letter(session, town)
        charge(session, town, entry, "ΟΔΟΠ")
        people = [town.person(session, who) for who in ("engineer", "colleague")]
    together = Barrier(2)

    def accept(i: int) -> str:
        together.wait()
        try:
            with committed.db.begin() as session:
                routing.accept(session, entry.id, by=people[i])
        except routing.StateChanged:
            return "too late"
        return "responsible"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(accept, range(2))) == ["responsible", "too late"]


def test_annulling_and_charging_at_once_do_not_both_succeed(committed: Office) -> None:
    with committed.db.begin() as session:
        town = factories.municipality(session)
        entries = [factories.letter(session, town).id for _ in range(8)]
        head = town.person(session, "secretary")
    together = Barrier(2)

    def annul() -> int:
        for entry_id in entries:
            together.wait()
            with committed.db.begin() as session:
                factories.annulled(session, town, entry_id, reason="λάθος")
        return len(entries)

    def give() -> int:
        done = 0
        for entry_id in entries:
            together.wait()
            try:
                with committed.db.begin() as session:
                    routing.charge(session, entry_id, by=head, to=town.target("ΝΟΜ"))
                done += 1
            except registry.AlreadyAnnulled:
                continue
        return done

    with ThreadPoolExecutor(2) as pool:
        annulled, charged = pool.submit(annul), pool.submit(give)
    assert annulled.result() == len(entries)
    late = (
        "SELECT count(*) FROM charges c JOIN annulments a USING (entry_id) "
        "WHERE c.charged_at > a.annulled_at"
    )
    with committed.db.read() as session:
        assert session.scalar(text(late)) == 0
        assert session.scalar(text("SELECT count(*) FROM charges")) == charged.result()


def test_work_lists_show_each_item_where_it_is(session: Session, town: Town) -> None:
    new, given, taken = (factories.letter(session, town) for _ in range(3))
    charge(session, town, given, "ΟΔΟΠ")
    factories.accepted(session, town, taken)

    def lists(who: str) -> dict[str, set[int]]:
        by = town.person(session, who)
        shown = {
            wanted.value: {line.id for line in routing.basket(session, wanted, by=by)}
            for wanted in Basket
        }
        counted = {key.value: count for key, count in routing.counts(session, by=by).items()}
        assert counted == {name: len(ids) for name, ids in shown.items()}
        return {name: ids for name, ids in shown.items() if ids}

    assert lists("secretary") == {
        "to-charge": {new.id},
        "sent": {given.id, taken.id},
        "unit": {new.id},
    }
    assert lists("director") == {"to-charge": {given.id}, "unit": {given.id, taken.id}}
    assert lists("engineer") == {"mine": {taken.id}, "unit": {given.id, taken.id}}
    assert lists("lawyer") == {}


def test_an_item_is_overdue_the_day_after_its_deadline(session: Session, town: Town) -> None:
    with clock.pretend(athens(2026, 5, 4)):
        entry = factories.letter(session, town)
        routing.mark(
            session,
            entry.id,
            by=town.person(session, "secretary"),
            priority=Priority.NORMAL,
            due_on=date(2026, 5, 11),
        )
        factories.accepted(session, town, entry)
    by = town.person(session, "engineer")
    with clock.pretend(athens(2026, 5, 11, 23, 59)):
        assert routing.basket(session, Basket.OVERDUE, by=by) == []
    with clock.pretend(athens(2026, 5, 12, 0, 1)):
        [line] = routing.basket(session, Basket.OVERDUE, by=by)
        assert line.is_overdue(clock.today())


def test_urgent_items_come_first_then_the_nearest_deadline(session: Session, town: Town) -> None:
    marks = [
        (Priority.NORMAL, None),
        (Priority.NORMAL, date(2026, 6, 1)),
        (Priority.VERY_URGENT, None),
        (Priority.NORMAL, date(2026, 5, 20)),
        (Priority.URGENT, None),
    ]
    by = town.person(session, "secretary")
    with clock.pretend(athens(2026, 5, 4)):
        for priority, due_on in marks:
            entry = factories.letter(session, town)
            routing.mark(session, entry.id, by=by, priority=priority, due_on=due_on)
        shown = routing.basket(session, Basket.TO_CHARGE, by=by)
    assert [line.number for line in shown] == [3, 5, 4, 2, 1]
