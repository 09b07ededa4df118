"""Who wrote a letter: what the letterhead says, or the form in which a citizen names himself."""

import re
from collections.abc import Sequence

from docflow.understanding import labels
from docflow.understanding.layout import Finding, Run, Sheet, found

_TOP = 0.45  # of the first page: below it stands no letterhead
# What a body, an authority, a company or an association calls itself.
_NAMES = re.compile(
    r"(?<!\w)(?:δημοσ|δημοτικη επιχειρηση|δευα\w*|υπουργειο|περιφερεια|αποκεντρωμενη διοικηση|"
    r"δ\.?ο\.?υ\.?|αστυνομικ\w+ (?:τμημα|διευθυνση)|πυροσβεστικ\w+|λιμεναρχειο|πρωτοδικειο|"
    r"εφετειο|ειρηνοδικειο|εισαγγελια|νοσοκομειο|πανεπιστημιο|επιμελητηριο|συνδεσμοσ|συλλογοσ|"
    r"σωματειο|ενωση|ομοσπονδια|οργανισμοσ|ιδρυμα|κεντρο|εφορεια|δασαρχειο|κτηματολογιο|"
    r"συνηγοροσ του πολιτη|αρχη|εφκα|οαεδ|δυπα|δεη|δεδδηε|\d+ο (?:γυμνασιο|λυκειο|δημοτικο σχολειο|"
    r"νηπιαγωγειο)|(?:γυμνασιο|λυκειο) |γενικο επιτελειο|συμβουλιο τησ επικρατειασ|"
    r"municipality|ministry|university|managing authority|agency|council|hospital|association|"
    r"city of|"
    r"\w*onkormanyzat\w*|polgarmesteri hivatal|kormanyhivatal|miniszterium|egyetem|korhaz|"
    r"egyesulet|alapitvany|"
    r"\w+ky urad|obecni urad|urad|magistrat|mesto|obec|statutarni mesto|ministerstvo|univerzita|"
    r"nemocnice)(?!\w)"
)
_COMPANY = re.compile(
    r"(?<!\w)(?:α\.? ?ε\.?|ο\.? ?ε\.?|ε\.? ?ε\.?|ε\.?π\.?ε\.?|ι\.?κ\.?ε\.?|α\.?β\.?ε\.?ε?\.?|"
    r"αφοι|ltd|llc|inc|gmbh|kft|zrt|nyrt|bt|s\.? ?r\.? ?o|a\.? ?s)\.?[»\"”]?$"
)
# Wider than who wrote it, or a part of it: the state above, the district beside, offices below.
_ABOVE = re.compile(
    r"^\W*(?:ελληνικη δημοκρατια|νομοσ|hellenic republic|magyarorszag|ceska republika)|"
    r"^\W*υπουργειο\b"
)
_PARTS = re.compile(
    r"^\W*(?:γενικη (?:διευθυνση|γραμματεια)|διευθυνση|δ ?[/1ι] ?νση|τμημα|γραφειο|αυτοτελ|"
    r"υπηρεσια|οικονομικη|τεχνικη|δημοτολογιο|ληξιαρχ|επιτροπη|δημοτικη επιτροπη|"
    r"δημοτικο συμβουλιο|directorate|department|unit|office|registry|osztaly|odbor|"
    r"oddeleni|magistrat mesta)"
)
_MANY_HAVE = re.compile(
    r"\W*(?:managing authority|kozos onkormanyzati hivatal|polgarmesteri hivatal)\W*"
)
_ENDS_OPEN = re.compile(r"(?:,|[-–]|(?<!\w)(?:και|του|τησ|των|&|of|and|a))$")
_MAX_NAME = 200


def sender(sheet: Sheet, *, ours: Sequence[str] = ()) -> Finding | None:
    """The sender's name as it is printed. `ours` are folded names of the body itself.

    Raises nothing; a head that names nobody known as a body, company or applicant gives None.
    """
    return _applicant(sheet) or _letterhead(sheet, ours)


