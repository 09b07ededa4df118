"""`docflow audit`: is everything as it was written?"""

from dataclasses import asdict, replace
from pathlib import Path

from docflow import audit, custody, registry, tables
from docflow.cli import finding
from docflow.cli.output import print_json, say, warn
from docflow.cli.progress import Progress
from docflow.i18n import t

__all__ = ["check_numbers", "tables", "verify"]  # `tables` registers every package's checks


def verify(data: Path | None, *, kept: list[Path], objects: bool = False, as_json: bool) -> int:
    """Make the log again and compare the database with it; 1 where something was altered."""
    told = None if as_json else Progress()
    with finding.office(data) as office:
        with office.db.read() as session:
            outcome = audit.verify(
                session,
                kept=[path.read_text() for path in kept],
                trust_roots=_roots(office.settings.trust_roots),
                progress=told,
            )
        if objects:
            flaws = tuple(custody.verify_objects(office, progress=told))
            outcome = replace(outcome, findings=outcome.findings + flaws)
    if as_json:
        print_json(
            {
                "sound": outcome.is_sound,
                "leaves": outcome.leaves,
                "waiting": outcome.waiting,
                "checkpoints": outcome.checkpoints,
                "heads": [
                    {"origin": head.origin, "size": head.size, "root": head.root.hex()}
                    for head in outcome.heads
                ],
                "findings": [asdict(finding) for finding in outcome.findings],
            }
        )
        return int(not outcome.is_sound)
    for found in outcome.findings:
        warn(f"{found.what}: {found.detail}")
    say(
        t(
            "{n} events in the log, {m} wait for their place, {c} signed checkpoints.",
            n=outcome.leaves,
            m=outcome.waiting,
            c=outcome.checkpoints,
        )
    )
    for head in outcome.heads:
        say(t("Root of {n} events: {root}", n=head.size, root=head.root.hex()))
    if outcome.is_sound:
        say(t("Nothing was altered."))
    else:
        warn(t("Something was altered, see above. Leave all as it is, and find out why."))
    return int(not outcome.is_sound)


def _roots(path: Path | None) -> list[bytes]:
    return [path.read_bytes()] if path is not None else []


def check_numbers(data: Path | None, *, acting_as: str | None, as_json: bool) -> int:
    """One line a book-year that is open to the acting person; 1 where a series is broken."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        series = registry.contiguity(session, by=by)
    broken = any(one.problems for one in series)
    if as_json:
        print_json({"contiguous": not broken, "series": [_series(one) for one in series]})
        return int(broken)
    for one in series:
        say(
            t(
                "{book} {year}: {entries} entries, last number {last}, {annulled} annulled",
                book=one.book if one.series == "common" else f"{one.book} ({one.series})",
                year=one.year,
                entries=one.entries,
                last=one.last_number,
                annulled=one.annulled,
            )
        )
        for problem in one.problems:
            warn(f"  {problem}")
    return int(broken)


def _series(one: registry.Contiguity) -> dict[str, object]:
    return {**asdict(one), "problems": [str(problem) for problem in one.problems]}
