"""The act by which a process speaks to the applicant, in the words of the service itself.

`messages.tell` with `text`: "receipt" or "final_notice" of `service.json`, or the name of a text
under `act` / `messages.tell` there: {"subject": …, "text": …} in each language. The names in curly
brackets are those of the form, of the tasks, and `number`, `amount` (what is owed, where something
is), `reference`, `bank_number`.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from docflow import applications, messages, payments, processes, services
from docflow.errors import Conflict
from docflow.i18n import t
from docflow.messages import Kind, Wording
from docflow.principal import system
from docflow.processes import Context
from docflow.service_acts.shown_values import euros, shown
from docflow.services import ServiceVersion, filled, said

KIND = "service-word"
LANGUAGES = ("el", "en", "hu", "cs")

messages.declare(
    Kind(
        KIND,
        t("What a service says in the course of an application"),
        samples={
            "subject": "Πληρωμή κλήσης ΚΟΚ",
            "text": "Η πληρωμή σας καταχωρίστηκε οριστικά.",
            "number": "123/2026",
            "paid": "",
            "receipt": "",
        },
        words={
            "el": Wording(
                "{subject}",
                "{text}{paid}\n{receipt}\nΑρ. πρωτοκόλλου της αίτησής σας: {number}\n"
                "Η πορεία της: {portal}/applications\n\n{body}",
                "{text}",
            ),
            "en": Wording(
                "{subject}",
                "{text}{paid}\n{receipt}\nProtocol number of your application: {number}\n"
                "Where it stands: {portal}/applications\n\n{body}",
                "{text}",
            ),
            "hu": Wording(
                "{subject}",
                "{text}{paid}\n{receipt}\nKérelmének iktatószáma: {number}\n"
                "Hol tart: {portal}/applications\n\n{body}",
                "{text}",
            ),
            "cs": Wording(
                "{subject}",
                "{text}{paid}\n{receipt}\nČíslo jednací Vaší žádosti: {number}\n"
                "Její stav: {portal}/applications\n\n{body}",
                "{text}",
            ),
        },
        is_editable=False,  # what is said stands in the files of the service
    )
)


_PAID = {  # before the link to the receipt
    "el": "Η απόδειξη της πληρωμής σας:",
    "en": "The receipt of your payment:",
    "hu": "A befizetés igazolása:",
    "cs": "Potvrzení o Vaší platbě:",
}


class NoSuchWords(Conflict):
    """The service has no text of this name."""


@processes.act("messages.tell")
def tell(session: Session, context: Context) -> Mapping[str, Any] | None:
    """Tell the applicant, by his own channel and in his language. Raises NoSuchWords.

    Who gave no address, or wants no messages, finds it on the page of his application only. Once
    what was to be paid is paid, the mail leads to the receipt.
    """
    about = applications.context(session, context.subject[1])
    version = services.version(session, about.version_id)
    name = str(context.given.get("text", ""))
    values: dict[str, str] = {"number": about.number, "paid": "", "receipt": ""}
    owed = payments.of_subject(session, context.subject)
    if owed and owed[-1].state == payments.PayableState.PAID:
        values["receipt"] = f"{{portal}}/pay/{owed[-1].token}/receipt.pdf"
        values |= {f"paid.{language}": f"\n\n{said_so}" for language, said_so in _PAID.items()}
    for language in LANGUAGES:
        subject, text = _words(version, name, language)
        known = values_of(session, version, context, language)
        values[f"subject.{language}"] = filled(subject, known)
        values[f"text.{language}"] = filled(text, known).strip()
    messages.send(
        session,
        body_id=context.body_id,
        to=applications.addressee(about.applicant),
        kind=KIND,
        values=values,
        about=context.subject,
        by=system(context.body_id),
        once=f"process-{context.key}",
    )
    return None


def values_of(
    session: Session, version: ServiceVersion, context: Context, language: str
) -> dict[str, str]:
    """What a text of the service may say: all that the process knows, as people read it."""
    known = shown(version, context.data, language)
    owed = payments.of_subject(session, context.subject)
    if owed:
        last = owed[-1]
        known |= {
            "amount": euros(payments.owed(session, last).cents, language),
            "reference": last.reference,
        }
        if last.bank_number:
            known["bank_number"] = last.bank_number
    return known


def _words(version: ServiceVersion, name: str, language: str) -> tuple[str, str]:
    """Subject and text. Raises NoSuchWords."""
    definition = version.definition
    own = {"receipt": definition.receipts, "final_notice": definition.final_notices}.get(name)
    if own:
        return version.title(language), said(own, language)
    texts = version.parameters.get("messages.tell", {}).get(name)
    if not isinstance(texts, Mapping) or "text" not in texts:
        raise NoSuchWords(
            t(
                "The service “{service}” has no text “{name}” for its applicants: write it into "
                "service.json, under act, messages.tell.",
                service=version.code,
                name=name[:40],
            )
        )
    subject = said(texts.get("subject", {}), language) or version.title(language)
    return subject, said(texts["text"], language)
