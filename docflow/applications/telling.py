"""What a citizen is told of his application, by mail or SMS: never what it is about.

The mail with the receipt has a link that opens the status page by itself; its secret is made when
the mail leaves, and only its digest is kept.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import mail, messages, notices, registry, routing
from docflow.applications import secret
from docflow.applications.access import portal
from docflow.applications.models import Application, ApplicationState
from docflow.applications.values import Applicant
from docflow.i18n import DEFAULT_LANGUAGE, LANGUAGES, t
from docflow.messages import Addressee, Channel, Kind, Message, Worded
from docflow.notices import NoticeKind
from docflow.office import Office
from docflow.principal import Principal

SUBJECT = "application"
MOST_SECRETS = 5  # the page's and those of the last mails

FILED = messages.declare(
    Kind(
        code="application-filed",
        title=t("An application was filed"),
        samples={
            "number": "1234/2026",
            "key": "17/ABCD-EFGH-JKLM",
            "code": "ABCD-EFGH-JKLM",
        },
        words=Worded(
            t("Your application was registered: {number}, {body}"),
            t(
                "{body} has received your application and registered it under number {number}.\n\n"
                "The signed receipt is attached.\n\n"
                "Where your application stands, messages and answers:\n{portal}/status/{key}\n\n"
                "Tracking code, where you are asked for it: {code}\n\n"
                "Whoever has this link or code can open the page: do not pass them on."
            ),
            t(
                "{body}: your application has number {number}. Where it stands: "
                "{portal}/status/{key}"
            ),
        ),
        late=frozenset({"key", "code"}),
        spared=frozenset({"code"}),  # it stands in the link too, and a short message has no room
        needed=frozenset({"number"}),
        is_sealed=True,
    )
)
_NUMBER = {"number": "1234/2026"}
WAITS = messages.declare(
    Kind(
        code="application-message",
        title=t("A message about an application waits"),
        samples=_NUMBER,
        words=Worded(
            t("A message about your application {number}"),
            t(
                "{body} wrote to you about your application {number}.\n\n"
                "Read the message, and answer it, on the page of your application:\n"
                "{portal}/status\n\n"
                "You need the number and the tracking code, or your account."
            ),
            t("{body}: a message about your application {number} waits: {portal}/status"),
        ),
    )
)
ASKED = messages.declare(
    Kind(
        code="application-supplement",
        title=t("Something is asked of the applicant"),
        samples={**_NUMBER, "due": "30/11/2026"},
        words=Worded(
            t("Something is missing in your application {number}"),
            t(
                "{body} needs something more for your application {number}, by {due}.\n\n"
                "What it is, and where to send it, stands on the page of your application:\n"
                "{portal}/status\n\n"
                "You need the number and the tracking code, or your account. The time limit of "
                "the office stands still until you answer."
            ),
            t(
                "{body}: something is missing in your application {number}, by {due}: "
                "{portal}/status"
            ),
        ),
    )
)


def addressee(applicant: Applicant) -> Addressee:
    """How the applicant wants to be told."""
    return Addressee(
        email=applicant.email,
        phone=applicant.phone,
        language=applicant.language,
        channel=Channel(applicant.channel),
    )


def to(row: Application) -> Addressee:
    return Addressee(row.email, row.phone, row.language, Channel(row.channel))


def tell_filed(session: Session, row: Application, number: str, *, by: Principal) -> None:
    """The receipt to the citizen; the heads of the unit see that something came."""
    messages.send(
        session,
        body_id=row.body_id,
        to=to(row),
        kind=FILED.code,
        values={"number": number},
        about=(SUBJECT, row.id),
        by=by,
        once=f"application-filed-{row.id}",
    )
    tell_office(session, row, NoticeKind.APPLICATION_FILED, by=by)


def tell_citizen(
    session: Session, row: Application, kind: Kind, *, by: Principal, **values: str
) -> None:
    """That something waits on the page of the application; what, stands only there."""
    messages.send(
        session,
        body_id=row.body_id,
        to=to(row),
        kind=kind.code,
        values={"number": number_of(session, row), **values},
        about=(SUBJECT, row.id),
        by=by,
    )


def tell_office(session: Session, row: Application, kind: NoticeKind, *, by: Principal) -> None:
    """Whoever has the application is told; where nobody has it yet, the heads of its unit."""
    handling = session.get(registry.Handling, row.entry_id)
    person = handling.user_id if handling else None
    unit_id = handling.unit_id if handling else row.unit_id
    people = [person] if person is not None else routing.heads(session, unit_id)
    notices.tell(session, people, kind=kind, about=("entry", row.entry_id), by=by)


def number_of(session: Session, row: Application) -> str:
    return session.get_one(registry.Entry, row.entry_id).label


@messages.at_sending(FILED.code)
def key_of(session: Session, message: Message) -> Mapping[str, str] | None:
    """What opens the page from the mail; None where the application was withdrawn meanwhile."""
    row = session.scalar(
        select(Application).where(Application.id == message.about_id).with_for_update()
    )
    if row is None or row.state == ApplicationState.WITHDRAWN:
        return None
    made = secret.new()
    of_page, *of_mails = row.secret_digests
    kept = [*of_mails, secret.digest(row.id, made)][1 - MOST_SECRETS :]
    row.secret_digests = [of_page, *kept]
    return {"key": f"{row.id}/{secret.shown(made)}", "code": secret.shown(made)}


@messages.attaching(FILED.code)
def receipt_of(office: Office, message: Message) -> Sequence[mail.Attachment]:
    """The signed receipt, as the registry makes it for everybody."""
    with office.db.read() as session:
        row = session.get_one(Application, message.about_id)
        number = number_of(session, row)
    pdf = receipt(office, row)
    safe = "".join(char if char.isalnum() else "-" for char in number).strip("-")
    return [mail.Attachment(f"apodeixi-{safe}.pdf", "application/pdf", pdf)]


def receipt(office: Office, row: Application) -> bytes:
    """The signed receipt of an application, in the applicant's language where it is printed in it.

    Raises registry.PrintingFailed, StoreUnavailable.
    """
    language = row.language if row.language in LANGUAGES else DEFAULT_LANGUAGE
    return registry.receipt(office, row.entry_id, by=portal(row.body_id), language=language)
