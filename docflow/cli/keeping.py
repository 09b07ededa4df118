"""The work of `docflow storage`, `docflow holds` and `docflow audit reads`."""

import os
from dataclasses import asdict
from pathlib import Path

import storage
from docflow import custody, object_keys, outbox, reads
from docflow.cli import finding
from docflow.cli.entries import numbered
from docflow.cli.failures import CannotDo
from docflow.cli.output import print_json, say, shown, warn
from docflow.cli.progress import Progress
from docflow.i18n import Text, t
from docflow.office import Office


def state(data: Path | None, *, acting_as: str | None, as_json: bool) -> int:
    """What the page “Storage” shows. Raises NotAllowed."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        found = custody.state.state(session, office.settings, by=by)
        zone = office.settings.zone
        runs = {
            kind: None
            if one is None
            else {
                "state": one.state,
                "started_at": one.started_at.isoformat(),
                "problem": one.problem,
                "promises": one.promises,
                "findings": one.findings,
            }
            for kind, one in found.runs.items()
        }
        last = {kind: one.started_at for kind, one in found.runs.items() if one is not None}
    if as_json:
        print_json(
            {
                "holds_its_word": not found.alarms,
                "kind": found.kind,
                "encrypted": found.is_encrypted,
                "retention_days": found.retention_days,
                "alarms": [str(said) for said in found.alarms],
                "runs": runs,
                "orphans": found.orphan_count,
                "orphan_bytes": found.orphan_bytes,
                "held_entries": found.held_entries,
            }
        )
        return int(bool(found.alarms))
    for said in found.alarms:
        warn(said)
    for kind, at in last.items():
        say(t("Last {kind}: {at}", kind=kind, at=shown(at, zone)))
    say(t("{n} objects that nothing names.", n=found.orphan_count))
    say(t("{n} entries under a legal hold.", n=found.held_entries))
    return int(bool(found.alarms))


def probe(data: Path | None, *, as_json: bool) -> int:
    """Probe the store at once, and keep the outcome."""
    with finding.office(data) as office:
        custody.probe.probe(outbox.Run(office, 0, 1))
        with office.db.read() as session:
            run = custody.probe.last(session, custody.RunKind.PROBE)
            assert run is not None
            problem, promises = run.problem, run.promises
    broken = [name for name, is_kept, _ in promises if is_kept is False]
    if as_json:
        print_json({"problem": problem, "promises": promises})
        return int(bool(problem or broken))
    if problem:
        warn(problem)
    for name, is_kept, detail in promises:
        words: dict[bool | None, Text] = {
            True: t("kept"),
            False: t("BROKEN"),
            None: t("not offered"),
        }
        say(t("{promise}: {kept} {detail}", promise=name, kept=words[is_kept], detail=detail))
    return int(bool(problem or broken))


def check(data: Path | None, *, as_json: bool) -> int:
    """Every object against its digest, at full speed."""
    with finding.office(data) as office:
        told = None if as_json else Progress()
        found = list(custody.verify_objects(office, progress=told))
    if as_json:
        print_json({"sound": not found, "findings": [asdict(one) for one in found]})
        return int(bool(found))
    for one in found:
        warn(f"{one.what}: {one.detail}")
    if not found:
        say(t("Every stored file is as it was put."))
    return int(bool(found))


def new_key(_: Path | None, *, directory: Path, body: str) -> int:
    """A further key of a body, in a file that only its owner may read."""
    if not body or not body.isprintable() or any(char in body for char in "./\\ "):
        raise CannotDo(t("This is no code of a body: {code}", code=body))
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    count = len(list(directory.glob(f"{body}.*{object_keys.KEY_SUFFIX}")))
    path = directory / f"{body}.{count + 1:03}{object_keys.KEY_SUFFIX}"
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError as error:
        raise CannotDo(t("{file} is there already.", file=str(path))) from error
    with os.fdopen(descriptor, "w") as file:
        file.write(object_keys.new_body_key())
    say(
        t(
            "The key is in {file}. Keep a copy somewhere safe: without it no file can be read.",
            file=str(path),
        )
    )
    return 0


def rewrap(data: Path | None) -> int:
    """Have the newest key of each body wrap all."""
    with finding.office(data) as office:
        keys = _keys(office)
        done = 0
        while part := keys.rewrap():
            done += part
    say(t("{n} keys were wrapped anew.", n=done))
    return 0


def _keys(office: Office) -> object_keys.KeyRing:
    if isinstance(office.store, storage.SealedStore) and isinstance(
        office.store.keys, object_keys.KeyRing
    ):
        return office.store.keys
    raise CannotDo(t("This installation does not encrypt its files (DOCFLOW_STORE_KEYS)."))


def list_holds(data: Path | None, *, acting_as: str | None, as_json: bool) -> int:
    """Holds and erasures that the acting person may see."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        held = custody.holds.holds(session, by=by)
        asked = custody.erasure.requests(session, by=by)
        zone = office.settings.zone
    if as_json:
        print_json(
            {
                "holds": [{**asdict(one), **_times(one)} for one in held],
                "erasures": [{**asdict(one), **_times(one)} for one in asked],
            }
        )
        return 0
    for hold in held:
        end = shown(hold.released_at, zone) if hold.released_at else "-"
        print(f"{hold.id}\t{hold.label}\t{shown(hold.placed_at, zone)}\t{end}\t{hold.reason}")
    for one in asked:
        decision = {None: "?", True: "+", False: "-"}[one.is_approved]
        print(f"{one.id}\t{one.label}\t{decision}\t{one.basis}\t{one.reason}")
    return 0


