"""What a QR code on a sheet means: our label, somebody else's, a separator, or nothing to us."""

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from docflow import printing, registry

_VERIFY = re.compile(r"/verify/([0-9A-Za-z-]{16,24})/?$")


class Meaning(StrEnum):
    LABEL = "label"  # of an entry, here or elsewhere
    PAPER = "paper"  # the code of a receipt, letter or copy: no label, but it names an entry
    SEPARATOR = "separator"
    OTHER = "other"  # an invoice's, the state's portal's …


@dataclass(frozen=True, slots=True)
class Mark:
    """A code and what it means; `code` is the verification code, `is_ours` whether its address is
    that of this installation."""

    meaning: Meaning
    code: str = ""
    is_ours: bool = False


def meaning(text: str, *, public_url: str) -> Mark:
    """What the text of a QR code says."""
    if text.strip() == printing.SEPARATOR:
        return Mark(Meaning.SEPARATOR)
    try:
        address = urlsplit(text.strip())
    except ValueError:
        return Mark(Meaning.OTHER)
    found = _VERIFY.search(address.path)
    code = registry.codes.typed(found.group(1)) if found else None
    if address.scheme not in ("http", "https") or code is None:
        return Mark(Meaning.OTHER)
    is_ours = address.netloc.lower() == urlsplit(public_url).netloc.lower()
    is_label = f"#{address.fragment}" == registry.LABEL_MARK
    return Mark(Meaning.LABEL if is_label else Meaning.PAPER, code, is_ours)
