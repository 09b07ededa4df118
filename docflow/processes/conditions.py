"""Expressions of a definition, evaluated by a calculator that knows no Python objects.

`simpleeval` walks the syntax tree itself: there is no eval, no import and no attribute. What the
process does not know (yet) is None, so that a condition may ask for it.
"""

import ast
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from simpleeval import DEFAULT_OPERATORS, EvalWithCompoundTypes, InvalidExpression

from docflow.errors import Conflict
from docflow.i18n import Text, t

MAX_LENGTH = 500
_MAX_RESULT = 10_000  # characters; a result is kept with the process
_MAX_NUMBER = 10**15  # beyond any amount in cents; numbers that grow without end would stop us

_ALLOWED = (
    ast.Expression,
    ast.BoolOp,
    ast.And,
    ast.Or,
    ast.UnaryOp,
    ast.Not,
    ast.USub,
    ast.UAdd,
    ast.BinOp,
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.Div,
    ast.FloorDiv,
    ast.Mod,
    ast.Compare,
    ast.Eq,
    ast.NotEq,
    ast.Lt,
    ast.LtE,
    ast.Gt,
    ast.GtE,
    ast.In,
    ast.NotIn,
    ast.Is,
    ast.IsNot,
    ast.IfExp,
    ast.Call,
    ast.Name,
    ast.Load,
    ast.Constant,
    ast.List,
    ast.Tuple,
    ast.Dict,
    ast.Subscript,
)


class ExpressionFailed(Conflict):
    """A condition of the process could not be worked out."""


def _rounded(value: float) -> int:
    """To the nearest whole, half up, as amounts are rounded; Python itself rounds half to even."""
    return int(Decimal(str(value)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "len": len,
    "round": _rounded,
}


def _remainder(left: Any, right: Any) -> Any:
    """Of numbers alone: with text on its left, % would make a text of any length."""
    if isinstance(left, str):
        raise TypeError("a text has no remainder")
    return left % right


_OPERATORS = {**DEFAULT_OPERATORS, ast.Mod: _remainder}


def problem(expression: str) -> Text | None:
    """What is wrong with an expression as it stands in a definition; None where it is good."""
    if not expression.strip():
        return t("The expression is empty.")
    if len(expression) > MAX_LENGTH:
        return t("An expression has at most {max} characters.", max=MAX_LENGTH)
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return t("“{expression}” is not an expression.", expression=expression.strip()[:80])
    for node in ast.walk(tree):
        is_known_call = (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in _FUNCTIONS
            and not node.keywords
        )
        if not isinstance(node, _ALLOWED) or (isinstance(node, ast.Call) and not is_known_call):
            return t(
                "“{expression}” is more than a calculation. Comparisons, sums, and, or, not, in "
                "and the functions {functions} are allowed.",
                expression=expression.strip()[:80],
                functions=", ".join(_FUNCTIONS),
            )
    return None


def names(expression: str) -> frozenset[str]:
    """What an expression that is good asks for."""
    tree = ast.parse(expression.strip(), mode="eval")
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return frozenset(
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called
    )


def evaluate(expression: str, data: Mapping[str, Any]) -> Any:
    """The value of an expression over the data of a process. Raises ExpressionFailed."""
    if problem(expression) is not None:
        raise ExpressionFailed(_failed(expression))
    calculator = EvalWithCompoundTypes(
        operators=_OPERATORS,
        functions=dict(_FUNCTIONS),
        names=lambda node: data.get(node.id),
    )
    try:
        value = calculator.eval(expression.strip())
    except (InvalidExpression, ArithmeticError, TypeError, ValueError, LookupError) as error:
        raise ExpressionFailed(_failed(expression)) from error
    if not is_countable(value):
        raise ExpressionFailed(_failed(expression))
    if isinstance(value, str | list | dict | tuple) and len(str(value)) > _MAX_RESULT:
        raise ExpressionFailed(_failed(expression))
    return value


def is_countable(value: Any) -> bool:
    """Whether no number in the value is too large to reckon with, infinite, or none at all."""
    if isinstance(value, int | float):
        return abs(value) <= _MAX_NUMBER  # NaN is not
    if isinstance(value, dict):
        return all(is_countable(one) for pair in value.items() for one in pair)
    if isinstance(value, list | tuple):
        return all(is_countable(one) for one in value)
    return True


def _failed(expression: str) -> Text:
    return t(
        "“{expression}” has no value with what the process knows now.",
        expression=expression.strip()[:80],
    )
