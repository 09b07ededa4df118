"""Rules of fees, as data: `fee.json` in the folder of a service.

    {"format": 1,
     "items": [
       {"kind": "fixed", "amount": "5.00", "label": {"el": "Τέλος", "en": "Fee"}},
       {"kind": "given", "field": "amount", "least": "1.00", "most": "5000.00", "label": …},
       {"kind": "per-piece", "field": "copies", "amount": "2.00", "free": 1, "label": …},
       {"kind": "table", "field": "zone", "rows": {"a": "50.00"}, "otherwise": "20.00", "label": …},
       {"kind": "percentage", "field": "value", "percent": "2.5", "least": "3.00", "label": …}],
     "by_day": [
       {"kind": "share", "since": "violation_on", "until_day": 10, "percent": "50", "label": …},
       {"kind": "surcharge", "since": "violation_on", "after_day": 60, "percent": "1",
        "each": "month", "most_percent": "20", "label": …}],
     "working_day_end": true}

Items are added up; an item with `"when": {"field": "urgent", "is": true}` counts only then. A
`share` says what part is owed by who pays until that day; a `surcharge` is added after it, once or
for each day or month (of thirty days) that began. Day 1 is the day after `since`. With
`working_day_end` a term that ends on a day off ends on the next working day (ν. 2690/1999 art. 10).
Amounts are euros in a string with a decimal point; each part is rounded to a cent, half a cent up.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from docflow.errors import Invalid
from docflow.i18n import Text, t
from docflow.payments import amounts

Words = Mapping[str, str]  # language -> text
_ITEMS = {
    "fixed": {"amount"},
    "given": {"field"},
    "per-piece": {"field", "amount"},
    "table": {"field", "rows"},
    "percentage": {"field", "percent"},
}
_BY_DAY = {"share": {"since", "until_day", "percent"}, "surcharge": {"since", "after_day"}}
_MORE = {
    "given": {"least", "most"},
    "per-piece": {"free"},
    "table": {"otherwise"},
    "percentage": {"least", "most"},
    "surcharge": {"percent", "amount", "each", "most_percent"},
}
_AMOUNTS = ("amount", "least", "most", "otherwise")
_DAYS_OF_MONTH = 30


class BadFeeRule(Invalid):
    """The rule of the fee is not right."""


class FeeUnknown(Invalid):
    """The fee cannot be reckoned from what was given."""


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One part of the amount; negative where it takes something off."""

    label: Words
    cents: int


@dataclass(frozen=True, slots=True)
class Fee:
    """What is owed on a day. `until` is the last day on which it is this much, if it changes."""

    cents: int
    lines: tuple[FeeLine, ...]
    until: date | None


