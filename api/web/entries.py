"""The register's pages: the book, one entry with its files and its whole way, its papers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session

import ocr
from api.deps import CurrentUser, TheOffice
from api.streams import stored_file
from api.web import (
    amendments,
    beside,
    case_file_card,
    clocks,
    custodial,
    forms,
    graph,
    handling,
    history,
    origins,
    petitions,
    process_card,
    proven,
    publishing,
    reception_card,
)
from api.web.address import Address, AfterId, At
from api.web.render import block, page
from docflow import (
    circulation,
    clock,
    dispatch,
    documents,
    organization,
    parties,
    printing,
    reads,
    registry,
    routing,
    signatures,
)
from docflow.errors import Invalid
from docflow.i18n import LANGUAGES, Text, t
from docflow.principal import Principal
from docflow.registry import Direction, HandlingState, Priority

router = APIRouter()
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filter of the book as it was typed."""

    book: str = ""
    direction: str = ""
    state: str = ""
    unit: str = ""
    first: str = ""
    last: str = ""


@router.get("/book")
def book(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    typed: Annotated[Wanted, Depends()],
    after: AfterId = None,
) -> Response:
    """The protocol book, the newest first, filtered; `after` is the last id of the page before."""
    errors: dict[str, Text] = {}
    wanted = registry.Filter()
    try:
        wanted = _filter(typed)
    except Invalid as error:
        errors = {error.field or "form": error.message}
    zone = office.settings.zone
    with office.db.read() as session:
        lines = registry.listing(session, by, wanted, zone=zone, after=after, limit=PAGE_SIZE + 1)
        context = {
            "books": [(b.code, b.title) for b in registry.books_open_to(session, by)],
            "units": organization.units(session, by.body_id),
            "total": registry.count(session, by, wanted, zone=zone),
        }
    return page(
        request,
        "web/book.html",
        status_code=422 if errors else 200,
        lines=lines[:PAGE_SIZE],
        next_after=lines[PAGE_SIZE - 1].id if len(lines) > PAGE_SIZE else None,
        is_first=after is None,
        typed={name: getattr(typed, name) for name in Wanted.__slots__},
        errors=errors,
        directions=list(Direction),
        states=list(HandlingState),
        today=clock.today(zone),
        **context,
    )


def _filter(typed: Wanted) -> registry.Filter:
    """Raises BadDate. A choice that does not exist (a changed link) filters nothing."""
    return registry.Filter(
        book=forms.clean(typed.book) or None,
        direction=Direction(typed.direction) if typed.direction in set(Direction) else None,
        state=HandlingState(typed.state) if typed.state in set(HandlingState) else None,
        unit_id=int(typed.unit) if typed.unit.isdecimal() and len(typed.unit) < 16 else None,
        first_day=forms.parse_day(typed.first, field="first"),
        last_day=forms.parse_day(typed.last, field="last"),
    )


@router.get("/entries/{book}/{year}/{number}")
def show(
    request: Request, at: At, by: CurrentUser, office: TheOffice, registered: bool = False
) -> Response:
    """One entry: files and text, who has it, what was done, what one can do now."""
    with office.db.read() as session:
        entry = at.entry(session, by)
        context = entry_context(session, entry, by)
    reads.opened(office.db, entry, by=by)
    return page(
        request,
        "web/entry.html",
        just_registered=registered,
        open_act="",
        typed={},
        chosen=(),
        errors={},
        **context,
    )


def entry_context(session: Session, entry: registry.Entry, by: Principal) -> dict[str, Any]:
    """All that the page of an entry shows; `path` is its address."""
    known = registry.details(session, entry, by=by)
    drafts = circulation.of_entry(session, entry.id, by=by)
    acts = routing.acts(session, entry, by=by)
    subjects = [("entry", entry.id), *(("draft", draft.id) for draft in drafts)]
    files = documents.files(session, entry.id)
    requests = registry.requests_of(session, entry.id, by=by)
    waits = known.annulment is None and any(one.state == "pending" for one in requests)
    drawn = registry.graph(session, entry, by=by)
    charging = acts.charge or acts.pass_on or acts.inform or acts.ask
    units = organization.units(session, by.body_id) if charging else []
    return {
        "details": known,
        "entry": entry,
        "path": Address(known.book.code, entry.year, known.line.place).path,
        "files": files,
        "is_reading": is_reading(files),
        "charges": routing.charges(session, entry.id, by=by),
        "planned": routing.planned.of_entry(session, entry, by=by),
        "acts": acts,
        "may_annul": registry.may_write(by, known.book) and known.annulment is None and not waits,
        "annulment_requests": requests,
        "annulment_waits": waits,
        "may_correct": registry.may_correct(session, entry, by=by),
        "befores": amendments.befores(
            session,
            registry.corrections(session, entry.id),
            registry.kind_of(session, entry),
            language=by.language,
        ),
        "ties": registry.ties(drawn, entry.id),
        "picture": graph.picture(drawn),
        "may_relate": known.annulment is None and registry.may_relate(session, entry, by=by),
        "relation_kinds": registry.BY_HAND,
        "may_keep_parties": parties.directory.may_read(by),
        "drafts": drafts,
        "deliveries": dispatch.deliveries(session, entry.id),
        "may_send": known.annulment is None and dispatch.may_send(session, entry, by=by),
        "history": history.told(session, subjects, by=by),
        "units": units,
        "people": {unit.id: organization.people_of(session, unit.id) for unit in units},
        "priorities": list(Priority),
        "code": registry.codes.shown(entry.verification_code),
        "label_sizes": printing.LABEL_SIZES,
        "label_size": registry.preferred_size(session, by),
        "receipt_mails": registry.receipt_mails(session, entry.id),
        "today": clock.today(),
        **beside.context(session, entry, by=by),
        **handling.context(session, entry, by=by),
        **clocks.context(session, entry, by=by),
        "depositor": registry.depositor(session, entry.id),
        **origins.context(session, entry, by=by),
        **proven.context(session, entry, by),
        **custodial.context(session, entry, by=by),
        **case_file_card.context(session, entry, by=by),
        **process_card.context(session, entry, by=by),
        **petitions.card(session, entry, by),
        **publishing.card(session, entry, by),
        **reception_card.card(session, entry, by),
    }


