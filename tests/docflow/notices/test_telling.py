"""Who is told of what: not of his own acts, deputies too, nothing that he may not see."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from docflow import clock, notices, organization, registry
from docflow.notices import Notice, NoticeKind, choices
from docflow.organization import ActsAs, Deputy, DeputyScope, accounts
from tests import factories
from tests.docflow.notices.waiting import told
from tests.docflow.steps import watched
from tests.factories import Town


def unread(session: Session, town: Town, username: str) -> int:
    return notices.listing.unread(session, by=town.person(session, username))


def lines(session: Session, town: Town, username: str) -> list[notices.listing.NoticeLine]:
    return list(notices.listing.listed(session, by=town.person(session, username)).lines)


def deputy(session: Session, town: Town, person: str, deputy: str, scope: DeputyScope) -> None:
    session.add(
        Deputy(
            body_id=town.body_id,
            person_id=town.users[person],
            deputy_id=town.users[deputy],
            valid_from=clock.today(),
            valid_to=clock.today() + timedelta(days=7),
            scope=scope,
            acts_as=ActsAs.DEPUTY,
            authority="",
            appointed_by=town.users["administrator"],
        )
    )
    session.flush()


def test_a_person_is_told_who_did_what_to_which_entry(session: Session, town: Town) -> None:
    entry = told(session, town, "engineer", by="director")
    [line] = lines(session, town, "engineer")
    assert line.said.in_language("el") == "Χρεώθηκε σε εσάς"
    assert line.by == "Γιώργος Αλεξίου"
    label = session.get_one(registry.Entry, entry).label
    assert str(line.subject.name).startswith(label)
    assert line.subject.page.startswith("/entries/koino/")
    assert not line.is_read


def test_whose_password_is_replaced_is_told_and_the_auditor_too(
    session: Session, town: Town
) -> None:
    by = town.person(session, "administrator")
    accounts.new_password(session, town.users["engineer"], by=by)
    pages = {"engineer": "/password", "auditor": "/audit"}
    for who, page in pages.items():
        [line] = lines(session, town, who)
        assert (line.kind, line.subject.page) == (NoticeKind.LOGIN_REPLACED, page)
        assert (line.subject.name, line.by) == ("Άννα Βλάχου", by.full_name)
    assert unread(session, town, "administrator") == unread(session, town, "colleague") == 0
    accounts.move_to_provider(session, town.users["engineer"], "https://idp.example", by=by)
    assert lines(session, town, "auditor")[0].times == 2


def test_nobody_is_told_what_he_does_himself(session: Session, town: Town) -> None:
    told(session, town, "engineer", "director", by="director")
    assert unread(session, town, "engineer") == 1
    assert unread(session, town, "director") == 0


def test_closed_accounts_and_people_of_other_bodies_are_told_nothing(
    session: Session, town: Town
) -> None:
    other = factories.municipality(session, code="geitoniko")
    session.execute(
        update(organization.User)
        .where(organization.User.id == town.users["lawyer"])
        .values(is_active=False)
    )
    entry = told(session, town, "lawyer")
    notices.tell(
        session,
        [other.users["engineer"], None],
        kind=NoticeKind.CHARGED,
        about=("entry", entry),
        by=organization.system(town.body_id),
    )
    assert session.scalars(select(Notice)).all() == []


def test_a_deputy_is_told_in_the_place_of_the_person(session: Session, town: Town) -> None:
    deputy(session, town, "director", "secretary", DeputyScope.ALL)
    entry = told(session, town, "director")
    registry.open_to_person(session, entry, town.users["secretary"])
    [line] = lines(session, town, "secretary")
    assert line.in_place_of == "Γιώργος Αλεξίου"
    [own] = lines(session, town, "director")
    assert own.in_place_of == ""


def test_a_deputy_for_countersignatures_is_told_of_nothing_else(
    session: Session, town: Town
) -> None:
    deputy(session, town, "director", "secretary", DeputyScope.COUNTERSIGN)
    told(session, town, "director", kind=NoticeKind.CHARGED)
    told(session, town, "director", kind=NoticeKind.TO_SIGN)
    told(session, town, "director", kind=NoticeKind.TO_COUNTERSIGN)
    secretary = select(Notice.kind).where(Notice.user_id == town.users["secretary"])
    assert session.scalars(secretary).all() == [NoticeKind.TO_COUNTERSIGN]


def test_the_same_told_twice_is_one_notice_until_it_is_read(session: Session, town: Town) -> None:
    entry = told(session, town, "engineer", by="director")
    told(session, town, "engineer", by="secretary", entry=entry)
    [line] = lines(session, town, "engineer")
    assert (line.times, line.by) == (2, "Ελένη Ράπτη")
    notices.listing.read(session, [line.id], by=town.person(session, "engineer"))
    told(session, town, "engineer", entry=entry)
    assert [one.is_read for one in lines(session, town, "engineer")] == [False, True]


def test_what_a_person_may_not_see_any_more_is_neither_listed_nor_counted(
    session: Session, town: Town
) -> None:
    entry = factories.secret_letter(session, town)
    told(session, town, "engineer", entry=entry.id)
    assert (unread(session, town, "engineer"), lines(session, town, "engineer")) == (0, [])
    row = session.scalars(select(Notice)).one()
    by = town.person(session, "engineer")
    with pytest.raises(notices.listing.NoSuchNotice) as refused:
        notices.listing.opened(session, row.id, by=by)
    assert entry.label not in str(refused.value)
    registry.open_to_person(session, entry.id, town.users["engineer"])
    [line] = lines(session, town, "engineer")
    assert line.subject.is_closed
    assert line.subject.name == entry.label  # its subject stands on its own page alone


def test_opening_a_notice_marks_it_as_read_and_leads_to_the_thing(
    session: Session, town: Town
) -> None:
    told(session, town, "engineer")
    [line] = lines(session, town, "engineer")
    subject = notices.listing.opened(session, line.id, by=town.person(session, "engineer"))
    assert subject.page == line.subject.page
    assert unread(session, town, "engineer") == 0


def test_the_notice_of_another_cannot_be_opened_or_marked(session: Session, town: Town) -> None:
    entry = told(session, town, "engineer")
    registry.open_to_person(session, entry, town.users["lawyer"])
    [line] = lines(session, town, "engineer")
    lawyer = town.person(session, "lawyer")
    notices.listing.read(session, [line.id], by=lawyer)
    with pytest.raises(notices.listing.NoSuchNotice):
        notices.listing.opened(session, line.id, by=lawyer)
    assert unread(session, town, "engineer") == 1


def test_all_that_was_seen_is_marked_and_not_what_came_after(session: Session, town: Town) -> None:
    told(session, town, "engineer")
    [seen] = lines(session, town, "engineer")
    told(session, town, "engineer")
    by = town.person(session, "engineer")
    notices.listing.read_all(session, until=seen.told_at, by=by)
    assert unread(session, town, "engineer") == 1


def test_pages_follow_each_other_over_what_is_hidden(session: Session, town: Town) -> None:
    for number in range(7):
        told(session, town, "engineer")
        if number % 2:
            told(session, town, "engineer", entry=factories.secret_letter(session, town).id)
    by = town.person(session, "engineer")
    found: list[int] = []
    after = None
    for _ in range(6):
        page = notices.listing.listed(session, by=by, after=after, limit=2)
        found += [line.id for line in page.lines]
        after = page.after
        if after is None:
            break
    assert len(found) == len(set(found)) == 7


def test_what_was_asked_for_and_is_done_counts_as_read(session: Session, town: Town) -> None:
    deputy(session, town, "director", "secretary", DeputyScope.ALL)
    entry = told(session, town, "director", "engineer")
    registry.open_to_person(session, entry, town.users["secretary"])
    notices.settle(
        session,
        about=("entry", entry),
        kinds=[NoticeKind.CHARGED],
        but_for=[town.users["engineer"]],
    )
    counts = {name: unread(session, town, name) for name in ("director", "secretary", "engineer")}
    assert counts == {"director": 0, "secretary": 0, "engineer": 1}


def test_telling_costs_two_statements_and_nobody_costs_none(session: Session, town: Town) -> None:
    by = town.person(session, "director")
    with watched(session) as statements:
        notices.tell(
            session,
            [town.users["engineer"], town.users["colleague"], None],
            kind=NoticeKind.CHARGED,
            about=("entry", 1),
            by=by,
        )
    assert len(statements) == 2, "\n".join(statements)
    with watched(session) as statements:
        notices.tell(session, [by.user_id], kind=NoticeKind.CHARGED, about=("entry", 1), by=by)
    assert statements == []


def test_every_kind_has_words_and_stands_in_one_group(session: Session, town: Town) -> None:
    from docflow.notices import kinds

    grouped = [kind for members in kinds.GROUPS.values() for kind in members]
    assert sorted(grouped) == sorted(NoticeKind)
    assert set(kinds.WORDS) == set(NoticeKind)
    shown = choices.offered(town.person(session, "engineer"))
    assert NoticeKind.ANNULMENT_ASKED not in [k for members in shown.values() for k in members]
