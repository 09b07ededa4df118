"""Exact copies and digitised copies that an authorised person issues, and the log of them.

The document that is copied is never touched; the copy bears a statement, name, capacity, date, the
body's seal and a code of its own, by which a stranger finds it.
Source: ν. 4727/2020 art. 13 par. 4, 5, art. 20 (paper is kept five years); domain rows 76, 78.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import audit, clock, documents, organization, outbox, printing, registry
from docflow.errors import Forbidden, Invalid, Unavailable
from docflow.folding import line
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.signatures import certifying, lasting, stamps
from docflow.signatures.certifying import NotCopyable
from docflow.signatures.hand import Made
from docflow.signatures.models import CopyKind, ExactCopy, SealedKind

PAPER_YEARS = 5
MAX_TEXT = 300
_TRIES = 3  # a copy whose number was given to another meanwhile is printed again


class NotYoursToCopy(Forbidden):
    """Only the registry issues exact copies."""


class BadCopy(Invalid):
    """Something is missing for the copy."""


class CopiesAtOnce(Unavailable):
    """Several copies of the entry are issued at the same moment."""


@dataclass(frozen=True, slots=True)
class NewCopy:
    """What the person says of the copy; the last two only of a digitised one."""

    kind: CopyKind
    position: int  # of the file in the entry
    purpose: str = ""
    paper_place: str = ""
    destroy_after: date | None = None


def may_issue(session: Session, entry: registry.Entry, *, by: Principal) -> bool:
    """The registry issues copies: who writes in the entry's book, and its head."""
    book = session.get_one(registry.Book, entry.book_id)
    return registry.may_write(by, book) or (by.is_registrar and not book.is_confidential)


def issue(
    office: Office, entry_id: int, wanted: NewCopy, *, by: Principal, code: str | None = None
) -> ExactCopy:
    """Make, seal and log a copy of a file of the entry.

    With the `code` of an order: the copy that bears it, issued now unless it stands already.
    Raises NoSuchEntry, AlreadyAnnulled, NotYoursToCopy, BadCopy, documents.NoSuchFile,
    NotCopyable, SealMissing, StoreUnavailable, CopiesAtOnce.
    """
    by.require_scope("register")
    clean = _checked(office, wanted)
    if code is None:
        code = registry.codes.new()
    for _ in range(_TRIES):
        with office.db.begin() as session:
            known = by_code(session, code)
            if known is not None:
                return known
            entry, file = _source(session, entry_id, clean, by)
            data = _data(office, session, entry, file, clean, code, by)
            style = stamps.of_body(session, by.body_id)
            # A picture is copied as the PDF that was made of it; a PDF as it came.
            shown = file.sha256 if file.is_pdf else (file.shown_sha256 or file.sha256)
            source = lasting.current(session, shown)
        made = certifying.made(office, source, data, style, by)
        stored = documents.keep(office, made.pdf, body_id=by.body_id)
        with office.db.begin() as session:
            entry, file = _source(session, entry_id, clean, by, hold=True)
            known = by_code(session, code)  # the same order, done by another worker meanwhile
            if known is not None:
                return known
            if _next(session, entry.id) == data.position:
                return _logged(session, entry, file, clean, data, made, stored.sha256, code, by)
    raise CopiesAtOnce(
        t("Other copies of this entry are being issued at this moment. Please try again.")
    )


def _logged(
    session: Session,
    entry: registry.Entry,
    file: documents.FileInfo,
    wanted: NewCopy,
    data: printing.CertifiedData,
    made: Made,
    sha256: str,
    code: str,
    by: Principal,
) -> ExactCopy:
    """The copy in the log, under the number that is printed on it; the entry is held."""
    row = ExactCopy(
        body_id=entry.body_id,
        entry_id=entry.id,
        position=data.position,
        kind=wanted.kind,
        file_id=file.id,
        source_sha256=file.sha256,
        sha256=sha256,
        size=len(made.pdf),
        code=code,
        issued_by=by.person_id,
        name=by.full_name,
        capacity=by.title,
        purpose=wanted.purpose,
        paper_place=wanted.paper_place,
        destroy_after=wanted.destroy_after,
    )
    session.add(row)
    session.flush()  # its id, for the event
    lasting.keep(
        session,
        made,
        sha256=sha256,
        body_id=entry.body_id,
        kind=SealedKind.COPY,
        entry_id=entry.id,
    )
    audit.record(
        session,
        "entry.copy-issued",
        by=by,
        subject=("entry", entry.id),
        copy=row.position,
        kind=row.kind,
        file=file.position,
        source=file.sha256,
        sha256=row.sha256,
    )
    return row