def is_reading(files: Sequence[documents.FileInfo]) -> bool:
    """Whether a file waits or is being read, so that its page should ask again."""
    return any(file.state in ("pending", "running") for file in files)


@router.get("/entries/{book}/{year}/{number}/files")
def files(request: Request, at: At, by: CurrentUser, office: TheOffice) -> Response:
    """The block of the files with their reading, polled while something is being read."""
    with office.db.read() as session:
        entry = at.entry(session, by)
        found = documents.files(session, entry.id)
        known = proven.of_files(session, entry, found)
    return block(
        request,
        "web/entry.html",
        "files",
        files=found,
        is_reading=is_reading(found),
        path=at.path,
        **known,
    )


@router.get("/entries/{book}/{year}/{number}/files/{position}")
def file(
    at: At,
    position: int,
    by: CurrentUser,
    office: TheOffice,
    rendition: str = "",
    download: bool = False,
) -> Response:
    """The bytes of a file: the original, or `?rendition=searchable`."""
    with office.db.read() as session:
        entry = at.entry(session, by)
        info = _file(session, entry.id, position)
        info.require_open()
        present = signatures.lasting.current(session, info.sha256)
    reads.opened(office.db, entry, by=by, what=reads.What.FILE, position=position)
    searchable = info.searchable_sha256 if rendition == "searchable" else None
    return stored_file(
        office,
        sha256=searchable or present,
        name=info.name,
        media_type="application/pdf" if searchable else info.media_type,
        download=download,
    )


@router.get("/entries/{book}/{year}/{number}/files/{position}/text")
def text(request: Request, at: At, position: int, by: CurrentUser, office: TheOffice) -> Response:
    """What was read in a file, page by page, with source and confidence."""
    with office.db.read() as session:
        entry = at.entry(session, by)
        info = _file(session, entry.id, position)
        info.require_open()
        pages = documents.pages(session, info.id)
    reads.opened(office.db, entry, by=by, what=reads.What.TEXT, position=position)
    return page(
        request,
        "web/text.html",
        file=info,
        pages=pages,
        path=at.path,
        label=entry.label,
        languages=ocr.languages.installed() if not by.is_auditor else (),
    )


def _file(session: Session, entry_id: int, position: int) -> documents.FileInfo:
    """Raises NoSuchFile."""
    for info in documents.files(session, entry_id):
        if info.position == position:
            return info
    raise documents.NoSuchFile(t("This entry has no file {position}.", position=position))


@router.get("/entries/{book}/{year}/{number}/receipt.pdf")
def receipt(at: At, by: CurrentUser, office: TheOffice, language: str = "") -> Response:
    """The receipt, in the language asked for, or of the person who prints it."""
    with office.db.read() as session:
        entry = at.entry(session, by)
    reads.opened(office.db, entry, by=by, what=reads.What.PAPER)
    chosen = language if language in LANGUAGES else by.language
    pdf = registry.receipt(office, entry.id, by=by, language=chosen)
    return _pdf(pdf, f"receipt-{at.number}-{at.year}.pdf")


@router.get("/entries/{book}/{year}/{number}/label.pdf")
def label(
    at: At,
    by: CurrentUser,
    office: TheOffice,
    size: printing.LabelSize | None = None,
    first: int = 1,
    copies: int = 1,
) -> Response:
    """The label with the QR, for the paper; of the size that the person used last."""
    with office.db.read() as session:
        entry = at.entry(session, by)
    reads.opened(office.db, entry, by=by, what=reads.What.PAPER)
    pdf = registry.label(
        office, entry.id, by=by, size=size, language=by.language, first=first, copies=copies
    )
    return _pdf(pdf, f"label-{at.number}-{at.year}.pdf")


def _pdf(pdf: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"}
    return Response(pdf, media_type="application/pdf", headers=headers)
