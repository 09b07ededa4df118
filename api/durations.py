"""Spans of time as people say them: minutes, hours, or days and hours."""

from docflow.i18n import Text, t

_DAY = 24


def duration(hours: float | None) -> Text | str:
    """So many hours in words; a dash where nothing was measured."""
    if hours is None:
        return "–"
    if hours < 1:
        return t("{n} min", n=round(hours * 60))
    whole = round(hours)
    if whole < 2 * _DAY:
        return t("{n} h", n=whole)
    days, rest = divmod(whole, _DAY)
    return t("{days} d {hours} h", days=days, hours=rest) if rest else t("{days} d", days=days)
