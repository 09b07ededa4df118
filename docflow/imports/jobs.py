"""The two long works on an old register: judging every row, and writing it into the book.

A person may cancel either: the work looks at its row's state every few thousand rows.
"""

from collections.abc import Callable, Mapping
from itertools import islice

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from docflow import audit, clock, documents, organization, outbox, registry
from docflow.errors import Conflict
from docflow.i18n import DEFAULT_LANGUAGE, Text, t
from docflow.imports import checking, noticed, sheets, taking
from docflow.imports.columns import Field
from docflow.imports.judging import Judged, Problem, Rules
from docflow.imports.models import ImportState, OldRegister
from docflow.imports.service import local_file
from docflow.imports.sheets import Form
from docflow.office import Office
from docflow.principal import Via

PROBLEMS: dict[str, Text] = {
    Problem.NUMBER_MISSING: t("The number is missing"),
    Problem.NUMBER_BAD: t("The number is not a number"),
    Problem.NUMBER_TWICE: t("The number stands in an earlier row too"),
    Problem.DATE_MISSING: t("The date is missing"),
    Problem.DATE_BAD: t("The date is not a date"),
    Problem.DATE_FUTURE: t("The date is in the future"),
    Problem.DATE_OTHER_YEAR: t("Number or date are of another year"),
    Problem.DATE_FALLS: t("The date does not rise with the number"),
    Problem.DIRECTION_UNKNOWN: t("The direction is not known"),
    Problem.SUBJECT_MISSING: t("The subject is missing"),
    Problem.SENDER_MISSING: t("The sender is missing"),
    Problem.RECIPIENT_MISSING: t("The recipient is missing"),
    Problem.TOO_LONG: t("A text is too long"),
    Problem.COUNT_BAD: t("The number of attachments is not a number; kept in words"),
    Problem.DATED_BAD: t("The date of the document is not a date; left out"),
    Problem.UNREADABLE: t("Letters cannot be read: another encoding?"),
    "gap": t("Numbers are missing"),
    "error": t("Error"),
    "warning": t("Warning"),
}
HEADINGS = (t("Row"), t("Number"), t("Kind"), t("What is wrong"), t("What stands there"))


class Stopped(Conflict):
    """A person cancelled the work."""


def give_up(run: outbox.Run, *, import_id: int, why: str) -> None:
    """The job failed for good: the register says so, and can be checked again."""
    with run.office.db.begin() as session:
        ended = session.execute(
            update(OldRegister)
            .where(
                OldRegister.id == import_id,
                OldRegister.state.in_((ImportState.CHECKING, ImportState.IMPORTING)),
            )
            .values(state=ImportState.FAILED, problem=why[:1000])
            .returning(OldRegister.id)
        ).first()
        if ended is not None:
            noticed.tell(session, import_id)


@outbox.job("imports.check", given_up=give_up)
def check(run: outbox.Run, *, import_id: int) -> None:
    """The dry run: report in the row, the whole of it as CSV in the store."""
    office = run.office
    row = _waiting(office, import_id, ImportState.CHECKING)
    if row is None:
        return
    try:
        with local_file(office, row.file_sha256) as path:
            checked = checking.check(
                path,
                Form.of(row.form),
                rules_of(row, office.settings.zone),
                progress=_progress(office, import_id, ImportState.CHECKING),
            )
        words = {code: text.in_language(DEFAULT_LANGUAGE) for code, text in PROBLEMS.items()}
        headings = [text.in_language(DEFAULT_LANGUAGE) for text in HEADINGS]
        report = checking.report(checked, words, headings)
        stored = documents.keep(office, report, body_id=row.body_id)
    except Stopped:
        return
    with office.db.begin() as session:
        session.execute(
            update(OldRegister)
            .where(OldRegister.id == import_id, OldRegister.state == ImportState.CHECKING)
            .values(
                state=ImportState.CHECKED,
                report=checking.summary(checked),
                report_sha256=stored.sha256,
                rows_total=checked.rows,
                rows_done=checked.rows,
            )
        )
        noticed.tell(session, import_id)


