"""Classification plans: lists are judged whole, versions follow each other, codes stay valid."""

import json
from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from docflow import clock
from docflow.case_files import class_lists, classes, plans
from docflow.case_files.models import PlanVersion
from docflow.principal import NotAllowed
from tests.docflow import steps
from tests.docflow.case_files.conftest import LIST, PLAN, Desk
from tests.factories import ZONE


def test_a_list_is_read_from_csv_and_json_alike() -> None:
    from_csv = class_lists.read(LIST.encode("utf-8-sig"))
    assert [(one.code, one.parent, one.retention_years) for one in from_csv] == [
        ("20", "", None),
        ("20.3", "20", 10),
        ("20.4", "20", None),
    ]
    assert class_lists.read(class_lists.as_json(from_csv)) == from_csv
    assert class_lists.read(class_lists.as_csv(from_csv)) == from_csv


def test_greek_columns_years_and_actions_in_the_old_code_page_are_understood() -> None:
    table = "Κωδικός;Ανώτερος;Τίτλος;Έτη;Ενέργεια\nΑ.1;;Προσωπικό;5 έτη;Καταστροφή\n"
    table += "Α.2;Α.1;Άδειες;;ΓΑΚ\n"
    one, other = class_lists.read(table.encode("cp1253"))
    assert (one.code, one.retention_years, one.action) == ("Α.1", 5, "destroy")
    assert (other.parent, other.action) == ("Α.1", "transfer")


@pytest.mark.parametrize(
    ("rows", "row", "said"),
    [
        ("20;;Έργα;;\n20;;Πάλι;;\n", 3, "twice"),
        ("20;21;Έργα;;\n", 2, "no class 21"),
        ("20;21;Έργα;;\n21;20;Μελέτες;;\n", 2, "under itself"),
        ("20;20;Έργα;;\n", 2, "under itself"),
        ("20;;;;\n", 2, "code and a title"),
        ("20;;Έργα;πολλά;\n", 2, "number of years"),
        ("20;;Έργα;5;κάψιμο\n", 2, "no action"),
        ("2 0<;;Έργα;;\n", 2, "letters, digits"),
        (f"20;;{'α' * 301};;\n", 2, "300 characters"),
    ],
)
def test_a_list_with_a_mistake_names_the_row(rows: str, row: int, said: str) -> None:
    with pytest.raises(class_lists.BadPlan) as caught:
        class_lists.read(f"code;parent;title;retention_years;action\n{rows}".encode())
    assert caught.value.faults[0][0] == row
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"[" * 100_000, id="deep"),
        b"",
        b"\x00\x01",
        b"{",
        b'{"classes": 3}',
        b"[1, 2]",
        "ένα;δύο\n1;2\n".encode(),
        b"[]",
    ],
)
def test_what_is_no_list_is_refused(data: bytes) -> None:
    with pytest.raises(class_lists.BadPlan):
        class_lists.read(data)


def test_a_list_that_nests_too_deep_is_refused() -> None:
    rows = [{"code": str(n), "parent": str(n - 1) if n else "", "title": "x"} for n in range(8)]
    with pytest.raises(class_lists.BadPlan, match="levels"):
        class_lists.read(json.dumps(rows).encode())


def test_a_dry_run_tells_what_changes_and_writes_nothing(desk: Desk) -> None:
    by = desk.person("administrator")
    table = LIST.replace("Μελέτες", "Τεχνικές μελέτες") + "21;Πολεοδομία;;review\n"
    new = class_lists.read(table.encode())
    found = plans.difference(desk.session, PLAN, new, by=by)
    assert [one.code for one in found.added] == ["21"]
    assert [(old.title, now.title) for old, now in found.changed] == [
        ("Μελέτες", "Τεχνικές μελέτες")
    ]
    assert (found.removed, found.same) == ((), 2)
    assert plans.named(desk.session, PLAN, by=by).draft is None


