"""The directory kept: found, edited with history, addresses, groups (domain row 33)."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from docflow import audit, parties, registry
from docflow.parties import AddressKind, Contact, PartyData, PartyKind, directory, grouping
from docflow.principal import NotAllowed, Principal
from tests import factories
from tests.factories import Town


@pytest.fixture
def by(session: Session, town: Town) -> Principal:
    return town.person(session, "clerk")


def known(session: Session, by: Principal, name: str, **data: str) -> parties.Party:
    [party] = parties.remember(session, [parties.checked(Contact(name, **data))], by=by)
    session.flush()
    return party


def data_of(party: parties.Party, **changes: str) -> PartyData:
    data = PartyData(
        name=party.name,
        kind=PartyKind(party.kind),
        tax_number=party.tax_number,
        email=party.email,
        phone=party.phone,
        address=party.address,
        code=party.code,
        network_id=party.network_id,
        note=party.note,
    )
    return replace(data, **changes)


@pytest.mark.parametrize(
    "typed", ["λιαπησ", "ΛΙΆΠΗΣ γεωργ", "0900", "liapis@", "LIAPIS@EXAMPLE.GR", ""]
)
def test_a_party_is_found_by_what_people_type(session: Session, by: Principal, typed: str) -> None:
    party = known(session, by, "Γεώργιος Λιάπης", tax_number="090000045", email="liapis@example.gr")
    found, total = directory.find(session, typed, by=by)
    assert ([one.id for one in found], total) == ([party.id], 1)
    assert directory.find(session, "άλλος", by=by) == ([], 0)


def test_parties_are_filtered_by_kind_and_group(session: Session, by: Principal) -> None:
    school = known(session, by, "Υπουργείο Παιδείας")
    person = known(session, by, "Μαρία Παππά")
    group = grouping.join(session, person.id, "Σύλλογος γονέων", by=by)
    of_kind, _ = directory.find(session, "", by=by, kind=PartyKind.PUBLIC_BODY)
    of_group, _ = directory.find(session, "", by=by, group_id=group.id)
    assert [one.id for one in of_kind] == [school.id]
    assert [one.id for one in of_group] == [person.id]


def test_an_edit_keeps_the_old_values_and_touches_no_entry(
    session: Session, town: Town, by: Principal
) -> None:
    entry = factories.letter(session, town, sender=Contact("Γιώργος Λιάπης"))
    party = session.get_one(parties.Party, entry.sender_party_id)
    directory.edit(
        session,
        party.id,
        data_of(party, name="Γεώργιος Λιάπης", tax_number="090000045", kind=PartyKind.COMPANY),
        reason="Κατά την ταυτότητα",
        by=by,
    )
    [change] = directory.changes(session, [party.id])
    assert change.kind == "edited"
    assert change.old == {"name": "Γιώργος Λιάπης", "tax_number": "", "kind": "person"}
    assert change.new["name"] == "Γεώργιος Λιάπης"
    session.expire_all()
    assert registry.current(session, entry).sender_name == "Γιώργος Λιάπης"
    [event] = audit.history(session, [("party", party.id)])
    assert (event.action, event.details["fields"]) == (
        "party.edited",
        ["kind", "name", "tax_number"],
    )
    assert "Γεώργιος" not in str(event.details)  # the trail keeps no personal data of it
    assert parties.suggest(session, "γεωργιος λια", by=by)[0].id == party.id


def test_an_edit_that_changes_nothing_leaves_no_trace(session: Session, by: Principal) -> None:
    party = known(session, by, "Μαρία Παππά")
    directory.edit(session, party.id, data_of(party), by=by)
    assert directory.changes(session, [party.id]) == []


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name": " "}, parties.BadName),
        ({"tax_number": "090000046"}, parties.BadTaxNumber),
        ({"email": "nobody"}, parties.BadEmail),
        ({"note": "α" * 2001}, parties.NoteTooLong),
        ({"name": "Άλλη Παππά"}, parties.PartyExists),
    ],
)
def test_wrong_data_is_refused(
    session: Session, by: Principal, changes: dict[str, str], error: type[Exception]
) -> None:
    known(session, by, "Άλλη Παππά")
    party = known(session, by, "Μαρία Παππά")
    with pytest.raises(error):
        directory.edit(session, party.id, data_of(party, **changes), by=by)
    session.expire_all()
    assert party.name == "Μαρία Παππά"


@pytest.mark.parametrize("who", ["auditor", "engineer", "administrator", "mayor"])
def test_only_the_registry_keeps_the_directory(
    session: Session, town: Town, by: Principal, who: str
) -> None:
    party = known(session, by, "Μαρία Παππά")
    other = town.person(session, who)
    with pytest.raises(parties.NotYoursToKeep):
        directory.edit(session, party.id, data_of(party, phone="2"), by=other)
    if who != "auditor":
        with pytest.raises(parties.NotYoursToKeep):
            directory.find(session, "", by=other)


def test_a_party_of_another_body_does_not_exist(session: Session, by: Principal) -> None:
    elsewhere = factories.municipality(session, code="allou")
    party = known(session, elsewhere.person(session, "clerk"), "Μαρία Παππά")
    with pytest.raises(parties.NoSuchParty):
        directory.get(session, party.id, by=by)
    assert directory.find(session, "παππα", by=by) == ([], 0)


def test_a_party_has_several_addresses_each_with_its_days(session: Session, by: Principal) -> None:
    party = known(session, by, "Μαρία Παππά", address="Αθηνάς 1")
    old = directory.add_address(session, party.id, "Ερμού 2", kind=AddressKind.HOME, by=by)
    directory.add_address(
        session,
        party.id,
        "Σόλωνος 3",
        kind=AddressKind.POSTAL,
        valid_from=date(2026, 1, 1),
        valid_to=date(2099, 1, 1),
        by=by,
    )
    session.flush()
    directory.end_address(session, old.id, on=date(2020, 1, 1), by=by)
    assert [row.address for row in directory.addresses(session, party.id)] == [
        "Σόλωνος 3",
        "Ερμού 2",
    ]
    assert [change.kind for change in directory.changes(session, [party.id])] == [
        "address-ended",
        "address-added",
        "address-added",
    ]


@pytest.mark.parametrize(
    ("address", "days"),
    [
        ("", (None, None)),
        ("α" * 501, (None, None)),
        ("Ερμού 2", (date(2026, 2, 1), date(2026, 1, 1))),
    ],
)
def test_a_wrong_address_is_refused(
    session: Session, by: Principal, address: str, days: tuple[date | None, date | None]
) -> None:
    party = known(session, by, "Μαρία Παππά")
    with pytest.raises(parties.BadAddress):
        directory.add_address(
            session,
            party.id,
            address,
            kind=AddressKind.HOME,
            valid_from=days[0],
            valid_to=days[1],
            by=by,
        )


def test_groups_come_with_their_first_member_and_go_with_the_last(
    session: Session, by: Principal
) -> None:
    one, other = known(session, by, "1ο Δημοτικό"), known(session, by, "2ο Δημοτικό")
    group = grouping.join(session, one.id, "Σχολεία", by=by)
    assert grouping.join(session, other.id, "ΣΧΟΛΕΙΑ", by=by).id == group.id
    assert [party.id for party in grouping.members(session, group.id, by=by)] == [one.id, other.id]
    assert [(row.name, n) for row, n in directory.groups(session, by=by)] == [("Σχολεία", 2)]
    for party in (one, other):
        grouping.leave(session, party.id, group.id, by=by)
    session.flush()
    assert directory.groups(session, by=by) == []
    with pytest.raises(parties.NoSuchGroup):
        grouping.members(session, group.id, by=by)


def test_the_history_of_a_party_is_written_once(session: Session, by: Principal) -> None:
    party = known(session, by, "Μαρία Παππά")
    directory.edit(session, party.id, data_of(party, phone="210"), by=by)
    session.flush()
    for statement in ("DELETE FROM party_changes", "UPDATE party_changes SET reason = 'x'"):
        with pytest.raises((ProgrammingError, IntegrityError)), session.begin_nested():
            session.execute(text(statement))


def test_the_entries_of_a_party_are_those_one_may_see(
    session: Session, town: Town, by: Principal
) -> None:
    sent = factories.letter(session, town, sender=Contact("Μαρία Παππά"))
    about = factories.letter(session, town, concerned=(Contact("Μαρία Παππά"),))
    to_her = factories.letter(
        session,
        town,
        direction=registry.Direction.OUTGOING,
        sender=None,
        recipients=(Contact("Μαρία Παππά"),),
    )
    put_right = factories.letter(session, town)
    registry.correct(
        session,
        put_right.id,
        {"sender": Contact("Μαρία Παππά")},
        reason="Λάθος αποστολέας",
        by=by,
        zone=factories.ZONE,
    )
    factories.letter(session, town)
    party_id = sent.sender_party_id
    assert party_id is not None
    found = registry.of_party(session, party_id, by=by)
    assert [line.id for line in found] == [put_right.id, to_her.id, about.id, sent.id]
    stranger = town.person(session, "engineer")
    assert registry.of_party(session, party_id, by=stranger) == []


def test_a_party_leaves_only_a_group_that_it_is_in(
    session: Session, town: Town, by: Principal
) -> None:
    one, other = known(session, by, "1ο Γυμνάσιο"), known(session, by, "2ο Γυμνάσιο")
    group = grouping.join(session, one.id, "Σχολεία", by=by)
    grouping.leave(session, other.id, group.id, by=by)
    session.flush()
    assert audit.history(session, [("party", other.id)]) == []
    assert [party.id for party in grouping.members(session, group.id, by=by)] == [one.id]
    foreign = factories.municipality(session, code="allos")
    entry = factories.letter(session, foreign)
    with pytest.raises(directory.NoSuchParty):
        grouping.leave(session, entry.sender_party_id, group.id, by=by)


def test_groups_are_kept_by_a_token_with_the_scope(session: Session, by: Principal) -> None:
    one = known(session, by, "1ο Γυμνάσιο")
    group = grouping.join(session, one.id, "Σχολεία", by=by)
    reader = replace(by, scopes=frozenset({"read"}))
    with pytest.raises(NotAllowed):
        grouping.join(session, one.id, "Σχολεία", by=reader)
    with pytest.raises(NotAllowed):
        grouping.leave(session, one.id, group.id, by=reader)
