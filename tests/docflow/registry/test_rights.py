"""Who sees what. What a person may not open is nowhere: not in lists, counts or suggestions."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from docflow import (
    circulation,
    clock,
    documents,
    kinds,
    organization,
    parties,
    registry,
    routing,
    search,
)
from docflow.office import Office
from docflow.principal import NotAllowed, Principal, Via
from docflow.registry import Direction, Entry, Relation, books
from tests import factories
from tests.factories import Town

EVERYBODY = tuple(factories.PEOPLE)


def sees(session: Session, entry: Entry, by: Principal) -> bool:
    try:
        registry.get(session, entry.id, by=by)
    except registry.NoSuchEntry:
        return False
    return True


def who_sees(session: Session, town: Town, entry: Entry) -> set[str]:
    return {who for who in EVERYBODY if sees(session, entry, town.person(session, who))}


def test_a_new_letter_is_seen_by_the_registry_its_head_and_the_auditor(
    session: Session, town: Town
) -> None:
    entry = factories.letter(session, town)
    assert who_sees(session, town, entry) == {"clerk", "registrar", "secretary", "auditor"}


def test_a_charged_letter_is_seen_by_the_unit_and_the_heads_above(
    session: Session, town: Town
) -> None:
    entry = factories.letter(session, town)
    routing.charge(session, entry.id, by=town.person(session, "secretary"), to=town.target("ΟΔΟΠ"))
    seen = {"clerk", "registrar", "secretary", "auditor", "engineer", "colleague", "director"}
    assert who_sees(session, town, entry) == seen


def test_who_is_informed_sees_the_letter(session: Session, town: Town) -> None:
    entry = factories.letter(session, town)
    routing.charge(
        session,
        entry.id,
        by=town.person(session, "secretary"),
        to=town.target("ΟΔΟΠ"),
        inform=[town.target("ΝΟΜ")],
    )
    assert "lawyer" in who_sees(session, town, entry)


def test_the_administrator_reads_no_documents(session: Session, town: Town) -> None:
    factories.letter(session, town)
    by = town.person(session, "administrator")
    assert registry.listing(session, by, registry.Filter(), zone=factories.ZONE) == []


def test_a_letter_of_another_body_does_not_exist(session: Session, town: Town) -> None:
    entry = factories.letter(session, town)
    other = factories.municipality(session, code="allos")
    assert who_sees(session, other, entry) == set()


def test_a_confidential_letter_is_seen_by_those_named(session: Session, town: Town) -> None:
    assert who_sees(session, town, factories.secret_letter(session, town)) == {"confidant"}


def test_a_confidential_letter_is_charged_to_persons_only(session: Session, town: Town) -> None:
    entry = factories.secret_letter(session, town)
    by = town.person(session, "confidant")
    with pytest.raises(routing.BadTarget, match="by name"):
        routing.charge(session, entry.id, by=by, to=town.target("ΝΟΜ"))
    routing.charge(session, entry.id, by=by, to=town.target("ΟΔΟΠ", "engineer"))
    assert who_sees(session, town, entry) == {"confidant", "engineer"}


def test_the_draft_of_a_confidential_answer_is_hidden_from_the_head_of_the_unit(
    session: Session, town: Town
) -> None:
    entry = factories.secret_letter(session, town)
    routing.charge(
        session,
        entry.id,
        by=town.person(session, "confidant"),
        to=town.target("ΟΔΟΠ", "engineer"),
    )
    engineer = town.person(session, "engineer")
    routing.accept(session, entry.id, by=engineer)
    draft = circulation.begin_answer(session, entry.id, factories.content(), by=engineer)
    with pytest.raises(circulation.NoSuchDraft):
        circulation.get(session, draft.id, by=town.person(session, "director"))


@pytest.fixture
def secret(office: Office, town: Town) -> Entry:
    """A confidential letter with a file that was read, and an open letter that is tied to it."""
    with office.db.begin() as session:
        entry = factories.secret_letter(
            session,
            town,
            factories.uploaded(office, b"x"),
            subject="Καταγγελία για υπεξαίρεση",
            sender=parties.Contact(name="Ξενοφών Μυστικός"),
            sender_reference="ΑΠ/777",
        )
        [file] = documents.files(session, entry.id)
        session.add(
            documents.models.PageText(
                file_id=file.id,
                page=1,
                source="text-layer",
                text="Το απόρρητο υπόμνημα κατατέθηκε χθες.",
                rotation=0,
                skew=0,
                width=1,
                height=1,
                words=[],
            )
        )
        session.flush()
        registry.indexing.index_again(session, file.id)
    return entry


UNINVITED = tuple(who for who in EVERYBODY if who != "confidant")


@pytest.mark.parametrize("who", UNINVITED)
@pytest.mark.parametrize(
    "query",
    ["υπεξαίρεση", "ΜΥΣΤΙΚΟΣ", "απορρητο", "ΑΠ/777", "1", "1/{year}", "{code}"],
)
def test_a_confidential_letter_is_no_hit_and_no_count(
    session: Session, town: Town, secret: Entry, who: str, query: str
) -> None:
    asked = query.format(year=secret.year, code=registry.codes.shown(secret.verification_code))
    assert search.search(session, asked, by=town.person(session, who)) == search.Found(0, ())
    found = search.search(session, asked, by=town.person(session, "confidant"))
    assert [hit.line.id for hit in found.hits] == [secret.id]


@pytest.mark.parametrize("who", UNINVITED)
def test_a_confidential_letter_is_in_no_list_and_no_sum(
    session: Session, town: Town, secret: Entry, who: str
) -> None:
    by = town.person(session, who)
    everything = registry.Filter()
    assert registry.listing(session, by, everything, zone=factories.ZONE) == []
    assert registry.count(session, by, everything, zone=factories.ZONE) == 0
    assert set(routing.counts(session, by=by).values()) == {0}
    assert all(book.code != "empisteftiko" for book in registry.books_open_to(session, by))


@pytest.mark.parametrize("who", EVERYBODY)
def test_who_writes_in_confidence_is_not_suggested(
    session: Session, town: Town, secret: Entry, who: str
) -> None:
    assert parties.suggest(session, "Μυστικ", by=town.person(session, who)) == []


def test_a_confidential_letter_is_not_shown_as_a_relation(
    session: Session, town: Town, secret: Entry
) -> None:
    open_entry = factories.letter(
        session,
        town,
        by="confidant",
        book="empisteftiko",
        relations=((secret.id, Relation.ANSWERS),),
    )
    registry.open_to_person(session, open_entry.id, town.users["lawyer"])
    lawyer, confidant = (town.person(session, who) for who in ("lawyer", "confidant"))
    assert registry.details(session, open_entry, by=lawyer).relations == []
    assert len(registry.details(session, open_entry, by=confidant).relations) == 1


@pytest.mark.parametrize("who", [who for who in EVERYBODY if who != "clerk"])
def test_only_clerks_write_in_the_common_book(session: Session, town: Town, who: str) -> None:
    with pytest.raises(registry.NoSuchBook):
        factories.letter(session, town, by=who, book="koino")


@pytest.mark.parametrize("who", UNINVITED)
def test_nobody_uninvited_writes_in_the_confidential_book(
    session: Session, town: Town, who: str
) -> None:
    with pytest.raises(registry.NoSuchBook):
        factories.letter(session, town, by=who, book="empisteftiko")


def test_lists_are_cut_by_book_direction_day_state_and_unit(session: Session, town: Town) -> None:
    by = town.person(session, "clerk")
    letters = [factories.letter(session, town) for _ in range(3)]
    routing.charge(
        session, letters[0].id, by=town.person(session, "secretary"), to=town.target("ΝΟΜ")
    )
    outgoing = factories.letter(
        session,
        town,
        direction=Direction.OUTGOING,
        recipients=(parties.Contact(name="Αποδέκτης"),),
    )
    today = clock.local(outgoing.registered_at).date()

    def ids(**wanted: object) -> list[int]:
        chosen = registry.Filter(**wanted)  # type: ignore[arg-type]
        lines = registry.listing(session, by, chosen, zone=factories.ZONE)
        assert registry.count(session, by, chosen, zone=factories.ZONE) == len(lines)
        return [line.id for line in lines]

    assert ids(direction=Direction.OUTGOING) == [outgoing.id]
    assert ids(unit_id=town.units["ΝΟΜ"]) == [letters[0].id]
    assert ids(state=registry.HandlingState.NEW) == [letters[2].id, letters[1].id]
    assert ids(book="empisteftiko") == []
    assert len(ids(first_day=today, last_day=today)) == 4
    assert ids(last_day=today - timedelta(days=1)) == ids(first_day=today + timedelta(days=1)) == []


def test_pages_of_a_list_join_without_gap_or_repetition(session: Session, town: Town) -> None:
    by = town.person(session, "clerk")
    entries = [factories.letter(session, town).id for _ in range(7)]
    seen: list[int] = []
    while True:
        page = registry.listing(
            session,
            by,
            registry.Filter(),
            zone=factories.ZONE,
            after=seen[-1] if seen else None,
            limit=3,
        )
        if not page:
            break
        seen += [line.id for line in page]
    assert seen == entries[::-1]


KEEPERS = ("clerk", "registrar", "auditor", "administrator", "confidant")


@pytest.mark.parametrize("who", UNINVITED)
def test_only_who_keeps_or_checks_books_walks_their_series(
    session: Session, town: Town, secret: Entry, who: str
) -> None:
    by = town.person(session, who)
    if who in KEEPERS:
        found = registry.contiguity(session, by=by)
        assert all(series.book != "empisteftiko" for series in found)
    else:
        with pytest.raises(NotAllowed):
            registry.contiguity(session, by=by)


POLICY = registry.Policy()
CONFIGURING = {
    "a kind": lambda s, by: kinds.define(s, "neo", kinds.Definition("Νέο"), by=by),
    "a kind's end": lambda s, by: kinds.retire(s, "neo", by=by),
    "a book": lambda s, by: books.create(
        s, code="x1", title="Νέο βιβλίο", kind=books.BookKind.COMMON, policy=POLICY, by=by
    ),
    "a title": lambda s, by: books.rename(s, "koino", title="Άλλος τίτλος", by=by),
    "a policy": lambda s, by: books.set_policy(
        s, "koino", policy=POLICY, opens_by_hand=False, by=by
    ),
    "a default": lambda s, by: books.make_default(s, "koino", by=by),
    "an end": lambda s, by: books.close_for_good(s, "koino", by=by),
}


@pytest.mark.parametrize("what", CONFIGURING)
def test_a_token_configures_only_with_the_scope(session: Session, town: Town, what: str) -> None:
    person = town.person(session, "administrator", via=Via.API)
    by = replace(person, scopes=frozenset({"read", "register", "annul"}))
    with pytest.raises(NotAllowed, match="administer"):
        CONFIGURING[what](session, by)


def test_years_are_opened_and_closed_by_a_token_with_the_scope(
    session: Session, town: Town
) -> None:
    by = replace(town.person(session, "registrar"), scopes=frozenset({"read"}))
    book = session.get_one(registry.Book, town.books["koino"])
    with pytest.raises(NotAllowed, match="register"):
        registry.open_year(session, book, clock.today().year + 1, by=by, zone=factories.ZONE)
    with pytest.raises(NotAllowed, match="annul"):
        registry.close_year(session, book, clock.today().year, by=by, zone=factories.ZONE)


def test_a_book_is_not_opened_to_a_person_of_another_body(session: Session, town: Town) -> None:
    other = factories.municipality(session, code="allos")
    by = town.person(session, "administrator")
    with pytest.raises(organization.NoSuchUser):
        books.open_to(session, "empisteftiko", other.users["clerk"], can_write=True, by=by)
