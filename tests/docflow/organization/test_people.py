"""Who somebody is today: roles, units, heads of heads, books opened by name."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from docflow import clock, organization
from docflow.folding import by_name
from docflow.organization import Role, Unit, User, Via, accounts, deputies
from docflow.principal import system
from tests.docflow.steps import athens
from tests.factories import Town


def test_a_head_heads_all_units_below(session: Session, town: Town) -> None:
    by = town.person(session, "director")
    assert by.headed_unit_ids == {town.units["ΤΥ"], town.units["ΟΔΟΠ"]}
    assert by.works_in(town.units["ΟΔΟΠ"])
    assert not by.works_in(town.units["ΝΟΜ"])


def test_a_role_counts_from_its_first_to_its_last_day(session: Session, town: Town) -> None:
    user = session.get_one(User, town.users["lawyer"])
    organization.grant(
        session,
        user,
        Role.HEAD,
        session.get_one(Unit, town.units["ΝΟΜ"]),
        valid_from=date(2026, 5, 4),
        valid_to=date(2026, 5, 5),
    )
    session.flush()
    heads = {}
    for day in (3, 4, 5, 6):
        with clock.pretend(athens(2026, 5, day, 0, 30)):
            heads[day] = town.person(session, "lawyer").heads(town.units["ΝΟΜ"])
    assert heads == {3: False, 4: True, 5: True, 6: False}


def test_the_head_of_a_unit_without_one_is_that_of_the_unit_above(
    session: Session, town: Town
) -> None:
    head = organization.head_of(session, town.units["ΟΔΟΠ"])
    assert head is not None
    assert head.username == "director"
    assert organization.head_of(session, town.units["ΝΟΜ"]) is None


def test_the_organogram_is_a_tree_from_the_top_down(session: Session, town: Town) -> None:
    shown = [(unit.code, unit.depth) for unit in organization.units(session, town.body_id)]
    assert shown == [("ΔΗΜ", 0), ("ΔΥ", 1), ("ΓΡΑΜ", 2), ("ΤΥ", 1), ("ΟΔΟΠ", 2), ("ΝΟΜ", 0)]


def test_a_unit_whose_parent_has_ended_stands_at_the_top(session: Session, town: Town) -> None:
    session.execute(
        text("UPDATE units SET valid_to = '2020-01-01' WHERE id = :id"), {"id": town.units["ΤΥ"]}
    )
    shown = {unit.code: unit.depth for unit in organization.units(session, town.body_id)}
    assert shown["ΟΔΟΠ"] == 0
    assert "ΤΥ" not in shown


def test_the_people_of_a_unit_are_listed_heads_first(session: Session, town: Town) -> None:
    names = [p.username for p in organization.people_of(session, town.units["ΓΡΑΜ"])]
    assert names == ["secretary", "clerk"]


def test_people_stand_in_the_order_of_the_alphabet_and_are_found_without_accents(
    session: Session, town: Town
) -> None:
    session.execute(
        text("UPDATE users SET full_name = 'Όθων Άνω' WHERE username = 'engineer'"),
    )
    by = town.person(session, "administrator")
    names = [account.full_name for account in accounts.listing(session, by=by)]
    assert names == sorted(names, key=by_name)
    assert names[0] != "Όθων Άνω"
    people = [name for _, name in deputies.may_appoint_for(session, by=by)]
    assert people == [name for name in names if name in people]
    [found] = accounts.listing(session, by=by, query="οθων ανω")
    assert found.username == "engineer"


def test_who_signs_for_the_body_has_the_role(session: Session, town: Town) -> None:
    assert [p.username for p in organization.signers(session, town.body_id)] == ["mayor"]


def test_a_closed_account_is_nobody(session: Session, town: Town) -> None:
    session.execute(text("UPDATE users SET is_active = false WHERE username = 'lawyer'"))
    with pytest.raises(organization.NoSuchUser):
        town.person(session, "lawyer")
    with pytest.raises(organization.NoSuchUser):
        organization.principal_named(session, "lawyer", via=Via.CLI)
    with pytest.raises(organization.NoSuchUser):
        organization.person(session, town.users["lawyer"], body_id=town.body_id)
    names = organization.names(session, [town.users["lawyer"], None])
    assert names == {town.users["lawyer"]: "Ιωάννα Σταύρου"}


def test_a_confidential_book_is_open_by_name(session: Session, town: Town) -> None:
    book = town.books["empisteftiko"]
    assert town.person(session, "confidant").confidential_writes == {book}
    assert town.person(session, "mayor").confidential_reads == frozenset()


def test_the_installation_itself_is_no_person() -> None:
    with pytest.raises(organization.NotAllowed, match="Only a person"):
        _ = system(1).person_id


def test_an_unknown_body_is_not_found(session: Session, town: Town) -> None:
    with pytest.raises(organization.NoSuchBody):
        organization.body(session, 99_999_999)
