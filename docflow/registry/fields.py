"""What may stand in the fields of an entry: the same rules at registration and correction.

Source: ν. 2690/1999 art. 12; domain rows 13, 28 to 31.
"""

from collections.abc import Sequence
from datetime import date, datetime

from docflow import clock
from docflow.errors import Invalid
from docflow.folding import line
from docflow.i18n import t
from docflow.registry.models import Direction

MIN_SUBJECT, MAX_SUBJECT, MAX_LINE, MAX_COUNT = 3, 1000, 300, 9999
EARLIEST = date(1900, 1, 1)


class BadSubject(Invalid):
    """A subject has 3 to 1,000 characters."""


class BadDate(Invalid):
    """A document is not dated, nor received, in the future or before 1900."""


class SenderMissing(Invalid):
    """An incoming document has a sender."""


class RecipientMissing(Invalid):
    """An outgoing document has at least one recipient."""


class BadCount(Invalid):
    """The number of attachments is a whole number from 0 to 9,999."""


class TooLong(Invalid):
    """A field is longer than its place in the book."""


def subject(text: str) -> str:
    """The subject in one line. Raises BadSubject."""
    clean = line(text)
    if len(clean) < MIN_SUBJECT:
        raise BadSubject(t("Write the subject (at least 3 characters)."), field="subject")
    if len(clean) > MAX_SUBJECT:
        raise BadSubject(
            t(
                "The subject has {n} characters; at most {max} fit. Shorten it, attach the rest.",
                n=len(clean),
                max=MAX_SUBJECT,
            ),
            field="subject",
        )
    return clean


def short(text: str, field: str) -> str:
    """A short field in one line. Raises TooLong."""
    clean = line(text)
    if len(clean) > MAX_LINE:
        raise TooLong(t("At most {max} characters fit here.", max=MAX_LINE), field=field)
    return clean


def count(number: int) -> int:
    """A number of attachments. Raises BadCount."""
    if not 0 <= number <= MAX_COUNT:
        raise BadCount(
            t("The number of attachments is a whole number from 0 to 9999."),
            field="attachments_count",
        )
    return number


def dated_on(day: date | None, zone: str) -> date | None:
    """The date that stands on a document. Raises BadDate."""
    if day and not EARLIEST <= day <= clock.today(zone):
        raise BadDate(
            t("The document's date must not lie in the future or before 1900."),
            field="sender_dated_on",
        )
    return day


def received_at(at: datetime | None, zone: str) -> datetime | None:
    """When a document reached the body. Raises BadDate."""
    if at and not (
        at.tzinfo is not None and clock.local(at, zone).date() >= EARLIEST and at <= clock.now()
    ):
        raise BadDate(
            t("The document was received at some time that is past, and after 1900."),
            field="received_at",
        )
    return at


def require_parties(direction: str, *, sender: object | None, recipients: Sequence[object]) -> None:
    """Raise SenderMissing or RecipientMissing where the direction needs one."""
    if direction == Direction.INCOMING and sender is None:
        raise SenderMissing(t("Write the sender."), field="sender")
    if direction == Direction.OUTGOING and not recipients:
        raise RecipientMissing(t("Write at least one recipient."), field="recipient")
