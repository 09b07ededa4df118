"""JSON that is the same bytes whenever and wherever it is written, and the digest over it.

Sorted keys, no blanks, UTF-8. Digests over it stand in the audit trail for good: it never changes.
"""

import hashlib
import json
from typing import Any

# One for all: `dumps` would make an encoder for each of a million events, which costs more than
# its work.
_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def encoded(value: Any) -> bytes:
    """The value as canonical JSON."""
    return _encode(value).encode()


def digest(value: Any) -> str:
    """SHA-256 (hex) over the canonical JSON of the value."""
    return hashlib.sha256(encoded(value)).hexdigest()
