"""Annulment by two people; an annulled entry stays in its place, struck out, and is inert.

Domain rows 14 to 16.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from docflow import audit, circulation, messages, organization, outbox, parties, registry, routing
from docflow.office import Office
from docflow.principal import NotAllowed, Principal, Role, system
from docflow.registry import DeliveryMethod, Direction, Relation
from tests import factories
from tests.docflow.steps import run_jobs
from tests.factories import Town

REASON = "Καταχωρίστηκε δύο φορές"


@pytest.fixture
def entry(session: Session, town: Town) -> registry.Entry:
    return factories.letter(session, town)


@pytest.fixture
def request_row(session: Session, town: Town, entry: registry.Entry) -> registry.AnnulmentRequest:
    by = town.person(session, "clerk")
    return registry.request_annulment(
        session, entry.id, reason=REASON, authority="Εντολή 12/2026", by=by
    )


@pytest.fixture
def annulled(session: Session, town: Town, entry: registry.Entry) -> registry.Entry:
    factories.annulled(session, town, entry.id, reason=REASON)
    return entry


def test_a_request_changes_nothing_yet_and_waits_for_the_registrar(
    session: Session, town: Town, entry: registry.Entry, request_row: registry.AnnulmentRequest
) -> None:
    registrar = town.person(session, "registrar")
    assert not registry.details(session, entry, by=registrar).line.is_annulled
    [(info, line)] = registry.waiting_annulments(session, by=registrar)
    assert (line.id, info.reason, info.authority) == (entry.id, REASON, "Εντολή 12/2026")
    assert (info.requested_by, info.may_decide, info.may_withdraw) == (
        "Μαρία Νικολάου",
        True,
        False,
    )
    assert registry.waiting_count(session, by=registrar) == 1
    assert registry.waiting_count(session, by=town.person(session, "clerk")) == 0


def test_the_registrar_approves_and_the_entry_is_annulled(
    session: Session, town: Town, entry: registry.Entry, request_row: registry.AnnulmentRequest
) -> None:
    by = town.person(session, "registrar")
    registry.approve_annulment(session, request_row.id, by=by)
    details = registry.details(session, registry.get(session, entry.id, by=by), by=by)
    assert details.line.is_annulled
    assert (details.line.label, details.entry.subject) == (entry.label, entry.subject)
    assert details.annulment is not None
    assert (details.annulment.reason, details.annulled_by) == (REASON, by.full_name)
    assert registry.waiting_annulments(session, by=by) == []
    actions = [line.action for line in audit.history(session, [("entry", entry.id)])]
    assert actions[-2:] == ["annulment.requested", "entry.annulled"]


def test_a_refusal_needs_a_reason_and_leaves_the_entry_as_it_is(
    session: Session, town: Town, entry: registry.Entry, request_row: registry.AnnulmentRequest
) -> None:
    by = town.person(session, "registrar")
    with pytest.raises(registry.ReasonMissing):
        registry.refuse_annulment(session, request_row.id, reason=" ", by=by)
    registry.refuse_annulment(session, request_row.id, reason="Δεν είναι διπλό", by=by)
    assert not registry.details(session, entry, by=by).line.is_annulled
    [info] = registry.requests_of(session, entry.id, by=by)
    assert (info.state, info.decision_reason) == ("refused", "Δεν είναι διπλό")
    registry.request_annulment(  # asked once more, with a better reason
        session, entry.id, reason="Λάθος βιβλίο", by=town.person(session, "clerk")
    )


def test_who_asked_does_not_decide(session: Session, town: Town, entry: registry.Entry) -> None:
    both = _clerk_and_registrar(session, town)
    row = registry.request_annulment(session, entry.id, reason=REASON, by=both)
    with pytest.raises(registry.SamePerson):
        registry.approve_annulment(session, row.id, by=both)
    with pytest.raises(registry.SamePerson):
        registry.refuse_annulment(session, row.id, reason="όχι", by=both)
    registry.approve_annulment(session, row.id, by=town.person(session, "registrar"))


def test_a_clerk_does_not_decide(
    session: Session, town: Town, request_row: registry.AnnulmentRequest
) -> None:
    with pytest.raises(registry.NotYoursToAnnul):
        registry.approve_annulment(session, request_row.id, by=town.person(session, "clerk"))


def test_a_request_is_decided_once(
    session: Session, town: Town, request_row: registry.AnnulmentRequest
) -> None:
    by = town.person(session, "registrar")
    registry.refuse_annulment(session, request_row.id, reason="όχι", by=by)
    with pytest.raises(registry.AlreadyDecided):
        registry.approve_annulment(session, request_row.id, by=by)


def test_only_who_asked_takes_the_request_back(
    session: Session, town: Town, entry: registry.Entry, request_row: registry.AnnulmentRequest
) -> None:
    with pytest.raises(registry.NotYoursToAnnul):
        registry.withdraw_annulment(session, request_row.id, by=town.person(session, "registrar"))
    registry.withdraw_annulment(session, request_row.id, by=town.person(session, "clerk"))
    assert registry.waiting_count(session, by=town.person(session, "registrar")) == 0


def test_an_annulment_is_asked_for_only_once_at_a_time(
    session: Session, town: Town, entry: registry.Entry, request_row: registry.AnnulmentRequest
) -> None:
    with pytest.raises(registry.AlreadyRequested):
        registry.request_annulment(
            session, entry.id, reason="Ξανά", by=town.person(session, "clerk")
        )


def test_a_request_in_a_confidential_book_is_hidden(session: Session, town: Town) -> None:
    secret = factories.secret_letter(session, town)
    row = registry.request_annulment(
        session, secret.id, reason=REASON, by=town.person(session, "confidant")
    )
    by = town.person(session, "registrar")
    assert registry.waiting_annulments(session, by=by) == []
    assert registry.waiting_count(session, by=by) == 0
    with pytest.raises(registry.NoSuchRequest):
        registry.approve_annulment(session, row.id, by=by)


def test_the_number_of_an_annulled_entry_is_not_given_again(
    session: Session, town: Town, annulled: registry.Entry
) -> None:
    assert factories.letter(session, town).number == annulled.number + 1


def test_an_entry_is_annulled_only_once(
    session: Session, town: Town, annulled: registry.Entry
) -> None:
    with pytest.raises(registry.AlreadyAnnulled):
        factories.annulled(session, town, annulled.id)


@pytest.mark.parametrize("reason", ["", " \n\x00"])
def test_an_annulment_needs_a_reason(session: Session, town: Town, reason: str) -> None:
    entry = factories.letter(session, town)
    with pytest.raises(registry.ReasonMissing):
        factories.annulled(session, town, entry.id, reason=reason)


@pytest.mark.parametrize("who", ["secretary", "auditor", "registrar"])
def test_who_does_not_write_in_the_book_asks_for_no_annulment(
    session: Session, town: Town, who: str
) -> None:
    entry = factories.letter(session, town)
    with pytest.raises(registry.NotYoursToAnnul):
        registry.request_annulment(session, entry.id, reason=REASON, by=town.person(session, who))


def test_the_installation_alone_does_not_annul_what_was_registered(
    session: Session, town: Town, entry: registry.Entry
) -> None:
    with pytest.raises(IntegrityError, match="needs a request"):
        registry.strike_out(session, entry, reason=REASON, by=system(town.body_id))


def test_a_person_does_not_strike_out(session: Session, town: Town, entry: registry.Entry) -> None:
    with pytest.raises(registry.SamePerson):
        registry.strike_out(session, entry, reason=REASON, by=town.person(session, "registrar"))


_ANNUL = (
    "INSERT INTO annulments (entry_id, reason, annulled_by, annulled_at, request_id) "
    "VALUES (:entry, :reason, :by, now(), :request)"
)
_DECIDE = (
    "UPDATE annulment_requests SET state = 'approved', decided_at = now(), decided_by = :by "
    "WHERE id = :request"
)


def test_the_database_refuses_an_annulment_of_one_person(
    session: Session, town: Town, entry: registry.Entry, request_row: registry.AnnulmentRequest
) -> None:
    clerk, registrar = town.users["clerk"], town.users["registrar"]
    named = {"entry": entry.id, "reason": REASON, "request": request_row.id}
    tries = [
        (_ANNUL, {**named, "by": clerk, "request": None}),  # nobody was asked
        (_ANNUL, {**named, "by": None, "request": None}),  # as if the issue had failed
        (_ANNUL, {**named, "by": registrar}),  # asked, not decided
        (_DECIDE, {"request": request_row.id, "by": clerk}),  # decided by who asked
        ("DELETE FROM annulment_requests WHERE id = :request", {"request": request_row.id}),
        (
            "UPDATE annulment_requests SET requested_by = :by WHERE id = :request",
            {"request": request_row.id, "by": registrar},
        ),
    ]
    for statement, values in tries:
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text(statement), values)
    session.execute(text(_DECIDE), {"request": request_row.id, "by": registrar})
    other = factories.letter(session, town)
    wrong = [
        {**named, "by": clerk},  # approved, but by another
        {**named, "by": registrar, "entry": other.id},  # approved, but for another entry
        {**named, "by": registrar, "reason": "Άλλος λόγος"},
    ]
    for values in wrong:
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text(_ANNUL), values)
    session.execute(text(_ANNUL), {**named, "by": registrar})


Act = Callable[[Session, Town, registry.Entry], object]


def _correct(s: Session, town: Town, e: registry.Entry) -> object:
    return registry.correct(
        s,
        e.id,
        {"subject": "Άλλο θέμα"},
        reason="λάθος",
        by=town.person(s, "clerk"),
        zone=factories.ZONE,
    )


def _relate(s: Session, town: Town, e: registry.Entry, *, turned: bool = False) -> object:
    other = factories.letter(s, town)
    pair = (other.id, e.id) if turned else (e.id, other.id)
    return registry.relate(s, *pair, Relation.RELATED, by=town.person(s, "clerk"))


ACTS: dict[str, Act] = {
    "be marked": lambda s, town, e: routing.mark(
        s, e.id, by=town.person(s, "secretary"), priority=registry.Priority.URGENT
    ),
    "be charged": lambda s, town, e: routing.charge(
        s, e.id, by=town.person(s, "secretary"), to=town.target("ΝΟΜ")
    ),
    "be accepted": lambda s, town, e: routing.accept(s, e.id, by=town.person(s, "secretary")),
    "be sent back": lambda s, town, e: routing.send_back(
        s, e.id, by=town.person(s, "secretary"), reason="λάθος"
    ),
    "be passed on": lambda s, town, e: routing.pass_on(
        s, e.id, by=town.person(s, "secretary"), to=town.target("ΝΟΜ")
    ),
    "be told to others": lambda s, town, e: routing.inform(
        s, e.id, by=town.person(s, "secretary"), targets=[town.target("ΝΟΜ")]
    ),
    "be filed": lambda s, town, e: routing.file(
        s, e.id, by=town.person(s, "secretary"), reason="Για ενημέρωση"
    ),
    "be reopened": lambda s, town, e: routing.reopen(
        s, e.id, by=town.person(s, "secretary"), reason="λάθος"
    ),
    "be answered": lambda s, town, e: circulation.begin_answer(
        s, e.id, factories.content(), by=town.person(s, "secretary")
    ),
    "be answered by another": lambda s, town, e: factories.letter(
        s, town, relations=((e.id, Relation.ANSWERS),)
    ),
    "be related": _relate,
    "be related from another": lambda s, town, e: _relate(s, town, e, turned=True),
    "be corrected": _correct,
    "be completed": lambda s, town, e: registry.complete(
        s, e, {"subject": "Άλλο θέμα"}, by=town.person(s, "clerk"), zone=factories.ZONE
    ),
    "be annulled again": lambda s, town, e: factories.annulled(s, town, e.id),
}


@pytest.mark.parametrize("act", ACTS)
def test_an_annulled_entry_cannot(
    session: Session, town: Town, annulled: registry.Entry, act: str
) -> None:
    with pytest.raises(registry.AlreadyAnnulled):
        ACTS[act](session, town, annulled)


def test_an_item_for_information_that_was_annulled_cannot_be_noted(
    session: Session, town: Town, entry: registry.Entry
) -> None:
    routing.charge(
        session,
        entry.id,
        by=town.person(session, "secretary"),
        to=town.target("ΟΔΟΠ"),
        inform=[town.target("ΝΟΜ")],
    )
    lawyer = town.person(session, "lawyer")
    [told] = [one for one in routing.charges(session, entry.id, by=lawyer) if one.is_mine]
    factories.annulled(session, town, entry.id)
    with pytest.raises(registry.AlreadyAnnulled):
        routing.acknowledge(session, told.id, by=lawyer)


def test_the_database_relates_and_corrects_no_annulled_entry(
    session: Session, town: Town, annulled: registry.Entry
) -> None:
    other = factories.letter(session, town)
    tries = {
        "INSERT INTO relations (entry_id, other_id, kind) VALUES (:other, :entry, 'related')",
        "INSERT INTO relations (entry_id, other_id, kind) VALUES (:entry, :other, 'replaces')",
        "INSERT INTO corrections (entry_id, kind, field, old, new, reason, authority, "
        "corrected_by, corrected_at) VALUES (:entry, 'correction', 'subject', '\"α\"', '\"β\"', "
        "'λόγος', '', :by, now())",
    }
    for statement in tries:
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(
                text(statement),
                {"entry": annulled.id, "other": other.id, "by": town.users["clerk"]},
            )


def test_another_entry_may_stand_in_its_place(
    session: Session, town: Town, annulled: registry.Entry
) -> None:
    by = town.person(session, "clerk")
    new = factories.letter(session, town, relations=((annulled.id, Relation.REPLACES),))
    [(kind, from_here, other)] = registry.details(session, new, by=by).relations
    assert (kind, from_here, other.id) == ("replaces", True, annulled.id)
    [(_, from_here, other)] = registry.details(session, annulled, by=by).relations
    assert (from_here, other.id) == (False, new.id)


def test_an_annulled_entry_is_in_no_work_list(
    session: Session, town: Town, annulled: registry.Entry
) -> None:
    by = town.person(session, "secretary")
    assert routing.basket(session, routing.Basket.TO_CHARGE, by=by) == []
    assert routing.counts(session, by=by)[routing.Basket.TO_CHARGE] == 0
    new = registry.Filter(state=registry.HandlingState.NEW)
    assert registry.listing(session, by, new, zone=factories.ZONE) == []
    assert registry.count(session, by, new, zone=factories.ZONE) == 0
    assert routing.acts(session, annulled, by=by) == routing.Acts()


def test_a_token_annuls_only_with_its_scope(session: Session, town: Town) -> None:
    entry = factories.letter(session, town)
    by = replace(town.person(session, "clerk"), scopes=frozenset({"register"}))
    with pytest.raises(NotAllowed):
        registry.request_annulment(session, entry.id, reason=REASON, by=by)


SENDER = parties.Contact(name="Σύλλογος Κατοίκων", email="katoikoi@example.gr")


@pytest.mark.parametrize(
    ("method", "is_told"),
    [
        (DeliveryMethod.EMAIL, True),
        (DeliveryMethod.PORTAL, True),
        (DeliveryMethod.SYSTEM, True),
        (DeliveryMethod.COUNTER, False),
        (DeliveryMethod.POST, False),
    ],
)
def test_a_sender_who_wrote_electronically_is_told_once_with_the_reason(
    office: Office, town: Town, method: DeliveryMethod, is_told: bool
) -> None:
    with office.db.begin() as session:
        entry = factories.letter(session, town, delivery_method=method, sender=SENDER)
        factories.annulled(session, town, entry.id, reason=REASON)
        done = session.get_one(registry.Annulment, entry.id)
        registry.notices.tell_annulment(session, entry, done)  # asked for twice, told once
    run_jobs(office, "messages.send")
    folder = office.settings.data / "outbox"
    sent = list(folder.glob("*.eml")) if folder.exists() else []
    assert len(sent) == (1 if is_told else 0)
    if is_told:
        from email import message_from_bytes, policy

        message = message_from_bytes(sent[0].read_bytes(), policy=policy.default)
        assert message["To"] == SENDER.email
        assert REASON in message.get_content()
        assert entry.label in message["Subject"]
        assert SENDER.name not in message["Subject"]
        with office.db.read() as session:
            last = audit.history(session, [("entry", entry.id)])[-1]
        assert last.action == "annulment.told"
        assert last.details["message_id"] == message["Message-ID"]


def test_a_message_that_no_server_takes_stands_in_the_history(
    office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    with office.db.begin() as session:
        entry = factories.letter(session, town, delivery_method=DeliveryMethod.EMAIL, sender=SENDER)
        factories.annulled(session, town, entry.id)
        message_id = session.scalars(select(messages.Message.id)).one()
    messages.give_up(outbox.Run(office, 1, 8), message_id=message_id, why="κλειστός")
    with office.db.read() as session:
        last = audit.history(session, [("entry", entry.id)])[-1]
    assert (last.action, last.details) == ("annulment.not-told", {"why": "κλειστός"})


def test_an_outgoing_entry_of_paper_is_annulled(session: Session, town: Town) -> None:
    entry = factories.letter(
        session,
        town,
        direction=Direction.OUTGOING,
        sender=None,
        recipients=(parties.Contact("Περιφέρεια Αττικής"),),
    )
    assert factories.annulled(session, town, entry.id).entry_id == entry.id


def _clerk_and_registrar(session: Session, town: Town) -> Principal:
    """The clerk, to whom the role of the registrar was given too."""
    user = session.get_one(organization.User, town.users["clerk"])
    organization.grant(session, user, Role.REGISTRAR)
    session.flush()
    return town.person(session, "clerk")
