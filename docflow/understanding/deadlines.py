"""By when an answer is asked for: a day, or so many days, in a sentence that asks for something.

«έως» and «εντός» stand in many sentences that ask nothing of us; a deadline that is none makes
more work than one that was not seen. So the sentence must also ask, and must not promise.
"""

import re
from datetime import date, timedelta

from docflow.calendars import Calendar, DayUnit
from docflow.understanding import dates
from docflow.understanding.layout import Finding, Run, found

_UNTIL = re.compile(
    r"(?<!\w)(?:εωσ|μεχρι|το αργοτερο|αργοτερο(?: απο)?|προθεσμια\w*|καταληκτικη ημερομηνια|"
    r"by|until|no later than|not later than|before|deadline\w*|legkesobb|hatarido\w*|nejpozdeji do|"
    r"nejpozdeji|do|spatestens(?: bis)?|bis(?: zum)?|avant le)"
    r"(?: (?:και|την?|τισ|στισ|το|τησ|απο|η|ειναι|μεχρι|εωσ|zum|the|dne|is|\w*δευτερα|\w*τριτη|"
    r"\w*τεταρτη|\w*πεμπτη|\w*παρασκευη))*[:,]? ?$"
)
_WITHIN = re.compile(
    r"(?<!\w)(?:εντοσ|μεσα σε|σε διαστημα|σε προθεσμια|προθεσμια|within|binnen|innerhalb von)"
    r"(?: (?:αποκλειστικησ |ανατρεπτικησ )?προθεσμιασ)? "
    rf"(?P<n>{dates.NUMBER})(?: ?\(\d{{1,3}}\))? ?(?P<work>εργασιμ\w+ |working |business )?"
    r"(?P<unit>ημερ\w+|μερ\w+|days?|tagen)"
    rf"|(?P<hu>{dates.NUMBER}) (?P<huwork>munka)?napon belul"
    rf"|(?<!\w)(?:do|ve lhute) (?P<cs>{dates.NUMBER}) (?P<cswork>pracovnich )?dnu"
)
_ASKS = re.compile(
    r"παρακαλ|καλειστε|καλουνται|οφειλετ|οφειλουν|υποβαλ|υποβολη|αποστειλ|να μασ|γνωρισετ|"
    r"γνωστοποι|απαντησ|προσκομι|καταθεσ|διατυπωσ|ζητουμε|please|kindly|requested to|"
    r"submit|reply|kerem|kerjuk|sziveskedj|felhiv|megfizet|benyujt|zadame|vyzyva|doructe|predlozte|uhrad"
)
_PROMISES = re.compile(r"(?<!\w)(?:θα|will|isxue|ισχυει|valid|ervenyes|platn)(?!\w)")
_REACH = 260  # characters of a sentence that are looked at to either side
_LONGEST = 365


def deadline(
    run: Run, *, today: date, calendar: Calendar | None = None
) -> tuple[date, Finding] | None:
    """The first deadline of a text. So many days count from today, when the letter came.

    Working days are those of `calendar`, or of Greece.
    """
    for day, start, end in sorted(dates.dates(run.key), key=lambda one: one[1]):
        said = _UNTIL.search(run.key[max(0, start - 60) : start])
        if said and _asks(run.key, start, end) and today <= day <= today + timedelta(_LONGEST):
            where = run.cut(start, end)
            return day, found(f"{day:%d/%m/%Y}", where, 0.88)
    for match in _WITHIN.finditer(run.key):
        counted = match["n"] or match["hu"] or match["cs"]
        days = dates.number(counted)
        if days is None or not 1 <= days <= _LONGEST or not _asks(run.key, *match.span()):
            continue
        is_work = match["work"] or match["huwork"] or match["cswork"]
        unit = DayUnit.WORKING if is_work else DayUnit.CALENDAR
        day = (calendar or Calendar()).end(today, days, unit)
        return day, found(f"{day:%d/%m/%Y}", run.cut(*match.span()), 0.75)
    return None


def _asks(key: str, start: int, end: int) -> bool:
    """Whether the sentence around a place asks for something, and promises nothing."""
    before = re.split(r"[a-zα-ω)»]{2,}[.;·] ", key[max(0, start - _REACH) : start])[-1]
    after = re.split(r"(?<=[a-zα-ω)»]{2})[.;·] ", key[end : end + _REACH])[0]
    sentence = f"{before} {after}"
    return bool(_ASKS.search(sentence)) and not _PROMISES.search(sentence)
