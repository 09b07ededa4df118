"""`docflow audit`: is everything as it was written?"""

import sys
from dataclasses import asdict
from pathlib import Path

from docflow import audit, registry, tables
from docflow.cli import finding
from docflow.cli.output import print_json, say, warn
from docflow.i18n import t

__all__ = ["check_numbers", "tables", "verify"]  # `tables` registers every package's checks


def verify(data: Path | None, *, as_json: bool) -> int:
    """Recompute the chain and compare the database with it; 1 where something was altered."""
    show_progress = _progress if not as_json and sys.stderr.isatty() else None
    with finding.office(data) as office, office.db.read() as session:
        outcome = audit.verify(session, progress=show_progress)
    if as_json:
        print_json(
            {
                "sound": outcome.is_sound,
                "links": outcome.links,
                "unchained": outcome.unchained,
                "head": outcome.head,
                "findings": [asdict(finding) for finding in outcome.findings],
            }
        )
        return int(not outcome.is_sound)
    for found in outcome.findings:
        warn(f"{found.what}: {found.detail}")
    say(
        t(
            "{n} events in the chain, {m} wait for their place.",
            n=outcome.links,
            m=outcome.unchained,
        )
    )
    say(t("Last link: {head}", head=outcome.head))
    if outcome.is_sound:
        say(t("Nothing was altered."))
    else:
        warn(t("Something was altered, see above. Leave all as it is, and find out why."))
    return int(not outcome.is_sound)


def check_numbers(data: Path | None, *, acting_as: str | None, as_json: bool) -> int:
    """One line a book-year that is open to the acting person; 1 where a series is broken."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        series = registry.contiguity(session, by=by)
    broken = any(one.problems for one in series)
    if as_json:
        print_json({"contiguous": not broken, "series": [asdict(one) for one in series]})
        return int(broken)
    for one in series:
        say(
            t(
                "{book} {year}: {entries} entries, last number {last}, {annulled} annulled",
                book=one.book,
                year=one.year,
                entries=one.entries,
                last=one.last_number,
                annulled=one.annulled,
            )
        )
        for problem in one.problems:
            warn(f"  {problem}")
    return int(broken)


def _progress(done: int, total: int) -> None:
    print(f"\r{done}/{total}", end="", file=sys.stderr, flush=True)