def order(office: Office, entry_id: int, wanted: NewCopy, *, by: Principal) -> ExactCopy | None:
    """Issue a copy now where this process has the body's seal; else have the signer do it.

    None where it was ordered: it stands in the log of copies a moment later. Raises as `issue`.
    """
    if registry.has_seal(office, by.body_id):
        return issue(office, entry_id, wanted, by=by)
    by.require_scope("register")
    clean = _checked(office, wanted)
    with office.db.begin() as session:
        entry, file = _source(session, entry_id, clean, by)
        outbox.enqueue(
            session,
            "signatures.issue-copy",
            entry_id=entry.id,
            user_id=by.person_id,
            kind=clean.kind.value,
            position=clean.position,
            purpose=clean.purpose,
            paper_place=clean.paper_place,
            destroy_after=clean.destroy_after.isoformat() if clean.destroy_after else None,
            code=registry.codes.new(),
        )
        audit.record(
            session,
            "entry.copy-ordered",
            by=by,
            subject=("entry", entry.id),
            kind=clean.kind.value,
            file=file.position,
        )
    return None


def _give_up(run: outbox.Run, *, entry_id: int, user_id: int, why: str, **_: object) -> None:
    """The copy could not be made: the entry's history says so."""
    with run.office.db.begin() as session:
        by = organization.principal(session, user_id, via=organization.Via.JOB)
        audit.record(session, "entry.copy-failed", by=by, subject=("entry", entry_id))


@outbox.job("signatures.issue-copy", queue="signing", given_up=_give_up)
def issue_ordered(
    run: outbox.Run,
    *,
    entry_id: int,
    user_id: int,
    kind: str,
    position: int,
    purpose: str,
    paper_place: str,
    destroy_after: str | None,
    code: str,
) -> None:
    """Make a copy that was ordered, with the rights that the person has now; once for an order.

    The order names the copy's code: a job whose worker died after the copy stood finds it again.
    """
    wanted = NewCopy(
        CopyKind(kind),
        position,
        purpose=purpose,
        paper_place=paper_place,
        destroy_after=date.fromisoformat(destroy_after) if destroy_after else None,
    )
    with run.office.db.begin() as session:
        by = organization.principal(session, user_id, via=organization.Via.JOB)
    issue(run.office, entry_id, wanted, by=by, code=code)


def of_entry(session: Session, entry_id: int) -> list[ExactCopy]:
    """The log of an entry's copies; the caller got the entry through `registry.get`."""
    return list(
        session.scalars(
            select(ExactCopy).where(ExactCopy.entry_id == entry_id).order_by(ExactCopy.position)
        )
    )


def one(session: Session, entry_id: int, position: int) -> ExactCopy:
    """Raises documents.NoSuchFile."""
    row = session.scalar(
        select(ExactCopy).where(ExactCopy.entry_id == entry_id, ExactCopy.position == position)
    )
    if row is None:
        raise documents.NoSuchFile(t("This entry has no copy {position}.", position=position))
    return row


def papers_due(session: Session, body_id: int, *, before: date) -> list[ExactCopy]:
    """Digitised copies whose paper may be destroyed before the day, the oldest first."""
    return list(
        session.scalars(
            select(ExactCopy)
            .where(ExactCopy.body_id == body_id, ExactCopy.destroy_after < before)
            .order_by(ExactCopy.destroy_after, ExactCopy.id)
            .limit(500)
        )
    )


