"""A change of the organogram is one act: history stays true, and open work goes somewhere."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from docflow import audit, circulation, clock, kinds, organization, outbox, registry, routing
from docflow.db import TwoAtOnce
from docflow.i18n import t
from docflow.office import Office
from docflow.organization import Grant, changes, organogram, roles, work
from docflow.organization.accounts import OwnRights
from docflow.organization.changes import BadChange, OrganogramMoved, UnitHasWork
from docflow.organization.steps import (
    BadStep,
    ChangedUnit,
    DissolvedUnit,
    NewHead,
    NewUnit,
    Placing,
    Step,
    from_json,
    merger,
    splitting,
)
from docflow.registry import HandlingState
from tests import factories
from tests.factories import ZONE, Town

DAY = timedelta(days=1)


def act(session: Session, town: Town, *steps: Step, **more) -> organization.changes.ChangeInfo:
    by = town.person(session, "administrator")
    row = changes.change(session, list(steps), by=by, **more)
    session.flush()
    return changes.one(session, row.id, by=by)


def handling(session: Session, entry_id: int) -> registry.Handling:
    return session.get_one(registry.Handling, entry_id, populate_existing=True)


def unit_of(session: Session, town: Town, code: str) -> organogram.UnitView:
    by = town.person(session, "administrator")
    found = organogram.every_unit(session, by=by, zone=ZONE)
    return next(one for one in found if one.code == code)


def charged(session: Session, town: Town, unit: str, person: str | None = None) -> int:
    entry = factories.letter(session, town)
    by = town.person(session, "secretary")
    routing.charge(session, entry.id, by=by, to=town.target(unit, person))
    return entry.id


def test_units_begin_are_renamed_and_moved_as_one_act(session: Session, town: Town) -> None:
    done = act(
        session,
        town,
        NewUnit("ΠΡΑΣ", "Τμήμα Πρασίνου", "ΤΥ", email="prasino@example.gr"),
        NewUnit("ΠΡΑΣ-1", "Γραφείο Πάρκων", "ΠΡΑΣ"),
        ChangedUnit("ΟΔΟΠ", name="Τμήμα Οδών", parent="ΔΥ"),
        authority="Απόφαση ΔΣ 12/2026",
    )
    assert (done.state, done.outcome["begun"], done.outcome["changed"]) == ("done", 2, 1)
    by = town.person(session, "administrator")
    tree = [(one.code, one.depth) for one in organogram.tree(session, by=by, zone=ZONE)]
    assert ("ΠΡΑΣ-1", 3) in tree
    assert unit_of(session, town, "ΟΔΟΠ").parent == "ΔΥ"
    told = audit.history(session, [("body", town.body_id)])
    assert [one.action for one in told][-2:] == ["organogram.planned", "organogram.changed"]


def test_an_entry_shows_the_unit_as_it_was_named_then(session: Session, town: Town) -> None:
    before = clock.now()
    act(session, town, ChangedUnit("ΟΔΟΠ", name="Τμήμα Οδών και Πεζοδρομίων"))
    unit = town.units["ΟΔΟΠ"]
    names = organization.unit_names_at(
        session, [(unit, before), (unit, clock.now()), (unit, before - 9000 * DAY), (None, before)]
    )
    assert names[unit, before] == "Τμήμα Οδοποιίας"
    assert names[unit, before - 9000 * DAY] == "Τμήμα Οδοποιίας"
    assert len(names) == 3
    assert "Τμήμα Οδών και Πεζοδρομίων" in names.values()
    by = town.person(session, "administrator")
    yesterday = organogram.tree(session, by=by, zone=ZONE, day=clock.today() - DAY)
    assert "Τμήμα Οδοποιίας" in [one.name for one in yesterday]


def test_a_unit_with_open_work_is_not_dissolved_without_a_successor(
    session: Session, town: Town
) -> None:
    charged(session, town, "ΝΟΜ")
    with pytest.raises(UnitHasWork, match="open work") as refused:
        act(session, town, DissolvedUnit("ΝΟΜ"))
    assert refused.value.field == "successor"
    assert unit_of(session, town, "ΝΟΜ").valid_to is None


def test_the_dry_run_shows_work_and_people_and_writes_nothing(session: Session, town: Town) -> None:
    charged(session, town, "ΝΟΜ", "lawyer")
    by = town.person(session, "administrator")
    plan = changes.dry_run(session, [DissolvedUnit("ΝΟΜ", "ΤΥ")], by=by)
    [ending] = plan.dissolutions
    assert plan.is_possible
    assert [mover.full_name for mover in ending.people] == ["Ιωάννα Σταύρου"]
    [item] = [one for one in ending.items if one.carrier == "entry"]
    assert item.user_id == town.users["lawyer"]
    assert unit_of(session, town, "ΝΟΜ").valid_to is None


def test_a_merger_moves_people_work_and_what_was_seen(session: Session, town: Town) -> None:
    mine, of_unit = charged(session, town, "ΟΔΟΠ", "engineer"), charged(session, town, "ΝΟΜ")
    routing.accept(session, mine, by=town.person(session, "engineer"))
    into = NewUnit("ΕΝΙΑΙΟ", "Ενιαίο Τμήμα", "ΤΥ")
    done = act(session, town, *merger(["ΟΔΟΠ", "ΝΟΜ"], into))
    assert done.outcome["people"] == 3
    assert done.outcome["dissolved"] == 2
    new = unit_of(session, town, "ΕΝΙΑΙΟ").id
    kept, given = handling(session, mine), handling(session, of_unit)
    assert (kept.unit_id, kept.user_id, kept.state) == (
        new,
        town.users["engineer"],
        HandlingState.ACCEPTED,
    )
    assert (given.unit_id, given.user_id, given.state) == (new, None, HandlingState.CHARGED)
    lawyer = town.person(session, "lawyer")
    assert registry.get(session, mine, by=lawyer).id == mine  # as a colleague of the new unit
    assert routing.charges(session, mine, by=lawyer)[-1].unit_id == new
    ended = unit_of(session, town, "ΟΔΟΠ")
    assert (ended.successor, ended.valid_to) == ("ΕΝΙΑΙΟ", clock.today() - DAY)


def test_kinds_and_chains_that_name_a_unit_go_on_with_its_successor(
    session: Session, town: Town
) -> None:
    by = town.person(session, "administrator")
    defaults = kinds.Defaults(addressee_unit_id=town.units["ΝΟΜ"])
    definition = kinds.Definition(title_el="Αγωγή", title_en="Action", defaults=defaults)
    kind = kinds.define(session, "agogi", definition, by=by)
    steps = [circulation.ChainStep(1, circulation.StepKind.SIGNATURE, circulation.chains.Who.FINAL)]
    circulation.chains.make(session, "Της Νομικής", steps, unit_id=town.units["ΝΟΜ"], by=by)
    act(session, town, DissolvedUnit("ΝΟΜ", "ΤΥ"))
    now = kinds.named(session, "agogi", by=by)
    assert kind.version == now.version == 2
    assert now.definition.defaults.addressee_unit_id == town.units["ΤΥ"]
    kept = circulation.chains.offered(session, body_id=town.body_id, unit_id=None)
    assert {one.unit_id for one in kept if one.name == "Της Νομικής"} == {town.units["ΤΥ"]}


def test_who_takes_over_sees_what_was_closed_long_ago(session: Session, town: Town) -> None:
    entry_id = charged(session, town, "ΝΟΜ", "lawyer")
    routing.accept(session, entry_id, by=town.person(session, "lawyer"))
    routing.file(session, entry_id, by=town.person(session, "lawyer"), reason="Ενημέρωση")
    engineer = town.person(session, "engineer")
    with pytest.raises(registry.NoSuchEntry):
        registry.get(session, entry_id, by=engineer)
    act(session, town, DissolvedUnit("ΝΟΜ", "ΟΔΟΠ"))
    assert registry.get(session, entry_id, by=town.person(session, "engineer")).id == entry_id


def test_a_splitting_places_single_items_by_hand(session: Session, town: Town) -> None:
    first, second = charged(session, town, "ΟΔΟΠ"), charged(session, town, "ΟΔΟΠ")
    third = charged(session, town, "ΟΔΟΠ")
    by_hand = {
        f"entry:{second}": Placing("ΝΟΜ", town.users["lawyer"]),
        f"entry:{third}": Placing("ΟΔ-Β"),
    }
    parts = [NewUnit("ΟΔ-Α", "Τμήμα Οδών Α", "ΤΥ"), NewUnit("ΟΔ-Β", "Τμήμα Οδών Β", "ΤΥ")]
    act(session, town, *splitting("ΟΔΟΠ", parts, successor="ΟΔ-Α"), placements=by_hand)
    assert handling(session, first).unit_id == unit_of(session, town, "ΟΔ-Α").id
    placed = handling(session, second)
    assert (placed.unit_id, placed.user_id) == (town.units["ΝΟΜ"], town.users["lawyer"])
    assert handling(session, third).unit_id == unit_of(session, town, "ΟΔ-Β").id
    wrong = {f"entry:{first}": Placing("ΟΔΟΠ")}
    with pytest.raises(BadChange):
        act(session, town, DissolvedUnit("ΝΟΜ", "ΤΥ"), placements=wrong)


def test_a_draft_and_a_return_follow_the_unit(session: Session, town: Town) -> None:
    entry_id = charged(session, town, "ΟΔΟΠ", "engineer")
    engineer = town.person(session, "engineer")
    routing.accept(session, entry_id, by=engineer)
    draft = circulation.begin_answer(session, entry_id, factories.content(), by=engineer)
    sent = charged(session, town, "ΟΔΟΠ")
    director = town.person(session, "director")
    routing.charge(session, sent, by=director, to=town.target("ΝΟΜ"))
    act(session, town, DissolvedUnit("ΟΔΟΠ", "ΤΥ"))
    session.expire_all()
    assert session.get_one(circulation.Draft, draft.id).unit_id == town.units["ΤΥ"]
    routing.send_back(session, sent, by=town.person(session, "lawyer"), reason="Αναρμόδια")
    assert handling(session, sent).unit_id == town.units["ΤΥ"]


def test_the_secretariat_is_where_new_entries_land(session: Session, town: Town) -> None:
    with pytest.raises(UnitHasWork):
        act(session, town, DissolvedUnit("ΓΡΑΜ"))
    act(session, town, DissolvedUnit("ΓΡΑΜ", "ΔΥ", head_goes_along=True))
    entry = factories.letter(session, town)
    assert handling(session, entry.id).unit_id == town.units["ΔΥ"]
    assert unit_of(session, town, "ΔΥ").heads[0].full_name == "Ελένη Ράπτη"
    assert town.person(session, "clerk").is_clerk


def test_confidential_work_moves_and_nobody_is_told(session: Session, town: Town) -> None:
    secret = factories.secret_letter(session, town)
    handling(session, secret.id).unit_id = town.units["ΝΟΜ"]
    session.flush()
    by = town.person(session, "administrator")
    plan = changes.dry_run(session, [DissolvedUnit("ΝΟΜ", "ΤΥ")], by=by)
    assert plan.dissolutions[0].shown == []
    done = act(session, town, DissolvedUnit("ΝΟΜ", "ΤΥ"))
    assert done.outcome["items"] == 0
    assert handling(session, secret.id).unit_id == town.units["ΤΥ"]
    with pytest.raises(registry.NoSuchEntry):
        registry.get(session, secret.id, by=town.person(session, "director"))


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([NewUnit("ΟΔΟΠ", "Άλλο")], "is that of"),
        ([NewUnit("Χ", "Άλλο", "ΔΕΝ")], "no unit with the code"),
        ([ChangedUnit("ΔΕΝ", name="Άλλο")], "no unit with the code"),
        ([ChangedUnit("ΔΗΜ", parent="ΟΔΟΠ")], "below itself"),
        ([DissolvedUnit("ΤΥ", "ΝΟΜ")], "lies below"),
        ([DissolvedUnit("ΟΔΟΠ", "ΟΔΟΠ")], "takes nothing over"),
        ([DissolvedUnit("ΟΔΟΠ", "ΔΕΝ")], "no unit with the code"),
        ([DissolvedUnit("ΟΔΟΠ", "ΤΥ"), ChangedUnit("ΟΔΟΠ", name="Άλλο")], "is dissolved"),
        ([NewHead("ΟΔΟΠ", "nobody")], "no active account"),
        ([], "at least one step"),
    ],
)
def test_a_change_that_makes_no_tree_is_refused(
    session: Session, town: Town, steps: list[Step], said: str
) -> None:
    with pytest.raises(BadChange, match=said):
        act(session, town, *steps)


def test_a_code_is_never_given_again(session: Session, town: Town) -> None:
    act(session, town, DissolvedUnit("ΟΔΟΠ", "ΤΥ"))
    with pytest.raises(BadChange, match="never given again"):
        act(session, town, NewUnit("ΟΔΟΠ", "Τμήμα Οδοποιίας"))


def test_a_change_of_a_state_that_was_not_seen_is_refused(session: Session, town: Town) -> None:
    by = town.person(session, "administrator")
    steps = [ChangedUnit("ΝΟΜ", name="Νομικό Τμήμα")]
    seen = changes.dry_run(session, steps, by=by).seen
    act(session, town, ChangedUnit("ΟΔΟΠ", name="Τμήμα Οδών"))
    with pytest.raises(OrganogramMoved):
        act(session, town, *steps, seen=seen)


def test_a_day_to_come_is_waited_for_and_carried_out_by_the_job(office: Office, town: Town) -> None:
    tomorrow = clock.today() + DAY
    with office.db.begin() as session:
        planned = act(session, town, DissolvedUnit("ΝΟΜ", "ΤΥ"), on=tomorrow)
        other = act(session, town, ChangedUnit("ΟΔΟΠ", name="Άλλο"), on=tomorrow)
        by = town.person(session, "administrator")
        changes.cancel(session, other.id, by=by)
        entry_id = charged(session, town, "ΝΟΜ")  # after the plan was made
    assert planned.state == "planned"
    with clock.pretend(clock.now() + DAY):
        changes.carry_out_due(outbox.Run(office, 1, 1))
        with office.db.begin() as session:
            assert changes.one(session, planned.id, by=by).state == "done"
            assert changes.one(session, other.id, by=by).state == "cancelled"
            assert handling(session, entry_id).unit_id == town.units["ΤΥ"]


def test_a_plan_that_became_impossible_says_why(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        moved = ChangedUnit("ΝΟΜ", parent="ΟΔΟΠ")
        planned = act(session, town, moved, on=clock.today() + DAY)
        act(session, town, DissolvedUnit("ΟΔΟΠ", "ΤΥ"))
        by = town.person(session, "administrator")
    with clock.pretend(clock.now() + DAY):
        changes.carry_out_due(outbox.Run(office, 1, 1))
    with office.db.begin() as session:
        failed = changes.one(session, planned.id, by=by)
    assert failed.state == "failed"
    assert "ΟΔΟΠ" in failed.problem


@pytest.mark.parametrize("days", [-1, 4000])
def test_what_was_is_not_changed_afterwards(session: Session, town: Town, days: int) -> None:
    with pytest.raises(BadChange) as refused:
        act(session, town, ChangedUnit("ΝΟΜ", name="Άλλο"), on=clock.today() + days * DAY)
    assert refused.value.field == "on"


@pytest.mark.parametrize("who", ["director", "auditor", "clerk"])
def test_only_an_administrator_changes_the_organogram(
    session: Session, town: Town, who: str
) -> None:
    with pytest.raises(organization.NotAllowed):
        changes.change(session, [NewUnit("Χ", "Άλλο")], by=town.person(session, who))


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        [{"do": "explode", "code": "1"}],
        [{"do": "new", "code": "1"}],
        [{"do": "new", "code": "", "name": "Άλλο"}],
        [{"do": "new", "code": "1", "name": "Άλλο", "colour": "red"}],
        [{"do": "new", "code": 1, "name": "Άλλο"}],
        [{"do": "new", "code": "1" * 99, "name": "Άλλο"}],
        [{"do": "dissolve", "code": "1", "head_goes_along": "yes"}],
    ],
)
def test_steps_that_are_none_are_refused(given: object) -> None:
    with pytest.raises(BadStep):
        from_json(given)


def test_a_new_head_follows_the_one_before(session: Session, town: Town) -> None:
    act(session, town, NewHead("ΤΥ", "engineer"))
    assert [one.full_name for one in unit_of(session, town, "ΤΥ").heads] == ["Άννα Βλάχου"]
    assert town.person(session, "engineer").heads(town.units["ΟΔΟΠ"])
    assert not town.person(session, "director").heads(town.units["ΟΔΟΠ"])
    told = organogram.heads_over_time(session, town.units["ΤΥ"])
    assert [one.full_name for one in told] == ["Άννα Βλάχου", "Γιώργος Αλεξίου"]


def head_of(session: Session, town: Town, username: str, unit: str) -> None:
    user = session.get_one(organization.User, town.users[username])
    place = session.get_one(organization.Unit, town.units[unit])
    organization.grant(session, user, organization.Role.HEAD, place)


def test_nobody_makes_himself_head(session: Session, town: Town) -> None:
    for on in (clock.today(), clock.today() + DAY):
        with pytest.raises(OwnRights):
            act(session, town, NewHead("ΝΟΜ", "administrator"), on=on)
    act(session, town, NewHead("ΝΟΜ", None))
    assert unit_of(session, town, "ΝΟΜ").head is None


@pytest.mark.parametrize(
    "steps",
    [
        [ChangedUnit("ΝΟΜ", parent="ΤΥ")],
        [ChangedUnit("ΝΟΜ", parent="ΟΔΟΠ")],
        [NewUnit("Χ", "Άλλο", "ΤΥ"), ChangedUnit("ΝΟΜ", parent="Χ")],
        [DissolvedUnit("ΝΟΜ", "ΤΥ")],
        [NewUnit("Χ", "Άλλο", "ΟΔΟΠ"), DissolvedUnit("ΝΟΜ", "Χ")],
        [
            ChangedUnit("ΟΔΟΠ", parent="ΔΗΜ"),
            DissolvedUnit("ΤΥ", "ΝΟΜ", head_goes_along=True),
        ],
    ],
)
def test_nobody_opens_the_work_of_others_to_himself_by_the_organogram(
    session: Session, town: Town, steps: list[Step]
) -> None:
    head_of(session, town, "administrator", "ΤΥ")
    with pytest.raises(OwnRights, match="another administrator"):
        act(session, town, *steps)
    act(session, town, ChangedUnit("ΟΔΟΠ", name="Οδοί"), DissolvedUnit("ΝΟΜ", "ΔΥ"))


def test_placements_are_looked_at_again_on_the_day(office: Office, town: Town) -> None:
    on = clock.today() + DAY
    with office.db.begin() as session:
        entry_id = charged(session, town, "ΝΟΜ")
        [item] = work.of_units(session, {town.units["ΝΟΜ"]})
        place = {item.key: Placing("ΟΔΟΠ", town.users["engineer"])}
        planned = act(session, town, DissolvedUnit("ΝΟΜ", "ΤΥ"), on=on, placements=place)
        by = town.person(session, "administrator")
        engineer = session.scalars(
            select(Grant).where(Grant.user_id == town.users["engineer"])
        ).one()
        roles.take(session, engineer.user_id, engineer.id, by=by)
    with clock.pretend(clock.now() + DAY):
        changes.carry_out_due(outbox.Run(office, 1, 1))
    with office.db.read() as session:
        failed = changes.one(session, planned.id, by=by)
        assert (failed.state, handling(session, entry_id).unit_id) == ("failed", town.units["ΝΟΜ"])
        assert failed.problem


def test_a_letter_that_waits_for_the_end_of_the_secretariat_lands_with_its_successor(
    committed: Office,
) -> None:
    office = committed
    with office.db.begin() as session:
        town = factories.municipality(session)
    with ThreadPoolExecutor(1) as pool:
        with office.db.begin() as session:
            act(session, town, DissolvedUnit("ΓΡΑΜ", "ΔΥ"))

            def arrives() -> int:
                with office.db.begin() as other:
                    return factories.letter(other, town).id

            arriving = pool.submit(arrives)
            while not session.scalar(_WAITS):
                assert not arriving.done()
        entry_id = arriving.result(20)
    with office.db.read() as session:
        assert handling(session, entry_id).unit_id == town.units["ΔΥ"]


_WAITS = text(
    "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
    "WHERE NOT l.granted AND a.datname = current_database()"
)


def test_every_room_that_keeps_work_is_asked() -> None:
    names = {one.name for one in work.carriers()}
    assert {"entry", "information", "contribution", "draft", "signature"} <= names


def test_who_is_replaced_as_head_works_on_in_the_unit(session: Session, town: Town) -> None:
    act(session, town, NewHead("ΝΟΜ", "lawyer"))
    act(session, town, NewHead("ΝΟΜ", "engineer"))
    unit = town.units["ΝΟΜ"]
    assert not town.person(session, "lawyer").heads(unit)
    assert organization.works_in(session, town.users["lawyer"], unit)


def test_a_role_to_come_goes_along_with_the_unit(session: Session, town: Town) -> None:
    by = town.person(session, "administrator")
    first, last = clock.today() + 5 * DAY, clock.today() + 9 * DAY
    organization.roles.give(
        session,
        town.users["lawyer"],
        organization.Role.HEAD,
        by=by,
        unit_id=town.units["ΟΔΟΠ"],
        valid_from=first,
        valid_to=last,
    )
    plan = changes.dry_run(session, [DissolvedUnit("ΟΔΟΠ", "ΤΥ")], by=by)
    assert "Ιωάννα Σταύρου" in [mover.full_name for mover in plan.dissolutions[0].people]
    act(session, town, DissolvedUnit("ΟΔΟΠ", "ΤΥ"))
    found = organization.accounts.one(session, town.users["lawyer"], by=by)
    [there] = [one for one in found.grants if one.unit_id == town.units["ΤΥ"]]
    assert (there.role, there.valid_from, there.valid_to) == ("employee", first, last)
    assert all(one.is_over for one in found.grants if one.unit_id == town.units["ΟΔΟΠ"])


def test_hidden_work_of_two_units_goes_to_the_one_that_stays(session: Session, town: Town) -> None:
    act(session, town, NewUnit("Α", "Τμήμα Α", "ΔΗΜ"))
    act(session, town, NewUnit("Α-1", "Γραφείο Α", "Α"))
    units = {one.code: one.id for one in organization.units(session, town.body_id)}
    entry = factories.letter(session, town, grade=registry.Grade.CONFIDENTIAL)
    row = handling(session, entry.id)
    row.unit_id = units["Α-1"]
    session.flush()
    act(session, town, DissolvedUnit("Α"), DissolvedUnit("Α-1"))
    assert handling(session, entry.id).unit_id == town.units["ΔΗΜ"]


def test_an_opinion_on_what_was_annulled_is_no_open_work(session: Session, town: Town) -> None:
    entry_id = charged(session, town, "ΟΔΟΠ", "engineer")
    by = town.person(session, "engineer")
    routing.accept(session, entry_id, by=by)
    routing.contributions.ask(
        session,
        entry_id,
        by=by,
        kind=routing.ContributionKind.OPINION,
        requests=[routing.contributions.Request(town.target("ΝΟΜ"), "Γνώμη;")],
    )
    wanted = {town.units["ΝΟΜ"]}
    assert [one.carrier for one in work.of_units(session, wanted)] == ["contribution"]
    factories.annulled(session, town, entry_id)
    assert work.of_units(session, wanted) == []


def test_a_change_that_met_another_keeps_no_later_one_waiting(
    office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    on, asked = clock.today() + DAY, []
    with office.db.begin() as session:
        act(session, town, ChangedUnit("ΟΔΟΠ", name="Τμήμα Οδών"), on=on)
        act(session, town, ChangedUnit("ΝΟΜ", name="Νομικό Γραφείο"), on=on)
    real = changes._carry_out

    def once_in_the_way(*args) -> None:
        asked.append(args)
        if len(asked) == 1:
            raise TwoAtOnce(t("Nothing was saved."))
        real(*args)

    monkeypatch.setattr(changes, "_carry_out", once_in_the_way)
    with clock.pretend(clock.now() + DAY):
        changes.carry_out_due(outbox.Run(office, 1, 1))
        changes.carry_out_due(outbox.Run(office, 1, 1))
    with office.db.read() as session:
        found = changes.listing(session, by=town.person(session, "administrator"))
    assert [one.state for one in found] == ["done", "done"]
    assert len(asked) == 3