def test_the_next_version_begins_tomorrow_at_the_earliest_and_ends_the_one_before(
    desk: Desk,
) -> None:
    by, today = desk.person("administrator"), clock.today(ZONE)
    new = class_lists.read(b"code,title\n30,Works\n")
    plans.save(desk.session, PLAN, new, revision=None, by=by)
    with pytest.raises(plans.NotPutInForce, match="at the earliest"):
        plans.put_in_force(desk.session, PLAN, today, revision=1, by=by, zone=ZONE)
    first_day = today + timedelta(days=10)
    plans.put_in_force(desk.session, PLAN, first_day, revision=1, by=by, zone=ZONE)
    second, first = plans.named(desk.session, PLAN, by=by).versions
    assert (second.state_on(today), first.state_on(today)) == ("future", "in-force")
    assert first.valid_to == first_day - timedelta(days=1)
    engineer = desk.person("engineer")
    assert [one.code for one in classes.in_force(desk.session, first_day, by=engineer)] == ["30"]
    with pytest.raises(classes.ClassNotInForce):
        classes.find(desk.session, "30", today, by=engineer)
    with pytest.raises(classes.ClassNotInForce):
        classes.find(desk.session, "20.3", first_day, by=engineer)


def test_an_entry_keeps_the_class_of_its_own_day(desk: Desk) -> None:
    """A letter of the old plan's time takes its class from the old plan, also afterwards."""
    by, today = desk.person("administrator"), clock.today(ZONE)
    entry = desk.letter()
    plans.save(desk.session, PLAN, class_lists.read(b"code,title\n30,X\n"), revision=None, by=by)
    tomorrow = today + timedelta(days=1)
    plans.put_in_force(desk.session, PLAN, tomorrow, revision=1, by=by, zone=ZONE)
    with clock.pretend(steps.athens(tomorrow.year, tomorrow.month, tomorrow.day)):
        given = classes.classify(
            desk.session, entry.id, "20.3", by=desk.person("engineer"), zone=ZONE
        )
        assert given.version == 1
        with pytest.raises(classes.ClassNotInForce):
            classes.classify(desk.session, entry.id, "30", by=desk.person("engineer"), zone=ZONE)
    assert classes.of_entries(desk.session, [entry.id])[entry.id].code == "20.3"


def test_a_code_of_two_plans_must_name_its_plan(desk: Desk) -> None:
    by, today = desk.person("registrar"), clock.today(ZONE)
    plans.begin(desk.session, "Ν", "Νομικά", by=by)
    plans.save(desk.session, "Ν", class_lists.read(LIST.encode()), revision=0, by=by)
    plans.put_in_force(desk.session, "Ν", today, revision=1, by=by, zone=ZONE)
    with pytest.raises(classes.ClassUnclear, match=r"Κ:20\.3, Ν:20\.3"):
        classes.find(desk.session, "20.3", today, by=by)
    assert classes.find(desk.session, "Ν:20.3", today, by=by).plan == "Ν"
    plans.end(desk.session, "Ν", today, by=by, zone=ZONE)
    assert classes.find(desk.session, "20.3", today + timedelta(days=1), by=by).plan == PLAN


def test_two_who_change_one_draft_are_told(desk: Desk) -> None:
    by, new = desk.person("administrator"), class_lists.read(b"code,title\n30,X\n")
    plans.save(desk.session, PLAN, new, revision=0, by=by)
    with pytest.raises(plans.PlanChanged, match="Σοφία Λάμπρου"):
        plans.save(desk.session, PLAN, new, revision=0, by=desk.person("registrar"))
    with pytest.raises(plans.PlanChanged):
        plans.put_in_force(desk.session, PLAN, date(2030, 1, 1), revision=7, by=by, zone=ZONE)


def test_only_the_administrator_and_the_head_of_the_registry_keep_plans(desk: Desk) -> None:
    for username in ("clerk", "secretary", "mayor", "auditor"):
        with pytest.raises(NotAllowed):
            plans.begin(desk.session, "Χ", "Χ", by=desk.person(username))


def test_the_database_keeps_a_version_in_force(desk: Desk, session: Session) -> None:
    row = session.get_one(
        PlanVersion, plans.named(session, PLAN, by=desk.person("clerk")).versions[0].id
    )
    row.content = []
    with pytest.raises(IntegrityError, match="not rewritten"):
        session.flush()


@pytest.mark.parametrize("code", ["", "δύο λέξεις", "α" * 21, PLAN])
def test_a_plan_needs_a_code_of_its_own(desk: Desk, code: str) -> None:
    with pytest.raises(plans.BadPlanCode):
        plans.begin(desk.session, code, "Τίτλος", by=desk.person("administrator"))
