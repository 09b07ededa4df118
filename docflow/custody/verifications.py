"""Checking the whole trail in the background, with how far it is for the page that waits."""

import time
from dataclasses import asdict

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from docflow import audit, clock, outbox
from docflow.custody import digests
from docflow.custody.models import VerificationRun, VerificationState
from docflow.errors import NotFound
from docflow.i18n import t
from docflow.principal import Principal, system


class NoSuchVerification(NotFound):
    """There is no such check of the trail."""


TASK = "custody.verify"
_SHOWN = 500  # findings that are kept
_EVERY = 1.0  # seconds between two notes of progress


def ask(session: Session, *, with_objects: bool, by: Principal) -> VerificationRun:
    """Have the trail checked, unless a check waits or runs already. Raises NotAllowed."""
    by.require_scope("audit")
    by.require(by.is_auditor, t("Only an auditor checks the trail."))
    open_one = session.scalar(
        select(VerificationRun)
        .where(
            VerificationRun.body_id == by.body_id,
            VerificationRun.state.in_([VerificationState.WAITING, VerificationState.RUNNING]),
        )
        .limit(1)
    )
    if open_one is not None:
        return open_one
    row = VerificationRun(body_id=by.body_id, asked_by=by.person_id, with_objects=with_objects)
    session.add(row)
    session.flush()
    outbox.enqueue(session, TASK, run_id=row.id)
    return row


def get(session: Session, run_id: int, *, by: Principal) -> VerificationRun:
    """A check of the body's trail. Raises NoSuchVerification, NotAllowed."""
    by.require(by.is_auditor, t("Only an auditor checks the trail."))
    row = session.get(VerificationRun, run_id)
    if row is None or row.body_id != by.body_id:
        raise NoSuchVerification(t("There is no such check."))
    return row


def latest(session: Session, body_id: int) -> VerificationRun | None:
    """The newest check that was asked for."""
    return session.scalar(
        select(VerificationRun)
        .where(VerificationRun.body_id == body_id)
        .order_by(VerificationRun.id.desc())
        .limit(1)
    )


def give_up(run: outbox.Run, *, run_id: int, why: str) -> None:
    """The check could not be done; it can be asked for again."""
    _set(run, run_id, state=VerificationState.FAILED, problem=why[:500], finished_at=clock.now())


@outbox.job(TASK, given_up=give_up)
def verify(run: outbox.Run, *, run_id: int) -> None:
    """Check everything at one moment, and the objects after it. Raises digests.StoreAway."""
    office = run.office
    with office.db.read() as session:
        row = session.get_one(VerificationRun, run_id)
        if row.state in (VerificationState.DONE, VerificationState.FAILED):
            return
        with_objects, body_id = row.with_objects, row.body_id
    _set(run, run_id, state=VerificationState.RUNNING, stage="log", done=0, total=0)
    roots = office.settings.trust_roots
    with office.db.read() as session:
        outcome = audit.verify(
            session,
            trust_roots=[roots.read_bytes()] if roots else [],
            progress=_Progress(run, run_id, "log"),
        )
    findings = list(outcome.findings)
    if with_objects:
        told = _Progress(run, run_id, "objects")
        findings += digests.verify_objects(office, progress=told)
    kept = {
        "leaves": outcome.leaves,
        "waiting": outcome.waiting,
        "checkpoints": outcome.checkpoints,
        "heads": [[h.origin, h.size, h.root.hex()] for h in outcome.heads],
        "findings": [asdict(finding) for finding in findings[:_SHOWN]],
        "more": max(len(findings) - _SHOWN, 0),
    }
    with office.db.begin() as session:
        session.execute(
            update(VerificationRun)
            .where(VerificationRun.id == run_id)
            .values(
                state=VerificationState.DONE,
                is_sound=not findings,
                outcome=kept,
                finished_at=clock.now(),
            )
        )
        by = session.get_one(VerificationRun, run_id).asked_by
        audit.record(
            session,
            "trail.verified",
            by=system(body_id),
            subject=("log", body_id),
            is_sound=not findings,
            asked_by=by,
            findings=len(findings),
            leaves=outcome.leaves,
        )


class _Progress:
    """How far a check is, noted once a second in a transaction of its own."""

    def __init__(self, run: outbox.Run, run_id: int, stage: str) -> None:
        self._run, self._run_id, self._stage = run, run_id, stage
        self._noted = 0.0

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() - self._noted < _EVERY:
            return
        self._noted = time.monotonic()
        _set(self._run, self._run_id, stage=self._stage, done=done, total=total)


def _set(run: outbox.Run, run_id: int, **values: object) -> None:
    with run.office.db.begin() as session:
        session.execute(
            update(VerificationRun).where(VerificationRun.id == run_id).values(**values)
        )
