"""Bundles on paper: cover and contents alone, or bound with the documents into one PDF."""

import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import storage
from docflow import documents, printing
from docflow.case_files.bundle import (
    Bundle,
    BundledEntry,
    BundledFile,
    Part,
    bound_files,
    cover_facts,
    not_open_note,
)
from docflow.case_files.models import ItemKind
from docflow.documents import FileRole
from docflow.errors import Conflict, Unavailable
from docflow.i18n import t
from docflow.office import Office
from docflow.words import word

MOST_BOUND = 400  # files in one PDF: each is open until the whole is written
MOST_BYTES = 300 << 20  # of their files: attachments pass through memory
_PASSES = 3  # of setting the sheets: where documents begin stands in their own contents


class TooLargeForPdf(Conflict):
    """The case file is too large for one PDF."""


class CaseFileNotPrinted(Unavailable):
    """The case file could not be printed."""


def require_bindable(bundle: Bundle) -> None:
    """Raises TooLargeForPdf."""
    if len(bundle.files) > MOST_BOUND or bundle.size > MOST_BYTES:
        raise TooLargeForPdf(
            t(
                "The case file is too large for one PDF: at most {n} files and {mb} MB. Take the "
                "ZIP.",
                n=MOST_BOUND,
                mb=MOST_BYTES >> 20,
            ),
            field="form",
        )


def contents_pdf(bundle: Bundle, *, language: str) -> bytes:
    """Cover and contents. Raises CaseFileNotPrinted."""
    return _printed(_data(bundle, language, {}), language).pdf


def bound_pdf(office: Office, bundle: Bundle, target: Path, *, language: str) -> None:
    """The whole as one PDF with bookmarks; signed and unprintable files as attachments.

    Raises TooLargeForPdf, CaseFileNotPrinted, StoreUnavailable.
    """
    require_bindable(bundle)
    with tempfile.TemporaryDirectory(prefix="docflow-binding-") as folder:
        gathered = {
            entry.content.item_id: _gathered(office, entry, Path(folder), language)
            for entry in bundle.entries
        }
        starts: dict[int, int] = {}
        for _ in range(_PASSES):
            sheets = _printed(_data(bundle, language, gathered, starts), language)
            found = _starts(bundle, gathered, sheets.front)
            if found == starts:
                break
            starts = found
        path = Path(folder) / "sheets.pdf"
        path.write_bytes(sheets.pdf)
        try:
            printing.bind(
                path,
                sheets.front,
                _chapters(bundle, gathered, sheets, language),
                [one for entry in gathered.values() for one in entry.attachments],
                target,
                title=f"{bundle.line.code} {bundle.line.title}",
            )
        except printing.PrintingError as error:
            raise _not_printed() from error


@dataclass(frozen=True)
class _Gathered:
    """The files of an entry in the folder: what is laid in, what is attached, what is said."""

    leaves: list[printing.Leaf] = field(default_factory=list)
    attachments: list[printing.Attachment] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)
    pages: int = 0


def _gathered(office: Office, entry: BundledEntry, folder: Path, language: str) -> _Gathered:
    found, pages = _Gathered(), 0
    bound = bound_files(entry)
    for place, file in enumerate(entry.files):
        name = file.info.name
        if file.is_closed or file.is_erased:
            why = t("kept closed: not in this file") if file.is_closed else t("erased by order")
            found.said.append((name, why.in_language(language)))
            continue
        stem = f"{entry.content.item_id}-{place}"
        original = copied(office, file.present_sha256, folder / f"{stem}.original")
        shown, measured = _shown(office, file, original, folder / f"{stem}.pdf")
        laid = file in bound and shown is not None and measured.pages > 0
        if laid and shown is not None:
            found.leaves.append(printing.Leaf(name, shown))
            pages += measured.pages
        signed = measured.is_signed or file.info.role in (
            FileRole.SIGNED_ORIGINAL,
            FileRole.EXACT_COPY,
        )
        if original is not None and (signed or not laid):
            found.attachments.append(_attachment(entry, file, original))
        found.said.append((name, _said(measured.pages if laid else 0, original, signed, language)))
    return replace(found, pages=pages)


def _shown(
    office: Office, file: BundledFile, original: Path | None, target: Path
) -> tuple[Path | None, printing.Measured]:
    """The PDF whose pages stand for the file, with its measure; signed as its original is."""
    nothing = printing.Measured(0, is_signed=False)
    own = printing.measure(original) if file.info.is_pdf and original is not None else nothing
    rendition = file.info.searchable_sha256
    if rendition is None:
        return (original, own) if own.pages else (None, own)
    drawn = copied(office, rendition, target)
    pages = printing.measure(drawn).pages if drawn is not None else 0
    if pages == 0:
        return (original, own) if own.pages else (None, own)
    return drawn, printing.Measured(pages, own.is_signed)


def copied(office: Office, sha256: str, target: Path) -> Path | None:
    """The bytes of an object, whole and checked, in a file; None where they are lost, damaged or
    erased. Raises StoreUnavailable."""
    lost = (storage.NoSuchObject, storage.DigestMismatch, storage.KeyDestroyed)
    try:
        with suppress(*lost), office.store.open(sha256) as reading, target.open("wb") as file:
            for piece in reading:
                file.write(piece)
            return target
    except storage.StorageError as error:
        raise documents.store_unavailable() from error
    return None


