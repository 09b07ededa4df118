"""From the words of a document to proposals for the form: rules, the directory, what was learned.

A wrong proposal costs a clerk more than none, since it must be seen to be wrong. So each rule has
its own lowest confidence, and what is doubtful is not shown at all.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy.orm import Session

import ocr
from docflow import organization
from docflow.calendars import Calendar
from docflow.folding import fold
from docflow.kinds import KindInfo
from docflow.principal import Principal
from docflow.understanding import deadlines, heads, matching, numbers, senders
from docflow.understanding.layout import Box, Finding, Run, Sheet
from docflow.understanding.learning import Guess, Model
from docflow.understanding.models import Target

SHOWN_FROM = 0.6
_ORDER = (  # of the fields in the form
    "sender",
    "kind",
    "subject",
    "sender_reference",
    "sender_dated_on",
    "addressee_unit_id",
    "sender_tax_number",
    "sender_email",
    "due_on",
)
_SURE_FROM = {"ada": 0.85, "tax_number": 0.7, "sender_tax_number": 0.8, "sender_email": 0.7}
_NAMED = 0.7  # confidence of a number that stands behind its name
_LOOKED_AT = 5  # pages; further ones are appendices


class Source(StrEnum):
    """Where a proposal comes from."""

    TEXT = "text"  # it stands on the page
    DIRECTORY = "directory"  # what stands on the page leads to a known correspondent
    LEARNED = "learned"  # documents like this one had it


@dataclass(frozen=True, slots=True)
class Proposal:
    """What could stand in a field of the form. `box` is the place on the page, in points.

    `value` is as the form takes it (dates dd/mm/yyyy, ids as digits), `shown` as people read it;
    `beside` are other fields that come with it.
    """

    field: str
    value: str
    shown: str
    confidence: float
    source: Source
    page: int | None = None
    box: Box | None = None
    beside: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proposals:
    """For fields of the form, by name; and numbers that stand in the document besides."""

    fields: Mapping[str, Proposal] = dataclasses.field(default_factory=dict)
    numbers: Sequence[Proposal] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What the body knows, against which a document is read."""

    units: Sequence[organization.UnitInfo] = ()
    kinds: Sequence[KindInfo] = ()
    ours: Sequence[str] = ()  # folded names of the body itself
    our_mail: str = ""
    models: Mapping[Target, Model] = dataclasses.field(default_factory=dict)
    language: str = "el"
    calendar: Calendar = dataclasses.field(default_factory=Calendar)


def propose(
    pages: Sequence[ocr.Page],
    known: Known,
    *,
    today: date,
    session: Session | None = None,
    by: Principal | None = None,
) -> Proposals:
    """Proposals from the pages of one document; with a session the directory is asked too."""
    sheets = [
        Sheet(page.number, page.width, page.height, page.words)
        for page in pages[:_LOOKED_AT]
        if page.words
    ]
    if not sheets:
        return Proposals()
    first = sheets[0]
    made = _from_head(first, sheets, known, today)
    found = list(_numbers(sheets))
    sender = _sender(first, found, known, session, by)
    if sender is not None:
        made["sender"] = sender
    if "sender" not in made or made["sender"].source is Source.TEXT:
        made |= _of_sender(first, found, known)
    made |= _unit_and_kind(first, made, known)
    shown = {
        name: one
        for name, one in sorted(made.items(), key=lambda item: _ORDER.index(item[0]))
        if one.confidence >= _SURE_FROM.get(name, SHOWN_FROM)
    }
    return Proposals(
        shown, tuple(n for n in found if n.confidence >= _SURE_FROM.get(n.field, SHOWN_FROM))
    )


def _from_head(
    first: Sheet, sheets: Sequence[Sheet], known: Known, today: date
) -> dict[str, Proposal]:
    made: dict[str, Proposal] = {}
    reference = heads.reference(first)
    dated = heads.dated_on(first, today=today, reference=reference)
    wanted: list[tuple[str, Finding | None]] = [
        ("sender_reference", reference),
        ("sender_dated_on", dated[1] if dated else None),
        ("subject", heads.subject(first)),
    ]
    for sheet in sheets:
        due = deadlines.deadline(sheet.run, today=today, calendar=known.calendar)
        if due is not None:
            wanted.append(("due_on", due[1]))
            break
    for name, finding in wanted:
        if finding is not None:
            made[name] = _proposal(name, finding)
    return made


def _proposal(
    name: str, finding: Finding, *, shown: str = "", source: Source = Source.TEXT
) -> Proposal:
    return Proposal(
        name,
        finding.value,
        shown or finding.value,
        finding.confidence,
        source,
        finding.page,
        finding.box,
    )


def _numbers(sheets: Iterable[Sheet]) -> Iterable[Proposal]:
    """ΑΦΜ, IBAN and ΑΔΑ of the document, each once."""
    seen = set()
    for sheet in sheets:
        run = sheet.run
        for name, findings in (
            ("tax_number", [one for one, _ in numbers.tax_numbers(run)]),
            ("iban", list(numbers.ibans(run))),
            ("ada", list(numbers.adas(run))),
        ):
            for finding in findings:
                if (name, finding.value) not in seen:
                    seen.add((name, finding.value))
                    yield _proposal(name, finding)


