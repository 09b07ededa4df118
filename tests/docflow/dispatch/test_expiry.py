"""Documents that nobody picks up: reminders, the post after the end, the unit's list, the proof."""

from datetime import datetime, timedelta
from email import message_from_bytes, policy
from io import BytesIO

import pypdfium2
import pytest
from sqlalchemy import select, text

from docflow import audit, citizens, clock, dispatch, messages, notices, outbox, parties, registry
from docflow.dispatch import Delivery, DeliveryState, Pile, listing
from docflow.messages import Addressee, Channel
from docflow.office import Office
from tests import factories
from tests.docflow.steps import run_jobs
from tests.factories import Town

ANNA = Addressee("anna@example.gr", "6912345678", "el")


def waiting(office: Office, town: Town, to: Addressee = ANNA, *, secret: bool = False) -> Delivery:
    """A delivery whose notice was sent."""
    with office.db.begin() as session:
        make = factories.secret_letter if secret else factories.letter
        entry = make(
            session,
            town,
            direction=registry.Direction.OUTGOING,
            recipients=(parties.Contact(name="Άννα Πολίτη"),),
        )
        by = town.person(session, "clerk")
        row = dispatch.place(session, entry, recipient_name="Άννα Πολίτη", to=to, by=by)
    run_jobs(office, messages.SEND)
    return row


def work(office: Office, at: datetime) -> None:
    """What the worker does at that moment."""
    with clock.pretend(at):
        for task in (dispatch.REMIND, dispatch.EXPIRE):
            with office.db.begin() as session:
                outbox.enqueue(session, task)
            run_jobs(office, task)
        run_jobs(office, messages.SEND)


def after(office: Office, row: Delivery) -> Delivery:
    with office.db.begin() as session:
        return session.get_one(Delivery, row.id)


def told(office: Office) -> list[str]:
    folder = office.settings.data / "outbox"
    read = [
        message_from_bytes(one.read_bytes(), policy=policy.default)
        for one in sorted(folder.glob("*.eml"))
    ]
    return [str(one["Subject"]).partition(" (")[0] for one in read]


def test_the_recipient_is_reminded_once_before_each_day(office: Office, town: Town) -> None:
    row = waiting(office, town)
    code = after(office, row).code_digest
    for left in (40, 30, 29, 8, 7, 6, 1):
        work(office, row.expires_at - timedelta(days=left) + timedelta(minutes=1))
    assert told(office)[1:] == ["Ένα έγγραφο σας περιμένει ακόμη"] * 2
    assert after(office, row).code_digest == code, "the code of the first message still opens"
    with office.db.begin() as session:
        acts = [one.action for one in audit.history(session, [("entry", row.entry_id)])]
    assert acts.count("delivery.reminded") == 2


def test_who_picked_it_up_is_reminded_of_nothing(office: Office, town: Town) -> None:
    row = waiting(office, town)
    with office.db.begin() as session:
        session.execute(text("UPDATE deliveries SET state = 'picked-up', picked_up_at = now()"))
    work(office, row.expires_at - timedelta(days=3))
    work(office, row.expires_at + timedelta(days=3))
    assert len(told(office)) == 1
    assert after(office, row).state == DeliveryState.PICKED_UP


def test_a_reminder_that_is_overtaken_is_not_sent(office: Office, town: Town) -> None:
    row = waiting(office, town)
    with clock.pretend(row.expires_at - timedelta(days=5)):
        with office.db.begin() as session:
            outbox.enqueue(session, dispatch.REMIND)
        run_jobs(office, dispatch.REMIND)
        with office.db.begin() as session:
            session.execute(text("UPDATE deliveries SET state = 'picked-up', picked_up_at = now()"))
        run_jobs(office, messages.SEND)
    assert len(told(office)) == 1