@outbox.job("imports.take-over", given_up=give_up)
def take_over(run: outbox.Run, *, import_id: int) -> None:
    """The import: read and judged once more, written and sealed in one transaction."""
    office = run.office
    row = _waiting(office, import_id, ImportState.IMPORTING)
    if row is None:
        return
    form = Form.of(row.form)
    with local_file(office, row.file_sha256) as path:
        rules = rules_of(row, office.settings.zone)
        every = list(checking.judged(path, form, rules))
        checked = checking.check(path, form, rules, progress=lambda done: None)
        header = islice(sheets.rows(path, form), form.header)
        headings = next((cells for number, cells in header if number == form.header), [])
    bad = checked.bad_rows
    good = [one for one in every if one.row not in bad]
    try:
        with office.db.begin() as session:
            _write(session, office, import_id, good, headings, checked.compared.ends)
    except Stopped:
        return


def _write(
    session: Session,
    office: Office,
    import_id: int,
    good: list[Judged],
    headings: list[str],
    ends: Mapping[str, int],
) -> None:
    # Another worker may have taken this job over while we still live: one of the two writes.
    key = func.hashtextextended(f"old-register:{import_id}", 0)
    session.execute(select(func.pg_advisory_xact_lock(key)))
    register = session.get_one(OldRegister, import_id)
    if register.state != ImportState.IMPORTING:
        return
    progress = _progress(office, import_id, ImportState.IMPORTING)
    assert register.confirmed_by is not None  # nobody else brings it into this state
    by = organization.principal(session, register.confirmed_by, via=Via.JOB)
    taken = taking.take(session, register, good, headings, ends=ends, by=by, progress=progress)
    sealed = session.execute(
        update(OldRegister)
        .where(OldRegister.id == import_id, OldRegister.state == ImportState.IMPORTING)
        .values(
            state=ImportState.SEALED,
            core_digest=taken.core_digest,
            sealed_at=clock.now(),
            rows_done=taken.entries,
        )
        .returning(OldRegister.id)
        .execution_options(synchronize_session=False)
    ).first()
    if sealed is None:
        raise Stopped(t("The work was cancelled."))
    book = session.get_one(registry.Book, register.book_id)
    audit.record(
        session,
        "register.taken-over",
        by=by,
        subject=("old-register", import_id),
        book=book.code,
        year=register.year,
        taken_from=register.taken_from,
        entries=taken.entries,
        core=taken.core_digest,
        file=register.file_sha256,
        report=register.report_sha256,
        left_out=int(register.report.get("bad", 0)),
    )
    noticed.tell(session, import_id)


def rules_of(row: OldRegister, zone: str) -> Rules:
    """How the rows of this register are judged."""
    return Rules(
        year=row.year,
        zone=zone,
        today=clock.today(zone),
        columns={Field(name): place for name, place in row.columns.items()},
        direction=row.direction,
        duplicates=row.duplicates,
        by_direction=row.by_direction,
    )


def _waiting(office: Office, import_id: int, state: ImportState) -> OldRegister | None:
    """The row, where it still waits for this work; None where it was cancelled or done."""
    with office.db.read() as session:
        row = session.get(OldRegister, import_id)
        return row if row is not None and row.state == state else None


def _progress(office: Office, import_id: int, state: ImportState) -> Callable[[int], None]:
    """Tells, in a transaction of its own, how far the work is; raises Stopped where cancelled."""

    def tell(done: int) -> None:
        with office.db.begin() as session:
            found = session.execute(
                update(OldRegister)
                .where(OldRegister.id == import_id, OldRegister.state == state)
                .values(rows_done=done)
                .returning(OldRegister.id)
            ).first()
        if found is None:
            raise Stopped(t("The work was cancelled."))

    return tell
