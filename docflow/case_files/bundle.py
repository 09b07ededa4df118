"""What goes into the export of a case file: its cover, its documents, their files.

With the rights of the person: what he may not see is neither in it nor counted, except documents
of other units, of which the number may be told. An entry that lies here by reference is named; its
files are where it belongs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from docflow import clock, documents, organization, printing, reads, registry, signatures
from docflow.case_files import access, classes, queries
from docflow.case_files.models import CaseFile, ItemKind
from docflow.case_files.queries import Content, FileLine
from docflow.documents import FileInfo, FileRole
from docflow.i18n import t
from docflow.principal import Principal
from docflow.words import word


@dataclass(frozen=True, slots=True)
class BundledFile:
    """A file of an entry. `present_sha256` differs where proofs of time were added to it."""

    info: FileInfo
    present_sha256: str

    @property
    def is_closed(self) -> bool:
        return self.info.is_closed

    @property
    def is_erased(self) -> bool:
        return self.info.problem_code == "erased"


@dataclass(frozen=True, slots=True)
class BundledEntry:
    """An entry of the file with its files; none where it lies here by reference."""

    content: Content
    class_code: str
    files: tuple[BundledFile, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """The case file itself, or a sub-file of it."""

    line: FileLine
    entries: tuple[BundledEntry, ...]
    not_open: int


@dataclass(frozen=True, slots=True)
class Bundle:
    """A case file with its sub-files, as a person may see them at a moment."""

    file_id: int
    parts: tuple[Part, ...]
    issuer: printing.Issuer
    opened_by: str
    made_by: str
    made_at: datetime  # with the office's zone

    @property
    def line(self) -> FileLine:
        return self.parts[0].line

    @property
    def entries(self) -> list[BundledEntry]:
        return [entry for part in self.parts for entry in part.entries]

    @property
    def entry_ids(self) -> list[int]:
        """Of the entries whose data are in it; one that was erased is named, and no more."""
        shown = (entry.content.line for entry in self.entries)
        return sorted({line.id for line in shown if line.subject != registry.ERASED})

    @property
    def files(self) -> list[BundledFile]:
        return [file for entry in self.entries for file in entry.files]

    @property
    def size(self) -> int:
        return sum(file.info.size for file in self.files)


def collect(session: Session, file_id: int, *, by: Principal, zone: str) -> Bundle:
    """The file with all that is open to the person. Raises NoSuchCaseFile."""
    by.require_scope("read")
    file = access.get(session, file_id, by=by)
    parts = tuple(_parts(session, file, by))
    people = organization.names(session, [file.opened_by])
    return Bundle(
        file_id=file.id,
        parts=parts,
        issuer=registry.issuer(session, by.body_id),
        opened_by=people.get(file.opened_by or 0, ""),
        made_by=by.full_name,
        made_at=clock.local(clock.now(), zone),
    )


def _parts(session: Session, file: CaseFile, by: Principal) -> Iterator[Part]:
    known = queries.details(session, file, by=by)
    contents = queries.contents(session, file.id, by=by)
    given = classes.of_entries(session, [content.line.id for content in contents])
    yield Part(
        line=known.line,
        entries=tuple(
            BundledEntry(
                content=content,
                class_code=given[content.line.id].code if content.line.id in given else "",
                files=_files(session, content),
            )
            for content in contents
        ),
        not_open=known.not_open,
    )
    for below in known.below:
        yield from _parts(session, access.get(session, below.id, by=by), by)


def _files(session: Session, content: Content) -> tuple[BundledFile, ...]:
    if content.kind is ItemKind.REFERENCE:
        return ()
    return tuple(
        BundledFile(info, signatures.lasting.current(session, info.sha256))
        for info in documents.files(session, content.line.id)
        if info.parent is None  # what lay in a mail or an archive is in it
    )


def note_reads(session: Session, bundle: Bundle, *, by: Principal, reason: str = "") -> None:
    """Write that the person reads all of it; of confidential entries for the reason that he gives.

    Raises reads.ReasonNeeded, reads.BadReason.
    """
    for bundled in bundle.entries:
        entry = registry.get(session, bundled.content.line.id, by=by)
        needs = reads.standing(session, entry, by=by).needs_reason
        if needs and reason:
            reads.give_reason(session, entry, reason, by=by)
        what = reads.What.FILE if bundled.files else reads.What.ENTRY
        positions: list[int | None] = [file.info.position for file in bundled.files]
        for position in positions or [None]:
            reads.note(session, entry, by=by, what=what, position=position)


def require_reasons(session: Session, bundle: Bundle, *, by: Principal, reason: str) -> None:
    """As `note_reads`, before a job is asked for: the reasons are kept, nothing is read yet."""
    for bundled in bundle.entries:
        entry = registry.get(session, bundled.content.line.id, by=by)
        if reason and reads.standing(session, entry, by=by).needs_reason:
            reads.give_reason(session, entry, reason, by=by)
        reads.require_reason(session, entry, by=by)


def bound_files(entry: BundledEntry) -> list[BundledFile]:
    """Those whose pages are bound: a signed original is in its exact copy."""
    has_copy = any(file.info.role == FileRole.EXACT_COPY for file in entry.files)
    return [
        file
        for file in entry.files
        if not (has_copy and file.info.role == FileRole.SIGNED_ORIGINAL)
    ]


def cover_facts(bundle: Bundle, language: str) -> tuple[tuple[str, str], ...]:
    """What the cover says of the file: label and value."""
    line, zone = bundle.line, bundle.made_at.tzinfo
    retention = ""
    if line.class_ is not None:
        years = line.class_.retention_years
        action = word("retention_action", line.class_.action, language)
        retention = action
        if years:
            said = t("{n} years, then: {action}", n=years, action=action.lower())
            retention = said.in_language(language)
    closed = f"{line.closed_at.astimezone(zone):%d/%m/%Y}" if line.closed_at else ""
    rows = (
        (t("Unit"), line.unit),
        (t("Responsible"), line.responsible),
        (t("Class"), f"{line.class_.code} {line.class_.title}" if line.class_ else ""),
        (t("Retention by the plan"), retention),
        (t("Opened"), f"{line.opened_at.astimezone(zone):%d/%m/%Y} · {bundle.opened_by}"),
        (t("Closed on"), closed),
        (t("Place of the paper"), line.paper_place),
        (t("Documents"), str(len(bundle.entries))),
    )
    return tuple((name.in_language(language), value) for name, value in rows if value)


def not_open_note(part: Part, language: str) -> str:
    """What may be told of what is left out; empty where nothing may."""
    if not part.not_open:
        return ""
    said = t("Documents of other units that are not open to you: {n}", n=part.not_open)
    return said.in_language(language)
