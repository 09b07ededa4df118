"""Payments by card: opened with the provider, heard of from him, and asked after until it is known.

The row is written before the provider is asked, under a key of ours. So a payment that he accepted
without our hearing it is found again, and asking once more makes no second one.
"""

import logging
import secrets
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, outbox, schedule
from docflow.errors import Conflict, DocflowError
from docflow.i18n import t
from docflow.office import Office
from docflow.payments import access, card_provider, counting, owing, payables
from docflow.payments.card_provider import CardProvider, ProviderState, Standing, Wanted
from docflow.payments.models import (
    CardPayment,
    CardState,
    Payable,
    PaymentPart,
    Source,
)
from docflow.payments.payables import PaymentEnded
from docflow.principal import Principal, Via, system

log = logging.getLogger(__name__)

LOOK = "payments.look-at-card"
LOOK_ALL = "payments.look-at-cards"
_REUSED = timedelta(minutes=30)  # a page of the provider that the citizen may go back to
_FIRST_LOOK = timedelta(seconds=60)
_GIVEN_UP = timedelta(days=2)
_LONGEST = timedelta(minutes=4)  # of one round, where each answer is waited for


class NoCards(Conflict):
    """Cards are not taken here."""


def taken(office: Office) -> bool:
    """Whether the installation has a card provider."""
    return card_provider.provider(office.settings) is not None


def begin(office: Office, token: str) -> str:
    """Open a payment of what is left today; the address of the provider's page.

    Raises NoCards, NoSuchPayable, PaymentEnded, CardsUnavailable.
    """
    provider = _provider(office)
    with office.db.begin() as session:
        payable = payables.of_token(session, token)
        row = _opened(session, payable.id)
        wanted = _wanted(office, payable, row)
        if row.state == CardState.OPEN:
            return row.address
        card_id = row.id
    opened = provider.open(wanted)
    with office.db.begin() as session:
        row = session.get_one(CardPayment, card_id, with_for_update=True)
        if row.state == CardState.ASKED:
            row.state, row.changed_at = CardState.OPEN, clock.now()
            row.provider_id, row.address = opened.provider_id, opened.address
    return opened.address


def heard(office: Office, headers: Mapping[str, str], body: bytes) -> None:
    """The provider says how a payment stands; what it said before changes nothing again.

    Raises NoCards, BadSignature, CardsUnavailable (a message that cannot be read).
    """
    standing = _provider(office).heard(headers, body)
    with office.db.begin() as session:
        card_id = session.scalar(select(CardPayment.id).where(CardPayment.key == standing.key))
        if card_id is not None:
            _note(session, card_id, standing, via=Via.PUBLIC)


def look(office: Office, card_id: int, *, via: Via = Via.JOB) -> None:
    """Ask the provider how the payment stands. Raises NoCards, CardsUnavailable."""
    with office.db.read() as session:
        row = session.get(CardPayment, card_id)
        if row is None or row.state not in (CardState.ASKED, CardState.OPEN):
            return
        key = row.key
    standing = _provider(office).standing(key)
    with office.db.begin() as session:
        _note(session, card_id, standing, via=via)


def look_for(office: Office, token: str) -> None:
    """Ask after what is open of a payable: its payer came back from the provider's page."""
    with office.db.read() as session:
        payable = payables.of_token(session, token)
        waiting = session.scalars(
            select(CardPayment.id).where(
                CardPayment.payable_id == payable.id,
                CardPayment.state.in_([CardState.ASKED, CardState.OPEN]),
            )
        ).all()
    for card_id in waiting:
        look(office, card_id, via=Via.PUBLIC)


@outbox.job(LOOK)
def look_later(run: outbox.Run, card_id: int) -> None:
    """A minute after it was asked for: the citizen may never come back from the provider."""
    look(run.office, card_id)


@outbox.job(LOOK_ALL)
def look_at_all(run: outbox.Run) -> None:
    """Every five minutes: what is still open, the oldest question first.

    One that cannot be asked after comes last the next time, and keeps no other waiting.
    """
    office, begun = run.office, clock.now()
    if card_provider.provider(office.settings) is None:
        return
    with office.db.read() as session:
        waiting = session.scalars(
            select(CardPayment.id)
            .where(
                CardPayment.state.in_([CardState.ASKED, CardState.OPEN]),
                CardPayment.asked_at < clock.now() - _FIRST_LOOK,
            )
            .order_by(CardPayment.changed_at)
            .limit(200)
        ).all()
    for card_id in waiting:
        if clock.now() - begun > _LONGEST:
            return
        try:
            look(office, card_id)
        except DocflowError as error:
            log.warning("card payment %s cannot be asked after: %s", card_id, error)
            _asked_in_vain(office, card_id)
        except Exception:  # a border: what waits for one payment must not stop all others
            log.exception("card payment %s cannot be asked after", card_id)
            _asked_in_vain(office, card_id)


