"""The head of a letter: the sender's number, the date, the subject, whom it is addressed to."""

import re
from collections.abc import Sequence
from datetime import date, timedelta

from docflow.folding import fold
from docflow.understanding import labels
from docflow.understanding.dates import dates, first_date
from docflow.understanding.layout import Finding, Run, Sheet, found

_HEAD = 0.6  # of the first page's height
_OLDEST = timedelta(days=20 * 365)
_READABLE = 0.55
_INDENT = 9.0  # points
_MAX_REFERENCE, _MAX_SUBJECT = 60, 400
_PLACE_DATE = re.compile(r"^\W*[a-zα-ω.' -]{2,30},? ?(?:στισ |τησ |τη |the |dne )?$")
# What a document without the word «Θέμα» calls itself, in capitals over its text.
_TITLES = re.compile(
    r"^\W*(?:πιστοποιητικο|βεβαιωση|αιτηση|υπευθυνη δηλωση|δηλωση|ενσταση|προσφυγη|"
    r"καταγγελια|τιμολογιο|προσφορα|προσκληση|ανακοινωση|εγκυκλιοσ|συμβαση|εξουσιοδοτηση|"
    r"εκθεση|πρακτικο|certificate|application|invoice|declaration|igazolas|kerelem|szamla|"
    r"hatarozat|potvrzeni|zadost|faktura|rozhodnuti)"
)


def reference(sheet: Sheet) -> Finding | None:
    """The number under which the sender keeps the letter, as it is printed."""
    for line, value in labels.labelled(sheet, labels.REFERENCE):
        if line.box[1] > _HEAD * sheet.height:
            continue
        clean = _number_in(value)
        if clean is not None:
            text = _letters_right(clean.text.strip(" .,;:·-–"))
            if len(text) <= _MAX_REFERENCE:
                return found(text, clean, 0.95)
    return None


def _letters_right(number: str) -> str:
    """«0» read for «O» within a part that else has letters only: "/0V" is "/OV"."""

    def right(part: re.Match[str]) -> str:
        letters = part[0].replace("0", "Ο" if re.search("[Α-Ωα-ω]", part[0]) else "O")
        return letters.upper() if number != number.lower() else letters

    return re.sub(r"(?<![^\W_])0[^\W\d_]{1,3}(?![^\W_])", right, number)


def _number_in(value: Run) -> Run | None:
    """The words of a number: up to what is no part of it any more."""
    kept = []
    for place, word in enumerate(value.words):
        key = fold(word.text)
        rest = Run(value.page, value.words[place:])
        if place and (labels.begins_another(rest) or re.match(r"\W*(?:ημερ|βαθμ|σχετ|προσ)", key)):
            break
        if not re.search(r"[\w/]", key):
            break
        kept.append(word)
        has_digit = any(char.isdigit() for char in key)
        if has_digit and not re.search(r"[/.\-–]$", word.text) and not _goes_on(value, place):
            break
    clean = Run(value.page, tuple(kept))
    return clean if any(char.isdigit() for char in clean.key) else None


def _goes_on(value: Run, place: int) -> bool:
    """Whether the next word belongs to the number: "1234 / 12-3-2026", «345 ΕΞ 2026»."""
    rest = [fold(word.text) for word in value.words[place + 1 : place + 3]]
    if not rest:
        return False
    return bool(re.fullmatch(r"[/\-–].*|εξ|εισ|[/]?\d[\d./-]*", rest[0]))


def dated_on(
    sheet: Sheet, *, today: date, reference: Finding | None
) -> tuple[date, Finding] | None:
    """The date of the letter: named so, after a place, or within the sender's number."""
    named = _named_date(sheet)
    if named is None and reference is not None:
        inside = list(dates(fold(reference.value)))
        if inside:
            day = inside[-1][0]
            named = (day, Finding(f"{day:%d/%m/%Y}", reference.confidence, 1, reference.box))
    if named is None or not today - _OLDEST < named[0] <= today + timedelta(days=1):
        return None
    day, finding = named
    said_twice = reference is not None and any(
        day == one[0] for one in dates(fold(reference.value))
    )
    if reference is not None and said_twice and reference.confidence > _READABLE:
        sure = max(finding.confidence, 0.97)  # and read alike
        finding = Finding(finding.value, sure, finding.page, finding.box)
    return day, finding