def _checked(office: Office, wanted: NewCopy) -> NewCopy:
    purpose, place = line(wanted.purpose), line(wanted.paper_place)
    for field, text in (("purpose", purpose), ("paper_place", place)):
        if len(text) > MAX_TEXT:
            raise BadCopy(t("Write at most {max} characters.", max=MAX_TEXT), field=field)
    if wanted.kind == CopyKind.EXACT:
        return NewCopy(wanted.kind, wanted.position, purpose)
    if not place:
        raise BadCopy(t("Write where the paper is kept (shelf, folder)."), field="paper_place")
    earliest = five_years_on(clock.today(office.settings.zone))
    day = wanted.destroy_after or earliest
    if day < earliest:
        raise BadCopy(
            t(
                "The paper is kept for five years after it was digitised: until {day} at least.",
                day=f"{earliest:%d/%m/%Y}",
            ),
            field="destroy_after",
        )
    return NewCopy(wanted.kind, wanted.position, purpose, place, day)


def five_years_on(day: date) -> date:
    """The first day on which a paper digitised on `day` may be destroyed."""
    try:
        return day.replace(year=day.year + PAPER_YEARS)
    except ValueError:  # 29 February
        return date(day.year + PAPER_YEARS, 3, 1)


def _source(
    session: Session, entry_id: int, wanted: NewCopy, by: Principal, *, hold: bool = False
) -> tuple[registry.Entry, documents.FileInfo]:
    entry = registry.get(session, entry_id, by=by)
    if hold:
        registry.hold(session, entry.id)  # the copies of an entry are numbered without a gap
    if not may_issue(session, entry, by=by):
        raise NotYoursToCopy(t("Only the registry issues exact copies."))
    registry.require_not_annulled(session, entry)
    infos = (one for one in documents.files(session, entry.id) if one.position == wanted.position)
    file = next(infos, None)
    if file is None:
        raise documents.NoSuchFile(
            t("This entry has no file {position}.", position=wanted.position)
        )
    file.require_open()
    if not (file.is_pdf or file.shown_sha256):
        raise NotCopyable(
            t("Copies are made of PDF files, and of pictures that were read. Scan the paper.")
        )
    return entry, file


def _data(
    office: Office,
    session: Session,
    entry: registry.Entry,
    file: documents.FileInfo,
    wanted: NewCopy,
    code: str,
    by: Principal,
) -> printing.CertifiedData:
    zone = office.settings.zone
    return printing.CertifiedData(
        kind="exact" if wanted.kind == CopyKind.EXACT else "digitised",
        issuer=registry.issuer(session, entry.body_id),
        number=entry.label,
        registered_at=clock.local(entry.registered_at, zone),
        subject=registry.current(session, entry).subject,
        file_name=file.name,
        sha256=file.sha256,
        signers=(),
        name=by.full_name,
        capacity=by.title,
        issued_at=clock.local(clock.now(), zone),
        position=_next(session, entry.id),
        verification_code=registry.codes.shown(code),
        verification_url=registry.codes.url(office.settings.public_url, code),
        purpose=wanted.purpose,
        paper_place=wanted.paper_place,
        destroy_after=wanted.destroy_after,
    )


def _next(session: Session, entry_id: int) -> int:
    last = session.scalar(
        select(func.max(ExactCopy.position)).where(ExactCopy.entry_id == entry_id)
    )
    return (last or 0) + 1


def by_code(session: Session, code: str) -> ExactCopy | None:
    """The copy that bears the code."""
    return session.scalar(select(ExactCopy).where(ExactCopy.code == code))


def by_digest(session: Session, sha256: str) -> ExactCopy | None:
    """The copy with these bytes, as issued or with the proofs added since."""
    first = lasting.first(session, sha256)
    return session.scalar(select(ExactCopy).where(ExactCopy.sha256 == first).limit(1))


def issuer_names(session: Session, rows: list[ExactCopy]) -> dict[int, str]:
    return organization.names(session, (row.issued_by for row in rows))
