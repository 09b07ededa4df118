"""What a person may not see shows nowhere: arrivals, histories, directory, likenesses."""

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from api.web import history
from docflow import audit, kinds, organization, parties, registry
from docflow.kinds import Defaults, Definition
from docflow.parties import Contact
from docflow.principal import Role
from docflow.registry import Book, Grade, ProvisionalMode, Relation, arrivals
from tests import factories
from tests.factories import ZONE, Town

SENDER = Contact(name="Μυστικός Καταγγέλλων", email="secret@example.gr")


def _uses_arrivals(session: Session, town: Town, book: str) -> None:
    session.execute(update(Book).where(Book.id == town.books[book]).values(uses_arrivals=True))
    session.expire_all()


@pytest.mark.parametrize("who", ["clerk", "registrar", "auditor"])
def test_arrivals_of_what_is_not_open_show_only_that_they_were_registered(
    session: Session, town: Town, who: str
) -> None:
    _uses_arrivals(session, town, "empisteftiko")
    _uses_arrivals(session, town, "koino")
    hidden = [factories.secret_letter(session, town, sender=SENDER)]
    if who == "auditor":  # the clerk and the registrar do not see it either, once it is charged
        hidden.append(factories.letter(session, town, sender=SENDER, grade=Grade.CONFIDENTIAL))
    session.flush()
    rows = arrivals.listing(session, by=town.person(session, who), only_waiting=False)
    assert len(rows) == len(hidden)
    for row in rows:
        assert (row.sender_name, row.sender_email, row.note, row.delivery_detail) == ("",) * 4
        assert (row.entry_id, row.entry_label, row.is_waiting) == (None, "", False)
        with pytest.raises(arrivals.NoSuchArrival):
            arrivals.get(session, row.id, by=town.person(session, who))


def test_the_arrival_of_an_open_entry_is_told_whole(session: Session, town: Town) -> None:
    _uses_arrivals(session, town, "koino")
    entry = factories.letter(session, town, sender=SENDER)
    session.flush()
    [row] = arrivals.listing(session, by=town.person(session, "clerk"), only_waiting=False)
    assert (row.sender_name, row.entry_id, row.entry_label) == (SENDER.name, entry.id, entry.label)


def test_a_tie_to_a_hidden_entry_is_not_in_the_history_of_the_open_one(
    session: Session, town: Town
) -> None:
    factories.secret_letter(session, town)
    secret, known = factories.secret_letter(session, town), factories.letter(session, town)
    organization.grant(
        session,
        session.get_one(organization.User, town.users["confidant"]),
        Role.CLERK,
        session.get_one(organization.Unit, town.units["ΓΡΑΜ"]),
    )
    session.flush()
    both = town.person(session, "confidant")
    row = registry.relate(session, known.id, secret.id, Relation.RELATED, by=both)
    registry.unrelate(session, row.id, reason="λάθος", by=both)
    session.flush()
    subjects = [("entry", known.id)]
    ties = ("entry.related", "entry.unrelated")
    assert all(secret.label not in str(one.details) for one in audit.history(session, subjects))
    told = history.told(session, subjects, by=town.person(session, "clerk"))
    assert [one.action for one in told if one.action in ties] == []
    seen = history.told(session, subjects, by=both)
    assert [(one.action, str(one.more)) for one in seen if one.action in ties] == [
        ("entry.related", f"Related to {secret.label}"),
        ("entry.unrelated", f"Related to {secret.label}"),
    ]


def _found(session: Session, town: Town, typed: str) -> list[str]:
    by = town.person(session, "clerk")
    return [party.name for party in parties.suggest(session, typed, by=by)]