def _named_date(sheet: Sheet) -> tuple[date, Finding] | None:
    for _, value in labels.labelled(sheet, labels.DATE):
        day = first_date(value.key)
        if day is not None and day[1] <= 25:
            return day[0], _date_finding(value, day, 0.95)
    for line in sheet.lines:
        within = labels.DATE_WITHIN.search(line.key)
        if within and labels.REFERENCE.search(line.key):
            value = line.after(within.end())
            day = first_date(value.key)
            if day is not None and day[1] <= 5:
                return day[0], _date_finding(value, day, 0.95)
    for line in sheet.lines:
        day = first_date(line.key)
        if day is None or len(line.key) - day[2] > 3:
            continue
        if day[1] == 0 or _PLACE_DATE.match(line.key[: day[1]]):
            alone = 0.7 if day[1] == 0 else 0.9
            if line.box[1] < _HEAD * sheet.height or alone > 0.8:
                return day[0], _date_finding(line, day, alone)
    return None


def _date_finding(run: Run, day: tuple[date, int, int], confidence: float) -> Finding:
    return found(f"{day[0]:%d/%m/%Y}", run.cut(day[1], day[2]), confidence)


def subject(sheet: Sheet) -> Finding | None:
    """The subject: named so, with the lines on which it goes on; else the document's title."""
    for line, value in labels.labelled(sheet, labels.SUBJECT):
        if line.box[1] < _HEAD * sheet.height and _is_label(line.text):
            return _subject(sheet, line, value, 0.95)
    for line in sheet.lines:
        if (match := labels.SUMMARY.search(line.key)) is not None:
            return _subject(sheet, line, line.after(match.end()), 0.85)
    for line in sheet.lines:
        if line.box[1] < 0.55 * sheet.height and _is_title(sheet, line):
            return _subject(sheet, line, line, 0.75, only_capitals=True)
    return None


def _is_label(text: str) -> bool:
    """«ΘΕΜΑ», «Θέμα:»; not the word within a sentence."""
    return text[:2].isupper() or (text[:1].isupper() and ":" in text)


def _subject(
    sheet: Sheet, line: Run, value: Run, confidence: float, *, only_capitals: bool = False
) -> Finding | None:
    lines, edges = [value], (line.box[0], value.box[0])
    last = value if value.box[1] > line.box[3] else line
    for more in sheet.following(last, most=3, slack=1.35):
        if labels.begins_another(more) or (only_capitals and more.text != more.text.upper()):
            break
        if min(abs(more.box[0] - edge) for edge in edges) > _INDENT:
            break  # a new paragraph begins
        first_word = more.words[0].x1 - more.words[0].x0
        full = 0.93 if _goes_on_within(lines[-1], more) else 0.97
        if lines[-1].box[2] + first_word < full * sheet.right:
            break  # the next word would have fitted: the paragraph ended here
        lines.append(more)
    run = Run(sheet.number, tuple(word for one in lines for word in one.words))
    text = _joined(lines).strip(" .,;:·-–|'")
    letters = sum(char.isalpha() for char in text)
    if letters < 5 or len(text) > _MAX_SUBJECT:
        return None
    sure = sum(word.confidence for word in run.words) / len(run.words) / 90
    where = Finding(text, round(confidence * min(1.0, sure), 3), run.page, run.box)
    return where


def _goes_on_within(line: Run, more: Run) -> bool:
    """Whether a sentence goes on from one line to the next, by its words."""
    is_open = re.search(r"(?:,|-|(?<!\w)(?:και|του|τησ|των))$", line.key)
    return more.text[:1].islower() or is_open is not None


def _joined(lines: Sequence[Run]) -> str:
    """The lines as one; a word that was divided at the end of a line is whole again."""
    text = ""
    for line in lines:
        if re.search(r"\w-$", text) and line.text[:1].islower():
            text = text[:-1] + line.text
        else:
            text = f"{text} {line.text}".strip()
    return text


def _is_title(sheet: Sheet, line: Run) -> bool:
    letters = [char for char in line.text if char.isalpha()]
    return (
        len(letters) >= 6
        and all(char.isupper() for char in letters)
        and bool(_TITLES.match(line.key))
        and line.box[0] > 0.05 * sheet.width
    )


def addressee(sheet: Sheet) -> list[Run]:
    """The lines that say to whom the letter goes, «Υπόψη» included."""
    lines: list[Run] = []
    for pattern in (labels.TO, labels.ATTENTION):
        for line, value in labels.labelled(sheet, pattern):
            if line.box[1] > _HEAD * sheet.height:
                continue
            lines.append(value)
            last = line if value.box[1] <= line.box[3] else value
            for more in sheet.following(last, most=4):
                if labels.begins_another(more):
                    break
                lines.append(more)
    return lines