schedule.every(LOOK_ALL, timedelta(minutes=5))


def _asked_in_vain(office: Office, card_id: int) -> None:
    with office.db.begin() as session:
        row = session.get_one(CardPayment, card_id, with_for_update=True)
        row.changed_at = clock.now()


def _provider(office: Office) -> CardProvider:
    found = card_provider.provider(office.settings)
    if found is None:
        raise NoCards(t("Cards are not taken here. Pay by transfer with the payment code."))
    return found


def _opened(session: Session, payable_id: int) -> CardPayment:
    """The payment to be opened, or the one that is open already for the same amount."""
    payable = access.locked(session, payable_id)
    assert payable is not None  # payables are never removed
    if payable.is_ended:
        raise PaymentEnded(t("This payment has ended already: nothing more is to be done."))
    cents = owing.owed(session, payable).left_cents
    known = session.scalar(
        select(CardPayment)
        .where(
            CardPayment.payable_id == payable.id,
            CardPayment.state.in_([CardState.ASKED, CardState.OPEN]),
            CardPayment.cents == cents,
            CardPayment.asked_at > clock.now() - _REUSED,
        )
        .order_by(CardPayment.id.desc())
        .limit(1)
    )
    if known is not None:
        return known
    row = CardPayment(
        payable_id=payable.id, key=secrets.token_urlsafe(18), cents=cents, state=CardState.ASKED
    )
    session.add(row)
    session.flush()
    by = system(payable.body_id, via=Via.PUBLIC)
    audit.record(session, "card-payment.asked", by=by, subject=("payable", payable.id), cents=cents)
    outbox.enqueue(session, LOOK, delay=_FIRST_LOOK, card_id=row.id)
    return row


def _wanted(office: Office, payable: Payable, row: CardPayment) -> Wanted:
    base = office.settings.public_url.rstrip("/")
    return Wanted(
        key=row.key,
        cents=row.cents,
        reference=payable.reference,
        description=payable.reason.get(payable.language) or payable.reason.get("el", ""),
        language=payable.language,
        return_url=f"{base}/pay/{payable.token}/card",
        notice_url=f"{base}/api/v1/payments/card-notices",
    )


def _note(session: Session, card_id: int, standing: Standing, *, via: Via) -> None:
    """What the provider says, once: the payable is held first, as everywhere."""
    payable_id = session.scalars(
        select(CardPayment.payable_id).where(CardPayment.id == card_id)
    ).one()
    payable = access.locked(session, payable_id)
    assert payable is not None  # a foreign key says so
    row = session.get_one(CardPayment, card_id, with_for_update=True, populate_existing=True)
    by = system(payable.body_id, via=via)
    if row.state == CardState.PAID:
        return
    row.changed_at = clock.now()
    if standing.provider_id and row.provider_id is None:
        row.provider_id = standing.provider_id
    if standing.state == ProviderState.PAID:
        _count(session, payable, row, standing, by)
    elif standing.state == ProviderState.FAILED:
        _fail(session, payable, row, standing.problem or "declined", by)
    elif row.asked_at < clock.now() - _GIVEN_UP:
        _fail(session, payable, row, "not paid in two days", by)
    session.flush()


def _count(
    session: Session, payable: Payable, row: CardPayment, standing: Standing, by: Principal
) -> None:
    row.state, row.problem = CardState.PAID, None
    session.flush()
    # The amount was that of the day on which it was asked for: whoever pays it late in the evening
    # owes no more because we hear of it after midnight.
    is_whole = standing.cents >= row.cents
    part = PaymentPart(
        payable_id=payable.id,
        source=Source.CARD,
        received_on=clock.local(row.asked_at).date() if is_whole else clock.today(),
        bank_number=row.provider_id or row.key,
        card_payment_id=row.id,
        noted_by=None,
    )
    audit.record(
        session,
        "card-payment.paid",
        by=by,
        subject=("payable", payable.id),
        cents=standing.cents,
    )
    counting.count(session, payable, standing.cents, part, by=by, card=row)


def _fail(
    session: Session, payable: Payable, row: CardPayment, problem: str, by: Principal
) -> None:
    if row.state == CardState.FAILED:
        return
    row.state, row.problem = CardState.FAILED, problem
    audit.record(session, "card-payment.failed", by=by, subject=("payable", payable.id))


def last_of(session: Session, payable_id: int) -> CardPayment | None:
    """The latest payment by card of a payable, for its pages."""
    return session.scalar(
        select(CardPayment)
        .where(CardPayment.payable_id == payable_id)
        .order_by(CardPayment.id.desc())
        .limit(1)
    )
