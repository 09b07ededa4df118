"""The dry run: every row of an old register is read and judged, and nothing is registered."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docflow.imports import judging, sheets
from docflow.imports.comparing import Compared, Register
from docflow.imports.judging import Fault, Judged, Rules
from docflow.imports.sheets import Form

SHOWN = 200  # faults and gaps on the page; the downloaded report has all
EVERY = 2000  # rows between two signs of life
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a dry run found."""

    rows: int
    faults: tuple[Fault, ...]
    compared: Compared

    @property
    def bad_rows(self) -> frozenset[int]:
        """The rows that cannot be taken over."""
        return frozenset(fault.row for fault in self.faults if fault.is_error)


def judged(path: Path, form: Form, rules: Rules) -> Iterator[Judged]:
    """Each row below the header, judged by itself."""
    for number, cells in sheets.rows(path, form):
        if number > form.header:
            yield judging.judge(number, cells, rules)


def check(path: Path, form: Form, rules: Rules, *, progress: Progress) -> Checked:
    """Judge all rows, alone and among each other. Raises NoTable and TableTooLarge."""
    register, faults, rows = Register(), list[Fault](), 0
    for one in judged(path, form, rules):
        rows += 1
        register.add(one)
        faults += one.faults
        if rows % EVERY == 0:
            progress(rows)
    compared = register.compare(duplicates=rules.duplicates)
    faults += compared.faults
    faults.sort(key=lambda fault: (fault.row, fault.problem))
    return Checked(rows, tuple(faults), compared)


def summary(checked: Checked) -> dict[str, Any]:
    """The report as the page and the API show it."""
    bad = checked.bad_rows
    return {
        "rows": checked.rows,
        "good": checked.rows - len(bad),
        "bad": len(bad),
        "warnings": sum(not fault.is_error for fault in checked.faults),
        "problems": judging.counted(checked.faults),
        "numbers": checked.compared.numbers,
        "last": checked.compared.last,
        "missing": checked.compared.missing,
        "gaps": [list(gap) for gap in checked.compared.gaps[:SHOWN]],
        "left_out": [list(gap) for gap in checked.compared.left_out[:SHOWN]],
        "faults": [
            [fault.row, fault.number, fault.problem.value, fault.detail, fault.is_error]
            for fault in checked.faults[:SHOWN]
        ],
    }


def report(checked: Checked, words: dict[str, str], headings: Sequence[str]) -> bytes:
    """All faults and gaps as CSV that a spreadsheet opens: UTF-8 with BOM, semicolons.

    `words` name each problem, and `gap`; `headings` are the five columns.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(headings)
    for fault in checked.faults:
        kind = words["error"] if fault.is_error else words["warning"]
        row = [fault.row, _inert(fault.number), kind, words[fault.problem], _inert(fault.detail)]
        writer.writerow(row)
    for series, first, last in checked.compared.gaps:
        name = "" if series == "common" else series
        span = f"{first}-{last}" if last > first else str(first)
        writer.writerow(["", span, words["warning"], words["gap"], name])
    return ("\ufeff" + out.getvalue()).encode()


def _inert(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