def _times(one: custody.HoldInfo | custody.ErasureInfo) -> dict[str, str | None]:
    values = asdict(one)
    return {
        name: values[name].isoformat() if values[name] else None
        for name in values
        if name.endswith("_at")
    }


def place(
    data: Path | None, *, cited: str, book: str | None, reason: str, acting_as: str | None
) -> int:
    """Place a hold."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        entry = numbered(session, cited, book, by=by)
        hold = custody.holds.place(session, entry.id, reason, by=by)
        say(t("Hold {id}: {number} is under a legal hold.", id=hold.id, number=entry.label))
    return 0


def release(data: Path | None, *, hold_id: int, reason: str, acting_as: str | None) -> int:
    """Take a hold away."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        custody.holds.release(session, hold_id, reason, by=by)
    say(t("The hold was taken away."))
    return 0


def erase(
    data: Path | None,
    *,
    cited: str,
    book: str | None,
    basis: str,
    reason: str,
    acting_as: str | None,
) -> int:
    """Ask for an erasure."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        entry = numbered(session, cited, book, by=by)
        row = custody.erasure.ask(session, entry.id, basis=basis, reason=reason, by=by)
        say(t("Erasure {id} of {number}: another person decides.", id=row.id, number=entry.label))
    return 0


def decide(
    data: Path | None, *, erasure_id: int, approve: bool, reason: str, acting_as: str | None
) -> int:
    """Approve or refuse an erasure."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        if approve:
            custody.erasure.approve(session, erasure_id, by=by)
        else:
            custody.erasure.refuse(session, erasure_id, reason=reason, by=by)
    if approve:
        say(t("The personal data of the entry were erased."))
    else:
        say(t("The erasure was refused."))
    return 0


def reads_of(
    data: Path | None,
    *,
    month: str,
    output: Path | None,
    acting_as: str | None,
    as_json: bool,
) -> int:
    """The report of a month, printed or written. Raises NotAllowed, BadMonth."""
    year, dash, number = month.partition("-")
    if not (dash and year.isdecimal() and number.isdecimal()):
        raise CannotDo(t("Write the month as YYYY-MM, for example 2026-11."))
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        zone = office.settings.zone
        report = reads.monthly(session, int(year), int(number), by=by, zone=zone)
        form = output.suffix.removeprefix(".") if output else "text"
        if output is not None and form not in ("csv", "pdf"):
            raise CannotDo(t("Name the file .csv or .pdf."))
        reads.record_report(session, report, form, by=by)
        if output is not None:
            content = (
                reads.report_csv(report, language=by.language, zone=zone)
                if form == "csv"
                else reads.report_pdf(
                    session, report, body_id=by.body_id, language=by.language, zone=zone
                )
            )
            output.write_bytes(content)
    if as_json:
        lines = [{**asdict(one), "at": one.at.isoformat()} for one in report.confidential_reads]
        print_json({**asdict(report), "confidential_reads": lines})
        return 0
    say(
        t(
            "{reads} readings by {people} persons, {confidential} of confidential entries.",
            reads=report.reads,
            people=report.people,
            confidential=report.confidential,
        )
    )
    return 0
