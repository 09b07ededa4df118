"""A closed day after an erasure: what is given out is an extract without the erased data.

The sealed register itself stays as it was sealed: it is the evidence of the book, which the law
wants kept unaltered (GDPR art. 17(3)(b) and (e)). It goes on request, and noted, to who closes the
book's days; everybody else gets the extract, also of its content. See decision 0013.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from docflow import audit, clock, printing, registry
from docflow.closings import access, making, queries, wording
from docflow.closings.content import Content
from docflow.closings.queries import DayLine
from docflow.i18n import DEFAULT_LANGUAGE, t
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import Book

_OF_ENTRY = (
    *("subject", "sender", "reference", "dated_on", "recipients", "delivery", "attachments"),
    "unit",
)
_OF_ACT = ("old", "new", "digest")


@dataclass(frozen=True, slots=True)
class Given:
    """What is given of a closed day: the sealed file, or the extract to be printed."""

    line: DayLine
    extract: printing.DailyRegisterData | None


def content_of(session: Session, book: Book, day: date) -> tuple[DayLine, Content]:
    """A closed day and its content, what was erased since left out. Raises NoSuchRegister."""
    line, content = queries.register_of(session, book, day)
    return line, spared(content, line.erased)


def paper(
    session: Session, office: Office, book: Book, day: date, *, by: Principal, sealed: bool = False
) -> Given:
    """The register of a closed day; `sealed` asks for it as it was sealed, whatever was erased.

    Raises NoSuchRegister, NotYoursToClose.
    """
    line, content = queries.register_of(session, book, day)
    if not line.erased:
        return Given(line, None)
    if sealed:
        access.require_close(by, book)
        audit.record(
            session,
            "day.sealed-given",
            by=by,
            subject=("body", book.body_id),
            identifier=line.identifier,
        )
        return Given(line, None)
    of = making.day_of(book, day, content["zone"])
    told = wording.daily(
        session,
        spared(content, line.erased),
        of=of,
        issuer=registry.issuer(session, book.body_id),
        identifier=line.identifier,
        digest=line.content_sha256,
        by=by,
        at=clock.local(clock.now(), office.settings.zone),
        so_far=False,
    )
    statement = t(
        "Extract of the register {identifier}, which stays sealed as it was. The data of entries "
        "that were erased by order since are left out; the digests are those of the sealed one.",
        identifier=line.identifier,
    ).in_language(DEFAULT_LANGUAGE)
    return Given(line, replace(told, statement=statement, is_extract=True))


def printed(data: printing.DailyRegisterData) -> bytes:
    """A day that is not sealed, as PDF: so far, or an extract. Raises NotSealed."""
    try:
        return printing.daily_register(data, language=DEFAULT_LANGUAGE).pdf
    except printing.PrintingError as error:
        raise making.NotSealed(
            t("The register could not be sealed: {why}", why=str(error))
        ) from error


def spared(content: Content, erased: Collection[int]) -> Content:
    """The content with no more than number and time of the erased entries."""
    if not erased:
        return content
    return {
        **content,
        "entries": [_without(one, erased, _OF_ENTRY, core=None) for one in content["entries"]],
        "corrections": [
            _without(one, erased, _OF_ACT, field="", reason="", authority="")
            for one in content["corrections"]
        ],
        "annulments": [_without(one, erased, _OF_ACT, reason="") for one in content["annulments"]],
    }


def _without(
    one: Mapping[str, Any], erased: Collection[int], names: tuple[str, ...], **instead: Any
) -> dict[str, Any]:
    if one["id"] not in erased:
        return dict(one)
    kept = {name: value for name, value in one.items() if name not in names}
    return {**kept, **instead, "concealed": True, "erased": True}