@dataclass(frozen=True, slots=True)
class FeeRule:
    """A rule that was checked: `items` and `by_day` as they stand in the file."""

    items: tuple[Mapping[str, Any], ...]
    by_day: tuple[Mapping[str, Any], ...] = ()
    working_day_end: bool = False

    @classmethod
    def fixed(cls, cents: int, label: Words) -> "FeeRule":
        """The rule of an amount that is known."""
        amount = f"{cents // 100}.{cents % 100:02}"
        return cls(items=({"kind": "fixed", "amount": amount, "label": dict(label)},))

    @property
    def fields(self) -> frozenset[str]:
        """The fields of the form that the rule asks."""
        asked = {item.get("field") for item in self.items} | {
            item["when"]["field"] for item in self.items if "when" in item
        }
        return frozenset(filter(None, asked | {change["since"] for change in self.by_day}))

    def as_json(self) -> dict[str, Any]:
        return {
            "format": 1,
            "items": [dict(item) for item in self.items],
            "by_day": [dict(change) for change in self.by_day],
            "working_day_end": self.working_day_end,
        }

    def values(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Those values of the form that the rule asks, and no other."""
        return {name: data[name] for name in sorted(self.fields) if name in data}

    def compute(
        self,
        data: Mapping[str, Any],
        *,
        on: date,
        at_or_after: Callable[[date], date] = lambda day: day,
    ) -> Fee:
        """What is owed by who pays on the day `on`.

        `data` are the values of the form; amounts in it are cents (int) or as typed (str), dates
        are ISO. `at_or_after` gives the working day on which a term ends (`workdays.Calendar`).
        Raises FeeUnknown, with the field that is missing or wrong.
        """
        lines = [line for item in self.items if (line := _item(item, data)) is not None]
        total = sum(line.cents for line in lines)
        ends = at_or_after if self.working_day_end else _same
        changed: list[FeeLine] = []
        until: list[date] = []
        is_shared = False
        for change in self.by_day:
            line, last = _changed(change, data, total, on, ends, is_shared=is_shared)
            is_shared = is_shared or (change["kind"] == "share" and line is not None)
            changed += [line] if line is not None else []
            until += [last] if last is not None else []
        lines += [line for line in changed if line.cents]
        cents = sum(line.cents for line in lines)
        return Fee(max(0, cents), tuple(lines), min(until, default=None))


def read(written: Mapping[str, Any]) -> FeeRule:
    """The rule in a file. Raises BadFeeRule, which says where in it the fault is."""
    _keys(written, "", {"format", "items"}, {"by_day", "working_day_end"})
    if written["format"] != 1:
        raise _bad("format", t("only format 1 is known"))
    items = _list(written, "items")
    for place, item in items:
        _part(item, place, _ITEMS)
        if "when" in item:
            if not isinstance(item["when"], Mapping):
                raise _bad(f"{place}.when", t("must be an object"))
            _keys(item["when"], f"{place}.when", {"field", "is"}, set())
    by_day = _list(written, "by_day")
    for place, change in by_day:
        _part(change, place, _BY_DAY)
        _change(change, place)
    if not items:
        raise _bad("items", t("must name at least one amount"))
    return FeeRule(
        items=tuple(item for _, item in items),
        by_day=tuple(change for _, change in by_day),
        working_day_end=written.get("working_day_end") is True,
    )


def _list(written: Mapping[str, Any], name: str) -> list[tuple[str, Mapping[str, Any]]]:
    parts = written.get(name, [])
    if not isinstance(parts, list) or not all(isinstance(part, Mapping) for part in parts):
        raise _bad(name, t("must be a list of objects"))
    return [(f"{name}[{place}]", part) for place, part in enumerate(parts)]


def _part(part: Mapping[str, Any], place: str, kinds: Mapping[str, set[str]]) -> None:
    kind = str(part.get("kind"))
    if kind not in kinds:
        raise _bad(f"{place}.kind", t("must be one of {kinds}", kinds=", ".join(kinds)))
    more = {"when"} if kinds is _ITEMS else set()
    _keys(part, place, {"kind", "label", *kinds[kind]}, _MORE.get(kind, set()) | more)
    label = part["label"]
    if not isinstance(label, Mapping) or not all(label.get(code) for code in ("el", "en")):
        raise _bad(f"{place}.label", t("must be a text in el and in en"))
    for name in ("field", "since"):
        if name in part and not (isinstance(part[name], str) and part[name]):
            raise _bad(f"{place}.{name}", t("must name a field of the form"))
    for name in _AMOUNTS:
        if name in part:
            _amount(part[name], f"{place}.{name}")
    if "percent" in part:
        _percent(part["percent"], f"{place}.percent")
    if "rows" in part:
        if not isinstance(part["rows"], Mapping) or not part["rows"]:
            raise _bad(f"{place}.rows", t("must be an object of amounts"))
        for value, amount in part["rows"].items():
            _amount(amount, f"{place}.rows.{value}")
    for name in ("free", "until_day", "after_day"):
        if name in part and not (type(part[name]) is int and 0 <= part[name] <= 36500):
            raise _bad(f"{place}.{name}", t("must be a whole number, 0 or more"))


def _change(change: Mapping[str, Any], place: str) -> None:
    if change["kind"] == "surcharge":
        if ("percent" in change) == ("amount" in change):
            raise _bad(place, t("must have either a percent or an amount"))
        if change.get("each", "once") not in ("once", "day", "month"):
            raise _bad(f"{place}.each", t("must be one of {kinds}", kinds="once, day, month"))
        if "most_percent" in change:
            _percent(change["most_percent"], f"{place}.most_percent")
    elif _percent(change["percent"], f"{place}.percent") > 100:
        raise _bad(f"{place}.percent", t("must be 100 at most"))


def _keys(part: Mapping[str, Any], place: str, needed: set[str], more: set[str]) -> None:
    for name in sorted(needed - set(part)):
        raise _bad(f"{place}.{name}".lstrip("."), t("is missing"))
    for name in sorted(set(part) - needed - more):
        raise _bad(f"{place}.{name}".lstrip("."), t("is not known here"))


def _amount(written: object, place: str) -> int:
    try:
        cents = amounts.exact(written) if isinstance(written, str) else -1
    except amounts.BadAmount:
        cents = -1
    if cents < 0:
        raise _bad(place, t("must be an amount like “50.00”"))
    return cents


def _percent(written: object, place: str) -> Decimal:
    try:
        percent = Decimal(written) if isinstance(written, str) else Decimal(-1)
    except InvalidOperation:
        percent = Decimal(-1)
    if not percent.is_finite() or not 0 <= percent <= 10_000:
        raise _bad(place, t("must be a percentage like “2.5”"))
    return percent


def _bad(place: str, why: Text) -> BadFeeRule:
    return BadFeeRule(t("fee.json, {place}: {why}.", place=place, why=why), field=place)


def _item(item: Mapping[str, Any], data: Mapping[str, Any]) -> FeeLine | None:
    """What the item adds; None where it does not count."""
    when = item.get("when")
    if when is not None and data.get(when["field"]) != when["is"]:
        return None
    kind, label = item["kind"], item["label"]
    if kind == "fixed":
        return FeeLine(label, amounts.exact(item["amount"]))
    field = item["field"]
    if kind == "given":
        return FeeLine(label, _within(item, _money(data, field), field))
    if kind == "per-piece":
        pieces = max(0, _whole(data, field) - item.get("free", 0))
        return FeeLine(label, pieces * amounts.exact(item["amount"]))
    if kind == "table":
        amount = item["rows"].get(str(data.get(field)), item.get("otherwise"))
        if amount is None:
            raise _unknown(field)
        return FeeLine(label, amounts.exact(amount))
    part = Decimal(item["percent"]) * _money(data, field) / 100
    least = amounts.exact(item["least"]) if "least" in item else 0
    most = amounts.exact(item["most"]) if "most" in item else amounts.MOST
    return FeeLine(label, min(max(amounts.rounded(part), least), most))


def _changed(
    change: Mapping[str, Any],
    data: Mapping[str, Any],
    total: int,
    on: date,
    ends: Callable[[date], date],
    *,
    is_shared: bool,
) -> tuple[FeeLine | None, date | None]:
    """What the day changes, and the last day on which it is so. Of shares the first that holds
    counts."""
    since = _day(data, change["since"])
    if change["kind"] == "share":
        last = ends(since + timedelta(days=change["until_day"]))
        if on > last or is_shared:
            return None, None
        owed = amounts.rounded(Decimal(change["percent"]) * total / 100)
        return FeeLine(change["label"], owed - total), last
    last = ends(since + timedelta(days=change["after_day"]))
    if on <= last:
        return None, last
    late = (on - last).days
    step = {"once": late, "day": 1, "month": _DAYS_OF_MONTH}[change.get("each", "once")]
    times = 1 if change.get("each", "once") == "once" else -(-late // step)
    if "amount" in change:
        added = Decimal(times * amounts.exact(change["amount"]))
    else:
        added = times * Decimal(change["percent"]) * total / 100
    until = None if change.get("each", "once") == "once" else last + timedelta(days=times * step)
    if "most_percent" in change:
        most = Decimal(change["most_percent"]) * total / 100
        until = until if added < most else None
        added = min(added, most)
    return FeeLine(change["label"], amounts.rounded(added)), until


def _within(item: Mapping[str, Any], cents: int, field: str) -> int:
    least = amounts.exact(item.get("least", 0))
    most = amounts.exact(item["most"]) if "most" in item else amounts.MOST
    if cents < least:
        why = t("The amount is at least {amount}.", amount=amounts.shown(least))
        raise FeeUnknown(why, field=field)
    if cents > most:
        why = t("The amount is at most {amount}.", amount=amounts.shown(most))
        raise FeeUnknown(why, field=field)
    return cents


def _money(data: Mapping[str, Any], field: str) -> int:
    value = data.get(field)
    if isinstance(value, str):
        return amounts.parse(value, field=field)
    if type(value) is int and 0 <= value <= amounts.MOST:
        return value
    raise _unknown(field)


def _whole(data: Mapping[str, Any], field: str) -> int:
    value = data.get(field)
    if isinstance(value, str) and value.strip().isdecimal() and len(value.strip()) < 7:
        return int(value)
    if type(value) is int and 0 <= value < 1_000_000:
        return value
    raise _unknown(field)


def _day(data: Mapping[str, Any], field: str) -> date:
    value = data.get(field)
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise _unknown(field) from None


def _unknown(field: str) -> FeeUnknown:
    return FeeUnknown(
        t("The fee cannot be reckoned without the field “{field}”.", field=field), field=field
    )


def _same(day: date) -> date:
    return day


def fields_missing(rule: FeeRule, known: Iterable[str]) -> list[str]:
    """The fields that the rule asks and the form does not have."""
    return sorted(rule.fields - set(known))
