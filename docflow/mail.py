"""Sending mail: through an SMTP server, or into a directory of the embedded stack."""

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from pathlib import Path
from urllib.parse import unquote, urlsplit

from docflow import clock
from docflow.errors import Conflict, Unavailable
from docflow.i18n import t
from docflow.settings import Settings

_TIMEOUT = 15.0


class MailUnavailable(Unavailable):
    """The mail server does not take the message."""


class MailRefused(Conflict):
    """The mail server refuses this address for good."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message."""

    name: str
    media_type: str
    data: bytes


def is_kept(settings: Settings) -> bool:
    """Whether mails do not leave but are kept as files: on one machine, for trying out."""
    return settings.smtp_url.get_secret_value().startswith("file:")


def send(
    settings: Settings,
    *,
    to: str,
    subject: str,
    text: str,
    attachments: Sequence[Attachment] = (),
) -> str:
    """Hand a message over to the mail server; its Message-ID.

    Raises MailUnavailable when the server does not answer or refuses; the caller may try again.
    Raises MailRefused when it says that there is no such recipient.
    """
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = settings.mail_from, to, subject
    message["Date"] = formatdate(clock.now().timestamp(), localtime=False)
    message["Message-ID"] = make_msgid(domain=settings.mail_from.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers, please
    message.set_content(text)
    for attached in attachments:
        main, _, sub = attached.media_type.partition("/")
        message.add_attachment(attached.data, maintype=main, subtype=sub, filename=attached.name)
    url = settings.smtp_url.get_secret_value()
    if is_kept(settings):
        _drop(Path(url.removeprefix("file:")), message)
        return str(message["Message-ID"])
    try:
        _deliver(url, message)
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()), (0, b""))
        if 500 <= code < 600:  # RFC 5321: asking again will not help
            raise MailRefused(
                t("The mail server refuses the address: {why}", why=_said(said))
            ) from error
        raise MailUnavailable(
            t("The mail server does not take messages now: {why}", why=_said(said))
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailUnavailable(
            t("The mail server does not take messages now: {why}", why=str(error))
        ) from error
    return str(message["Message-ID"])


def _said(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())[:300]


def _deliver(url: str, message: EmailMessage) -> None:
    parts = urlsplit(url)
    host, port = parts.hostname or "localhost", parts.port
    client: smtplib.SMTP
    if parts.scheme == "smtps":
        context = ssl.create_default_context()
        client = smtplib.SMTP_SSL(host, port or 465, timeout=_TIMEOUT, context=context)
    else:
        client = smtplib.SMTP(host, port or 25, timeout=_TIMEOUT)
    with client:
        if parts.username:
            if parts.scheme == "smtp":
                client.starttls(context=ssl.create_default_context())
            client.login(unquote(parts.username), unquote(parts.password or ""))
        client.send_message(message)


def _drop(directory: Path, message: EmailMessage) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    stamp = clock.now().strftime("%Y%m%dT%H%M%S%f")
    (directory / f"{stamp}.eml").write_bytes(message.as_bytes())