def test_what_nobody_came_for_goes_by_post_and_the_unit_sees_it(office: Office, town: Town) -> None:
    row = waiting(office, town)
    work(office, row.expires_at + timedelta(hours=1))
    work(office, row.expires_at + timedelta(hours=2))
    with office.db.begin() as session:
        first, second = session.scalars(select(Delivery).order_by(Delivery.id)).all()
        assert (first.state, first.code_digest) == (DeliveryState.EXPIRED, None)
        assert (second.channel, second.state, second.follows_id) == ("post", "queued", first.id)
        by = town.person(session, "registrar")
        [line] = listing.lines(session, Pile.TO_SEND, by=by)
        assert (line.id, line.after_expiry) == (second.id, True)
        assert listing.counts(session, by=by)[Pile.TO_SEND] == 1
        kinds = session.scalars(select(notices.Notice.kind)).all()
        assert kinds == ["pickup-expired"]
        dispatch.hand_over(session, second.id, by=town.person(session, "clerk"))
        with pytest.raises(dispatch.DeliveryMoved):
            dispatch.notify_again(session, first.id, by=town.person(session, "clerk"))
    assert told(office)[-1] == "Έγγραφο που δεν παραλήφθηκε"


def test_a_document_waits_in_the_account_of_who_wants_no_messages(
    office: Office, town: Town
) -> None:
    silent = Addressee("anna@example.gr", "", "el", Channel.NONE)
    row = waiting(office, town, silent)
    assert after(office, row).state == DeliveryState.SENT
    work(office, row.expires_at + timedelta(hours=1))
    assert not (office.settings.data / "outbox").exists()
    with office.db.begin() as session:
        by = town.person(session, "clerk")
        assert len(listing.lines(session, Pile.TO_SEND, by=by)) == 1


def test_the_notice_goes_as_sms_to_who_wants_that(office: Office, town: Town) -> None:
    waiting(office, town, Addressee("a@b.gr", "6912345678", "en", Channel.SMS))
    [text_message] = (office.settings.data / "outbox").glob("*.sms.txt")
    said = text_message.read_text(encoding="utf-8")
    assert said.startswith("To: +306912345678\n")
    assert "https://protocol.paradeigma.example/pickup/" in said
    assert "Code: " in said


def test_a_confidential_delivery_is_in_nobody_elses_list(office: Office, town: Town) -> None:
    row = waiting(office, town, secret=True)
    work(office, row.expires_at + timedelta(hours=1))
    with office.db.begin() as session:
        for who, n in (("secretary", 0), ("clerk", 0), ("registrar", 0), ("confidant", 1)):
            by = town.person(session, who)
            assert len(listing.lines(session, Pile.TO_SEND, by=by)) == n, who
            assert listing.counts(session, by=by)[Pile.TO_SEND] == n


@pytest.mark.parametrize("language", ["el", "en"])
def test_the_proof_says_who_got_it_and_every_try(office: Office, town: Town, language: str) -> None:
    row = waiting(office, town)
    with office.db.begin() as session:
        assert citizens.try_code(session, row.token, "00000000") is None
        by = town.person(session, "clerk")
        other = town.person(session, "lawyer")
    name, pdf = dispatch.proof(office, row.id, by=by, language=language)
    assert name == f"delivery-{row.id}.pdf"
    with pypdfium2.PdfDocument(BytesIO(pdf)) as document:
        said = " ".join(document[0].get_textpage().get_text_range().split())
    wanted = {
        "el": ("ΑΠΟΔΕΙΚΤΙΚΟ ΠΑΡΑΔΟΣΗΣ", "Άννα Πολίτη", "λάθος κωδικός", "δεν παραλήφθηκε"),
        "en": ("PROOF OF DELIVERY", "Άννα Πολίτη", "Pick-up refused: wrong code", "not collected"),
    }
    for part in wanted[language]:
        assert part in said, part
    with pytest.raises(dispatch.NoSuchDelivery):
        dispatch.proof(office, row.id, by=other, language=language)


def test_the_telephone_goes_with_an_erasure(office: Office, town: Town) -> None:
    row = waiting(office, town)
    with office.db.begin() as session:
        registry.tell_erased(session, session.get_one(registry.Entry, row.entry_id))
    with office.db.begin() as session:
        assert session.get_one(Delivery, row.id).phone == ""
        assert messages.about(session, "entry", row.entry_id) == []
