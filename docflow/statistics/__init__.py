"""Figures of the register and of the work on it, over what a person may see."""

from docflow.statistics.board import AGES, Board, Load, board
from docflow.statistics.export import FORMATS, StatisticsFormat, as_json, written
from docflow.statistics.figures import (
    LONGEST_PERIOD,
    BadStatisticsPeriod,
    Figures,
    Group,
    Measures,
    Wanted,
    figures,
)
from docflow.statistics.grouping import By
from docflow.statistics.scope import may_see, sees_board, sees_unit

__all__ = [
    "AGES",
    "FORMATS",
    "LONGEST_PERIOD",
    "BadStatisticsPeriod",
    "Board",
    "By",
    "Figures",
    "Group",
    "Load",
    "Measures",
    "StatisticsFormat",
    "Wanted",
    "as_json",
    "board",
    "figures",
    "may_see",
    "sees_board",
    "sees_unit",
    "written",
]
