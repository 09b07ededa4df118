"""The store, legal holds, erasures, and the log: what is kept and how that is shown."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api.deps import TheOffice
from api.v1.address import At
from api.v1.fields import Body, Id, Line, Needed, ReasonBody
from api.v1.language import Language
from api.v1.reads import ReadRoute
from api.v1.security import Annuller, Auditor, Reader
from docflow import audit, custody, outbox

router = APIRouter(tags=["custody"], route_class=ReadRoute)
RowId = Annotated[int, Path(ge=1, le=2**62)]


class PromiseShape(BaseModel):
    """What a store should hold to; `is_kept` is null where it never promised it."""

    name: str = Field(examples=["retention"])
    is_kept: bool | None
    detail: str


class RunShape(BaseModel):
    """A run over the store."""

    started_at: datetime
    finished_at: datetime | None
    state: custody.RunState
    objects: int
    bytes: int
    findings: int
    problem: str | None
    promises: list[PromiseShape]


class FlawShape(BaseModel):
    sha256: str
    what: custody.Flaw
    found_at: datetime
    mended_at: datetime | None


class StoreShape(BaseModel):
    """The state of the store."""

    kind: Literal["directory", "s3"]
    is_encrypted: bool
    retention_days: int
    alarms: list[str] = Field(description="Empty where the store holds its word.")
    runs: dict[custody.RunKind, RunShape | None]
    findings: list[FlawShape]
    orphans: int
    orphan_bytes: int
    held_entries: int
    held_objects: int
    retained_objects: int


@router.get("/storage")
def store(by: Auditor, office: TheOffice, language: Language) -> StoreShape:
    """Does the store hold its word, are its bytes as they were put? Administrators and auditors."""
    with office.db.read() as session:
        found = custody.state.state(session, office.settings, by=by)
        return StoreShape(
            kind="directory" if found.kind == "directory" else "s3",
            is_encrypted=found.is_encrypted,
            retention_days=found.retention_days,
            alarms=[said.in_language(language) for said in found.alarms],
            runs={custody.RunKind(kind): _run(one) for kind, one in found.runs.items()},
            findings=[
                FlawShape(
                    sha256=one.digest,
                    what=custody.Flaw(one.what),
                    found_at=one.found_at,
                    mended_at=one.mended_at,
                )
                for one in found.findings
            ],
            orphans=found.orphan_count,
            orphan_bytes=found.orphan_bytes,
            held_entries=found.held_entries,
            held_objects=found.held_objects,
            retained_objects=found.retained_objects,
        )


@router.post("/storage/{act}", status_code=202)
def begin(act: Literal["probe", "digests", "orphans"], by: Auditor, office: TheOffice) -> None:
    """Have the store probed, its bytes checked, or its orphans looked for, now."""
    custody.state.require(by)
    with office.db.begin() as session:
        if act == "probe":
            custody.probe.soon(session)
        elif act == "digests":
            custody.digests.begin(session)
        else:
            outbox.enqueue(session, custody.orphans.TASK)
        audit.record(session, f"store.{act}-asked", by=by, subject=("store", 0))


class HoldShape(BaseModel):
    """A legal hold: nothing of the entry is taken away while it stands."""

    id: int
    entry: str = Field(examples=["1234/2026"])
    book: str
    reason: str
    placed_by: str
    placed_at: datetime
    released_by: str
    released_at: datetime | None
    release_reason: str


class Holds(BaseModel):
    items: list[HoldShape]


@router.get("/holds")
def holds(by: Reader, office: TheOffice) -> Holds:
    """The holds of entries that the caller may see, those that stand first."""
    with office.db.read() as session:
        return Holds(items=[_hold(one) for one in custody.holds.holds(session, by=by)])


@router.post("/entries/{book}/{year}/{number}/holds", status_code=201)
def place(at: At, body: ReasonBody, by: Annuller, office: TheOffice) -> HoldShape:
    """Put a legal hold on an entry."""
    with office.db.begin() as session:
        entry = custody.reach.numbered(session, at.book, at.year, at.number, by=by)
        placed = custody.holds.place(session, entry.id, body.reason, by=by)
        found = custody.holds.holds(session, by=by, entry_id=entry.id)
        return next(_hold(one) for one in found if one.id == placed.id)


@router.post("/holds/{hold_id}/release", status_code=204)
def release(hold_id: RowId, body: ReasonBody, by: Annuller, office: TheOffice) -> None:
    """Take a hold away."""
    with office.db.begin() as session:
        custody.holds.release(session, hold_id, body.reason, by=by)


class ErasureShape(BaseModel):
    """A request to erase the personal data of an entry, and what was decided."""

    id: int
    entry: str
    book: str
    basis: str
    reason: str
    asked_by: str
    asked_at: datetime
    is_approved: bool | None
    decided_by: str
    decided_at: datetime | None
    decision_reason: str


class Erasures(BaseModel):
    items: list[ErasureShape]


class NewErasure(Body):
    basis: Needed = Field(description="The law, or the decision that allows it.")
    reason: Needed


class Decision(Body):
    approve: bool
    reason: Line = Field("", max_length=500, description="Needed for a refusal.")


@router.get("/erasures")
def erasures(by: Reader, office: TheOffice) -> Erasures:
    """Requests about entries that the caller may see, those to be decided first."""
    with office.db.read() as session:
        found = custody.erasure.requests(session, by=by)
        return Erasures(items=[_erasure(one) for one in found])


@router.post("/entries/{book}/{year}/{number}/erasures", status_code=201)
def ask(at: At, body: NewErasure, by: Annuller, office: TheOffice) -> ErasureShape:
    """Ask that the personal data of an entry be erased; another person decides."""
    with office.db.begin() as session:
        entry = custody.reach.numbered(session, at.book, at.year, at.number, by=by)
        asked = custody.erasure.ask(session, entry.id, basis=body.basis, reason=body.reason, by=by)
        found = custody.erasure.requests(session, by=by, entry_id=entry.id)
        return next(_erasure(one) for one in found if one.id == asked.id)


@router.post("/erasures/{erasure_id}/decision", status_code=204)
def decide(erasure_id: RowId, body: Decision, by: Annuller, office: TheOffice) -> None:
    """Approve (for good), or refuse with a reason."""
    with office.db.begin() as session:
        if body.approve:
            custody.erasure.approve(session, erasure_id, by=by)
        else:
            custody.erasure.refuse(session, erasure_id, reason=body.reason, by=by)


class NewVerification(Body):
    with_objects: bool = Field(False, description="Read every stored object as well.")


class VerificationShape(BaseModel):
    """A check of the whole trail: how far it is, and what it found."""

    id: Id
    state: custody.VerificationState
    stage: str = Field(description="log, then objects.")
    done: int
    total: int
    asked_at: datetime
    finished_at: datetime | None
    is_sound: bool | None
    outcome: dict[str, Any] = Field(
        description="leaves, waiting, checkpoints, heads and findings of one that is done."
    )
    problem: str | None


@router.post("/verifications", status_code=202)
def check(body: NewVerification, by: Auditor, office: TheOffice) -> VerificationShape:
    """Have the whole trail checked in the background; one that runs already is given."""
    with office.db.begin() as session:
        row = custody.verifications.ask(session, with_objects=body.with_objects, by=by)
        return _verification(row)


@router.get("/verifications/{verification_id}")
def checked(verification_id: RowId, by: Auditor, office: TheOffice) -> VerificationShape:
    """How far a check is."""
    with office.db.read() as session:
        return _verification(custody.verifications.get(session, verification_id, by=by))


class Consistency(BaseModel):
    """That the log of `new_size` goes on from that of `old_size` (RFC 9162, 2.1.4), base64."""

    origin: str
    old_size: int
    new_size: int
    old_checkpoint: str | None = Field(description="The signed head of that size, where one is.")
    new_checkpoint: str | None
    hashes: list[str]


@router.get("/log/consistency")
def consistency(
    by: Reader,
    office: TheOffice,
    old: Annotated[int, Query(ge=1, le=2**62, description="Leaves of the older head.")],
    new: Annotated[int | None, Query(ge=1, le=2**62, description="The newest without it.")] = None,
) -> Consistency:
    """The proof that nothing before `old` was changed until `new`, for any two sizes."""
    with office.db.read() as session:
        found = audit.between(session, by.body_id, old, new)
    return Consistency(
        origin=found.origin,
        old_size=found.old_size,
        new_size=found.new_size,
        old_checkpoint=found.old_note,
        new_checkpoint=found.new_note,
        hashes=audit.notes.lines_of(found.hashes),
    )


class HeadShape(BaseModel):
    checkpoint: str = Field(description="A C2SP signed note with the lines of the witnesses.")
    keys: list[str] = Field(description="The public keys of the log, the newest last.")


@router.get("/log/checkpoint")
def head(by: Reader, office: TheOffice) -> HeadShape:
    """The newest signed head of the body's log, and its keys. Keep it somewhere else."""
    with office.db.read() as session:
        newest = audit.newest(session, by.body_id)
        return HeadShape(
            checkpoint=audit.cosigned(session, newest),
            keys=audit.verifiers(session, by.body_id),
        )


