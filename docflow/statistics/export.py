"""Figures as a file: CSV and XLSX as people open them, JSON as programs read it."""

import csv
import json
from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from io import BytesIO, StringIO
from typing import Any

from docflow.i18n import Text, t
from docflow.statistics.figures import Figures, Measures
from docflow.statistics.grouping import By


class StatisticsFormat(StrEnum):
    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"


FORMATS: Mapping[StatisticsFormat, str] = {
    StatisticsFormat.CSV: "text/csv; charset=utf-8",
    StatisticsFormat.JSON: "application/json",
    StatisticsFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
HEADS: Mapping[By, Text] = {
    By.UNIT: t("Unit"),
    By.KIND: t("Kind of document"),
    By.CHANNEL: t("Way of delivery"),
    By.DIRECTION: t("Direction"),
    By.MONTH: t("Month"),
}
# In the order of `Measures`; shares stand after the counts that they are made of.
COLUMNS: tuple[tuple[str, Text], ...] = (
    ("entries", t("Entries")),
    ("open", t("Open items")),
    ("closed", t("Closed items")),
    ("overdue", t("Overdue items")),
    ("late", t("Closed late")),
    ("on_time", t("Closed on time")),
    ("on_time_share", t("On time (%)")),
    ("mean", t("Time to close, mean (hours)")),
    ("median", t("Time to close, median (hours)")),
    ("p90", t("Time to close, nine of ten (hours)")),
    ("answered", t("Answered items")),
    ("answer_mean", t("Time to answer, mean (hours)")),
    ("answer_longest", t("Time to answer, longest (hours)")),
    ("escalated", t("Escalated items")),
    ("escalated_share", t("Escalated (%)")),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute


def written(figures: Figures, form: StatisticsFormat, *, language: str) -> bytes:
    """The groups and their total in this form."""
    if form is StatisticsFormat.JSON:
        return json.dumps(as_json(figures), ensure_ascii=False, indent=1).encode()
    rows = _rows(figures, language)
    return _csv(rows) if form is StatisticsFormat.CSV else _xlsx(rows)


def as_json(figures: Figures) -> dict[str, Any]:
    """Groups and total; shares from 0 to 1, times in hours, null where nothing was measured."""
    wanted = figures.wanted
    return {
        "first_day": wanted.first_day.isoformat(),
        "last_day": wanted.last_day.isoformat(),
        "by": wanted.by,
        "groups": [
            {"key": group.key, "title": group.title} | _measures(group.measures)
            for group in figures.groups
        ],
        "total": _measures(figures.total),
    }


def _measures(measures: Measures) -> dict[str, Any]:
    return asdict(measures) | {
        "on_time_share": measures.on_time_share,
        "escalated_share": measures.escalated_share,
    }


def _rows(figures: Figures, language: str) -> list[list[Any]]:
    head = [HEADS[figures.wanted.by], *(text for _, text in COLUMNS)]
    rows: list[list[Any]] = [[text.in_language(language) for text in head]]
    rows += [[group.title, *_cells(group.measures)] for group in figures.groups]
    rows.append([t("Total").in_language(language), *_cells(figures.total)])
    return rows


def _cells(measures: Measures) -> list[int | float | None]:
    """Shares in percent, times with two places."""
    found: list[int | float | None] = []
    for name, _ in COLUMNS:
        value = getattr(measures, name)
        if name.endswith("_share") and value is not None:
            value *= 100
        found.append(round(value, 2) if isinstance(value, float) else value)
    return found


def _csv(rows: list[list[Any]]) -> bytes:
    """UTF-8 with a byte order mark and semicolons; decimal commas, as Greek programs want them."""
    file = StringIO()
    writer = csv.writer(file, delimiter=";")
    for row in rows:
        writer.writerow([_text(cell) for cell in row])
    return file.getvalue().encode("utf-8-sig")


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return str(cell).replace(".", ",")
    said = str(cell)
    return f"'{said}" if said.startswith(_FORMULA) else said


def _xlsx(rows: list[list[Any]]) -> bytes:
    # Imported here: only who writes a sheet needs the library.
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row, cells in enumerate(rows, start=1):
        for column, value in enumerate(cells, start=1):
            cell = sheet.cell(row, column, value)
            if isinstance(value, str):
                cell.data_type = "s"  # text, whatever it begins with
    for column in range(1, len(rows[0]) + 1):
        head = sheet.cell(1, column)
        head.font, head.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(column)].width = 44 if column == 1 else 14
    sheet.freeze_panes = "B2"
    file = BytesIO()
    book.save(file)
    return file.getvalue()
