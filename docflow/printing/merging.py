"""Putting PDFs together before they are signed: appending pages, attaching the original."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pikepdf
from pikepdf import Array, AttachedFileSpec, Dictionary, Name, Pdf
from pikepdf.models import PdfMetadata

from docflow.printing.errors import PrintingError
from docflow.printing.typeset import Letter

# A letter has fewer pages; the limit keeps a small file that claims a million of them from
# filling the memory.
_MOST_PAGES = 5000
# What a page may do by itself when it is opened or clicked. None of it belongs in a document
# that an office signs.
_ACTIVE = (
    "/JavaScript",
    "/Launch",
    "/SubmitForm",
    "/ImportData",
    "/Rendition",
    "/GoToE",
    "/GoToR",
)
_CLAIMS = (
    "pdfaid:part",
    "pdfaid:conformance",
    "pdfaid:rev",
    "pdfuaid:part",
    "pdfuaid:rev",
)


def page_count(pdf: bytes) -> int:
    """The pages of an uploaded PDF. Raises PrintingError as `append`."""
    with opened(pdf) as document:
        return len(document.pages)


def append(pdf: bytes, sheet: bytes) -> bytes:
    """The pages of `pdf`, then those of `sheet`.

    The result claims no PDF/A level, for what an uploaded page holds is not ours to vouch for;
    scripts and actions are left out. Raises PrintingError 'empty', 'damaged', 'encrypted',
    'signed' (a page more would break the signature) or 'too-many-pages', for either of the two.
    """
    with opened(pdf) as first, opened(sheet) as second:
        before = len(first.pages)
        first.pages.extend(second.pages)
        for index, page in enumerate(first.pages):
            if index >= before:
                # The tag tree that this points into stayed behind.
                _remove(page.obj, "/StructParents")
            calm_notes(page.obj, added=index >= before)
        calm(first)
        with first.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
            drop_claims(metadata)
        return saved(first)


def append_sheet(pdf: bytes, sheet: Letter) -> Letter:
    """As `append`, with the boxes of the sheet moved to the pages where they now are."""
    before = page_count(pdf)
    boxes = {key: replace(box, page=box.page + before) for key, box in sheet.boxes.items()}
    return Letter(pdf=append(pdf, sheet.pdf), boxes=boxes)


def attach(
    pdf: bytes,
    *,
    name: str,
    data: bytes,
    description: str,
    mime_type: str = "application/pdf",
) -> bytes:
    """`pdf` with a file inside: the signed original in its exact copy, before the seal.

    Associated with the document as its source (ISO 19005-3, 6.8; /AFRelationship /Source), so
    that a PDF/A-3 stays one. Raises PrintingError as `append`, and 'name-taken'.
    """
    with opened(pdf) as document:
        # A reader writes the file under this name: no path, and nothing that hides its kind.
        printable = "".join(char for char in name if char.isprintable())
        file_name = printable.replace("\\", "/").rsplit("/", 1)[-1].strip(" .") or "document.pdf"
        if file_name in document.attachments:
            raise PrintingError("name-taken", file_name)
        issued = str(document.docinfo.get("/ModDate", ""))
        specification = AttachedFileSpec(
            document,
            data,
            filename=file_name,
            description=description,
            mime_type=mime_type,
            # PDF/A-3 asks for a date of the file; that of its issue is the one we know.
            creation_date=issued,
            mod_date=issued,
        )
        specification.relationship = Name.Source
        # This also names it in /AF of the document, as PDF/A-3 asks.
        document.attachments[file_name] = specification
        return saved(document)


@contextmanager
def opened(pdf: bytes) -> Iterator[Pdf]:
    """The PDF, if it is one that pages may be added to. Raises PrintingError."""
    if not pdf:
        raise PrintingError("empty", "a file without bytes")
    try:
        with Pdf.open(io.BytesIO(pdf)) as document:
            _check(document)
            yield document
    except pikepdf.PasswordError as exc:
        raise PrintingError("encrypted", "the PDF asks for a password") from exc
    except (pikepdf.PdfError, pikepdf.DataDecodingError, ValueError, TypeError) as exc:
        # pikepdf reports broken structure by ValueError and TypeError, too (a page tree that is
        # a number, for one).
        raise PrintingError("damaged", str(exc)) from exc


def _check(document: Pdf) -> None:
    if document.is_encrypted:
        raise PrintingError("encrypted", "the PDF is encrypted")
    count = len(document.pages)
    if count == 0:
        raise PrintingError("empty", "a PDF without pages")
    if count > _MOST_PAGES:
        raise PrintingError("too-many-pages", f"{count} pages, {_MOST_PAGES} at most")
    for item in document.objects:
        if isinstance(item, Dictionary) and "/ByteRange" in item and "/Contents" in item:
            raise PrintingError("signed", "the PDF bears a digital signature")


def calm(document: Pdf) -> None:
    """The document without what acts by itself: on opening, on a page, in a form field."""
    _remove(document.Root, "/OpenAction")
    if "/Names" in document.Root:
        _remove(document.Root.Names, "/JavaScript")
    if "/AcroForm" in document.Root:
        _remove(document.Root.AcroForm, "/XFA")
    for item in document.objects:
        if isinstance(item, Dictionary):
            _remove(item, "/AA")


def calm_notes(page: pikepdf.Object, *, added: bool) -> None:
    """The notes of a page with no action but to follow a link."""
    for note in page.get("/Annots", Array()):
        if not isinstance(note, Dictionary):
            continue
        _remove(note, "/AA")
        if added:
            _remove(note, "/StructParent")
        action = note.get("/A")
        if isinstance(action, Dictionary):
            _remove(action, "/Next")
            if str(action.get("/S", "")) in _ACTIVE:
                _remove(note, "/A")


def drop_claims(metadata: PdfMetadata) -> None:
    """The metadata without a word of PDF/A or PDF/UA."""
    for claim in _CLAIMS:
        if claim in metadata:
            del metadata[claim]


def _remove(owner: pikepdf.Object, key: str) -> None:
    if key in owner:
        del owner[key]


def saved(document: Pdf) -> bytes:
    written = io.BytesIO()
    document.save(written, deterministic_id=True)
    return written.getvalue()
