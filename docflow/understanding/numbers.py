"""Numbers that prove themselves or have a form of their own: ΑΦΜ, IBAN, ΑΔΑ, e-mail addresses.

Sources: ΑΦΜ with the check digit of `parties.is_tax_number`; IBAN, ISO 13616 (modulo 97, length by
country); ΑΔΑ, ν. 3861/2010: capital letters and digits, a hyphen, three more.
"""

import re
from collections.abc import Iterator

from docflow import kinds, parties
from docflow.understanding.layout import Finding, Run, found

_TAX_LABEL = r"α ?\.? ?φ ?\.? ?μ ?\.?"
_TAX = re.compile(
    rf"(?<![α-ω])(?:el ?)?{_TAX_LABEL} ?[:;.,]* ?(?:el ?)?(\d{{3}} ?\d{{3}} ?\d{{3}})(?!\d)"
)
_NINE = re.compile(r"(?<![\d/.,-])\d{9}(?![\d/-])")
_IBAN = re.compile(r"(?<![a-zα-ω0-9])[a-z]{2} ?[0-9oοil]{2}(?: ?[0-9a-zα-ω]){11,30}")
_DIGITS = str.maketrans("OΟQDILSΙ", "00001151")
_ADA = re.compile(
    r"(?<![α-ω])(?:αδα|δδα|αλα|ααα|λδα) ?[:;.,]* ?\(?"
    r"([0-9α-ωa-z]{4,10}) ?[-–] ?([0-9α-ωa-z]{3})(?![0-9α-ωa-z-])"
)
_TO_GREEK = str.maketrans("ABEZHIKMNOPTYX", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def tax_numbers(run: Run) -> Iterator[tuple[Finding, bool]]:
    """Every ΑΦΜ whose check digit is right, and whether it is named so on the document."""
    seen = set()
    for pattern, is_named in ((_TAX, True), (_NINE, False)):
        for match in pattern.finditer(run.key):
            digits = re.sub(r"\D", "", match[pattern.groups])
            if digits not in seen and parties.is_tax_number(digits):
                seen.add(digits)
                where = run.cut(match.start(pattern.groups), match.end(pattern.groups))
                yield found(digits, where, 0.97 if is_named else 0.55), is_named


def ibans(run: Run) -> Iterator[Finding]:
    """Every IBAN whose remainder is right; letters read in place of digits are put right."""
    seen = set()
    for match in _IBAN.finditer(run.key):
        iban = _iban(match[0])
        if iban and iban not in seen:
            seen.add(iban)
            ends = [place.end() for place in re.finditer(r"\S", match[0])][len(iban) - 1]
            yield found(iban, run.cut(match.start(), match.start() + ends), 0.99)


def _iban(said: str) -> str:
    """The IBAN at the beginning of a text; nothing where none is there."""
    whole = said.replace(" ", "").upper()
    length = kinds.IBAN_LENGTHS.get(whole[:2])
    if length is None or len(whole) < length:
        return ""
    whole = whole[:length]
    numeric = whole[:2] + whole[2:].translate(_DIGITS)
    return next((one for one in (whole, numeric) if kinds.is_iban(one)), "")


def adas(run: Run) -> Iterator[Finding]:
    """Every ΑΔΑ that is named so. Nothing proves one, so it must have been read surely."""
    seen = set()
    for match in _ADA.finditer(run.key):
        where = run.cut(match.start(1), match.end(2))
        ada = f"{match[1]}-{match[2]}".upper().translate(_TO_GREEK)
        if ada not in seen and re.search(r"\d", ada):
            seen.add(ada)
            yield found(ada, where, 0.9)


def mails(run: Run) -> Iterator[Finding]:
    """E-mail addresses, each once."""
    seen = set()
    for match in _MAIL.finditer(run.key):
        where = run.cut(match.start(), match.end())
        address = where.text.strip(".,;:()<>").lower()
        if address not in seen and address.isascii():
            seen.add(address)
            yield found(address, where, 0.95)
