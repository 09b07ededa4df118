"""Opinions and parts of the work: asked side by side, answered once, awaited or not; notes."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from docflow import audit, clock, organization, registry, routing
from docflow.notices import Notice, NoticeKind
from docflow.office import Office
from docflow.registry import Entry
from docflow.routing import Contribution, ContributionKind, contributions
from tests import factories
from tests.docflow.steps import athens, begun, circulated
from tests.factories import Town


@pytest.fixture
def entry(session: Session, town: Town) -> Entry:
    entry = factories.letter(session, town)
    factories.accepted(session, town, entry)
    return entry


def ask(
    session: Session,
    town: Town,
    entry: Entry,
    *to: str,
    by: str = "engineer",
    kind: ContributionKind = ContributionKind.OPINION,
    **more: Any,
) -> Contribution:
    request = routing.Request(town.target(*to), more.pop("question", "Η γνώμη σας;"), **more)
    person = town.person(session, by)
    return contributions.ask(session, entry.id, by=person, kind=kind, requests=[request])[0]


def test_opinions_run_side_by_side_and_are_collected(
    session: Session, town: Town, entry: Entry
) -> None:
    with clock.pretend(athens(2026, 5, 4)):
        legal = ask(session, town, entry, "ΝΟΜ", due_on=date(2026, 5, 20))
        mayor = ask(session, town, entry, "ΔΗΜ", "mayor")
    lawyer = town.person(session, "lawyer")
    contributions.take(session, legal.id, by=lawyer)
    contributions.give(session, legal.id, by=lawyer, answer="Σύννομο.")
    contributions.decline(session, mayor.id, by=town.person(session, "mayor"), reason="Αναρμόδιος")
    shown = routing.contributions_of(session, entry, by=town.person(session, "engineer"))
    assert [(one.state, one.answer, one.ended_by, one.due_on) for one in shown] == [
        ("given", "Σύννομο.", "Ιωάννα Σταύρου", date(2026, 5, 20)),
        ("refused", "Αναρμόδιος", "Νίκος Παπαδόπουλος", None),
    ]
    lines = audit.history(session, [("entry", entry.id)])
    assert [line.action for line in lines if line.action.startswith("contribution.")] == [
        *("contribution.asked", "contribution.asked"),
        *("contribution.taken", "contribution.given", "contribution.refused"),
    ]
    told = session.query(Notice.kind).filter_by(user_id=town.users["engineer"]).all()
    assert {kind for (kind,) in told} >= {"opinion-given", "refused"}


def test_of_two_who_answer_the_second_is_told_who_did(
    session: Session, town: Town, entry: Entry
) -> None:
    row = ask(session, town, entry, "ΝΟΜ")
    lawyer = town.person(session, "lawyer")
    contributions.give(session, row.id, by=lawyer, answer="Σύννομο.")
    with pytest.raises(routing.StateChanged, match="Ιωάννα Σταύρου answered this on"):
        contributions.give(session, row.id, by=lawyer, answer="Παράνομο.")
    for statement in (
        "UPDATE contributions SET answer = 'Παράνομο.'",
        "DELETE FROM contributions",
    ):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(statement))


def test_an_answer_ends_what_was_told_of_it_and_not_of_another_request(
    session: Session, town: Town, entry: Entry
) -> None:
    first = ask(session, town, entry, "ΝΟΜ", kind=ContributionKind.PART)
    second = ask(session, town, entry, "ΝΟΜ")
    lawyer = town.person(session, "lawyer")

    def unread() -> int:
        kind = NoticeKind.OPINION_ASKED
        return session.query(Notice).filter_by(kind=kind, read_at=None).count()

    contributions.give(session, first.id, by=lawyer, answer="Έγινε.")
    assert unread() == 1
    contributions.take(session, second.id, by=lawyer)
    contributions.give(session, second.id, by=lawyer, answer="Σύννομο.")
    assert unread() == 0


def test_only_who_was_asked_answers(session: Session, town: Town, entry: Entry) -> None:
    row = ask(session, town, entry, "ΝΟΜ")
    for who in ("colleague", "director"):
        with pytest.raises(routing.NotResponsible):
            contributions.give(session, row.id, by=town.person(session, who), answer="x")
    with pytest.raises(routing.ReasonMissing):
        contributions.give(session, row.id, by=town.person(session, "lawyer"), answer=" ")
    for hidden in (row.id, row.id + 1):
        with pytest.raises((registry.NoSuchEntry, routing.NoSuchContribution)):
            contributions.give(session, hidden, by=town.person(session, "confidant"), answer="x")


def test_one_is_asked_once_and_not_by_himself(session: Session, town: Town, entry: Entry) -> None:
    ask(session, town, entry, "ΝΟΜ")
    with pytest.raises(routing.BadTarget, match="Άννα Βλάχου asked there on"):
        ask(session, town, entry, "ΝΟΜ", by="director")
    with pytest.raises(routing.BadTarget, match="Who has the item"):
        ask(session, town, entry, "ΟΔΟΠ", "engineer")
    with pytest.raises(routing.BadTarget, match="Who has the item"):
        ask(session, town, entry, "ΟΔΟΠ", "engineer", by="director")
    with pytest.raises(organization.NotAllowed):
        ask(session, town, entry, "ΝΟΜ", by="lawyer")


def test_parts_are_split_off_all_or_none(session: Session, town: Town, entry: Entry) -> None:
    by = town.person(session, "engineer")

    def split(*to: routing.Target) -> list[Contribution]:
        requests = [routing.Request(one, f"Μέρος {n}") for n, one in enumerate(to, start=1)]
        kind = ContributionKind.PART
        with session.begin_nested():
            return contributions.ask(session, entry.id, by=by, kind=kind, requests=requests)

    mine = town.target("ΟΔΟΠ", "engineer")
    with pytest.raises(routing.BadTarget):
        split(town.target("ΝΟΜ"), mine)
    assert session.query(Contribution).count() == 0
    colleague = town.target("ΟΔΟΠ", "colleague")
    parts = split(colleague, colleague, town.target("ΝΟΜ"))
    assert [(part.kind, part.question) for part in parts] == [
        ("part", "Μέρος 1"),
        ("part", "Μέρος 2"),
        ("part", "Μέρος 3"),
    ]
    handling = session.get_one(registry.Handling, entry.id)
    assert handling.user_id == by.user_id, "one stays responsible for the whole"


def test_an_item_that_waits_is_not_closed_nor_its_answer_sent_round(
    office: Office, town: Town
) -> None:
    entry_id, draft_id = begun(office, town)
    with office.db.begin() as session:
        entry = session.get_one(Entry, entry_id)
        row = ask(session, town, entry, "ΝΟΜ")
        ask(session, town, entry, "ΔΗΜ", "mayor", is_awaited=False)
        by = town.person(session, "engineer")
        with pytest.raises(routing.StillAwaited, match="waits for Νομική Υπηρεσία"):
            routing.file(session, entry_id, by=by, reason="x")
    with pytest.raises(routing.StillAwaited):
        circulated(office, town, draft_id)
    with office.db.begin() as session:
        contributions.withdraw(session, row.id, by=by, reason="Δεν χρειάζεται πια")
        routing.file(session, entry_id, by=by, reason="Τακτοποιήθηκε")
        states = [one.state for one in session.query(Contribution).order_by(Contribution.id)]
        assert states == ["withdrawn", "withdrawn"], "nobody waits for the other one any more"
        mayor = town.person(session, "mayor")
        with pytest.raises(routing.StateChanged):
            contributions.give(session, row.id + 1, by=mayor, answer="Σύμφωνος")


def test_a_note_is_added_and_never_changed(session: Session, town: Town, entry: Entry) -> None:
    engineer, director = town.person(session, "engineer"), town.person(session, "director")
    routing.notes.write(session, entry.id, by=engineer, text="Τηλεφώνησα στον αιτούντα.")
    routing.notes.write(session, entry.id, by=director, text="Να γίνει αυτοψία.")
    shown = [(note.text, note.written_by) for note in routing.notes.of_entry(session, entry.id)]
    assert shown == [
        ("Τηλεφώνησα στον αιτούντα.", "Άννα Βλάχου"),
        ("Να γίνει αυτοψία.", "Γιώργος Αλεξίου"),
    ]
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(text("UPDATE handling_notes SET text = 'άλλο'"))
    with pytest.raises(routing.ReasonMissing):
        routing.notes.write(session, entry.id, by=engineer, text=" \n")
    with pytest.raises(organization.NotAllowed):
        routing.notes.write(session, entry.id, by=town.person(session, "auditor"), text="x")
    with pytest.raises(registry.NoSuchEntry):
        routing.notes.write(session, entry.id, by=town.person(session, "lawyer"), text="x")
    told = str([line.details for line in audit.history(session, [("entry", entry.id)])])
    assert "Τηλεφώνησα" not in told, "what people write is not for the log"


def test_an_item_is_forwarded_to_the_competent_body_with_all_that_hangs_on_it(
    session: Session, town: Town, entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[int, str, str | None]] = []

    def hear(
        session: Session,
        entry: Entry,
        handling: registry.Handling,
        by: organization.Principal,
        competent: str,
    ) -> None:
        heard.append((entry.id, competent, handling.disposal))

    monkeypatch.setattr(routing.closing, "_after_forwarding", [hear])
    by = town.person(session, "engineer")
    with pytest.raises(routing.CompetentBodyMissing):
        routing.forward(session, entry.id, by=by, to_name=" ", reason="x")
    with pytest.raises(routing.ReasonMissing):
        routing.forward(session, entry.id, by=by, to_name="Περιφέρεια Αττικής", reason="")
    routing.forward(session, entry.id, by=by, to_name="Περιφέρεια Αττικής", reason="Επαρχιακή οδός")
    assert heard == [(entry.id, "Περιφέρεια Αττικής", "forwarded")]
    [shown] = routing.forwardings(session, entry.id)
    assert (shown.to_name, shown.forwarded_by) == ("Περιφέρεια Αττικής", "Άννα Βλάχου")
    director = town.person(session, "director")
    with pytest.raises(routing.StateChanged, match="Άννα Βλάχου closed it on"):
        routing.file(session, entry.id, by=director, reason="x")
    routing.reopen(session, entry.id, by=director, reason="Επεστράφη ως αναρμόδια")
    with pytest.raises(routing.StateChanged, match="opened it again on"):
        routing.reopen(session, entry.id, by=director, reason="x")


def test_what_asks_for_nothing_is_closed_as_information(
    session: Session, town: Town, entry: Entry
) -> None:
    by = town.person(session, "engineer")
    with pytest.raises(routing.NotClosedSo):
        routing.file(session, entry.id, by=by, reason="x", how=registry.Disposal.ANSWERED)
    how = registry.Disposal.INFORMATION
    row = routing.file(session, entry.id, by=by, reason="Εγκύκλιος", how=how)
    assert (row.disposal, row.closed_reason) == ("for-information", "Εγκύκλιος")