def test_the_persons_of_a_graded_entry_do_not_reach_the_directory(
    session: Session, town: Town
) -> None:
    entry = factories.letter(
        session,
        town,
        sender=Contact("Ζερβού Άννα", email="zervou@example.gr"),
        concerned=(Contact("Ζερβός Νίκος"),),
        grade=Grade.CONFIDENTIAL,
    )
    registry.correct(
        session,
        entry.id,
        {"sender": Contact("Ζερβοπούλου Ρένα")},
        reason="λάθος",
        by=town.person(session, "clerk"),
        zone=ZONE,
    )
    session.flush()
    assert _found(session, town, "Ζερβ") == []
    assert registry.current(session, entry).sender_name == "Ζερβοπούλου Ρένα"


def test_the_persons_of_an_envelope_do_not_reach_the_directory(
    session: Session, town: Town
) -> None:
    new = factories.incoming(
        sender=Contact("Ζερβού Άννα"), addressee_unit_id=town.units["ΤΥ"], subject="x"
    )
    envelope = registry.register(
        session,
        registry.provisional.closed_envelope(new),
        [],
        by=town.person(session, "clerk"),
        zone=ZONE,
        ocr_languages=[],
    )
    assert envelope.grade == Grade.CONFIDENTIAL
    description = registry.provisional.Description(
        fields={"subject": "Καταγγελία", "sender": Contact("Ζερβός Νίκος", address="Οδός 1")},
        reason="άλλος υπογράφει",
    )
    director = town.person(session, "director")
    registry.provisional.describe(session, envelope.id, description, by=director, zone=ZONE)
    session.flush()
    assert _found(session, town, "Ζερβ") == []


def test_the_default_grade_of_a_kind_keeps_its_persons_out_of_the_directory(
    session: Session, town: Town
) -> None:
    graded = Definition(title_el="Πειθαρχική αναφορά", defaults=Defaults(grade="confidential"))
    kinds.define(session, "peith", graded, by=town.person(session, "administrator"))
    factories.letter(session, town, sender=Contact("Ζερβού Άννα"), kind="peith")
    session.flush()
    assert _found(session, town, "Ζερβ") == []


def test_a_batch_keeps_its_graded_persons_out_of_the_directory(
    session: Session, town: Town
) -> None:
    items = [
        (factories.incoming(sender=Contact("Ζερβού Άννα"), grade=Grade.CONFIDENTIAL), []),
        (factories.incoming(sender=Contact("Ζήσης Παύλος")), []),
    ]
    registry.register_together(
        session, items, by=town.person(session, "clerk"), zone=ZONE, ocr_languages=[]
    )
    session.flush()
    assert _found(session, town, "Ζερβ") == []
    assert _found(session, town, "Ζήσ") == ["Ζήσης Παύλος"]


def test_how_many_hidden_entries_are_alike_is_not_told(session: Session, town: Town) -> None:
    letter = {"sender": Contact("Εισαγγελία"), "sender_reference": "ΕΜΠ 77/2026"}
    factories.secret_letter(session, town, **letter)
    factories.secret_letter(session, town, **letter)
    known = factories.letter(session, town, **letter)
    session.flush()
    with pytest.raises(registry.DuplicateFound) as found:
        registry.register(
            session,
            factories.incoming(**letter),
            [],
            by=town.person(session, "clerk"),
            zone=ZONE,
            ocr_languages=[],
        )
    assert [one.entry_id for one in found.value.alike] == [known.id, None]
    assert found.value.alike[1] == registry.Alike(None, None, None)


def test_at_once_then_described_with_a_graded_kind_is_refused(session: Session, town: Town) -> None:
    """Half the book has seen it by then; the clerk is told what to do."""
    graded = Definition(title_el="Πειθαρχική αναφορά", defaults=Defaults(grade="confidential"))
    kinds.define(session, "peith", graded, by=town.person(session, "administrator"))
    queued = factories.letter(session, town, provisional=ProvisionalMode.QUEUE)
    session.flush()
    described = registry.provisional.Description(fields={"subject": "Καταγγελία"}, kind="peith")
    with pytest.raises(registry.provisional.GradedHigher):
        registry.provisional.describe(
            session, queued.id, described, by=town.person(session, "clerk"), zone=ZONE
        )
