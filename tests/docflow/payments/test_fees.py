"""Rules of fees: what they come to on a day, and what is wrong with one."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from docflow.payments import BadAmount, BadFeeRule, FeeRule, FeeUnknown, fields_missing, read_rule

LABEL = {"el": "Τέλος", "en": "Fee"}
FINE = {
    "format": 1,
    "items": [
        {"kind": "given", "field": "amount", "least": "1.00", "most": "5000.00", "label": LABEL}
    ],
    "by_day": [
        {"kind": "share", "since": "on", "until_day": 10, "percent": "50", "label": LABEL},
        {
            "kind": "surcharge",
            "since": "on",
            "after_day": 60,
            "percent": "1",
            "each": "month",
            "most_percent": "20",
            "label": LABEL,
        },
    ],
}


@pytest.mark.parametrize(
    ("day", "cents", "until"),
    [
        (date(2026, 11, 1), 2500, date(2026, 11, 11)),
        (date(2026, 11, 11), 2500, date(2026, 11, 11)),  # the tenth day
        (date(2026, 11, 12), 5000, date(2026, 12, 31)),
        (date(2026, 12, 31), 5000, date(2026, 12, 31)),
        (date(2027, 1, 1), 5050, date(2027, 1, 30)),  # a month that began counts
        (date(2027, 1, 31), 5100, date(2027, 3, 1)),
        (date(2031, 1, 1), 6000, None),  # never more than a fifth
    ],
)
def test_a_fine_is_half_at_first_and_grows_late(day: date, cents: int, until: date | None) -> None:
    fee = read_rule(FINE).compute({"amount": "50,00", "on": "2026-11-01"}, on=day)
    assert (fee.cents, fee.until) == (cents, until)
    assert sum(line.cents for line in fee.lines) == cents


def test_a_term_that_ends_on_a_day_off_ends_on_the_next_working_day() -> None:
    rule = read_rule({**FINE, "working_day_end": True})
    monday = date(2026, 11, 16)
    data = {"amount": 5000, "on": "2026-11-04"}  # the tenth day is a Saturday
    fee = rule.compute(data, on=monday, at_or_after=lambda day: max(day, monday))
    assert (fee.cents, fee.until) == (2500, monday)


def test_items_are_added_up() -> None:
    rule = read_rule(
        {
            "format": 1,
            "items": [
                {"kind": "fixed", "amount": "5.00", "label": LABEL},
                {
                    "kind": "per-piece",
                    "field": "copies",
                    "amount": "0.50",
                    "free": 1,
                    "label": LABEL,
                },
                {
                    "kind": "table",
                    "field": "zone",
                    "rows": {"a": "50.00"},
                    "otherwise": "20.00",
                    "label": LABEL,
                },
                {
                    "kind": "percentage",
                    "field": "value",
                    "percent": "2.5",
                    "least": "3.00",
                    "label": LABEL,
                },
                {
                    "kind": "fixed",
                    "amount": "7.00",
                    "label": LABEL,
                    "when": {"field": "urgent", "is": True},
                },
            ],
        }
    )
    data = {"copies": 3, "zone": "b", "value": "1.234,50", "urgent": False, "name": "Άννα"}
    fee = rule.compute(data, on=date(2026, 1, 1))
    assert [line.cents for line in fee.lines] == [500, 100, 2000, 3086]
    assert rule.compute({**data, "urgent": True}, on=date(2026, 1, 1)).cents == fee.cents + 700
    assert rule.values(data) == {name: data[name] for name in ("copies", "urgent", "value", "zone")}
    assert fields_missing(rule, ["copies", "zone"]) == ["urgent", "value"]
    assert read_rule(rule.as_json()) == rule


def test_what_is_not_in_the_form_is_said() -> None:
    rule = read_rule(FINE)
    with pytest.raises(FeeUnknown, match="amount"):
        rule.compute({"on": "2026-11-01"}, on=date(2026, 11, 2))
    with pytest.raises(FeeUnknown, match="“on”"):
        rule.compute({"amount": 5000, "on": "χθες"}, on=date(2026, 11, 2))
    with pytest.raises(FeeUnknown, match="at most"):
        rule.compute({"amount": "6000", "on": "2026-11-01"}, on=date(2026, 11, 2))
    with pytest.raises(BadAmount, match="two ways"):
        rule.compute({"amount": "1.234", "on": "2026-11-01"}, on=date(2026, 11, 2))


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("format",), 2, "format"),
        (("items",), [], "items"),
        (("items",), "5.00", "items"),
        (("surprise",), 1, "surprise"),
        (("items", 0, "kind"), "python", r"items\[0\].kind"),
        (("items", 0, "least"), 1, r"items\[0\].least"),
        (("items", 0, "label"), {"el": "Τέλος"}, r"items\[0\].label"),
        (("items", 0, "when"), "import os", r"items\[0\].when"),
        (("by_day", 0, "percent"), "150", r"by_day\[0\].percent"),
        (("by_day", 0, "until_day"), -1, r"by_day\[0\].until_day"),
        (("by_day", 1, "each"), "hour", r"by_day\[1\].each"),
        (("by_day", 1, "amount"), "1.00", r"by_day\[1\]"),
        (("by_day", 1, "since"), "", r"by_day\[1\].since"),
    ],
)
def test_a_wrong_rule_says_where(path: tuple[Any, ...], value: Any, place: str) -> None:
    written = deepcopy(FINE)
    part: Any = written
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    with pytest.raises(BadFeeRule, match=f"fee.json, {place}: "):
        read_rule(written)


def test_a_known_amount_is_a_rule_too() -> None:
    assert FeeRule.fixed(1234, LABEL).compute({}, on=date(2026, 1, 1)).cents == 1234