def _said(pages: int, original: Path | None, signed: bool, language: str) -> str:
    if original is None and not pages:
        text = t("not in the store: left out")
    elif pages and signed:
        text = t("follows, {n} pages; the signed original is attached", n=pages)
    elif pages:
        text = t("follows, {n} pages", n=pages)
    else:
        text = t("attached as it is")
    return text.in_language(language)


def _attachment(entry: BundledEntry, file: BundledFile, path: Path) -> printing.Attachment:
    label = entry.content.line.label.replace("/", "-")
    return printing.Attachment(
        name=f"{label} {file.info.name}",
        path=path,
        media_type=file.info.media_type,
        description=f"{entry.content.line.label}: {file.info.name}",
        made_at=f"D:{file.info.added_at:%Y%m%d%H%M%S}Z",
    )


def _starts(bundle: Bundle, gathered: Mapping[int, _Gathered], front: int) -> dict[int, int]:
    """On which sheet of the whole each entry begins, by its item."""
    found, sheet = {}, front + 1
    for part in bundle.parts:
        if len(bundle.parts) > 1:
            sheet += 1  # the sheet of the file or sub-file
        for entry in part.entries:
            found[entry.content.item_id] = sheet
            sheet += 1 + gathered[entry.content.item_id].pages
    return found


def _chapters(
    bundle: Bundle,
    gathered: Mapping[int, _Gathered],
    sheets: printing.Sheets,
    language: str,
) -> list[printing.Chapter]:
    """Bookmarks and their documents, in the order of the slips of `_data`."""
    found: list[printing.Chapter] = []
    pages = iter(sheets.slips)
    several = len(bundle.parts) > 1
    for part in bundle.parts:
        if several:
            title = f"{part.line.code} {part.line.title}"
            found.append(printing.Chapter(title, level=0, sheet=next(pages)))
        for entry in part.entries:
            line = entry.content.line
            found.append(
                printing.Chapter(
                    f"{entry.content.number}. {line.label} {line.subject}",
                    level=1 if several else 0,
                    sheet=next(pages),
                    leaves=tuple(gathered[entry.content.item_id].leaves),
                )
            )
    return found


def _data(
    bundle: Bundle,
    language: str,
    gathered: Mapping[int, _Gathered],
    starts: Mapping[int, int] | None = None,
) -> printing.CaseFileData:
    at = starts or {}
    slips: list[printing.Slip] = []
    if starts is not None:
        for part in bundle.parts:
            if len(bundle.parts) > 1:
                slips.append(printing.Slip(part.line.title, part.line.code, (), ()))
            slips += [
                _slip(bundle, part, entry, gathered[entry.content.item_id], language)
                for entry in part.entries
            ]
    return printing.CaseFileData(
        issuer=bundle.issuer,
        code=bundle.line.code,
        title=bundle.line.title,
        facts=cover_facts(bundle, language),
        parts=tuple(
            printing.ContentPart(
                code=part.line.code,
                title=part.line.title,
                rows=tuple(
                    _row(bundle, entry, language, str(at.get(entry.content.item_id, "")))
                    for entry in part.entries
                ),
                note=not_open_note(part, language),
            )
            for part in bundle.parts
        ),
        made_by=bundle.made_by,
        made_at=bundle.made_at,
        slips=tuple(slips),
        is_export=starts is not None,
    )


def _row(bundle: Bundle, entry: BundledEntry, language: str, page: str) -> printing.ContentRow:
    content, line = entry.content, entry.content.line
    marks = []
    if line.is_annulled:
        marks.append(word("handling", "annulled", language))
    if content.kind is ItemKind.REFERENCE:
        marks.append(t("by reference").in_language(language))
    return printing.ContentRow(
        number=str(content.number),
        label=line.label,
        day=f"{line.registered_at.astimezone(bundle.made_at.tzinfo):%d/%m/%Y}",
        direction=word("direction", line.direction, language),
        correspondent=line.correspondent,
        subject=line.subject,
        pages=_span(content.first, content.last) if content.pages else "",
        page=page,
        marks=tuple(marks),
    )


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"


def _slip(
    bundle: Bundle, part: Part, entry: BundledEntry, gathered: _Gathered, language: str
) -> printing.Slip:
    line = entry.content.line
    registered = line.registered_at.astimezone(bundle.made_at.tzinfo)
    facts = (
        (t("Subject"), line.subject),
        (t("From / to"), line.correspondent),
        (t("Sender’s number"), line.sender_reference),
        (t("Registered"), f"{registered:%d/%m/%Y %H:%M}"),
        (t("Class"), entry.class_code),
    )
    under = t(
        "Case file {code}, document {number}", code=part.line.code, number=entry.content.number
    )
    return printing.Slip(
        title=line.label,
        under=under.in_language(language),
        facts=tuple((name.in_language(language), value) for name, value in facts if value),
        files=tuple(gathered.said),
    )


def _printed(data: printing.CaseFileData, language: str) -> printing.Sheets:
    try:
        return printing.case_file(data, language=language)
    except printing.PrintingError as error:
        raise _not_printed() from error


def _not_printed() -> CaseFileNotPrinted:
    return CaseFileNotPrinted(
        t("The case file could not be printed. Please try again in a minute.")
    )
