"""What the payer is told of his payment, by mail or SMS. The office may change the words.

The receipt of what was paid goes with the mail. Source of the words: domain rows S0-7 and S0-9.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from docflow import mail, messages
from docflow.i18n import Text, t
from docflow.messages import Addressee, Kind, Message
from docflow.office import Office
from docflow.payments import amounts, mail_words, receipts, references
from docflow.payments.models import Payable, PayableState
from docflow.principal import Principal

_SAMPLES = {
    "reason": "Πρόστιμο ΚΟΚ 123456",
    "amount": "50,00 €",
    "reference": "RF74 0000 0000 0000 0000 0000 1",
    "bank_number": "123456",
    "left": "20,00 €",
    "why": "Η συναλλαγή δεν βρέθηκε στην κατάσταση της τράπεζας.",
    "path": "/pay/abc",
}


def _kind(code: str, title: Text, used: Sequence[str], *, is_sealed: bool = False) -> str:
    samples = {name: _SAMPLES[name] for name in used}
    words = mail_words.WORDS[code]
    messages.declare(
        Kind(code=code, title=title, samples=samples, words=words, is_sealed=is_sealed)
    )
    return code


DEMANDED = _kind(
    "payment-demanded",
    t("Payment: what is to be paid"),
    ("reason", "amount", "reference", "path"),
)
TOLD = _kind(
    "payment-told",
    t("Payment: the bank’s number was received"),
    ("reason", "amount", "reference", "bank_number", "path"),
)
SETTLED = _kind(
    "payment-settled",
    t("Payment: entered for good"),
    ("reason", "amount", "reference", "path"),
    is_sealed=True,
)
REFUSED = _kind(
    "payment-refused",
    t("Payment: not found"),
    ("reason", "amount", "reference", "why", "path"),
)
PART = _kind(
    "payment-part",
    t("Payment: less than the whole came"),
    ("reason", "amount", "left", "reference", "path"),
)


def send(
    session: Session,
    payable: Payable,
    kind: str,
    *,
    by: Principal,
    cents: int | None = None,
    left: int = 0,
) -> tuple[int, ...]:
    """Tell the payer, once for each state that the payable reaches; the ids of the messages.

    `cents` is the amount where it is not the one that was demanded. Nothing is sent where who
    demanded it tells the payer himself, but of a part payment, which nobody else knows of.
    """
    if not payable.tells and kind != PART:
        return ()
    language = payable.language
    values = {
        **told_values(payable, language, cents=cents),
        "left": amounts.shown(left, language),
        "why": payable.ended_why,
        "path": f"/pay/{payable.token}",
    }
    to = Addressee(email=payable.payer_email, phone=payable.payer_phone, language=language)
    return messages.send(
        session,
        body_id=payable.body_id,
        to=to,
        kind=kind,
        values=values,
        about=("payable", payable.id),
        by=by,
        once=f"payable-{payable.id}-{kind}-{payable.version}",
        source=payable.id,
    )


def told_values(payable: Payable, language: str, *, cents: int | None = None) -> Mapping[str, str]:
    """What a text about the payment names."""
    return {
        "reason": payable.reason.get(language) or payable.reason.get("el", ""),
        "amount": amounts.shown(payable.cents if cents is None else cents, language),
        "reference": references.grouped(payable.reference),
        "bank_number": payable.bank_number,
    }


@messages.attaching(SETTLED)
def _receipt(office: Office, message: Message) -> Sequence[mail.Attachment]:
    """The receipt, as it goes with the mail that the payment is entered for good."""
    with office.db.read() as session:
        payable = session.get(Payable, message.source_id) if message.source_id else None
        if payable is None or payable.state != PayableState.PAID:
            return ()
        name = f"{payable.reference}.pdf"
        language = payable.language if payable.language in ("el", "en") else "en"
        payable_id = payable.id
    pdf = receipts.pdf(office, payable_id, language=language)
    return [mail.Attachment(name, "application/pdf", pdf)]