def _run(run: custody.StoreRun | None) -> RunShape | None:
    if run is None:
        return None
    return RunShape(
        started_at=run.started_at,
        finished_at=run.finished_at,
        state=custody.RunState(run.state),
        objects=run.objects,
        bytes=run.bytes,
        findings=run.findings,
        problem=run.problem,
        promises=[
            PromiseShape(name=name, is_kept=is_kept, detail=detail)
            for name, is_kept, detail in run.promises
        ],
    )


def _hold(one: custody.HoldInfo) -> HoldShape:
    return HoldShape(
        id=one.id,
        entry=one.label,
        book=one.book,
        reason=one.reason,
        placed_by=one.placed_by,
        placed_at=one.placed_at,
        released_by=one.released_by,
        released_at=one.released_at,
        release_reason=one.release_reason,
    )


def _erasure(one: custody.ErasureInfo) -> ErasureShape:
    return ErasureShape(
        id=one.id,
        entry=one.label,
        book=one.book,
        basis=one.basis,
        reason=one.reason,
        asked_by=one.asked_by,
        asked_at=one.asked_at,
        is_approved=one.is_approved,
        decided_by=one.decided_by,
        decided_at=one.decided_at,
        decision_reason=one.decision_reason,
    )


def _verification(row: custody.VerificationRun) -> VerificationShape:
    return VerificationShape(
        id=row.id,
        state=custody.VerificationState(row.state),
        stage=row.stage,
        done=row.done,
        total=row.total,
        asked_at=row.asked_at,
        finished_at=row.finished_at,
        is_sound=row.is_sound,
        outcome=row.outcome,
        problem=row.problem,
    )