def _sender(
    first: Sheet,
    found: Sequence[Proposal],
    known: Known,
    session: Session | None,
    by: Principal | None,
) -> Proposal | None:
    """Who wrote: by ΑΦΜ or address in the head the one of the directory, else as printed."""
    printed = senders.sender(first, ours=known.ours)
    if session is not None and by is not None:
        taxes = _in_head(first, found)
        mails = [one for one in _head_mails(first) if one.value != known.our_mail.lower()]
        ways: list[tuple[dict[str, str], Proposal | Finding]] = [
            *(({"tax_number": one.value}, one) for one in taxes[:1]),
            *(({"email": one.value}, one) for one in mails[:1]),
        ]
        if printed is not None:
            ways.append(({"name": printed.value}, printed))
        for way, where in ways:
            party = matching.party(session, by, **way)
            if party is not None and not _is_ours(party.name, known):
                box, page = where.box, where.page
                beside = {
                    "sender_party_id": str(party.id),
                    "sender_tax_number": party.tax_number,
                    "sender_email": party.email,
                    "sender_address": party.address,
                }
                sure = max(0.9, where.confidence)
                return Proposal(
                    "sender", party.name, party.name, sure, Source.DIRECTORY, page, box, beside
                )
    return _proposal("sender", printed) if printed is not None else None


def _of_sender(first: Sheet, found: Sequence[Proposal], known: Known) -> dict[str, Proposal]:
    """ΑΦΜ and e-mail of a sender whom the directory does not know: those of the head alone."""
    made = {}
    taxes = _in_head(first, found)
    if len(taxes) == 1:
        one = taxes[0]
        made["sender_tax_number"] = Proposal(
            "sender_tax_number", one.value, one.shown, one.confidence, one.source, one.page, one.box
        )
    mails = [one for one in _head_mails(first) if one.value != known.our_mail.lower()]
    if len(mails) == 1:
        made["sender_email"] = _proposal("sender_email", mails[0])
    return made


def _in_head(first: Sheet, found: Sequence[Proposal]) -> list[Proposal]:
    """ΑΦΜ that are the sender's: over the subject, and not among the lines of «ΠΡΟΣ»."""
    subject = heads.subject(first)
    end = subject.box[1] if subject is not None else 0.4 * first.height
    addressed = [line.box for line in heads.addressee(first)]
    return [
        one
        for one in found
        if one.field == "tax_number"
        and one.page == first.number
        and one.box is not None
        and one.confidence >= _NAMED
        and one.box[3] <= end
        and not any(_inside(one.box, box) for box in addressed)
    ]


def _inside(box: Box, other: Box) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return other[0] - 2 <= x <= other[2] + 2 and other[1] - 2 <= y <= other[3] + 2


def _head_mails(first: Sheet) -> list[Finding]:
    lines = senders.head(first)
    run = Run(first.number, tuple(word for line in lines for word in line.words))
    return list(numbers.mails(run)) if run.words else []


def _is_ours(name: str, known: Known) -> bool:
    return fold(name) in known.ours


def _unit_and_kind(first: Sheet, made: Mapping[str, Proposal], known: Known) -> dict[str, Proposal]:
    """The unit that the letter names, and the kind that its subject does; else learned ones."""
    said: dict[str, Proposal] = {}
    lines = heads.addressee(first)
    named = matching.unit(" ".join(line.text for line in lines), known.units) if lines else None
    if named is not None:
        run = Run(first.number, tuple(word for line in lines for word in line.words))
        said["addressee_unit_id"] = Proposal(
            "addressee_unit_id",
            named.value,
            named.shown,
            round(0.93 * min(1.0, 0.5 + run.certainty), 3),
            Source.TEXT,
            first.number,
            run.box,
        )
    subject = made.get("subject")
    text = "\n".join((subject.value if subject else "", first.run.text))
    names = {
        Target.UNIT: {str(unit.id): unit.name for unit in known.units},
        Target.KIND: {one.code: one.definition.title(known.language) for one in known.kinds},
    }
    for target, name in ((Target.UNIT, "addressee_unit_id"), (Target.KIND, "kind")):
        model = known.models.get(target)
        guess = model.guess(text) if model is not None and name not in said else None
        if guess is not None and guess.value in names[target]:
            said[name] = _learned(name, guess, names[target][guess.value])
    if "kind" not in said and subject is not None:
        match = matching.kind(subject.value, known.kinds, known.language)
        if match is not None and match.weight > 1:
            said["kind"] = Proposal(
                "kind",
                match.value,
                match.shown,
                round(0.8 * subject.confidence, 3),
                Source.TEXT,
                subject.page,
                subject.box,
            )
    return said


def _learned(name: str, guess: Guess, shown: str) -> Proposal:
    return Proposal(name, guess.value, shown, guess.confidence, Source.LEARNED)
