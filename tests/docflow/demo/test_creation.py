"""The demo municipality is what an office would have made: sound, in order, at every stage."""

from email import message_from_bytes, policy
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import func, select

from docflow import (
    audit,
    circulation,
    citizens,
    clock,
    demo,
    dispatch,
    documents,
    organization,
    outbox,
    parties,
    processes,
    registry,
    routing,
    search,
)
from docflow.demo.hours import OfficeHours
from docflow.organization import Principal, Via
from docflow.registry import Direction, Entry, Filter, Handling, HandlingState

from .conftest import Town

pytestmark = [
    pytest.mark.timeout(300),  # the first test makes the town
    pytest.mark.xdist_group("demo"),  # one town, where the run distributes by group
]
ZONE = clock.OFFICIAL_ZONE


def principal(town: Town, username: str) -> Principal:
    with town.office.db.read() as session:
        return organization.principal_named(session, username, via=Via.WEB)


def test_there_are_a_few_hundred_entries_people_and_correspondents(town: Town) -> None:
    made = town.made
    assert 320 <= made.entries <= 400
    assert 60 <= made.parties <= 75
    assert made.users == len(demo.logins()) == 24
    assert made.files >= 25
    assert made.drafts == 10


def test_the_trail_is_chained_to_its_end_and_sound(town: Town) -> None:
    with town.office.db.read() as session:
        outcome = audit.verify(session)
    assert outcome.is_sound, outcome.findings
    assert (outcome.leaves, outcome.waiting) == (town.made.events, 0)


def test_events_stand_in_the_order_of_their_time(town: Town) -> None:
    with town.office.db.read() as session:
        times = session.scalars(select(audit.Event.at).order_by(audit.Event.id)).all()
    assert all(before <= after for before, after in pairwise(times))


def test_the_books_are_unbroken_in_two_years(town: Town) -> None:
    by = principal(town, "papadopoulos")
    with town.office.db.read() as session:
        series = registry.contiguity(session, by=by)
    years = {row.year for row in series if row.book == "koino"}
    assert years == {clock.today().year, clock.today().year - 1}
    assert {row.book for row in series} >= {"koino", "empisteftiko"}
    assert {row.problems for row in series} == {()}
    assert sum(row.annulled for row in series) >= 3


def test_the_past_was_registered_on_working_days_in_working_hours(town: Town) -> None:
    by = principal(town, "manou")
    today = clock.today()
    hours = OfficeHours(ZONE, [today.year - 1, today.year])
    with town.office.db.read() as session:
        lines = registry.listing(session, by, Filter(), zone=ZONE, limit=1000)
        issued = set(session.scalars(select(circulation.Draft.entry_id)))
    assert len(issued - {None}) == 3
    for line in lines:
        wall = clock.local(line.registered_at, ZONE)
        # Of today are the answers, and what citizens and callers bring at any hour.
        if wall.date() < today:
            assert hours.is_working(wall.date()), line
            assert 7.5 <= wall.hour + wall.minute / 60 < 15.5, line


def test_every_list_of_work_has_something_for_somebody(town: Town) -> None:
    with town.office.db.read() as session:
        people = [principal(town, login.username) for login in demo.logins()]
        counts = [routing.counts(session, by=by) for by in people]
        awaiting = {by.username for by in people if circulation.awaiting_count(session, by=by)}
        owns = {by.username for by in people if circulation.own(session, by=by)}
    for basket in routing.Basket:
        assert any(count[basket] for count in counts), basket
    assert {"christou", "zerva", "vasileiou", "lamprou"} <= awaiting
    assert "karagianni" in owns


def test_letters_stand_at_every_stage(town: Town) -> None:
    with town.office.db.read() as session:
        stages = set(session.scalars(select(Handling.state)))
        disposals = set(session.scalars(select(Handling.disposal)))
        charges = set(session.scalars(select(routing.Charge.state)))
        directions = set(session.scalars(select(Entry.direction)))
        drafts = set(session.scalars(select(circulation.Draft.state)))
        steps = set(session.scalars(select(circulation.Step.state)))
    assert stages == set(HandlingState)
    assert disposals == {None, *registry.Disposal}
    assert charges == set(routing.ChargeState)
    assert directions == set(Direction)
    assert drafts == {"drafting", "circulating", "issued"}
    assert steps >= {"waiting", "active", "signed", "returned", "cancelled"}


