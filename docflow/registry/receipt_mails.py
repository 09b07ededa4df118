"""The receipt by e-mail (ν. 4727/2020 art. 19 par. 3): once to each address, noted in the history.

Asked for by a person, a program, or by the installation's setting `mail_receipts`; sent by a job.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from docflow import audit, clock, mail, messages, organization, outbox, parties
from docflow.db import Base, one_of
from docflow.errors import Conflict, Invalid, NotFound
from docflow.i18n import LANGUAGES, t
from docflow.messages import Addressee, Message, MessageState
from docflow.office import Office
from docflow.principal import Principal, Via, system
from docflow.registry import attached_proof, papers, queries
from docflow.registry.access import may_write
from docflow.registry.annulment import require_not_annulled
from docflow.registry.current import current
from docflow.registry.models import Book, Entry

_WAITS = 4  # tries in which a mail waits for the log

RECEIPT = messages.declare(
    messages.Kind(
        "receipt",
        title=t("The receipt of a document, as an attachment"),
        samples={"number": "1234/2026"},
        needed=frozenset({"number"}),
        is_sealed=True,  # a receipt that was never printed is made by the worker with the seal
        is_audited=False,
        words=messages.Worded(
            t("Receipt of your document, {body}"),
            t(
                "{body} has received your document and registered it under number {number}.\n\n"
                "The receipt is attached. It bears a code by which anybody can check it.\n"
                "This message was sent automatically; please do not answer it."
            ),
        ),
    )
)


class NoAddress(Invalid):
    """There is no e-mail address to send the receipt to."""


class SentAlready(Conflict):
    """The receipt goes to each address once."""


class NoSuchMail(NotFound):
    """There is no such message."""


class MailState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


class ReceiptMail(Base):
    """A receipt on its way to an address."""

    __tablename__ = "receipt_mails"
    __table_args__ = (
        one_of("state", MailState),
        UniqueConstraint("entry_id", "email"),
        CheckConstraint("state <> 'failed' OR problem IS NOT NULL", name="failure_has_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    email: Mapped[str]  # in small letters: one person has one
    language: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="queued")
    asked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    sent_at: Mapped[datetime | None]
    problem: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class MailInfo:
    id: int
    email: str
    state: str
    sent_at: datetime | None
    problem: str | None


def mail_receipt(
    session: Session,
    entry_id: int,
    *,
    by: Principal,
    email: str = "",
    language: str = "el",
) -> ReceiptMail:
    """Ask for the receipt to be mailed, to the sender's address unless another is given.

    Raises NoAddress, parties.BadEmail, SentAlready (unless the message failed), AlreadyAnnulled,
    NoSuchEntry, NotAllowed.
    """
    by.require_scope("register")
    entry = queries.get(session, entry_id, by=by)
    by.require(
        may_write(by, session.get_one(Book, entry.book_id)),
        t("Only the registry sends receipts. Ask a clerk of this book."),
    )
    require_not_annulled(session, entry)
    to = _address(email or current(session, entry).sender_email)
    row = _queued(session, entry, to, language if language in LANGUAGES else "el", by)
    if row is None:
        raise SentAlready(
            t("The receipt was sent to {email} already, or is on its way.", email=to),
            field="email",
        )
    return row


def mail_receipt_by_itself(session: Session, entry: Entry, *, by: Principal) -> None:
    """After a registration, where the installation wants it: to the sender, if he has an address.

    Never refuses: the entry stands whatever its sender's address is like.
    """
    try:
        to = _address(entry.sender_email)
    except Invalid:
        return
    if entry.direction == "incoming":
        _queued(session, entry, to, "el", by)


def receipt_mails(session: Session, entry_id: int) -> list[MailInfo]:
    """The receipts of an entry that were mailed, or will be. The caller has checked the right."""
    rows = session.scalars(
        select(ReceiptMail).where(ReceiptMail.entry_id == entry_id).order_by(ReceiptMail.id)
    )
    return [MailInfo(row.id, row.email, row.state, row.sent_at, row.problem) for row in rows]


def _address(typed: str) -> str:
    clean = typed.strip().lower()
    if not clean:
        raise NoAddress(t("Write the e-mail address for the receipt."), field="email")
    checked = parties.checked(parties.Contact(name="-", email=clean), field="email")
    return checked.email


def _queued(
    session: Session, entry: Entry, to: str, language: str, by: Principal
) -> ReceiptMail | None:
    """The message, newly asked for; None where it was sent or waits already."""
    mail_id = session.scalar(
        insert(ReceiptMail)
        .values(entry_id=entry.id, email=to, language=language, asked_by=by.person_id)
        .on_conflict_do_update(
            index_elements=["entry_id", "email"],
            set_={"state": MailState.QUEUED, "problem": None, "asked_by": by.person_id},
            where=ReceiptMail.state == MailState.FAILED,
        )
        .returning(ReceiptMail.id)
    )
    if mail_id is None:
        return None
    _send(session, mail_id, entry, to, by)
    audit.record(session, "entry.receipt-asked", by=by, subject=("entry", entry.id), mail=mail_id)
    return session.get_one(ReceiptMail, mail_id, populate_existing=True)


def _send(session: Session, mail_id: int, entry: Entry, to: str, by: Principal) -> None:
    messages.send(
        session,
        body_id=entry.body_id,
        to=Addressee(email=to),
        kind=RECEIPT.code,
        values={"number": entry.label},
        about=("entry", entry.id),
        by=by,
        source=mail_id,
    )


@outbox.job("registry.mail-receipt", queue="signing")
def send(run: outbox.Run, *, mail_id: int) -> None:
    """A receipt that a process of the version before asked for, while both versions ran."""
    with run.office.db.begin() as session:
        row = _locked(session, mail_id)
        if row.state == MailState.QUEUED:
            entry = session.get_one(Entry, row.entry_id)
            by = organization.principal(session, row.asked_by, via=Via.JOB)
            _send(session, mail_id, entry, row.email, by)


@messages.attaching(RECEIPT.code)
def attachments(office: Office, message: Message) -> list[mail.Attachment]:
    """The receipt, made now if it was not made yet. Raises NotYetProven while it may wait."""
    with office.db.begin() as session:
        row = session.get_one(ReceiptMail, message.source_id)
        label = session.get_one(Entry, row.entry_id).label
        by = organization.principal(session, row.asked_by, via=Via.JOB)
        if message.tries <= _WAITS and attached_proof.is_coming(session, row.entry_id):
            # A mail can wait some seconds for the proof that goes with the receipt.
            raise audit.NotYetProven(
                t("The proof is made within seconds. Please try again in a minute.")
            )
    pdf = papers.receipt(office, row.entry_id, by=by, language=row.language)
    return [mail.Attachment(_name(label), "application/pdf", pdf)]


@messages.after_ended(RECEIPT.code)
def ended(session: Session, message: Message) -> None:
    """What became of the message becomes of the receipt; a failed one can be asked for again."""
    row = _locked(session, message.source_id or 0)
    if row.state != MailState.QUEUED and message.state != MessageState.BOUNCED:
        return
    by, about = system(message.body_id), (message.about_type, message.about_id)
    if message.state == MessageState.SENT:
        row.state, row.sent_at, row.problem = MailState.SENT, clock.now(), None
        audit.record(
            session,
            "entry.receipt-mailed",
            by=by,
            subject=about,
            message_id=message.message_id,
        )
    elif message.state in (MessageState.FAILED, MessageState.BOUNCED):
        row.state, row.problem = MailState.FAILED, message.problem
        audit.record(session, "entry.receipt-failed", by=by, subject=about, why=message.problem)


def _name(label: str) -> str:
    """A file name for the receipt: a mask may put anything around the number."""
    safe = "".join(char if char.isalnum() else "-" for char in label).strip("-")
    return f"apodeixi-{safe}.pdf"


def _locked(session: Session, mail_id: int) -> ReceiptMail:
    row = session.scalar(
        select(ReceiptMail)
        .where(ReceiptMail.id == mail_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchMail(t("There is no such message."))
    return row
