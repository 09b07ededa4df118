"""The mail that tells of notices: how many, of what kind, under which number.

Mail is read on the way and by assistants: it has no name of a citizen, no subject and no text of a
document, and of confidential things not even the number.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import clock, mail, organization, outbox
from docflow.errors import Unavailable
from docflow.i18n import DEFAULT_LANGUAGE, plural, translate
from docflow.notices import kinds, subjects
from docflow.notices.gathering import SEND
from docflow.notices.models import Channel, Notice, Sending, SendingState
from docflow.office import Office
from docflow.principal import Principal, Via
from docflow.settings import Settings

_MOST = 50  # notices that one mail names


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as it is sent."""

    to: str
    subject: str
    text: str


def give_up(run: outbox.Run, *, sending_id: int, why: str) -> None:
    """It failed for good: the row says so, and an administrator may have it tried again."""
    ended(run.office, sending_id, SendingState.FAILED, problem=why)


@outbox.job(SEND[Channel.MAIL], given_up=give_up)
def send_mail(run: outbox.Run, *, sending_id: int) -> None:
    """Word the mail by the rights of now, and hand it over. Raises MailUnavailable."""
    office = run.office
    with office.db.read() as session:
        row = session.get(Sending, sending_id)
        if row is None or row.state != SendingState.WAITING:
            return
        letter = _letter(session, row, office.settings)
    if letter is None:
        ended(office, sending_id, SendingState.NEEDLESS)
        return
    try:
        message_id = mail.send(
            office.settings, to=letter.to, subject=letter.subject, text=letter.text
        )
    except Unavailable as error:
        tried(office, sending_id, error.message.in_language(DEFAULT_LANGUAGE))
        raise
    ended(office, sending_id, SendingState.SENT, message_id=message_id)


def reader(session: Session, user_id: int) -> Principal | None:
    """The person with the rights of now; None where the account was closed."""
    try:
        return organization.principal(session, user_id, via=Via.JOB)
    except organization.NoSuchUser:
        return None


def tried(office: Office, sending_id: int, why: str) -> None:
    """It did not work this time; the job tries again."""
    with office.db.begin() as session:
        row = _waiting(session, sending_id)
        if row is not None:
            row.tries, row.problem = row.tries + 1, why[:500]


def ended(
    office: Office,
    sending_id: int,
    state: SendingState,
    *,
    problem: str | None = None,
    message_id: str | None = None,
) -> None:
    """What became of a mail or a push message."""
    with office.db.begin() as session:
        row = _waiting(session, sending_id)
        if row is None:
            return
        row.state, row.ended_at = state, clock.now()
        row.problem = problem[:500] if problem else None
        row.message_id = message_id
        if state == SendingState.SENT:
            row.tries += 1


def _waiting(session: Session, sending_id: int) -> Sending | None:
    return session.scalar(
        select(Sending)
        .where(Sending.id == sending_id, Sending.state == SendingState.WAITING)
        .with_for_update()
    )


def _letter(session: Session, row: Sending, settings: Settings) -> Letter | None:
    """None where nothing is left to be told: all was read meanwhile, or is closed to the person."""
    by = reader(session, row.user_id)
    user = session.get_one(organization.User, row.user_id)
    if by is None or not user.email:
        return None
    waiting = session.scalars(
        select(Notice)
        .where(Notice.sending_id == row.id, Notice.read_at.is_(None))
        .order_by(Notice.told_at, Notice.id)
    ).all()
    seen = subjects.described(session, ((one.about_type, one.about_id) for one in waiting), by=by)
    told = [(one, seen[key]) for one in waiting if (key := (one.about_type, one.about_id)) in seen]
    if not told:
        return None
    language = user.language
    others = organization.names(session, (one.in_place_of for one, _ in told))
    lines = [
        _line(one, subject, settings, language, others.get(one.in_place_of or 0, ""))
        for one, subject in told[:_MOST]
    ]
    subject = plural("A notice waits for you", "{n} notices wait for you", len(told), language)
    text = translate(
        "{what}:\n\n{lines}\n\nAll notices: {all}\nWhich of them are mailed, and when: {choices}",
        language,
        what=subject,
        lines="\n".join(lines),
        all=_address(settings, "/notices"),
        choices=_address(settings, "/preferences"),
    )
    return Letter(user.email, subject, text + "\n")


def _line(
    one: Notice, subject: subjects.Subject, settings: Settings, language: str, other: str
) -> str:
    """What happened and the number; the link is that of the notice, which tells nothing."""
    said = translate("A notice", language)
    if not subject.is_closed:
        said = kinds.said(one.kind).in_language(language)
        said = f"{said}: {subject.mark}" if subject.mark else said
    if other:
        said = translate("{what} (in the place of {name})", language, what=said, name=other)
    return f"- {said}\n  {_address(settings, f'/notices/{one.id}')}"


def _address(settings: Settings, path: str) -> str:
    return settings.public_url.rstrip("/") + path
