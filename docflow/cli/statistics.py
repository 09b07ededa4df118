"""`docflow statistics`."""

from datetime import date
from pathlib import Path

from docflow import clock, statistics
from docflow.cli import finding
from docflow.cli.days import day
from docflow.cli.output import language, print_json, say
from docflow.i18n import t
from docflow.registry import Direction
from docflow.statistics import By, Figures, Measures, StatisticsFormat, Wanted


def show(
    data: Path | None,
    *,
    first_day: str | None,
    last_day: str | None,
    by: str,
    book: str | None,
    direction: str | None,
    output: Path | None,
    form: str,
    acting_as: str | None,
    as_json: bool,
) -> int:
    """Print the figures, or write them into a file. Raises NotAllowed, BadStatisticsPeriod."""
    with finding.office(data) as office, office.db.read() as session:
        zone = office.settings.zone
        today = clock.today(zone)
        wanted = Wanted(
            first_day=day(first_day) if first_day else date(today.year, 1, 1),
            last_day=day(last_day) if last_day else today,
            by=By(by),
            book=book,
            direction=Direction(direction) if direction else None,
        )
        who = finding.acting(session, acting_as)
        found = statistics.figures(session, wanted, by=who, language=language(), zone=zone)
    if output is not None:
        data_of_file = statistics.written(found, StatisticsFormat(form), language=language())
        output.write_bytes(data_of_file)
        say(t("Written to {path}.", path=str(output)))
    elif as_json:
        print_json(statistics.as_json(found))
    else:
        _print(found)
    return 0


def _print(found: Figures) -> None:
    width = max([len(group.title) for group in found.groups] + [5])
    rows = [(group.title, group.measures) for group in found.groups]
    rows.append((t("Total").in_language(language()), found.total))
    head = ("n", "open", "late", "on time", "median h", "answer h", "max h", "esc.")
    say(" " * width + "".join(f"{one:>10}" for one in head))
    for title, measures in rows:
        say(f"{title:<{width}}" + "".join(f"{one:>10}" for one in _cells(measures)))


def _cells(m: Measures) -> tuple[str, ...]:
    shares = [_said(m.on_time_share, 100, " %"), _said(m.escalated_share, 100, " %")]
    return (
        str(m.entries),
        str(m.open),
        str(m.late + m.overdue),
        shares[0],
        _said(m.median),
        _said(m.answer_mean),
        _said(m.answer_longest),
        shares[1],
    )


def _said(value: float | None, times: int = 1, unit: str = "") -> str:
    return "-" if value is None else f"{value * times:.1f}{unit}"
