"""Whether a file was written to its end: a cut-off batch must not file half a document."""

import os
from pathlib import Path

_ENDS = {  # what the last bytes of a whole file hold
    b"%PDF-": b"%%EOF",
    b"\xff\xd8\xff": b"\xff\xd9",
    b"\x89PNG": b"IEND",
}
_TAIL = 2048


def looks_whole(path: Path) -> bool:
    """Whether the file ends as its kind ends; true for kinds that do not tell."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            tail = file.read()
    except OSError:
        return False
    end = next((end for begin, end in _ENDS.items() if head.startswith(begin)), None)
    return end is None or end in tail