def test_requests_of_access_to_documents_wait_at_different_steps(town: Town) -> None:
    with town.office.db.read() as session:
        by = principal(town, "rigas")
        [template] = processes.templates.listing(session, by=by)
        found = [one for one in processes.instances(session, by=by) if one.about == "entry"]
    assert template.kinds == ("prosvasi",)
    waits = {one.waits_for[0].element_id for one in found}
    assert waits == {"check", "give_opinion", "decide"}


def test_a_confidential_entry_is_nothing_to_a_clerk(town: Town) -> None:
    with town.office.db.read() as session:
        clerk, head = (principal(town, name) for name in ("nikolaou", "papadopoulos"))
        wanted = Filter(book="empisteftiko")
        assert registry.count(session, clerk, wanted, zone=ZONE) == 0
        assert registry.count(session, head, wanted, zone=ZONE) >= 10


def test_answers_were_sent_and_one_was_picked_up(town: Town) -> None:
    with town.office.db.read() as session:
        rows = session.execute(
            select(dispatch.Delivery.channel, dispatch.Delivery.state).order_by(
                dispatch.Delivery.channel, dispatch.Delivery.state
            )
        ).all()
    assert [tuple(row) for row in rows] == [
        ("pickup", "picked-up"),
        ("pickup", "queued"),  # a certificate: the worker tells of it
        ("pickup", "sent"),
        ("post", "sent"),
    ]


def test_mail_can_reach_nobody(town: Town) -> None:
    folder = Path(town.office.settings.smtp_url.get_secret_value().removeprefix("file:"))
    mails = [message_from_bytes(p.read_bytes(), policy=policy.default) for p in folder.iterdir()]
    assert len(mails) >= 2
    with town.office.db.read() as session:
        addresses = session.scalars(select(parties.Party.email)).all()
    for address in [*addresses, *(str(mail["To"]) for mail in mails)]:
        assert not address or address.endswith(".example")


def test_an_issued_answer_is_known_to_the_public_check(town: Town) -> None:
    with town.office.db.read() as session:
        entry = session.scalars(
            select(Entry).join(circulation.Draft, circulation.Draft.entry_id == Entry.id).limit(1)
        ).one()
        copy = documents.file_at(session, entry.id, 1)
        assert citizens.by_code(session, entry.verification_code).answer == citizens.Answer.ISSUED
    pdf = documents.read_bytes(town.office, copy.sha256)
    assert pdf.startswith(b"%PDF")
    assert copy.role == documents.FileRole.EXACT_COPY


def test_tax_numbers_have_their_check_digit(town: Town) -> None:
    with town.office.db.read() as session:
        numbers = [n for n in session.scalars(select(parties.Party.tax_number)) if n]
    assert len(numbers) >= 40
    assert all(parties.is_tax_number(number) for number in numbers)


def test_letters_of_long_ago_were_read_and_the_rest_waits_for_the_worker(town: Town) -> None:
    by = principal(town, "nikolaou")
    with town.office.db.read() as session:
        jobs = dict(
            session.execute(
                select(outbox.Job.state, func.count())
                .where(outbox.Job.task == "documents.read")
                .group_by(outbox.Job.state)
            ).all()
        )
        found = search.search(session, "στη διάθεσή σας για κάθε διευκρίνιση", by=by)
    assert set(jobs) == {"done", "waiting"}
    assert jobs["done"] >= 10
    assert 10 <= jobs["waiting"] <= 60
    assert found.total >= 5


def test_a_second_municipality_is_refused(town: Town) -> None:
    with town.office.db.read() as session:
        assert demo.exists(session)
    with pytest.raises(demo.NotEmpty):
        demo.create(town.office, keys=town.keys.pki, progress=lambda text: None)


def test_everybody_can_log_in_but_the_command_line(town: Town) -> None:
    with town.office.db.begin() as session:
        for login in demo.logins():
            assert organization.check_password(session, login.username, demo.PASSWORD)
        assert organization.check_password(session, "cli", demo.PASSWORD) is None
        assert organization.principal_named(session, "cli", via=Via.CLI).is_clerk


def test_progress_is_told(town: Town) -> None:
    assert any("two years of post" in text for text in town.said)
    assert len(town.said) > 30