def _applicant(sheet: Sheet) -> Finding | None:
    """The name that a citizen wrote behind «Ονοματεπώνυμο», or surname and name apart."""
    for _, value in labels.labelled(sheet, labels.APPLICANT):
        if 3 <= len(value.text) <= _MAX_NAME and not re.search(r"\d", value.key):
            return found(_clean(value.text), value, 0.92)
    surname = next(labels.labelled(sheet, labels.SURNAME), None)
    first = next(labels.labelled(sheet, labels.FIRST_NAME), None)
    if surname and first and not re.search(r"\d", surname[1].key + first[1].key):
        run = Run(sheet.number, first[1].words[:2] + surname[1].words[:2])
        if run.words:
            return found(_clean(run.text), run, 0.88)
    return None


def head(sheet: Sheet) -> list[Run]:
    """The lines of the letterhead, from the top down to the subject, leaving other columns out."""
    lines = []
    for line in sorted(sheet.lines, key=lambda one: one.box[1]):
        if line.box[1] > _TOP * sheet.height:
            break
        if labels.SUBJECT.search(line.key):
            break
        if labels.begins_another(line) or _is_beside(sheet, line):
            continue
        lines.append(line)
    return lines


def _is_beside(sheet: Sheet, line: Run) -> bool:
    """Whether the line stands in the right half, where the number and the addressee do."""
    return line.box[0] > 0.5 * sheet.width and any(
        other.box[0] < 0.35 * sheet.width
        and other.box[1] < _TOP * sheet.height
        and not labels.begins_another(other)
        for other in sheet.lines
    )


def _letterhead(sheet: Sheet, ours: Sequence[str]) -> Finding | None:
    """The lowest line of the head that names a body of its own; a ministry where none does."""
    wider: Finding | None = None
    narrower: Finding | None = None
    lines = head(sheet)
    for place, line in enumerate(lines):
        if labels.CONTACT.search(line.key):
            break
        if not _names_a_body(sheet, line) or _is_ours(line.key, ours):
            continue
        name = _whole_name(lines, place)
        is_bare = len(name.key) < 8 and " " not in name.key  # «ΔΗΜΟΣ», the rest was not read
        if is_bare or _is_ours(name.key, ours) or len(name.text) > _MAX_NAME:
            continue
        finding = found(_clean(name.text), name, 0.85)
        if _ABOVE.match(line.key):
            wider = wider or finding
        elif not _PARTS.match(line.key) and (narrower is None or _is_apart(line.key)):
            # A district («ΠΕΡΙΦΕΡΕΙΑ ΘΕΣΣΑΛΙΑΣ») gives way to the municipality below it.
            narrower = finding
    return narrower or wider


def _names_a_body(sheet: Sheet, line: Run) -> bool:
    """Whether a line of its own names a body or a company; running text is no letterhead."""
    if not line.text[:1].strip('«"“„').isupper() and line.text[:1] not in '«"“„0123456789':
        return False
    named = _NAMES.search(line.key)
    is_short = line.box[2] - line.box[0] < 0.7 * sheet.width
    return is_short and bool((named and named.start() <= 30) or _COMPANY.search(line.key))


def _is_apart(key: str) -> bool:
    """Whether a line below another is a body of its own, unlike «POLGÁRMESTERI HIVATAL»."""
    part = re.match(r"\W*(?:polgarmesteri|kozos|magistrat|κεντρο|αρχη|council)", key)
    return bool(_NAMES.match(key)) and part is None


def _whole_name(lines: Sequence[Run], place: int) -> Run:
    """The name with the lines that belong to it: an open end, or a bare word such as ΔΗΜΟΣ; and
    over a name that many have, the line that says whose it is."""
    run = lines[place]
    if _MANY_HAVE.fullmatch(run.key) and place and not _ABOVE.match(lines[place - 1].key):
        return Run(run.page, lines[place - 1].words + run.words)
    for more in lines[place + 1 : place + 3]:
        is_bare = len(run.key.split()) == 1
        is_open = _ENDS_OPEN.search(run.key) or re.match(r"\W*(?:και|&|and)\b", more.key)
        if (
            (not is_bare and not is_open)
            or labels.CONTACT.search(more.key)
            or _PARTS.match(more.key)
        ):
            break
        run = Run(run.page, run.words + more.words)
    return run


def _is_ours(key: str, ours: Sequence[str]) -> bool:
    return any(name and name in key for name in ours)


def _clean(name: str) -> str:
    return name.strip(" .,;:·-–|'").removesuffix(":").strip()
