"""A witness: somebody outside who looks at a log again and again, and signs what he saw.

He needs nothing but the log's address and public key. He keeps the last head that he saw; the next
must go on from it, or the log was rewritten or set back, and he says so instead of signing. Two
municipalities that witness each other are already hard to fool. Source: C2SP tlog-cosignature.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from docflow.audit import merkle, notes

_TIMEOUT = 20  # seconds
_LARGEST = 1 << 20  # bytes of an answer


class LogAway(Exception):
    """The log does not answer, or not as a log does."""


class LogBroken(Exception):
    """The log is not what it was: its head does not go on from the one that was seen before."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look brought: the head of now, and of the look before (None at the first)."""

    head: notes.Checkpoint
    before: notes.Checkpoint | None
    cosignature: str = ""  # the witness's line, where he has a key


def look(url: str, *, key: notes.Verifier, kept: Path, witness: notes.Signer | None = None) -> Seen:
    """Look at the log at `url` (https://host/log/BODY) and keep its head in the file `kept`.

    Raises LogAway, LogBroken (nothing is kept then), notes.BadNote where a signature is wrong.
    """
    note = _get(f"{url}/checkpoint").decode("utf-8", "replace")
    text, _ = notes.verified(note, [key])
    head = notes.Checkpoint.parse(text)
    if head.origin != key.name:
        raise LogBroken(f"the head is of another log: {head.origin}")
    before = _kept(kept, key)
    if before is not None:
        _compare(url, before, head)
    kept.write_text(json.dumps({"note": note}, ensure_ascii=False, indent=1))
    if witness is None:
        return Seen(head, before)
    return Seen(head, before, notes.cosignature_line(text, witness, at=int(time.time())))


def hand_in(url: str, seen: Seen) -> None:
    """Give the log the witness's line for the head that he saw. Raises LogAway."""
    data = urlencode({"size": seen.head.size, "line": seen.cosignature}).encode()
    _get(f"{url}/cosignatures", data=data)


def _compare(url: str, before: notes.Checkpoint, head: notes.Checkpoint) -> None:
    if head.size < before.size:
        raise LogBroken(
            f"the log had {before.size} leaves and now has {head.size}: it was set back"
        )
    path = []
    if head.size > before.size:
        answer = _get(f"{url}/consistency/{before.size}/{head.size}").decode("ascii", "replace")
        path = notes.hashes_of(answer.split())
    if not merkle.verify_consistency(before.size, head.size, before.root, head.root, path):
        raise LogBroken(
            f"the log of {head.size} leaves does not go on from that of {before.size}: "
            "it was rewritten"
        )


def _kept(file: Path, key: notes.Verifier) -> notes.Checkpoint | None:
    if not file.exists():
        return None
    note = json.loads(file.read_text())["note"]
    return notes.Checkpoint.parse(notes.verified(note, [key])[0])


def _get(url: str, *, data: bytes | None = None) -> bytes:
    if not url.startswith(("http://", "https://")):
        raise LogAway(f"{url} is no address of a log")
    try:
        with urlopen(Request(url, data=data), timeout=_TIMEOUT) as answer:  # noqa: S310  # above
            body: bytes = answer.read(_LARGEST + 1)
    except HTTPError as error:
        raise LogAway(f"{url} answers {error.code}") from error
    except (URLError, OSError, ValueError) as error:
        raise LogAway(f"{url} does not answer: {error}") from error
    if len(body) > _LARGEST:
        raise LogAway(f"{url} answers with too much")
    return body
