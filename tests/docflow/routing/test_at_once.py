"""Nobody decides on a state that he did not see, and no item goes in a circle."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from docflow import audit, clock, organization, registry, routing
from docflow.office import Office
from docflow.organization import NoSuchUser, deputies
from docflow.registry import Entry, Grade, Handling, HandlingState
from docflow.routing import Charge, ChargeState, Target
from tests import factories
from tests.docflow.steps import athens
from tests.factories import Town


@pytest.fixture
def entry(session: Session, town: Town) -> Entry:
    return factories.letter(session, town)


def seen(session: Session, entry: Entry) -> int:
    found = routing.version(session, entry.id)
    assert found is not None
    return found


def charge(session: Session, town: Town, entry: Entry, *to: str, **more: str) -> Charge:
    by = town.person(session, "secretary")
    return routing.charge(session, entry.id, by=by, to=town.target(*to), **more)


def test_who_decided_on_an_older_state_is_told_what_happened_by_whom_and_when(
    session: Session, town: Town, entry: Entry
) -> None:
    before = seen(session, entry)
    with clock.pretend(athens(2026, 5, 4, 10, 15)):
        charge(session, town, entry, "ΟΔΟΠ", "engineer")
    by = town.person(session, "secretary")
    with pytest.raises(routing.StateChanged) as told:
        routing.charge(session, entry.id, by=by, to=town.target("ΝΟΜ"), seen=before)
    said = str(told.value.message)
    assert "Ελένη Ράπτη charged it to Άννα Βλάχου on 04/05/2026 10:15" in said
    assert "Χρεώθηκε σε Άννα Βλάχου από Ελένη Ράπτη" in told.value.message.in_language("el")


Decide = Callable[[Session, Town, int, int], object]
DECISIONS: dict[str, Decide] = {
    "mark": lambda s, t, e, v: routing.mark(
        s, e, by=t.person(s, "director"), priority=registry.Priority.URGENT, seen=v
    ),
    "accept": lambda s, t, e, v: routing.accept(s, e, by=t.person(s, "engineer"), seen=v),
    "refuse": lambda s, t, e, v: routing.refuse(
        s, e, by=t.person(s, "engineer"), reason="x", seen=v
    ),
    "pass on": lambda s, t, e, v: routing.pass_on(
        s, e, by=t.person(s, "engineer"), to=t.target("ΝΟΜ"), seen=v
    ),
    "file": lambda s, t, e, v: routing.file(s, e, by=t.person(s, "engineer"), reason="x", seen=v),
    "forward": lambda s, t, e, v: routing.forward(
        s, e, by=t.person(s, "engineer"), to_name="Περιφέρεια", reason="x", seen=v
    ),
}


@pytest.mark.parametrize("act", DECISIONS)
def test_each_act_on_an_older_state_is_refused_and_on_the_present_one_done(
    session: Session, town: Town, entry: Entry, act: str
) -> None:
    charge(session, town, entry, "ΟΔΟΠ", "engineer")
    now = seen(session, entry)
    with pytest.raises(routing.StateChanged):
        DECISIONS[act](session, town, entry.id, now - 1)
    assert seen(session, entry) == now
    DECISIONS[act](session, town, entry.id, now)
    assert seen(session, entry) > now


def test_who_refuses_twice_is_told_that_it_is_gone(
    session: Session, town: Town, entry: Entry
) -> None:
    charge(session, town, entry, "ΟΔΟΠ", "engineer")
    by = town.person(session, "engineer")
    row = routing.refuse(session, entry.id, by=by, reason="Αναρμόδιο τμήμα")
    assert row.state == ChargeState.REFUSED
    with pytest.raises(routing.StateChanged, match="Άννα Βλάχου refused it on"):
        routing.refuse(session, entry.id, by=by, reason="Αναρμόδιο τμήμα")


def test_what_was_accepted_is_returned_and_not_refused(
    session: Session, town: Town, entry: Entry
) -> None:
    factories.accepted(session, town, entry)
    with pytest.raises(routing.StateChanged, match="accepted it on"):
        routing.refuse(session, entry.id, by=town.person(session, "director"), reason="x")


def test_what_was_refused_goes_there_again_only_with_instructions(
    session: Session, town: Town, entry: Entry
) -> None:
    for n in range(2):  # refused twice: each time the head has to say why it comes again
        charge(session, town, entry, "ΟΔΟΠ", "engineer", instructions="Δεν υπάρχει άλλος" * n)
        by = town.person(session, "engineer")
        routing.refuse(session, entry.id, by=by, reason="Αναρμόδιο τμήμα")
        with pytest.raises(routing.RefusedBefore, match="“Αναρμόδιο τμήμα”") as told:
            charge(session, town, entry, "ΟΔΟΠ", "engineer")
        assert told.value.field == "instructions"
    charge(session, town, entry, "ΟΔΟΠ", "colleague")


def test_a_charge_to_oneself_goes_in_no_loop(session: Session, town: Town, entry: Entry) -> None:
    by = town.person(session, "secretary")
    mine = town.target("ΓΡΑΜ", "secretary")
    routing.charge(session, entry.id, by=by, to=mine)
    with pytest.raises(routing.BadTarget, match="You have the item already"):
        routing.charge(session, entry.id, by=by, to=mine)
    with pytest.raises(routing.BadTarget, match="You have the item already"):
        routing.pass_on(session, entry.id, by=by, to=mine)
    with pytest.raises(routing.ToOneself):
        routing.refuse(session, entry.id, by=by, reason="Πίσω σε μένα")
    assert session.query(Charge).count() == 1


def test_an_item_is_not_passed_round_in_a_circle(
    session: Session, town: Town, entry: Entry
) -> None:
    factories.accepted(session, town, entry)
    routing.pass_on(
        session, entry.id, by=town.person(session, "engineer"), to=town.target("ΝΟΜ", "lawyer")
    )
    lawyer = town.person(session, "lawyer")
    with pytest.raises(routing.BadTarget, match="go in a circle"):
        routing.pass_on(session, entry.id, by=lawyer, to=town.target("ΟΔΟΠ", "engineer"))
    routing.send_back(session, entry.id, by=lawyer, reason="Δεν είναι νομικό θέμα")
    charge_again = town.person(session, "director")
    routing.charge(session, entry.id, by=charge_again, to=town.target("ΟΔΟΠ", "engineer"))


def test_units_do_not_pass_an_item_to_each_other_for_ever(
    session: Session, town: Town, entry: Entry
) -> None:
    charge(session, town, entry, "ΝΟΜ")
    routing.pass_on(session, entry.id, by=town.person(session, "lawyer"), to=town.target("ΟΔΟΠ"))
    with pytest.raises(routing.BadTarget, match="circle"):
        routing.pass_on(
            session, entry.id, by=town.person(session, "colleague"), to=town.target("ΝΟΜ")
        )


@pytest.mark.parametrize("how", ["is_active = false", "locked_at = now()"])
def test_nothing_is_given_to_somebody_locked_out(
    session: Session, town: Town, entry: Entry, how: str
) -> None:
    factories.accepted(session, town, entry)
    session.execute(text(f"UPDATE users SET {how} WHERE id = :id"), {"id": town.users["lawyer"]})
    session.expire_all()
    engineer, to = town.person(session, "engineer"), town.target("ΝΟΜ", "lawyer")
    with pytest.raises(NoSuchUser):
        routing.pass_on(session, entry.id, by=engineer, to=to)
    with pytest.raises(NoSuchUser):
        routing.inform(session, entry.id, by=engineer, targets=[to])
    with pytest.raises(NoSuchUser):
        opinion(session, entry, engineer, to)


def opinion(session: Session, entry: Entry, by: organization.Principal, to: Target) -> None:
    request = routing.Request(to, "Η γνώμη σας;")
    kind = routing.ContributionKind.OPINION
    routing.contributions.ask(session, entry.id, by=by, kind=kind, requests=[request])


def away(session: Session, town: Town, person: str, deputy: str) -> None:
    day = clock.today()
    deputies.appoint(
        session,
        deputies.Appointment(town.users[person], town.users[deputy], day, day, authority="ΑΔΑ"),
        by=town.person(session, "administrator"),
    )


def test_a_deputy_takes_the_item_in_hand_for_the_one_who_is_away(
    session: Session, town: Town, entry: Entry
) -> None:
    charge(session, town, entry, "ΟΔΟΠ", "engineer")
    away(session, town, "engineer", "lawyer")
    by = town.person(session, "lawyer")
    assert routing.acts(session, entry, by=by).accept
    row = routing.accept(session, entry.id, by=by)
    handling = session.get_one(Handling, entry.id)
    assert (row.accepted_by, handling.user_id) == (town.users["lawyer"], town.users["engineer"])
    last = audit.history(session, [("entry", entry.id)])[-1]
    assert (last.actor_name, last.details["in_place_of"]) == (
        "Ιωάννα Σταύρου",
        town.users["engineer"],
    )
    routing.file(session, entry.id, by=town.person(session, "engineer"), reason="Επέστρεψα")


def test_a_deputy_has_nothing_of_what_is_confidential(session: Session, town: Town) -> None:
    entry = factories.letter(session, town, grade=Grade.CONFIDENTIAL)
    routing.charge(
        session,
        entry.id,
        by=town.person(session, "secretary"),
        to=town.target("ΟΔΟΠ", "engineer"),
        inform=[town.target("ΝΟΜ", "lawyer")],
    )
    away(session, town, "engineer", "lawyer")
    by = town.person(session, "lawyer")  # who sees it, being informed
    assert not routing.acts(session, entry, by=by).accept
    with pytest.raises(routing.NotResponsible):
        routing.accept(session, entry.id, by=by)


def test_of_two_who_decide_at_once_one_decides_and_the_other_is_told(committed: Office) -> None:
    with committed.db.begin() as session:
        town = factories.municipality(session)
        entry = factories.letter(session, town)
        head = town.person(session, "secretary")
    together = Barrier(2)

    def give(unit: str) -> str:
        together.wait()
        try:
            with committed.db.begin() as session:
                routing.charge(session, entry.id, by=head, to=town.target(unit), seen=0)
        except routing.StateChanged as late:
            return str(late.message)
        return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(give, ("ΝΟΜ", "ΟΔΟΠ")), key=len)
    assert outcomes[0] == "done"
    assert "Ελένη Ράπτη charged it to" in outcomes[1]
    with committed.db.read() as session:
        assert session.query(Charge).count() == 1


def test_many_items_go_at_once_and_the_rest_goes_on_after_one_that_cannot(
    office: Office, session: Session, town: Town
) -> None:
    entries = [factories.letter(session, town) for _ in range(3)]
    hidden = factories.secret_letter(session, town)
    factories.annulled(session, town, entries[1].id)
    session.flush()
    by = town.person(session, "secretary")
    ids = [entry.id for entry in entries]
    outcomes = routing.charge_many(
        office.db, [*ids, hidden.id, ids[0]], by=by, to=town.target("ΟΔΟΠ", "engineer")
    )
    assert [(one.entry_id, one.label, one.error is None) for one in outcomes] == [
        (ids[0], entries[0].label, True),
        (ids[1], entries[1].label, False),
        (ids[2], entries[2].label, True),
        (hidden.id, "", False),
    ]
    session.expire_all()
    engineer = town.person(session, "engineer")
    accepted = routing.accept_many(office.db, ids, by=engineer)
    assert [one.error is None for one in accepted] == [True, False, True]
    session.expire_all()
    assert session.get_one(Handling, ids[2]).state == HandlingState.ACCEPTED
    stale = routing.pass_on_many(
        office.db, ids[:1], by=engineer, to=town.target("ΝΟΜ"), seen={ids[0]: 1}
    )
    assert "accepted it on" in str(stale[0].error)
    with pytest.raises(routing.TooMany):
        routing.accept_many(office.db, [], by=engineer)
    with pytest.raises(routing.TooMany):
        routing.accept_many(office.db, range(501), by=engineer)


def test_a_note_of_many_is_taken_where_they_came_for_information(
    office: Office, session: Session, town: Town
) -> None:
    told, other = factories.letter(session, town), factories.letter(session, town)
    by = town.person(session, "secretary")
    routing.inform(session, told.id, by=by, targets=[town.target("ΝΟΜ"), town.target("ΝΟΜ")])
    session.flush()
    lawyer = town.person(session, "lawyer")
    outcomes = routing.acknowledge_many(office.db, [told.id, other.id], by=lawyer)
    assert [one.error is None for one in outcomes] == [True, False]
    session.expire_all()
    [row] = session.query(Charge).all()
    assert row.state == ChargeState.DONE


def test_who_is_given_work_is_not_closed_meanwhile(committed: Office) -> None:
    with committed.db.begin() as session:
        town = factories.municipality(session)
        user, body = town.users["engineer"], town.body_id
    with committed.db.begin() as session:
        organization.hold_person(session, user, body_id=body)
        wanted = text("SELECT id FROM users WHERE id = :id FOR UPDATE SKIP LOCKED")
        with committed.db.begin() as other:
            assert other.scalar(wanted, {"id": user}) is None
    with committed.db.begin() as session:
        assert session.scalar(wanted, {"id": user}) == user
