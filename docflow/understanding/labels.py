"""What stands before a value on a letter, in Greek, English, Hungarian, Czech, German and French.

Patterns are over folded text: no case, no accents, σ at the end of a word.
"""

import re
from collections.abc import Iterator

from docflow.understanding.layout import Run, Sheet

_CLOSE = 45.0  # points
_END = r"\s*[:;.,]*\s*"
# The number that the sender gave. «Vaše č. j.», "Your ref.", «Σχετ.» name a number of ours.
REFERENCE = re.compile(
    r"^\W*(?:αρ(?:ιθ)?(?:μ(?:οσ)?)?[.,]* ?(?:εισ\w*\.? |εξ\w*\.? )?πρωτ(?:οκολλου|οκ)?(?![α-ω])|"
    r"α[.,] ?π[.,](?= ?[:;\d])|πρωτ(?:οκολλο)?[.,]? ?(?=[:;])|"
    r"(?:our )?ref(?:erence)?[.,]? ?(?:no|number|nr)?[.,]?(?= ?[:;.])|protocol (?:no|number)[.,]?|"
    r"iktato ?szam|iktsz|ugyirat ?szam|ugyszam|szam(?=\s*:)|"
    r"c[.,] ?j[.,]?(?=[\s:;])|cj[.,:]|cislo jednaci|nase (?:znacka|c[.,] ?j[.,])|sp[.,] ?zn[.,]|"
    r"aktenzeichen|unser zeichen|az(?=[.:])|n/? ?ref[.,]?|nos ref[.,]?)" + _END
)
DATE = re.compile(
    r"^\W*(?:η?ημερομηνια(?: εκδοσησ| εγγραφου)?|ημ(?:ερ)?[./]? ?(?:νια)?(?=\s*[:;.])|"
    r"date|dated|kelt|datum|dne|ze dne)\b(?! (?:γενν|ληξ|παραλ|of birth))" + _END
)
SUBJECT = re.compile(
    r"^\W*(?:θεμα|αντικειμενο(?=\s*[:;])|subject|regarding|re(?=\s*:)|targy|vec(?=\s*[:;.])|"
    r"betreff|betr(?=\.)|objet)\b" + _END
)
SUMMARY = re.compile(r"\bπεριληψη(?: αποφασησ)?\s*[:;]\s*")
TO = re.compile(r"^\W*(?:προσ|υποψη|cimzett|adresat|to|an|a)(?=\s*[:;]|\s+τ[ηοα])" + _END)
ATTENTION = re.compile(r"^\W*(?:υποψη|υπ'? ?οψη|attn|for the attention of)\b" + _END)
COPIES = re.compile(r"^\W*(?:κοιν(?:οποιηση)?|cc|copy|masolat|kopie|na vedomi)\b")
APPLICANT = re.compile(
    r"^\W*(?:ονοματεπωνυμο|ονομα και επωνυμο|επωνυμο και ονομα|επωνυμια(?: επιχειρησησ)?|"
    r"αιτων|αιτουσα|ο ?/ ?η αιτων ?/? ?ουσα|full name|name of applicant|kerelmezo(?: neve)?|"
    r"jmeno a prijmeni|zadatel)(?: \([^)]*\))?\s*[:;]\s*"
)
SURNAME = re.compile(r"^\W*επωνυμο\s*[:;]\s*")
FIRST_NAME = re.compile(r"^\W*ονομα\s*[:;]\s*")
# Where the letterhead ends: what follows tells how to reach the sender, or is not his any more.
CONTACT = re.compile(
    r"^\W*(?:ταχ|διευθυνση\s*:|δ/νση\s*:|πληρ|αρμοδι|τηλ|fax|φαξ|e-?mail|url|www|http|"
    r"τ\.? ?κ\.? ?\d|tel|phone|contact|address|telefon|ugyintezo|vyrizuje|"
    r"\d+(?![\dο])|αφμ|α\.φ\.μ)|@"
)
SALUTATION = re.compile(r"^\W*(?:σχετ|κυρι|αξιοτιμ|αγαπητ|dear|tisztelt|vazen|ref\b)")
# In the one line over a text without a letterhead, the date stands behind the number.
DATE_WITHIN = re.compile(r"(?<!\w)(?:ημερομηνια|ημ/νια|date|kelt|datum)\s*[:;.]\s*")
_ANY = (REFERENCE, DATE, SUBJECT, TO, ATTENTION, COPIES, SALUTATION)


def begins_another(line: Run) -> bool:
    """Whether a line begins with a label of its own, so that it goes on with nothing above it."""
    return any(pattern.search(line.key) for pattern in _ANY)


def labelled(sheet: Sheet, pattern: re.Pattern[str]) -> Iterator[tuple[Run, Run]]:
    """Lines that a label begins, each with what it names: behind it, beside it or below it."""
    for line in sheet.lines:
        match = pattern.search(line.key)
        if match is None or _is_within_a_row(sheet, line):
            continue
        value = line.after(match.end())
        if not any(char.isalnum() for char in value.key):
            other = sheet.beside(line) or next(sheet.following(line, most=1), None)
            if other is None or begins_another(other):
                continue
            value = other
        yield line, value


def _is_within_a_row(sheet: Sheet, line: Run) -> bool:
    """Whether text stands right before it: a line that was spaced out, not a label."""
    x0, y0, _, y1 = line.box
    return any(
        other.box[2] <= x0 < other.box[2] + _CLOSE
        and min(y1, other.box[3]) > max(y0, other.box[1])
        and (sum(char.isalpha() for char in other.key) > 2 or other.certainty > 0.8)  # no dirt
        for other in sheet.lines
    )
