"""Dates in running text, in figures and with the names of months, in Greek, English, Hungarian,
Czech, German and French; and how many days a text gives."""

import re
from collections.abc import Iterator
from datetime import date

_MONTHS = (
    "ιανουαρ|januar|unor|jan|leden|ledna|janvier",
    "φεβρουαρ|february?|febr|unora|fevrier",
    "μαρτι|march|marciu|marc|brezn|marz|mars",
    "απριλ|april|dubn|avril",
    "μαι|may|maju|kvetn|mai",
    "ιουνι|june|juni|cervna|cerven|juin",
    "ιουλι|july|juli|cervenc|juillet",
    "αυγουστ|august|srpn|aout",
    "σεπτεμβρ|september|szeptember|zari|septembre",
    "οκτωβρ|october|oktober|rijn|octobre",
    "νοεμβρ|november|listopad|novembre",
    "δεκεμβρ|december|prosin|dezember|decembre",
)
# Longer beginnings first: «cervenc» (July) begins as «cerven» (June) does.
_BEGINNINGS = sorted(
    ((word, month) for month, words in enumerate(_MONTHS, 1) for word in words.split("|")),
    key=lambda pair: -len(pair[0]),
)
_MONTH = "|".join(word for word, _ in _BEGINNINGS)
_DAY, _YEAR = r"(?P<day>[0-3]?\d)", r"(?P<year>(?:19|20)\d\d)"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"(?<!\d)(?<!\d[.-]){_DAY} ?[/.,\-] ?(?P<month>[01]?\d) ?[/.,\-] ?{_YEAR}(?!\d)",
        rf"(?<!\d)(?<!\d[.-]){_YEAR} ?[.\-/] ?(?P<month>[01]?\d) ?[.\-/] ?{_DAY}(?!\d)",
        rf"(?<!\d){_DAY}(?:η|ησ|στ|nd|rd|th|er)?\.? (?:of )?"
        rf"(?P<word>{_MONTH})\w*\.?,? {_YEAR}(?!\d)",
        rf"(?<!\w)(?P<word>{_MONTH})\w*\.? {_DAY}(?:st|nd|rd|th)?,? {_YEAR}(?!\d)",
        rf"(?<!\d){_YEAR}\. ?(?P<word>{_MONTH})\w* {_DAY}(?!\d)",
    )
)
ANY = "(?:" + "|".join(re.sub(r"\?P<\w+>", "?:", form.pattern) for form in _FORMS) + ")"

_NUMBERS = {
    "τρι|three|harom|tri": 3,
    "τεσσαρ|four|negy|ctyr": 4,
    "πεντ|five|ot|peti|pet": 5,
    "εξι|six|hat|sesti": 6,
    "επτ|εφτ|seven|het|sedmi": 7,
    "οκτ|οχτ|eight|nyolc|osmi": 8,
    "εννε|nine|kilenc|deviti": 9,
    "δεκα|ten|tiz|deseti": 10,
    "δωδεκα|twelve|tizenket": 12,
    "δεκαπεντ|fifteen|tizenot|patnacti": 15,
    "εικοσ|twenty|husz|dvaceti": 20,
    "τριαντ|thirty|harminc|triceti": 30,
    "σαραντ|forty|negyven|ctyriceti": 40,
    "εξηντ|sixty|hatvan|sedesati": 60,
    "ενενηντ|ninety|kilencven|devadesati": 90,
}
_COUNTED = sorted(
    ((word, number) for words, number in _NUMBERS.items() for word in words.split("|")),
    key=lambda pair: -len(pair[0]),
)
NUMBER = r"(?:\d{1,3}|(?:" + "|".join(word for word, _ in _COUNTED) + r")\w*)"


def dates(key: str) -> Iterator[tuple[date, int, int]]:
    """Every date in a folded text, with where it begins and ends."""
    taken = [False] * len(key)
    for form in _FORMS:
        for match in form.finditer(key):
            day = _date(match)
            if day is None or any(taken[match.start() : match.end()]):
                continue
            taken[match.start() : match.end()] = [True] * (match.end() - match.start())
            yield day, match.start(), match.end()


def first_date(key: str) -> tuple[date, int, int] | None:
    """The date that comes first in a folded text."""
    return min(dates(key), key=lambda one: one[1], default=None)


def _date(match: re.Match[str]) -> date | None:
    said = match.groupdict()
    month = int(said["month"]) if said.get("month") else _month(said["word"])
    try:
        return date(int(said["year"]), month, int(said["day"]))
    except ValueError:
        return None


def _month(word: str) -> int:
    return next(month for beginning, month in _BEGINNINGS if word.startswith(beginning))


def number(word: str) -> int | None:
    """A whole number in figures or, up to ninety as far as deadlines are given so, in words."""
    if word.isdecimal():
        return int(word)
    return next((value for beginning, value in _COUNTED if word.startswith(beginning)), None)
